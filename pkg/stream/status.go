package stream

import (
	"context"
	"errors"
	"fmt"
	"log/slog"

	"github.com/redis/go-redis/v9"

	"github.com/mocloud/mocloud/pkg/event"
)

// Announce publishes an event that is not numbered, for whoever listens at this moment.
func Announce(ctx context.Context, client *redis.Client, prefix string, p event.Payload) error {
	return announce(ctx, redisBus{client}, prefix, p)
}

func announce(ctx context.Context, b bus, prefix string, p event.Payload) error {
	e, err := event.New(p)
	if err != nil {
		return err
	}
	m, err := encode(names{prefix: prefix}.event(e.Type), &e)
	if err != nil {
		return err
	}
	if err := b.publish(ctx, m); err != nil {
		return fmt.Errorf("announce %s: %w", e.Type, err)
	}
	return nil
}

// Listen receives events that are not numbered, until ctx ends; then it returns nil. What is published while the
// connection is gone is lost; connected, if not nil, is called with true after each (re)connection and with false after
// each loss. Both functions are called by one goroutine and must not block.
func Listen(ctx context.Context, client *redis.Client, log *slog.Logger, prefix string, types []event.Type,
	connected func(bool), received func(event.Envelope),
) error {
	if len(types) == 0 {
		return errors.New("listen: no event types")
	}
	if connected == nil {
		connected = func(bool) {}
	}
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	s := &subscriber{
		bus: redisBus{client}, log: log.With("component", "stream.listener"),
		connected: func() { connected(true) }, lost: func() { connected(false) },
		received: func(m message) {
			e, err := decode(m.payload, func(*event.Envelope) int { return wireVersion })
			if err != nil {
				log.WarnContext(ctx, "cannot decode an event", "channel", m.channel, "error", err)
				return
			}
			received(e)
		},
	}
	for _, t := range types {
		s.channels = append(s.channels, names{prefix: prefix}.event(t))
	}
	s.run(ctx)
	return nil
}
