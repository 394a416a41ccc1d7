package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"strings"
	"time"

	"github.com/uptrace/bun"

	"github.com/mocloud/mocloud/pkg/event"
	"github.com/mocloud/mocloud/services/api/internal/audit"
	"github.com/mocloud/mocloud/services/api/internal/mock"
	"github.com/mocloud/mocloud/services/api/internal/record"
	"github.com/mocloud/mocloud/services/api/internal/workspace"
)

type requestRow struct {
	bun.BaseModel `bun:"table:requests,alias:q"`

	ID             string              `bun:"id,pk"`
	MockID         string              `bun:"mock_id"`
	Time           time.Time           `bun:"time"`
	Duration       int64               `bun:"duration"`
	Mode           event.RecordingMode `bun:"mode"`
	Method         string              `bun:"method"`
	Host           string              `bun:"host"`
	Path           string              `bun:"path"`
	Query          string              `bun:"query"`
	Endpoint       string              `bun:"endpoint"`
	Status         int                 `bun:"status"`
	Revision       int                 `bun:"revision"`
	Nearest        string              `bun:"nearest"` // JSON, or nothing
	RequestHead    string              `bun:"request_head"`
	RequestBody    string              `bun:"request_body"`
	RequestBase64  bool                `bun:"request_base64"`
	RequestSize    int                 `bun:"request_size"`
	ResponseHead   string              `bun:"response_head"`
	ResponseBody   string              `bun:"response_body"`
	ResponseBase64 bool                `bun:"response_base64"`
	ResponseSize   int                 `bun:"response_size"`
}

func requestRowOf(r *event.RequestRecord) requestRow {
	return requestRow{
		ID: r.ID, MockID: r.MockID, Time: r.Time.UTC(), Duration: r.Duration, Mode: r.Mode, Method: r.Method, Host: r.Host,
		Path: r.Path, Query: r.Query, Endpoint: r.Endpoint, Status: r.Status, Revision: r.Revision, Nearest: nearestText(r.Nearest),
		RequestHead: r.Request.Head, RequestBody: r.Request.Body, RequestBase64: r.Request.Base64, RequestSize: r.Request.Size,
		ResponseHead: r.Response.Head, ResponseBody: r.Response.Body, ResponseBase64: r.Response.Base64, ResponseSize: r.Response.Size,
	}
}

func (r *requestRow) record() event.RequestRecord {
	return event.RequestRecord{
		ID: r.ID, MockID: r.MockID, Time: r.Time.UTC(), Duration: r.Duration, Mode: r.Mode, Method: r.Method, Host: r.Host,
		Path: r.Path, Query: r.Query, Endpoint: r.Endpoint, Status: r.Status, Revision: r.Revision, Nearest: nearestOf(r.Nearest),
		Request:  event.RecordedPart{Head: r.RequestHead, Body: r.RequestBody, Base64: r.RequestBase64, Size: r.RequestSize},
		Response: event.RecordedPart{Head: r.ResponseHead, Body: r.ResponseBody, Base64: r.ResponseBase64, Size: r.ResponseSize},
	}
}

func nearestText(all []event.Near) string {
	if len(all) == 0 {
		return ""
	}
	text, err := json.Marshal(all)
	if err != nil {
		return "" // texts and numbers always become JSON
	}
	return string(text)
}

func nearestOf(text string) (all []event.Near) {
	if text != "" && json.Unmarshal([]byte(text), &all) != nil {
		return nil
	}
	return all
}

// summaryColumns are those of a list.
const summaryColumns = "q.id, q.mock_id, q.time, q.duration, q.mode, q.method, q.host, q.path, q.query, q.endpoint, q.status, q.revision, q.request_size, q.response_size"

// seenMock finds a mock that who may see, without its content.
func seenMock(ctx context.Context, db bun.IDB, who workspace.Caller, id string) (mock.Mock, error) {
	return scanMock(ctx, selectMocks(db, false), who, id, false)
}

// requestsOf selects summaries of the requests of a mock that who may see.
func (s recordStore) requestsOf(ctx context.Context, who workspace.Caller, mockID string) (*bun.SelectQuery, error) {
	if _, err := seenMock(ctx, s.read, who, mockID); err != nil {
		return nil, err
	}
	return s.read.NewSelect().Model((*requestRow)(nil)).ColumnExpr(summaryColumns).Where("q.mock_id = ?", mockID), nil
}

func scanRequests(ctx context.Context, q *bun.SelectQuery) ([]event.RequestRecord, error) {
	var rows []requestRow
	if err := q.Scan(ctx, &rows); err != nil {
		return nil, err
	}
	out := make([]event.RequestRecord, len(rows))
	for i := range rows {
		out[i] = rows[i].record()
	}
	return out, nil
}

// contains is the pattern of LIKE for texts with text in them, with ! before what stands for itself.
func contains(text string) string {
	return "%" + strings.NewReplacer("!", "!!", "%", "!%", "_", "!_").Replace(text) + "%"
}

// Requests implements record.Repository.
func (s recordStore) Requests(ctx context.Context, who workspace.Caller, mockID string, q record.Query) ([]event.RequestRecord, error) {
	sel, err := s.requestsOf(ctx, who, mockID)
	if err != nil {
		return nil, failed("list requests", err)
	}
	sel = sel.Order("q.id DESC").Limit(int64(q.Limit))
	if len(q.Methods) > 0 {
		sel = sel.Where("q.method IN (?)", bun.List(q.Methods))
	}
	if q.Matched != nil {
		sel = sel.Where("(q.endpoint <> '') = ?", *q.Matched)
	}
	if q.Text != "" {
		sel = sel.Where(`(LOWER(q.path) LIKE LOWER(?0) ESCAPE '!' OR LOWER(q.query) LIKE LOWER(?0) ESCAPE '!' OR
			LOWER(q.request_head) LIKE LOWER(?0) ESCAPE '!' OR LOWER(q.response_head) LIKE LOWER(?0) ESCAPE '!' OR
			NOT q.request_base64 AND LOWER(q.request_body) LIKE LOWER(?0) ESCAPE '!' OR
			NOT q.response_base64 AND LOWER(q.response_body) LIKE LOWER(?0) ESCAPE '!')`, contains(q.Text))
	}
	if q.MinDuration > 0 {
		sel = sel.Where("q.duration >= ?", q.MinDuration)
	}
	if q.Host != "" {
		sel = sel.Where("q.host = ?", q.Host)
	}
	if q.StatusTo != 0 {
		sel = sel.Where("q.status BETWEEN ? AND ?", q.StatusFrom, q.StatusTo)
	}
	if q.Path != "" {
		sel = sel.Where("LOWER(q.path) LIKE LOWER(?) ESCAPE '!'", contains(q.Path))
	}
	if q.Endpoint != "" {
		sel = sel.Where("q.endpoint = ?", q.Endpoint)
	}
	if !q.Since.IsZero() {
		sel = sel.Where("q.time >= ?", q.Since.UTC())
	}
	if !q.Until.IsZero() {
		sel = sel.Where("q.time < ?", q.Until.UTC())
	}
	if q.Before != "" {
		sel = sel.Where("q.id < ?", q.Before)
	}
	items, err := scanRequests(ctx, sel)
	return items, failed("list requests", err)
}

// RequestsSince implements record.Repository.
func (s recordStore) RequestsSince(ctx context.Context, who workspace.Caller, mockID, after string, limit int) ([]event.RequestRecord, error) {
	sel, err := s.requestsOf(ctx, who, mockID)
	if err != nil {
		return nil, failed("list requests", err)
	}
	// The newest of them, in the order in which they came.
	items, err := scanRequests(ctx, sel.Where("q.id > ?", after).Order("q.id DESC").Limit(int64(limit)))
	for i, j := 0, len(items)-1; i < j; i, j = i+1, j-1 {
		items[i], items[j] = items[j], items[i]
	}
	return items, failed("list requests", err)
}

// WholeRequests lists the latest requests of a mock from a time on, oldest first, with headers and bodies.
func (s recordStore) WholeRequests(ctx context.Context, who workspace.Caller, mockID string, since time.Time, limit int) ([]event.RequestRecord, error) {
	if _, err := seenMock(ctx, s.read, who, mockID); err != nil {
		return nil, failed("list whole requests", err)
	}
	var rows []requestRow
	err := s.read.NewSelect().Model(&rows).ExcludeColumn("response_head", "response_body").
		Where("q.mock_id = ? AND q.time >= ?", mockID, since.UTC()).Order("q.id DESC").Limit(int64(limit)).Scan(ctx)
	out := make([]event.RequestRecord, len(rows))
	for i := range rows {
		out[len(rows)-1-i] = rows[i].record()
	}
	return out, failed("list whole requests", err)
}

// Request implements record.Repository.
func (s recordStore) Request(ctx context.Context, who workspace.Caller, mockID, id string) (event.RequestRecord, error) {
	if _, err := seenMock(ctx, s.read, who, mockID); err != nil {
		return event.RequestRecord{}, failed("read a request", err)
	}
	var row requestRow
	err := s.read.NewSelect().Model(&row).Where("q.mock_id = ? AND q.id = ?", mockID, id).Scan(ctx)
	if errors.Is(err, sql.ErrNoRows) {
		return event.RequestRecord{}, record.ErrNotStored
	}
	return row.record(), failed("read a request", err)
}

// ClearRequests implements record.Repository. It deletes in bounded transactions; the first has the audit entry, so that
// a clearing that was cut off is in the log.
func (s recordStore) ClearRequests(ctx context.Context, who workspace.Caller, mockID string, check func(mock.Mock) error) error {
	var newest string
	err := s.inTx(ctx, func(ctx context.Context, tx bun.Tx) error {
		m, err := seenMock(ctx, tx, who, mockID)
		if err != nil {
			return err
		}
		if err := check(m); err != nil {
			return err
		}
		if err := tx.NewRaw("SELECT COALESCE(MAX(id), '') FROM requests WHERE mock_id = ?", mockID).Scan(ctx, &newest); err != nil {
			return err
		}
		return s.audit(ctx, tx, who, audit.Entry{WorkspaceID: m.WorkspaceID, Kind: "mock", TargetID: m.ID, Label: m.Slug})
	})
	if err == nil {
		err = s.deleteUpTo(ctx, "requests", mockID, newest, deletedAtOnce)
	}
	return failed("clear requests", err)
}

// NoteMock writes into the audit log that the caller did something with a mock that is not kept here, if check allows it.
func (s recordStore) NoteMock(ctx context.Context, who workspace.Caller, mockID string, check func(mock.Mock) error) error {
	return failed("note what was done with a mock", s.inTx(ctx, func(ctx context.Context, tx bun.Tx) error {
		m, err := seenMock(ctx, tx, who, mockID)
		if err == nil {
			err = check(m)
		}
		if err != nil {
			return err
		}
		return s.audit(ctx, tx, who, aboutMock(&m))
	}))
}

// deletedAtOnce bounds what one transaction deletes of requests, which may be large.
const deletedAtOnce = 200

type deliveryRow struct {
	bun.BaseModel `bun:"table:webhook_deliveries,alias:d"`

	ID       string    `bun:"id,pk"`
	MockID   string    `bun:"mock_id"`
	Version  int       `bun:"version"`
	Endpoint string    `bun:"endpoint"`
	Method   string    `bun:"method"`
	URL      string    `bun:"url"`
	State    string    `bun:"state"`
	Queued   time.Time `bun:"queued"`
	Next     time.Time `bun:"next,nullzero"`
	Attempts int       `bun:"attempts"`
	Status   int       `bun:"status"`
	Reason   string    `bun:"reason"`
	Duration int64     `bun:"duration"`
}

// Deliveries implements record.Repository.
func (s recordStore) Deliveries(ctx context.Context, who workspace.Caller, mockID, before string, limit int) ([]event.WebhookDelivery, error) {
	if _, err := seenMock(ctx, s.read, who, mockID); err != nil {
		return nil, failed("list webhooks", err)
	}
	q := s.read.NewSelect().Model((*deliveryRow)(nil)).Where("d.mock_id = ?", mockID).Order("d.id DESC").Limit(int64(limit))
	if before != "" {
		q = q.Where("d.id < ?", before)
	}
	var rows []deliveryRow
	if err := q.Scan(ctx, &rows); err != nil {
		return nil, failed("list webhooks", err)
	}
	out := make([]event.WebhookDelivery, len(rows))
	for i, r := range rows {
		out[i] = event.WebhookDelivery{
			ID: r.ID, MockID: r.MockID, Version: r.Version, Endpoint: r.Endpoint, Method: r.Method, URL: r.URL, State: r.State,
			Queued: r.Queued.UTC(), Next: r.Next.UTC(), Attempts: r.Attempts, Status: r.Status, Reason: r.Reason, Duration: r.Duration,
		}
	}
	return out, nil
}
