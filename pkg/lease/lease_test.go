package lease_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/redis/go-redis/v9"

	"github.com/mocloud/mocloud/pkg/lease"
)

const ttl = time.Minute

// two are two instances that want the same lease.
func two(t *testing.T) (server *miniredis.Miniredis, a, b *lease.Lease) {
	t.Helper()
	server = miniredis.RunT(t)
	client := redis.NewClient(&redis.Options{Addr: server.Addr(), MaxRetries: -1})
	t.Cleanup(func() { _ = client.Close() })
	return server, lease.New(client, "lease", "a", ttl), lease.New(client, "lease", "b", ttl)
}

// take checks who gets the lease.
func take(t *testing.T, l *lease.Lease, want bool) {
	t.Helper()
	if got, err := l.Take(t.Context()); err != nil || got != want {
		t.Fatalf("Take = %v, %v, want %v", got, err, want)
	}
	if l.Held() != want {
		t.Fatalf("Held = %v after Take said %v", l.Held(), want)
	}
}

func TestOneHasIt(t *testing.T) {
	server, a, b := two(t)
	if a.Held() {
		t.Error("held before it was taken")
	}
	take(t, a, true)
	take(t, b, false)
	server.FastForward(ttl - time.Second)
	take(t, a, true) // renewed
	server.FastForward(ttl - time.Second)
	take(t, b, false)
	server.FastForward(2 * time.Second)
	take(t, b, true)
	take(t, a, false) // it finds out that it lost it
}

func TestReleaseGivesItToTheNext(t *testing.T) {
	_, a, b := two(t)
	take(t, a, true)
	if err := b.Release(t.Context()); err != nil {
		t.Error(err)
	}
	take(t, b, false) // what is another's is not released
	if err := a.Release(t.Context()); err != nil || a.Held() {
		t.Errorf("Release: %v, held %v", err, a.Held())
	}
	take(t, b, true)
}

// Without Redis nobody can take the lease, so that whoever has it keeps it until its time is over.
func TestHeldWhileRedisIsAway(t *testing.T) {
	server, a, b := two(t)
	take(t, a, true)
	server.Close()
	for _, l := range []*lease.Lease{a, b} {
		if mine, err := l.Take(t.Context()); err == nil || mine {
			t.Errorf("Take = %v, %v", mine, err)
		}
	}
	if !a.Held() || b.Held() {
		t.Errorf("held: %v, %v", a.Held(), b.Held())
	}
	if err := a.Release(t.Context()); err == nil || a.Held() {
		t.Errorf("Release: %v, held %v", err, a.Held())
	}
}

// TestItEndsByItself: by the instance's own clock, counted from before it asked.
func TestItEndsByItself(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client := redis.NewClient(&redis.Options{Addr: "127.0.0.1:1"})
		defer client.Close()
		client.AddHook(slow(time.Second))
		l := lease.New(client, "lease", "a", ttl)
		take(t, l, true)
		<-time.After(ttl - time.Second - 1)
		if !l.Held() {
			t.Error("it ends too early")
		}
		<-time.After(1)
		if l.Held() {
			t.Error("held for longer than Redis may keep it")
		}
	})
}

// slow is a Redis without a network that takes its time to say yes.
type slow time.Duration

// ProcessHook implements redis.Hook.
func (s slow) ProcessHook(redis.ProcessHook) redis.ProcessHook {
	return func(_ context.Context, cmd redis.Cmder) error {
		<-time.After(time.Duration(s))
		cmd.(*redis.Cmd).SetVal(int64(1))
		return nil
	}
}

// DialHook implements redis.Hook.
func (slow) DialHook(next redis.DialHook) redis.DialHook { return next }

// ProcessPipelineHook implements redis.Hook.
func (slow) ProcessPipelineHook(next redis.ProcessPipelineHook) redis.ProcessPipelineHook {
	return next
}
