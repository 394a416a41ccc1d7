package stream

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"testing/synctest"
	"time"
)

// TestReplayUnderLoss: of 20 batches that have to be asked for one after the other over a Redis that loses every fifth message,
// each lost request or answer costs about a second, not a back-off that grows and grows. Which are lost is random, and so are the
// waits: one life takes 6 s to 45 s, the mean of many hardly varies.
func TestReplayUnderLoss(t *testing.T) {
	const lives = 40
	var all time.Duration
	for seed := range uint64(lives) {
		synctest.Test(t, func(t *testing.T) { all += replayUnderLoss(t, seed) })
	}
	mean := all / lives
	t.Logf("mean %v", mean)
	if mean > 20*time.Second {
		t.Error("that is too long")
	}
}

// replayUnderLoss says how long the batches take.
func replayUnderLoss(t *testing.T, seed uint64) time.Duration {
	t.Helper()
	x := setup(t, nil)
	x.bus.mu.Lock()
	x.bus.rng = rand.New(rand.NewPCG(seed, 9))
	x.bus.mu.Unlock()
	for i := range 200 {
		x.log.commit(fmt.Sprint(i), false)
	}
	x.bus.set(faults{lose: 0.2, delay: 200 * time.Millisecond})
	begin := time.Now()
	for x.consumer.Position().Number < 200 {
		pass(10 * time.Millisecond)
	}
	took := time.Since(begin)
	x.bus.set(faults{})
	pass(time.Second)
	if problem := x.handler.differs(x.log); problem != "" {
		t.Error(problem)
	}
	return took
}
