//go:build linux

package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"
)

// generator asks a server for a while, over as many connections as it was made for. An answer that is not a success ends
// the benchmark.
type generator func(ctx context.Context, address string, a ask, each time.Duration) (outcome, error)

// outcome is what a generator saw.
type outcome struct {
	requests int
	time     time.Duration
	p50, p99 time.Duration
}

// wrkScript tells wrk what to ask, and prints what it saw in one line.
const wrkScript = `
wrk.method = "%s"
wrk.body = %s
wrk.headers["Host"] = "%s"
%s
done = function(summary, latency, requests)
  local e = summary.errors
  io.write(string.format("outcome %%d %%d %%d %%d %%d %%d\n", summary.requests, summary.duration,
    latency:percentile(50), latency:percentile(99), e.connect + e.read + e.write + e.timeout, e.status))
end
`

// wrkRandom chooses a host and an endpoint for each request.
const wrkRandom = `
local heads = {}
for i = 0, %d do heads[i] = string.format("GET /thing-%%02d HTTP/1.1\r\nHost: m", i) end
local still = %s
request = function()
  local chosen = heads[math.random(0, %d)] .. math.random(0, %d) .. ".example.test\r\n\r\n"
  return still or chosen
end
`

// wrkGenerator asks with wrk, on one thread.
func wrkGenerator(program, dir string, connections int) generator {
	return func(ctx context.Context, address string, a ask, each time.Duration) (outcome, error) {
		body, more := "nil", ""
		if a.body != "" {
			body, more = "[["+a.body+"]]", `wrk.headers["Content-Type"] = "application/json"`
		}
		if a.close {
			more += `wrk.headers["Connection"] = "close"`
		}
		if a.hosts > 0 {
			still := "nil"
			if a.still {
				still = fmt.Sprintf("%q", a.raw())
			}
			more += fmt.Sprintf(wrkRandom, a.endpoints-1, still, a.endpoints-1, a.hosts-1)
		}
		script := filepath.Join(dir, "wrk.lua")
		if err := os.WriteFile(script, fmt.Appendf(nil, wrkScript, a.method, body, a.host, more), 0o600); err != nil {
			return outcome{}, err
		}
		// wrk takes whole seconds only.
		seconds := max(1, int(each.Round(time.Second).Seconds()))
		out, err := exec.CommandContext(ctx, program, "-t", "1", "-c", fmt.Sprint(connections), "-d", fmt.Sprint(seconds),
			"-s", script, "http://"+address+a.path).CombinedOutput()
		if err != nil {
			return outcome{}, fmt.Errorf("wrk: %w: %s", err, out)
		}
		_, result, _ := strings.Cut(string(out), "outcome ")
		var requests, micros, p50, p99, failed, refused int
		if _, err := fmt.Sscan(result, &requests, &micros, &p50, &p99, &failed, &refused); err != nil {
			return outcome{}, fmt.Errorf("wrk says %q: %w", out, err)
		}
		if failed+refused > 0 {
			return outcome{}, fmt.Errorf("of %d requests %d failed and %d were refused", requests, failed, refused)
		}
		return outcome{requests, time.Duration(micros) * time.Microsecond, time.Duration(p50) * time.Microsecond, time.Duration(p99) * time.Microsecond}, nil
	}
}

// ownGenerator is the one for where there is no wrk. It takes more of its processor than wrk, so that the server has more
// time to wait.
func ownGenerator(connections int) generator {
	return func(ctx context.Context, address string, a ask, each time.Duration) (outcome, error) {
		all := make([][]time.Duration, connections)
		group, ctx := errgroup.WithContext(ctx)
		began := time.Now()
		for i := range all {
			group.Go(func() (err error) {
				all[i], err = callUntil(ctx, address, a, began.Add(each))
				return err
			})
		}
		if err := group.Wait(); err != nil {
			return outcome{}, err
		}
		took := time.Since(began)
		times := slices.Concat(all...)
		slices.Sort(times)
		if len(times) == 0 {
			return outcome{}, errors.New("nothing was answered")
		}
		at := func(q float64) time.Duration { return times[min(len(times)-1, int(q*float64(len(times))))] }
		return outcome{len(times), took, at(0.5), at(0.99)}, nil
	}
}

// callUntil asks over one connection until the end, and at least once, and returns how long each answer took.
func callUntil(ctx context.Context, address string, a ask, end time.Time) (times []time.Duration, err error) {
	raw := a.raw()
	for (len(times) == 0 || time.Now().Before(end)) && err == nil {
		times, err = converse(ctx, address, a, raw, end, times)
	}
	return times, err
}

// converse asks over one connection for as long as it lives.
func converse(ctx context.Context, address string, a ask, raw []byte, end time.Time, times []time.Duration) ([]time.Duration, error) {
	conn, err := dial(ctx, address)
	if err != nil {
		return times, err
	}
	defer func() { _ = conn.Close() }() // everything was read
	if err := conn.SetDeadline(end.Add(callTimeout)); err != nil {
		return times, err
	}
	in := bufio.NewReader(conn)
	for len(times) == 0 || time.Now().Before(end) {
		if a.hosts > 0 {
			raw = a.pick(rand.IntN(a.hosts), rand.IntN(a.endpoints)).raw()
		}
		began := time.Now()
		if _, err := conn.Write(raw); err != nil {
			return times, err
		}
		answer, err := http.ReadResponse(in, nil)
		if err != nil {
			return times, err
		}
		_, err = io.Copy(io.Discard, answer.Body)
		if err := errors.Join(err, answer.Body.Close()); err != nil {
			return times, err
		}
		if answer.StatusCode >= http.StatusMultipleChoices {
			return times, fmt.Errorf("%s %s answers %s", a.method, a.path, answer.Status)
		}
		times = append(times, time.Since(began))
		if a.close {
			return times, nil
		}
	}
	return times, nil
}
