package webhook

import (
	"errors"
	"fmt"
	"net/http"
	"testing"
	"time"
)

// later is a call that waits for an hour.
func later(size int) Call {
	c := call("x.example")
	c.Delay, c.Body = time.Hour, make([]byte, size)
	return c
}

// TestFullQueueIsShared: whoever has less in a full queue gets in, and those who have the most make room, the last of theirs first.
func TestFullQueueIsShared(t *testing.T) {
	t.Parallel()
	s := New(Config{Queue: 100, QueueOfWorkspace: 50}, Deps{Client: &http.Client{}})
	for i := range 20 { // many workspaces of one account fill it
		for range 50 {
			_ = s.Enqueue(fmt.Sprint("noisy", i), fmt.Sprint("noisy", i), later(0)) // some are refused
		}
	}
	if s.queue.jobs != 100 {
		t.Fatalf("%d jobs", s.queue.jobs)
	}
	for i := range 3 {
		if err := s.Enqueue("quiet", "quiet", later(0)); err != nil {
			t.Errorf("the quiet workspace's %d: %v", i+1, err)
		}
	}
	if s.queue.jobs != 100 || s.queue.tenants["quiet"].jobs != 3 {
		t.Errorf("%d jobs, of the quiet one %d", s.queue.jobs, s.queue.tenants["quiet"].jobs)
	}
	most := s.queue.most(func(t *tenant) int64 { return int64(t.jobs) })
	if err := s.Enqueue(most.workspace, "m", later(0)); !errors.Is(err, ErrFull) {
		t.Errorf("who has the most gets in: %v", err)
	}
	dropped := 0
	for i := range 20 {
		for _, d := range s.History(fmt.Sprint("noisy", i)) {
			if d.State == Dropped && d.Reason == "not sent: too many webhooks are waiting" {
				dropped++
			}
		}
	}
	if dropped == 0 {
		t.Error("nobody is told that theirs gave way")
	}
}

// TestFullMemoryIsShared: the same for the bytes.
func TestFullMemoryIsShared(t *testing.T) {
	t.Parallel()
	s := New(Config{Bytes: 100_000, BytesOfWorkspace: 60_000}, Deps{Client: &http.Client{}})
	for range 10 {
		_ = s.Enqueue("noisy", "noisy", later(9_000))
		_ = s.Enqueue("other", "other", later(9_000))
	}
	if err := s.Enqueue("quiet", "quiet", later(20_000)); err != nil {
		t.Error(err)
	}
	if s.queue.bytes > 100_000 || s.queue.tenants["quiet"].jobs != 1 {
		t.Errorf("%d bytes", s.queue.bytes)
	}
}

// TestDeletedMocksLeaveTheQueue: nothing waits for a mock that is gone, and nothing of others goes with it.
func TestDeletedMocksLeaveTheQueue(t *testing.T) {
	t.Parallel()
	s := New(Config{}, Deps{Client: &http.Client{}})
	for i := range 30 {
		c := later(0)
		if i%2 == 0 {
			c.Delay = 0
		}
		if err := s.Enqueue("w", fmt.Sprint("m", i%3), c); err != nil {
			t.Fatal(err)
		}
	}
	s.queue.promote(time.Now().Add(time.Second))
	s.Forget("m0")
	s.Forget("unknown")
	if s.queue.jobs != 20 || len(s.queue.waiting)+len(s.queue.tenants["w"].ready) != 20 {
		t.Errorf("%d jobs, %d wait, %d are due", s.queue.jobs, len(s.queue.waiting), len(s.queue.tenants["w"].ready))
	}
	if d := s.History("m0")[0]; d.State != Dropped || d.Reason != "not sent: the mock was deleted" {
		t.Errorf("%+v", d)
	}
	s.Forget("m1")
	s.Forget("m2")
	if s.queue.jobs != 0 || s.queue.bytes != 0 || s.queue.turns.Len() != 0 || len(s.queue.tenants) != 0 {
		t.Errorf("left: %+v", s.queue)
	}
}
