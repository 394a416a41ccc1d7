//go:build linux

package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/mocloud/mocloud/pkg/testkit/port"
	"github.com/mocloud/mocloud/pkg/unified"
)

// adminToken opens an installation that lives as long as the benchmark, on loopback.
const adminToken = "mct_scale-benchmark" //nolint:gosec // see above

const (
	startTimeout = 2 * time.Minute
	stopTimeout  = 30 * time.Second
	readyPoll    = 2 * time.Millisecond
)

// install is mocloud as processes of their own: what takes part in publishing and serving.
type install struct {
	dir              string
	apiURL, mocksURL string

	api, yamlgen, mockserver *service
}

// service is one process.
type service struct {
	name, program, opsURL string
	args, env             []string
	log                   tail

	talk net.Conn // a connection on which its answers are verified; nil: none
	hear *bufio.Reader

	cmd  *exec.Cmd
	done chan struct{} // closed when it has ended
}

func newInstall(bin string, postgres bool) (*install, error) {
	redis := os.Getenv("TEST_REDIS_URL")
	if redis == "" {
		return nil, errors.New("TEST_REDIS_URL is not set; scripts/bench-scale starts a Redis server and sets it")
	}
	dir, err := os.MkdirTemp("", "mocloud-scale-")
	if err != nil {
		return nil, err
	}
	var addresses [5]string
	for i := range addresses {
		if addresses[i], err = freeAddress(); err != nil {
			return nil, errors.Join(err, os.RemoveAll(dir))
		}
	}
	api, mocks := addresses[0], addresses[1]
	_, mocksPort, _ := strings.Cut(mocks, ":")
	database := "sqlite://" + dir + "/mocloud.db"
	if postgres {
		database = os.Getenv("TEST_POSTGRES_URL")
	}
	common := append(os.Environ(),
		"REDIS_URL="+redis, fmt.Sprintf("REDIS_PREFIX=scale%d:", os.Getpid()), "OBJECT_STORE_URL=file://"+dir+"/objects",
		"BASE_DOMAIN=localhost", "LOG_LEVEL=warn")
	newService := func(name, ops string, env ...string) *service {
		return &service{
			name: name, program: filepath.Join(bin, name), opsURL: "http://" + ops,
			env: slices.Concat(common, env, []string{"OPS_ADDR=" + ops}),
		}
	}
	return &install{
		dir: dir, apiURL: "http://" + api, mocksURL: "http://" + mocks,
		api: newService("api", addresses[2], "API_ADDR="+api, "DATABASE_URL="+database, "API_PUBLIC_URL=http://"+api,
			"MOCK_URL=http://{host}:"+mocksPort, "MOCLOUD_ADMIN_TOKEN="+adminToken, "API_RATE_ADDRESS=0", "API_RATE_ACCOUNT=0",
			"API_QUOTA_MOCKS=0", "API_QUOTA_ENDPOINTS=0", "API_QUOTA_CONTENT=0"),
		yamlgen:    newService("yamlgen", addresses[3]),
		mockserver: newService("mockserver", addresses[4], "MOCKSERVER_ADDR="+mocks),
	}, os.Mkdir(filepath.Join(dir, "objects"), 0o700)
}

// freeAddress is one of loopback that nobody else gets while the program runs.
func freeAddress() (string, error) {
	reserved, err := port.Reserve()
	if err != nil {
		return "", err
	}
	return reserved.Address(), nil
}

func (i *install) services() []*service { return []*service{i.api, i.yamlgen, i.mockserver} }

// remove stops everything and removes what it left.
func (i *install) remove() error {
	var errs []error
	for _, s := range i.services() {
		errs = append(errs, s.stop())
	}
	return errors.Join(append(errs, os.RemoveAll(i.dir))...)
}

// logs is the end of what the services logged, each warning or worse.
func (i *install) logs() string {
	var b strings.Builder
	for _, s := range i.services() {
		b.WriteString(s.log.String())
	}
	return b.String()
}

// start starts the service and waits until it says that it is ready.
func (s *service) start(ctx context.Context) error {
	cmd := exec.Command(s.program, s.args...) //nolint:noctx // stop ends it
	cmd.Env, cmd.Stdout, cmd.Stderr = s.env, &s.log, &s.log
	// A terminal's Ctrl-C is for this program, which then stops the services; they end too if it is killed.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	if err := cmd.Start(); err != nil {
		return err
	}
	done := make(chan struct{})
	s.cmd, s.done = cmd, done
	go func() {
		_ = cmd.Wait() // how it ended shows in its log
		close(done)
	}()
	return s.ready(ctx)
}

// ready waits until /readyz answers 200. It asks over connections of its own, with little work: it competes with the
// start that is measured.
func (s *service) ready(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	transport := &http.Transport{}
	defer transport.CloseIdleConnections()
	asker := &http.Client{Transport: transport, Timeout: callTimeout}
	for {
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, s.opsURL+"/readyz", nil)
		if err != nil {
			return err
		}
		response, err := asker.Do(request)
		if err == nil {
			_, err = io.Copy(io.Discard, response.Body)
			if err := errors.Join(err, response.Body.Close()); err == nil && response.StatusCode == http.StatusOK {
				return nil
			}
		}
		select {
		case <-s.done:
			return fmt.Errorf("%s ended by itself: %s", s.name, s.log.String())
		case <-ctx.Done():
			return fmt.Errorf("%s is not ready: %w", s.name, ctx.Err())
		case <-time.After(readyPoll):
		}
	}
}

// stop ends the service in order, or kills it if that takes too long.
func (s *service) stop() error {
	if s.cmd == nil {
		return nil
	}
	_ = s.cmd.Process.Signal(syscall.SIGTERM) // it may have ended by itself
	var err error
	select {
	case <-s.done:
	case <-time.After(stopTimeout):
		err = fmt.Errorf("%s had to be killed", s.name)
		_ = s.cmd.Process.Kill()
		<-s.done
	}
	s.cmd = nil
	return err
}

func (s *service) pid() int { return s.cmd.Process.Pid }

// hangUp ends talk.
func (s *service) hangUp() {
	if s.talk != nil {
		_ = s.talk.Close()
		s.talk, s.hear = nil, nil
	}
}

// metric is the sum of a metric of the service over its labels.
func (s *service) metric(ctx context.Context, c *client, name string) (float64, error) {
	page, err := c.get(ctx, s.opsURL+"/metrics")
	if err != nil {
		return 0, err
	}
	sum, found := 0.0, false
	lines := bufio.NewScanner(bytes.NewReader(page))
	for lines.Scan() {
		rest, ok := strings.CutPrefix(lines.Text(), name)
		if !ok || rest == "" || (rest[0] != ' ' && rest[0] != '{') {
			continue
		}
		value, err := strconv.ParseFloat(rest[strings.LastIndexByte(rest, ' ')+1:], 64)
		if err != nil {
			return 0, fmt.Errorf("metric %s of %s: %w", name, s.name, err)
		}
		sum, found = sum+value, true
	}
	if !found {
		return 0, fmt.Errorf("%s has no metric %s", s.name, name)
	}
	return sum, nil
}

// object is the path of an object; the store is a folder.
func (i *install) object(key string) string {
	return filepath.Join(i.dir, "objects", filepath.FromSlash(key))
}

// unifiedMock is what the unified mock says of itself, and its size.
func (i *install) unifiedMock() (h unified.Header, size int64, err error) {
	f, err := os.Open(i.object(unified.Key))
	if err != nil {
		return h, 0, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return h, 0, err
	}
	s, err := unified.NewScanner(f)
	if err != nil {
		return h, 0, err
	}
	return s.Header, info.Size(), nil
}

// maxTail bounds what is kept of a log, in bytes.
const maxTail = 16 << 10

// tail keeps the end of what is written to it. It is safe for concurrent use.
type tail struct {
	mu   sync.Mutex
	text []byte
}

// Write implements io.Writer.
func (t *tail) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.text = append(t.text, p...)
	if extra := len(t.text) - maxTail; extra > 0 {
		t.text = append(t.text[:0], t.text[extra:]...)
	}
	return len(p), nil
}

// String is what is kept.
func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return string(t.text)
}
