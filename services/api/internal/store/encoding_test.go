package store

import (
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/mocloud/mocloud/pkg/secret"
	"github.com/mocloud/mocloud/pkg/testkit"
)

// A database that does not keep UTF-8 is refused with what to do; what a client would rather read is no hindrance.
func TestEncodings(t *testing.T) {
	t.Parallel()
	base := testkit.Postgres(t)
	conn, err := pgx.Connect(t.Context(), base)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close(t.Context()) }()
	name := conn.Config().Database
	for _, encoding := range []string{"SQL_ASCII", "LATIN1", "EUC_JP"} {
		odd := name + "_" + strings.ToLower(encoding)
		if _, err := conn.Exec(t.Context(), "CREATE DATABASE "+odd+" ENCODING '"+encoding+"' LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0"); err != nil {
			t.Fatal(err)
		}
		s, err := Open(t.Context(), secret.New(strings.Replace(base, name, odd, 1)), true)
		if err == nil {
			t.Errorf("%s: opened", encoding)
			_ = s.Close()
		} else if !strings.Contains(err.Error(), "has the encoding "+encoding+"; mocloud needs UTF8: create another with CREATE DATABASE … ENCODING 'UTF8' TEMPLATE template0") {
			t.Errorf("%s: %v", encoding, err)
		}
		if _, err := conn.Exec(t.Context(), "DROP DATABASE "+odd+" WITH (FORCE)"); err != nil {
			t.Error(err)
		}
	}
	separator := "?"
	if strings.Contains(base, "?") {
		separator = "&"
	}
	s, err := Open(t.Context(), secret.New(base+separator+"client_encoding=LATIN1"), true)
	if err != nil {
		t.Fatal(err)
	}
	_ = s.Close()
}
