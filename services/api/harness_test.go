package api_test

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/redis/go-redis/v9"
	"go.uber.org/goleak"

	"github.com/mocloud/mocloud/pkg/lifecycle"
	"github.com/mocloud/mocloud/pkg/objstore"
	"github.com/mocloud/mocloud/pkg/objstore/dirstore"
	"github.com/mocloud/mocloud/pkg/secret"
	"github.com/mocloud/mocloud/services/api"
	"github.com/mocloud/mocloud/services/api/internal/account"
	"github.com/mocloud/mocloud/services/api/internal/signin"
	"github.com/mocloud/mocloud/services/api/internal/store"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	token  = "the-token-of-the-test"
	prefix = "t:"
	good   = "- endpoint:\n    path: /hello/:name\n    response:\n      body: '{\"hello\": \"{{path-params.name}}\"}'\n"
	bad    = "- endpoint:\n    path: 42: no\n"
	soon   = time.Minute // until a test gives up on what has to happen
)

// bench is a running api with an embedded Redis, and what a test does with them.
type bench struct {
	t        testing.TB
	cfg      api.Config
	redis    *redis.Client
	objects  objstore.Store
	console  fs.FS // nil: the plain page
	url      string
	database string
	client   *http.Client
	log      *logged
	stop     func() // ends the api and waits for it

	keepAlive time.Duration     // of streams of events, 0 for the usual one
	second    *store.Store      // the database as another process has it, once there is one
	saying    map[string]func() // by mock server, ends what it says of itself
}

// logged keeps what was logged.
type logged struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *logged) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *logged) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// database is a path that no other test has.
func database(tb testing.TB) string { tb.Helper(); return filepath.Join(tb.TempDir(), "mocloud.db") }

// empty returns a database without anything in it. To make its schema takes longer than most tests, so that it is made once.
var empty = sync.OnceValues(func() ([]byte, error) {
	dir, err := os.MkdirTemp("", "mocloud-api-test-")
	if err != nil {
		return nil, err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	path := filepath.Join(dir, "mocloud.db")
	if err := api.Migrate(context.Background(), secret.New("sqlite://"+path)); err != nil {
		return nil, err
	}
	return os.ReadFile(path)
})

func config(path string) api.Config {
	return api.Config{
		DatabaseURL: secret.New("sqlite://" + path), Migrate: true, PublicURL: "http://localhost:3000",
		BaseDomain: "localhost", DNSMode: api.Wildcard, MockURL: "http://{host}:8000", Account: "dev", AdminToken: secret.New(token),
		SignInCode: secret.New("one-time"), RedisPrefix: prefix, MaxContent: 1 << 16, MaxEndpoints: 100, MaxLongLived: 10,
		KeepRevisions: 5, MaxPinned: 2, KeepDeletedFor: time.Hour, KeepDeleted: 3, KeepTombstones: time.Hour, KeepUsage: 24 * time.Hour,
		KeepAudit: time.Hour, DomainGrace: time.Hour, KeepLostDomains: time.Hour, AuthMode: api.Local, SignUp: signin.Closed,
		HoldSlugs: time.Hour,
		MaxFile:   1 << 20, MaxFiles: 5, SealKey: secret.New(strings.Repeat("k", 32)),
	}
}

// generous lifts the bounds that a test which does everything as fast as it can would meet.
func generous(cfg *api.Config) {
	cfg.MaxLongLived, cfg.MaxFiles, cfg.KeepDeleted, cfg.MaxPinned = 1000, 1000, 1000, 1000
	cfg.SignUp = signin.Open
}

func start(t testing.TB, edit ...func(*api.Config)) *bench {
	t.Helper()
	b := prepare(t, edit...)
	b.run()
	return b
}

// startNotified starts an api whose streams and waits end only because they are notified: by themselves they would ask long after
// the test.
func startNotified(t testing.TB, edit ...func(*api.Config)) *bench {
	t.Helper()
	b := prepare(t, edit...)
	b.keepAlive = time.Hour
	b.run()
	return b
}

// prepare makes what an api needs.
func prepare(t testing.TB, edit ...func(*api.Config)) *bench {
	t.Helper()
	server := miniredis.RunT(t)
	client := redis.NewClient(&redis.Options{Addr: server.Addr()})
	t.Cleanup(func() { _ = client.Close() })
	path := database(t)
	content, err := empty()
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
	b := &bench{t: t, cfg: config(path), redis: client, database: path, log: &logged{}, saying: map[string]func(){}, client: &http.Client{
		Transport:     &http.Transport{DisableKeepAlives: true},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
	objects, err := dirstore.Open(t.TempDir(), dirstore.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = objects.Close() })
	b.objects = objects
	for _, e := range edit {
		e(&b.cfg)
	}
	return b
}

// run starts the api, again if need be.
func (b *bench) run() {
	b.t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.t.Fatal(err)
	}
	service, err := api.New(b.cfg, api.Deps{
		Log: slog.New(slog.NewTextHandler(io.MultiWriter(b.t.Output(), b.log), &slog.HandlerOptions{Level: slog.LevelDebug})), Metrics: prometheus.NewRegistry(), Health: &lifecycle.Health{},
		Redis: b.redis, Objects: b.objects, Listener: listener, Console: b.console,
	})
	if err != nil {
		b.t.Fatal(err)
	}
	if b.keepAlive > 0 {
		service.KeepAlive(b.keepAlive)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- service.Run(ctx) }()
	b.url = "http://" + listener.Addr().String()
	b.stop = sync.OnceFunc(func() {
		cancel()
		if err := <-done; err != nil {
			b.t.Errorf("the api ended with %v", err)
		}
	})
	b.t.Cleanup(func() { b.stop() })
	b.want(http.StatusOK, "GET", "/api/v1/openapi.json", "") // answers when the database is ready
}

// answer is what the api said.
type answer struct {
	status int
	header http.Header
	body   []byte
}

// as reads the body.
func as[T any](t testing.TB, a answer) T {
	t.Helper()
	var v T
	if err := json.Unmarshal(a.body, &v); err != nil {
		t.Fatalf("%v in %s", err, a.body)
	}
	return v
}

// do sends a request with the test's token; headers are "Name: value".
func (b *bench) do(method, path, body string, headers ...string) answer {
	b.t.Helper()
	var content io.Reader
	if body != "" {
		content = strings.NewReader(body)
	}
	r, err := http.NewRequestWithContext(b.t.Context(), method, b.url+path, content)
	if err != nil {
		b.t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+token)
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	for _, h := range headers {
		name, value, _ := strings.Cut(h, ": ")
		r.Header.Set(name, value)
		if value == "" {
			r.Header.Del(name)
		}
	}
	res, err := b.client.Do(r)
	if err != nil {
		b.t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	data, err := io.ReadAll(res.Body)
	if err != nil {
		b.t.Fatal(err)
	}
	return answer{res.StatusCode, res.Header, data}
}

// want is do, and the status has to be what is wanted.
func (b *bench) want(status int, method, path, body string, headers ...string) answer {
	b.t.Helper()
	a := b.do(method, path, body, headers...)
	if a.status != status {
		b.t.Fatalf("%s %s: %d, wanted %d: %s", method, path, a.status, status, a.body)
	}
	return a
}

// until waits until done says so.
func until(t *testing.T, what string, done func() bool) {
	t.Helper()
	ticker := time.NewTicker(10 * time.Millisecond)
	defer ticker.Stop()
	for timeout := time.After(soon); !done(); {
		select {
		case <-ticker.C:
		case <-timeout:
			t.Fatal(what)
		}
	}
}

func encode(v any) string {
	out, _ := json.Marshal(v)
	return string(out)
}

// mockBody is the JSON of a mock as the tests look at it.
type mockBody struct {
	ID, Slug, URL, State, Reason, Content string
	WorkspaceID                           string `json:"workspace_id"`
	WorkspaceSlug                         string `json:"workspace_slug"`
	Revision                              int
	PublishedRevision                     int `json:"published_revision"`
	Diagnostics                           []struct{ Severity string }
}

type publicationBody struct {
	MockID            string `json:"mock_id"`
	State, Reason     string
	Settled           bool
	Revision          int
	PublishedRevision int `json:"published_revision"`
	Change            uint64
	Servers           struct{ Live, Applied int }
	Diagnostics       []struct{ Message string }
}

func (b *bench) create(slug, content string) mockBody {
	b.t.Helper()
	return as[mockBody](b.t, b.want(http.StatusCreated, "POST", "/api/v1/mocks", encode(map[string]string{"slug": slug, "content": content})))
}

func (b *bench) wait(id, query string) publicationBody {
	b.t.Helper()
	return as[publicationBody](b.t, b.want(http.StatusOK, "GET", "/api/v1/mocks/"+id+"/publication?"+query, ""))
}

// store is the api's database as another process has it.
func (b *bench) store() *store.Store {
	b.t.Helper()
	if b.second != nil {
		return b.second
	}
	s, err := store.Open(b.t.Context(), b.cfg.DatabaseURL, true)
	if err != nil {
		b.t.Fatal(err)
	}
	b.t.Cleanup(func() { _ = s.Close() })
	b.second = s
	return s
}

// query reads one value from the api's database.
func (b *bench) query(value any, statement string, args ...any) {
	b.t.Helper()
	db, statement := b.behind(statement, len(args))
	defer func() { _ = db.Close() }()
	if err := db.QueryRowContext(b.t.Context(), statement, args...).Scan(value); err != nil {
		b.t.Fatal(err)
	}
}

// sql changes the api's database behind its back.
func (b *bench) sql(statement string, args ...any) {
	b.t.Helper()
	db, statement := b.behind(statement, len(args))
	defer func() { _ = db.Close() }()
	if _, err := db.ExecContext(b.t.Context(), statement, args...); err != nil {
		b.t.Fatal(err)
	}
}

// count asks the api's database behind its back for a number.
func (b *bench) count(query string, args ...any) (n int) {
	b.t.Helper()
	b.query(&n, query, args...)
	return n
}

// behind opens the api's database, and writes the statement's arguments as it wants them.
func (b *bench) behind(statement string, args int) (*sql.DB, string) {
	b.t.Helper()
	driver, source := "sqlite", "file:"+b.database+"?_pragma=busy_timeout(60000)"
	if url := b.cfg.DatabaseURL.Reveal(); strings.HasPrefix(url, "postgres") {
		driver, source = "pgx", url
		for i := range args {
			statement = strings.Replace(statement, "?", fmt.Sprint("$", i+1), 1)
		}
	}
	db, err := sql.Open(driver, source)
	if err != nil {
		b.t.Fatal(err)
	}
	return db, statement
}

// account makes another account with the token NAME-token.
func (b *bench) account(name string) account.Account {
	b.t.Helper()
	a, err := account.NewService(b.store().Accounts, time.Now).Provision(b.t.Context(), name, secret.New(name+"-token"), secret.String{})
	if err != nil {
		b.t.Fatal(err)
	}
	return a
}
