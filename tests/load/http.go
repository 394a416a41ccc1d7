//go:build linux

package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/alicebob/miniredis/v2"
)

// httpOptions are the flags of the HTTP benchmark.
type httpOptions struct {
	bin, out, commit string
	only             string
	profiles         string
	hosts, endpoints int
	rounds           int
	each             time.Duration
	connections      int
	serverCPU        int
	own              bool
	timeout          time.Duration
}

func parseHTTP(args []string) (httpOptions, error) {
	var o httpOptions
	f := flag.NewFlagSet("load http", flag.ContinueOnError)
	f.StringVar(&o.bin, "bin", "", "the `folder` with the programs mockserver and bare")
	f.StringVar(&o.out, "out", "", "the `folder` whose hot-path.jsonl and table in hot-path.md are written anew; none: print only")
	f.StringVar(&o.commit, "commit", "unknown", "what was built")
	f.StringVar(&o.only, "only", "", "measure only workloads whose `name` begins so")
	f.StringVar(&o.profiles, "profiles", "", "the `folder` to which CPU profiles of the mock server are written; they slow it down")
	f.IntVar(&o.hosts, "hosts", 10_000, "how many hosts are asked at random")
	f.IntVar(&o.endpoints, "endpoints", 100, "how many endpoints each of them has")
	f.IntVar(&o.rounds, "rounds", 7, "how often each side of a workload is measured, in turn")
	f.DurationVar(&o.each, "each", time.Second, "how long each side is measured in a round")
	f.IntVar(&o.connections, "connections", 64, "how many connections the requests come from")
	f.IntVar(&o.serverCPU, "server-cpu", -1, "the processor on which servers run; -1: any. The program itself is to be started on another")
	f.BoolVar(&o.own, "own", false, "ask with this program's own load generator even if there is wrk")
	f.DurationVar(&o.timeout, "timeout", 30*time.Minute, "how long everything may take")
	if err := f.Parse(args); err != nil {
		return o, err
	}
	switch {
	case o.bin == "":
		return o, errors.New("-bin is missing; scripts/bench-http builds the programs and sets it")
	case o.hosts < 1 || o.endpoints < 1 || o.endpoints > 100 || o.rounds < 1 || o.connections < 1 || o.each <= 0:
		return o, errors.New("-hosts, -rounds, -connections and -each must be positive, -endpoints from 1 to 100")
	}
	return o, nil
}

// httpBench is one run of the HTTP benchmark, see docs/benchmarks/hot-path.md.
type httpBench struct {
	httpOptions
	dir       string
	redis     *miniredis.Miniredis
	generator generator
	report    *httpReport

	// The servers: few answers on one host, and with many hosts beside it.
	bare, mock, recording, bareMany, mockMany *service
	addresses                                 map[*service]string
}

// runHTTP measures every workload and writes a line for each to out.
func runHTTP(ctx context.Context, o httpOptions, out io.Writer) (err error) {
	dir, err := os.MkdirTemp("", "mocloud-http-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	redis := miniredis.NewMiniRedis()
	if err := redis.Start(); err != nil {
		return err
	}
	defer redis.Close()
	b := &httpBench{httpOptions: o, dir: dir, redis: redis, addresses: map[*service]string{}}
	if b.report, err = newHTTPReport(out, o.commit); err != nil {
		return err
	}
	b.generator, b.report.generator = ownGenerator(o.connections), "own"
	if wrk, err := exec.LookPath("wrk"); err == nil && !o.own {
		b.generator, b.report.generator = wrkGenerator(wrk, dir, o.connections), "wrk"
	}
	if err := b.build(); err != nil {
		return err
	}
	defer func() {
		for s := range b.addresses {
			err = errors.Join(err, s.stop())
		}
	}()
	for s := range b.addresses {
		if err := s.start(ctx); err != nil {
			return err
		}
	}
	for _, w := range workloads(o.hosts, o.endpoints) {
		if !strings.HasPrefix(w.name, o.only) {
			continue
		}
		if err := b.compare(ctx, w); err != nil {
			return fmt.Errorf("%s: %w", w.name, err)
		}
	}
	if o.out == "" {
		return nil
	}
	return b.report.write(o.out)
}

// build prepares what the servers serve, and the servers.
func (b *httpBench) build() error {
	few, many := filepath.Join(b.dir, "few"), filepath.Join(b.dir, "many")
	for dir, hosts := range map[string]int{few: 0, many: b.hosts} {
		if err := os.Mkdir(dir, 0o700); err != nil {
			return err
		}
		if err := publishFile(dir, hosts, b.endpoints); err != nil {
			return err
		}
	}
	for _, s := range []struct {
		to      **service
		name    string
		objects string // "": the bare server
		records int
		hosts   int
	}{
		{to: &b.bare, name: "bare"},
		{to: &b.mock, name: "mockserver", objects: few},
		{to: &b.recording, name: "mockserver-recording", objects: few, records: 20},
		{to: &b.bareMany, name: "bare-many", hosts: b.hosts},
		{to: &b.mockMany, name: "mockserver-many", objects: many},
	} {
		address, err := freeAddress()
		if err != nil {
			return err
		}
		made := &service{name: s.name, env: append(os.Environ(), "GOMAXPROCS=1")}
		if s.objects == "" {
			made.opsURL = "http://" + address
			pinned(made, b.serverCPU, filepath.Join(b.bin, "bare"), "-addr", address, "-hosts", strconv.Itoa(s.hosts), "-endpoints", strconv.Itoa(b.endpoints))
		} else {
			ops, err := freeAddress()
			if err != nil {
				return err
			}
			made.opsURL = "http://" + ops
			made.env = append(made.env, "REDIS_URL=redis://"+b.redis.Addr(), "OBJECT_STORE_URL=file://"+s.objects, "LOG_LEVEL=warn",
				"OPS_ADDR="+ops, "MOCKSERVER_ADDR="+address, fmt.Sprintf("MOCKSERVER_RECORD_PER_SECOND=%d", s.records),
				// The limits work, but not against a benchmark that asks as much of one mock as the server can answer.
				"MOCKSERVER_REQUESTS_PER_SECOND=10000000", "MOCKSERVER_IDLE_MOCKS=1h")
			pinned(made, b.serverCPU, filepath.Join(b.bin, "mockserver"))
		}
		*s.to = made
		b.addresses[made] = address
	}
	return nil
}

// side is one server in a comparison, and what was measured of it in each round.
type side struct {
	server *service
	ask    ask
	rounds []sample
}

// sample is what was measured of one side in one round.
type sample struct {
	outcome
	cpu time.Duration // of the server, for a request
}

// compare measures one workload: both sides answer rightly, and then take turns.
func (b *httpBench) compare(ctx context.Context, w workload) error {
	static := workloads(0, 0)[0].ask
	base, mock := &side{server: b.bare, ask: w.ask}, &side{server: b.mock, ask: w.ask}
	sides := []*side{base, mock}
	switch {
	case w.records:
		base.server, mock.server = b.mock, b.recording
	case w.many:
		base.server, mock.server = b.bareMany, b.mockMany
		static.hosts, static.endpoints, static.still = w.ask.hosts, w.ask.endpoints, true
		sides = append(sides, &side{server: b.mockMany, ask: static})
	}
	if err := b.verify(ctx, base, mock); err != nil {
		return err
	}
	if err := b.report.begin(); err != nil {
		return err
	}
	end := b.profile(ctx, w, mock.server)
	for round := range b.rounds {
		for i := range sides {
			if round%2 == 1 { // what slows down or speeds up in between meets every side alike
				i = len(sides) - 1 - i
			}
			if err := b.measure(ctx, sides[i]); err != nil {
				return fmt.Errorf("%s: %w\n%s", sides[i].server.name, err, sides[i].server.log.String())
			}
		}
	}
	if err := end(); err != nil {
		return err
	}
	return b.report.end(w, sides)
}

// measure asks one side for a while.
func (b *httpBench) measure(ctx context.Context, s *side) error {
	before, err := cpuOf(s.server.pid())
	if err != nil {
		return err
	}
	got, err := b.generator(ctx, b.addresses[s.server], s.ask, b.each)
	if err != nil {
		return err
	}
	after, err := cpuOf(s.server.pid())
	if err != nil {
		return err
	}
	if got.requests == 0 {
		return errors.New("no request was answered")
	}
	s.rounds = append(s.rounds, sample{outcome: got, cpu: (after - before) / time.Duration(got.requests)})
	return nil
}

// profile takes the CPU profile of a server while a workload is measured, if that is wanted. The end waits for it.
func (b *httpBench) profile(ctx context.Context, w workload, s *service) (end func() error) {
	if b.profiles == "" {
		return func() error { return nil }
	}
	c := newClient("", "")
	done := make(chan error, 1)
	go func() {
		defer c.close()
		profile, err := c.get(ctx, fmt.Sprintf("%s/debug/pprof/profile?seconds=%d", s.opsURL, max(1, int(b.each.Seconds()))*2*b.rounds))
		if err == nil {
			err = os.WriteFile(filepath.Join(b.profiles, w.name+".pprof"), profile, 0o600)
		}
		done <- err
	}()
	return func() error { return <-done }
}

// dial opens a connection to a server.
func dial(ctx context.Context, address string) (net.Conn, error) {
	return (&net.Dialer{Timeout: callTimeout}).DialContext(ctx, "tcp", address)
}
