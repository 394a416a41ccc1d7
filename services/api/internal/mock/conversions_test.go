package mock

import (
	"context"
	"errors"
	"sync"
	"testing"

	"github.com/mocloud/mocloud/services/api/internal/workspace"
)

// TestConversionsTakeTurns: an account has one conversion at a time, all accounts together have as many as there are slots,
// and whoever gives up leaves nothing behind.
func TestConversionsTakeTurns(t *testing.T) {
	t.Parallel()
	c := newConversions()
	c.slots = make(chan struct{}, 2)
	var mu sync.Mutex
	working, most := map[string]int{}, 0
	var wait sync.WaitGroup
	for _, account := range []string{"ann", "bob", "cy"} {
		for range 20 {
			wait.Go(func() {
				done, err := c.begin(t.Context(), account)
				if err != nil {
					t.Error(err)
					return
				}
				mu.Lock()
				working[account]++
				total := 0
				for _, n := range working {
					total += n
				}
				most = max(most, total)
				if working[account] > 1 || total > 2 {
					t.Errorf("at once: %v", working)
				}
				mu.Unlock()
				mu.Lock()
				working[account]--
				mu.Unlock()
				done()
			})
		}
	}
	wait.Wait()

	first, err := c.begin(t.Context(), "ann")
	if err != nil {
		t.Fatal(err)
	}
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := c.begin(gone, "ann"); !errors.Is(err, context.Canceled) {
		t.Errorf("a second conversion of the account begins: %v", err)
	}
	other, err := c.begin(t.Context(), "bob")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.begin(gone, "cy"); !errors.Is(err, context.Canceled) {
		t.Errorf("there is no slot, but a conversion begins: %v", err)
	}
	first()
	other()
	if len(c.accounts) != 0 || len(c.slots) != 0 {
		t.Errorf("left behind: %v, %d slots", c.accounts, len(c.slots))
	}
}

// TestImportEndsWithItsCaller: whoever has left gets no answer, and keeps nobody waiting.
func TestImportEndsWithItsCaller(t *testing.T) {
	t.Parallel()
	s := &Service{conversions: newConversions()}
	document := "openapi: 3.1.0\npaths: {/a: {get: {responses: {'200': {description: x}}}}}\n"
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	for range 20 { // whether there is a turn for it or not
		if made, err := s.Import(gone, workspace.Caller{AccountID: "ann"}, Import{Document: document}); !errors.Is(err, context.Canceled) {
			t.Fatalf("%+v, %v", made, err)
		}
	}
	if _, err := s.Import(t.Context(), workspace.Caller{AccountID: "ann"}, Import{Document: document}); err != nil {
		t.Error(err)
	}
}
