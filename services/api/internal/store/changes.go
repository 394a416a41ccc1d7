package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/uptrace/bun"

	"github.com/mocloud/mocloud/pkg/event"
	"github.com/mocloud/mocloud/pkg/stream"
	"github.com/mocloud/mocloud/services/api/internal/changelog"
)

// maxBatchBytes bounds the payloads of one replayed batch; one change is always returned.
const maxBatchBytes = 4 << 20

type changeRow struct {
	bun.BaseModel `bun:"table:changes"`

	Stream    event.Stream `bun:"stream,pk"`
	Key       string       `bun:"key,pk"`
	Number    int64        `bun:"number"`
	Tombstone bool         `bun:"tombstone"`
	ID        string       `bun:"id"`
	Type      event.Type   `bun:"type"`
	Version   int          `bun:"version"`
	Time      time.Time    `bun:"time"`
	Payload   string       `bun:"payload"`
}

// appendChange numbers a change and puts it into the log, where it replaces the key's last one. The stream's row stays locked
// until tx ends, so that numbers have no holes and become visible in their order.
func (s *core) appendChange(ctx context.Context, tx bun.Tx, c changelog.Change) (event.Envelope, error) {
	payload, err := withRecording(ctx, tx, c.Payload)
	if err != nil {
		return event.Envelope{}, err
	}
	e, err := event.New(payload)
	if err != nil {
		return e, err
	}
	var head int64
	err = s.edits.row(ctx, tx, nextNumber, stream.NewEpoch(""), e.Stream).Scan(&head, &e.Epoch)
	if err != nil {
		return e, fmt.Errorf("number a change of %s: %w", e.Stream, err)
	}
	e.Number = uint64(head)
	err = s.edits.exec(ctx, tx, insertChange, e.Stream, c.Key, head, c.Tombstone, e.ID, e.Type, e.Version, e.Time, string(e.Payload))
	if err != nil {
		return e, fmt.Errorf("log change %d of %s: %w", head, e.Stream, err)
	}
	return e, nil
}

// withRecording adds to what is said of a mock how it is recorded: here, so that no change can forget it.
func withRecording(ctx context.Context, tx bun.Tx, p event.Payload) (event.Payload, error) {
	u, ok := p.(event.MockUpdated)
	if !ok || !u.Enabled {
		return p, nil
	}
	settings, err := findSettings(ctx, tx, u.MockID)
	u.Recording = settings.Recording()
	return u, err
}

// Log is the memory of one of the streams that this database numbers.
type Log struct {
	store  *Store
	stream event.Stream
}

var _ stream.Purger = Log{}

// Log returns the log of the mocks or the domains stream.
func (s *Store) Log(of event.Stream) Log { return Log{store: s, stream: of} }

// Head implements stream.Log.
func (l Log) Head(ctx context.Context) (stream.Position, error) {
	p, _, err := l.bounds(ctx)
	return p, failed("read the head of "+string(l.stream), err)
}

func (l Log) bounds(ctx context.Context) (head stream.Position, floor uint64, err error) {
	var number, low int64
	err = l.store.read.NewRaw("SELECT epoch, head, floor FROM streams WHERE name = ?", l.stream).Scan(ctx, &head.Epoch, &number, &low)
	head.Number = uint64(number)
	return head, uint64(low), err
}

// Forgotten implements stream.Purger.
func (l Log) Forgotten(ctx context.Context) (uint64, error) {
	_, floor, err := l.bounds(ctx)
	return floor, failed("read what the log of "+string(l.stream)+" forgot", err)
}

// After implements stream.Log. A batch holds about maxBatchBytes at most.
func (l Log) After(ctx context.Context, number uint64, limit int) (stream.Batch, error) {
	b, err := l.after(ctx, number, limit)
	if errors.Is(err, stream.ErrTooOld) {
		return b, err
	}
	return b, failed("read the log of "+string(l.stream), err)
}

func (l Log) after(ctx context.Context, number uint64, limit int) (stream.Batch, error) {
	// The head first: a change that is superseded between the two reads is covered by one beyond this head.
	head, _, err := l.bounds(ctx)
	if err != nil {
		return stream.Batch{}, err
	}
	if number > head.Number {
		return stream.Batch{}, stream.ErrTooOld
	}
	rows, err := l.store.read.NewSelect().Model((*changeRow)(nil)).
		Where("stream = ?", l.stream).Where("number > ?", int64(number)).Where("number <= ?", int64(head.Number)).
		Order("number").Limit(int64(limit) + 1).Rows(ctx)
	if err != nil {
		return stream.Batch{}, err
	}
	defer func() { _ = rows.Close() }()
	b := stream.Batch{Epoch: head.Epoch, From: number}
	size := 0
	for rows.Next() {
		var row changeRow
		if err := l.store.read.ScanRow(ctx, rows, &row); err != nil {
			return stream.Batch{}, err
		}
		if size += len(row.Payload); len(b.Changes) == limit || (size > maxBatchBytes && len(b.Changes) > 0) {
			b.More = true
			break
		}
		b.Changes = append(b.Changes, event.Envelope{
			ID: row.ID, Stream: row.Stream, Epoch: head.Epoch, Number: uint64(row.Number), Type: row.Type, Version: row.Version,
			Time: row.Time.UTC(), Payload: json.RawMessage(row.Payload),
		})
	}
	if err := rows.Err(); err != nil {
		return stream.Batch{}, err
	}
	if b.More {
		b.To = b.Changes[len(b.Changes)-1].Number
		return b, nil
	}
	b.To = head.Number
	// What was superseded between the two reads is missing here, and a snapshot without it is not the whole.
	now, _, err := l.bounds(ctx)
	b.More = now.Number > b.To
	return b, err
}

// Purge forgets tombstones from before a time and returns how many. It leaves those that lie above any living change, so that few
// replays meet what was forgotten since they began.
func (l Log) Purge(ctx context.Context, before time.Time) (int64, error) {
	var purged int64
	err := l.store.inTx(ctx, func(ctx context.Context, tx bun.Tx) error {
		const purgeable = `stream = ? AND tombstone AND time < ? AND number <
			COALESCE((SELECT MIN(number) FROM changes WHERE stream = ? AND NOT tombstone), 9223372036854775807)`
		var top int64
		err := tx.NewRaw("SELECT COALESCE(MAX(number), 0) FROM changes WHERE "+purgeable, l.stream, before.UTC(), l.stream).Scan(ctx, &top)
		if err != nil || top == 0 {
			return err
		}
		if _, err := tx.NewRaw("UPDATE streams SET floor = ? WHERE name = ? AND floor < ?", top, l.stream, top).Exec(ctx); err != nil {
			return err
		}
		result, err := tx.NewRaw("DELETE FROM changes WHERE stream = ? AND tombstone AND number <= ?", l.stream, top).Exec(ctx)
		if err != nil {
			return err
		}
		purged, err = result.RowsAffected()
		return err
	})
	return purged, failed("purge the log of "+string(l.stream), err)
}

// RenewEpoch begins a new life of the stream's numbers if it still is in the one named from: its consumers begin again. The new
// epoch comes after from and after above. That is needed when the database has lost its latest past, as after restoring a backup.
func (l Log) RenewEpoch(ctx context.Context, from, above string) error {
	next := stream.NewEpoch(max(from, above))
	_, err := l.store.write.NewRaw("UPDATE streams SET epoch = ? WHERE name = ? AND epoch = ?", next, l.stream, from).Exec(ctx)
	return failed("renew the epoch of "+string(l.stream), err)
}
