package store

import (
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/mocloud/mocloud/pkg/apperr"
	"github.com/mocloud/mocloud/pkg/files"
	"github.com/mocloud/mocloud/services/api/internal/account"
	"github.com/mocloud/mocloud/services/api/internal/file"
	"github.com/mocloud/mocloud/services/api/internal/mock"
	"github.com/mocloud/mocloud/services/api/internal/workspace"
)

// putFile makes object the content of a file, as an upload does.
func putFile(t *testing.T, s *Store, who workspace.Caller, slug, name, object string, size int64) (file.File, error) {
	t.Helper()
	look, err := s.Files.LookAtFile(t.Context(), who, slug, name)
	if err != nil {
		return file.File{}, err
	}
	if err := s.Files.ReserveObject(t.Context(), files.ObjectKey(look.In.ID, object), start.Add(time.Hour)); err != nil {
		return file.File{}, err
	}
	var f file.File
	err = s.Files.WriteFile(t.Context(), who, slug, "", name, func(p file.Present) (file.Write, error) {
		f = file.File{
			ID: uuid.Must(uuid.NewV7()).String(), WorkspaceID: p.In.ID, WorkspaceSlug: p.In.Slug, Name: name, Object: object, Size: size,
			SHA256: "sum-" + object, MediaType: "text/plain", CreatedAt: start, UpdatedAt: start,
		}
		if p.File != nil {
			f.ID = p.File.ID
		}
		return file.Write{Put: &f, Obsolete: start.Add(time.Minute)}, nil
	})
	return f, err
}

func TestFiles(t *testing.T) {
	conformance(t, func(t *testing.T, s *Store) {
		ctx := t.Context()
		ann, bob := as(must[account.Account](t)(s.Accounts.EnsureAccount(ctx, "ann", start))), as(must[account.Account](t)(s.Accounts.EnsureAccount(ctx, "bob", start)))
		users := must[file.File](t)(putFile(t, s, ann, "ann", "data/users.json", "o1", 10))
		if diff := cmp.Diff(users, must[file.File](t)(s.Files.File(ctx, ann, "ann", users.ID))); diff != "" {
			t.Fatalf("read back: %s", diff)
		}
		ws := users.WorkspaceID
		due := func(at time.Time) []string {
			t.Helper()
			return must[[]string](t)(s.Files.DueObjects(ctx, at, 10))
		}
		if got := due(start.Add(2 * time.Hour)); len(got) != 0 {
			t.Errorf("garbage after an upload: %v", got)
		}

		t.Run("what is refused", func(t *testing.T) {
			nothing := func(file.Present) (file.Write, error) { return file.Write{Delete: true}, nil }
			for name, err := range map[string]error{
				"foreign read":      second(s.Files.File(ctx, bob, "ann", users.ID)),
				"foreign list":      second(s.Files.Files(ctx, bob, "ann", file.Query{Limit: 10})),
				"foreign use":       second(s.Files.FileMocks(ctx, bob, "ann", users.ID, "", 10)),
				"foreign look":      second(s.Files.LookAtFile(ctx, bob, "ann", "x")),
				"foreign write":     s.Files.WriteFile(ctx, bob, "ann", users.ID, "", nothing),
				"another workspace": second(s.Files.File(ctx, bob, "bob", users.ID)),
				"deleted elsewhere": s.Files.WriteFile(ctx, bob, "bob", users.ID, "", nothing),
				"unknown id":        s.Files.WriteFile(ctx, ann, "ann", "' OR '1'='1", "", nothing),
			} {
				if apperr.CodeOf(err) != apperr.NotFound {
					t.Errorf("%s: %v", name, err)
				}
			}
			refused := errors.New("refused")
			before := must[files.Index](t)(s.Files.FileIndex(ctx, ws))
			err := s.Files.WriteFile(ctx, ann, "ann", users.ID, "", func(file.Present) (file.Write, error) { return file.Write{}, refused })
			if after := must[files.Index](t)(s.Files.FileIndex(ctx, ws)); !errors.Is(err, refused) || !cmp.Equal(before, after) {
				t.Errorf("%v, index %+v became %+v", err, before, after)
			}
		})
		t.Run("a replacement leaves garbage", func(t *testing.T) {
			before := must[files.Index](t)(s.Files.FileIndex(ctx, ws))
			again := must[file.File](t)(putFile(t, s, ann, "ann", "data/users.json", "o2", 30))
			after := must[files.Index](t)(s.Files.FileIndex(ctx, ws))
			if again.ID != users.ID || after.Version <= before.Version || after.Files["data/users.json"].Object != "o2" || len(after.Files) != 1 {
				t.Errorf("%+v, index %+v", again, after)
			}
			if got := due(start); len(got) != 0 {
				t.Errorf("due at once: %v", got)
			}
			if got := due(start.Add(time.Minute)); !slices.Equal(got, []string{files.ObjectKey(ws, "o1")}) {
				t.Errorf("due later: %v", got)
			}
			if err := s.Files.ForgetObject(ctx, files.ObjectKey(ws, "o1")); err != nil || len(due(start.Add(time.Hour))) != 0 {
				t.Errorf("forgotten: %v", err)
			}
			if p := must[file.Present](t)(s.Files.LookAtFile(ctx, ann, "ann", "data/users.json")); p.Usage != (file.Usage{Files: 1, Bytes: 30}) || p.File.Object != "o2" {
				t.Errorf("%+v", p)
			}
		})
		t.Run("an upload that took too long", func(t *testing.T) {
			err := s.Files.WriteFile(ctx, ann, "ann", "", "late", func(p file.Present) (file.Write, error) {
				return file.Write{Put: &file.File{ID: "late", WorkspaceID: ws, Name: "late", Object: "collected"}}, nil
			})
			if apperr.CodeOf(err) != apperr.Unavailable {
				t.Errorf("%v", err)
			}
			if p := must[file.Present](t)(s.Files.LookAtFile(ctx, ann, "ann", "late")); p.File != nil {
				t.Error("it was written")
			}
		})
		t.Run("a released upload is due", func(t *testing.T) {
			for _, err := range []error{s.Files.ReserveObject(ctx, "k", start.Add(time.Hour)), s.Files.ReleaseObject(ctx, "k", start), s.Files.ReleaseObject(ctx, "other", start)} {
				if err != nil {
					t.Fatal(err)
				}
			}
			if got := due(start); !slices.Equal(got, []string{"k"}) {
				t.Errorf("due: %v", got)
			}
		})
		t.Run("who wrote the index", func(t *testing.T) {
			i := must[files.Index](t)(s.Files.FileIndex(ctx, ws))
			for _, c := range []struct {
				written int64
				pending []string
			}{{i.Version - 1, []string{ws}}, {i.Version, nil}, {i.Version - 1, nil}} {
				if err := s.Files.FileIndexWritten(ctx, ws, c.written); err != nil {
					t.Fatal(err)
				}
				if got := must[[]string](t)(s.Files.PendingFileIndexes(ctx, 10)); !slices.Equal(got, c.pending) {
					t.Errorf("written %d: pending %v", c.written, got)
				}
			}
		})
		t.Run("deleted", func(t *testing.T) {
			err := s.Files.WriteFile(ctx, ann, "ann", users.ID, "", func(file.Present) (file.Write, error) {
				return file.Write{Delete: true, Obsolete: start.Add(3 * time.Hour)}, nil
			})
			if err != nil {
				t.Fatal(err)
			}
			p := must[file.Present](t)(s.Files.LookAtFile(ctx, ann, "ann", "data/users.json"))
			if p.File != nil || p.Usage != (file.Usage{}) || !slices.Contains(due(start.Add(3*time.Hour)), files.ObjectKey(ws, "o2")) {
				t.Errorf("%+v", p)
			}
		})
	})
}

func second[T any](_ T, err error) error { return err }

func TestFileListPages(t *testing.T) {
	conformance(t, func(t *testing.T, s *Store) {
		ann := as(must[account.Account](t)(s.Accounts.EnsureAccount(t.Context(), "ann", start)))
		names := []string{"a.json", "data/1", "data/2", "data/3", "data_4", "z"}
		for i, name := range names {
			must[file.File](t)(putFile(t, s, ann, "ann", name, fmt.Sprint("o", i), 1))
		}
		for prefix, want := range map[string][]string{"": names, "data/": names[1:4], "data": names[1:5], "%": nil, "x": nil} {
			var got []string
			for q := (file.Query{Prefix: prefix, Limit: 2}); ; {
				page := must[[]file.File](t)(s.Files.Files(t.Context(), ann, "ann", q))
				for _, f := range page {
					got = append(got, f.Name)
					q.After = f.Name
				}
				if len(page) < q.Limit {
					break
				}
			}
			slices.Sort(got) // the order is the database's
			if !slices.Equal(got, want) {
				t.Errorf("prefix %q: %v", prefix, got)
			}
		}
	})
}

func TestFileUse(t *testing.T) {
	conformance(t, func(t *testing.T, s *Store) {
		ctx := t.Context()
		ann := as(must[account.Account](t)(s.Accounts.EnsureAccount(ctx, "ann", start)))
		bob := as(must[account.Account](t)(s.Accounts.EnsureAccount(ctx, "bob", start)))
		create := func(who workspace.Caller, slug string, names ...string) mock.Mock {
			t.Helper()
			m := newMock(slug)
			m.Files = names
			return must[mock.Mock](t)(s.Mocks.CreateMock(ctx, who, m, anyone))
		}
		a := must[file.File](t)(putFile(t, s, ann, "ann", "a.json", "o1", 1))
		uses := func() []file.Mock {
			t.Helper()
			return must[[]file.Mock](t)(s.Files.FileMocks(ctx, ann, "ann", a.ID, "", 10))
		}
		first, second := create(ann, "first", "a.json", "b.json"), create(ann, "second", "a.json")
		create(bob, "foreign", "a.json")
		create(ann, "none", "other.json")
		if got, want := uses(), []file.Mock{{ID: first.ID, Slug: "first", Current: true}, {ID: second.ID, Slug: "second", Current: true}}; !slices.Equal(got, want) {
			t.Errorf("%+v", got)
		}
		if got := must[[]file.Mock](t)(s.Files.FileMocks(ctx, ann, "ann", a.ID, first.ID, 1)); len(got) != 1 || got[0].ID != second.ID {
			t.Errorf("the second page: %+v", got)
		}
		edit := func(m mock.Mock, name string, published int) {
			t.Helper()
			_, _, err := s.Mocks.UpdateMock(ctx, ann, m.ID, func(m mock.Mock) (mock.Write, error) {
				m.Revision++
				m.Files, m.PublishedRevision = []string{name}, published
				return mock.Write{Mock: m, NewRevision: true}, nil
			})
			if err != nil {
				t.Fatal(err)
			}
		}
		edit(first, "c.json", 1)  // only what is published names it
		edit(second, "c.json", 0) // nothing does
		if got, want := uses(), []file.Mock{{ID: first.ID, Slug: "first", Published: true}}; !slices.Equal(got, want) {
			t.Errorf("after edits: %+v", got)
		}
		err := s.Files.WriteFile(ctx, ann, "ann", a.ID, "", func(p file.Present) (file.Write, error) {
			if len(p.Mocks) != 1 {
				t.Errorf("the decision sees %+v", p.Mocks)
			}
			return file.Write{}, nil
		})
		if err != nil {
			t.Error(err)
		}
		if _, _, err := s.Mocks.UpdateMock(ctx, ann, first.ID, remove); err != nil || len(uses()) != 0 {
			t.Errorf("after the deletion: %v", err)
		}
	})
}

// Whoever writes last has the last word, and no content is lost or kept twice.
func TestFileWritersAtOnce(t *testing.T) {
	conformance(t, func(t *testing.T, s *Store) {
		ann := as(must[account.Account](t)(s.Accounts.EnsureAccount(t.Context(), "ann", start)))
		var wg sync.WaitGroup
		for i := range 8 {
			wg.Go(func() {
				if _, err := putFile(t, s, ann, "ann", "same", fmt.Sprint("o", i), int64(i)); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		p := must[file.Present](t)(s.Files.LookAtFile(t.Context(), ann, "ann", "same"))
		garbage := must[[]string](t)(s.Files.DueObjects(t.Context(), start.Add(time.Minute), 10))
		if p.Usage.Files != 1 || p.Usage.Bytes != p.File.Size || len(garbage) != 7 || slices.Contains(garbage, files.ObjectKey(p.In.ID, p.File.Object)) {
			t.Errorf("%+v, garbage %v", p, garbage)
		}
	})
}

func TestFilesOfAWorkspaceThatIsGone(t *testing.T) {
	conformance(t, func(t *testing.T, s *Store) {
		ctx := t.Context()
		ann := as(must[account.Account](t)(s.Accounts.EnsureAccount(ctx, "ann", start)))
		bob := as(must[account.Account](t)(s.Accounts.EnsureAccount(ctx, "bob", start)))
		f := must[file.File](t)(putFile(t, s, ann, "ann", "a", "o1", 1))
		kept := must[file.File](t)(putFile(t, s, bob, "bob", "b", "o2", 1))
		if _, err := s.write.NewRaw("DELETE FROM workspaces WHERE id = ?", f.WorkspaceID).Exec(ctx); err != nil {
			t.Fatal(err)
		}
		for range 2 {
			if err := s.Files.CollectFiles(ctx, start, 10); err != nil {
				t.Fatal(err)
			}
		}
		got := must[[]string](t)(s.Files.DueObjects(ctx, start, 10))
		slices.Sort(got)
		if want := []string{files.IndexKey(f.WorkspaceID), files.ObjectKey(f.WorkspaceID, "o1")}; !slices.Equal(got, sorted(want)) {
			t.Errorf("due: %v", got)
		}
		if _, err := s.Files.File(ctx, bob, "bob", kept.ID); err != nil {
			t.Error(err)
		}
	})
}

func sorted(list []string) []string { slices.Sort(list); return list }
