package chaos_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/anishathalye/porcupine"
	"github.com/redis/go-redis/v9"

	"github.com/mocloud/mocloud/pkg/testkit"
	"github.com/mocloud/mocloud/tests/internal/cloud"
)

const counting = `- state: {hits: 0}
- endpoint: {path: /hit, response: {set: {hits: "{{state.hits|add:1}}"}, headers: {Content-Type: text/plain}, body: "{{state.hits}}"}}
- endpoint: {path: /hits, response: {headers: {Content-Type: text/plain}, body: "{{state.hits}}"}}
`

// counter asks the mock servers of a cloud.
type counter struct {
	client  *http.Client
	servers []string
	host    string
}

// counters starts three mock servers with a mock that counts.
func counters(t *testing.T, c *cloud.Cloud) (counter, []string) {
	t.Helper()
	names := []string{"mockserver"}
	var servers []string
	for range 2 {
		name, address := c.AddMockServer()
		names, servers = append(names, name), append(servers, address)
	}
	mock, err := c.Create(t.Context(), "counting", counting)
	check(t, err)
	check(t, c.Publish(t.Context(), mock.ID))
	check(t, c.WaitFor(t.Context(), mock.ID, mock.Revision, cloud.Published))
	client := &http.Client{Timeout: 5 * time.Second, Transport: &http.Transport{MaxIdleConnsPerHost: 16}}
	t.Cleanup(client.CloseIdleConnections)
	host := strings.TrimPrefix(mock.URL, "http://")
	name, port, _ := strings.Cut(host, ":")
	return counter{client: client, servers: append(servers, "127.0.0.1:"+port), host: name}, names
}

// ask returns the number that a mock server answers; false if it is not known what became of the request.
func (c *counter) ask(ctx context.Context, server int, path, session string) (int, bool) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+c.servers[server]+path, nil)
	if err != nil {
		return 0, false
	}
	r.Host = c.host
	r.Header.Set("X-Mocloud-Session", session)
	res, err := c.client.Do(r)
	if err != nil {
		return 0, false
	}
	body, err := io.ReadAll(res.Body)
	_ = res.Body.Close()
	n, numeric := strconv.Atoi(string(body))
	return n, err == nil && numeric == nil && res.StatusCode == http.StatusOK
}

// TestStateOfKilledServers: however often mock servers are killed, every request that was answered counted once.
func TestStateOfKilledServers(t *testing.T) {
	if !*long {
		t.Skip("only in the long form")
	}
	c := cloud.StartApart(t, binaries, cloud.Servers{})
	count, names := counters(t, c)
	const requests, workers = 100_000, 16
	stop := make(chan struct{})
	var killing sync.WaitGroup
	killing.Go(func() {
		random := rand.New(rand.NewPCG(1, 2)) // #nosec G404 -- a test
		tick := time.NewTicker(2 * time.Second)
		defer tick.Stop()
		for {
			select {
			case <-stop:
				return
			case <-tick.C:
				c.Restart(names[random.IntN(len(names))], true)
			}
		}
	})
	var mu sync.Mutex
	seen := map[int]int{}
	answered, unknown := 0, 0
	var asking sync.WaitGroup
	for w := range workers {
		asking.Go(func() {
			for i := w; i < requests; i += workers {
				n, ok := count.ask(t.Context(), i%len(count.servers), "/hit", "s")
				mu.Lock()
				if ok {
					answered++
					seen[n]++
				} else {
					unknown++
				}
				mu.Unlock()
			}
		})
	}
	asking.Wait()
	close(stop)
	killing.Wait()
	last := -1
	cloud.Eventually(t, "the count is told", func() error {
		n, ok := count.ask(t.Context(), 0, "/hits", "s")
		if last = n; !ok {
			return errors.New("not yet")
		}
		return nil
	})
	t.Logf("%d requests: %d answered, %d without an answer that counts; the count is %d", requests, answered, unknown, last)
	if last < answered || last > requests || answered < requests/2 {
		t.Errorf("the count is %d after %d answers", last, answered)
	}
	for n, times := range seen {
		if times != 1 || n < 1 || n > last {
			t.Fatalf("%d was answered %d times", n, times)
		}
	}
}

// Operations on a counter, as porcupine sees them.
const (
	opHit = iota
	opRead
	opEmpty // Redis forgets the session
)

type operation struct {
	kind    int
	session string
}

type result struct {
	n     int
	known bool
}

// counterModel is a counter of each session.
func counterModel() porcupine.Model {
	return porcupine.Model{
		Partition: func(history []porcupine.Operation) [][]porcupine.Operation {
			by := map[string][]porcupine.Operation{}
			for _, o := range history {
				session := o.Input.(operation).session //nolint:forcetypeassert // they all are
				by[session] = append(by[session], o)
			}
			var out [][]porcupine.Operation
			for _, part := range by {
				out = append(out, part)
			}
			return out
		},
		Init: func() any { return 0 },
		Step: func(state, input, output any) (bool, any) {
			n, in, out := state.(int), input.(operation), output.(result) //nolint:forcetypeassert // they all are
			switch in.kind {
			case opHit:
				return !out.known || out.n == n+1, n + 1
			case opRead:
				return !out.known || out.n == n, n
			default:
				return true, 0
			}
		},
	}
}

// TestStateIsLinearizable: of one session, all requests are as if one server answered one after the other, while Redis is cut off, stalls,
// is slow, and forgets.
func TestStateIsLinearizable(t *testing.T) {
	if !*long {
		t.Skip("only in the long form")
	}
	proxy := testkit.NewFaultProxy(t, testkit.Redis(t).URL)
	c := cloud.StartApart(t, binaries, cloud.Servers{RedisURL: proxy.URL()})
	count, _ := counters(t, c)
	options, err := redis.ParseURL(testkit.Redis(t).URL)
	check(t, err)
	direct := redis.NewClient(options)
	t.Cleanup(func() { _ = direct.Close() })
	begin := time.Now()
	since := func() int64 { return time.Since(begin).Nanoseconds() }
	var mu sync.Mutex
	var history []porcupine.Operation
	note := func(o porcupine.Operation) {
		mu.Lock()
		defer mu.Unlock()
		history = append(history, o)
	}
	stop := make(chan struct{})
	const workers, each, sessions = 9, 400, 3
	var disturbing, asking sync.WaitGroup
	disturbing.Go(func() {
		random := rand.New(rand.NewPCG(3, 4)) // #nosec G404 -- a test
		tick := time.NewTicker(700 * time.Millisecond)
		defer tick.Stop()
		for turn := 0; ; turn++ {
			select {
			case <-stop:
				proxy.Heal()
				return
			case <-tick.C:
			}
			switch turn % 5 {
			case 0:
				proxy.Cut()
			case 1, 3:
				proxy.Heal()
			case 2:
				proxy.Delay(time.Duration(random.IntN(20)) * time.Millisecond)
			case 4:
				for i := range sessions {
					call := since()
					session := fmt.Sprint("s", i)
					keys, err := direct.Keys(context.Background(), c.RedisPrefix+"state:*s:"+session).Result()
					if err == nil && len(keys) > 0 {
						err = direct.Del(context.Background(), keys...).Err()
					}
					if err != nil {
						t.Error(err)
					}
					if len(keys) > 0 {
						note(porcupine.Operation{ClientId: workers, Input: operation{opEmpty, session}, Call: call, Output: result{}, Return: since()})
					}
				}
				proxy.Break()
			}
		}
	})
	unknown := 0
	for w := range workers {
		asking.Go(func() {
			random := rand.New(rand.NewPCG(uint64(w), 5)) // #nosec G404 -- a test
			client := w
			for i := range each {
				o := operation{opHit, fmt.Sprint("s", w%sessions)}
				path := "/hit"
				if i%4 == 3 {
					o.kind, path = opRead, "/hits"
				}
				call := since()
				n, ok := count.ask(t.Context(), random.IntN(len(count.servers)), path, o.session)
				end := since()
				if !ok {
					<-time.After(50 * time.Millisecond) // it was asked to come back
					if o.kind == opRead {
						continue // it changed nothing and says nothing
					}
					// It may take effect at any time from now on, or never: nobody sees one at the very end. Whoever asked asks on as another.
					end = int64(time.Hour)
					mu.Lock()
					unknown++
					client = workers + unknown
					mu.Unlock()
				}
				note(porcupine.Operation{ClientId: client, Input: o, Call: call, Output: result{n, ok}, Return: end})
				client = w
			}
		})
	}
	asking.Wait()
	close(stop)
	disturbing.Wait()
	verdict := porcupine.CheckOperationsTimeout(counterModel(), history, 5*time.Minute)
	t.Logf("%d operations in %d sessions, %d of unknown outcome, in %s: %s", len(history), sessions, unknown, time.Since(begin).Round(time.Second), verdict)
	if verdict != porcupine.Ok {
		told, _ := json.Marshal(history[:min(len(history), 20)])
		t.Errorf("not linearizable: %s … %s", verdict, told)
	}
}
