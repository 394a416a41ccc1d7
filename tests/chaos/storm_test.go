package chaos_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"net/http"
	"sync"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/mocloud/mocloud/tests/internal/cloud"
)

// editor works on mocks of its own and repeats every step until it succeeds, as a patient user does: so it knows exactly what
// has to be published in the end, whatever broke meanwhile.
type editor struct {
	cloud  *cloud.Cloud
	random *rand.Rand
	name   string
	made   int
	edits  int

	mocks    []cloud.Mock
	expected cloud.Truth
	urls     map[string]string
}

// mocksPerEditor is how many mocks an editor keeps.
const mocksPerEditor = 3

// repeatEvery is how long an editor waits before it repeats what failed.
const repeatEvery = 50 * time.Millisecond

// run makes at least so many edits, and goes on until enough was broken.
func (e *editor) run(ctx context.Context, edits int, enough <-chan struct{}) error {
	for range mocksPerEditor {
		if err := e.create(ctx); err != nil {
			return err
		}
	}
	for e.edits < edits || !closed(enough) {
		i := e.random.IntN(len(e.mocks))
		var err error
		switch e.random.IntN(20) {
		case 0:
			if err = e.remove(ctx, i); err == nil {
				err = e.create(ctx)
			}
		case 1:
			if err = e.patiently(ctx, func() error { return e.cloud.Unpublish(ctx, e.mocks[i].ID) }); err == nil {
				delete(e.expected, e.mocks[i].Slug)
			}
		default:
			err = e.edit(ctx, i)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (e *editor) create(ctx context.Context) error {
	e.made++
	slug := fmt.Sprintf("%s-%d", e.name, e.made)
	text := e.text()
	var mock cloud.Mock
	err := e.patiently(ctx, func() (err error) {
		mock, err = e.cloud.Create(ctx, slug, cloud.Answering(text))
		if problem, ok := errors.AsType[*cloud.Problem](err); ok && problem.Status == http.StatusConflict {
			mock, err = e.find(ctx, slug) // the answer to an earlier attempt was lost
		}
		return err
	})
	if err != nil {
		return err
	}
	e.mocks = append(e.mocks, mock)
	e.urls[slug] = mock.URL
	return e.publish(ctx, len(e.mocks)-1, text)
}

func (e *editor) edit(ctx context.Context, i int) error {
	text := e.text()
	err := e.patiently(ctx, func() error {
		_, err := e.cloud.Update(ctx, e.mocks[i].ID, cloud.Answering(text))
		return err
	})
	if err != nil {
		return err
	}
	return e.publish(ctx, i, text)
}

func (e *editor) publish(ctx context.Context, i int, text string) error {
	err := e.patiently(ctx, func() error { return e.cloud.Publish(ctx, e.mocks[i].ID) })
	e.expected[e.mocks[i].Slug] = text
	return err
}

func (e *editor) remove(ctx context.Context, i int) error {
	err := e.patiently(ctx, func() error {
		err := e.cloud.Delete(ctx, e.mocks[i].ID)
		if problem, ok := errors.AsType[*cloud.Problem](err); ok && problem.Status == http.StatusNotFound {
			return nil // the answer to an earlier attempt was lost
		}
		return err
	})
	delete(e.expected, e.mocks[i].Slug)
	e.mocks = append(e.mocks[:i], e.mocks[i+1:]...)
	return err
}

func (e *editor) find(ctx context.Context, slug string) (cloud.Mock, error) {
	all, err := e.cloud.List(ctx)
	if err != nil {
		return cloud.Mock{}, err
	}
	for _, mock := range all {
		if mock.Slug == slug {
			return mock, nil
		}
	}
	return cloud.Mock{}, fmt.Errorf("the API says that %s exists and does not list it", slug)
}

// text is new each time, so that an old answer is never taken for a new one.
func (e *editor) text() string {
	e.edits++
	return fmt.Sprintf("%s edit %d", e.name, e.edits)
}

// patiently repeats a step until it succeeds. A refusal (4xx) is not repeated: the API is there and says no.
func (e *editor) patiently(ctx context.Context, step func() error) error {
	for {
		err := step()
		if err == nil {
			return nil
		}
		if problem, ok := errors.AsType[*cloud.Problem](err); ok && problem.Status < http.StatusInternalServerError && problem.Status != http.StatusTooManyRequests {
			return err
		}
		if waitErr := pause(ctx, repeatEvery); waitErr != nil {
			return errors.Join(waitErr, err)
		}
	}
}

func closed(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}

// pause waits, unless ctx ends before.
func pause(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-time.After(d):
		return nil
	}
}

// stormTimeout bounds how long editors may take.
const stormTimeout = 5 * time.Minute

// storm lets editors work while disturb breaks something and mends it, again and again at random instants, and then checks that
// what they did is what the database, the unified mock and HTTP say.
func storm(t *testing.T, c *cloud.Cloud, disturb func(ctx context.Context, random *rand.Rand)) {
	t.Helper()
	const editors = 4
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	ctx, cancel := context.WithTimeout(t.Context(), stormTimeout)
	defer cancel()

	started := time.Now()
	enough := make(chan struct{})
	disturbing, stop := context.WithCancel(ctx)
	defer stop()
	var disturber sync.WaitGroup
	broken := 0
	disturber.Go(func() {
		defer cancel() // before the editors are done only if it failed the test: then they need not go on
		random := rand.New(rand.NewPCG(seed, 0))
		for done := 0; pause(disturbing, time.Duration(random.IntN(400))*time.Millisecond) == nil; done++ {
			if done == disturbances() {
				close(enough)
			}
			disturb(disturbing, random)
			broken++
		}
	})

	all := make([]*editor, editors)
	var group errgroup.Group
	for i := range all {
		all[i] = &editor{
			cloud: c, random: rand.New(rand.NewPCG(seed, uint64(i)+1)), name: fmt.Sprintf("e%d", i),
			expected: cloud.Truth{}, urls: map[string]string{},
		}
		group.Go(func() error { return all[i].run(ctx, edits()/editors, enough) })
	}
	err := group.Wait()
	stop()
	disturber.Wait()
	if err != nil {
		t.Fatal(err)
	}
	worked := time.Since(started).Round(time.Millisecond)
	expected, urls, made := cloud.Truth{}, map[string]string{}, 0
	for _, e := range all {
		made += e.edits
		maps.Copy(expected, e.expected)
		maps.Copy(urls, e.urls)
	}
	ended := time.Now()
	c.Converge(t, expected, urls)
	t.Logf("%d edits of %d mocks in %v, broken %d times; all agree on %d published mocks %v after the last",
		made, len(urls), worked, broken, len(expected), time.Since(ended).Round(time.Millisecond))
}
