package cloud

import (
	"fmt"
	"net/http"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/mocloud/mocloud/pkg/testkit"
)

// Target is a way to run mocloud.
type Target string

// The ways to run mocloud; the same tests pass on both.
const (
	Embedded Target = "embedded" // `mocloud up`: all in one process, with nothing else
	Apart    Target = "apart"    // five processes, Postgres, Redis, an S3 server
)

// adminToken is the token of the account that tests work as.
const adminToken = "mct_end-to-end-test" //nolint:gosec // It opens what lives as long as a test.

// Cloud is a running mocloud.
type Cloud struct {
	*Client

	// AuditFile is where the proxy writes its audit trail.
	AuditFile string
	// Stores of the services apart; empty when embedded.
	DatabaseURL, RedisURL, RedisPrefix, ObjectStoreURL string

	t         testing.TB
	mocks     string // address of the mock server
	binaries  Binaries
	env       map[string][]string // of the services apart
	names     []string            // in starting order
	processes map[string]*Process
	ready     map[string]string // URLs that answer 200 when a process is ready
}

// Servers replaces the shared servers of the services apart with a test's own, or puts a fault proxy before one. Empty fields
// take the shared server.
type Servers struct{ DatabaseURL, RedisURL, ObjectStoreURL string }

// Start starts mocloud, with more settings (NAME=value), and waits until it is ready.
func Start(t testing.TB, binaries Binaries, target Target, settings ...string) *Cloud {
	t.Helper()
	if target == Embedded {
		return startEmbedded(t, binaries, settings)
	}
	return StartApart(t, binaries, Servers{}, settings...)
}

// open lets tests in: as the account of the admin token and as new ones, as often and as fast as they can.
func open() []string {
	return []string{"MOCLOUD_ADMIN_TOKEN=" + adminToken, "API_SIGN_UP=open", "API_RATE_ADDRESS=0", "API_RATE_ACCOUNT=0", "API_RATE_SIGNIN=0"}
}

func startEmbedded(t testing.TB, binaries Binaries, settings []string) *Cloud {
	t.Helper()
	api, mocks, ops := FreeAddress(t), FreeAddress(t), FreeAddress(t)
	audit := filepath.Join(t.TempDir(), "audit")
	p := NewProcess(t, binaries, mocloud, slices.Concat(open(), []string{"PROXY_AUDIT_FILE=" + audit}, settings),
		"up", "--data", filepath.Join(t.TempDir(), "data"), "--api", api, "--mocks", mocks, "--ops", ops)
	c := &Cloud{
		Client: newClient(t, "http://"+api, adminToken), AuditFile: audit, t: t, mocks: mocks, names: []string{mocloud},
		processes: map[string]*Process{mocloud: p}, ready: map[string]string{mocloud: "http://" + ops + "/readyz"},
	}
	c.StartAll()
	return c
}

// StartApart starts the five services, with more settings, of which each takes its own.
func StartApart(t testing.TB, binaries Binaries, servers Servers, settings ...string) *Cloud {
	t.Helper()
	api, mocks, forward, reverse := FreeAddress(t), FreeAddress(t), FreeAddress(t), FreeAddress(t)
	_, mocksPort, _ := strings.Cut(mocks, ":")
	c := &Cloud{
		Client:      newClient(t, "http://"+api, adminToken),
		DatabaseURL: servers.DatabaseURL, RedisURL: servers.RedisURL, ObjectStoreURL: servers.ObjectStoreURL,
		AuditFile: filepath.Join(t.TempDir(), "audit"),
		t:         t, mocks: mocks, binaries: binaries, env: map[string][]string{}, processes: map[string]*Process{}, ready: map[string]string{},
	}
	if c.DatabaseURL == "" {
		c.DatabaseURL = testkit.Postgres(t)
	}
	space := testkit.Redis(t)
	c.RedisPrefix = space.Prefix
	if c.RedisURL == "" {
		c.RedisURL = space.URL
	}
	if c.ObjectStoreURL == "" {
		c.ObjectStoreURL = testkit.ObjectStoreURL(t)
	}
	common := []string{
		"REDIS_URL=" + c.RedisURL, "REDIS_PREFIX=" + c.RedisPrefix, "OBJECT_STORE_URL=" + c.ObjectStoreURL, "BASE_DOMAIN=localhost",
	}
	for name, env := range map[string][]string{
		"proxy": {
			"PROXY_REVERSE_ADDR=" + reverse, "PROXY_FORWARD_ADDR=" + forward, "PROXY_AUDIT_FILE=" + c.AuditFile,
			"PROXY_REVERSE_CALLERS=cloudops:provider-calls-token", "PROXY_FORWARD_CALLERS=mockserver:tenant-calls-token",
		},
		"api": {
			"API_ADDR=" + api, "DATABASE_URL=" + c.DatabaseURL, "API_PUBLIC_URL=http://" + api,
			"MOCK_URL=http://{host}:" + mocksPort,
		},
		"yamlgen": {},
		"mockserver": {
			"MOCKSERVER_ADDR=" + mocks, "MOCKSERVER_EGRESS_URL=http://" + forward, "MOCKSERVER_EGRESS_TOKEN=tenant-calls-token",
		},
		"cloudops": {"CLOUDOPS_PROXY_URL=http://" + reverse, "CLOUDOPS_PROXY_TOKEN=provider-calls-token"},
	} {
		if name == "api" || name == "mockserver" {
			env = append(env, "SEAL_KEY=the-same-for-the-api-and-the-mock-servers")
		}
		if name == "api" {
			env = append(env, open()...)
		}
		c.env[name] = slices.Concat(common, env, settings)
	}
	for _, name := range services() {
		c.add(name, name)
	}
	c.StartAll()
	return c
}

// add makes a process of a service, with more in its environment; it does not start it.
func (c *Cloud) add(name, service string, more ...string) {
	c.t.Helper()
	ops := FreeAddress(c.t)
	c.names = append(c.names, name)
	c.ready[name] = "http://" + ops + "/readyz"
	c.processes[name] = NewProcess(c.t, c.binaries, service, slices.Concat(c.env[service], []string{"OPS_ADDR=" + ops}, more))
}

// AddReplica starts another process of a service beside the one there is, with more in its environment, and returns its name. For
// services that do not listen.
func (c *Cloud) AddReplica(service string, more ...string) string {
	c.t.Helper()
	name := fmt.Sprintf("%s-%d", service, len(c.names))
	c.add(name, service, more...)
	c.processes[name].Start()
	c.WaitReady(name)
	return name
}

// AddMockServer starts another mock server beside the one there is, with more in its environment, and returns its name and where
// it listens.
func (c *Cloud) AddMockServer(more ...string) (name, address string) {
	c.t.Helper()
	name, address = fmt.Sprintf("mockserver-%d", len(c.names)), FreeAddress(c.t)
	c.add(name, "mockserver", append(more, "MOCKSERVER_ADDR="+address)...)
	c.processes[name].Start()
	c.WaitReady(name)
	return name, address
}

// AddAPI starts another api, with more settings; calls go to each in turn from then on. Call it before anybody else calls.
func (c *Cloud) AddAPI(settings ...string) string {
	c.t.Helper()
	name, address := fmt.Sprintf("api-%d", len(c.names)), FreeAddress(c.t)
	c.add(name, "api", append(settings, "API_ADDR="+address)...)
	c.processes[name].Start()
	c.WaitReady(name)
	c.more = append(c.more, "http://"+address)
	return name
}

// Addresses are where the api and the mock server are, and the token of the account that tests work as.
func (c *Cloud) Addresses() (api, mocks, token string) { return c.api, c.mocks, c.token }

// Processes are the names of the processes, in starting order.
func (c *Cloud) Processes() []string { return c.names }

// Process is one of them.
func (c *Cloud) Process(name string) *Process { return c.processes[name] }

// StartAll starts every process that does not run and waits until all are ready.
func (c *Cloud) StartAll() {
	c.t.Helper()
	for _, name := range c.names {
		if !c.processes[name].Running() {
			c.processes[name].Start()
		}
	}
	for _, name := range c.names {
		c.WaitReady(name)
	}
}

// WaitReady waits until a process says that it is ready.
func (c *Cloud) WaitReady(name string) {
	c.t.Helper()
	Eventually(c.t, name+" is ready", func() error {
		if !c.processes[name].Running() {
			c.t.Fatalf("%s ended by itself:\n%s", name, c.processes[name].Stderr())
		}
		answer, err := c.Call(c.t.Context(), c.ready[name])
		if err == nil && answer.Status != http.StatusOK {
			err = fmt.Errorf("%d: %s", answer.Status, answer.Body)
		}
		return err
	})
}

// Restart stops a process in order, or kills it, and starts it again.
func (c *Cloud) Restart(name string, kill bool) {
	c.t.Helper()
	if kill {
		c.processes[name].Kill()
	} else if code := c.processes[name].Stop(); code != 0 {
		c.t.Fatalf("%s ended with %d when it was asked to stop", name, code)
	}
	c.processes[name].Start()
	c.WaitReady(name)
}

// SetAPI starts the api anew, in order, with more settings.
func (c *Cloud) SetAPI(settings ...string) {
	c.t.Helper()
	name := "api"
	if c.processes[name] == nil {
		name = mocloud
	}
	c.processes[name].Set(settings...)
	c.Restart(name, false)
}

// StopAll stops every process in the reverse order; each has to end with 0.
func (c *Cloud) StopAll() {
	c.t.Helper()
	for _, name := range slices.Backward(c.names) {
		if code := c.processes[name].Stop(); code != 0 {
			c.t.Fatalf("%s ended with %d when it was asked to stop", name, code)
		}
	}
}

// Data is the folder that an embedded mocloud keeps everything in.
func (c *Cloud) Data() string { return c.Banner(`Data +(\S+)`) }

// Banner finds the part of what `mocloud up` printed that pattern's first group matches.
func (c *Cloud) Banner(pattern string) string {
	c.t.Helper()
	found := ""
	Eventually(c.t, "the banner shows "+pattern, func() error {
		match := regexp.MustCompile(pattern).FindStringSubmatch(c.processes[mocloud].Stdout())
		if len(match) < 2 {
			return fmt.Errorf("it shows:\n%s", c.processes[mocloud].Stdout())
		}
		found = match[1]
		return nil
	})
	return found
}
