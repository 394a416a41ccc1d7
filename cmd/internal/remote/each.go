package remote

import (
	"context"
	"sync"
)

// parallel is how many requests of one command are on their way at a time.
const parallel = 8

// Each calls do for 0 to n-1, some at a time, and returns the error of the lowest number that has one. After an error nothing
// more is begun; what was begun ends by itself.
func Each(ctx context.Context, n int, do func(ctx context.Context, i int) error) error {
	errs := make([]error, n)
	var mu sync.Mutex
	next, failed := 0, false
	take := func() (int, bool) {
		mu.Lock()
		defer mu.Unlock()
		if failed || next == n || ctx.Err() != nil {
			return 0, false
		}
		next++
		return next - 1, true
	}
	var workers sync.WaitGroup
	for range min(parallel, n) {
		workers.Go(func() {
			for i, ok := take(); ok; i, ok = take() {
				if errs[i] = do(ctx, i); errs[i] != nil {
					mu.Lock()
					failed = true
					mu.Unlock()
				}
			}
		})
	}
	workers.Wait()
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return ctx.Err()
}
