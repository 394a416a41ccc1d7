// Package files is `mocloud files`: the files of a workspace that mocks name as external bodies.
package files

import (
	"context"
	"errors"
	"fmt"
	"io"
	"mime"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/mocloud/mocloud/cmd/internal/exit"
	"github.com/mocloud/mocloud/cmd/internal/remote"
	"github.com/mocloud/mocloud/services/api/client"
)

// Command lists files; its subcommands upload, download and delete them.
func Command() *cobra.Command {
	cmd, workspace := under(&cobra.Command{
		Use:     "files",
		Short:   "List the files that external bodies use; upload, download and delete them",
		Example: "  mocloud files\n  mocloud files put data/users.json\n  mocloud files get data/users.json -o users.json\n  mocloud files rm data/users.json",
		Args:    cobra.NoArgs,
	})
	cmd = remote.Command(cmd, func(ctx context.Context, s *remote.Session, _ []string) error {
		slug, err := s.Workspace(ctx, *workspace)
		if err != nil {
			return err
		}
		all, err := list(ctx, s, slug, "")
		if err != nil {
			return err
		}
		return s.Show(all, func(out io.Writer) {
			if len(all) == 0 {
				_, _ = fmt.Fprintf(out, "The workspace %s has no files. Upload one: mocloud files put FILE\n", slug) // Show tells whether it could be written
				return
			}
			_, _ = fmt.Fprintln(out, "NAME\tBYTES\tTYPE\tUPLOADED")
			for _, f := range all {
				_, _ = fmt.Fprintf(out, "%s\t%d\t%s\t%s\n", f.Name, f.Size, f.MediaType, f.UpdatedAt.Local().Format("2006-01-02 15:04:05"))
			}
		})
	})
	cmd.AddCommand(put(), get(), remove())
	return cmd
}

// under adds the flag that says which workspace.
func under(cmd *cobra.Command) (*cobra.Command, *string) {
	return cmd, cmd.Flags().String("workspace", "", "`SLUG` of the workspace (default: your own)")
}

func put() *cobra.Command {
	cmd, workspace := under(&cobra.Command{
		Use:     "put FILE…",
		Short:   "Upload files, replacing those of the same name",
		Long:    "Upload files. A file is named as you write it, such as data/users.json, unless --name says otherwise. Mocks serve a new content\nwithin seconds.",
		Example: "  mocloud files put data/users.json\n  mocloud files put /tmp/x.json --name data/users.json",
		Args:    cobra.MinimumNArgs(1),
	})
	name := cmd.Flags().String("name", "", "the `NAME` of the file in the workspace")
	return remote.Command(cmd, func(ctx context.Context, s *remote.Session, args []string) error {
		if *name != "" && len(args) > 1 {
			return exit.With(exit.Usage, errors.New("--name names one file: upload one FILE"))
		}
		slug, err := s.Workspace(ctx, *workspace)
		if err != nil {
			return err
		}
		stored := []*client.File{}
		for _, path := range args {
			f, err := upload(ctx, s, slug, path, *name)
			if err != nil {
				return fmt.Errorf("upload %s: %w", path, err)
			}
			stored = append(stored, f)
		}
		return s.Show(stored, func(out io.Writer) {
			for _, f := range stored {
				_, _ = fmt.Fprintf(out, "%s/%s\t%d bytes\t%s\n", f.WorkspaceSlug, f.Name, f.Size, f.MediaType)
			}
		})
	})
}

// upload sends one file.
func upload(ctx context.Context, s *remote.Session, workspaceSlug, path, name string) (*client.File, error) {
	if name == "" {
		name = filepath.ToSlash(filepath.Clean(path))
	}
	content, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer func() { _ = content.Close() }() // only read from
	media := mime.TypeByExtension(filepath.Ext(path))
	if media == "" {
		media = "application/octet-stream"
	}
	r, err := s.PutFileWithBodyWithResponse(ctx, workspaceSlug, &client.PutFileParams{Name: name}, media, content)
	if err := remote.Done(r, err); err != nil {
		return nil, err
	}
	f := r.JSON200
	if f == nil {
		f = r.JSON201
	}
	return remote.Read(func(*client.PutFileResponse) *client.File { return f })(r, nil)
}

func get() *cobra.Command {
	cmd, workspace := under(&cobra.Command{
		Use:   "get NAME",
		Short: "Download a file",
		Args:  cobra.ExactArgs(1),
	})
	output := cmd.Flags().StringP("output", "o", "", "write to `FILE` instead of standard output")
	return remote.Command(cmd, func(ctx context.Context, s *remote.Session, args []string) error {
		f, err := find(ctx, s, *workspace, args[0])
		if err != nil {
			return err
		}
		if s.JSON {
			return s.Show(f, nil)
		}
		r, err := s.GetFileContentWithResponse(ctx, f.WorkspaceSlug, f.ID)
		if err := remote.Done(r, err); err != nil {
			return err
		}
		if *output != "" {
			return os.WriteFile(*output, r.Body, 0o666) //nolint:gosec // a file like any other: the umask decides
		}
		_, err = s.Out.Write(r.Body)
		return err
	})
}

func remove() *cobra.Command {
	cmd, workspace := under(&cobra.Command{
		Use:     "rm NAME",
		Aliases: []string{"delete"},
		Short:   "Delete a file that no mock names",
		Args:    cobra.ExactArgs(1),
	})
	force := cmd.Flags().Bool("force", false, "delete it even if mocks name it")
	return remote.Command(cmd, func(ctx context.Context, s *remote.Session, args []string) error {
		f, err := find(ctx, s, *workspace, args[0])
		if err != nil {
			return err
		}
		if err := remote.Done(s.DeleteFileWithResponse(ctx, f.WorkspaceSlug, f.ID, &client.DeleteFileParams{Force: force})); err != nil {
			return err
		}
		return s.Show(map[string]string{"removed": f.Name}, func(out io.Writer) { _, _ = fmt.Fprintf(out, "%s is deleted.\n", f.Name) })
	})
}

func list(ctx context.Context, s *remote.Session, workspaceSlug, prefix string) ([]client.File, error) {
	return remote.All(func(limit *int, cursor *string) ([]client.File, *string, error) {
		page, err := remote.Read((*client.ListFilesResponse).GetJSON200)(s.ListFilesWithResponse(ctx, workspaceSlug, &client.ListFilesParams{Prefix: remote.Optional(prefix), Limit: limit, Cursor: cursor}))
		if err != nil {
			return nil, nil, err
		}
		return page.Items, page.NextCursor, nil
	})
}

// find is the file with that name.
func find(ctx context.Context, s *remote.Session, workspaceSlug, name string) (*client.File, error) {
	slug, err := s.Workspace(ctx, workspaceSlug)
	if err != nil {
		return nil, err
	}
	all, err := list(ctx, s, slug, name)
	if err != nil {
		return nil, err
	}
	for i := range all {
		if all[i].Name == name {
			return &all[i], nil
		}
	}
	return nil, fmt.Errorf("the workspace %s has no file %s; `mocloud files` lists them", slug, name)
}
