package store

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"time"

	"github.com/uptrace/bun"

	"github.com/mocloud/mocloud/pkg/apperr"
	"github.com/mocloud/mocloud/pkg/event"
	"github.com/mocloud/mocloud/services/api/internal/audit"
	"github.com/mocloud/mocloud/services/api/internal/changelog"
	"github.com/mocloud/mocloud/services/api/internal/domain"
	"github.com/mocloud/mocloud/services/api/internal/mock"
	"github.com/mocloud/mocloud/services/api/internal/quota"
	"github.com/mocloud/mocloud/services/api/internal/workspace"
)

type domainRow struct {
	bun.BaseModel `bun:"table:domains,alias:d"`

	ID        string           `bun:"id,pk"`
	MockID    string           `bun:"mock_id"`
	Host      string           `bun:"host"`
	Token     string           `bun:"token"`
	Target    string           `bun:"target"`
	Ownership domain.Ownership `bun:"ownership"`
	Routing   domain.Routing   `bun:"routing"`
	Reason    string           `bun:"reason"`
	LostAt    time.Time        `bun:"lost_at,nullzero"`
	CheckedAt time.Time        `bun:"checked_at,nullzero"`
	CreatedAt time.Time        `bun:"created_at"`

	SuspendedAt time.Time `bun:"suspended_at,nullzero"`

	Observed   string    `bun:"observed"`
	NextLookAt time.Time `bun:"next_look_at,nullzero"`

	Certificate          domain.Certificate `bun:"certificate"`
	CertificateReason    string             `bun:"certificate_reason"`
	CertificateExpiresAt time.Time          `bun:"certificate_expires_at,nullzero"`

	Applied       string `bun:"applied"`
	AppliedReason string `bun:"applied_reason"`

	Taken         bool           `bun:"taken,scanonly"`
	MockSlug      string         `bun:"mock,scanonly"`
	WorkspaceID   string         `bun:"workspace_id,scanonly"`
	WorkspaceSlug string         `bun:"workspace,scanonly"`
	Role          workspace.Role `bun:"role,scanonly"`
}

func (r *domainRow) domain() domain.Domain {
	d := domain.Domain{
		ID: r.ID, MockID: r.MockID, MockSlug: r.MockSlug, WorkspaceID: r.WorkspaceID, WorkspaceSlug: r.WorkspaceSlug, Role: r.Role, Host: r.Host,
		Token: r.Token, Target: r.Target, Ownership: r.Ownership, Routing: r.Routing, Reason: r.Reason, CreatedAt: r.CreatedAt.UTC(), Taken: r.Taken,
	}
	d.Observed, d.Certificate, d.CertificateReason = r.Observed, r.Certificate, r.CertificateReason
	d.Applied, d.AppliedReason = r.Applied, r.AppliedReason
	for _, t := range []struct {
		to   *time.Time
		from time.Time
	}{
		{&d.LostAt, r.LostAt},
		{&d.CheckedAt, r.CheckedAt},
		{&d.SuspendedAt, r.SuspendedAt},
		{&d.NextLookAt, r.NextLookAt},
		{&d.CertificateExpiresAt, r.CertificateExpiresAt},
	} {
		if !t.from.IsZero() {
			*t.to = t.from.UTC()
		}
	}
	return d
}

func domainRowOf(d domain.Domain) domainRow {
	return domainRow{
		ID: d.ID, MockID: d.MockID, Host: d.Host, Token: d.Token, Target: d.Target, Ownership: d.Ownership, Routing: d.Routing,
		Reason: d.Reason, LostAt: d.LostAt, CheckedAt: d.CheckedAt, CreatedAt: d.CreatedAt.UTC(), SuspendedAt: d.SuspendedAt,
		Observed: d.Observed, NextLookAt: d.NextLookAt, Certificate: cmp.Or(d.Certificate, domain.NoCertificate), CertificateReason: d.CertificateReason,
		CertificateExpiresAt: d.CertificateExpiresAt, Applied: d.Applied, AppliedReason: d.AppliedReason,
	}
}

// selectDomains begins every query for domains of mocks; without who it is the service itself that asks.
func selectDomains(db bun.IDB, who *workspace.Caller) *bun.SelectQuery {
	q := db.NewSelect().Model((*domainRow)(nil)).ColumnExpr("d.*, m.slug AS mock, m.workspace_id, w.slug AS workspace").
		ColumnExpr("EXISTS (SELECT 1 FROM domains AS o WHERE o.host = d.host AND o.ownership IN ('verified', 'grace') AND o.id <> d.id) AS taken").
		Join("JOIN mocks AS m ON m.id = d.mock_id").Join("JOIN workspaces AS w ON w.id = m.workspace_id")
	if who != nil {
		q = q.ColumnExpr("mb.role").Join("JOIN members AS mb ON mb.workspace_id = m.workspace_id AND ?", membership(*who)).
			Where("?", existence(false))
	}
	return q
}

var errNoDomain = apperr.New(apperr.NotFound, "There is no domain with this id in your workspaces.")

func findDomain(ctx context.Context, db bun.IDB, who *workspace.Caller, id string) (domain.Domain, error) {
	var row domainRow
	err := selectDomains(db, who).Where("d.id = ?", id).Scan(ctx, &row)
	if errors.Is(err, sql.ErrNoRows) && who == nil { // its mock may be gone
		err = db.NewSelect().Model(&row).Where("d.id = ?", id).Scan(ctx)
	}
	if errors.Is(err, sql.ErrNoRows) {
		return domain.Domain{}, errNoDomain
	}
	return row.domain(), err
}

// Domain implements domain.Repository.
func (s domainStore) Domain(ctx context.Context, who workspace.Caller, id string) (domain.Domain, error) {
	d, err := findDomain(ctx, s.read, &who, id)
	return d, failed("read a domain", err)
}

// Domains implements domain.Repository.
func (s domainStore) Domains(ctx context.Context, who workspace.Caller, query domain.Query) ([]domain.Domain, error) {
	q := selectDomains(s.read, &who).Where("d.id > ?", query.After).Order("d.id").Limit(int64(query.Limit))
	if query.WorkspaceSlug != "" {
		if _, err := findMembership(ctx, s.read, who, query.WorkspaceSlug); err != nil {
			return nil, failed("list domains", err)
		}
		q = q.Where("w.slug = ?", query.WorkspaceSlug)
	}
	if query.MockID != "" {
		if _, err := mockStore(s).Mock(ctx, who, query.MockID); err != nil {
			return nil, err
		}
		q = q.Where("d.mock_id = ?", query.MockID)
	}
	var rows []domainRow
	if err := q.Scan(ctx, &rows); err != nil {
		return nil, failed("list domains", err)
	}
	return domainsOf(rows), nil
}

// ServingDomain implements domain.Repository.
func (s domainStore) ServingDomain(ctx context.Context, host string) (id string, err error) {
	err = s.read.NewRaw("SELECT id FROM domains WHERE host = ? AND ownership IN ('verified', 'grace')", host).Scan(ctx, &id)
	if errors.Is(err, sql.ErrNoRows) {
		return "", nil
	}
	return id, failed("find the domain of a host", err)
}

// SpentDomains implements domain.Repository.
func (s domainStore) SpentDomains(ctx context.Context, suspendedBefore time.Time, limit int) ([]domain.Domain, error) {
	var rows []domainRow
	err := s.read.NewSelect().Model(&rows).Join("LEFT JOIN mocks AS m ON m.id = d.mock_id").
		Where("m.id IS NULL OR d.suspended_at <= ?", suspendedBefore.UTC()).Order("d.id").Limit(int64(limit)).Scan(ctx)
	return domainsOf(rows), failed("list domains that nothing keeps", err)
}

// rivals returns the other claims of a host.
func rivals(ctx context.Context, db bun.IDB, d domain.Domain) ([]domain.Domain, error) {
	var rows []domainRow
	err := selectDomains(db, nil).Where("d.host = ? AND d.id <> ?", d.Host, d.ID).Order("d.id").Limit(maxRivals).Scan(ctx, &rows)
	return domainsOf(rows), err
}

// maxRivals bounds how many rivals are notified at once that a host is taken, or free. The others see it when they look.
const maxRivals = 50

func domainsOf(rows []domainRow) []domain.Domain {
	items := make([]domain.Domain, len(rows))
	for i := range rows {
		items[i] = rows[i].domain()
	}
	return items
}

// AddDomain implements domain.Repository.
func (s domainStore) AddDomain(ctx context.Context, who workspace.Caller, d domain.Domain, check func(mock.Mock) (domain.Write, error)) (domain.Result, error) {
	var r domain.Result
	err := s.inTx(ctx, func(ctx context.Context, tx bun.Tx) error {
		m, err := s.lockMock(ctx, tx, who, d.MockID, false)
		if err != nil {
			return err
		}
		w, err := check(m)
		if err != nil {
			return err
		}
		var owned bool
		err = tx.NewRaw(`SELECT EXISTS (SELECT 1 FROM domains d JOIN mocks m ON m.id = d.mock_id WHERE d.host = ?
			AND d.ownership IN ('verified', 'grace') AND m.workspace_id <> ?)`, d.Host, m.WorkspaceID).Scan(ctx, &owned)
		if err != nil {
			return err
		}
		if owned {
			return apperr.New(apperr.Conflict, "The host %q is verified by another workspace, which must give it up first.", d.Host).WithField("host")
		}
		row := domainRowOf(w.Domain)
		if _, err := tx.NewInsert().Model(&row).Exec(ctx); err != nil {
			if duplicate(err) {
				return apperr.New(apperr.Conflict, "The mock %q already has the host %q.", m.Slug, d.Host).WithField("host")
			}
			return err
		}
		r.Domain = w.Domain
		r.Domain.MockSlug, r.Domain.WorkspaceID, r.Domain.WorkspaceSlug, r.Domain.Role = m.Slug, m.WorkspaceID, m.WorkspaceSlug, m.Role
		if err := s.within(ctx, tx, m.WorkspaceID, quota.Domains); err != nil {
			return err
		}
		return s.logDomain(ctx, tx, &who, w, &r)
	})
	return r, failed("add a domain", err)
}

// UpdateDomain implements domain.Repository.
func (s domainStore) UpdateDomain(ctx context.Context, who *workspace.Caller, id string, decide func(domain.Domain) (domain.Write, error)) (domain.Result, error) {
	var r domain.Result
	err := s.inTx(ctx, func(ctx context.Context, tx bun.Tx) error {
		d, err := findDomain(ctx, tx, who, id)
		if err != nil {
			return err
		}
		// The mock is the lock: of its domains, and for its hosts.
		if err := s.lock(ctx, tx, "SELECT id FROM mocks WHERE id = ?", forAll, d.MockID); err != nil {
			return err
		}
		if d, err = findDomain(ctx, tx, who, id); err != nil {
			return err
		}
		w, err := decide(d)
		r.Domain = d
		if err != nil || w.Domain.ID == "" {
			return err
		}
		if r.Domain, r.Deleted = w.Domain, w.Delete; w.Delete {
			_, err = tx.NewRaw("DELETE FROM domains WHERE id = ?", d.ID).Exec(ctx)
		} else {
			row := domainRowOf(w.Domain)
			_, err = tx.NewUpdate().Model(&row).Column("ownership", "routing", "reason", "lost_at", "suspended_at", "checked_at",
				"observed", "next_look_at", "certificate", "certificate_reason", "certificate_expires_at", "applied", "applied_reason").WherePK().Exec(ctx)
		}
		if duplicate(err) {
			return apperr.New(apperr.Conflict, "The host %q is verified for another mock, which must give it up first.", d.Host)
		}
		if err != nil {
			return err
		}
		return s.logDomain(ctx, tx, who, w, &r)
	})
	return r, failed("write a domain", err)
}

// logDomain writes what others must know of a written domain, and who did it.
func (s domainStore) logDomain(ctx context.Context, tx bun.Tx, who *workspace.Caller, w domain.Write, r *domain.Result) error {
	if who != nil {
		entry := audit.Entry{WorkspaceID: r.Domain.WorkspaceID, Kind: "domain", TargetID: r.Domain.ID, Label: r.Domain.Host}
		if err := s.audit(ctx, tx, *who, entry); err != nil {
			return err
		}
	}
	changes := w.Changes
	if w.BuildChange != nil {
		var err error
		if r.Rivals, err = rivals(ctx, tx, r.Domain); err != nil {
			return err
		}
		m, err := s.servedMock(ctx, tx, r.Domain.MockID)
		if err != nil {
			return err
		}
		if c, ok := w.BuildChange(m); ok {
			// First, as every write has it that changes both: each stream's row is locked from its first change to the commit.
			r.Mock, changes = m, append([]changelog.Change{c}, changes...)
		}
	}
	for _, c := range changes {
		e, err := s.appendChange(ctx, tx, c)
		if err != nil {
			return err
		}
		if r.Changes = append(r.Changes, e); e.Stream == event.Mocks {
			r.Mock.Change = e.Number
			if _, err := tx.NewRaw("UPDATE mocks SET change = ? WHERE id = ?", int64(e.Number), r.Mock.ID).Exec(ctx); err != nil {
				return err
			}
		}
	}
	r.Mock.Served = ""
	return nil
}

// servedMock reads a mock as the others hear of it.
func (s domainStore) servedMock(ctx context.Context, tx bun.Tx, id string) (mock.Mock, error) {
	var row mockRow
	if err := selectMocks(tx, true).Where("m.id = ?", id).Scan(ctx, &row); err != nil {
		return mock.Mock{}, err
	}
	m, err := row.mock()
	if err != nil {
		return m, err
	}
	return s.withServed(ctx, tx, m)
}

// withServed adds the content that is served, which only decisions about a mock see.
func (s *core) withServed(ctx context.Context, tx bun.Tx, m mock.Mock) (mock.Mock, error) {
	if m.PublishedRevision == 0 || m.PublishedRevision == m.Revision {
		return m, nil
	}
	err := tx.NewRaw("SELECT content FROM revisions WHERE mock_id = ? AND number = ?", m.ID, m.PublishedRevision).Scan(ctx, &m.Served)
	return m, err
}
