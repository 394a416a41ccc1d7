package stream

import (
	"context"
	"log/slog"

	"github.com/redis/go-redis/v9"

	"github.com/mocloud/mocloud/pkg/event"
)

// Heads follows how far a stream's producers are, from their heartbeats, without consuming it. It calls heard for each
// heartbeat, from one goroutine; heard must not block. It returns when ctx ends.
func Heads(ctx context.Context, client *redis.Client, log *slog.Logger, prefix string, s event.Stream, seen func(Position)) {
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	log = log.With("component", "stream.heads", "stream", string(s))
	sub := &subscriber{
		bus: redisBus{client}, log: log, channels: []string{names{prefix, s}.heartbeat()},
		connected: func() {}, lost: func() {},
		received: func(m message) {
			h, err := decode(m.payload, func(h *heartbeat) int { return h.V })
			if err != nil {
				log.WarnContext(ctx, "cannot decode a heartbeat", "error", err)
				return
			}
			seen(Position{Epoch: h.Epoch, Number: h.Head})
		},
	}
	sub.run(ctx)
}
