package domain

import (
	"context"
	"crypto/rand"
	"fmt"
	"log/slog"
	"net/netip"
	"strings"
	"time"

	"github.com/google/uuid"
	"golang.org/x/net/idna"
	"golang.org/x/net/publicsuffix"

	"github.com/mocloud/mocloud/pkg/apperr"
	"github.com/mocloud/mocloud/pkg/event"
	"github.com/mocloud/mocloud/services/api/internal/changelog"
	"github.com/mocloud/mocloud/services/api/internal/cursor"
	"github.com/mocloud/mocloud/services/api/internal/mock"
	"github.com/mocloud/mocloud/services/api/internal/workspace"
)

// Service is what an account does with domains. It is safe for concurrent use.
type Service struct {
	repo        Repository
	hosts       Hosts
	times       Times
	buildChange func(mock.Mock) (changelog.Change, bool)
	announcer   Announcer
	notifier    Notifier
	log         *slog.Logger
	now         func() time.Time
	reports     chan event.Payload
}

// Hosts says which names are this installation's own, and whether each mock's has a record of its own.
type Hosts struct {
	BaseDomain string
	PerMock    bool
	Of         func(mock.Mock) string // the host of a mock
}

// maxReports bounds what cloudops has seen and nobody has looked at. It is repeated, so that what finds no room is no loss.
const maxReports = 1024

// NewService makes a Service over repo, with positive times. buildChange makes the change that says on which hosts a mock answers.
func NewService(repo Repository, hosts Hosts, times Times, buildChange func(mock.Mock) (changelog.Change, bool), announcer Announcer, notifier Notifier, log *slog.Logger, now func() time.Time) *Service {
	return &Service{repo: repo, hosts: hosts, times: times, buildChange: buildChange, announcer: announcer, notifier: notifier, log: log, now: now, reports: make(chan event.Payload, maxReports)}
}

// Clean returns a host name as it is kept, or an error that a user may see.
func Clean(host, baseDomain string) (string, error) {
	bad := func(why string) (string, error) {
		return "", apperr.New(apperr.Invalid, "The host %q is not valid: %s", host, why).WithField("host")
	}
	name, err := idna.Lookup.ToASCII(strings.TrimSuffix(strings.TrimSpace(host), "."))
	if err != nil || name == "" || len(name) > 253 {
		return bad("it is not a host name.")
	}
	name = strings.ToLower(name)
	for label := range strings.SplitSeq(name, ".") {
		if label == "" || len(label) > 63 || strings.Trim(label, "abcdefghijklmnopqrstuvwxyz0123456789-") != "" {
			return bad("it is not a host name.")
		}
	}
	last := name[strings.LastIndexByte(name, '.')+1:]
	if _, err := netip.ParseAddr(name); err == nil || strings.Trim(last, "0123456789") == "" {
		return bad("it is an IP address; use a name.")
	}
	if !strings.Contains(name, ".") {
		return bad("it has no domain; write it like api.example.com.")
	}
	switch last {
	case "test", "example", "invalid", "localhost", "local", "internal", "onion":
		return bad("names under ." + last + " do not exist in public DNS.")
	}
	if suffix, _ := publicsuffix.PublicSuffix(name); suffix == name {
		return bad("everybody can register names under it; use one that is yours.")
	}
	for _, platform := range []string{"ondigitalocean.app", "workers.dev", "pages.dev", "cloudflare.net"} {
		if name == platform || strings.HasSuffix(name, "."+platform) {
			return bad("names under " + platform + " belong to a hosting platform, which does not let you set its DNS records.")
		}
	}
	if base := strings.ToLower(baseDomain); name == base || strings.HasSuffix(name, "."+base) {
		return bad("names under " + base + " belong to this server.")
	}
	return name, nil
}

// Add claims a host for a mock.
func (s *Service) Add(ctx context.Context, who workspace.Caller, mockID, host string) (Domain, error) {
	name, err := Clean(host, s.hosts.BaseDomain)
	if err != nil {
		return Domain{}, err
	}
	id, err := uuid.NewV7()
	if err != nil {
		return Domain{}, fmt.Errorf("make domain id: %w", err)
	}
	d := Domain{
		ID: id.String(), MockID: mockID, Host: name, Token: rand.Text(), Target: strings.ToLower(rand.Text()[:16]) + ".edge." + s.hosts.BaseDomain,
		Ownership: Pending, Routing: Missing, Certificate: NoCertificate, Reason: "Create the two DNS records; they have not been checked yet.", CreatedAt: s.now(),
	}
	r, err := s.repo.AddDomain(ctx, who, d, func(m mock.Mock) (Write, error) {
		if err := m.Role.RequireEdit(m.WorkspaceSlug); err != nil {
			return Write{}, err
		}
		d.WorkspaceID = m.WorkspaceID
		return Write{Domain: d, Changes: []changelog.Change{wanted(d)}}, nil
	})
	return s.announce(r, err)
}

// wanted tells cloudops of a domain.
func wanted(d Domain) changelog.Change {
	return changelog.Change{Key: d.ID, Payload: event.DomainCreated{
		WorkspaceID: d.WorkspaceID, MockID: d.MockID, DomainID: d.ID, Host: d.Host, Custom: true, Token: d.Token, Target: d.Target, Serves: d.Serves(),
	}}
}

// List returns one page of domains; it sets the query's After and Limit.
func (s *Service) List(ctx context.Context, who workspace.Caller, q Query, from string, limit int) (cursor.Page[Domain], error) {
	list := cursor.List{Name: "domains", Of: []string{who.AccountID, q.MockID, q.WorkspaceSlug}}
	return cursor.Read(list, from, limit, func(d Domain) string { return d.ID }, func(after string, limit int) ([]Domain, error) {
		q.After, q.Limit = after, limit
		return s.repo.Domains(ctx, who, q)
	})
}

// Find returns a domain.
func (s *Service) Find(ctx context.Context, who workspace.Caller, id string) (Domain, error) {
	return s.repo.Domain(ctx, who, id)
}

// Verify asks for the domain's records to be looked at now. The outcome comes later.
func (s *Service) Verify(ctx context.Context, who workspace.Caller, id string) (Domain, error) {
	return s.announce(s.repo.UpdateDomain(ctx, &who, id, func(d Domain) (Write, error) {
		if err := d.Role.RequireEdit(d.WorkspaceSlug); err != nil {
			return Write{}, err
		}
		// A key of its own: of the changes with one key the log keeps the latest, and domain.created is needed.
		return Write{Domain: d, Changes: []changelog.Change{{Key: d.ID + "/verification", Tombstone: true, Payload: event.DomainVerificationDispatched{
			WorkspaceID: d.WorkspaceID, DomainID: d.ID, Host: d.Host,
		}}}}, nil
	}))
}

// Delete gives a host up; the mock no longer answers on it.
func (s *Service) Delete(ctx context.Context, who workspace.Caller, id string) error {
	_, err := s.announce(s.repo.UpdateDomain(ctx, &who, id, func(d Domain) (Write, error) {
		if err := d.Role.RequireEdit(d.WorkspaceSlug); err != nil {
			return Write{}, err
		}
		return s.removed(d, d.Serves()), nil
	}))
	return err
}

func (s *Service) removed(d Domain, hostsChange bool) Write {
	w := Write{Domain: d, Delete: true, Changes: []changelog.Change{{Key: d.ID, Tombstone: true, Payload: event.DomainDeleted{
		WorkspaceID: d.WorkspaceID, MockID: d.MockID, DomainID: d.ID, Host: d.Host,
	}}}}
	if hostsChange {
		w.BuildChange = s.buildChange
	}
	return w
}

// announce publishes what was written and tells followers of the domain, and of rivals whose host it now is or no longer is.
func (s *Service) announce(r Result, err error) (Domain, error) {
	if err != nil {
		return Domain{}, err
	}
	d := r.Domain
	if r.Mock.ID != "" {
		s.announcer.Announce(mock.Notice{Action: mock.Updated, Mock: r.Mock, From: r.Mock.WorkspaceID, Changes: r.Changes})
	} else {
		s.announcer.AnnounceChanges(r.Changes)
	}
	for _, rival := range r.Rivals {
		s.notify("domain", rival)
	}
	if r.Deleted {
		s.notify("domain_deleted", d)
	} else {
		s.notify("domain", d)
	}
	return d, nil
}

// notice is the data of the events about a domain.
type notice struct {
	DomainID    string `json:"domain_id"`
	Host        string `json:"host"`
	MockID      string `json:"mock_id"`
	WorkspaceID string `json:"workspace_id"`
}

func (s *Service) notify(name string, d Domain) {
	s.notifier.Notify(d.WorkspaceID, name, notice{d.ID, d.Host, d.MockID, d.WorkspaceID})
}
