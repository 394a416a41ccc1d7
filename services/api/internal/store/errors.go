package store

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"net"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"
	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"github.com/mocloud/mocloud/pkg/apperr"
)

// failed wraps an error of the database once. Where the database itself is the trouble, the user is asked to retry.
// Errors that already have a public side pass unchanged.
func failed(doing string, err error) error {
	if err == nil {
		return nil
	}
	if _, public := errors.AsType[*apperr.Error](err); public {
		return err
	}
	err = fmt.Errorf("%s: %w", doing, err)
	if unavailable(err) {
		return apperr.New(apperr.Unavailable, "The database cannot be reached right now; try again in a moment.").WithCause(err)
	}
	return err
}

// unavailable reports whether another try later may succeed.
func unavailable(err error) bool {
	if e, ok := errors.AsType[*pgconn.PgError](err); ok {
		// Connection exceptions, lack of resources, a server that shuts down or starts, a deadlock that was broken.
		return strings.HasPrefix(e.Code, "08") || strings.HasPrefix(e.Code, "53") || strings.HasPrefix(e.Code, "57P") || e.Code == "40P01"
	}
	if e, ok := errors.AsType[*sqlite.Error](err); ok {
		switch e.Code() & 0xff {
		case sqlite3.SQLITE_BUSY, sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY:
			return true
		}
		return false
	}
	if _, ok := errors.AsType[*pgconn.ConnectError](err); ok {
		return true
	}
	if _, ok := errors.AsType[net.Error](err); ok {
		return true
	}
	return errors.Is(err, driver.ErrBadConn) || errors.Is(err, net.ErrClosed) || errors.Is(err, context.DeadlineExceeded) ||
		strings.Contains(err.Error(), "conn closed") // pgconn has no error value for it
}

// duplicate reports whether err is a violated uniqueness.
func duplicate(err error) bool {
	if e, ok := errors.AsType[*pgconn.PgError](err); ok {
		return e.Code == "23505"
	}
	if e, ok := errors.AsType[*sqlite.Error](err); ok {
		return e.Code() == sqlite3.SQLITE_CONSTRAINT_UNIQUE || e.Code() == sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY
	}
	return false
}
