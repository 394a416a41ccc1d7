package store

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/mocloud/mocloud/pkg/apperr"
	"github.com/mocloud/mocloud/services/api/internal/account"
	"github.com/mocloud/mocloud/services/api/internal/token"
	"github.com/mocloud/mocloud/services/api/internal/workspace"
)

func newToken(kind token.Kind, name string) token.Token {
	return token.Token{ID: uuid.Must(uuid.NewV7()).String(), Kind: kind, Name: name, Scopes: token.Scopes{"files:read", "mocks:write"}, CreatedAt: start}
}

var (
	everybody  = func(workspace.Membership) error { return nil }
	whatever   = func(workspace.Membership, token.Token) error { return nil }
	errRefused = errors.New("refused")
)

func TestTokens(t *testing.T) {
	conformance(t, func(t *testing.T, s *Store) {
		ctx := t.Context()
		ann := must[account.Account](t)(s.Accounts.EnsureAccount(ctx, "ann", start))
		bob := must[account.Account](t)(s.Accounts.EnsureAccount(ctx, "bob", start))
		personal := newToken(token.Personal, "laptop")
		personal.ExpiresAt = start.Add(time.Hour)
		personal = must[token.Token](t)(s.Tokens.CreateToken(ctx, as(ann), "", personal, "p", everybody))
		shared := must[token.Token](t)(s.Tokens.CreateToken(ctx, as(ann), "ann", newToken(token.Workspace, "CI"), "w", everybody))

		t.Run("are found by their hash until they expire", func(t *testing.T) {
			for hash, want := range map[account.Hash]token.Token{"p": personal, "w": shared} {
				got, a, err := s.Tokens.TokenByHash(ctx, hash, start)
				want.WorkspaceSlug = "" // only lists say it
				if diff := cmp.Diff(want, got); err != nil || diff != "" || a != ann {
					t.Errorf("%s: %v %+v %s", hash, err, a, diff)
				}
			}
			if _, _, err := s.Tokens.TokenByHash(ctx, "p", start.Add(time.Hour)); !errors.Is(err, token.ErrNotFound) {
				t.Errorf("expired: %v", err)
			}
			if _, _, err := s.Tokens.TokenByHash(ctx, "x", start); !errors.Is(err, token.ErrNotFound) {
				t.Errorf("unknown: %v", err)
			}
		})
		t.Run("are listed where they belong, page by page", func(t *testing.T) {
			second := must[token.Token](t)(s.Tokens.CreateToken(ctx, as(ann), "", newToken(token.Personal, "second"), "p2", everybody))
			page := must[[]token.Token](t)(s.Tokens.Tokens(ctx, as(ann), "", "", 1, everybody))
			if diff := cmp.Diff([]token.Token{personal}, page); diff != "" {
				t.Error(diff)
			}
			if diff := cmp.Diff([]token.Token{second}, must[[]token.Token](t)(s.Tokens.Tokens(ctx, as(ann), "", personal.ID, 9, everybody))); diff != "" {
				t.Error(diff)
			}
			if diff := cmp.Diff([]token.Token{shared}, must[[]token.Token](t)(s.Tokens.Tokens(ctx, as(ann), "ann", "", 9, everybody))); diff != "" {
				t.Error(diff)
			}
			if other := must[[]token.Token](t)(s.Tokens.Tokens(ctx, as(bob), "", "", 9, everybody)); len(other) != 0 {
				t.Errorf("bob sees %+v", other)
			}
		})
		t.Run("of a workspace are for its members, whom the business allows", func(t *testing.T) {
			_, err := s.Tokens.CreateToken(ctx, as(bob), "ann", newToken(token.Workspace, "x"), "x", everybody)
			wantCode(t, apperr.NotFound, err)
			_, err = s.Tokens.Tokens(ctx, as(bob), "ann", "", 9, everybody)
			wantCode(t, apperr.NotFound, err)
			_, err = s.Tokens.Token(ctx, as(bob), "ann", shared.ID, everybody)
			wantCode(t, apperr.NotFound, err)
			_, err = s.Tokens.DeleteToken(ctx, as(bob), "ann", shared.ID, whatever)
			wantCode(t, apperr.NotFound, err)
			no := func(workspace.Membership) error { return errRefused }
			if _, err := s.Tokens.Tokens(ctx, as(ann), "ann", "", 9, no); !errors.Is(err, errRefused) {
				t.Errorf("list: %v", err)
			}
			if _, err := s.Tokens.Token(ctx, as(ann), "ann", "none", no); !errors.Is(err, errRefused) {
				t.Errorf("read: %v", err)
			}
			if _, err := s.Tokens.CreateToken(ctx, as(ann), "ann", newToken(token.Workspace, "x"), "x", no); !errors.Is(err, errRefused) {
				t.Errorf("create: %v", err)
			}
		})
		t.Run("are revoked by who has them", func(t *testing.T) {
			if _, err := s.Tokens.DeleteToken(ctx, as(bob), "", personal.ID, whatever); !errors.Is(err, token.ErrNotFound) {
				t.Errorf("another account's: %v", err)
			}
			if _, err := s.Tokens.DeleteToken(ctx, as(ann), "", shared.ID, whatever); !errors.Is(err, token.ErrNotFound) {
				t.Errorf("a workspace's as a personal one: %v", err)
			}
			if _, err := s.Tokens.Token(ctx, as(ann), "", "' OR '1'='1", everybody); !errors.Is(err, token.ErrNotFound) {
				t.Errorf("injection: %v", err)
			}
			if gone := must[token.Token](t)(s.Tokens.DeleteToken(ctx, as(ann), "", personal.ID, whatever)); gone.ID != personal.ID || gone.AccountID != ann.ID {
				t.Errorf("deleted %+v", gone)
			}
			if _, _, err := s.Tokens.TokenByHash(ctx, "p", start); !errors.Is(err, token.ErrNotFound) {
				t.Errorf("revoked: %v", err)
			}
		})
		t.Run("end themselves, of whatever kind", func(t *testing.T) {
			own := must[token.Token](t)(s.Tokens.CreateToken(ctx, as(ann), "ann", newToken(token.Workspace, "own"), "own", everybody))
			if err := s.Tokens.DeleteShownToken(ctx, as(bob), own.ID, func(token.Token) error { return nil }); !errors.Is(err, token.ErrNotFound) {
				t.Errorf("another account's: %v", err)
			}
			if err := s.Tokens.DeleteShownToken(ctx, as(ann), own.ID, func(token.Token) error { return errRefused }); !errors.Is(err, errRefused) {
				t.Errorf("refused: %v", err)
			}
			if err := s.Tokens.DeleteShownToken(ctx, as(ann), own.ID, func(token.Token) error { return nil }); err != nil {
				t.Error(err)
			}
			if _, _, err := s.Tokens.TokenByHash(ctx, "own", start); !errors.Is(err, token.ErrNotFound) {
				t.Errorf("revoked: %v", err)
			}
		})
		t.Run("remember their latest use", func(t *testing.T) {
			for _, at := range []time.Time{start.Add(time.Minute), start} {
				if err := s.Tokens.TokensUsed(ctx, map[string]time.Time{shared.ID: at, "gone": at}); err != nil {
					t.Fatal(err)
				}
			}
			if got := must[token.Token](t)(s.Tokens.Token(ctx, as(ann), "ann", shared.ID, everybody)); !got.LastUsedAt.Equal(start.Add(time.Minute)) {
				t.Errorf("used at %s", got.LastUsedAt)
			}
		})
		t.Run("of a workspace end with the membership", func(t *testing.T) {
			if _, err := s.write.NewRaw("DELETE FROM members WHERE account_id = ?", ann.ID).Exec(ctx); err != nil {
				t.Fatal(err)
			}
			if _, _, err := s.Tokens.TokenByHash(ctx, "w", start); !errors.Is(err, token.ErrNotFound) {
				t.Errorf("after leaving: %v", err)
			}
			if _, _, err := s.Tokens.TokenByHash(ctx, "p2", start); err != nil {
				t.Errorf("the personal token: %v", err)
			}
		})
	})
}

// The configured token is one, has all scopes, and is what the configuration says now.
func TestConfiguredToken(t *testing.T) {
	conformance(t, func(t *testing.T, s *Store) {
		ctx := t.Context()
		ann := must[account.Account](t)(s.Accounts.EnsureAccount(ctx, "ann", start))
		bob := must[account.Account](t)(s.Accounts.EnsureAccount(ctx, "bob", start))
		must[token.Token](t)(s.Tokens.CreateToken(ctx, as(ann), "ann", newToken(token.Workspace, "made"), "two", everybody))
		for _, hash := range []account.Hash{"one", "two", "two"} {
			if err := s.Accounts.SetConfiguredToken(ctx, ann.ID, hash, start); err != nil {
				t.Fatal(err)
			}
		}
		if _, _, err := s.Tokens.TokenByHash(ctx, "one", start); !errors.Is(err, token.ErrNotFound) {
			t.Errorf("the old token: %v", err)
		}
		got, a, err := s.Tokens.TokenByHash(ctx, "two", start)
		if err != nil || a != ann || got.Kind != token.Configured || !got.Scopes.Allow(token.All) || got.WorkspaceID != "" {
			t.Errorf("the new token: %+v of %+v, %v", got, a, err)
		}
		if err := s.Accounts.SetConfiguredToken(ctx, bob.ID, "two", start); err != nil {
			t.Fatal(err)
		}
		if _, a, err := s.Tokens.TokenByHash(ctx, "two", start); err != nil || a != bob {
			t.Errorf("moved to %+v, %v", a, err)
		}
		if err := s.Accounts.SetConfiguredToken(ctx, bob.ID, "", start); err != nil {
			t.Fatal(err)
		}
		if _, _, err := s.Tokens.TokenByHash(ctx, "two", start); !errors.Is(err, token.ErrNotFound) {
			t.Errorf("the removed token: %v", err)
		}
	})
}

func wantCode(t *testing.T, want apperr.Code, err error) {
	t.Helper()
	if err == nil || apperr.CodeOf(err) != want {
		t.Errorf("%v, wanted %s", err, want)
	}
}
