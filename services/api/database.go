package api

import (
	"context"
	"errors"

	"github.com/mocloud/mocloud/pkg/secret"
	"github.com/mocloud/mocloud/services/api/internal/store"
)

// Migrate creates the schema of a database or brings it up to date. The api does the same when it starts, unless its
// Config.Migrate is off. Several may run at the same time. An error is a sentence for the person who runs it.
func Migrate(ctx context.Context, databaseURL secret.String) error {
	db, err := store.Open(ctx, databaseURL, true)
	if err != nil {
		return err
	}
	return db.Close()
}

// Condition is what an administrator wants to know of a database.
type Condition = store.Condition

// Inspect looks at a database and changes nothing. Its errors are sentences for the person who asks.
func Inspect(ctx context.Context, databaseURL secret.String) (Condition, error) {
	return store.Inspect(ctx, databaseURL)
}

// Backup writes a consistent copy of a SQLite database to path, where nothing may be, while the api uses it or not.
func Backup(ctx context.Context, databaseURL secret.String, path string) error {
	return store.Backup(ctx, databaseURL, path)
}

// Restored prepares a database that was put back to an earlier state: it is migrated, and all who follow its change log
// begin again. No api may be running on it.
func Restored(ctx context.Context, databaseURL secret.String) error {
	db, err := store.Open(ctx, databaseURL, true)
	if err != nil {
		return err
	}
	return errors.Join(db.RenewEpochs(ctx), db.Close())
}
