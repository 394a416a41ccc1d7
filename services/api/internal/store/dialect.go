package store

import (
	"context"
	"database/sql"
	"fmt"
	"io/fs"
	"strconv"
	"strings"
	"time"

	"github.com/pressly/goose/v3"
	goosel "github.com/pressly/goose/v3/lock"
	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect"
)

// This file is where SQLite and Postgres part, but for how they are opened (sqlite.go, postgres.go) and the errors that they
// return (errors.go).

func (s *core) postgres() bool { return s.write.Dialect().Name() == dialect.PG }

// locking is how rows are locked. Whoever writes what a workspace's slug is a part of does so beside others; whoever changes its
// members or adds to what it holds takes turns; whoever changes its slug or ends it waits for all of them.
type locking string

const (
	forSlug    locking = "FOR KEY SHARE"
	forMembers locking = "FOR NO KEY UPDATE"
	forAll     locking = "FOR UPDATE"
	forFree    locking = "FOR NO KEY UPDATE SKIP LOCKED" // the first that nobody else works on
)

// locks is the end of a query that locks what it selects until its transaction ends. SQLite's transaction is the only writer
// from its beginning, and locks nothing.
func (s *core) locks(how locking) bun.Safe {
	if s.postgres() {
		return bun.Safe(how)
	}
	return ""
}

// lock locks the rows that a query selects until tx ends.
func (s *core) lock(ctx context.Context, tx bun.Tx, rows string, how locking, args ...any) error {
	if !s.postgres() {
		return nil
	}
	_, err := tx.NewRaw(rows+" ?", append(args, bun.Safe(how))...).Exec(ctx)
	return err
}

func (s *Store) migrations() (*goose.Provider, error) {
	files, err := fs.Sub(migrationFiles, "migrations")
	if err != nil {
		return nil, err
	}
	if !s.postgres() {
		return goose.NewProvider(goose.DialectSQLite3, s.write.DB, files)
	}
	locker, err := goosel.NewPostgresSessionLocker() // replicas may start together
	if err != nil {
		return nil, err
	}
	return goose.NewProvider(goose.DialectPostgres, s.write.DB, files, goose.WithSessionLocker(locker))
}

// prepared are the statements above by their texts, whose placeholders are ?. It is safe for concurrent use.
type prepared struct {
	statements map[string]*sql.Stmt // SQLite
	texts      map[string]string    // Postgres: pgx prepares what it has not seen, unless its URL says otherwise (for a pooler)
}

// prepareEdits prepares the statements; they end with db.
func prepareEdits(ctx context.Context, db *bun.DB, postgres bool) (*prepared, error) {
	p := &prepared{statements: map[string]*sql.Stmt{}, texts: map[string]string{}}
	life := lifeOf(ctx, db, postgres)
	for _, text := range []string{
		insertRevision, pruneRevision, pruneReferences, selectGrowth, updateSize, updateMock, updateChange, insertAudit, nextNumber, insertChange,
	} {
		if postgres {
			p.texts[text] = numbered(strings.ReplaceAll(text, "{life}", life))
			continue
		}
		statement, err := db.DB.PrepareContext(ctx, strings.ReplaceAll(text, "{life}", life)) //nolint:sqlclosecheck // it lives as long as db
		if err != nil {
			return nil, fmt.Errorf("prepare %q: %w", text, err)
		}
		p.statements[text] = statement
	}
	return p, nil
}

// timeline is Postgres' expression for its timeline: it changes when a replica is promoted, or a backup restored to a point in time.
const timeline = `substr(pg_walfile_name(pg_current_wal_insert_lsn()), 1, 8)`

// lifeOf is the expression for the database's life, which is always the same for SQLite and where Postgres does not tell.
func lifeOf(ctx context.Context, db *bun.DB, postgres bool) string {
	var now string
	if !postgres || db.NewRaw("SELECT "+timeline).Scan(ctx, &now) != nil {
		return "''"
	}
	return timeline
}

// numbered turns each ? into Postgres' $1, $2, …
func numbered(text string) string {
	var b strings.Builder
	for i, part := range strings.Split(text, "?") {
		if i > 0 {
			b.WriteByte('$')
			b.WriteString(strconv.Itoa(i))
		}
		b.WriteString(part)
	}
	return b.String()
}

// exec runs one of the statements in tx.
func (p *prepared) exec(ctx context.Context, tx bun.Tx, text string, args ...any) error {
	var err error
	if statement := p.statements[text]; statement != nil {
		_, err = tx.StmtContext(ctx, statement).ExecContext(ctx, bound(args, true)...) //nolint:sqlclosecheck // it ends with tx
	} else {
		_, err = tx.Tx.ExecContext(ctx, p.texts[text], bound(args, false)...)
	}
	return err
}

// row runs one of the queries in tx.
func (p *prepared) row(ctx context.Context, tx bun.Tx, text string, args ...any) *sql.Row {
	if statement := p.statements[text]; statement != nil {
		return tx.StmtContext(ctx, statement).QueryRowContext(ctx, bound(args, true)...) //nolint:sqlclosecheck // it ends with tx
	}
	return tx.Tx.QueryRowContext(ctx, p.texts[text], bound(args, false)...)
}

// bound are the values as bun would write them: no time is NULL, and in a SQLite file a time is text.
func bound(args []any, text bool) []any {
	for i, arg := range args {
		t, ok := arg.(time.Time)
		switch {
		case !ok:
		case t.IsZero():
			args[i] = nil
		case text:
			args[i] = t.UTC().Format("2006-01-02 15:04:05.999999-07:00")
		}
	}
	return args
}
