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
	baseDomain  string
	times       Times
	buildChange func(mock.Mock) (changelog.Change, bool)
	announcer   Announcer
	log         *slog.Logger
	now         func() time.Time
	seen        chan event.DomainUpdated
}

// maxSeen bounds what cloudops has seen and nobody has looked at. It is repeated, so that what finds no room is no loss.
const maxSeen = 1024

// NewService makes a Service over repo, with positive times. buildChange makes the change that says on which hosts a mock answers.
func NewService(repo Repository, baseDomain string, times Times, buildChange func(mock.Mock) (changelog.Change, bool), announcer Announcer, log *slog.Logger, now func() time.Time) *Service {
	return &Service{repo: repo, baseDomain: baseDomain, times: times, buildChange: buildChange, announcer: announcer, log: log, now: now, seen: make(chan event.DomainUpdated, maxSeen)}
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
	if base := strings.ToLower(baseDomain); name == base || strings.HasSuffix(name, "."+base) {
		return bad("names under " + base + " belong to this server.")
	}
	return name, nil
}

// Add claims a host for a mock.
func (s *Service) Add(ctx context.Context, who workspace.Caller, mockID, host string) (Domain, error) {
	name, err := Clean(host, s.baseDomain)
	if err != nil {
		return Domain{}, err
	}
	id, err := uuid.NewV7()
	if err != nil {
		return Domain{}, fmt.Errorf("make domain id: %w", err)
	}
	d := Domain{
		ID: id.String(), MockID: mockID, Host: name, Token: rand.Text(), Target: strings.ToLower(rand.Text()[:16]) + ".edge." + s.baseDomain,
		Ownership: Pending, Routing: Missing, Reason: "Create the two DNS records; they have not been checked yet.", CreatedAt: s.now(),
	}
	r, err := s.repo.AddDomain(ctx, who, d, func(m mock.Mock) (Write, error) {
		if err := m.Role.RequireEdit(m.WorkspaceSlug); err != nil {
			return Write{}, err
		}
		return Write{Domain: d, Changes: []changelog.Change{{Key: d.ID, Payload: event.DomainCreated{
			WorkspaceID: m.WorkspaceID, MockID: m.ID, DomainID: d.ID, Host: d.Host, Custom: true, Token: d.Token, Target: d.Target,
		}}}}, nil
	})
	return s.announce(r, err)
}

// List returns one page of domains and the cursor of the next page, "" on the last one.
func (s *Service) List(ctx context.Context, who workspace.Caller, q Query, from string) ([]Domain, string, error) {
	after, err := cursor.Place(from)
	if err != nil {
		return nil, "", err
	}
	limit := q.Limit
	q.After, q.Limit = after, limit+1
	items, err := s.repo.Domains(ctx, who, q)
	if err != nil || len(items) <= limit {
		return items, "", err
	}
	items = items[:limit]
	return items, cursor.Of(items[limit-1].ID), nil
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
	s.announcer.Notify(d.WorkspaceID, name, notice{d.ID, d.Host, d.MockID, d.WorkspaceID})
}

// Hear takes an event of the status stream. It never blocks.
func (s *Service) Hear(e event.Envelope) {
	u, err := event.Decode[event.DomainUpdated](e)
	if err != nil || u.Ownership == "" {
		return // of a newer service, or about a host that is not custom
	}
	select {
	case s.seen <- u:
	default:
	}
}

const (
	lookTimeout  = 5 * time.Second
	collectEvery = time.Minute
	collected    = 100 // domains at a time
)

// Run stores what cloudops sees until ctx ends, and gives up domains whose mock is gone or whose proof has been missing for too long.
func (s *Service) Run(ctx context.Context) error {
	ticker := time.NewTicker(min(collectEvery, s.times.Keep))
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case u := <-s.seen:
			s.observe(ctx, u)
		case <-ticker.C:
			s.collect(ctx)
		}
	}
}

func (s *Service) observe(ctx context.Context, u event.DomainUpdated) {
	ctx, cancel := context.WithTimeout(ctx, lookTimeout)
	defer cancel()
	changed := false
	r, err := s.repo.UpdateDomain(ctx, nil, u.DomainID, func(d Domain) (Write, error) {
		next := d.seen(u, s.now(), s.times)
		if changed = next != d; !changed {
			return Write{}, nil
		}
		w := Write{Domain: next}
		if next.Serves() != d.Serves() {
			w.BuildChange = s.buildChange
		}
		return w, nil
	})
	switch {
	case apperr.CodeOf(err) == apperr.NotFound && err != nil, err == nil && !changed:
	case apperr.CodeOf(err) == apperr.Conflict && err != nil:
		// Somebody else's proof was stored meanwhile. What is seen is said again, and then this one is Taken.
		s.log.InfoContext(ctx, "two domains prove the same host; the first one keeps it", "domain_id", u.DomainID, "host", u.Host)
	case err != nil:
		if ctx.Err() == nil {
			s.log.WarnContext(ctx, "cannot store the state of a domain; it will be reported again", "domain_id", u.DomainID, "error", err)
		}
	default:
		_, _ = s.announce(r, nil) // it has no error
	}
}

// checkedEvery is how much time passes before it is stored that nothing has changed.
const checkedEvery = 10 * time.Minute

// seen is the domain after a look at its records.
func (d Domain) seen(u event.DomainUpdated, now time.Time, times Times) Domain {
	next := d
	switch u.Ownership {
	case event.OwnershipProven:
		if d.Serves() || !d.Taken {
			next.Ownership, next.LostAt, next.SuspendedAt = Verified, time.Time{}, time.Time{}
		}
	case event.OwnershipMissing:
		switch {
		case d.Ownership == Pending || d.Ownership == Lost:
		case d.LostAt.IsZero():
			next.Ownership, next.LostAt = InGrace, now
		case now.Sub(d.LostAt) >= times.Grace:
			next.Ownership, next.SuspendedAt = Lost, now
		}
	default: // nobody could say: that shortens nothing
	}
	switch r := Routing(u.Routing); r {
	case Missing, Conflict, OK:
		next.Routing = r
	}
	switch next.Reason = u.Reason; next.Ownership {
	case InGrace:
		next.Reason = fmt.Sprintf("The proof has been missing since %s; the domain will be suspended on %s unless it comes back. %s",
			next.LostAt.Format(time.DateOnly), next.LostAt.Add(times.Grace).Format(time.DateOnly), u.Reason)
	case Lost:
		next.Reason = fmt.Sprintf("The mock no longer answers on this host, because the proof has been missing since %s; the domain will be removed on %s unless it comes back. %s",
			next.LostAt.Format(time.DateOnly), next.SuspendedAt.Add(times.Keep).Format(time.DateOnly), u.Reason)
	case Pending, Verified:
	}
	if next != d || now.Sub(d.CheckedAt) >= checkedEvery {
		next.CheckedAt = now
	}
	return next
}

// spent reports whether nothing keeps the domain.
func (s *Service) spent(d Domain) bool {
	return d.WorkspaceID == "" || d.Ownership == Lost && s.now().Sub(d.SuspendedAt) >= s.times.Keep
}

func (s *Service) collect(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, lookTimeout)
	defer cancel()
	spent, err := s.repo.SpentDomains(ctx, s.now().Add(-s.times.Keep), collected)
	for _, d := range spent {
		if err != nil {
			break
		}
		var r Result
		r, err = s.repo.UpdateDomain(ctx, nil, d.ID, func(d Domain) (Write, error) {
			if !s.spent(d) { // the proof has come back
				return Write{}, nil
			}
			return s.removed(d, false), nil
		})
		switch {
		case apperr.CodeOf(err) == apperr.NotFound && err != nil: // another instance was faster
			err = nil
		case err == nil && len(r.Changes) > 0:
			s.log.InfoContext(ctx, "domain removed", "domain_id", d.ID, "host", d.Host, "ownership", d.Ownership)
			_, _ = s.announce(r, nil) // it has no error
		}
	}
	if err != nil && ctx.Err() == nil {
		s.log.WarnContext(ctx, "cannot remove domains that are no longer wanted; it will be retried", "error", err)
	}
}
