package generate

import (
	"strings"
	"testing"

	"github.com/mocloud/mocloud/pkg/mockspec"
	"github.com/mocloud/mocloud/pkg/single"
	"github.com/mocloud/mocloud/pkg/unified"
)

func TestLinesOfAnEvent(t *testing.T) {
	const item = `- {"endpoint":{"path":"/a","response":{}}}` + "\n"
	for name, c := range map[string]struct {
		r    result
		want string
	}{
		"few":      {result{items: []byte(item)}, item},
		"many":     {result{items: []byte(strings.Repeat(item, single.MaxLines/len(item)+1))}, ""},
		"settings": {result{items: []byte(item), mock: unified.Mock{Shared: `- {"mocloud":{"cors":false}}` + "\n"}}, `- {"mocloud":{"cors":false}}` + "\n" + item},
	} {
		t.Run(name, func(t *testing.T) {
			got := c.r.lines()
			if got != c.want {
				t.Fatalf("lines = %q, want %q", got, c.want)
			}
			if _, err := mockspec.DecodeLines([]byte(got)); err != nil {
				t.Errorf("they cannot be read: %v", err)
			}
		})
	}
}
