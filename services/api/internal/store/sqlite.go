package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"

	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect/sqlitedialect"
	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// readers is how many connections read a SQLite file at the same time; in WAL mode they do not wait for the writer.
const readers = 4

// checkedSize is how large a file may be to be read through for damage at every start; a larger one is checked by use.
const checkedSize = 256 << 20

// openSQLite opens or creates the file. synchronous=FULL, because a number of the change log that was published must
// never be given again after a power failure.
func openSQLite(ctx context.Context, path string) (*Store, error) {
	if !filepath.IsAbs(path) {
		return nil, fmt.Errorf("the database URL sqlite://%s needs an absolute path and three slashes: sqlite:///absolute/path", path)
	}
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("the database file %s cannot be opened for writing: %w; check that its folder exists and may be written", path, cause(err))
	}
	info, err := file.Stat()
	if err := errors.Join(err, file.Close()); err != nil {
		return nil, fmt.Errorf("the database file %s cannot be read: %w", path, err)
	}
	const pragmas = "_pragma=busy_timeout(10000)&_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)&_pragma=foreign_keys(1)"
	write, err := sql.Open("sqlite", "file:"+(&url.URL{Path: path}).EscapedPath()+"?_txlock=immediate&"+pragmas)
	if err != nil {
		return nil, fmt.Errorf("open the database file %s: %w", path, err)
	}
	write.SetMaxOpenConns(1)
	read, err := sql.Open("sqlite", "file:"+(&url.URL{Path: path}).EscapedPath()+"?"+pragmas+"&_pragma=query_only(1)")
	if err != nil {
		return nil, errors.Join(fmt.Errorf("open the database file %s: %w", path, err), write.Close())
	}
	read.SetMaxOpenConns(readers)
	read.SetMaxIdleConns(readers)
	s := newStore(bun.NewDB(read, sqlitedialect.New()), bun.NewDB(write, sqlitedialect.New()))
	if info.Size() <= checkedSize {
		var result string
		err := s.write.NewRaw("PRAGMA quick_check(1)").Scan(ctx, &result)
		if err == nil && result != "ok" {
			err = fmt.Errorf("%w: %s", errDamaged, result)
		}
		if err != nil {
			return nil, errors.Join(explain("file "+path, err), s.Close())
		}
	}
	return s, nil
}

var errDamaged = errors.New("the file is damaged")

// explain turns what can go wrong with a database at the start into a sentence that says what to do.
func explain(name string, err error) error {
	e, isSQLite := errors.AsType[*sqlite.Error](err)
	damaged := errors.Is(err, errDamaged)
	if isSQLite {
		primary := e.Code() & 0xff // the rest is the extended code
		damaged = damaged || primary == sqlite3.SQLITE_NOTADB || primary == sqlite3.SQLITE_CORRUPT
	}
	if damaged {
		return fmt.Errorf("the database %s is damaged or not a mocloud database; restore it from a backup, or move it away to start afresh (%w)", name, err)
	}
	return fmt.Errorf("the database %s cannot be used: %w", name, err)
}

// cause is the reason of a file error without the path, which the sentence already has.
func cause(err error) error {
	if e, ok := errors.AsType[*os.PathError](err); ok {
		return e.Err
	}
	return err
}
