package httpapi

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/mocloud/mocloud/pkg/mockspec"
	"github.com/mocloud/mocloud/services/api/internal/gate"
	"github.com/mocloud/mocloud/services/api/internal/mock"
	"github.com/mocloud/mocloud/services/api/internal/publication"
)

// ListMocks implements StrictServerInterface.
func (h *handlers) ListMocks(ctx context.Context, r ListMocksRequestObject) (ListMocksResponseObject, error) {
	sort, backwards := strings.CutPrefix(string(value(r.Params.Sort, "")), "-")
	found, err := h.Mocks.List(ctx, caller(ctx), mock.Filter{
		WorkspaceSlug: value(r.Params.WorkspaceSlug, ""), State: string(value(r.Params.State, "")), Applied: h.Publications.Applied(),
		Text: value(r.Params.Q, ""), Deleted: value(r.Params.Deleted, false), Sort: mock.Sort(sort), Backwards: backwards,
	}, value(r.Params.Cursor, ""), value(r.Params.Limit, defaultLimit))
	if err != nil {
		return nil, err
	}
	items, next := itemsOf(found, h.listed)
	return ListMocks200JSONResponse{Items: items, NextCursor: next}, nil
}

// CreateMock implements StrictServerInterface.
func (h *handlers) CreateMock(ctx context.Context, r CreateMockRequestObject) (CreateMockResponseObject, error) {
	m, err := h.Mocks.Create(ctx, caller(ctx), mock.New{
		WorkspaceSlug: value(r.Body.WorkspaceSlug, ""), Slug: r.Body.Slug, Content: r.Body.Content,
		Name: value(r.Body.Name, ""), Description: value(r.Body.Description, ""), Message: value(r.Body.Message, ""),
	})
	if err != nil {
		return nil, err
	}
	return CreateMock201JSONResponse{h.created(m)}, nil
}

// DuplicateMock implements StrictServerInterface.
func (h *handlers) DuplicateMock(ctx context.Context, r DuplicateMockRequestObject) (DuplicateMockResponseObject, error) {
	m, err := h.Mocks.Duplicate(ctx, caller(ctx), r.MockID, mock.New{
		WorkspaceSlug: value(r.Body.WorkspaceSlug, ""), Slug: r.Body.Slug, Name: value(r.Body.Name, ""), Message: value(r.Body.Message, ""),
	})
	if err != nil {
		return nil, err
	}
	return DuplicateMock201JSONResponse{h.created(m)}, nil
}

// GetMock implements StrictServerInterface.
func (h *handlers) GetMock(ctx context.Context, r GetMockRequestObject) (GetMockResponseObject, error) {
	m, err := h.Mocks.Find(ctx, caller(ctx), r.MockID)
	return GetMock200JSONResponse{h.whole(m)}, err
}

// GetMockBySlug implements StrictServerInterface.
func (h *handlers) GetMockBySlug(ctx context.Context, r GetMockBySlugRequestObject) (GetMockBySlugResponseObject, error) {
	m, err := h.Mocks.FindBySlug(ctx, caller(ctx), r.WorkspaceSlug, r.MockSlug)
	return GetMockBySlug200JSONResponse{h.whole(m)}, err
}

// UpdateMock implements StrictServerInterface.
func (h *handlers) UpdateMockContent(ctx context.Context, r UpdateMockContentRequestObject) (UpdateMockContentResponseObject, error) {
	m, err := seen(r.Params.IfMatch, func(v mock.Seen) (mock.Mock, error) {
		return h.Mocks.Edit(ctx, caller(ctx), r.MockID, mock.Edit{
			Content: r.Body.Content, Message: value(r.Body.Message, ""), Hold: !value(r.Body.Publish, true),
		}, v)
	})
	return UpdateMockContent200JSONResponse{h.whole(m)}, err
}

// UpdateMock implements StrictServerInterface.
func (h *handlers) UpdateMock(ctx context.Context, r UpdateMockRequestObject) (UpdateMockResponseObject, error) {
	m, err := seen(r.Params.IfMatch, func(v mock.Seen) (mock.Mock, error) {
		return h.Mocks.Change(ctx, caller(ctx), r.MockID, mock.Settings{Slug: r.Body.Slug, Name: r.Body.Name, Description: r.Body.Description}, v)
	})
	return UpdateMock200JSONResponse{h.whole(m)}, err
}

// MoveMock implements StrictServerInterface.
func (h *handlers) MoveMock(ctx context.Context, r MoveMockRequestObject) (MoveMockResponseObject, error) {
	m, err := seen(r.Params.IfMatch, func(v mock.Seen) (mock.Mock, error) {
		return h.Mocks.Move(ctx, caller(ctx), r.MockID, r.Body.WorkspaceSlug, value(r.Body.Slug, ""), v)
	})
	return MoveMock200JSONResponse{h.whole(m)}, err
}

// DeleteMock implements StrictServerInterface.
func (h *handlers) DeleteMock(ctx context.Context, r DeleteMockRequestObject) (DeleteMockResponseObject, error) {
	_, err := seen(r.Params.IfMatch, func(v mock.Seen) (mock.Mock, error) {
		return mock.Mock{}, h.Mocks.Delete(ctx, caller(ctx), r.MockID, v)
	})
	return DeleteMock204Response{}, err
}

// RestoreMock implements StrictServerInterface.
func (h *handlers) RestoreMock(ctx context.Context, r RestoreMockRequestObject) (RestoreMockResponseObject, error) {
	slug := ""
	if r.Body != nil {
		slug = value(r.Body.Slug, "")
	}
	m, err := h.Mocks.Restore(ctx, caller(ctx), r.MockID, slug)
	return RestoreMock200JSONResponse{h.whole(m)}, err
}

// PublishMock implements StrictServerInterface.
func (h *handlers) PublishMock(ctx context.Context, r PublishMockRequestObject) (PublishMockResponseObject, error) {
	m, err := h.Mocks.Publish(ctx, caller(ctx), r.MockID)
	if err != nil {
		return nil, err
	}
	return PublishMock200JSONResponse{PublicationJSONResponse(publicationOf(h.Publications.Derive(m)))}, nil
}

// UnpublishMock implements StrictServerInterface.
func (h *handlers) UnpublishMock(ctx context.Context, r UnpublishMockRequestObject) (UnpublishMockResponseObject, error) {
	m, err := h.Mocks.Unpublish(ctx, caller(ctx), r.MockID)
	if err != nil {
		return nil, err
	}
	return UnpublishMock200JSONResponse{PublicationJSONResponse(publicationOf(h.Publications.Derive(m)))}, nil
}

// GetPublication implements StrictServerInterface.
func (h *handlers) GetPublication(ctx context.Context, r GetPublicationRequestObject) (GetPublicationResponseObject, error) {
	wait := time.Duration(0)
	if r.Params.Wait != nil {
		var err error
		if wait, err = time.ParseDuration(*r.Params.Wait); err != nil || wait > gate.MaxWait {
			return nil, gate.BadRequest("wait", "The query parameter wait is %q; the limit is %s.", *r.Params.Wait, gate.MaxWait)
		}
	}
	p, err := h.Publications.Wait(ctx, caller(ctx), r.MockID, 0, 0)
	if err == nil && wait > 0 {
		err = h.whileAllowed(ctx, p.Mock.WorkspaceID, func(ctx context.Context) error { return h.stillSees(ctx, r.MockID) }, func(ctx context.Context) (err error) {
			p, err = h.Publications.Wait(ctx, caller(ctx), r.MockID, value(r.Params.Revision, 0), wait)
			return err
		})
	}
	if err != nil {
		return nil, err
	}
	out := publicationOf(p)
	host, known, err := h.Domains.Host(ctx, r.MockID)
	if err != nil {
		return nil, err
	}
	if known {
		out.DNS = &PublicationDNS{Host: host.Host, State: State(host.State), Reason: host.Reason}
	}
	return GetPublication200JSONResponse{PublicationJSONResponse(out)}, nil
}

func (h *handlers) mock(m mock.Mock) Mock {
	p := h.Publications.Derive(m)
	out := Mock{
		ID: m.ID, WorkspaceID: m.WorkspaceID, WorkspaceSlug: m.WorkspaceSlug, Slug: m.Slug, Name: m.Name, Description: m.Description,
		URL: h.Addresses.Of(m), Hosts: append([]string{h.Addresses.Host(m)}, m.Domains...),
		Revision: m.Revision, PublishedRevision: m.PublishedRevision, State: State(p.State), Reason: p.Reason,
		Ahead: ahead(m), Endpoints: m.Endpoints, Size: m.Size(), CreatedAt: m.CreatedAt, UpdatedAt: m.UpdatedAt,
	}
	for _, d := range p.Diagnostics {
		if d.Severity == mockspec.Error {
			out.Errors++
		} else {
			out.Warnings++
		}
	}
	if byPath := h.Addresses.ByPath(m); byPath != "" {
		out.PathURL = &byPath
	}
	if m.Deleted() {
		until := h.Mocks.RestorableUntil(m)
		out.DeletedAt, out.RestorableUntil = &m.DeletedAt, &until
	}
	return out
}

// listed is a mock as lists have it.
func (h *handlers) listed(m mock.Mock) Mock {
	out := h.mock(m)
	if !m.LastRequestAt.IsZero() {
		out.LastRequestAt = &m.LastRequestAt
	}
	return out
}

// whole answers with a mock, its content, and its ETag.
func (h *handlers) whole(m mock.Mock) MockJSONResponse {
	out := h.mock(m)
	found := diagnostics(h.Publications.Derive(m).Diagnostics)
	out.Diagnostics = &found
	tag := etag(m, out)
	out.Content = &m.Content
	return MockJSONResponse{Body: out, Headers: MockResponseHeaders{ETag: &tag}}
}

// created answers with a mock that is new.
func (h *handlers) created(m mock.Mock) MockCreatedJSONResponse {
	out, location := h.whole(m), "/api/v1/mocks/"+m.ID
	return MockCreatedJSONResponse{Body: out.Body, Headers: MockCreatedResponseHeaders{ETag: out.Headers.ETag, Location: &location}}
}

func publicationOf(p publication.Publication) Publication {
	out := Publication{
		MockID: p.Mock.ID, WorkspaceID: p.Mock.WorkspaceID, State: State(p.State), Reason: p.Reason, Settled: p.Settled,
		Revision: p.Mock.Revision, PublishedRevision: p.Mock.PublishedRevision, Change: int64(p.Mock.Change),
		Servers: Servers{Live: p.Servers.Live, Applied: p.Servers.Applied}, Diagnostics: diagnostics(p.Diagnostics), Ahead: ahead(p.Mock),
	}
	if p.Took > 0 {
		took := float32(p.Took.Microseconds()) / 1000
		out.LiveMs = &took
	}
	return out
}

// ahead is by how many numbers a published mock's current revision is ahead of what is published.
func ahead(m mock.Mock) int {
	if !m.Published() {
		return 0
	}
	return m.Revision - m.PublishedRevision
}

func diagnostics(list []mockspec.Diagnostic) []Diagnostic {
	out := make([]Diagnostic, len(list))
	for i, d := range list {
		out[i] = Diagnostic{
			Line: d.Line, Column: d.Column, Severity: DiagnosticSeverity(d.Severity), Code: d.Code, Message: d.Message, Fix: present(d.Fix),
			EndLine: positive(d.EndLine), EndColumn: positive(d.EndColumn), Item: positive(d.Item),
		}
		if e := d.Edit; e != nil {
			out[i].Edit = &Edit{Line: e.Line, Column: e.Column, EndLine: e.EndLine, EndColumn: e.EndColumn, Text: e.Text}
		}
	}
	return out
}

// etag names a state of a mock: its revision and its settings, which If-Match minds, and what else is shown, such as
// whether it is live, for If-None-Match.
func etag(m mock.Mock, shown Mock) string {
	encoded, _ := json.Marshal(shown) // strings, numbers and times that a database kept
	sum := sha256.Sum256(encoded)
	return fmt.Sprintf(`"%d.%d.%s"`, m.Revision, m.Settings, base64.RawURLEncoding.EncodeToString(sum[:9]))
}

// seen writes with what an If-Match header says that the caller saw. A revision may stand alone.
func seen(ifMatch *string, write func(mock.Seen) (mock.Mock, error)) (mock.Mock, error) {
	return matching(ifMatch, func(tag string) (v mock.Seen, ok bool) {
		revision, rest, whole := strings.Cut(tag, ".")
		settings, _, _ := strings.Cut(rest, ".")
		var err error
		if v.Revision, err = strconv.Atoi(revision); err == nil && whole {
			v.Settings, err = strconv.Atoi(settings)
		}
		return v, err == nil && v.Revision > 0 && (!whole || v.Settings > 0)
	}, write)
}

// value is what p points to, or otherwise.
func value[T any](p *T, otherwise T) T {
	if p == nil {
		return otherwise
	}
	return *p
}

// positive is nil for 0, which JSON leaves out.
func positive(n int) *int {
	if n == 0 {
		return nil
	}
	return &n
}

// present is nil for "", which JSON leaves out.
func present(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}
