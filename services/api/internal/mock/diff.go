package mock

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/aymanbagabas/go-udiff"

	"github.com/mocloud/mocloud/pkg/mockspec"
	"github.com/mocloud/mocloud/services/api/internal/workspace"
)

// Diff says what changed from one revision to another.
type Diff struct {
	From, To  int
	Text      string           // a unified diff of the contents, "" if they are the same
	Endpoints []EndpointChange // whatever their places and layout
}

// EndpointChange is an endpoint that is not the same in two revisions.
type EndpointChange struct {
	Change       EndpointFate
	Kind         string // endpoint, websocket
	Method, Path string // Method is "" for WebSockets
}

// EndpointFate is what became of an endpoint.
type EndpointFate string

// The fates.
const (
	Added     EndpointFate = "added"
	Removed   EndpointFate = "removed"
	Different EndpointFate = "changed"
)

// contextLines is how many lines around a change a diff shows.
const contextLines = 3

// Diff compares a revision of a mock with another one, 0 for the newest before it. Its cost is bounded by the contents'
// size: where they have nothing in common, the diff is not the shortest that there is.
func (s *Service) Diff(ctx context.Context, who workspace.Caller, id string, from, to int) (Diff, error) {
	after, err := s.repo.Revision(ctx, who, id, to)
	if err != nil {
		return Diff{}, err
	}
	var before Revision
	if from == 0 {
		earlier, err := s.repo.Revisions(ctx, who, id, to, 1)
		if err != nil {
			return Diff{}, err
		}
		if len(earlier) > 0 {
			from = earlier[0].Number
		}
	}
	if from > 0 { // else there is none before it: everything is new
		if before, err = s.repo.Revision(ctx, who, id, from); err != nil {
			return Diff{}, err
		}
	}
	d := Diff{From: from, To: to, Endpoints: s.endpointChanges(before.Content, after.Content)}
	name := func(number int) string { return fmt.Sprintf("revision %d", number) }
	d.Text, err = udiff.ToUnified(name(from), name(to), before.Content, udiff.Lines(before.Content, after.Content), contextLines)
	if err != nil {
		return d, fmt.Errorf("compare revisions %d and %d of mock %s: %w", from, to, id, err)
	}
	return d, nil
}

// endpoints are the encoded endpoints of a content by what they answer to; one path may have several.
func (s *Service) endpoints(content string) map[EndpointChange][]byte {
	parsed, _ := mockspec.Parse([]byte(content), mockspec.Options{Limits: s.cfg.Limits})
	found := map[EndpointChange][]byte{}
	for i := range parsed.Endpoints {
		e := &parsed.Endpoints[i]
		key := EndpointChange{Kind: "endpoint", Method: e.Method, Path: e.Path.Raw}
		found[key] = mockspec.AppendEndpoint(found[key], e)
	}
	for i := range parsed.Resources {
		c := &parsed.Resources[i]
		for _, e := range c.Endpoints() {
			key := EndpointChange{Kind: "endpoint", Method: e.Method, Path: e.Path.Raw}
			found[key] = mockspec.AppendResource(found[key], c)
		}
	}
	for i := range parsed.WebSockets {
		w := &parsed.WebSockets[i]
		key := EndpointChange{Kind: "websocket", Path: w.Path.Raw}
		found[key] = mockspec.AppendWebSocket(found[key], w)
	}
	return found
}

func (s *Service) endpointChanges(before, after string) []EndpointChange {
	was, is := s.endpoints(before), s.endpoints(after)
	var changes []EndpointChange
	note := func(key EndpointChange, fate EndpointFate) {
		key.Change = fate
		changes = append(changes, key)
	}
	for key, encoded := range is {
		if old, ok := was[key]; !ok {
			note(key, Added)
		} else if !bytes.Equal(old, encoded) {
			note(key, Different)
		}
	}
	for key := range was {
		if _, ok := is[key]; !ok {
			note(key, Removed)
		}
	}
	slices.SortFunc(changes, func(a, b EndpointChange) int {
		return cmp.Or(cmp.Compare(a.Path, b.Path), cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Method, b.Method))
	})
	return changes
}
