//go:build linux

package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/alicebob/miniredis/v2"

	"github.com/mocloud/mocloud/pkg/unified"
)

// neighbourOptions are the flags of the neighbour benchmark.
type neighbourOptions struct {
	bin, out, commit string
	each             time.Duration
	rate             int
	serverCPU        int
	timeout          time.Duration
}

func parseNeighbour(args []string) (neighbourOptions, error) {
	var o neighbourOptions
	f := flag.NewFlagSet("load neighbour", flag.ContinueOnError)
	f.StringVar(&o.bin, "bin", "", "the `folder` with the program mockserver")
	f.StringVar(&o.out, "out", "", "the `folder` whose neighbour.jsonl and table in neighbour.md are written anew; none: print only")
	f.StringVar(&o.commit, "commit", "unknown", "what was built")
	f.DurationVar(&o.each, "each", 10*time.Second, "how long each neighbour makes noise")
	f.IntVar(&o.rate, "rate", 100, "requests a second of the quiet workspace, half of them with a loop in the template")
	f.IntVar(&o.serverCPU, "server-cpu", -1, "the processor on which the server runs; -1: any. The program itself is to be started on another")
	f.DurationVar(&o.timeout, "timeout", 10*time.Minute, "how long everything may take")
	if err := f.Parse(args); err != nil {
		return o, err
	}
	if o.bin == "" || o.each <= 0 || o.rate < 1 {
		return o, errors.New("-bin is missing, or -each or -rate is not positive; scripts/bench-neighbour builds the program and sets it")
	}
	return o, nil
}

// The two workspaces' hosts.
const (
	quietHost = "quiet.example.test"
	noisyHost = "noisy.example.test"
)

// neighbourMock is what both publish. /loop renders until the bound of a template stops it.
const neighbourMock = `
- endpoint: {path: /static, response: {headers: {Content-Type: application/json}, body: {hello: world}}}
- endpoint:
    path: /list
    response: {body: '{% for i in query-params %}{{i.0}}={{i.1|upper}};{% endfor %}'}
- endpoint:
    path: /loop
    response: {body: '{% for a in query-params %}{% for b in query-params %}{% for c in query-params %}{{a.0|upper}}{% endfor %}{% endfor %}{% endfor %}'}
- endpoint:
    method: POST
    path: /body
    response: {body: '{"first": {{json-params.0}}}'}
- endpoint: {path: /headers, response: {headers: {Content-Type: text/plain}, body: '{% for i in 100|range %}{{headers|json|count}} {% endfor %}'}}
`

// costlyEndpoints are those whose templates are too long to read.
func costlyEndpoints() string {
	var variables strings.Builder
	for i := range 5000 {
		fmt.Fprintf(&variables, "{{query-params.v%d}}", i)
	}
	const endpoint = "- endpoint: {path: %s, method: %s, response: {headers: {Content-Type: text/plain}, body: '%s'}}\n"
	return fmt.Sprintf(endpoint, "/names", "POST", strings.Repeat("{{json-params.zzzzz}}", 5000)) +
		fmt.Sprintf(endpoint, "/variables", "GET", variables.String())
}

// noises are what the neighbour does; the first is nothing.
func noises() []string {
	return []string{"nothing", "requests", "templates", "bodies", "slow", "headers", "lookups", "explanations", "half-sent", "idle"}
}

// runNeighbour measures the quiet workspace's answers beside each noise, and writes a line for each to out.
func runNeighbour(ctx context.Context, o neighbourOptions, out io.Writer) (err error) {
	dir, err := os.MkdirTemp("", "mocloud-neighbour-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	redis := miniredis.NewMiniRedis()
	if err := redis.Start(); err != nil {
		return err
	}
	defer redis.Close()
	if err := publishNeighbours(dir); err != nil {
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
	s := &service{name: "mockserver", opsURL: "http://" + ops, env: append(os.Environ(), "GOMAXPROCS=1",
		"REDIS_URL=redis://"+redis.Addr(), "OBJECT_STORE_URL=file://"+dir, "LOG_LEVEL=warn", "OPS_ADDR="+ops, "MOCKSERVER_ADDR="+address)}
	pinned(s, o.serverCPU, filepath.Join(o.bin, "mockserver"))
	if err := s.start(ctx); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.stop()) }()
	r, err := newNeighbourReport(out, o)
	if err != nil {
		return err
	}
	for _, noise := range noises() {
		if err := r.measure(ctx, address, noise); err != nil {
			return fmt.Errorf("beside %s: %w\n%s", noise, err, s.log.String())
		}
	}
	if o.out == "" {
		return nil
	}
	return r.write(o.out)
}

// pinned says how a server is started: on its processor, if there is one for it.
func pinned(s *service, cpu int, program string, args ...string) {
	s.program, s.args = program, args
	if cpu >= 0 {
		s.program, s.args = "taskset", append([]string{"-c", strconv.Itoa(cpu), s.program}, args...)
	}
}

func publishNeighbours(dir string) error {
	lines, err := linesOf([]byte(neighbourMock + costlyEndpoints()))
	if err != nil {
		return err
	}
	f, err := os.Create(filepath.Join(dir, unified.Key))
	if err != nil {
		return err
	}
	var changes []unified.Change
	for _, host := range []string{noisyHost, quietHost} {
		changes = append(changes, unified.Change{Items: lines, Mock: unified.Mock{
			ID: host, WorkspaceID: host, WorkspaceSlug: host, Slug: host, Change: 1, Revision: 1, Digest: unified.Digest(lines), Hosts: []string{host},
		}})
	}
	_, _, err = unified.Merge(f, nil, unified.Header{Epoch: "bench", Change: 1, Mocks: 2, Endpoints: 2 * unified.CountItems(lines)}, changes)
	return errors.Join(err, f.Close())
}

// neighbourLine is one line of output.
type neighbourLine struct {
	Bench  string  `json:"bench"`
	Noise  string  `json:"noise"` // what the neighbour does
	P50    float64 `json:"p50_ms"`
	P99    float64 `json:"p99_ms"`
	Max    float64 `json:"max_ms"`
	Failed int     `json:"failed"`
	Asked  int     `json:"requests"`
	// OfAlone is P99 divided by that beside nothing.
	OfAlone float64 `json:"p99_of_alone"`
	// Noisy is how many answers the neighbour got in a second, and NoisyRefused how many of them were refusals.
	Noisy        float64 `json:"noisy_per_second"`
	NoisyRefused float64 `json:"noisy_refused_per_second"`

	Others  float64 `json:"others_cores"`
	Commit  string  `json:"commit"`
	Machine string  `json:"machine"`
	Time    string  `json:"time"`
}

// noise starts a program of its own that makes noise for a while: inside of this one it would be in the way of the client that
// measures. The end waits for what it counted.
func noise(ctx context.Context, kind, address string, each time.Duration) (end func() (noiseCount, error), err error) {
	if kind == noises()[0] {
		return func() (noiseCount, error) { return noiseCount{}, nil }, nil
	}
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	cmd := exec.CommandContext(ctx, self, "noise", kind, address, each.String())
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	cmd.Stderr = os.Stderr
	printed, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	return func() (noiseCount, error) {
		var n noiseCount
		err := json.NewDecoder(printed).Decode(&n)
		return n, errors.Join(err, cmd.Wait())
	}, nil
}
