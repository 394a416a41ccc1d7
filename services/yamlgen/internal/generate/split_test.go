package generate

import (
	"runtime"
	"testing"
	"weak"

	"github.com/mocloud/mocloud/pkg/unified"
)

// TestSplitKeepsNoItems: what the index keeps of a mock does not keep its lines in memory.
func TestSplitKeepsNoItems(t *testing.T) {
	items := make([]byte, 64<<10)
	made := weak.Make(&items[0])
	results := []result{{mock: unified.Mock{ID: "a"}, items: items}}
	mocks, changes := split(results)
	if len(mocks) != 1 || mocks[0].ID != "a" || len(changes) != 1 || len(changes[0].Items) != 64<<10 {
		t.Fatalf("split = %v, %v", mocks, changes)
	}
	runtime.GC()
	if made.Value() != nil {
		t.Error("the items are still in memory")
	}
	runtime.KeepAlive(mocks)
}
