package store

import (
	"context"
	"database/sql"
	"errors"

	"github.com/uptrace/bun"

	"github.com/mocloud/mocloud/pkg/apperr"
	"github.com/mocloud/mocloud/pkg/event"
	"github.com/mocloud/mocloud/services/api/internal/changelog"
	"github.com/mocloud/mocloud/services/api/internal/domain"
	"github.com/mocloud/mocloud/services/api/internal/mock"
)

// SaveHost implements domain.Repository.
func (s domainStore) SaveHost(ctx context.Context, h domain.Host) (changed bool, err error) {
	result, err := s.write.NewRaw(`INSERT INTO hosts (mock_id, host, state, reason) SELECT id, ?, ?, ? FROM mocks WHERE id = ?
		ON CONFLICT (mock_id) DO UPDATE SET host = EXCLUDED.host, state = EXCLUDED.state, reason = EXCLUDED.reason
		WHERE hosts.host <> EXCLUDED.host OR hosts.state <> EXCLUDED.state OR hosts.reason <> EXCLUDED.reason`,
		h.Host, h.State, h.Reason, h.MockID).Exec(ctx)
	if err != nil {
		return false, failed("store the state of a host", err)
	}
	n, err := result.RowsAffected()
	return n > 0, failed("store the state of a host", err)
}

// Host implements domain.Repository.
func (s domainStore) Host(ctx context.Context, mockID string) (domain.Host, error) {
	h := domain.Host{MockID: mockID}
	err := s.read.NewRaw("SELECT host, state, reason FROM hosts WHERE mock_id = ?", mockID).Scan(ctx, &h.Host, &h.State, &h.Reason)
	if errors.Is(err, sql.ErrNoRows) {
		return h, apperr.New(apperr.NotFound, "Nothing is known of the host of this mock.")
	}
	return h, failed("read the state of a host", err)
}

// publishedHost is the condition on mocks m that others call them.
const publishedHost = "m.published_revision > 0 AND m.deleted_at IS NULL AND w.deleted_at IS NULL"

// ownHost is the condition on changes c that they ask for a mock's own host.
const ownHost = `c.stream = 'domains' AND c.type = 'domain.created' AND NOT c.tombstone AND c.payload LIKE '%"custom":false%'`

// SettleHosts implements domain.Repository.
func (s domainStore) SettleHosts(ctx context.Context, wanted bool, host func(mock.Mock) string, limit int) ([]event.Envelope, error) {
	var events []event.Envelope
	err := s.inTx(ctx, func(ctx context.Context, tx bun.Tx) error {
		events = nil
		changes, err := staleHosts(ctx, tx, wanted, limit)
		if err == nil && wanted {
			var missing []changelog.Change
			missing, err = missingHosts(ctx, tx, host, limit)
			changes = append(changes, missing...)
		}
		if err != nil {
			return err
		}
		for _, c := range changes {
			e, err := s.appendChange(ctx, tx, c)
			if err != nil {
				return err
			}
			events = append(events, e)
		}
		return nil
	})
	return events, failed("settle the hosts of mocks", err)
}

// staleHosts gives up what the log asks for and no published mock needs; all, if they are not wanted.
func staleHosts(ctx context.Context, tx bun.Tx, wanted bool, limit int) (changes []changelog.Change, err error) {
	var keys []string
	q := "SELECT c.key FROM changes c WHERE " + ownHost
	if wanted {
		q += " AND NOT EXISTS (SELECT 1 FROM mocks m JOIN workspaces w ON w.id = m.workspace_id WHERE m.id = c.key AND " + publishedHost + ")"
	}
	if err := tx.NewRaw(q+" ORDER BY c.key LIMIT ?", limit).Scan(ctx, &keys); err != nil {
		return nil, err
	}
	for _, id := range keys {
		changes = append(changes, changelog.Change{Key: id, Tombstone: true, Payload: event.DomainDeleted{MockID: id, DomainID: id}})
	}
	return changes, nil
}

// missingHosts asks for what published mocks need and the log does not ask for.
func missingHosts(ctx context.Context, tx bun.Tx, host func(mock.Mock) string, limit int) (changes []changelog.Change, err error) {
	var rows []struct {
		ID          string `bun:"id"`
		Slug        string `bun:"slug"`
		WorkspaceID string `bun:"workspace_id"`
		Workspace   string `bun:"workspace"`
	}
	err = tx.NewRaw(`SELECT m.id, m.slug, m.workspace_id, w.slug AS workspace FROM mocks m JOIN workspaces w ON w.id = m.workspace_id
		WHERE `+publishedHost+` AND NOT EXISTS (SELECT 1 FROM changes c WHERE c.key = m.id AND `+ownHost+`) ORDER BY m.id LIMIT ?`, limit).Scan(ctx, &rows)
	if err != nil {
		return nil, err
	}
	for _, r := range rows {
		m := mock.Mock{ID: r.ID, Slug: r.Slug, WorkspaceID: r.WorkspaceID, WorkspaceSlug: r.Workspace}
		changes = append(changes, mock.HostWanted(m, host(m)))
	}
	return changes, nil
}
