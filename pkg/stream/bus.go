package stream

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/redis/go-redis/v9"
)

// How a connection is judged. Redis answers a ping within milliseconds; a subscription on which nothing at all came for
// silenceLimit, in spite of pings, is given up.
const (
	pingEvery      = 2 * time.Second
	silenceLimit   = 5 * time.Second
	publishTimeout = 3 * time.Second
)

// bus is what the protocol needs of Redis. The tests have another one, which loses, repeats and reorders.
type bus interface {
	// publish sends messages in order; a message without subscribers is no error.
	publish(ctx context.Context, ms ...message) error
	// subscribe returns when the subscription is known to be in force.
	subscribe(ctx context.Context, channels ...string) (subscription, error)
	// claim reports whether key was free; it is taken for ttl then.
	claim(ctx context.Context, key string, ttl time.Duration) (bool, error)
}

// subscription ends with the first error of receive, after which messages may have been lost.
type subscription interface {
	receive(ctx context.Context) (message, error)
	close()
}

// redisBus is the bus over go-redis. The client's own silent reconnection of a subscription is turned into an error,
// because a reconnection is a possible hole.
type redisBus struct{ client *redis.Client }

func (b redisBus) publish(ctx context.Context, ms ...message) error {
	ctx, cancel := context.WithTimeout(ctx, publishTimeout)
	defer cancel()
	if len(ms) == 1 {
		return b.client.Publish(ctx, ms[0].channel, ms[0].payload).Err()
	}
	_, err := b.client.Pipelined(ctx, func(p redis.Pipeliner) error {
		for _, m := range ms {
			p.Publish(ctx, m.channel, m.payload)
		}
		return nil
	})
	return err
}

func (b redisBus) claim(ctx context.Context, key string, ttl time.Duration) (bool, error) {
	ctx, cancel := context.WithTimeout(ctx, publishTimeout)
	defer cancel()
	err := b.client.SetArgs(ctx, key, "1", redis.SetArgs{Mode: "NX", TTL: ttl}).Err()
	if errors.Is(err, redis.Nil) {
		return false, nil
	}
	return err == nil, err
}

func (b redisBus) subscribe(ctx context.Context, channels ...string) (subscription, error) {
	start := time.Now()
	s := &redisSubscription{start: start, pubsub: b.client.Subscribe(ctx, channels...)}
	for confirmed := 0; confirmed < len(channels); {
		m, err := s.pubsub.ReceiveTimeout(ctx, silenceLimit)
		if err != nil {
			_ = s.pubsub.Close() // the error that matters is err
			return nil, err
		}
		if _, ok := m.(*redis.Subscription); ok {
			confirmed++
		}
	}
	s.touch()
	watching, stop := context.WithCancel(ctx)
	s.stop = stop
	s.done = make(chan struct{})
	go s.watch(watching)
	return s, nil
}

// redisSubscription owns one goroutine, watch, from subscribe to close.
type redisSubscription struct {
	pubsub      *redis.PubSub
	start       time.Time
	lastMessage atomic.Int64 // when something came last, since start
	stop        context.CancelFunc
	done        chan struct{}
}

func (s *redisSubscription) touch() { s.lastMessage.Store(int64(time.Since(s.start))) }

func (s *redisSubscription) receive(ctx context.Context) (message, error) {
	for {
		got, err := s.pubsub.Receive(ctx)
		if err != nil {
			return message{}, err
		}
		s.touch()
		switch m := got.(type) {
		case *redis.Message:
			return message{channel: m.Channel, payload: []byte(m.Payload)}, nil
		case *redis.Subscription:
			return message{}, fmt.Errorf("subscription to %s was made anew", m.Channel)
		}
	}
}

// watch pings, and closes the subscription when nothing arrives any more or the context ends, which ends receive.
func (s *redisSubscription) watch(ctx context.Context) {
	defer close(s.done)
	defer s.pubsub.Close() //nolint:errcheck // closing twice is the only error
	tick := time.NewTicker(pingEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			silent := time.Since(s.start) - time.Duration(s.lastMessage.Load())
			if silent > silenceLimit {
				return
			}
			pinging, cancel := context.WithTimeout(ctx, pingEvery)
			err := s.pubsub.Ping(pinging)
			cancel()
			if err != nil {
				return
			}
		}
	}
}

func (s *redisSubscription) close() {
	s.stop()
	<-s.done
}
