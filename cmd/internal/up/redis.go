package up

import (
	"context"
	"fmt"

	"github.com/alicebob/miniredis/v2"
	"github.com/redis/go-redis/v9"
)

// embeddedRedis is an in-process Redis on loopback with a password of its own, so that no other program of the machine
// can read or write it. It keeps nothing over a restart; the stream does not need it to.
type embeddedRedis struct {
	server *miniredis.Miniredis
	client *redis.Client
}

func startRedis(ctx context.Context) (*embeddedRedis, error) {
	server := miniredis.NewMiniRedis()
	password := random(24)
	server.RequireAuth(password)
	if err := server.StartAddr("127.0.0.1:0"); err != nil {
		return nil, fmt.Errorf("start the embedded Redis: %w", err)
	}
	client := redis.NewClient(&redis.Options{Addr: server.Addr(), Password: password})
	if err := client.Ping(ctx).Err(); err != nil {
		server.Close()
		return nil, fmt.Errorf("start the embedded Redis: %w", err)
	}
	return &embeddedRedis{server: server, client: client}, nil
}

// Close ends the clients' connections, then the server.
func (r *embeddedRedis) Close() error {
	err := r.client.Close()
	r.server.Close()
	return err
}
