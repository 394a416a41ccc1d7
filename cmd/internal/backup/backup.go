// Package backup is `mocloud backup` and `mocloud backup restore`: what `mocloud up` keeps, as one file.
package backup

import (
	"archive/tar"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/mocloud/mocloud/pkg/secret"
	"github.com/mocloud/mocloud/services/api"
)

// What of a data folder is in a backup: the database, and the files that users uploaded. All other objects are made from
// the database, and a token is a secret.
const (
	database = "mocloud.db"
	objects  = "objects"
	files    = "files" // the folder of a workspace's uploads, below objects and its id
)

// Command writes a backup.
func Command() *cobra.Command {
	var data string
	cmd := &cobra.Command{
		Use:   "backup FILE",
		Short: "Save the data of `mocloud up` into one file",
		Long: `Save the data of ` + "`mocloud up`" + ` into one file: the database and the uploaded files, without the API token. It
may be running. If you run the five services apart, back up their database with its own tools; see docs/guides/backup.md.`,
		Example: "  mocloud backup monday.tar.gz\n  mocloud backup --data /srv/mocloud monday.tar.gz",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := write(cmd.Context(), data, args[0]); err != nil {
				return err
			}
			_, err := fmt.Fprintf(cmd.OutOrStdout(), "Saved %s to %s.\n", data, args[0])
			return err
		},
	}
	cmd.Flags().StringVar(&data, "data", "data", "data `FOLDER` of mocloud up")
	cmd.AddCommand(restore())
	return cmd
}

// restore reads one.
func restore() *cobra.Command {
	var data string
	cmd := &cobra.Command{
		Use:     "restore FILE",
		Short:   "Make a data folder for `mocloud up` from a backup",
		Long:    "Make a data folder for `mocloud up` from a backup. It must not exist yet: move an old one away first.",
		Example: "  mv data data.old\n  mocloud backup restore monday.tar.gz\n  mocloud up",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := read(cmd.Context(), args[0], data); err != nil {
				return err
			}
			_, err := fmt.Fprintf(cmd.OutOrStdout(), "Restored %s. Start it with: mocloud up --data %s\n", data, data)
			return err
		},
	}
	cmd.Flags().StringVar(&data, "data", "data", "the `FOLDER` to create")
	return cmd
}

func write(ctx context.Context, data, file string) (err error) {
	data, err = filepath.Abs(data)
	if err != nil {
		return err
	}
	if _, err := os.Stat(filepath.Join(data, database)); err != nil {
		return fmt.Errorf("%s is not a data folder of `mocloud up`: %w", data, err)
	}
	temporary, err := os.MkdirTemp("", "mocloud-backup-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(temporary)) }()
	copied := filepath.Join(temporary, database)
	if err := api.Backup(ctx, databaseIn(data), copied); err != nil {
		return err
	}
	out, err := os.OpenFile(file, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	zipped := gzip.NewWriter(out)
	archive := tar.NewWriter(zipped)
	err = errors.Join(add(archive, copied, database), addUploads(archive, data), archive.Close(), zipped.Close(), out.Sync(), out.Close())
	if err != nil {
		return errors.Join(fmt.Errorf("write %s: %w", file, err), os.Remove(file))
	}
	return nil
}

func databaseIn(data string) secret.String {
	return secret.New("sqlite://" + filepath.Join(data, database))
}

// addUploads adds what users uploaded. The database was copied before, so that all files that it knows are there, but
// for those that were deleted since.
func addUploads(archive *tar.Writer, data string) error {
	folders, err := filepath.Glob(filepath.Join(data, objects, "*", files))
	if err != nil {
		return err
	}
	for _, folder := range folders {
		err := filepath.WalkDir(folder, func(path string, entry fs.DirEntry, err error) error {
			if err != nil || !entry.Type().IsRegular() {
				return err
			}
			name, err := filepath.Rel(data, path)
			if err != nil {
				return err
			}
			if err := add(archive, path, filepath.ToSlash(name)); !errors.Is(err, fs.ErrNotExist) {
				return err
			}
			return nil // deleted meanwhile
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// add adds a file as it is now.
func add(archive *tar.Writer, path, name string) error {
	in, err := os.Open(path)
	if err != nil {
		return err
	}
	defer func() { _ = in.Close() }() // only read from
	info, err := in.Stat()
	if err != nil {
		return err
	}
	header := &tar.Header{Name: name, Mode: 0o600, Size: info.Size(), ModTime: info.ModTime()}
	if err := archive.WriteHeader(header); err != nil {
		return err
	}
	_, err = io.CopyN(archive, in, info.Size())
	return err
}

func read(ctx context.Context, file, data string) (err error) {
	data, err = filepath.Abs(data)
	if err != nil {
		return err
	}
	if entries, err := os.ReadDir(data); err == nil && len(entries) > 0 {
		return fmt.Errorf("%s is not empty; move it away first, or name another folder with --data", data)
	}
	in, err := os.Open(file)
	if err != nil {
		return err
	}
	defer func() { _ = in.Close() }() // only read from
	if err := os.MkdirAll(data, 0o700); err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.RemoveAll(data)) // half of a backup is of no use
		}
	}()
	if err := unpack(in, data); err != nil {
		return fmt.Errorf("%s cannot be read as a backup: %w", file, err)
	}
	return api.Restored(ctx, databaseIn(data))
}

// unpack writes the files of an archive below a folder, and nowhere else.
func unpack(in io.Reader, data string) (err error) {
	root, err := os.OpenRoot(data)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, root.Close()) }()
	zipped, err := gzip.NewReader(in)
	if err != nil {
		return err
	}
	found := false
	for archive := tar.NewReader(zipped); ; {
		header, err := archive.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return err
		}
		if header.Typeflag != tar.TypeReg || !ours(header.Name) {
			return fmt.Errorf("%q does not belong in a backup", header.Name)
		}
		found = found || header.Name == database
		if err := root.MkdirAll(filepath.Dir(header.Name), 0o700); err != nil {
			return err
		}
		out, err := root.OpenFile(header.Name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
		if err != nil {
			return err
		}
		_, err = io.CopyN(out, archive, header.Size)
		if err := errors.Join(err, out.Close()); err != nil {
			return err
		}
	}
	if !found {
		return errors.New("it has no database")
	}
	return nil
}

// ours reports whether a backup has such a file.
func ours(name string) bool {
	parts := strings.Split(name, "/")
	return name == database || (filepath.IsLocal(name) && len(parts) > 3 && parts[0] == objects && parts[2] == files)
}
