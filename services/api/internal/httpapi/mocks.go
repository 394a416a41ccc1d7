package httpapi

import (
	"context"
	"strconv"
	"strings"
	"time"

	"github.com/mocloud/mocloud/pkg/mockspec"
	"github.com/mocloud/mocloud/services/api/internal/mock"
	"github.com/mocloud/mocloud/services/api/internal/publication"
)

const defaultLimit = 50

// ListMocks implements StrictServerInterface.
func (h *handlers) ListMocks(ctx context.Context, r ListMocksRequestObject) (ListMocksResponseObject, error) {
	mocks, next, err := h.Mocks.List(ctx, caller(ctx), value(r.Params.Workspace, ""), value(r.Params.Cursor, ""), value(r.Params.Limit, defaultLimit))
	if err != nil {
		return nil, err
	}
	page := MockPage{Items: make([]Mock, len(mocks)), NextCursor: present(next)}
	for i, m := range mocks {
		page.Items[i] = h.mock(m)
	}
	return ListMocks200JSONResponse(page), nil
}

// CreateMock implements StrictServerInterface.
func (h *handlers) CreateMock(ctx context.Context, r CreateMockRequestObject) (CreateMockResponseObject, error) {
	m, err := h.Mocks.Create(ctx, caller(ctx), value(r.Body.Workspace, ""), r.Body.Slug, r.Body.Content)
	if err != nil {
		return nil, err
	}
	location := "/api/v1/mocks/" + m.ID
	return CreateMock201JSONResponse{
		Body:    h.mockWithContent(m),
		Headers: CreateMock201ResponseHeaders{ETag: etag(m), Location: &location},
	}, nil
}

// GetMock implements StrictServerInterface.
func (h *handlers) GetMock(ctx context.Context, r GetMockRequestObject) (GetMockResponseObject, error) {
	m, err := h.Mocks.Find(ctx, caller(ctx), r.ID)
	if err != nil {
		return nil, err
	}
	return GetMock200JSONResponse{MockJSONResponse{Body: h.mockWithContent(m), Headers: MockResponseHeaders{ETag: etag(m)}}}, nil
}

// UpdateMock implements StrictServerInterface.
func (h *handlers) UpdateMock(ctx context.Context, r UpdateMockRequestObject) (UpdateMockResponseObject, error) {
	expected, err := revisionOf(value(r.Params.IfMatch, ""))
	if err != nil {
		return nil, err
	}
	m, err := h.Mocks.Edit(ctx, caller(ctx), r.ID, r.Body.Content, expected)
	if err != nil {
		return nil, err
	}
	return UpdateMock200JSONResponse{MockJSONResponse{Body: h.mockWithContent(m), Headers: MockResponseHeaders{ETag: etag(m)}}}, nil
}

// DeleteMock implements StrictServerInterface.
func (h *handlers) DeleteMock(ctx context.Context, r DeleteMockRequestObject) (DeleteMockResponseObject, error) {
	if err := h.Mocks.Delete(ctx, caller(ctx), r.ID); err != nil {
		return nil, err
	}
	return DeleteMock204Response{}, nil
}

// PublishMock implements StrictServerInterface.
func (h *handlers) PublishMock(ctx context.Context, r PublishMockRequestObject) (PublishMockResponseObject, error) {
	m, err := h.Mocks.Publish(ctx, caller(ctx), r.ID)
	if err != nil {
		return nil, err
	}
	return PublishMock200JSONResponse{PublicationJSONResponse(publicationOf(h.Publications.Of(m)))}, nil
}

// UnpublishMock implements StrictServerInterface.
func (h *handlers) UnpublishMock(ctx context.Context, r UnpublishMockRequestObject) (UnpublishMockResponseObject, error) {
	m, err := h.Mocks.Unpublish(ctx, caller(ctx), r.ID)
	if err != nil {
		return nil, err
	}
	return UnpublishMock200JSONResponse{PublicationJSONResponse(publicationOf(h.Publications.Of(m)))}, nil
}

// GetPublication implements StrictServerInterface.
func (h *handlers) GetPublication(ctx context.Context, r GetPublicationRequestObject) (GetPublicationResponseObject, error) {
	wait := time.Duration(0)
	if r.Params.Wait != nil {
		var err error
		if wait, err = time.ParseDuration(*r.Params.Wait); err != nil || wait > maxWait {
			return nil, badRequest("wait", "The query parameter wait is %q; at most %s is possible.", *r.Params.Wait, maxWait)
		}
	}
	p, err := h.Publications.Wait(ctx, caller(ctx), r.ID, value(r.Params.Revision, 0), wait)
	if err != nil {
		return nil, err
	}
	return GetPublication200JSONResponse{PublicationJSONResponse(publicationOf(p))}, nil
}

func (h *handlers) mock(m mock.Mock) Mock {
	p := h.Publications.Of(m)
	return Mock{
		ID: m.ID, WorkspaceID: m.WorkspaceID, Workspace: m.Workspace, Slug: m.Slug,
		URL: h.Addresses.Of(m), Hosts: []string{h.Addresses.Host(m)},
		Revision: m.Revision, PublishedRevision: m.PublishedRevision, State: State(p.State), Reason: p.Reason,
		Diagnostics: diagnostics(p.Diagnostics), CreatedAt: m.CreatedAt, UpdatedAt: m.UpdatedAt,
	}
}

func (h *handlers) mockWithContent(m mock.Mock) Mock {
	out := h.mock(m)
	out.Content = &m.Content
	return out
}

func publicationOf(p publication.Publication) Publication {
	return Publication{
		Mock: p.Mock.ID, WorkspaceID: p.Mock.WorkspaceID, State: State(p.State), Reason: p.Reason, Settled: p.Settled,
		Revision: p.Mock.Revision, PublishedRevision: p.Mock.PublishedRevision, Change: int64(p.Mock.Change),
		Servers: Servers{Live: p.Servers.Live, Applied: p.Servers.Applied}, Diagnostics: diagnostics(p.Diagnostics),
	}
}

func diagnostics(list []mockspec.Diagnostic) []Diagnostic {
	out := make([]Diagnostic, len(list))
	for i, d := range list {
		out[i] = Diagnostic{
			Line: d.Line, Column: d.Column, Severity: DiagnosticSeverity(d.Severity), Code: d.Code, Message: d.Message, Fix: present(d.Fix),
		}
	}
	return out
}

func etag(m mock.Mock) *string {
	tag := `"` + strconv.Itoa(m.Revision) + `"`
	return &tag
}

// revisionOf reads an If-Match header: 0 for any revision. Proxies that compress make an ETag weak; the revision counts.
func revisionOf(ifMatch string) (int, error) {
	if ifMatch == "" || ifMatch == "*" {
		return 0, nil
	}
	revision, err := strconv.Atoi(strings.Trim(strings.TrimPrefix(ifMatch, "W/"), `"`))
	if err != nil || revision < 1 {
		return 0, badRequest("If-Match", "The header If-Match is %s; send the ETag of the revision that you edited.", ifMatch)
	}
	return revision, nil
}

// value is what p points to, or otherwise.
func value[T any](p *T, otherwise T) T {
	if p == nil {
		return otherwise
	}
	return *p
}

// present is nil for "", which JSON leaves out.
func present(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}
