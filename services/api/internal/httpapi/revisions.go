package httpapi

import (
	"context"
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"

	"github.com/mocloud/mocloud/services/api/internal/mock"
)

// ListRevisions implements StrictServerInterface.
func (h *handlers) ListRevisions(ctx context.Context, r ListRevisionsRequestObject) (ListRevisionsResponseObject, error) {
	found, err := h.Mocks.Revisions(ctx, caller(ctx), r.MockID, value(r.Params.Cursor, ""), value(r.Params.Limit, defaultLimit))
	if err != nil {
		return nil, err
	}
	items, next := itemsOf(found, revisionOf)
	return ListRevisions200JSONResponse{Items: items, NextCursor: next}, nil
}

// GetRevision implements StrictServerInterface.
func (h *handlers) GetRevision(ctx context.Context, r GetRevisionRequestObject) (GetRevisionResponseObject, error) {
	v, err := h.Mocks.Revision(ctx, caller(ctx), r.MockID, r.Revision)
	return GetRevision200JSONResponse{wholeRevision(v)}, err
}

// MarkRevision implements StrictServerInterface.
func (h *handlers) UpdateRevision(ctx context.Context, r UpdateRevisionRequestObject) (UpdateRevisionResponseObject, error) {
	v, err := matching(r.Params.IfMatch, seenMark, func(seen mock.SeenMark) (mock.Revision, error) {
		return h.Mocks.Mark(ctx, caller(ctx), r.MockID, r.Revision, mock.Mark{Pinned: r.Body.Pinned, Label: value(r.Body.Label, "")}, seen)
	})
	return UpdateRevision200JSONResponse{wholeRevision(v)}, err
}

// DiffRevisions implements StrictServerInterface.
func (h *handlers) DiffRevisions(ctx context.Context, r DiffRevisionsRequestObject) (DiffRevisionsResponseObject, error) {
	d, err := h.Mocks.Diff(ctx, caller(ctx), r.MockID, value(r.Params.From, 0), r.Revision)
	if err != nil {
		return nil, err
	}
	out := RevisionDiff{From: d.From, To: d.To, Text: d.Text, Endpoints: make([]EndpointDiff, len(d.Endpoints))}
	for i, e := range d.Endpoints {
		out.Endpoints[i] = EndpointDiff{
			Change: EndpointDiffChange(e.Change), Kind: EndpointDiffKind(e.Kind), Method: e.Method, Path: e.Path,
		}
	}
	return DiffRevisions200JSONResponse(out), nil
}

// RollbackMock implements StrictServerInterface.
func (h *handlers) RollbackMock(ctx context.Context, r RollbackMockRequestObject) (RollbackMockResponseObject, error) {
	m, err := seen(r.Params.IfMatch, func(v mock.Seen) (mock.Mock, error) {
		return h.Mocks.Rollback(ctx, caller(ctx), r.MockID, r.Body.Revision, value(r.Body.Message, ""), v)
	})
	return RollbackMock200JSONResponse{h.whole(m)}, err
}

func revisionOf(v mock.Revision) Revision {
	out := Revision{
		Revision: v.Number, Author: v.Author, Message: v.Message, Pinned: v.Pinned, Label: v.Label,
		Size: v.Size, Errors: v.Errors, Warnings: v.Warnings, CreatedAt: v.CreatedAt,
	}
	if !v.PublishedAt.IsZero() {
		out.PublishedAt = &v.PublishedAt
	}
	return out
}

// wholeRevision answers with a revision and its content, of which only the mark can change.
func wholeRevision(v mock.Revision) RevisionJSONResponse {
	out, found := revisionOf(v), diagnostics(v.Diagnostics)
	out.Content, out.Diagnostics = &v.Content, &found
	tag := fmt.Sprintf(`"%d.%t.%x"`, v.Number, v.Pinned, v.Label)
	return RevisionJSONResponse{Body: out, Headers: RevisionResponseHeaders{ETag: &tag}}
}

// seenMark reads the ETag of a revision.
func seenMark(tag string) (v mock.SeenMark, ok bool) {
	number, rest, _ := strings.Cut(tag, ".")
	pinned, label, _ := strings.Cut(rest, ".")
	decoded, err := hex.DecodeString(label)
	if err != nil {
		return v, false
	}
	v.Mark.Label = string(decoded)
	if v.Mark.Pinned, err = strconv.ParseBool(pinned); err != nil {
		return v, false
	}
	v.Revision, ok = versionOf(number)
	return v, ok
}
