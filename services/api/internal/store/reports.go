package store

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/uptrace/bun"

	"github.com/mocloud/mocloud/pkg/event"
	"github.com/mocloud/mocloud/services/api/internal/record"
)

type reportRow struct {
	bun.BaseModel `bun:"table:reports"`

	Instance string    `bun:"instance,pk"`
	Sequence int64     `bun:"sequence,pk"`
	Time     time.Time `bun:"time"`
}

type countsRow struct {
	bun.BaseModel `bun:"table:request_counts,alias:c"`

	Subject       string    `bun:"subject,pk"`
	Hour          time.Time `bun:"hour,pk"`
	Instance      string    `bun:"instance,pk"`
	Sequence      int64     `bun:"sequence"`
	Informational int64     `bun:"informational"`
	Success       int64     `bun:"success"`
	Redirection   int64     `bun:"redirection"`
	ClientError   int64     `bun:"client_error"`
	ServerError   int64     `bun:"server_error"`
	Other         int64     `bun:"other"`
	NotKept       int64     `bun:"not_kept"`
	Latency       string    `bun:"latency"`
	LastAt        time.Time `bun:"last_at,nullzero"`
}

// rowsAtOnce bounds the rows of one statement.
const rowsAtOnce = 100

// StoreReports implements record.Storage. Of several replicas that store the same report at the same time, one inserts its
// row; the others wait for that to be committed, and have nothing left to do.
func (s reportStore) StoreReports(ctx context.Context, reports []record.Report, now time.Time) error {
	err := s.inTx(ctx, func(ctx context.Context, tx bun.Tx) error {
		fresh, err := freshReports(ctx, tx, reports, now)
		if err != nil || len(fresh) == 0 {
			return err
		}
		var requests []requestRow
		var counts []countsRow
		deliveries := map[string]deliveryRow{} // the latest of each
		mocks := map[string]bool{}
		for _, r := range fresh {
			if r.Webhooks != nil {
				addDeliveries(deliveries, mocks, r.Webhooks)
				continue
			}
			for i := range r.Requests.Records {
				requests = append(requests, requestRowOf(&r.Requests.Records[i]))
				mocks[r.Requests.Records[i].MockID] = true
			}
			if counts, err = appendCounts(counts, r.Requests); err != nil {
				return err
			}
		}
		if mocks, err = s.existing(ctx, tx, mocks); err != nil {
			return err
		}
		requests = slices.DeleteFunc(requests, func(r requestRow) bool { return !mocks[r.MockID] })
		for chunk := range slices.Chunk(requests, rowsAtOnce) {
			if _, err := tx.NewInsert().Model(&chunk).On("CONFLICT (id) DO NOTHING").Exec(ctx); err != nil {
				return fmt.Errorf("store requests: %w", err)
			}
		}
		if err := storeCounts(ctx, tx, counts); err != nil {
			return err
		}
		return storeDeliveries(ctx, tx, deliveries, mocks)
	})
	return failed("store reports", err)
}

// freshReports notes reports as stored and returns those that were not.
func freshReports(ctx context.Context, tx bun.Tx, reports []record.Report, now time.Time) ([]record.Report, error) {
	byID := map[reportRow]record.Report{}
	rows := make([]reportRow, 0, len(reports))
	for _, r := range reports {
		var row reportRow
		var sequence uint64
		row.Instance, sequence = r.ID()
		row.Sequence = int64(sequence)
		if _, twice := byID[row]; twice {
			continue
		}
		byID[row] = r
		row.Time = now.UTC()
		rows = append(rows, row)
	}
	// All replicas take the rows in the same order, so that none waits for another that waits for it.
	slices.SortFunc(rows, func(a, b reportRow) int {
		return cmp.Or(strings.Compare(a.Instance, b.Instance), cmp.Compare(a.Sequence, b.Sequence))
	})
	var stored []reportRow
	_, err := tx.NewInsert().Model(&rows).On("CONFLICT (instance, sequence) DO NOTHING").Returning("instance, sequence").Exec(ctx, &stored)
	if err != nil {
		return nil, fmt.Errorf("note reports: %w", err)
	}
	fresh := make([]record.Report, len(stored))
	for i, row := range stored {
		fresh[i] = byID[reportRow{Instance: row.Instance, Sequence: row.Sequence}]
	}
	return fresh, nil
}

// existing is those of the mocks that there are. They stay until tx ends.
func (s reportStore) existing(ctx context.Context, tx bun.Tx, mocks map[string]bool) (map[string]bool, error) {
	if len(mocks) == 0 {
		return nil, nil
	}
	ids := make([]string, 0, len(mocks))
	for id := range mocks {
		ids = append(ids, id)
	}
	var found []string
	if err := tx.NewRaw("SELECT id FROM mocks WHERE id IN (?) ORDER BY id ?", bun.List(ids), s.locks(forSlug)).Scan(ctx, &found); err != nil {
		return nil, fmt.Errorf("find the mocks of reports: %w", err)
	}
	there := make(map[string]bool, len(found))
	for _, id := range found {
		there[id] = true
	}
	return there, nil
}

func appendCounts(rows []countsRow, r *event.RequestsRecorded) ([]countsRow, error) {
	for _, c := range r.Counts {
		latency, err := json.Marshal(c.Latency)
		if err != nil {
			return nil, fmt.Errorf("encode latency: %w", err)
		}
		subject := c.MockID
		if subject == "" {
			subject = c.WorkspaceID
		}
		rows = append(rows, countsRow{
			Subject: subject, Hour: c.Hour.UTC(), Instance: r.Instance, Sequence: int64(r.Sequence),
			Informational: int64(c.Informational), Success: int64(c.Success), Redirection: int64(c.Redirection),
			ClientError: int64(c.ClientError), ServerError: int64(c.ServerError), Other: int64(c.Other), NotKept: int64(c.NotKept),
			Latency: string(latency), LastAt: c.Last.UTC(),
		})
	}
	return rows, nil
}

// storeCounts replaces earlier totals. Of the rows with one key only the latest is stored: a statement can
// change a row once.
func storeCounts(ctx context.Context, tx bun.Tx, rows []countsRow) error {
	compare := func(a, b countsRow) int {
		return cmp.Or(strings.Compare(a.Subject, b.Subject), a.Hour.Compare(b.Hour), strings.Compare(a.Instance, b.Instance))
	}
	slices.SortFunc(rows, func(a, b countsRow) int { return cmp.Or(compare(a, b), cmp.Compare(b.Sequence, a.Sequence)) })
	rows = slices.CompactFunc(rows, func(a, b countsRow) bool { return compare(a, b) == 0 })
	for chunk := range slices.Chunk(rows, rowsAtOnce) {
		insert := tx.NewInsert().Model(&chunk).On("CONFLICT (subject, hour, instance) DO UPDATE")
		for _, column := range []string{
			"sequence", "informational", "success", "redirection", "client_error", "server_error", "other", "not_kept", "latency", "last_at",
		} {
			insert = insert.Set("? = EXCLUDED.?", bun.Ident(column), bun.Ident(column))
		}
		if _, err := insert.Where("c.sequence < EXCLUDED.sequence").Exec(ctx); err != nil {
			return fmt.Errorf("store counts: %w", err)
		}
	}
	return nil
}

func addDeliveries(to map[string]deliveryRow, mocks map[string]bool, r *event.WebhooksDelivered) {
	for _, d := range r.Deliveries {
		if to[d.ID].Version >= d.Version {
			continue
		}
		to[d.ID] = deliveryRow{
			ID: d.ID, MockID: d.MockID, Version: d.Version, Endpoint: d.Endpoint, Method: d.Method, URL: d.URL, State: d.State,
			Queued: d.Queued.UTC(), Next: d.Next, Attempts: d.Attempts, Status: d.Status, Reason: d.Reason, Duration: d.Duration,
		}
		mocks[d.MockID] = true
	}
}

func storeDeliveries(ctx context.Context, tx bun.Tx, deliveries map[string]deliveryRow, mocks map[string]bool) error {
	var rows []deliveryRow
	for _, d := range deliveries {
		if mocks[d.MockID] {
			rows = append(rows, d)
		}
	}
	slices.SortFunc(rows, func(a, b deliveryRow) int { return strings.Compare(a.ID, b.ID) })
	for chunk := range slices.Chunk(rows, rowsAtOnce) {
		insert := tx.NewInsert().Model(&chunk).On("CONFLICT (id) DO UPDATE")
		for _, column := range []string{"version", "state", "next", "attempts", "status", "reason", "duration"} {
			insert = insert.Set("? = EXCLUDED.?", bun.Ident(column), bun.Ident(column))
		}
		if _, err := insert.Where("d.version < EXCLUDED.version AND d.mock_id = EXCLUDED.mock_id").Exec(ctx); err != nil {
			return fmt.Errorf("store webhooks: %w", err)
		}
	}
	return nil
}
