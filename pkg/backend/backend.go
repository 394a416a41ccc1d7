// Package backend opens what the services of an installation share: its Redis and its object store.
package backend

import (
	"context"
	"errors"
	"fmt"
	"log/slog"

	"github.com/redis/go-redis/v9"

	"github.com/mocloud/mocloud/pkg/objstore"
	"github.com/mocloud/mocloud/pkg/objstore/storeurl"
	"github.com/mocloud/mocloud/pkg/process"
	"github.com/mocloud/mocloud/pkg/secret"
)

// Config says where they are.
type Config struct {
	// RedisURL is redis://[user:password@]host:port or rediss://….
	RedisURL secret.String `env:"REDIS_URL,required"`
	// ObjectStoreURL is s3://key:secret@host:port/bucket or file:///folder; the same for all services.
	ObjectStoreURL secret.String `env:"OBJECT_STORE_URL,required"`
}

// Open opens both; they are closed when the process ends. Nothing is sent to Redis yet.
func Open(ctx context.Context, p *process.Process, c Config) (*redis.Client, objstore.Store, error) {
	LogRedis(p.Log)
	client, err := OpenRedis(c.RedisURL)
	if err != nil {
		return nil, nil, err
	}
	p.CloseAtEnd(client)
	objects, err := storeurl.Open(ctx, c.ObjectStoreURL.Reveal())
	if err != nil {
		return nil, nil, fmt.Errorf("OBJECT_STORE_URL: %w", err)
	}
	p.CloseAtEnd(objects)
	return client, objects, nil
}

// OpenRedis makes a client; nothing is sent yet. The caller closes it.
func OpenRedis(redisURL secret.String) (*redis.Client, error) {
	options, err := redis.ParseURL(redisURL.Reveal())
	if err != nil { // it may show the URL
		return nil, errors.New("REDIS_URL must look like redis://[user:password@]host:port[/db]")
	}
	return redis.NewClient(options), nil
}

// LogRedis sends what the Redis client says of its own accord, which is about reconnecting, to log at the debug level. The
// client has one logger for the whole process: call it once, from main.
func LogRedis(log *slog.Logger) { redis.SetLogger(redisLog{log}) }

type redisLog struct{ log *slog.Logger }

// Printf implements the client's logger.
func (l redisLog) Printf(ctx context.Context, format string, v ...any) {
	l.log.DebugContext(ctx, "redis client", "said", fmt.Sprintf(format, v...))
}
