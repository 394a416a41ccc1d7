// Package chaos_test breaks what mocloud stands on and checks that nothing is lost, nothing stale is served and nothing comes
// twice: each row of the failure table in docs/architecture.md. The long form (-long) makes more edits.
package chaos_test

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"net/http"
	"testing"
	"time"

	"github.com/mocloud/mocloud/pkg/testkit"
	"github.com/mocloud/mocloud/tests/internal/cloud"
)

var (
	binaries cloud.Binaries
	long     = flag.Bool("long", false, "make a thousand edits where the short form makes some")
)

func TestMain(m *testing.M) { cloud.Main(m, &binaries) }

// edits is how many edits a storm makes at least.
func edits() int {
	if *long {
		return 1000
	}
	return 60
}

// disturbances is how often a storm breaks something at least.
func disturbances() int {
	if *long {
		return 50
	}
	return 5
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// published makes a mock that answers text and waits until it is live.
func published(t *testing.T, c *cloud.Cloud, slug, text string) cloud.Mock {
	t.Helper()
	mock, err := c.Create(t.Context(), slug, cloud.Answering(text))
	check(t, err)
	check(t, c.Publish(t.Context(), mock.ID))
	check(t, c.WaitFor(t.Context(), mock.ID, mock.Revision, cloud.Published))
	return mock
}

// answers checks what a mock answers, now.
func answers(t *testing.T, c *cloud.Cloud, mock cloud.Mock, want string) {
	t.Helper()
	answer, err := c.Call(t.Context(), mock.URL+"/answer")
	check(t, err)
	if answer.Status != http.StatusOK || answer.Body != want {
		t.Fatalf("%s answers %d %q, want %q", mock.URL, answer.Status, answer.Body, want)
	}
}

// waits makes an edit that cannot be live yet: the API accepts it as publishing, and the mock keeps answering as before.
func waits(t *testing.T, c *cloud.Cloud, mock cloud.Mock, text, before string) {
	t.Helper()
	edited, err := c.Update(t.Context(), mock.ID, cloud.Answering(text))
	check(t, err)
	for range 20 {
		answers(t, c, mock, before)
		check(t, pause(t.Context(), 50*time.Millisecond))
	}
	read, err := c.Get(t.Context(), mock.ID)
	check(t, err)
	if read.Revision != edited.Revision || read.State != cloud.Publishing {
		t.Errorf("the edit is revision %d, the mock is at %d and %q", edited.Revision, read.Revision, read.State)
	}
}

// heals checks that everything comes to what was asked for last.
func heals(t *testing.T, c *cloud.Cloud, mock cloud.Mock, text string) {
	t.Helper()
	c.Converge(t, cloud.Truth{mock.Slug: text}, map[string]string{mock.Slug: mock.URL})
	cloud.Eventually(t, "the API calls it published", func() error {
		read, err := c.Get(t.Context(), mock.ID)
		if err == nil && read.State != cloud.Published {
			err = errors.New("it is " + read.State)
		}
		return err
	})
}

// killer kills one of the processes and starts it again.
func killer(c *cloud.Cloud, names ...string) func(context.Context, *rand.Rand) {
	return func(_ context.Context, random *rand.Rand) { c.Restart(names[random.IntN(len(names))], true) }
}

func TestYamlgenKilled(t *testing.T) {
	t.Parallel()
	c := cloud.StartApart(t, binaries, cloud.Servers{})
	storm(t, c, killer(c, "yamlgen"))
}

func TestMockserverKilled(t *testing.T) {
	t.Parallel()
	c := cloud.StartApart(t, binaries, cloud.Servers{})
	storm(t, c, killer(c, "mockserver"))
}

// TestAPIKilled hits, among other instants, the one between a commit and the publication of its change.
func TestAPIKilled(t *testing.T) {
	t.Parallel()
	c := cloud.StartApart(t, binaries, cloud.Servers{})
	storm(t, c, killer(c, "api"))
}

func TestEverythingKilled(t *testing.T) {
	t.Parallel()
	c := cloud.StartApart(t, binaries, cloud.Servers{})
	storm(t, c, killer(c, c.Processes()...))
}

// TestTwoYamlgens: one works, the other takes over when it dies, and the two never interleave.
func TestTwoYamlgens(t *testing.T) {
	t.Parallel()
	c := cloud.StartApart(t, binaries, cloud.Servers{})
	second := c.AddReplica("yamlgen")
	storm(t, c, killer(c, "yamlgen", second))
}

// TestTwoAPIs: both write to the same database and publish what they committed; whatever one leaves unsaid, the other says.
func TestTwoAPIs(t *testing.T) {
	t.Parallel()
	c := cloud.StartApart(t, binaries, cloud.Servers{})
	second := c.AddAPI()
	storm(t, c, killer(c, "api", second))
}

// TestTwoOfEach: two apis and two generators, each of them killed at random.
func TestTwoOfEach(t *testing.T) {
	t.Parallel()
	c := cloud.StartApart(t, binaries, cloud.Servers{})
	storm(t, c, killer(c, "api", "yamlgen", "mockserver", c.AddAPI(), c.AddReplica("yamlgen")))
}

// TestMessagesLost: of what Redis pushes, a part never arrives, a part arrives twice or late.
func TestMessagesLost(t *testing.T) {
	t.Parallel()
	proxy := testkit.NewFaultProxy(t, testkit.Redis(t).URL)
	c := cloud.StartApart(t, binaries, cloud.Servers{RedisURL: proxy.URL()})
	proxy.OnMessage(func(string, []byte) testkit.Fate {
		return []testkit.Fate{testkit.Deliver, testkit.Deliver, testkit.Drop, testkit.Duplicate, testkit.Hold}[rand.IntN(5)]
	})
	storm(t, c, func(context.Context, *rand.Rand) { proxy.Break() })
}

// TestConnectionsBreak: Redis, Postgres and the object store lose their connections again and again, and are slow between.
func TestConnectionsBreak(t *testing.T) {
	t.Parallel()
	redis := testkit.NewFaultProxy(t, testkit.Redis(t).URL)
	postgres := testkit.NewFaultProxy(t, testkit.Postgres(t))
	objects := testkit.NewFaultProxy(t, testkit.ObjectStoreURL(t))
	c := cloud.StartApart(t, binaries, cloud.Servers{RedisURL: redis.URL(), DatabaseURL: postgres.URL(), ObjectStoreURL: objects.URL()})
	storm(t, c, func(ctx context.Context, random *rand.Rand) {
		proxy := []*testkit.FaultProxy{redis, postgres, objects}[random.IntN(3)]
		switch random.IntN(4) {
		case 0:
			proxy.Cut()
		case 1:
			proxy.BlackHole()
		case 2:
			proxy.Delay(time.Duration(random.IntN(100)) * time.Millisecond)
		case 3:
			proxy.Break()
		}
		_ = pause(ctx, time.Duration(random.IntN(700))*time.Millisecond) // it heals in any case
		proxy.Heal()
	})
}

// TestClocksJump: the clocks of Redis and Postgres jump by up to a day, forwards and backwards. Redis ends leases by its clock, so
// that two generators are active at times.
func TestClocksJump(t *testing.T) {
	t.Parallel()
	redis, postgres := testkit.RedisServerWithClock(t), testkit.PostgresServerWithClock(t)
	c := cloud.StartApart(t, binaries, cloud.Servers{RedisURL: redis.URL(), DatabaseURL: postgres.URL()})
	c.AddReplica("yamlgen")
	storm(t, c, func(_ context.Context, random *rand.Rand) {
		server := []*testkit.Server{redis, postgres}[random.IntN(2)]
		by := time.Duration(1) << random.IntN(17) * time.Second
		if random.IntN(2) == 0 {
			by = -by
		}
		server.ShiftClock(by)
	})
}

// TestRedisGone kills, restarts and pauses Redis: mocks answer all the time, edits are taken and wait.
func TestRedisGone(t *testing.T) {
	t.Parallel()
	redis := testkit.RedisServer(t)
	c := cloud.StartApart(t, binaries, cloud.Servers{RedisURL: redis.URL()})
	mock := published(t, c, "steady", "at first")

	redis.Kill()
	// Without Redis mock servers poll the object store, but nobody tells the generator of the edit.
	waits(t, c, mock, "while Redis was away", "at first")
	redis.Start()
	heals(t, c, mock, "while Redis was away")

	redis.Pause()
	waits(t, c, mock, "while Redis was paused", "while Redis was away")
	redis.Resume()
	heals(t, c, mock, "while Redis was paused")
}

// TestObjectStoreGone: mocks answer all the time, also those that are called for the first time; edits wait.
func TestObjectStoreGone(t *testing.T) {
	t.Parallel()
	objects := testkit.S3Server(t)
	c := cloud.StartApart(t, binaries, cloud.Servers{ObjectStoreURL: objects.Bucket()})
	mock := published(t, c, "steady", "at first")

	objects.Kill()
	waits(t, c, mock, "while the store was away", "at first")
	objects.Start()
	heals(t, c, mock, "while the store was away")

	objects.Pause()
	waits(t, c, mock, "while the store was paused", "while the store was away")
	objects.Resume()
	heals(t, c, mock, "while the store was paused")
}

// TestPostgresGone: mocks answer all the time, the API says what is the matter, and goes on when Postgres is back.
func TestPostgresGone(t *testing.T) {
	t.Parallel()
	postgres := testkit.PostgresServer(t)
	proxy := testkit.NewFaultProxy(t, postgres.URL())
	c := cloud.StartApart(t, binaries, cloud.Servers{DatabaseURL: proxy.URL()})
	mock := published(t, c, "steady", "at first")

	postgres.Kill()
	for range 5 {
		_, err := c.Update(t.Context(), mock.ID, cloud.Answering("refused"))
		problem, ok := errors.AsType[*cloud.Problem](err)
		if !ok || problem.Status != http.StatusServiceUnavailable || problem.Code == "" {
			t.Errorf("without Postgres the API answers %v", err)
		}
		answers(t, c, mock, "at first")
	}
	postgres.Start()
	cloud.Eventually(t, "the API takes edits again", func() error {
		_, err := c.Update(t.Context(), mock.ID, cloud.Answering("after Postgres came back"))
		return err
	})
	heals(t, c, mock, "after Postgres came back")

	proxy.BlackHole() // it takes connections and says nothing
	began := time.Now()
	_, err := c.Update(t.Context(), mock.ID, cloud.Answering("asked of a sleeper"))
	t.Logf("while Postgres sleeps the API answers %v after %v", err, time.Since(began).Round(time.Millisecond))
	if problem, ok := errors.AsType[*cloud.Problem](err); !ok || problem.Status != http.StatusServiceUnavailable {
		t.Errorf("while Postgres sleeps the API answers %v", err)
	}
	answers(t, c, mock, "after Postgres came back")
	proxy.Heal()
	cloud.Eventually(t, "the API takes edits again", func() error {
		_, err := c.Update(t.Context(), mock.ID, cloud.Answering("after Postgres woke"))
		return err
	})
	heals(t, c, mock, "after Postgres woke")
}

// TestHostileMocks: what is invalid or too much is refused to its owner, and nobody else notices.
func TestHostileMocks(t *testing.T) {
	t.Parallel()
	c := cloud.StartApart(t, binaries, cloud.Servers{})
	bystander := published(t, c, "bystander", "still here")
	bomb := "a: &a [x, x, x, x, x, x, x, x, x]\n"
	for level := range 8 {
		bomb += fmt.Sprintf("%c: &%c [*%c, *%c, *%c, *%c, *%c, *%c, *%c, *%c, *%c]\n", 'b'+level, 'b'+level,
			'a'+level, 'a'+level, 'a'+level, 'a'+level, 'a'+level, 'a'+level, 'a'+level, 'a'+level, 'a'+level)
	}
	for name, content := range map[string]string{
		"unparsable": "- endpoint: [", "bomb": bomb, "empty": "[]", "binary": "\x01\x02", "scalar": "just text",
	} {
		mock, err := c.Create(t.Context(), "hostile-"+name, content)
		if problem, ok := errors.AsType[*cloud.Problem](err); ok && problem.Status < http.StatusInternalServerError {
			continue // refused at once
		}
		check(t, err)
		if err := c.Publish(t.Context(), mock.ID); err == nil && name != "empty" {
			t.Errorf("%s: it can be published", name)
		} else if problem, ok := errors.AsType[*cloud.Problem](err); err != nil && (!ok || problem.Status >= http.StatusInternalServerError) {
			t.Errorf("%s: %v", name, err)
		}
		answers(t, c, bystander, "still here")
	}
	edited, err := c.Update(t.Context(), bystander.ID, cloud.Answering("and edited"))
	check(t, err)
	check(t, c.WaitFor(t.Context(), bystander.ID, edited.Revision, cloud.Published))
	answers(t, c, bystander, "and edited")
}
