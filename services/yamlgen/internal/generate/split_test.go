package generate

import (
	"runtime"
	"testing"
	"weak"

	"github.com/mocloud/mocloud/pkg/unified"
	"github.com/mocloud/mocloud/services/yamlgen/internal/single"
)

// TestSplitKeepsNoFiles: what the index keeps of a mock for ever has not its file behind it.
func TestSplitKeepsNoFiles(t *testing.T) {
	file := make([]byte, 64<<10)
	results := []result{{mock: unified.Mock{ID: "a"}, single: &single.Single{File: file}}}
	made := weak.Make(results[0].single)
	mocks, changes := split(results)
	if len(mocks) != 1 || mocks[0].ID != "a" || len(changes) != 1 || changes[0].Mock.ID != "a" {
		t.Fatalf("split = %v, %v", mocks, changes)
	}
	runtime.GC()
	if made.Value() != nil {
		t.Error("the file is still in memory")
	}
	runtime.KeepAlive(mocks)
	runtime.KeepAlive(changes)
}
