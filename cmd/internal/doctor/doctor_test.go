package doctor

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"

	"github.com/mocloud/mocloud/pkg/config"
	"github.com/mocloud/mocloud/pkg/objstore"
	"github.com/mocloud/mocloud/pkg/objstore/dirstore"
	"github.com/mocloud/mocloud/pkg/secret"
	"github.com/mocloud/mocloud/services/api"
	"github.com/mocloud/mocloud/services/proxy"
)

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// report runs the command with only these variables and returns what it prints, without runs of spaces.
func report(t *testing.T, environ map[string]string, args ...string) (string, error) {
	t.Helper()
	for _, kv := range os.Environ() { // those of the shell
		if key, _, _ := strings.Cut(kv, "="); key != "PATH" && key != "HOME" && key != "TMPDIR" {
			t.Setenv(key, "")
			check(t, os.Unsetenv(key))
		}
	}
	for key, value := range environ {
		t.Setenv(key, value)
	}
	var out bytes.Buffer
	cmd := Command()
	cmd.SetArgs(args)
	cmd.SetOut(&out)
	cmd.SilenceErrors, cmd.SilenceUsage = true, true
	err := cmd.ExecuteContext(t.Context())
	for key := range environ {
		check(t, os.Unsetenv(key))
	}
	lines := strings.Split(out.String(), "\n")
	for i, line := range lines {
		lines[i] = strings.Join(strings.Fields(line), " ")
	}
	if strings.Contains(out.String(), "hunter2") {
		t.Errorf("a secret is in\n%s", out.String())
	}
	return strings.Join(lines, "\n"), err
}

// expect checks a report's lines, by their beginnings.
func expect(t *testing.T, report string, beginnings ...string) {
	t.Helper()
	for _, beginning := range beginnings {
		if !strings.Contains("\n"+report, "\n"+beginning) {
			t.Errorf("no line begins with %q:\n%s", beginning, report)
		}
	}
}

const token = "hunter2-0123456789abcdef"

// serveProxy runs the proxy and returns the addresses of its two modes.
func serveProxy(t *testing.T) (forward, reverse string) {
	t.Helper()
	cfg, err := config.Load[proxy.Config]([]string{"PROXY_FORWARD_CALLERS=mockserver:" + token, "PROXY_REVERSE_CALLERS=cloudops:" + token})
	check(t, err)
	listen := func() net.Listener {
		l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
		check(t, err)
		return l
	}
	forwards, reverses := listen(), listen()
	s, err := proxy.New(cfg, proxy.Deps{Log: slog.New(slog.DiscardHandler), ForwardListener: forwards, ReverseListener: reverses})
	check(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- s.Run(ctx) }()
	t.Cleanup(func() { cancel(); <-done })
	return "http://" + forwards.Addr().String(), "http://" + reverses.Addr().String()
}

// serveAPI answers as the api of a version.
func serveAPI(t *testing.T, version string) string {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_ = json.NewEncoder(w).Encode(map[string]string{"version": version})
	}))
	t.Cleanup(s.Close)
	return s.URL
}

// installation is the environment of services that run apart, all of which are well.
func installation(t *testing.T) (environ map[string]string, redis *miniredis.Miniredis) {
	t.Helper()
	dir := t.TempDir()
	redis = miniredis.RunT(t)
	redis.RequireAuth(token)
	forward, reverse := serveProxy(t)
	database := "sqlite://" + filepath.Join(dir, "mocloud.db")
	check(t, api.Migrate(t.Context(), secret.New(database)))
	return map[string]string{
		"DATABASE_URL": database, "REDIS_URL": "redis://:" + token + "@" + redis.Addr(), "OBJECT_STORE_URL": "file://" + filepath.Join(dir, "objects"),
		"MOCKSERVER_EGRESS_URL": forward, "MOCKSERVER_EGRESS_TOKEN": token, "CLOUDOPS_PROXY_URL": reverse, "CLOUDOPS_PROXY_TOKEN": token,
		"API_PUBLIC_URL": serveAPI(t, "dev"),
	}, redis
}

func TestServicesApart(t *testing.T) {
	well, redis := installation(t)
	said, err := report(t, well)
	expect(t, said, "ok configuration", "ok database SQLite", "ok migrations version", "ok Redis", "ok object store", "ok proxy for mocks", "ok proxy for providers", "ok clock", "ok version dev")
	if err != nil || strings.Contains(said, "wrong") || len(redis.Keys()) > 0 {
		t.Errorf("%v, keys %v:\n%s", err, redis.Keys(), said)
	}
	behind := "sqlite://" + filepath.Join(t.TempDir(), "empty.db")
	check(t, os.WriteFile(strings.TrimPrefix(behind, "sqlite://"), nil, 0o600))
	open := filepath.Join(t.TempDir(), "token")
	check(t, os.WriteFile(open, []byte(token), 0o600))
	check(t, os.Chmod(open, 0o644)) // whatever the umask is
	stranger := serveAPI(t, "")
	for name, c := range map[string]struct {
		environ map[string]string
		lines   []string
		well    bool
	}{
		"a setting":        {map[string]string{"API_SIGN_UP": "perhaps"}, []string{"wrong configuration", "Correct the variable"}, false},
		"no setting":       {map[string]string{"YAMLGEN_LEAZE": "5s"}, []string{"wrong configuration YAMLGEN_LEAZE is not a setting; did you mean YAMLGEN_LEASE?"}, false},
		"Redis missing":    {map[string]string{"REDIS_URL": ""}, []string{`wrong configuration required environment variable "REDIS_URL" is not set`}, false},
		"no database":      {map[string]string{"DATABASE_URL": "postgres://a:hunter2@127.0.0.1:1/x"}, []string{"wrong database", "Check that the database is running"}, false},
		"behind by hand":   {map[string]string{"DATABASE_URL": behind, "API_MIGRATE": "false"}, []string{"wrong migrations the schema (version 0) lacks", "Run `mocloud migrate`"}, false},
		"behind":           {map[string]string{"DATABASE_URL": behind}, []string{"ok migrations"}, true},
		"no Redis":         {map[string]string{"REDIS_URL": "redis://:hunter2@127.0.0.1:1"}, []string{"wrong Redis 127.0.0.1:1: connection refused", "Check that Redis is running"}, false},
		"Redis password":   {map[string]string{"REDIS_URL": "redis://:hunter2@" + redis.Addr()}, []string{"wrong Redis " + redis.Addr() + ": WRONGPASS"}, false},
		"no Redis URL":     {map[string]string{"REDIS_URL": "hunter2"}, []string{"wrong Redis REDIS_URL must look like"}, false},
		"no object store":  {map[string]string{"OBJECT_STORE_URL": "s3://key:hunter2@127.0.0.1:1/bucket?insecure=true"}, []string{"wrong object store", "Check that the object store is running"}, false},
		"no store URL":     {map[string]string{"OBJECT_STORE_URL": "s3://hunter2"}, []string{"wrong object store", "Correct OBJECT_STORE_URL"}, false},
		"no proxy":         {map[string]string{"MOCKSERVER_EGRESS_URL": "http://127.0.0.1:1", "CLOUDOPS_PROXY_URL": "http://127.0.0.1:1"}, []string{"wrong proxy for mocks http://127.0.0.1:1: connection refused", "wrong proxy for providers http://127.0.0.1:1: connection refused"}, false},
		"other tokens":     {map[string]string{"MOCKSERVER_EGRESS_TOKEN": "hunter2", "CLOUDOPS_PROXY_TOKEN": "hunter2"}, []string{"wrong proxy for mocks", "wrong proxy for providers the proxy does not accept the token"}, false},
		"no proxies":       {map[string]string{"MOCKSERVER_EGRESS_URL": stranger, "CLOUDOPS_PROXY_URL": stranger}, []string{"wrong proxy for mocks " + stranger + " is not mocloud's proxy", "wrong proxy for providers " + stranger + " is not"}, false},
		"without proxy":    {map[string]string{"MOCKSERVER_EGRESS_URL": "", "CLOUDOPS_PROXY_URL": ""}, []string{"skipped proxy for mocks", "skipped proxy for providers"}, true},
		"no api":           {map[string]string{"API_PUBLIC_URL": "http://127.0.0.1:1"}, []string{"skipped version no api answers"}, true},
		"another program":  {map[string]string{"API_PUBLIC_URL": stranger}, []string{"skipped version what answers"}, true},
		"an open secret":   {map[string]string{"CLOUDOPS_PROXY_TOKEN_FILE": open, "CLOUDOPS_PROXY_TOKEN": ""}, []string{"wrong secret files other users can read or change " + open, "chmod 0640 " + open}, false},
		"no file of a key": {map[string]string{"REDIS_URL_FILE": open + "x", "REDIS_URL": ""}, []string{"wrong configuration REDIS_URL_FILE"}, false},
	} {
		environ := maps.Clone(well)
		for key, value := range c.environ {
			if environ[key] = value; value == "" {
				delete(environ, key)
			}
		}
		t.Run(name, func(t *testing.T) {
			said, err := report(t, environ)
			expect(t, said, c.lines...)
			if (err == nil) != c.well {
				t.Errorf("%v:\n%s", err, said)
			}
		})
	}
	redis.SetTime(time.Now().Add(-time.Hour))
	said, _ = report(t, well)
	expect(t, said, "wrong clock the clock of Redis is 1h0m0s behind this machine's", "Synchronize both with NTP.")
	redis.SetTime(time.Time{})
	redis.SetError("READONLY You can't write against a read only replica.")
	said, _ = report(t, well)
	expect(t, said, "wrong Redis "+redis.Addr()+": READONLY")
}

func TestSchemaAhead(t *testing.T) {
	e := &examination{}
	e.migrations(api.Condition{Version: 7, Known: 5}, false)
	if f := e.findings[0]; f.state != "wrong" || !strings.Contains(f.message, "ahead") || !strings.Contains(f.advice, "newer") {
		t.Errorf("%+v", f)
	}
}

func TestDataFolder(t *testing.T) {
	none := filepath.Join(t.TempDir(), "data")
	unused := map[string]string{"API_ADDR": "127.0.0.1:1"}
	said, err := report(t, unused, "--data", none)
	expect(t, said, "ok configuration", "skipped data folder", "skipped version no api answers at http://127.0.0.1:1")
	if _, statErr := os.Stat(none); err != nil || statErr == nil {
		t.Errorf("%v, %v", err, statErr)
	}
	check(t, os.Mkdir(none, 0o700))
	said, err = report(t, unused, "--data", none)
	expect(t, said, "ok data folder", "skipped database")
	if err != nil {
		t.Error(err)
	}
	check(t, api.Migrate(t.Context(), secret.New("sqlite://"+filepath.Join(none, "mocloud.db"))))
	check(t, os.WriteFile(filepath.Join(none, "admin-token"), []byte(token), 0o600))
	said, err = report(t, unused, "--data", none)
	expect(t, said, "ok data folder", "ok database", "ok migrations version", "ok object store conditional writes work")
	if err != nil {
		t.Error(err)
	}
	check(t, os.Chmod(none, 0o755))
	check(t, os.Chmod(filepath.Join(none, "admin-token"), 0o664))
	said, err = report(t, map[string]string{"API_ADDR": "127.0.0.1:1", "LOG_LEVEL": "loud"}, "--data", none)
	expect(t, said, "wrong configuration LOG_LEVEL must be", "wrong data folder other users can read or change "+none+" (its mode is 0755)", "chmod 0750 "+none, "chmod 0640 "+none+"/admin-token", "ok database")
	if err == nil || err.Error() != "3 things are wrong" {
		t.Error(err)
	}
	check(t, os.WriteFile(filepath.Join(none, "mocloud.db"), bytes.Repeat([]byte("no database "), 1000), 0o600))
	said, _ = report(t, unused, "--data", none)
	expect(t, said, "wrong database", "Restore a backup")
}

// careless is an object store without conditional writes.
type careless struct{ objstore.Store }

func (c careless) Put(ctx context.Context, key string, body io.Reader, size int64, _ objstore.PutOptions) (string, error) {
	return c.Store.Put(ctx, key, body, size, objstore.PutOptions{})
}

func TestConditionsIgnored(t *testing.T) {
	store, err := dirstore.Open(t.TempDir(), dirstore.Options{NoSync: true})
	check(t, err)
	t.Cleanup(func() { check(t, store.Close()) })
	if err := conditional(t.Context(), careless{store}, "doctor/x"); !errors.Is(err, errIgnored) {
		t.Error(err)
	}
	if err := conditional(t.Context(), store, "doctor/y"); err != nil {
		t.Error(err)
	}
}
