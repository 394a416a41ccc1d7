package chaos_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/mocloud/mocloud/pkg/testkit"
	"github.com/mocloud/mocloud/tests/internal/cloud"
)

// The tests here break one thing at a chosen instant, where storms break something at any.

// TestKilledBeforePublishing: an api that dies between the commit of an edit and its publication loses nothing: its next life says
// how far the log is.
func TestKilledBeforePublishing(t *testing.T) {
	t.Parallel()
	proxy := testkit.NewFaultProxy(t, testkit.Redis(t).URL)
	c := cloud.StartApart(t, binaries, cloud.Servers{RedisURL: proxy.URL()})
	mock := published(t, c, "steady", "at first")

	proxy.Cut() // what is committed now cannot be published
	_, err := c.Update(t.Context(), mock.ID, cloud.Answering("committed and never published"))
	check(t, err)
	c.Process("api").Kill()
	proxy.Heal()
	for range 20 {
		answers(t, c, mock, "at first") // nobody knows of it
		check(t, pause(t.Context(), 50*time.Millisecond))
	}
	c.StartAll()
	heals(t, c, mock, "committed and never published")
}

// answersAt checks what a mock answers at a mock server of its own address, soon.
func answersAt(t *testing.T, c *cloud.Cloud, address string, mock cloud.Mock, want string) {
	t.Helper()
	cloud.Eventually(t, address+" answers "+want, func() error {
		request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+address+"/answer", nil)
		if err != nil {
			return err
		}
		request.Host = strings.TrimPrefix(mock.URL, "http://")
		response, err := c.Do(request)
		if err != nil {
			return err
		}
		defer response.Body.Close()
		body, err := io.ReadAll(io.LimitReader(response.Body, 1<<20))
		if err == nil && string(body) != want {
			err = fmt.Errorf("it answers %d %q", response.StatusCode, body)
		}
		return err
	})
}

// TestMockServerCutOff: a mock server that alone has lost Redis looks at the object store instead, and nobody waits for it for long.
func TestMockServerCutOff(t *testing.T) {
	t.Parallel()
	redis := testkit.Redis(t)
	proxy := testkit.NewFaultProxy(t, redis.URL)
	c := cloud.StartApart(t, binaries, cloud.Servers{})
	_, address := c.AddMockServer("REDIS_URL=" + proxy.URL())
	mock := published(t, c, "steady", "at first")
	answersAt(t, c, address, mock, "at first")

	for i, lose := range []func(){proxy.Cut, proxy.BlackHole} {
		lose()
		text := fmt.Sprint("without Redis ", i)
		live(t, c, mock, text)
		answersAt(t, c, address, mock, text)
		proxy.Heal()
		text = fmt.Sprint("with Redis ", i)
		heals(t, c, edited(t, c, mock, text), text)
		answersAt(t, c, address, mock, text)
	}
}

// silent is how long a mock server or a replica of the api counts as living after it was last heard.
const silent = 5 * time.Second

// attempts is how often a test tries that has to be faster than silent, before it blames mocloud and not the machine.
const attempts = 20

// TestDeadMockServer: a publication waits for every mock server that lives, and for one that died only until that shows.
func TestDeadMockServer(t *testing.T) {
	t.Parallel()
	c := cloud.StartApart(t, binaries, cloud.Servers{})
	second, address := c.AddMockServer()
	mock := published(t, c, "steady", "at first")
	answersAt(t, c, address, mock, "at first")

	for attempt := 1; ; attempt++ {
		heard := time.Now() // of both, after this: of what they have
		live(t, c, mock, fmt.Sprint("before it slept ", attempt))
		c.Process(second).Pause() // it lives, and has not reported that it has the edit
		text := fmt.Sprint("while one slept ", attempt)
		changed := edited(t, c, mock, text)
		cloud.Eventually(t, "the other has it", func() error {
			answer, err := c.Call(t.Context(), mock.URL+"/answer")
			if err == nil && answer.Body != text {
				err = fmt.Errorf("it answers %q", answer.Body)
			}
			return err
		})
		read, err := c.Get(t.Context(), mock.ID)
		check(t, err)
		tooLate := time.Since(heard) >= silent // it counts as dead on a machine that is so slow
		c.Process(second).Resume()
		check(t, c.WaitFor(t.Context(), mock.ID, changed.Revision, cloud.Published))
		answersAt(t, c, address, mock, text)
		if read.State == cloud.Publishing {
			break
		}
		if !tooLate || attempt == attempts {
			t.Fatalf("one of two mock servers has the edit, and it is %q", read.State)
		}
	}

	c.Process(second).Kill()
	live(t, c, mock, "when one had died")
	c.StartAll()
	heals(t, c, edited(t, c, mock, "and come back"), "and come back")
	answersAt(t, c, address, mock, "and come back")
}

// edited writes a new revision.
func edited(t *testing.T, c *cloud.Cloud, mock cloud.Mock, text string) cloud.Mock {
	t.Helper()
	mock, err := c.Update(t.Context(), mock.ID, cloud.Answering(text))
	check(t, err)
	return mock
}

// live makes an edit that the API has to call published while everything is as it is.
func live(t *testing.T, c *cloud.Cloud, mock cloud.Mock, text string) {
	t.Helper()
	began := time.Now()
	changed := edited(t, c, mock, text)
	check(t, c.WaitFor(t.Context(), mock.ID, changed.Revision, cloud.Published))
	cloud.Report(t, "%q: published after %v", text, time.Since(began).Round(time.Millisecond))
	answers(t, c, changed, text)
}

// TestGeneratorAsleep: of two generators one falls asleep at any instant, for longer than its lease at times, and goes on where it was
// when it wakes. What it does then harms nobody.
func TestGeneratorAsleep(t *testing.T) {
	t.Parallel()
	c := cloud.StartApart(t, binaries, cloud.Servers{})
	c.Process("yamlgen").Kill()
	names := []string{c.AddReplica("yamlgen", "YAMLGEN_LEASE=1s"), c.AddReplica("yamlgen", "YAMLGEN_LEASE=1s")}
	storm(t, c, func(ctx context.Context, random *rand.Rand) {
		p := c.Process(names[random.IntN(2)])
		p.Pause()
		_ = pause(ctx, time.Duration(random.IntN(2500))*time.Millisecond) // it wakes in any case
		p.Resume()
	})
}

// TestDatabaseRestored: the database is put back to an earlier state while everything else goes on, and nobody says so: the numbers
// that others report tell. What was published then answers again, and what came later is gone.
func TestDatabaseRestored(t *testing.T) {
	t.Parallel()
	c := cloud.StartApart(t, binaries, cloud.Servers{})
	urls, expected := map[string]string{}, cloud.Truth{}
	for i := range 5 {
		text := fmt.Sprint("backed up ", i)
		mock := published(t, c, fmt.Sprint("kept-", i), text)
		urls[mock.Slug], expected[mock.Slug] = mock.URL, text
	}
	file := filepath.Join(t.TempDir(), "backup.dump")
	execute(t, "pg_dump", "--format=custom", "--file="+file, c.DatabaseURL)
	all, err := c.List(t.Context())
	check(t, err)
	for i, mock := range all {
		switch i {
		case 0:
			check(t, c.Delete(t.Context(), mock.ID))
		case 1:
			check(t, c.Unpublish(t.Context(), mock.ID))
		default:
			check(t, c.WaitFor(t.Context(), mock.ID, edited(t, c, mock, "never backed up").Revision, cloud.Published))
		}
	}
	later := published(t, c, "later", "never backed up")
	urls[later.Slug] = later.URL

	c.Process("api").Kill()
	execute(t, "pg_restore", "--clean", "--if-exists", "--single-transaction", "--dbname="+c.DatabaseURL, file)
	c.StartAll()
	c.Converge(t, expected, urls)

	changed := published(t, c, "afterwards", "after the restore")
	urls[changed.Slug], expected[changed.Slug] = changed.URL, "after the restore"
	c.Converge(t, expected, urls)
}

func execute(t *testing.T, program string, args ...string) {
	t.Helper()
	if out, err := exec.CommandContext(t.Context(), program, args...).CombinedOutput(); err != nil {
		t.Fatal(errors.Join(err, errors.New(string(out))))
	}
}
