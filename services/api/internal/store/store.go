// Package store keeps what the api owns in Postgres or SQLite: one implementation over bun, one set of migrations, one
// conformance suite.
package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"

	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect"

	"github.com/mocloud/mocloud/pkg/event"
	"github.com/mocloud/mocloud/pkg/secret"
	"github.com/mocloud/mocloud/pkg/stream"
	"github.com/mocloud/mocloud/services/api/internal/account"
	"github.com/mocloud/mocloud/services/api/internal/audit"
	"github.com/mocloud/mocloud/services/api/internal/domain"
	"github.com/mocloud/mocloud/services/api/internal/file"
	"github.com/mocloud/mocloud/services/api/internal/idempotency"
	"github.com/mocloud/mocloud/services/api/internal/mock"
	"github.com/mocloud/mocloud/services/api/internal/publication"
	"github.com/mocloud/mocloud/services/api/internal/quota"
	"github.com/mocloud/mocloud/services/api/internal/search"
	"github.com/mocloud/mocloud/services/api/internal/signin"
	"github.com/mocloud/mocloud/services/api/internal/token"
	"github.com/mocloud/mocloud/services/api/internal/workspace"
)

var (
	_ account.Repository     = (*Store)(nil)
	_ signin.Repository      = (*Store)(nil)
	_ token.Repository       = (*Store)(nil)
	_ domain.Repository      = (*Store)(nil)
	_ file.Repository        = (*Store)(nil)
	_ workspace.Repository   = (*Store)(nil)
	_ mock.Repository        = (*Store)(nil)
	_ idempotency.Repository = (*Store)(nil)
	_ publication.Repository = (*Store)(nil)
	_ audit.Repository       = (*Store)(nil)

	_ account.ProfileRepository = (*Store)(nil)
	_ quota.Repository          = (*Store)(nil)
	_ search.Repository         = (*Store)(nil)
)

// Store is an open database. It is safe for concurrent use.
type Store struct {
	read  *bun.DB
	write *bun.DB // SQLite: one connection, as there can be one writer; Postgres: the same as read

	edits *prepared

	limits quota.Limits // of each workspace
}

// Open connects to "postgres://…" or "sqlite:///absolute/path" and prepares the schema: with migrate it applies missing
// migrations, without it refuses a schema that is not current. Its errors are sentences for the person who starts the
// service. The caller closes the store.
func Open(ctx context.Context, databaseURL secret.String, migrate bool) (*Store, error) {
	var s *Store
	var name string // for errors, without a password
	var err error
	if path, ok := strings.CutPrefix(databaseURL.Reveal(), "sqlite://"); ok { // all the rest is the path, whatever is in it
		name = "file " + path
		s, err = openSQLite(ctx, path)
	} else {
		s, name, err = openPostgres(ctx, databaseURL)
	}
	if err != nil {
		return nil, err
	}
	if err := s.prepare(ctx, migrate); err != nil {
		return nil, errors.Join(explain(name, err), s.Close())
	}
	return s, nil
}

// prepare brings the schema and the streams into being, and prepares statements.
func (s *Store) prepare(ctx context.Context, migrate bool) error {
	if err := s.migrate(ctx, migrate); err != nil {
		return err
	}
	for _, name := range []event.Stream{event.Mocks, event.Domains} {
		_, err := s.write.NewRaw("INSERT INTO streams (name, epoch) VALUES (?, ?) ON CONFLICT (name) DO NOTHING", name, stream.NewEpoch("")).Exec(ctx)
		if err != nil {
			return fmt.Errorf("create the stream %s: %w", name, err)
		}
	}
	var err error
	s.edits, err = prepareEdits(ctx, s.write, s.postgres())
	return err
}

// Close gives the connections back.
func (s *Store) Close() error {
	if s.read == s.write {
		return s.read.Close()
	}
	return errors.Join(s.read.Close(), s.write.Close())
}

// Ping reports whether the database answers.
func (s *Store) Ping(ctx context.Context) error {
	return failed("reach the database", s.read.PingContext(ctx))
}

func (s *Store) postgres() bool { return s.write.Dialect().Name() == dialect.PG }

// inTx runs do in a transaction of the writer.
func (s *Store) inTx(ctx context.Context, do func(ctx context.Context, tx bun.Tx) error) error {
	return s.write.RunInTx(ctx, &sql.TxOptions{}, do)
}
