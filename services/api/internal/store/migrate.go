package store

import (
	"context"
	"embed"
	"errors"
	"fmt"

	"github.com/pressly/goose/v3"
)

// Migrations only add: a program of the release before runs beside this one while instances are replaced. What nothing
// reads any more is dropped a release later. That waits for: the table tokens, in whose place api_tokens came.
//
//go:embed migrations/*.sql
var migrationFiles embed.FS

// migrate applies missing migrations, or says that there are some. A schema from a newer program is refused: this one
// would not know what it means.
func (s *Store) migrate(ctx context.Context, apply bool) error {
	provider, err := s.migrations()
	if err != nil {
		return fmt.Errorf("prepare migrations: %w", err)
	}
	have, want, err := provider.GetVersions(ctx)
	switch {
	case err != nil:
		return fmt.Errorf("read the schema's version: %w", err)
	case have > want:
		return fmt.Errorf("its schema has version %d and this program knows %d: it was written by a newer mocloud; start that one", have, want)
	case have == want:
		return nil
	case !apply:
		return fmt.Errorf("its schema has version %d and this program needs %d; start once with migrations on", have, want)
	}
	if _, err := provider.Up(ctx); err != nil {
		if partial, ok := errors.AsType[*goose.PartialError](err); ok {
			return fmt.Errorf("migrate to version %d: %w", partial.Failed.Source.Version, partial.Err)
		}
		return fmt.Errorf("migrate to version %d: %w", want, err)
	}
	return nil
}
