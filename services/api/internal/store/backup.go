package store

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/mocloud/mocloud/pkg/event"
	"github.com/mocloud/mocloud/pkg/secret"
)

// Backup writes a consistent copy of a SQLite database to path, where nothing may be. The database may be in use
// meanwhile, and of any version. Postgres has its own means for that.
func Backup(ctx context.Context, databaseURL secret.String, path string) error {
	from, ok := strings.CutPrefix(databaseURL.Reveal(), "sqlite://")
	if !ok {
		return errors.New("only a SQLite database is copied like this; use pg_dump for Postgres")
	}
	s, err := openSQLite(ctx, from)
	if err != nil {
		return err
	}
	_, err = s.write.NewRaw("VACUUM INTO ?", path).Exec(ctx)
	if err := errors.Join(err, s.Close()); err != nil {
		return fmt.Errorf("copy the database %s: %w", from, err)
	}
	return nil
}

// RenewEpochs begins a new life of every stream's numbers, as is needed after a backup was restored.
func (s *Store) RenewEpochs(ctx context.Context) error {
	for _, name := range []event.Stream{event.Mocks, event.Domains} {
		head, err := s.Log(name).Head(ctx)
		if err != nil {
			return err
		}
		if err := s.Log(name).RenewEpoch(ctx, head.Epoch, ""); err != nil {
			return err
		}
	}
	return nil
}
