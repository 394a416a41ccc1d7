package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/uptrace/bun"

	"github.com/mocloud/mocloud/pkg/event"
	"github.com/mocloud/mocloud/services/api/internal/changelog"
	"github.com/mocloud/mocloud/services/api/internal/mock"
	"github.com/mocloud/mocloud/services/api/internal/record"
	"github.com/mocloud/mocloud/services/api/internal/workspace"
)

type recordingRow struct {
	bun.BaseModel `bun:"table:recordings"`

	MockID       string              `bun:"mock_id,pk"`
	Version      int                 `bun:"version"`
	Mode         event.RecordingMode `bun:"mode"`
	Redact       string              `bun:"redact"`
	KeepRequests int                 `bun:"keep_requests"`
	KeepHours    int                 `bun:"keep_hours"`
}

// findSettings reads a mock's settings, or the usual.
func findSettings(ctx context.Context, db bun.IDB, mockID string) (record.Settings, error) {
	var row recordingRow
	err := db.NewSelect().Model(&row).Where("mock_id = ?", mockID).Scan(ctx)
	if errors.Is(err, sql.ErrNoRows) {
		return record.Usual(), nil
	}
	if err != nil {
		return record.Settings{}, fmt.Errorf("read the settings of mock %s: %w", mockID, err)
	}
	s := record.Settings{Version: row.Version, Mode: row.Mode, KeepRequests: row.KeepRequests, KeepHours: row.KeepHours}
	if err := json.Unmarshal([]byte(row.Redact), &s.Redact); err != nil {
		return s, fmt.Errorf("decode the settings of mock %s: %w", mockID, err)
	}
	return s, nil
}

// Settings implements record.Repository.
func (s recordStore) Settings(ctx context.Context, who workspace.Caller, mockID string) (record.Settings, error) {
	if _, err := seenMock(ctx, s.read, who, mockID); err != nil {
		return record.Settings{}, failed("read settings", err)
	}
	settings, err := findSettings(ctx, s.read, mockID)
	return settings, failed("read settings", err)
}

// UpdateSettings implements record.Repository. A published mock is announced as it was last, which need not be as it is
// now, with the new recording: appendChange adds it.
func (s recordStore) UpdateSettings(ctx context.Context, who workspace.Caller, mockID string, decide func(mock.Mock, record.Settings) (record.Settings, error)) (next record.Settings, m mock.Mock, changes []event.Envelope, err error) {
	err = s.inTx(ctx, func(ctx context.Context, tx bun.Tx) error {
		if m, err = s.lockMock(ctx, tx, who, mockID, false); err != nil {
			return err
		}
		now, err := findSettings(ctx, tx, mockID)
		if err != nil {
			return err
		}
		if next, err = decide(m, now); err != nil {
			return err
		}
		redact, err := json.Marshal(next.Redact)
		if err != nil {
			return fmt.Errorf("encode settings: %w", err)
		}
		row := recordingRow{MockID: mockID, Version: next.Version, Mode: next.Mode, Redact: string(redact), KeepRequests: next.KeepRequests, KeepHours: next.KeepHours}
		insert := tx.NewInsert().Model(&row).On("CONFLICT (mock_id) DO UPDATE")
		for _, column := range []string{"version", "mode", "redact", "keep_requests", "keep_hours"} {
			insert = insert.Set("? = EXCLUDED.?", bun.Ident(column), bun.Ident(column))
		}
		if _, err := insert.Exec(ctx); err != nil {
			return err
		}
		if err := s.audit(ctx, tx, who, aboutMock(&m)); err != nil {
			return err
		}
		if next.Recording().Equal(now.Recording()) {
			return nil
		}
		changes, err = s.republish(ctx, tx, &m)
		return err
	})
	return next, m, changes, failed("write settings", err)
}

// republish repeats the last change of a published mock.
func (s recordStore) republish(ctx context.Context, tx bun.Tx, m *mock.Mock) ([]event.Envelope, error) {
	var last changeRow
	err := tx.NewSelect().Model(&last).Where("stream = ? AND key = ?", event.Mocks, m.ID).Scan(ctx)
	if errors.Is(err, sql.ErrNoRows) || last.Type != event.TypeMockUpdated {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var u event.MockUpdated
	if err := json.Unmarshal([]byte(last.Payload), &u); err != nil {
		return nil, fmt.Errorf("decode the last change of mock %s: %w", m.ID, err)
	}
	if !u.Enabled {
		return nil, nil
	}
	e, err := s.appendChange(ctx, tx, changelog.Change{Key: m.ID, Payload: u})
	if err != nil {
		return nil, err
	}
	m.Change = e.Number
	_, err = tx.NewRaw("UPDATE mocks SET change = ? WHERE id = ?", int64(m.Change), m.ID).Exec(ctx)
	return []event.Envelope{e}, err
}

// MockUsage implements record.Repository.
func (s recordStore) MockUsage(ctx context.Context, who workspace.Caller, mockID string, from, to time.Time) ([]event.RequestCounts, error) {
	if _, err := seenMock(ctx, s.read, who, mockID); err != nil {
		return nil, failed("read usage", err)
	}
	hours, err := s.usage(ctx, mockID, from, to)
	return hours, failed("read usage", err)
}

// WorkspaceUsage implements record.Repository.
func (s recordStore) WorkspaceUsage(ctx context.Context, who workspace.Caller, slug string, from, to time.Time) ([]event.RequestCounts, error) {
	in, err := findMembership(ctx, s.read, who, slug)
	if err != nil {
		return nil, failed("read usage", err)
	}
	hours, err := s.usage(ctx, in.ID, from, to)
	return hours, failed("read usage", err)
}

// usage adds up what the instances counted.
func (s recordStore) usage(ctx context.Context, subject string, from, to time.Time) ([]event.RequestCounts, error) {
	rows, err := s.read.NewSelect().Model((*countsRow)(nil)).
		Where("subject = ? AND hour >= ? AND hour < ?", subject, from.UTC(), to.UTC()).Order("hour").Rows(ctx)
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }()
	var hours []event.RequestCounts
	for rows.Next() {
		var r countsRow
		if err := s.read.ScanRow(ctx, rows, &r); err != nil {
			return nil, err
		}
		c := event.RequestCounts{
			Hour: r.Hour.UTC(), Informational: uint64(r.Informational), Success: uint64(r.Success), Redirection: uint64(r.Redirection),
			ClientError: uint64(r.ClientError), ServerError: uint64(r.ServerError), Other: uint64(r.Other), NotKept: uint64(r.NotKept),
		}
		if err := json.Unmarshal([]byte(r.Latency), &c.Latency); err != nil {
			return nil, fmt.Errorf("decode latency: %w", err)
		}
		if n := len(hours); n == 0 || !hours[n-1].Hour.Equal(c.Hour) {
			hours = append(hours, event.RequestCounts{Hour: c.Hour})
		}
		record.Add(&hours[len(hours)-1], c)
	}
	return hours, rows.Err()
}
