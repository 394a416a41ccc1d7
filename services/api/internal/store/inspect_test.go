package store

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/mocloud/mocloud/pkg/secret"
	"github.com/mocloud/mocloud/pkg/testkit"
)

// An inspection tells how far a schema is, and neither creates nor migrates anything.
func TestInspect(t *testing.T) {
	t.Parallel()
	for _, of := range []string{"sqlite", "postgres"} {
		t.Run(of, func(t *testing.T) {
			t.Parallel()
			ctx, url := t.Context(), ""
			if of == "postgres" {
				url = testkit.Postgres(t)
			} else {
				path := filepath.Join(t.TempDir(), "mocloud.db")
				if _, err := Inspect(ctx, secret.New("sqlite://"+path)); err == nil {
					t.Error("there is no file, and no error")
				}
				if err := os.WriteFile(path, nil, 0o600); err != nil {
					t.Fatalf("the inspection created it: %v", err)
				}
				url = "sqlite://" + path
			}
			look := func() Condition {
				t.Helper()
				c, err := Inspect(ctx, secret.New(url))
				if err != nil {
					t.Fatal(err)
				}
				return c
			}
			all := 0
			for range 2 { // the first one left no table
				c := look()
				if all = c.Pending; c.Version != 0 || c.Pending < 2 || c.Known == 0 || c.Server == "" || c.ReadOnly {
					t.Errorf("empty: %+v", c)
				}
				if d := time.Since(c.Clock); of == "postgres" && d.Abs() > time.Hour {
					t.Errorf("its clock says %v", c.Clock)
				}
			}
			s, err := Open(ctx, secret.New(url), true)
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = s.Close() })
			c := look()
			if c.Version != c.Known || c.Pending != 0 {
				t.Errorf("migrated: %+v", c)
			}
			for version, pending := range map[int64]int{c.Known + 1: 0, 1: all} {
				if _, err := s.write.NewRaw("DELETE FROM goose_db_version").Exec(ctx); err != nil {
					t.Fatal(err)
				}
				if _, err := s.write.NewRaw("INSERT INTO goose_db_version (version_id, is_applied) VALUES (?, ?)", version, true).Exec(ctx); err != nil {
					t.Fatal(err)
				}
				if c := look(); c.Version != version || c.Pending != pending {
					t.Errorf("%d: %+v", version, c)
				}
			}
		})
	}
}
