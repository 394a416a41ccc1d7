// Package lease lets one of several instances be active: whoever holds a key in Redis, as long as it renews it. It is a courtesy
// that saves work, not what correctness rests on: that is for conditional writes.
package lease

import (
	"context"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/redis/go-redis/v9"
)

// take is one step in Redis: the key becomes or stays the owner's unless it is somebody else's.
const take = `local owner = redis.call('GET', KEYS[1])
if owner and owner ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return 1`

// drop deletes the key if it is the owner's.
const drop = `if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end
return 0`

// Lease is one instance's claim. Take and Release belong to one goroutine; Held may be asked by any.
type Lease struct {
	client *redis.Client
	key    string
	owner  string
	ttl    time.Duration
	start  time.Time
	until  atomic.Int64 // since start, monotonic; how long the lease is certainly held
}

// New makes a lease on key for owner, which is unique. It lasts for ttl after each Take.
func New(client *redis.Client, key, owner string, ttl time.Duration) *Lease {
	return &Lease{client: client, key: key, owner: owner, ttl: ttl, start: time.Now()}
}

// Take takes or renews the lease. It reports false when another owner has it. After an error nothing is known; what was
// held stays held until its time is over.
func (l *Lease) Take(ctx context.Context) (bool, error) {
	ctx, cancel := context.WithTimeout(ctx, l.ttl/2)
	defer cancel()
	asked := time.Since(l.start)
	mine, err := l.client.Eval(ctx, take, []string{l.key}, l.owner, l.ttl.Milliseconds()).Int()
	if err != nil {
		return false, fmt.Errorf("take lease: %w", err)
	}
	if mine == 0 {
		l.until.Store(0)
		return false, nil
	}
	l.until.Store(int64(asked + l.ttl)) // counted from before the question: Redis counts from later
	return true, nil
}

// Held reports whether nobody else can have the lease now.
func (l *Lease) Held() bool { return int64(time.Since(l.start)) < l.until.Load() }

// Release gives the lease up, so that another takes over at once.
func (l *Lease) Release(ctx context.Context) error {
	l.until.Store(0)
	ctx, cancel := context.WithTimeout(ctx, l.ttl/2)
	defer cancel()
	if err := l.client.Eval(ctx, drop, []string{l.key}, l.owner).Err(); err != nil {
		return fmt.Errorf("release lease: %w", err)
	}
	return nil
}
