package testkit_test

import (
	"context"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/mocloud/mocloud/pkg/testkit"
)

func TestFaultProxyNetwork(t *testing.T) {
	t.Parallel()
	proxy := testkit.NewFaultProxy(t, testkit.Redis(t).URL)
	client := redisClient(t, proxy.URL())
	ping := func(timeout time.Duration) error {
		ctx, cancel := context.WithTimeout(t.Context(), timeout)
		defer cancel()
		return client.Ping(ctx).Err()
	}
	works := func(when string) {
		t.Helper()
		// The first call may meet a connection of the pool that was broken.
		for range 20 {
			if ping(time.Minute) == nil {
				return
			}
		}
		t.Fatalf("%s: no answer", when)
	}
	works("at first")
	proxy.Cut()
	for range 20 {
		if ping(time.Minute) == nil {
			t.Fatal("cut: an answer")
		}
	}
	proxy.Heal()
	works("healed")
	proxy.BlackHole()
	started := time.Now()
	if ping(200*time.Millisecond) == nil || time.Since(started) < 200*time.Millisecond {
		t.Error("black hole: not silent")
	}
	proxy.Heal()
	works("healed again")
	proxy.Break()
	works("broken once")
	proxy.Delay(150 * time.Millisecond)
	started = time.Now()
	if err := ping(time.Minute); err != nil || time.Since(started) < 300*time.Millisecond {
		t.Errorf("delay: answer after %v (%v)", time.Since(started), err)
	}
}

func TestFaultProxyMessages(t *testing.T) {
	t.Parallel()
	for _, protocol := range []int{2, 3} {
		space := testkit.Redis(t)
		proxy := testkit.NewFaultProxy(t, space.URL)
		var seen atomic.Int32
		proxy.OnMessage(func(channel string, payload []byte) testkit.Fate {
			seen.Add(1)
			if channel != space.Prefix+"channel" {
				t.Errorf("channel %q", channel)
			}
			fate, _, _ := strings.Cut(string(payload), " ")
			return map[string]testkit.Fate{"drop": testkit.Drop, "twice": testkit.Duplicate, "hold": testkit.Hold}[fate]
		})
		options, err := redis.ParseURL(proxy.URL())
		if err != nil {
			t.Fatal(err)
		}
		options.Protocol = protocol
		client := redis.NewClient(options)
		subscription := client.Subscribe(t.Context(), space.Prefix+"channel")
		if _, err := subscription.Receive(t.Context()); err != nil {
			t.Fatal(err)
		}
		for _, payload := range []string{"a", "drop b", "twice c", "hold d", "e\r\nf", "hold g", "hold h", "i"} {
			if err := space.Client.Publish(t.Context(), space.Prefix+"channel", payload).Err(); err != nil {
				t.Fatal(err)
			}
		}
		for _, want := range []string{"a", "twice c", "twice c", "e\r\nf", "hold d", "hold g", "i", "hold h"} {
			got, err := subscription.ReceiveMessage(t.Context())
			if err != nil || got.Payload != want {
				t.Fatalf("RESP%d: got %v %v, want %q", protocol, got, err, want)
			}
		}
		if seen.Load() != 8 {
			t.Errorf("fate was asked %d times", seen.Load())
		}
		if err := subscription.Close(); err != nil {
			t.Error(err)
		}
		if err := client.Close(); err != nil {
			t.Error(err)
		}
	}
}
