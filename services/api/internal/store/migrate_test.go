package store

import (
	"context"
	"path/filepath"
	"testing"

	"github.com/mocloud/mocloud/pkg/event"
	"github.com/mocloud/mocloud/pkg/secret"
	"github.com/mocloud/mocloud/pkg/testkit"
)

// unprepared connects to a database without any table.
func unprepared(t *testing.T, of string) *Store {
	t.Helper()
	var s *Store
	var err error
	if of == "postgres" {
		s, _, err = openPostgres(t.Context(), secret.New(testkit.Postgres(t)))
	} else {
		s, err = openSQLite(t.Context(), filepath.Join(t.TempDir(), "mocloud.db"))
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

// A database from before the vocabulary was settled goes on: its change log can be replayed, and its audit log names
// operations as the contract does.
func TestOneVocabularyMigratesData(t *testing.T) {
	t.Parallel()
	for _, of := range []string{"sqlite", "postgres"} {
		t.Run(of, func(t *testing.T) {
			t.Parallel()
			ctx, s := t.Context(), unprepared(t, of)
			run := func(statement string, args ...any) {
				t.Helper()
				if _, err := s.write.NewRaw(statement, args...).Exec(ctx); err != nil {
					t.Fatal(err)
				}
			}
			provider, err := s.migrations()
			if err != nil {
				t.Fatal(err)
			}
			if _, err := provider.UpTo(ctx, 20261122120045); err != nil {
				t.Fatal(err)
			}
			content := `- endpoint: {response: {body: '{"workspace": 1, "mock": 2}'}}`
			run("INSERT INTO streams (name, epoch, head) VALUES ('mocks', 'e', 1)")
			run("INSERT INTO changes (stream, key, number, tombstone, id, type, version, time, payload) VALUES ('mocks', 'm', 1, ?, 'i', 'mock.updated', 1, ?, ?)",
				false, start, `{"workspace_id":"w","workspace":"ann","mock_id":"m","mock":"pets","revision":1,"hosts":["h"],"enabled":true,"content":`+
					`"- endpoint: {response: {body: '{\"workspace\": 1, \"mock\": 2}'}}"}`)
			renamed := map[string]string{
				"updateMock": "updateMockContent", "changeMock": "updateMock", "deleteSession": "deleteCurrentSession", "revokeSession": "deleteSession",
				"addDomain": "createDomain", "createMock": "createMock",
			}
			for was := range renamed {
				run(`INSERT INTO audit (id, workspace_id, account_id, means, action, kind, target_id, label, request_id, at)
					VALUES (?, 'w', 'a', 'token', ?, 'mock', 'm', '', '', ?)`, was, was, start)
			}
			if err := s.prepare(ctx, true); err != nil {
				t.Fatal(err)
			}
			batch, err := s.Log(event.Mocks).After(ctx, 0, 10)
			if err != nil || len(batch.Changes) != 1 {
				t.Fatalf("%+v, %v", batch, err)
			}
			if u, err := event.Decode[event.MockUpdated](batch.Changes[0]); err != nil || u.WorkspaceSlug != "ann" || u.MockSlug != "pets" || u.Content != content {
				t.Errorf("%+v, %v", u, err)
			}
			for was, want := range renamed {
				if got := actionOf(ctx, t, s, was); got != want {
					t.Errorf("%s became %s", was, got)
				}
			}
		})
	}
}

func actionOf(ctx context.Context, t *testing.T, s *Store, id string) string {
	t.Helper()
	var action string
	if err := s.read.NewRaw("SELECT action FROM audit WHERE id = ?", id).Scan(ctx, &action); err != nil {
		t.Fatal(err)
	}
	return action
}
