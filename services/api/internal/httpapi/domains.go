package httpapi

import (
	"context"
	"time"

	"github.com/mocloud/mocloud/services/api/internal/domain"
)

// ListMockDomains implements StrictServerInterface.
func (h *handlers) ListMockDomains(ctx context.Context, r ListMockDomainsRequestObject) (ListMockDomainsResponseObject, error) {
	page, err := h.domainPage(ctx, domain.Query{MockID: r.MockID}, value(r.Params.Cursor, ""), value(r.Params.Limit, defaultLimit))
	if err != nil {
		return nil, err
	}
	return ListMockDomains200JSONResponse{DomainPageJSONResponse(page)}, nil
}

// ListDomains implements StrictServerInterface.
func (h *handlers) ListDomains(ctx context.Context, r ListDomainsRequestObject) (ListDomainsResponseObject, error) {
	page, err := h.domainPage(ctx, domain.Query{WorkspaceSlug: value(r.Params.WorkspaceSlug, "")}, value(r.Params.Cursor, ""), value(r.Params.Limit, defaultLimit))
	if err != nil {
		return nil, err
	}
	return ListDomains200JSONResponse{DomainPageJSONResponse(page)}, nil
}

func (h *handlers) domainPage(ctx context.Context, query domain.Query, from string, limit int) (DomainPage, error) {
	found, err := h.Domains.List(ctx, caller(ctx), query, from, limit)
	items, next := itemsOf(found, domainOf)
	return DomainPage{Items: items, NextCursor: next}, err
}

// AddDomain implements StrictServerInterface.
func (h *handlers) CreateDomain(ctx context.Context, r CreateDomainRequestObject) (CreateDomainResponseObject, error) {
	d, err := h.Domains.Add(ctx, caller(ctx), r.MockID, r.Body.Host)
	if err != nil {
		return nil, err
	}
	location := "/api/v1/domains/" + d.ID
	return CreateDomain201JSONResponse{Body: domainOf(d), Headers: CreateDomain201ResponseHeaders{Location: &location}}, nil
}

// GetDomain implements StrictServerInterface.
func (h *handlers) GetDomain(ctx context.Context, r GetDomainRequestObject) (GetDomainResponseObject, error) {
	d, err := h.Domains.Find(ctx, caller(ctx), r.DomainID)
	if err != nil {
		return nil, err
	}
	return GetDomain200JSONResponse(domainOf(d)), nil
}

// VerifyDomain implements StrictServerInterface.
func (h *handlers) VerifyDomain(ctx context.Context, r VerifyDomainRequestObject) (VerifyDomainResponseObject, error) {
	d, err := h.Domains.Verify(ctx, caller(ctx), r.DomainID)
	if err != nil {
		return nil, err
	}
	return VerifyDomain202JSONResponse(domainOf(d)), nil
}

// DeleteDomain implements StrictServerInterface.
func (h *handlers) DeleteDomain(ctx context.Context, r DeleteDomainRequestObject) (DeleteDomainResponseObject, error) {
	if err := h.Domains.Delete(ctx, caller(ctx), r.DomainID); err != nil {
		return nil, err
	}
	return DeleteDomain204Response{}, nil
}

func domainOf(d domain.Domain) Domain {
	out := Domain{
		ID: d.ID, MockID: d.MockID, MockSlug: d.MockSlug, WorkspaceSlug: d.WorkspaceSlug, Host: d.Host, State: DomainState(d.State()), Reason: d.Why(),
		Ownership: DomainOwnership(d.Ownership), Routing: DomainRouting(d.Routing), Certificate: DomainCertificate(d.Certificate),
		CertificateReason: present(d.CertificateReason), CertificateExpiresAt: moment(d.CertificateExpiresAt),
		CreatedAt: d.CreatedAt, LostAt: moment(d.LostAt), SuspendedAt: moment(d.SuspendedAt), CheckedAt: moment(d.CheckedAt),
		NextCheckAt: moment(d.NextLookAt), Records: []DomainRecord{},
	}
	for _, r := range d.Records() {
		record := DomainRecord{Type: DomainRecordType(r.Type), Name: r.Name, RelativeName: r.RelativeName, Value: r.Value, Seen: r.Seen}
		if r.State != "" {
			record.State = new(DomainRecordState(r.State))
		}
		out.Records = append(out.Records, record)
	}
	return out
}

// moment is nil for no time, which JSON leaves out.
func moment(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}
