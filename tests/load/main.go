//go:build linux

// Command load holds the benchmarks of whole programs. `load http` is the HTTP benchmark, `make bench-http`: it compares the
// mock server with a bare net/http handler that gives the same answers (see http.go). `load api` is `make bench-api`: it
// measures the HTTP API with more and more mocks in its database (see api.go). `load neighbour` is `make bench-neighbour`: it
// measures one workspace's answers while another makes noise (see neighbour.go).
//
// Otherwise it is the scale benchmark, `make bench-scale`: it runs the api, yamlgen and the mock server as processes of
// their own, hosts more and more endpoints through the public API, and measures at each size what a publish costs, how
// long it takes until it is live, how fast a mock server starts, what it needs, and whether reloads fail requests.
//
//	load -bin DIR [-sizes 1000,10000] [-reloads 10000] [-out docs/benchmarks]
//
// It prints one JSON line per figure. DIR holds the programs of the services; TEST_REDIS_URL names a Redis server and, for
// -postgres, TEST_POSTGRES_URL a Postgres server; `scripts/bench-scale` sees to that. Everything else is in a temporary
// folder that goes with the program, as do the processes. It reads /proc, so that it runs on Linux only.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// options are the flags.
type options struct {
	bin, out, commit string
	profiles         string
	sizes            []int // endpoints, rising
	postgres         bool
	clients          int
	editTime         time.Duration
	loadTime         time.Duration
	rate             int
	starts           int
	reloads          int
	reloadTime       time.Duration
	timeout          time.Duration
}

// main stays on its thread: the system ends the processes when the thread that started them is gone.
func main() {
	runtime.LockOSThread()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := start(ctx, os.Args[1:])
	stop()
	if errors.Is(err, flag.ErrHelp) {
		os.Exit(2)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "load:", err)
		os.Exit(1)
	}
}

func start(ctx context.Context, args []string) error {
	if len(args) > 0 && args[0] == "http" {
		o, err := parseHTTP(args[1:])
		if err != nil {
			return err
		}
		return within(ctx, o.timeout, func(ctx context.Context) error { return runHTTP(ctx, o, os.Stdout) })
	}
	if len(args) > 0 && args[0] == "api" {
		o, err := parseAPI(args[1:])
		if err != nil {
			return err
		}
		return within(ctx, o.timeout, func(ctx context.Context) error { return runAPI(ctx, o, os.Stdout) })
	}
	if len(args) > 0 && args[0] == "neighbour" {
		o, err := parseNeighbour(args[1:])
		if err != nil {
			return err
		}
		return within(ctx, o.timeout, func(ctx context.Context) error { return runNeighbour(ctx, o, os.Stdout) })
	}
	if len(args) > 0 && args[0] == "noise" {
		return runNoise(ctx, args[1:], os.Stdout)
	}
	o, err := parse(args)
	if err != nil {
		return err
	}
	return within(ctx, o.timeout, func(ctx context.Context) error { return run(ctx, o) })
}

// within ends a run that takes too long.
func within(ctx context.Context, timeout time.Duration, run func(context.Context) error) error {
	ctx, cancel := context.WithTimeoutCause(ctx, timeout, fmt.Errorf("not finished within %s (-timeout)", timeout))
	defer cancel()
	err := run(ctx)
	if cause := context.Cause(ctx); err != nil && cause != nil {
		return cause
	}
	return err
}

func parse(args []string) (options, error) {
	var o options
	f := flag.NewFlagSet("load", flag.ContinueOnError)
	f.StringVar(&o.bin, "bin", "", "the `folder` with the programs api, yamlgen and mockserver")
	f.StringVar(&o.out, "out", "", "the `folder` whose scale.jsonl, scale.svg and table in scale.md are written anew; none: print only")
	f.StringVar(&o.commit, "commit", "unknown", "what was built")
	sizes := f.String("sizes", "1000,10000,100000,1000000", "how many endpoints to host, rising; 100 a mock")
	f.BoolVar(&o.postgres, "postgres", false, "keep the api's database in Postgres instead of SQLite")
	f.IntVar(&o.clients, "clients", 4, "clients that create and edit mocks at the same time")
	f.DurationVar(&o.editTime, "edit-time", 30*time.Second, "how long single edits are measured at each size")
	f.DurationVar(&o.loadTime, "load-time", 10*time.Second, "how long requests are measured at each size")
	f.IntVar(&o.rate, "rate", 1000, "requests a second")
	f.IntVar(&o.starts, "starts", 3, "how often the mock server is started at each size")
	f.IntVar(&o.reloads, "reloads", 10000, "how many reloads happen under load at the largest size; a twentieth at the others")
	f.DurationVar(&o.reloadTime, "reload-time", 8*time.Minute, "how long the reloads may take at each size")
	f.StringVar(&o.profiles, "profiles", "", "the `folder` to which CPU profiles of the services are written while edits are measured, which they slow down")
	f.DurationVar(&o.timeout, "timeout", time.Hour, "how long everything may take")
	if err := f.Parse(args); err != nil {
		return o, err
	}
	for field := range strings.SplitSeq(*sizes, ",") {
		n, err := strconv.Atoi(field)
		if err != nil || n%perMock != 0 || n <= 0 || (len(o.sizes) > 0 && n <= o.sizes[len(o.sizes)-1]) {
			return o, fmt.Errorf("-sizes must be rising multiples of %d, such as 1000,10000", perMock)
		}
		o.sizes = append(o.sizes, n)
	}
	switch {
	case o.bin == "":
		return o, errors.New("-bin is missing; scripts/bench-scale builds the programs and sets it")
	case o.clients < 1 || o.rate < 1 || o.starts < 1 || o.reloads < 0:
		return o, errors.New("-clients, -rate and -starts must be at least 1, -reloads at least 0")
	}
	return o, nil
}

// bench is one run.
type bench struct {
	options
	report  *report
	install *install
	client  *client
	mocks   []*mock
}

func run(ctx context.Context, o options) (err error) {
	r, err := newReport(os.Stdout, o.commit)
	if err != nil {
		return err
	}
	i, err := newInstall(o.bin, o.postgres)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, i.remove()) }()
	b := &bench{options: o, report: r, install: i, client: newClient(i.apiURL, i.mocksURL)}
	defer b.client.close()
	for _, s := range i.services() {
		if err := s.start(ctx); err != nil {
			return err
		}
	}
	for n, size := range o.sizes {
		if err := b.at(ctx, size, n == len(o.sizes)-1); err != nil {
			return fmt.Errorf("at %d endpoints: %w", size, err)
		}
		if o.out == "" {
			continue
		}
		if err := r.write(o.out); err != nil { // at every size: who stops it later has the smaller ones
			return err
		}
	}
	return nil
}

// at measures everything at one size.
func (b *bench) at(ctx context.Context, size int, last bool) error {
	b.report.endpoints = size
	reloads := b.reloads / 20
	if last {
		reloads = b.reloads
	}
	for _, step := range []struct {
		name string
		do   func(context.Context) error
	}{
		{"fill", func(ctx context.Context) error { return b.fill(ctx, size) }},
		{"start", b.measureStart},
		{"requests", b.measureRequests},
		{"edits", func(ctx context.Context) error { return b.profiled(ctx, b.measureEdits) }},
		{"reloads", func(ctx context.Context) error { return b.measureReloads(ctx, reloads) }},
	} {
		began := time.Now()
		if err := step.do(ctx); err != nil {
			return fmt.Errorf("%s: %w\n%s", step.name, err, b.install.logs())
		}
		fmt.Fprintf(os.Stderr, "%d endpoints: %s took %s\n", size, step.name, time.Since(began).Round(time.Millisecond))
	}
	return nil
}
