package testkit

import (
	"context"
	"errors"
	"net/url"
	"runtime"
	"testing"
	"time"

	"github.com/mocloud/mocloud/pkg/testkit/internal/server"
)

// Server is a server process of one test's own, for tests that kill, pause and restart it. Its methods fail the test. It is
// not safe for concurrent use.
type Server struct {
	t       testing.TB
	process *server.Process
}

// RedisServer starts a Redis server of the test's own. It keeps nothing over a restart.
func RedisServer(t testing.TB) *Server {
	t.Helper()
	return start(t, server.Redis)
}

// PostgresServer starts a Postgres server of the test's own, with the database "postgres". It keeps its data over restarts.
func PostgresServer(t testing.TB) *Server {
	t.Helper()
	return start(t, server.Postgres)
}

// S3Server starts an S3 server of the test's own; its URL names no bucket, see Bucket. It keeps its data over restarts.
func S3Server(t testing.TB) *Server {
	t.Helper()
	return start(t, server.S3)
}

// RedisServerWithClock is RedisServer with a wall clock of its own. On Linux; elsewhere the test is skipped.
func RedisServerWithClock(t testing.TB) *Server {
	t.Helper()
	return startWithClock(t, server.Redis)
}

// PostgresServerWithClock is PostgresServer with a wall clock of its own. On Linux; elsewhere the test is skipped.
func PostgresServerWithClock(t testing.TB) *Server {
	t.Helper()
	return startWithClock(t, server.Postgres)
}

func startWithClock(t testing.TB, create func() (*server.Process, error)) *Server {
	t.Helper()
	if runtime.GOOS != "linux" {
		t.Skip("a clock of a server's own needs LD_PRELOAD")
	}
	return start(t, func() (*server.Process, error) {
		p, err := create()
		if err != nil {
			return nil, err
		}
		if err := p.OwnClock(); err != nil {
			return nil, errors.Join(err, p.Remove())
		}
		return p, nil
	})
}

// ShiftClock sets the clock of a server that has its own that far off the machine's, at once.
func (s *Server) ShiftClock(by time.Duration) {
	s.t.Helper()
	s.check(s.process.ShiftClock(by))
}

func start(t testing.TB, create func() (*server.Process, error)) *Server {
	t.Helper()
	process, err := create()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := process.Remove(); err != nil {
			t.Error(err)
		}
	})
	s := &Server{t: t, process: process}
	s.Start()
	return s
}

// URL is where the server is; it stays the same over restarts.
func (s *Server) URL() string { return s.process.URL }

// Start starts a server that was stopped or killed and waits until it answers.
func (s *Server) Start() {
	s.t.Helper()
	// The cleanups of a test run when its context is done already, and a server may be started there.
	s.check(s.process.Start(context.WithoutCancel(s.t.Context())))
}

// Kill ends the server as kill -9 does and waits for its end.
func (s *Server) Kill() {
	s.t.Helper()
	s.check(s.process.Kill())
}

// Stop ends the server in order.
func (s *Server) Stop() {
	s.t.Helper()
	s.check(s.process.Stop())
}

// Pause stops the server where it is: connections stay open and nothing answers. For Redis and S3; Postgres's other
// processes would go on.
func (s *Server) Pause() {
	s.t.Helper()
	s.check(s.process.Pause())
}

// Resume lets a paused server go on.
func (s *Server) Resume() {
	s.t.Helper()
	s.check(s.process.Resume())
}

// Bucket makes an empty bucket on an S3 server and returns its URL as storeurl.Open takes it. The server has to run at the
// end of the test.
func (s *Server) Bucket() string {
	s.t.Helper()
	u, err := url.Parse(s.process.URL)
	s.check(err)
	return bucket(s.t, *u)
}

func (s *Server) check(err error) {
	s.t.Helper()
	if err != nil {
		s.t.Fatal(err)
	}
}
