package store

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	"go.uber.org/goleak"

	"github.com/mocloud/mocloud/pkg/apperr"
	"github.com/mocloud/mocloud/pkg/event"
	"github.com/mocloud/mocloud/pkg/mockspec"
	"github.com/mocloud/mocloud/pkg/secret"
	"github.com/mocloud/mocloud/pkg/stream"
	"github.com/mocloud/mocloud/pkg/testkit"
	"github.com/mocloud/mocloud/services/api/internal/account"
	"github.com/mocloud/mocloud/services/api/internal/changelog"
	"github.com/mocloud/mocloud/services/api/internal/mock"
	"github.com/mocloud/mocloud/services/api/internal/publication"
	"github.com/mocloud/mocloud/services/api/internal/workspace"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var (
	start  = time.Date(2026, 11, 22, 6, 0, 0, 0, time.UTC)
	anyone = func(workspace.Membership) error { return nil }
)

// conformance runs a test on both databases.
func conformance(t *testing.T, test func(t *testing.T, s *Store)) {
	for name, databaseURL := range map[string]func(t *testing.T) string{
		"sqlite":   sqliteURL,
		"postgres": func(t *testing.T) string { return testkit.Postgres(t) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, open(t, databaseURL(t)))
		})
	}
}

// migrated returns a SQLite database without anything in it. To make its schema takes longer than most tests, so that it is
// made once.
var migrated = sync.OnceValues(func() ([]byte, error) {
	dir, err := os.MkdirTemp("", "mocloud-store-test-")
	if err != nil {
		return nil, err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	path := filepath.Join(dir, "mocloud.db")
	s, err := Open(context.Background(), secret.New("sqlite://"+path), true)
	if err != nil {
		return nil, err
	}
	if err := s.Close(); err != nil {
		return nil, err
	}
	return os.ReadFile(path)
})

// sqliteURL is that of a database of the test's own.
func sqliteURL(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "mocloud.db")
	if err := os.WriteFile(path, must[[]byte](t)(migrated()), 0o600); err != nil {
		t.Fatal(err)
	}
	return "sqlite://" + path
}

func open(t *testing.T, databaseURL string) *Store {
	t.Helper()
	s, err := Open(t.Context(), secret.New(databaseURL), true)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

func must[T any](t *testing.T) func(T, error) T {
	return func(v T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

func newMock(slug string) mock.Mock {
	return mock.Mock{
		ID: uuid.Must(uuid.NewV7()).String(), Slug: slug, Revision: 1, Content: "- endpoint: 'it''s \\ \"quoted\" ?0 — ☃'\n",
		Diagnostics: []mockspec.Diagnostic{{Line: 1, Severity: mockspec.Warning, Code: "X", Message: "m"}}, CreatedAt: start, UpdatedAt: start,
	}
}

// publish is the decision to put the mock's current revision on its host.
func publish(m mock.Mock) (mock.Write, error) {
	m.PublishedRevision = m.Revision
	return mock.Write{Mock: m, Changes: []changelog.Change{{Key: m.ID, Payload: event.MockUpdated{MockID: m.ID, Revision: m.Revision, Enabled: true}}}}, nil
}

func remove(m mock.Mock) (mock.Write, error) {
	m.DeletedAt = start.Add(time.Hour)
	return mock.Write{Mock: m, KeepDeleted: 10, Changes: []changelog.Change{{Key: m.ID, Tombstone: true, Payload: event.MockDeleted{MockID: m.ID}}}}, nil
}

func TestAccounts(t *testing.T) {
	conformance(t, func(t *testing.T, s *Store) {
		ctx := t.Context()
		a := must[account.Account](t)(s.Accounts.EnsureAccount(ctx, "ann", start))
		again := must[account.Account](t)(s.Accounts.EnsureAccount(ctx, "ann", start.Add(time.Hour)))
		if diff := cmp.Diff(a, again); diff != "" || a.Username != "ann" || !a.CreatedAt.Equal(start) {
			t.Fatalf("the account is not the same the second time: %s", diff)
		}
		memberships := must[[]workspace.Membership](t)(s.Workspaces.Workspaces(ctx, as(a), "", 10))
		if len(memberships) != 1 || memberships[0].Slug != "ann" || memberships[0].Role != workspace.Owner {
			t.Fatalf("memberships: %+v", memberships)
		}
	})
}

func TestMocks(t *testing.T) {
	conformance(t, func(t *testing.T, s *Store) {
		ctx := t.Context()
		ann := must[account.Account](t)(s.Accounts.EnsureAccount(ctx, "ann", start))
		bob := must[account.Account](t)(s.Accounts.EnsureAccount(ctx, "bob", start))
		created := must[mock.Mock](t)(s.Mocks.CreateMock(ctx, as(ann), newMock("pets"), anyone))
		if created.WorkspaceSlug != "ann" || created.Role != workspace.Owner {
			t.Fatalf("created in %q as %q", created.WorkspaceSlug, created.Role)
		}
		if diff := cmp.Diff(created, must[mock.Mock](t)(s.Mocks.Mock(ctx, as(ann), created.ID)), cmp.FilterValues(noDiagnostics, cmp.Ignore())); diff != "" {
			t.Errorf("read back: %s", diff)
		}

		t.Run("what is refused", func(t *testing.T) {
			for name, c := range map[string]struct {
				want apperr.Code
				do   func() error
			}{
				"slug taken": {apperr.Conflict, func() error { _, err := s.Mocks.CreateMock(ctx, as(ann), newMock("pets"), anyone); return err }},
				"foreign workspace": {apperr.NotFound, func() error {
					m := newMock("x")
					m.WorkspaceSlug = "ann"
					_, err := s.Mocks.CreateMock(ctx, as(bob), m, anyone)
					return err
				}},
				"foreign mock, read":   {apperr.NotFound, func() error { _, err := s.Mocks.Mock(ctx, as(bob), created.ID); return err }},
				"foreign mock, write":  {apperr.NotFound, func() error { _, _, err := s.Mocks.UpdateMock(ctx, as(bob), created.ID, publish); return err }},
				"foreign mock, delete": {apperr.NotFound, func() error { _, _, err := s.Mocks.UpdateMock(ctx, as(bob), created.ID, remove); return err }},
				"injection in an id":   {apperr.NotFound, func() error { _, err := s.Mocks.Mock(ctx, as(ann), "' OR '1'='1"); return err }},
				"injection in an owner": {apperr.NotFound, func() error {
					_, err := s.Mocks.Mock(ctx, workspace.Caller{AccountID: "' OR '1'='1"}, created.ID)
					return err
				}},
			} {
				if err := c.do(); apperr.CodeOf(err) != c.want {
					t.Errorf("%s: %v", name, err)
				}
			}
			if list := must[[]mock.Mock](t)(s.Mocks.Mocks(ctx, as(bob), mock.Query{Filter: mock.Filter{Sort: mock.BySlug}, Limit: 10})); len(list) != 0 {
				t.Errorf("bob sees %d mocks of ann", len(list))
			}
		})
		t.Run("a refusal writes nothing", func(t *testing.T) {
			refused := errors.New("refused")
			_, changes, err := s.Mocks.UpdateMock(ctx, as(ann), created.ID, func(m mock.Mock) (mock.Write, error) {
				w, _ := publish(m)
				return w, refused
			})
			if !errors.Is(err, refused) || len(changes) > 0 {
				t.Errorf("%v, %d changes", err, len(changes))
			}
			if head := must[stream.Position](t)(s.Log(event.Mocks).Head(ctx)); head.Number != 0 {
				t.Errorf("head is %d", head.Number)
			}
		})
		t.Run("an edit, published", func(t *testing.T) {
			m, changes, err := s.Mocks.UpdateMock(ctx, as(ann), created.ID, func(m mock.Mock) (mock.Write, error) {
				m.Revision, m.Content, m.Diagnostics, m.UpdatedAt = 2, "two", nil, start.Add(time.Second)
				w, err := publish(m)
				w.NewRevision = true
				return w, err
			})
			if err != nil || len(changes) != 1 || changes[0].Number != 1 || changes[0].Epoch == "" || m.Change != 1 {
				t.Fatalf("%v, changes %+v, mock's change %d", err, changes, m.Change)
			}
			got := must[mock.Mock](t)(s.Mocks.Mock(ctx, as(ann), created.ID))
			if got.Content != "two" || got.Revision != 2 || got.PublishedRevision != 2 || got.Change != 1 || len(got.Diagnostics) != 0 || !got.UpdatedAt.Equal(start.Add(time.Second)) {
				t.Errorf("read back: %+v", got)
			}
		})
		t.Run("outcomes", func(t *testing.T) {
			rejection := []event.Diagnostic{{Line: 3, Severity: "error", Code: "BAD", Message: "it's bad"}}
			for number, epoch := range []string{"e", "e"} {
				err := s.Publications.SaveOutcomes(ctx, stream.Position{Epoch: epoch, Number: uint64(9 - number)}, []publication.Rejection{
					{MockID: created.ID, Change: 1, Diagnostics: rejection}, {MockID: created.ID, Change: 0}, {MockID: "gone", Change: 5},
				})
				if err != nil {
					t.Fatal(err)
				}
			}
			if p := must[stream.Position](t)(s.Publications.UnifiedPosition(ctx)); p != (stream.Position{Epoch: "e", Number: 9}) {
				t.Errorf("position %+v", p)
			}
			got := must[[]mock.Mock](t)(s.Mocks.MocksByID(ctx, []string{created.ID, "gone"}))
			if len(got) != 1 || got[0].Rejected != 1 || !cmp.Equal(got[0].Rejection, rejection) {
				t.Errorf("read back: %+v", got)
			}
			if err := s.Publications.ResetOutcomes(ctx, "f"); err != nil {
				t.Fatal(err)
			}
			if p := must[stream.Position](t)(s.Publications.UnifiedPosition(ctx)); p != (stream.Position{Epoch: "f"}) {
				t.Errorf("position after the reset %+v", p)
			}
			if got := must[mock.Mock](t)(s.Mocks.Mock(ctx, as(ann), created.ID)); got.Rejected != 0 || len(got.Rejection) != 0 {
				t.Errorf("after the reset: %+v", got)
			}
		})
		t.Run("deleted, and purged with its history", func(t *testing.T) {
			if _, _, err := s.Mocks.UpdateMock(ctx, as(ann), created.ID, remove); err != nil {
				t.Fatal(err)
			}
			if n := must[int64](t)(s.Mocks.PurgeMocks(ctx, start.Add(time.Hour+time.Second))); n != 1 {
				t.Errorf("purged %d mocks", n)
			}
			var revisions int
			if err := s.read.NewRaw("SELECT count(*) FROM revisions").Scan(ctx, &revisions); err != nil || revisions != 0 {
				t.Errorf("%d revisions are left, %v", revisions, err)
			}
			must[mock.Mock](t)(s.Mocks.CreateMock(ctx, as(ann), newMock("pets"), anyone))
		})
	})
}

func noDiagnostics(a, b []event.Diagnostic) bool { return len(a) == 0 && len(b) == 0 }

func TestListPages(t *testing.T) {
	conformance(t, func(t *testing.T, s *Store) {
		ctx := t.Context()
		ann := must[account.Account](t)(s.Accounts.EnsureAccount(ctx, "ann", start))
		for i := range 7 {
			must[mock.Mock](t)(s.Mocks.CreateMock(ctx, as(ann), newMock(fmt.Sprintf("m%d", i)), anyone))
		}
		var slugs []string
		q := mock.Query{Filter: mock.Filter{Sort: mock.BySlug}, Limit: 3}
		for {
			page := must[[]mock.Mock](t)(s.Mocks.Mocks(ctx, as(ann), q))
			for _, m := range page {
				slugs = append(slugs, m.Slug)
				if m.Content != "" {
					t.Error("the list carries content")
				}
				q.After = &mock.Place{WorkspaceID: m.WorkspaceID, Slug: m.Slug, ID: m.ID}
			}
			if len(page) < 3 {
				break
			}
		}
		if want := []string{"m0", "m1", "m2", "m3", "m4", "m5", "m6"}; !slices.Equal(slugs, want) {
			t.Errorf("listed %v", slugs)
		}
		if other := must[[]mock.Mock](t)(s.Mocks.Mocks(ctx, as(ann), mock.Query{Filter: mock.Filter{WorkspaceSlug: "bob", Sort: mock.BySlug}, Limit: 3})); len(other) != 0 {
			t.Errorf("listed %d mocks of another workspace", len(other))
		}
	})
}

func TestSchemaVersions(t *testing.T) {
	conformance(t, func(t *testing.T, s *Store) {
		ctx := t.Context()
		if err := s.migrate(ctx, false); err != nil {
			t.Errorf("current: %v", err)
		}
		if _, err := s.write.NewRaw("INSERT INTO goose_db_version (version_id, is_applied) VALUES (29990101000000, ?)", true).Exec(ctx); err != nil {
			t.Fatal(err)
		}
		if err := s.migrate(ctx, true); err == nil || !strings.Contains(err.Error(), "newer mocloud") {
			t.Errorf("newer: %v", err)
		}
	})
	_, err := Open(t.Context(), secret.New("sqlite://"+filepath.Join(t.TempDir(), "new.db")), false)
	if err == nil || !strings.Contains(err.Error(), "start once with migrations on") {
		t.Errorf("older: %v", err)
	}
}

func TestUnreachableDatabaseIsUnavailable(t *testing.T) {
	t.Parallel()
	s := open(t, testkit.Postgres(t))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := s.Ping(ctx); err == nil {
		t.Error("ping worked")
	}
	_, _, err := openPostgres(t.Context(), secret.New("postgres://nobody:hunter2@127.0.0.1:1/none?connect_timeout=1"))
	if err == nil || strings.Contains(err.Error(), "hunter2") {
		t.Fatalf("connect: %v", err)
	}
	if err := failed("read", err); apperr.CodeOf(err) != apperr.Unavailable {
		t.Errorf("code %s of %v", apperr.CodeOf(err), err)
	}
}

// as is the account with no limits.
func as(a account.Account) workspace.Caller { return workspace.Caller{AccountID: a.ID} }
