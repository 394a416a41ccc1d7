//go:build linux

package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/alicebob/miniredis/v2"
	"golang.org/x/sync/errgroup"
)

// apiOptions are the flags of the API benchmark.
type apiOptions struct {
	bin, out, commit string
	sizes            []int // mocks, rising
	postgres         bool
	clients          int
	each             time.Duration
	timeout          time.Duration
}

func parseAPI(args []string) (apiOptions, error) {
	var o apiOptions
	f := flag.NewFlagSet("load api", flag.ContinueOnError)
	f.StringVar(&o.bin, "bin", "", "the `folder` with the program api")
	f.StringVar(&o.out, "out", "", "the `folder` whose api.jsonl and table in api.md (api-postgres with -postgres) are written anew; none: print only")
	f.StringVar(&o.commit, "commit", "unknown", "what was built")
	sizes := f.String("sizes", "1000,10000,100000", "how many mocks are in the database, rising")
	f.BoolVar(&o.postgres, "postgres", false, "keep them in Postgres instead of SQLite")
	f.IntVar(&o.clients, "clients", 8, "how many clients call at the same time")
	f.DurationVar(&o.each, "each", 5*time.Second, "how long each operation is measured at each size")
	f.DurationVar(&o.timeout, "timeout", 30*time.Minute, "how long everything may take")
	if err := f.Parse(args); err != nil {
		return o, err
	}
	for field := range strings.SplitSeq(*sizes, ",") {
		n, err := strconv.Atoi(field)
		if err != nil || n < 1 || (len(o.sizes) > 0 && n <= o.sizes[len(o.sizes)-1]) {
			return o, errors.New("-sizes must be rising numbers, such as 1000,10000")
		}
		o.sizes = append(o.sizes, n)
	}
	if o.bin == "" {
		return o, errors.New("-bin is missing; scripts/bench-api builds the program and sets it")
	}
	if o.clients < 1 || o.each <= 0 {
		return o, errors.New("-clients and -each must be positive")
	}
	return o, nil
}

// apiBench is one run of the API benchmark.
type apiBench struct {
	apiOptions
	api      *service
	database *postgres // nil: SQLite, within the api
	client   *client
	report   *apiReport

	ids     []string // of the mocks that there are
	slugs   []string
	cursors []string // of every page of the list of all mocks
}

// runAPI fills the database through the API and measures the operations at each size.
func runAPI(ctx context.Context, o apiOptions, out io.Writer) (err error) {
	redis := miniredis.NewMiniRedis() // nothing is published
	if err := redis.Start(); err != nil {
		return err
	}
	defer redis.Close()
	dir, err := os.MkdirTemp("", "mocloud-api-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	b := &apiBench{apiOptions: o}
	if b.report, err = newAPIReport(out, o); err != nil {
		return err
	}
	address, err := freeAddress()
	if err != nil {
		return err
	}
	ops, err := freeAddress()
	if err != nil {
		return err
	}
	database := "sqlite://" + dir + "/mocloud.db"
	if o.postgres {
		database = os.Getenv("TEST_POSTGRES_URL")
		if b.database, err = connectPostgres(ctx, database); err != nil {
			return err
		}
		defer func() { err = errors.Join(err, b.database.close(ctx)) }()
	}
	b.api = &service{name: "api", program: filepath.Join(o.bin, "api"), opsURL: "http://" + ops, env: append(os.Environ(),
		"DATABASE_URL="+database, "REDIS_URL=redis://"+redis.Addr(), "OBJECT_STORE_URL=file://"+dir,
		"API_ADDR="+address, "OPS_ADDR="+ops, "LOG_LEVEL=warn", "MOCLOUD_ADMIN_TOKEN="+adminToken,
		"API_RATE_ADDRESS=0", "API_RATE_ACCOUNT=0", "API_QUOTA_MOCKS=0", "API_QUOTA_ENDPOINTS=0", "API_QUOTA_CONTENT=0")}
	if err := b.api.start(ctx); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, b.api.stop()) }()
	b.client = newClient("http://"+address, "")
	defer b.client.close()
	for _, size := range o.sizes {
		if err := b.fill(ctx, size); err != nil {
			return err
		}
		if err := b.database.settle(ctx); err != nil {
			return err
		}
		for _, op := range b.operations() {
			if err := b.measure(ctx, size, op); err != nil {
				return fmt.Errorf("%s with %d mocks: %w", op.name, size, err)
			}
		}
	}
	if o.out == "" {
		return nil
	}
	return b.report.write(o.out)
}

// fill creates mocks until there are that many, and walks through the list of them.
func (b *apiBench) fill(ctx context.Context, size int) error {
	have := len(b.ids)
	b.ids = append(b.ids, make([]string, size-have)...)
	b.slugs = append(b.slugs, make([]string, size-have)...)
	var next atomic.Int64
	next.Store(int64(have))
	work, filling := errgroup.WithContext(ctx)
	for range b.clients {
		work.Go(func() error {
			for n := int(next.Add(1)) - 1; n < size; n = int(next.Add(1)) - 1 {
				b.slugs[n] = fmt.Sprintf("mock-%06d", n)
				m, err := call[shown](filling, b.client, http.MethodPost, "/mocks", map[string]string{"slug": b.slugs[n], "content": small(0)})
				if err != nil {
					return err
				}
				b.ids[n] = m.ID
			}
			return nil
		})
	}
	if err := work.Wait(); err != nil {
		return err
	}
	b.cursors = append(b.cursors[:0], "") // of the first page
	seen := 0
	for cursor := ""; ; {
		p, err := b.page(ctx, url.Values{"limit": {"200"}, "cursor": {cursor}})
		if err != nil {
			return err
		}
		if seen += len(p.Items); p.NextCursor == "" {
			break
		}
		cursor = p.NextCursor
		b.cursors = append(b.cursors, cursor)
	}
	if seen != size {
		return fmt.Errorf("the list has %d mocks, not %d", seen, size)
	}
	return nil
}

// small is the content of a mock that is edited for the n-th time.
func small(n int) string {
	return fmt.Sprintf("- endpoint:\n    path: /pets/:id|int\n    response:\n      body: '{\"id\": {{path-params.id}}, \"edit\": %d}'\n", n)
}

// listed is what is needed of a page.
type listed struct {
	Items      []shown `json:"items"`
	NextCursor string  `json:"next_cursor"`
}

func (b *apiBench) page(ctx context.Context, query url.Values) (listed, error) {
	if query.Get("cursor") == "" {
		query.Del("cursor")
	}
	p, err := call[listed](ctx, b.client, http.MethodGet, "/mocks?"+query.Encode(), nil)
	if err == nil && len(p.Items) == 0 {
		err = fmt.Errorf("an empty page for %v", query)
	}
	return p, err
}

// operation is one call that is measured.
type operation struct {
	name string
	call func(ctx context.Context) error
}

func (b *apiBench) operations() []operation {
	var edits atomic.Int64
	some := func(all []string) string { return all[rand.IntN(len(all))] }
	list := func(query func() url.Values) func(context.Context) error {
		return func(ctx context.Context) error {
			_, err := b.page(ctx, query())
			return err
		}
	}
	return []operation{
		{"list the first page", list(func() url.Values { return url.Values{} })},
		{"list a page anywhere", list(func() url.Values { return url.Values{"cursor": {some(b.cursors)}} })},
		{"list the latest changes", list(func() url.Values { return url.Values{"sort": {"-updated_at"}} })},
		{"list those in a state", list(func() url.Values { return url.Values{"state": {"offline"}, "sort": {"-created_at"}} })},
		{"search what many have", list(func() url.Values { return url.Values{"q": {"00"}} })},
		{"search what one has", list(func() url.Values { return url.Values{"q": {some(b.slugs)}} })},
		{"read a mock", func(ctx context.Context) error {
			_, err := call[shown](ctx, b.client, http.MethodGet, "/mocks/"+some(b.ids), nil)
			return err
		}},
		{"edit a mock", func(ctx context.Context) error {
			_, err := call[shown](ctx, b.client, http.MethodPut, "/mocks/"+some(b.ids), map[string]string{"content": small(int(edits.Add(1)))})
			return err
		}},
	}
}

// measure calls an operation from all clients at once.
func (b *apiBench) measure(ctx context.Context, size int, op operation) error {
	if err := op.call(ctx); err != nil { // warm
		return err
	}
	if err := b.report.begin(); err != nil {
		return err
	}
	before, err := cpuOf(b.api.pid())
	if err != nil {
		return err
	}
	databaseBefore, err := b.database.cpu(ctx)
	if err != nil {
		return err
	}
	began := time.Now()
	times := make([][]time.Duration, b.clients)
	work, calling := errgroup.WithContext(ctx)
	for c := range times {
		work.Go(func() error {
			for len(times[c]) == 0 || time.Since(began) < b.each {
				asked := time.Now()
				if err := op.call(calling); err != nil {
					return err
				}
				times[c] = append(times[c], time.Since(asked))
			}
			return nil
		})
	}
	if err := work.Wait(); err != nil {
		return err
	}
	took := time.Since(began)
	after, err := cpuOf(b.api.pid())
	if err != nil {
		return err
	}
	databaseAfter, err := b.database.cpu(ctx)
	if err != nil {
		return err
	}
	all := slices.Concat(times...)
	return b.report.end(apiLine{
		Operation: op.name, Mocks: size, Requests: len(all), Rate: round(float64(len(all)) / took.Seconds()),
		P50: round(quantile(all, 0.5)), P99: round(quantile(all, 0.99)), CPU: round(micros(after-before) / float64(len(all))),
		DatabaseCPU: round(micros(databaseAfter-databaseBefore) / float64(len(all))),
	})
}
