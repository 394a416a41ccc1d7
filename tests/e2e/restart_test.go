package e2e_test

import (
	"fmt"
	"testing"

	"github.com/mocloud/mocloud/tests/internal/cloud"
)

// TestRestart stops everything in order and starts it again: what was live is live, what was offline is offline.
func TestRestart(t *testing.T) {
	onTargets(t, func(t *testing.T, c *cloud.Cloud) {
		live := published(t, c, "live", cloud.Answering("kept"))
		offline := published(t, c, "offline", cloud.Answering("kept too"))
		check(t, c.Unpublish(t.Context(), offline.ID))
		check(t, c.WaitFor(t.Context(), offline.ID, offline.Revision, cloud.Offline))

		c.StopAll()
		c.StartAll()

		check(t, c.WaitFor(t.Context(), live.ID, live.Revision, cloud.Published))
		answers(t, c, live.URL+"/answer", "kept")
		gone(t, c, offline, "/answer")
		read, err := c.Get(t.Context(), offline.ID)
		check(t, err)
		if read.Content != cloud.Answering("kept too") || read.State != cloud.Offline {
			t.Errorf("read %+v", read)
		}
		live = edited(t, c, live, cloud.Answering("edited after the restart"))
		answers(t, c, live.URL+"/answer", "edited after the restart")
	})
}

// TestEachProcessKilled kills every process in turn, edits while it is away where the api can take an edit, and starts it again:
// the edit is live, nothing else has changed.
func TestEachProcessKilled(t *testing.T) {
	onTargets(t, func(t *testing.T, c *cloud.Cloud) {
		const bystanders = 5
		mock := published(t, c, "edited", cloud.Answering("at first"))
		still := make([]cloud.Mock, bystanders)
		for i := range still {
			still[i] = published(t, c, fmt.Sprintf("still-%d", i), cloud.Answering(fmt.Sprintf("still %d", i)))
		}
		for _, name := range c.Processes() {
			t.Logf("kill %s", name)
			c.Process(name).Kill()
			want := "edited while " + name + " was away"
			edit := func() {
				var err error
				mock, err = c.Update(t.Context(), mock.ID, cloud.Answering(want))
				check(t, err)
			}
			apiIsAway := name == "api" || len(c.Processes()) == 1
			if !apiIsAway {
				edit()
			}
			c.Process(name).Start()
			c.WaitReady(name)
			if apiIsAway {
				edit()
			}
			check(t, c.WaitFor(t.Context(), mock.ID, mock.Revision, cloud.Published))
			answers(t, c, mock.URL+"/answer", want)
			for i, each := range still {
				answers(t, c, each.URL+"/answer", fmt.Sprintf("still %d", i))
			}
		}
		all, err := c.List(t.Context())
		check(t, err)
		seen := map[string]bool{}
		for _, each := range all {
			seen[each.ID] = true
		}
		for _, each := range append(still, mock) {
			if !seen[each.ID] {
				t.Errorf("mock %s is lost", each.Slug)
			}
		}
	})
}
