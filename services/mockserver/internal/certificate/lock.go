package certificate

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/mocloud/mocloud/pkg/objstore"
)

// locks are leases in the object store. Who holds a lock writes its object anew again and again; one that has not changed for a whole
// lease, by the clock of who waits, is free. So the clocks of different machines are never compared. An object stays when its lock is given
// back, and says that it is free: to delete it could delete the lock of somebody who has just taken it.
type locks struct {
	objects objstore.Store
	lease   time.Duration
	every   time.Duration // between two looks of who waits

	mu   *sync.Mutex
	held map[string]*held // by name
}

// held is a lock that this process has.
type held struct {
	stop context.CancelFunc
	done chan struct{}
	etag string // belongs to the renewal until done is closed
}

const (
	lease     = time.Minute
	lookEvery = time.Second
	free      = "free"
)

func newLocks(objects objstore.Store) locks {
	return locks{objects: objects, lease: lease, every: lookEvery, mu: new(sync.Mutex), held: map[string]*held{}}
}

// lockPath is where a lock is kept.
func lockPath(name string) string { return path("locks/" + name) }

// Lock implements certmagic.Locker.
func (l *locks) Lock(ctx context.Context, name string) error {
	at := lockPath(name)
	var seen string
	var since time.Time
	for {
		etag, isFree, err := l.look(ctx, at)
		if err == nil {
			if etag != seen || since.IsZero() {
				seen, since = etag, time.Now()
			}
			if isFree || time.Since(since) >= l.lease {
				if etag, err = l.take(ctx, at, etag); err == nil {
					l.keep(ctx, name, at, etag)
					return nil
				}
			}
		}
		if err != nil && !errors.Is(err, objstore.ErrPrecondition) && ctx.Err() == nil {
			return fmt.Errorf("lock %s: %w", name, err)
		}
		timer := time.NewTimer(l.every)
		select {
		case <-ctx.Done():
			timer.Stop()
			return fmt.Errorf("wait for the lock %s: %w", name, ctx.Err())
		case <-timer.C:
		}
	}
}

// look reads a lock; etag is "" if there is none.
func (l *locks) look(ctx context.Context, at string) (etag string, isFree bool, err error) {
	ctx, cancel := context.WithTimeout(ctx, ioTimeout)
	defer cancel()
	object, err := l.objects.Get(ctx, at)
	if errors.Is(err, objstore.ErrNotFound) {
		return "", true, nil
	}
	if err != nil {
		return "", false, err
	}
	defer object.Body.Close() // it was only read
	var word [len(free)]byte
	n, _ := object.Body.Read(word[:]) // what cannot be read is not free
	return object.ETag, string(word[:n]) == free, nil
}

// take writes a lock over what was seen of it.
func (l *locks) take(ctx context.Context, at, etag string) (string, error) {
	return l.write(ctx, at, rand.Text(), etag)
}

func (l *locks) write(ctx context.Context, at, content, etag string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, ioTimeout)
	defer cancel()
	return l.objects.Put(ctx, at, strings.NewReader(content), int64(len(content)), objstore.PutOptions{IfMatch: etag, IfAbsent: etag == ""})
}

// keep renews a lock until it is given back.
func (l *locks) keep(ctx context.Context, name, at, etag string) {
	ctx, stop := context.WithCancel(context.WithoutCancel(ctx))
	h := &held{stop: stop, done: make(chan struct{}), etag: etag}
	l.mu.Lock()
	l.held[name] = h
	l.mu.Unlock()
	go func() {
		defer close(h.done)
		ticker := time.NewTicker(l.lease / 4)
		defer ticker.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-ticker.C:
			}
			next, err := l.take(ctx, at, h.etag)
			if errors.Is(err, objstore.ErrPrecondition) {
				return // it is another's: this process was asleep for longer than the lease
			}
			if err == nil {
				h.etag = next
			}
		}
	}()
}

// Unlock implements certmagic.Locker.
func (l *locks) Unlock(ctx context.Context, name string) error {
	l.mu.Lock()
	h := l.held[name]
	delete(l.held, name)
	l.mu.Unlock()
	if h == nil {
		return fmt.Errorf("unlock %s: it is not locked by this process", name)
	}
	h.stop()
	<-h.done
	// Whoever waits need not wait for the lease, also when this process stops.
	_, err := l.write(context.WithoutCancel(ctx), lockPath(name), free, h.etag)
	if err != nil && !errors.Is(err, objstore.ErrPrecondition) {
		return fmt.Errorf("unlock %s: %w", name, err)
	}
	return nil
}
