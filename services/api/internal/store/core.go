package store

import (
	"context"
	"database/sql"

	"github.com/uptrace/bun"

	"github.com/mocloud/mocloud/services/api/internal/quota"
)

// core is what the aggregates share: the connections, transactions, and what is written beside their own tables.
type core struct {
	read  *bun.DB
	write *bun.DB // SQLite: one connection, as there can be one writer; Postgres: the same as read

	edits *prepared

	limits quota.Limits // of each workspace
}

// inTx runs do in a transaction of the writer.
func (s *core) inTx(ctx context.Context, do func(ctx context.Context, tx bun.Tx) error) error {
	return s.write.RunInTx(ctx, &sql.TxOptions{}, do)
}
