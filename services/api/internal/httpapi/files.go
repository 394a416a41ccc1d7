package httpapi

import (
	"context"
	"mime"
	"net/url"
	"path"
	"regexp"
	"slices"

	"github.com/mocloud/mocloud/services/api/internal/file"
	"github.com/mocloud/mocloud/services/api/internal/gate"
)

// ListFiles implements StrictServerInterface.
func (h *handlers) ListFiles(ctx context.Context, r ListFilesRequestObject) (ListFilesResponseObject, error) {
	found, err := h.Files.List(ctx, caller(ctx), r.WorkspaceSlug, value(r.Params.Prefix, ""), value(r.Params.Cursor, ""), value(r.Params.Limit, defaultLimit))
	if err != nil {
		return nil, err
	}
	items, next := itemsOf(found, fileOf)
	return ListFiles200JSONResponse{Items: items, NextCursor: next}, nil
}

// PutFile implements StrictServerInterface.
func (h *handlers) PutFile(ctx context.Context, r PutFileRequestObject) (PutFileResponseObject, error) {
	match, err := sums(r.Params.IfMatch)
	if err != nil {
		return nil, err
	}
	f, created, err := h.Files.Put(ctx, caller(ctx), r.WorkspaceSlug, file.Upload{
		Name: r.Params.Name, MediaType: r.ContentType, Body: r.Body, IfMatch: match, IfAbsent: r.Params.IfNoneMatch != nil,
		Still: gate.StillMay,
	})
	if err != nil {
		return nil, err
	}
	if !created {
		return PutFile200JSONResponse{Body: fileOf(f), Headers: PutFile200ResponseHeaders{ETag: fileETag(f)}}, nil
	}
	location := "/api/v1/workspaces/" + url.PathEscape(f.WorkspaceSlug) + "/files/" + f.ID
	return PutFile201JSONResponse{Body: fileOf(f), Headers: PutFile201ResponseHeaders{ETag: fileETag(f), Location: &location}}, nil
}

// GetFile implements StrictServerInterface.
func (h *handlers) GetFile(ctx context.Context, r GetFileRequestObject) (GetFileResponseObject, error) {
	f, err := h.Files.Find(ctx, caller(ctx), r.WorkspaceSlug, r.FileID)
	if err != nil {
		return nil, err
	}
	return GetFile200JSONResponse{Body: fileOf(f), Headers: GetFile200ResponseHeaders{ETag: fileETag(f)}}, nil
}

// GetFileContent implements StrictServerInterface.
func (h *handlers) GetFileContent(ctx context.Context, r GetFileContentRequestObject) (GetFileContentResponseObject, error) {
	f, content, err := h.Files.Open(ctx, caller(ctx), r.WorkspaceSlug, r.FileID)
	if err != nil {
		return nil, err
	}
	disposition := mime.FormatMediaType("attachment", map[string]string{"filename": path.Base(f.Name)})
	return GetFileContent200AsteriskResponse{ // which closes the content
		Body: content, ContentType: f.MediaType, ContentLength: f.Size,
		Headers: GetFileContent200ResponseHeaders{ContentDisposition: &disposition, ETag: fileETag(f)},
	}, nil
}

// DeleteFile implements StrictServerInterface.
func (h *handlers) DeleteFile(ctx context.Context, r DeleteFileRequestObject) (DeleteFileResponseObject, error) {
	match, err := sums(r.Params.IfMatch)
	if err != nil {
		return nil, err
	}
	if err := h.Files.Delete(ctx, caller(ctx), r.WorkspaceSlug, r.FileID, match, value(r.Params.Force, false)); err != nil {
		return nil, err
	}
	return DeleteFile204Response{}, nil
}

// ListFileMocks implements StrictServerInterface.
func (h *handlers) ListFileMocks(ctx context.Context, r ListFileMocksRequestObject) (ListFileMocksResponseObject, error) {
	found, err := h.Files.Mocks(ctx, caller(ctx), r.WorkspaceSlug, r.FileID, value(r.Params.Cursor, ""), value(r.Params.Limit, defaultLimit))
	if err != nil {
		return nil, err
	}
	items, next := itemsOf(found, fileUseOf)
	return ListFileMocks200JSONResponse{Items: items, NextCursor: next}, nil
}

func fileUseOf(m file.Mock) FileUse {
	return FileUse{MockID: m.ID, MockSlug: m.Slug, Current: m.Current, Published: m.Published}
}

func fileOf(f file.File) File {
	return File{
		ID: f.ID, WorkspaceSlug: f.WorkspaceSlug, Name: f.Name, Size: f.Size, Sha256: f.SHA256, MediaType: f.MediaType,
		CreatedAt: f.CreatedAt, UpdatedAt: f.UpdatedAt,
	}
}

func fileETag(f file.File) *string {
	tag := `"` + f.SHA256 + `"`
	return &tag
}

var sum = regexp.MustCompile(`^[0-9a-f]{64}$`)

// sums are the SHA-256 sums in an If-Match header, none for any.
func sums(ifMatch *string) ([]string, error) {
	all, err := tags(ifMatch)
	if err == nil && slices.ContainsFunc(all, func(tag string) bool { return !sum.MatchString(tag) }) {
		err = noTag(*ifMatch)
	}
	return all, err
}
