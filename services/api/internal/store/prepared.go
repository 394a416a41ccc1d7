package store

import (
	"context"
	"database/sql"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/uptrace/bun"
)

// The statements of a mock's edit, for which somebody waits, are prepared: the database reads and plans each once a
// connection, and the values travel beside it. Everywhere else bun writes the values into the text; with the content and
// the change of an edit in it, reading that text was a third of what SQLite had to do.
const (
	insertRevision = `INSERT INTO revisions (mock_id, number, content, diagnostics, author_id, message, size, errors, warnings, created_at, published_at)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`
	pruneRevision = `DELETE FROM revisions WHERE mock_id = ? AND number IN (
		SELECT number FROM revisions WHERE mock_id = ? AND NOT pinned AND number NOT IN (?, ?) ORDER BY number DESC LIMIT ? OFFSET ?)`
	pruneReferences = `DELETE FROM file_references WHERE mock_id = ? AND revision NOT IN (SELECT number FROM revisions WHERE mock_id = ?)`
	selectGrowth    = `SELECT endpoints < ?, bytes < ? FROM mocks WHERE id = ?`
	updateSize      = `UPDATE mocks SET endpoints = ?, bytes = ? WHERE id = ?`
	updateMock      = `UPDATE mocks SET workspace_id = ?, slug = ?, name = ?, description = ?, version = ?, errors = ?, revision = ?,
		published_revision = ?, updated_at = ?, deleted_at = ?, deleted_slug = ? WHERE id = ?`
	updateChange = `UPDATE mocks SET change = ? WHERE id = ?`
	insertAudit  = `INSERT INTO audit (id, workspace_id, account_id, means, action, kind, target_id, label, request_id, at)
		VALUES (?, COALESCE(NULLIF(?, ''), (SELECT w.id FROM workspaces w JOIN accounts a ON a.username = w.slug WHERE a.id = ?), ''),
			?, ?, ?, ?, ?, ?, ?, ?)`
	// A database that goes on from an earlier state, as after a failover to a replica that lagged behind, has another life: its
	// numbers may have been given before, so that they begin a new epoch.
	nextNumber = `UPDATE streams SET head = head + 1, epoch = CASE WHEN life IN ('', {life}) THEN epoch ELSE ? END, life = {life}
		WHERE name = ? RETURNING head, epoch`
	insertChange = `INSERT INTO changes (stream, key, number, tombstone, id, type, version, time, payload) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT (stream, key) DO UPDATE SET number = EXCLUDED.number, tombstone = EXCLUDED.tombstone, id = EXCLUDED.id,
			type = EXCLUDED.type, version = EXCLUDED.version, time = EXCLUDED.time, payload = EXCLUDED.payload`
)

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
