package store

import (
	"context"
	"time"

	"github.com/uptrace/bun"

	"github.com/mocloud/mocloud/pkg/apperr"
)

func errSlugTaken(slug string) error {
	return apperr.New(apperr.Conflict, "The slug %q is taken; choose another one.", slug).WithField("slug")
}

// takeSlug returns taken, unless the account ("" for a new one) may have a slug that no workspace has: one that was given up
// is held for who gave it up. Accounts and workspaces share their slugs. Call it before a workspace or account gets the slug,
// in its transaction.
func takeSlug(ctx context.Context, tx bun.Tx, slug, accountID string, now time.Time, taken error) error {
	_, err := tx.NewRaw("DELETE FROM held_slugs WHERE slug = ? AND (account_id = ? OR until <= ?)", slug, accountID, now.UTC()).Exec(ctx)
	if err != nil {
		return err
	}
	var held int
	if err := tx.NewRaw("SELECT COUNT(*) FROM held_slugs WHERE slug = ?", slug).Scan(ctx, &held); err != nil {
		return err
	}
	if held > 0 {
		return taken
	}
	return nil
}

// holdSlug keeps a slug that the account gives up from everybody else until then.
func holdSlug(ctx context.Context, tx bun.Tx, slug, accountID string, until time.Time) error {
	_, err := tx.NewRaw(`INSERT INTO held_slugs (slug, account_id, until) VALUES (?, ?, ?)
		ON CONFLICT (slug) DO UPDATE SET account_id = EXCLUDED.account_id, until = EXCLUDED.until`, slug, accountID, until.UTC()).Exec(ctx)
	return err
}

// moveSlug takes one slug and holds the other.
func moveSlug(ctx context.Context, tx bun.Tx, from, to, accountID string, now, until time.Time) error {
	if err := takeSlug(ctx, tx, to, accountID, now, errSlugTaken(to)); err != nil {
		return err
	}
	return holdSlug(ctx, tx, from, accountID, until)
}

// TakenSlugs implements availability.Repository.
func (s slugStore) TakenSlugs(ctx context.Context, accountID string, slugs []string) (map[string]bool, error) {
	return slugSet(ctx, s.read.NewRaw("SELECT slug FROM workspaces WHERE slug IN (?) UNION SELECT slug FROM held_slugs WHERE slug IN (?) AND account_id <> ? AND until > ?",
		bun.List(slugs), bun.List(slugs), accountID, time.Now().UTC()))
}

// TakenMockSlugs implements availability.Repository.
func (s slugStore) TakenMockSlugs(ctx context.Context, workspaceID string, slugs []string) (map[string]bool, error) {
	return slugSet(ctx, s.read.NewRaw("SELECT slug FROM mocks WHERE workspace_id = ? AND slug IN (?)", workspaceID, bun.List(slugs)))
}

func slugSet(ctx context.Context, q *bun.RawQuery) (map[string]bool, error) {
	var rows []string
	if err := q.Scan(ctx, &rows); err != nil {
		return nil, failed("look for slugs", err)
	}
	set := make(map[string]bool, len(rows))
	for _, slug := range rows {
		set[slug] = true
	}
	return set, nil
}
