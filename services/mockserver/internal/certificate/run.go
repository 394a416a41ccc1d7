package certificate

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"time"

	"github.com/caddyserver/certmagic"

	"github.com/mocloud/mocloud/pkg/event"
)

// state is what is known of one certificate.
type state struct {
	pending bool // it is not there, and is being asked for
	running bool
	tries   int
	next    time.Time // when it is asked for again
	reason  string    // why the latest attempt failed

	said  event.CertificateObserved
	again time.Time // when it is said again, because saying may be lost
	pause time.Duration
}

const (
	atOnce     = 16 // certificates that are asked for
	look       = 5 * time.Second
	firstAgain = 2 * time.Minute // after the first failure, then twice as long, …
	mostAgain  = 6 * time.Hour
	repeat     = 5 * time.Second // what was said, then after twice as long, …
	mostRepeat = 10 * time.Minute
)

// Run gets certificates until ctx ends; then it returns nil.
func (k *Keeper) Run(ctx context.Context) error {
	defer k.cache.Stop()
	var attempts sync.WaitGroup
	defer attempts.Wait()
	ticker := time.NewTicker(look)
	defer ticker.Stop()
	room := make(chan struct{}, atOnce)
	for {
		k.start(ctx, room, &attempts)
		k.reportChanges(ctx)
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
		case <-k.changed:
		}
	}
}

// start drops what is wanted no more, and begins what attempts are due and have room.
func (k *Keeper) start(ctx context.Context, room chan struct{}, attempts *sync.WaitGroup) {
	k.mu.Lock()
	defer k.mu.Unlock()
	for host, s := range k.states {
		if k.wanted[host] == 0 && host != k.wildcard() && !s.running {
			delete(k.states, host)
			k.cache.RemoveManaged([]certmagic.SubjectIssuer{{Subject: host}})
		}
	}
	if k.cfg.Wildcard {
		k.try(ctx, k.wildcard(), k.all, room, attempts)
	}
	for host := range k.wanted {
		k.try(ctx, host, k.single, room, attempts)
	}
}

func (k *Keeper) try(ctx context.Context, host string, config *certmagic.Config, room chan struct{}, attempts *sync.WaitGroup) {
	s := k.states[host]
	if s == nil {
		s = &state{pending: true}
		k.states[host] = s
	}
	if !s.pending || s.running || time.Now().Before(s.next) {
		return
	}
	select {
	case room <- struct{}{}:
	default:
		return
	}
	s.running = true
	attempts.Go(func() {
		err := obtain(ctx, config, host)
		<-room
		k.mu.Lock()
		s.running = false
		if s.pending = err != nil; err == nil {
			s.reason, s.tries = "", 0
		} else {
			s.reason = because(err)
			wait := min(mostAgain, firstAgain<<min(s.tries, 16))
			s.next = time.Now().Add(wait + rand.N(wait/4))
			s.tries++
		}
		k.mu.Unlock()
		if err != nil && ctx.Err() == nil {
			k.deps.Log.WarnContext(ctx, "no certificate was issued; it will be asked for again", "host", host, "error", err)
		}
		k.wake()
	})
}

// obtain has a certificate in the store and in memory.
func obtain(ctx context.Context, config *certmagic.Config, host string) error {
	ctx, cancel := context.WithTimeout(ctx, obtainWithin)
	defer cancel()
	if err := config.ObtainCertSync(ctx, host); err != nil {
		return err
	}
	_, err := config.CacheManagedCertificate(ctx, host)
	return err
}

// reportChanges reports each certificate whose status changed, and repeats the others now and then.
func (k *Keeper) reportChanges(ctx context.Context) {
	now := time.Now()
	var news []event.CertificateObserved
	counts := map[string]float64{event.CertificateIssuing: 0, event.CertificateActive: 0, event.CertificateExpiring: 0, event.CertificateFailed: 0}
	k.mu.Lock()
	for host, s := range k.states {
		is := k.standing(host, s, now)
		counts[is.State]++
		switch {
		case is != s.said:
			s.said, s.pause = is, repeat
		case now.Before(s.again):
			continue
		default:
			s.pause = min(mostRepeat, 2*s.pause)
		}
		s.again = now.Add(s.pause)
		news = append(news, is)
	}
	k.mu.Unlock()
	for state, n := range counts {
		k.count.WithLabelValues(state).Set(n)
	}
	for _, is := range news {
		if err := k.deps.Report(ctx, is); err != nil {
			k.deps.Log.DebugContext(ctx, "cannot report how a certificate stands; it will be reported again", "host", is.Host, "error", err)
			return
		}
	}
}

// standing is how a certificate stands.
func (k *Keeper) standing(host string, s *state, now time.Time) event.CertificateObserved {
	is := event.CertificateObserved{Host: host, State: event.CertificateIssuing, Reason: "The certificate is being issued."}
	for _, c := range k.cache.AllMatchingCertificates(host) {
		if c.Leaf == nil || now.After(c.Leaf.NotAfter) || strings.HasPrefix(c.Names[0], "*.") != strings.HasPrefix(host, "*.") {
			continue
		}
		is.State, is.Reason, is.ExpiresAt = event.CertificateActive, "", c.Leaf.NotAfter.UTC()
		// It is renewed when a third of its life is left.
		if left := c.Leaf.NotAfter.Sub(now); left < c.Leaf.NotAfter.Sub(c.Leaf.NotBefore)/6 {
			is.State = event.CertificateExpiring
			is.Reason = strings.TrimSpace(fmt.Sprintf("The certificate ends on %s and could not be renewed yet. %s", is.ExpiresAt.Format(time.DateOnly), s.reason))
		}
		return is
	}
	if s.reason != "" {
		is.State, is.Reason = event.CertificateFailed, s.reason
	}
	return is
}
