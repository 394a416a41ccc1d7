// Package push is `mocloud push`: a file becomes a published mock. Only cmd/mocloud imports it.
package push

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/mocloud/mocloud/cmd/internal/exit"
	"github.com/mocloud/mocloud/cmd/internal/remote"
	"github.com/mocloud/mocloud/pkg/mockspec"
	"github.com/mocloud/mocloud/services/api/client"
)

// maxFile bounds what is read of a file, in bytes; the server says what it accepts.
const maxFile = 16 << 20

// Command pushes a file.
func Command() *cobra.Command {
	var p push
	cmd := &cobra.Command{
		Use:   "push FILE",
		Short: "Create or edit a mock from a file, and publish it",
		Long: `Create or edit a mock from a file, and publish it. FILE may be - for standard input.

A file with errors is refused with their places and changes nothing. The status is 0 when all went well, 2 for a command
line that cannot be understood, 3 for a mock with errors, 4 when --wait is over before every mock server has the mock, 5
when the server does not know or let you, and 1 for anything else.`,
		Example: "  mocloud push pets.yml\n  mocloud push pets.yml --mock acme/pets --wait\n  mocloud push pets.yml --draft --message 'before the release'",
		Args:    exit.Args(cobra.ExactArgs(1)),
		RunE: func(cmd *cobra.Command, args []string) error {
			c, err := p.flags.Connect()
			if err != nil {
				return err
			}
			p.client, p.out, p.progress = c, cmd.OutOrStdout(), cmd.ErrOrStderr()
			return p.run(cmd.Context(), cmd.InOrStdin(), args[0])
		},
	}
	p.flags.Add(cmd)
	flags := cmd.Flags()
	flags.StringVar(&p.mock, "mock", "", "`[WORKSPACE/]SLUG` of the mock; the file's name if it is not given")
	flags.StringVar(&p.message, "message", "", "`TEXT` for the mock's history")
	flags.BoolVar(&p.draft, "draft", false, "store it without publishing it")
	flags.DurationVar(&p.wait, "wait", 0, "wait until it is live on every mock server, at most this long (30s if no time is given)")
	flags.Lookup("wait").NoOptDefVal = "30s"
	return cmd
}

type push struct {
	flags   remote.Flags
	mock    string
	message string
	draft   bool
	wait    time.Duration

	client   *client.ClientWithResponses
	out      io.Writer
	progress io.Writer // for people
}

func (p *push) run(ctx context.Context, stdin io.Reader, file string) error {
	if p.draft && p.wait > 0 {
		return exit.With(exit.Usage, errors.New("--draft and --wait exclude each other: a draft is not published"))
	}
	content, err := read(stdin, file)
	if err != nil {
		return err
	}
	ref, err := p.ref(file)
	if err != nil {
		return err
	}
	if err := p.check(ctx, file, content); err != nil {
		return err
	}
	m, err := p.store(ctx, ref, content)
	if err != nil {
		return err
	}
	if !p.draft {
		if m, err = p.publish(ctx, m); err != nil {
			return err
		}
	}
	m.Content = nil
	if p.flags.JSON {
		return remote.PrintJSON(p.out, m)
	}
	_, err = fmt.Fprintf(p.out, "%s/%s  revision %d  %s  %s\n", m.Workspace, m.Slug, m.Revision, m.State, m.URL)
	return err
}

func read(stdin io.Reader, file string) (string, error) {
	in := stdin
	if file != "-" {
		f, err := os.Open(file)
		if err != nil {
			return "", err
		}
		defer func() { _ = f.Close() }() // only read from
		in = f
	}
	content, err := io.ReadAll(io.LimitReader(in, maxFile+1))
	if err != nil {
		return "", fmt.Errorf("read %s: %w", file, err)
	}
	if len(content) > maxFile {
		return "", fmt.Errorf("%s is larger than %d MiB", file, maxFile>>20)
	}
	return string(content), nil
}

// ref is the mock that is meant.
func (p *push) ref(file string) (remote.Ref, error) {
	if p.mock != "" {
		return remote.ParseRef(p.mock), nil
	}
	if file == "-" {
		return remote.Ref{}, exit.With(exit.Usage, errors.New("--mock is needed with standard input"))
	}
	name := filepath.Base(file)
	return remote.Ref{Slug: strings.TrimSuffix(name, filepath.Ext(name))}, nil
}

// check says what is wrong with the content before anything is stored.
func (p *push) check(ctx context.Context, file, content string) error {
	v, err := remote.Read((*client.ValidateContentResponse).GetJSON200)(p.client.ValidateContentWithResponse(ctx, client.MockContent{Content: content}))
	if err != nil {
		return err
	}
	for _, d := range v.Diagnostics {
		line := mockspec.Diagnostic{File: file, Line: d.Line, Column: d.Column, Severity: mockspec.Severity(d.Severity), Code: d.Code, Message: d.Message}
		_, _ = fmt.Fprintln(p.progress, line) // nobody is there to be told that it failed
	}
	if !v.Valid {
		return exit.With(exit.Invalid, fmt.Errorf("%s has errors; nothing was changed", file))
	}
	return nil
}

// store makes the content the mock's current revision.
func (p *push) store(ctx context.Context, ref remote.Ref, content string) (*client.Mock, error) {
	m, err := remote.Find(ctx, p.client, ref)
	if err != nil {
		return nil, err
	}
	if m != nil {
		return remote.Read((*client.UpdateMockResponse).GetJSON200)(p.client.UpdateMockWithResponse(ctx, m.ID, nil, client.NewRevision{Content: content, Message: remote.Optional(p.message)}))
	}
	fresh := client.NewMock{
		Slug: ref.Slug, Content: content, Message: remote.Optional(p.message), Workspace: remote.Optional(ref.Workspace),
	}
	return remote.Read((*client.CreateMockResponse).GetJSON201)(p.client.CreateMockWithResponse(ctx, nil, fresh))
}

// publish publishes the mock and waits as long as it was asked to.
func (p *push) publish(ctx context.Context, m *client.Mock) (*client.Mock, error) {
	started := time.Now()
	revision := m.Revision
	if err := remote.Check(p.client.PublishMockWithResponse(ctx, m.ID)); err != nil {
		return nil, err
	}
	if p.wait > 0 {
		pub, err := p.settled(ctx, m.ID, revision)
		if err != nil {
			return nil, err
		}
		if pub.State != client.Published {
			return nil, exit.With(exit.NotLive, fmt.Errorf("revision %d of %s/%s is %s after %s: %s", revision, m.Workspace, m.Slug, pub.State, p.wait, pub.Reason))
		}
		if !p.flags.JSON {
			_, _ = fmt.Fprintf(p.progress, "live on %d of %d mock servers after %s\n", pub.Servers.Applied, pub.Servers.Live, time.Since(started).Round(time.Millisecond))
		}
	}
	return remote.Read((*client.GetMockResponse).GetJSON200)(p.client.GetMockWithResponse(ctx, m.ID, nil))
}

// longestWait is how long one request waits at most.
const longestWait = 30 * time.Second

// settled is the publication as soon as it is settled, or as it is when the time is over.
func (p *push) settled(ctx context.Context, id string, revision int) (*client.Publication, error) {
	deadline := time.Now().Add(p.wait)
	for {
		left := min(time.Until(deadline), longestWait)
		wait := fmt.Sprintf("%dms", max(left.Milliseconds(), 0))
		pub, err := remote.Read((*client.GetPublicationResponse).GetJSON200)(p.client.GetPublicationWithResponse(ctx, id, &client.GetPublicationParams{Revision: &revision, Wait: &wait}))
		if err != nil || pub.Settled || time.Until(deadline) <= 0 {
			return pub, err
		}
	}
}
