// Package manage has the commands that change a mock as a whole: rm, restore, publish, unpublish, rename and copy.
package manage

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/spf13/cobra"

	"github.com/mocloud/mocloud/cmd/internal/exit"
	"github.com/mocloud/mocloud/cmd/internal/flags"
	"github.com/mocloud/mocloud/cmd/internal/remote"
	"github.com/mocloud/mocloud/services/api/client"
)

// ownWorkspace is what the help of all of them says.
const ownWorkspace = " A mock without a WORKSPACE is in your own workspace."

// RemoveCommand deletes mocks.
func RemoveCommand() *cobra.Command {
	return remote.Command(&cobra.Command{
		Use:        "rm [WORKSPACE/]MOCK…",
		Aliases:    []string{"delete"},
		SuggestFor: []string{"remove", "del"},
		Short:      "Delete mocks; they can be restored for a while",
		Long:       "Delete mocks. They stop answering at once. `mocloud restore` brings them back for 7 days, unless the server is set otherwise." + ownWorkspace,
		Example:    "  mocloud rm pets\n  mocloud rm acme/pets acme/users",
		Args:       cobra.MinimumNArgs(1),
	}, func(ctx context.Context, s *remote.Session, names []string) error {
		mocks := make([]*client.Mock, len(names))
		for i, name := range names { // all of them exist before one is deleted
			var err error
			if mocks[i], err = s.Own(ctx, name); err != nil {
				return err
			}
		}
		removed := []string{}
		for _, m := range mocks {
			if err := remote.Done(s.DeleteMockWithResponse(ctx, m.ID, nil)); err != nil {
				return fmt.Errorf("%s: %w", remote.Name(m), err)
			}
			removed = append(removed, remote.Name(m))
		}
		return s.Show(map[string][]string{"removed": removed}, func(out io.Writer) {
			for _, name := range removed {
				_, _ = fmt.Fprintf(out, "%s is deleted. Bring it back with: mocloud restore %s\n", name, name) // Show tells whether it could be written
			}
		})
	})
}

// RestoreCommand undoes RemoveCommand.
func RestoreCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:     "restore [WORKSPACE/]MOCK",
		Short:   "Bring a deleted mock back, as it was",
		Long:    "Bring a deleted mock back with its history, published if it was. `mocloud list --deleted` lists them." + ownWorkspace,
		Example: "  mocloud restore pets\n  mocloud restore pets --as old-pets",
		Args:    cobra.ExactArgs(1),
	}
	as := cmd.Flags().String("as", "", "another `SLUG` for the mock, if its own is taken")
	return remote.Command(cmd, func(ctx context.Context, s *remote.Session, names []string) error {
		if _, err := os.Stat(names[0]); err == nil {
			s.Note("%s is a file here; use `mocloud backup restore` for backups.", names[0])
		}
		m, err := s.Deleted(ctx, names[0])
		if err != nil {
			return err
		}
		if m, err = remote.Read((*client.RestoreMockResponse).GetJSON200)(s.RestoreMockWithResponse(ctx, m.ID, client.MockRestore{Slug: remote.Optional(*as)})); err != nil {
			return err
		}
		return show(s, m, "is restored")
	})
}

// PublishCommand publishes the current revision.
func PublishCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:     "publish [WORKSPACE/]MOCK",
		Short:   "Publish a mock's current revision",
		Long:    "Publish a mock's current revision, for example a draft or a mock that was unpublished." + ownWorkspace,
		Example: "  mocloud publish pets --wait",
		Args:    cobra.ExactArgs(1),
	}
	var wait time.Duration
	flags.Wait(cmd.Flags(), &wait, 30*time.Second, "wait until it is live on every mock server, for 30s or for `TIME`")
	return remote.Command(cmd, func(ctx context.Context, s *remote.Session, names []string) error {
		m, err := s.Own(ctx, names[0])
		if err != nil {
			return err
		}
		pub, err := remote.Read((*client.PublishMockResponse).GetJSON200)(s.PublishMockWithResponse(ctx, m.ID))
		if err != nil {
			return err
		}
		for deadline := time.Now().Add(wait); !pub.Settled && time.Now().Before(deadline); {
			step := fmt.Sprintf("%dms", min(time.Until(deadline), 30*time.Second).Milliseconds())
			if pub, err = remote.Read((*client.GetPublicationResponse).GetJSON200)(s.GetPublicationWithResponse(ctx, m.ID, &client.GetPublicationParams{Wait: &step})); err != nil {
				return err
			}
		}
		if wait > 0 && pub.State != client.Published {
			return exit.With(exit.NotLive, fmt.Errorf("revision %d of %s is %s after %s: %s", pub.Revision, remote.Name(m), pub.State, wait, pub.Reason))
		}
		return s.Show(pub, func(out io.Writer) {
			_, _ = fmt.Fprintf(out, "%s\trevision %d\t%s\t%s\n", remote.Name(m), pub.PublishedRevision, pub.State, remote.URLs(m))
		})
	})
}

// UnpublishCommand takes a mock off the air.
func UnpublishCommand() *cobra.Command {
	return remote.Command(&cobra.Command{
		Use:   "unpublish [WORKSPACE/]MOCK",
		Short: "Take a mock offline and keep it",
		Long:  "Take a mock offline. It is kept, and stops answering until `mocloud publish`." + ownWorkspace,
		Args:  cobra.ExactArgs(1),
	}, func(ctx context.Context, s *remote.Session, names []string) error {
		m, err := s.Own(ctx, names[0])
		if err != nil {
			return err
		}
		pub, err := remote.Read((*client.UnpublishMockResponse).GetJSON200)(s.UnpublishMockWithResponse(ctx, m.ID))
		if err != nil {
			return err
		}
		return s.Show(pub, func(out io.Writer) { _, _ = fmt.Fprintf(out, "%s is offline.\n", remote.Name(m)) })
	})
}

// RenameCommand gives a mock another slug, or moves it.
func RenameCommand() *cobra.Command {
	return remote.Command(&cobra.Command{
		Use:     "rename [WORKSPACE/]MOCK [WORKSPACE/]NEW",
		Aliases: []string{"mv"},
		Short:   "Give a mock another name, or move it to another workspace",
		Long: "Give a mock another name, or move it to another workspace, with its history. It answers on its new host at once, and no\n" +
			"longer on the old one." + ownWorkspace,
		Example: "  mocloud rename pets animals\n  mocloud rename pets acme/pets",
		Args:    cobra.ExactArgs(2),
	}, func(ctx context.Context, s *remote.Session, names []string) error {
		to := remote.ParseRef(names[1])
		if err := to.Check(); err != nil {
			return exit.With(exit.Usage, err)
		}
		m, err := s.Own(ctx, names[0])
		if err != nil {
			return err
		}
		if to.WorkspaceSlug == "" || to.WorkspaceSlug == m.WorkspaceSlug {
			m, err = remote.Read((*client.UpdateMockResponse).GetJSON200)(s.UpdateMockWithResponse(ctx, m.ID, nil, client.MockUpdate{Slug: &to.Slug}))
		} else {
			m, err = remote.Read((*client.MoveMockResponse).GetJSON200)(s.MoveMockWithResponse(ctx, m.ID, nil, client.MockMove{WorkspaceSlug: to.WorkspaceSlug, Slug: &to.Slug}))
		}
		if err != nil {
			return err
		}
		return show(s, m, "is the mock's name now")
	})
}

// CopyCommand copies a mock.
func CopyCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:        "copy [WORKSPACE/]MOCK [WORKSPACE/]NEW",
		Aliases:    []string{"cp"},
		SuggestFor: []string{"duplicate"},
		Short:      "Make a new mock from another one's current revision",
		Long:       "Make a new mock from another one's current revision. The copy is offline unless you say --publish.",
		Example:    "  mocloud copy acme/pets my-pets --publish",
		Args:       cobra.ExactArgs(2),
	}
	publish := cmd.Flags().Bool("publish", false, "also publish the copy")
	return remote.Command(cmd, func(ctx context.Context, s *remote.Session, names []string) error {
		to, err := s.InOwn(ctx, remote.ParseRef(names[1]))
		if err == nil {
			err = to.Check()
		}
		if err != nil {
			return exit.With(exit.Usage, err)
		}
		from, err := s.Mock(ctx, names[0])
		if err != nil {
			return err
		}
		m, err := remote.Read((*client.DuplicateMockResponse).GetJSON201)(s.DuplicateMockWithResponse(ctx, from.ID, nil, client.MockCopy{Slug: to.Slug, WorkspaceSlug: &to.WorkspaceSlug}))
		if err != nil {
			return err
		}
		if *publish {
			pub, err := remote.Read((*client.PublishMockResponse).GetJSON200)(s.PublishMockWithResponse(ctx, m.ID))
			if err != nil {
				return errors.Join(fmt.Errorf("%s is copied, but not published", remote.Name(m)), err)
			}
			m.State, m.PublishedRevision = pub.State, pub.PublishedRevision
		}
		return show(s, m, "is a copy of "+remote.Name(from))
	})
}

// show prints a mock and what became of it.
func show(s *remote.Session, m *client.Mock, became string) error {
	m.Content = nil
	return s.Show(m, func(out io.Writer) {
		_, _ = fmt.Fprintf(out, "%s %s: revision %d, %s, %s\n", remote.Name(m), became, m.Revision, remote.State(m), remote.URLs(m))
	})
}
