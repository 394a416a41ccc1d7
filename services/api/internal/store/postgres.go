package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect/pgdialect"

	"github.com/mocloud/mocloud/pkg/secret"
)

const (
	postgresConns   = 16
	postgresConnAge = 30 * time.Minute
)

// openPostgres makes a pool; the first query connects. bun writes values into the text of a statement, so that prepared
// statements would only fill the server's memory: the simple protocol sends each in one go.
// The name is the database's, for errors.
func openPostgres(ctx context.Context, databaseURL secret.String) (_ *Store, name string, _ error) {
	u, err := url.Parse(databaseURL.Reveal())
	if err != nil { // it shows the URL
		return nil, "", errors.New("the database URL cannot be read; it looks like postgres://user:password@host/name or sqlite:///absolute/path")
	}
	if u.Scheme != "postgres" && u.Scheme != "postgresql" {
		return nil, "", fmt.Errorf("the database URL begins with %q; use postgres:// or sqlite:///absolute/path", u.Scheme)
	}
	name = u.Host + u.Path
	config, err := pgx.ParseConfig(u.String())
	if err != nil { // it may show the URL
		return nil, "", errors.New("the database URL cannot be read; it looks like postgres://user:password@host/name")
	}
	config.DefaultQueryExecMode = pgx.QueryExecModeSimpleProtocol
	config.RuntimeParams["standard_conforming_strings"] = "on" // what bun's quoting relies on
	config.RuntimeParams["timezone"] = "UTC"
	config.RuntimeParams["client_encoding"] = "UTF8"
	if config.RuntimeParams["application_name"] == "" {
		config.RuntimeParams["application_name"] = "mocloud-api"
	}
	if config.ConnectTimeout == 0 {
		config.ConnectTimeout = 5 * time.Second
	}
	db := stdlib.OpenDB(*config)
	db.SetMaxOpenConns(postgresConns)
	db.SetMaxIdleConns(postgresConns)
	db.SetConnMaxLifetime(postgresConnAge)
	if err := db.PingContext(ctx); err != nil {
		return nil, "", errors.Join(explain(name, err), db.Close())
	}
	if err := checkEncoding(ctx, db, name); err != nil {
		return nil, "", errors.Join(err, db.Close())
	}
	pool := bun.NewDB(db, pgdialect.New())
	return newStore(pool, pool), name, nil
}

// checkEncoding refuses a database that would not keep every text as it is.
func checkEncoding(ctx context.Context, db *sql.DB, name string) error {
	var encoding string
	if err := db.QueryRowContext(ctx, "SHOW server_encoding").Scan(&encoding); err != nil {
		return explain(name, err)
	}
	if encoding != "UTF8" {
		return fmt.Errorf("the database %s has the encoding %s; mocloud needs UTF8: create another with CREATE DATABASE … ENCODING 'UTF8' TEMPLATE template0", name, encoding)
	}
	return nil
}
