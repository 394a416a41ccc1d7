package domain

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/mocloud/mocloud/pkg/apperr"
	"github.com/mocloud/mocloud/pkg/event"
)

// Hear takes an event of the status stream. It never blocks.
func (s *Service) Hear(e event.Envelope) {
	var p event.Payload
	var err error
	switch e.Type {
	case event.TypeDomainObserved:
		p, err = event.Decode[event.DomainObserved](e)
	case event.TypeDomainApplied:
		p, err = event.Decode[event.DomainApplied](e)
	case event.TypeCertificateObserved:
		p, err = event.Decode[event.CertificateObserved](e)
	default:
		return
	}
	if err != nil {
		return // of a newer service
	}
	select {
	case s.reports <- p:
	default:
	}
}

const (
	lookTimeout  = 5 * time.Second
	collectEvery = time.Minute
	collected    = 100 // domains at a time
)

// Run stores what cloudops reports until ctx ends, gives up domains whose mock is gone or whose proof has been missing for too
// long, and sees to it that the log says of mocks' own hosts what the mocks say.
func (s *Service) Run(ctx context.Context) error {
	ticker := time.NewTicker(min(collectEvery, s.times.Keep))
	defer ticker.Stop()
	s.settleHosts(ctx)
	for {
		select {
		case <-ctx.Done():
			return nil
		case p := <-s.reports:
			s.store(ctx, p)
		case <-ticker.C:
			s.collect(ctx)
			s.settleHosts(ctx)
		}
	}
}

// store takes a report in.
func (s *Service) store(ctx context.Context, p event.Payload) {
	ctx, cancel := context.WithTimeout(ctx, lookTimeout)
	defer cancel()
	var id string
	var err error
	switch p := p.(type) {
	case event.DomainObserved:
		id, err = p.DomainID, s.observe(ctx, p)
	case event.DomainApplied:
		if id = p.DomainID; p.Custom {
			err = s.change(ctx, id, func(d Domain) Domain { return d.applied(p) })
		} else {
			err = s.saveHost(ctx, p)
		}
	case event.CertificateObserved:
		id, err = s.certified(ctx, p)
	}
	if err != nil && ctx.Err() == nil {
		s.log.WarnContext(ctx, "cannot store the state of a domain; it will be reported again", "domain_id", id, "error", err)
	}
}

func (s *Service) saveHost(ctx context.Context, a event.DomainApplied) error {
	changed, err := s.repo.SaveHost(ctx, Host{MockID: a.DomainID, Host: a.Host, State: a.State, Reason: a.Reason})
	if changed {
		s.announcer.Touch(a.DomainID)
	}
	return err
}

// Host is what the providers have of a mock's own host; false where mocks have no records of their own, or nothing is known yet.
func (s *Service) Host(ctx context.Context, mockID string) (Host, bool, error) {
	if !s.hosts.PerMock {
		return Host{}, false, nil
	}
	h, err := s.repo.Host(ctx, mockID)
	if err != nil && apperr.CodeOf(err) == apperr.NotFound {
		return Host{}, false, nil
	}
	return h, err == nil, err
}

// settleHosts mends the log of the domains stream where it differs from the mocks: after a change of the mode, and where a write
// did not tell. It is what makes single changes only a matter of speed.
func (s *Service) settleHosts(ctx context.Context) {
	for ctx.Err() == nil {
		settled, err := s.settleSome(ctx)
		if err != nil && ctx.Err() == nil {
			s.log.WarnContext(ctx, "cannot settle the hosts of mocks; it will be retried", "error", err)
		}
		if err != nil || settled == 0 {
			return
		}
	}
}

func (s *Service) settleSome(ctx context.Context) (int, error) {
	ctx, cancel := context.WithTimeout(ctx, lookTimeout)
	defer cancel()
	changes, err := s.repo.SettleHosts(ctx, s.hosts.PerMock, s.hosts.Of, collected)
	if err == nil && len(changes) > 0 {
		s.announcer.AnnounceChanges(changes)
	}
	return len(changes), err
}

func (s *Service) observe(ctx context.Context, o event.DomainObserved) error {
	err := s.change(ctx, o.DomainID, func(d Domain) Domain { return d.seen(o, s.now(), s.times) })
	if err != nil && apperr.CodeOf(err) == apperr.Conflict {
		// Somebody else's proof was stored meanwhile. What is seen is said again, and then this one is Taken.
		s.log.InfoContext(ctx, "two domains prove the same host; the first one keeps it", "domain_id", o.DomainID, "host", o.Host)
		return nil
	}
	return err
}

// change stores what next makes of a domain, and tells who needs to know. A domain that is gone is none of its business.
func (s *Service) change(ctx context.Context, id string, next func(Domain) Domain) error {
	changed := false
	r, err := s.repo.UpdateDomain(ctx, nil, id, func(d Domain) (Write, error) {
		is := next(d)
		if changed = is != d; !changed {
			return Write{}, nil
		}
		w := Write{Domain: is}
		if is.Serves() != d.Serves() {
			w.BuildChange = s.buildChange
			w.Changes = append(w.Changes, wanted(is))
		}
		return w, nil
	})
	if err != nil && apperr.CodeOf(err) == apperr.NotFound {
		return nil
	}
	if err == nil && changed {
		_, _ = s.announce(r, nil) // it has no error
	}
	return err
}

// certified stores how the certificate of a custom domain stands that mock servers keep. It returns the domain's id, "" if no mock answers
// on the host.
func (s *Service) certified(ctx context.Context, c event.CertificateObserved) (id string, err error) {
	id, err = s.repo.ServingDomain(ctx, c.Host)
	if err != nil || id == "" {
		return id, err
	}
	return id, s.change(ctx, id, func(d Domain) Domain {
		return d.withCertificate(c.State, c.Reason, c.ExpiresAt)
	})
}

// withCertificate is the domain after a report of its certificate; one of a newer service changes nothing.
func (d Domain) withCertificate(state, reason string, expires time.Time) Domain {
	switch c := Certificate(state); c {
	case NoCertificate, Issuing, Issued, Expiring, Failed:
		d.Certificate, d.CertificateReason, d.CertificateExpiresAt = c, reason, moment(expires)
	}
	return d
}

// applied is the domain after a report of what the provider has of it.
func (d Domain) applied(a event.DomainApplied) Domain {
	d.Applied, d.AppliedReason = a.State, a.Reason
	return d.withCertificate(a.Certificate, a.CertificateReason, a.CertificateExpiresAt)
}

// moment is a time as the databases keep it.
func moment(t time.Time) time.Time {
	if t.IsZero() {
		return time.Time{}
	}
	return t.UTC().Truncate(time.Microsecond)
}

// checkedEvery is how much time passes before it is stored that nothing has changed.
const checkedEvery = 10 * time.Minute

// seen is the domain after a look at its records.
func (d Domain) seen(u event.DomainObserved, now time.Time, times Times) Domain {
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
	if d.Serves() && !next.Serves() {
		next.Certificate, next.CertificateReason, next.CertificateExpiresAt = NoCertificate, "", time.Time{}
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
	if encoded, err := json.Marshal(u.Records); err == nil && len(u.Records) > 0 {
		next.Observed = string(encoded)
	}
	next.NextLookAt = moment(u.NextLookAt)
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
