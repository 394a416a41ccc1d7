package chaos_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/mocloud/mocloud/pkg/testkit"
	"github.com/mocloud/mocloud/services/api/client"
	"github.com/mocloud/mocloud/tests/internal/cloud"
)

// screen is what a program shows that follows the live events and reads again what they are about, as the console does: the
// revision and the state of each mock.
type screen struct {
	cancel context.CancelFunc
	done   chan struct{}

	mu     sync.Mutex
	shown  map[string]string // by the mock's id
	names  []string          // of the events, in order
	last   string            // id
	failed error
}

// look opens a screen at a replica, which goes on after an event that was seen at another one.
func look(t *testing.T, at *cloud.Client, before *screen) *screen {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	s := &screen{cancel: cancel, done: make(chan struct{}), shown: map[string]string{}}
	if before != nil {
		before.close()
		s.shown, s.last = before.shown, before.last
	}
	events, err := at.Events(ctx, s.last)
	check(t, err)
	if before == nil {
		check(t, s.readAll(ctx, at))
	}
	go func() {
		defer close(s.done)
		for e := range events {
			if err := s.take(ctx, at, e); err != nil && ctx.Err() == nil {
				s.mu.Lock()
				s.failed = err // it is behind from now on
				s.mu.Unlock()
				return
			}
		}
	}()
	t.Cleanup(s.close)
	return s
}

func (s *screen) close() {
	s.cancel()
	<-s.done
}

func line(m cloud.Mock) string { return fmt.Sprintf("%s %d %s", m.Slug, m.Revision, m.State) }

func (s *screen) readAll(ctx context.Context, at *cloud.Client) error {
	all, err := at.List(ctx)
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.shown = map[string]string{}
	for _, m := range all {
		s.shown[m.ID] = line(m)
	}
	return nil
}

func (s *screen) take(ctx context.Context, at *cloud.Client, e cloud.LiveEvent) error {
	s.mu.Lock()
	if s.names = append(s.names, e.Name); e.ID != "" {
		s.last = e.ID
	}
	s.mu.Unlock()
	var about struct {
		MockID string `json:"mock_id"`
	}
	switch e.Name {
	case "reset":
		return s.readAll(ctx, at)
	case "mock", "publication", "mock_deleted":
		if err := json.Unmarshal([]byte(e.Data), &about); err != nil {
			return err
		}
	default:
		return nil
	}
	m, err := at.Get(ctx, about.MockID)
	problem, isProblem := errors.AsType[*cloud.Problem](err)
	gone := isProblem && problem.Status == http.StatusNotFound
	if err != nil && !gone {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.shown[about.MockID] = line(m); gone {
		delete(s.shown, about.MockID)
	}
	return nil
}

// got waits for an event after the first n of them, and returns how many there are then.
func (s *screen) got(t *testing.T, n int, name string) int {
	t.Helper()
	var count int
	cloud.Eventually(t, "the event "+name, func() error {
		s.mu.Lock()
		defer s.mu.Unlock()
		for i, each := range s.names[n:] {
			if each == name {
				count = n + i + 1
				return nil
			}
		}
		return fmt.Errorf("there are %v, %w", s.names[n:], s.failed)
	})
	return count
}

// count is how many events there were, and whether one has that name.
func (s *screen) count(name string) (all, named int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, each := range s.names {
		if each == name {
			named++
		}
	}
	return len(s.names), named
}

// shows waits until the screen shows what is true.
func (s *screen) shows(t *testing.T, truth *cloud.Client) {
	t.Helper()
	cloud.Eventually(t, "the screen shows what there is", func() error {
		all, err := truth.List(t.Context())
		if err != nil {
			return err
		}
		want := map[string]string{}
		for _, m := range all {
			want[m.ID] = line(m)
		}
		s.mu.Lock()
		defer s.mu.Unlock()
		if diff := cmp.Diff(want, s.shown); diff != "" {
			return fmt.Errorf("(-there is +shown) %s %w", diff, s.failed)
		}
		return nil
	})
}

// TestLiveEventsOfAnotherReplica: who follows one replica of the api sees what is done through the other, at once.
func TestLiveEventsOfAnotherReplica(t *testing.T) {
	t.Parallel()
	c := cloud.StartApart(t, binaries, cloud.Servers{})
	c.AddAPI()
	doer, other := c.Replica(0), c.Replica(1)
	// The first resets, when each replica hears of the other, are over when the second one's events come without.
	heard(t, c)
	s := look(t, other, nil)
	var lately time.Time // the doer was heard after this
	cloud.Eventually(t, "the replicas know each other", func() error {
		lately = time.Now()
		all, resets := s.count("reset")
		m, err := doer.Create(t.Context(), fmt.Sprintf("hello-%d", all), cloud.Answering("x"))
		check(t, err)
		check(t, doer.Delete(t.Context(), m.ID))
		s.got(t, all, "mock_deleted")
		if _, now := s.count("reset"); now != resets {
			return errors.New("there was a reset")
		}
		return nil
	})
	for attempt := 1; ; attempt++ {
		began := time.Now()
		_, resets := s.count("reset")
		s.seesAll(t, doer)
		_, now := s.count("reset")
		if now == resets {
			break
		}
		// On a machine that is so slow, one counts as dead for the other.
		if time.Since(lately) < silent || attempt == attempts {
			t.Fatalf("%d resets while nothing was lost", now-resets)
		}
		lately = began
	}
}

// seesAll has the screen shown what happens to a mock, event by event.
func (s *screen) seesAll(t *testing.T, doer *cloud.Client) {
	t.Helper()
	n, _ := s.count("")
	m, err := doer.Create(t.Context(), "pets", cloud.Answering("one"))
	check(t, err)
	n = s.got(t, n, "mock")
	check(t, doer.Publish(t.Context(), m.ID))
	n = s.got(t, n, "publication")
	cloud.Eventually(t, "it is seen to be published", func() error {
		s.mu.Lock()
		defer s.mu.Unlock()
		if s.shown[m.ID] != "pets 1 published" {
			return errors.New(s.shown[m.ID])
		}
		return nil
	})
	_, err = doer.Update(t.Context(), m.ID, cloud.Answering("two"))
	check(t, err)
	n = s.got(t, n, "mock")
	added, err := doer.API(t).CreateDomainWithResponse(t.Context(), m.ID, nil, client.NewDomain{Host: "api.customer.co"})
	check(t, err)
	n = s.got(t, n, "domain")
	deleted, err := doer.API(t).DeleteDomainWithResponse(t.Context(), added.JSON201.ID)
	check(t, err)
	if deleted.StatusCode() != http.StatusNoContent {
		t.Errorf("give the domain up: %s", deleted.Status())
	}
	n = s.got(t, n, "domain_deleted")
	check(t, doer.Delete(t.Context(), m.ID))
	s.got(t, n, "mock_deleted")
	s.shows(t, doer)
}

// heard makes a mock that is live, and waits until both replicas of the api have heard so: from then on they hear everything.
func heard(t *testing.T, c *cloud.Cloud) cloud.Mock {
	t.Helper()
	m := published(t, c, "shop", "one")
	for replica := range 2 {
		check(t, c.Replica(replica).WaitFor(t.Context(), m.ID, m.Revision, cloud.Published))
	}
	return m
}

// TestReplicaOfFollowerKilled: its followers go on at the other replica with the id of the last event that they saw, and have
// missed nothing of what was done meanwhile.
func TestReplicaOfFollowerKilled(t *testing.T) {
	t.Parallel()
	c := cloud.StartApart(t, binaries, cloud.Servers{})
	second := c.AddAPI()
	first, other := c.Replica(0), c.Replica(1)
	m := heard(t, c)
	s := look(t, other, nil)
	_, err := first.Update(t.Context(), m.ID, cloud.Answering("two"))
	check(t, err)
	s.got(t, 0, "mock")
	for round := range 3 {
		at, killed := first, second
		if round%2 == 1 {
			at, killed = other, "api"
		}
		c.Process(killed).Kill()
		_, err := at.Update(t.Context(), m.ID, cloud.Answering(fmt.Sprint("round ", round)))
		check(t, err)
		made, err := at.Create(t.Context(), fmt.Sprintf("made-%d", round), cloud.Answering("x"))
		check(t, err)
		s = look(t, at, s)
		s.shows(t, at)
		check(t, at.Delete(t.Context(), made.ID))
		s.got(t, 0, "mock_deleted")
		s.shows(t, at)
		c.StartAll()
	}
}

// withReplica starts a cloud with a second replica of the api, whose way to Redis can be broken.
func withReplica(t *testing.T) (c *cloud.Cloud, proxy *testkit.FaultProxy, second string) {
	t.Helper()
	proxy = testkit.NewFaultProxy(t, testkit.Redis(t).URL)
	c = cloud.StartApart(t, binaries, cloud.Servers{})
	return c, proxy, c.AddAPI("REDIS_URL=" + proxy.URL())
}

// TestReplicaOfDoerDies: what a replica did and could not tell before it died, the other's followers learn all the same.
func TestReplicaOfDoerDies(t *testing.T) {
	t.Parallel()
	c, proxy, second := withReplica(t)
	first, doer := c.Replica(0), c.Replica(1)
	m := heard(t, c)
	s := look(t, first, nil)
	_, err := doer.Update(t.Context(), m.ID, cloud.Answering("two"))
	check(t, err)
	s.got(t, 0, "mock")
	proxy.Cut()
	_, err = doer.Create(t.Context(), "untold", cloud.Answering("x"))
	check(t, err)
	c.Process(second).Kill()
	s.shows(t, first)
}

// TestFollowersWithoutRedis: who follows a replica that cannot hear the other for a while misses nothing in the end.
func TestFollowersWithoutRedis(t *testing.T) {
	t.Parallel()
	c, proxy, _ := withReplica(t)
	doer, deaf := c.Replica(0), c.Replica(1)
	m := heard(t, c)
	s := look(t, deaf, nil)
	_, err := doer.Update(t.Context(), m.ID, cloud.Answering("two"))
	check(t, err)
	s.got(t, 0, "mock")
	s.shows(t, doer)
	proxy.Cut()
	_, err = doer.Create(t.Context(), "unheard", cloud.Answering("x"))
	check(t, err)
	check(t, pause(t.Context(), time.Second))
	proxy.Heal()
	s.shows(t, doer)
}

// TestMessagesBetweenReplicasLost: a dropped message shows as a hole in the numbers.
func TestMessagesBetweenReplicasLost(t *testing.T) {
	t.Parallel()
	c, proxy, _ := withReplica(t)
	doer, other := c.Replica(0), c.Replica(1)
	published(t, c, "shop", "one")
	var once sync.Once
	dropped := make(chan struct{})
	proxy.OnMessage(func(channel string, payload []byte) testkit.Fate {
		fate := testkit.Deliver
		if strings.HasSuffix(channel, "workspace.changed") && strings.Contains(string(payload), "unheard") {
			once.Do(func() { fate = testkit.Drop; close(dropped) })
		}
		return fate
	})
	s := look(t, other, nil)
	tries := 0
	cloud.Eventually(t, "the replica listens again", func() error {
		tries++
		_, err := doer.Create(t.Context(), fmt.Sprintf("hello-%d", tries), cloud.Answering("x"))
		check(t, err)
		check(t, pause(t.Context(), 200*time.Millisecond))
		if _, heard := s.count("mock"); heard == 0 {
			return errors.New("it hears nothing")
		}
		return nil
	})
	_, err := doer.Create(t.Context(), "unheard", cloud.Answering("x"))
	check(t, err)
	select {
	case <-dropped:
	case <-time.After(time.Minute):
		t.Fatal("the message never came")
	}
	s.shows(t, doer)
}
