package mock

import (
	"fmt"
	"strings"
	"testing"

	"github.com/mocloud/mocloud/pkg/event"
	"github.com/mocloud/mocloud/pkg/mockspec"
	"github.com/mocloud/mocloud/pkg/single"
)

// TestMadeForTheGenerator: a change carries what the generator would make of its content; what is too large travels as it is.
func TestMadeForTheGenerator(t *testing.T) {
	const item = "- endpoint:\n    path: /a # kept\n    response: {body: x}\n"
	var many strings.Builder
	for n := 0; many.Len() <= single.MaxLines; n++ {
		fmt.Fprintf(&many, "- endpoint:\n    path: /a%d\n    response: {body: x}\n", n)
	}
	for name, c := range map[string]struct {
		content string
		limits  mockspec.Limits
		made    bool
	}{
		"small":                        {"- mocloud: {cors: false}\n" + item, mockspec.Limits{}, true},
		"too many lines":               {many.String(), mockspec.Limits{Endpoints: 1 << 20}, false},
		"too large with the host only": {item, mockspec.Limits{Bytes: len(item)}, false},
	} {
		t.Run(name, func(t *testing.T) {
			if c.limits.Bytes == 0 {
				c.limits.Bytes = mockspec.DefaultLimits().Bytes
			}
			s := &Service{cfg: Config{Limits: c.limits}}
			d, err := s.parse(c.content)
			if err != nil || d.Invalid() {
				t.Fatal(err)
			}
			u := event.MockUpdated{Hosts: []string{"a-b.example.dev"}, Content: c.content}
			carry(&u, single.Prepare(d), c.limits)
			got, ok := single.Open(u.Hosts[0], u.Content, u.Lines, u.Seal, c.limits)
			if ok != c.made {
				t.Fatalf("it opens: %v", ok)
			}
			if !ok {
				if u.Content != c.content || u.Lines != "" || u.Seal != "" {
					t.Errorf("the change is %+v", u)
				}
				return
			}
			want, _ := single.Make(c.content, u.Hosts[0], mockspec.Options{Limits: c.limits})
			if string(got.File) != string(want.File) || string(got.Items) != string(want.Items) || got.Count != want.Count || !got.Settings.CORS.Off {
				t.Errorf("%+v, not %+v", got, want)
			}
		})
	}
}
