package store

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/mocloud/mocloud/pkg/secret"
)

// Condition is what an administrator wants to know of a database. A version of 0 means that there is no schema.
type Condition struct {
	Server         string // its name and version
	ReadOnly       bool
	Version, Known int64     // of the schema, and the latest one that this program knows
	Pending        int       // migrations that are missing
	Clock          time.Time // of a database server; zero where the database is a file
}

// Inspect looks at a database and changes nothing. Its errors are sentences as those of Open.
func Inspect(ctx context.Context, databaseURL secret.String) (Condition, error) {
	if path, ok := strings.CutPrefix(databaseURL.Reveal(), "sqlite://"); ok {
		if _, err := os.Stat(path); err != nil { // opening would create it
			return Condition{}, fmt.Errorf("the database file %s cannot be read: %w", path, cause(err))
		}
		s, err := openSQLite(ctx, path)
		if err != nil {
			return Condition{}, err
		}
		return s.inspect(ctx, "file "+path)
	}
	s, name, err := openPostgres(ctx, databaseURL)
	if err != nil {
		return Condition{}, err
	}
	return s.inspect(ctx, name)
}

// inspect closes the store.
func (s *Store) inspect(ctx context.Context, name string) (c Condition, err error) {
	defer func() {
		if err != nil {
			err = explain(name, err)
		}
		err = errors.Join(err, s.Close())
	}()
	server, table := "SELECT 'SQLite ' || sqlite_version()", "SELECT COUNT(*) FROM sqlite_master WHERE name = 'goose_db_version'"
	if s.postgres() {
		server, table = "SELECT 'PostgreSQL ' || split_part(current_setting('server_version'), ' ', 1)", "SELECT COUNT(to_regclass('goose_db_version'))"
		var readOnly string
		if err := s.read.NewRaw("SELECT current_setting('transaction_read_only'), clock_timestamp()").Scan(ctx, &readOnly, &c.Clock); err != nil {
			return c, err
		}
		c.ReadOnly = readOnly == "on"
	}
	if err := s.read.NewRaw(server).Scan(ctx, &c.Server); err != nil {
		return c, err
	}
	var tables int
	if err := s.read.NewRaw(table).Scan(ctx, &tables); err != nil {
		return c, err
	}
	if tables > 0 { // goose would create it
		if err := s.read.NewRaw("SELECT COALESCE(MAX(version_id), 0) FROM goose_db_version").Scan(ctx, &c.Version); err != nil {
			return c, err
		}
	}
	provider, err := s.migrations()
	if err != nil {
		return c, err
	}
	for _, source := range provider.ListSources() {
		c.Known = source.Version
		if source.Version > c.Version {
			c.Pending++
		}
	}
	return c, nil
}
