package api_test

import (
	"encoding/json"
	"maps"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/mocloud/mocloud/services/api/internal/workspace"
)

// references are the names of parameters and of body fields that name something of a workspace. Path parameters always do,
// unless they are numbers.
var references = []string{"workspace_slug", "workspace_id", "mock_slug", "mock_id", "file_id", "domain_id", "token_id", "invitation_id", "id", "token"}

// place is where a call names something.
type place struct{ in, name string }

// places are where a call of op names something.
func (op operation) places(c call) []place {
	var all []place
	for _, p := range op.Parameters {
		switch v := p.Value; {
		case slices.Contains([]string{"path", "session_name", "variable_name"}, v.Name): // within the mock or the workspace that is named, too
		case !v.Schema.Value.Type.Is("string"):
		case v.In == "path":
			all = append(all, place{"path", v.Name})
		case v.In == "query" && slices.Contains(references, v.Name):
			all = append(all, place{"query", v.Name})
		}
	}
	for name, v := range c.body {
		if _, text := v.(string); text && slices.Contains(references, name) {
			all = append(all, place{"body", name})
		}
	}
	return all
}

// at is what the call has at that place, "" if nothing.
func (c call) at(p place) string {
	switch p.in {
	case "path":
		return c.path[p.name]
	case "query":
		return c.query.Get(p.name)
	case "header":
		return c.header[p.name]
	}
	text, _ := c.body[p.name].(string)
	return text
}

// with is the call with another text at that place.
func (c call) with(p place, text string) call {
	c.path, c.header, c.body = maps.Clone(c.path), maps.Clone(c.header), maps.Clone(c.body)
	switch p.in {
	case "path":
		c.path[p.name] = text
	case "query":
		c.query = maps.Clone(c.query)
		if c.query == nil {
			c.query = url.Values{}
		}
		c.query.Set(p.name, text)
	case "header":
		if c.header == nil {
			c.header = map[string]string{}
		}
		c.header[p.name] = text
	case "body":
		c.body[p.name] = text
	}
	return c
}

// What belongs to another workspace answers exactly as what does not exist, whatever the operation and wherever it is named.
func TestForeignIsUnknown(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	tested := 0
	for _, op := range operations(t) {
		if op.public() {
			continue
		}
		for _, p := range op.places(op.fixture(w.rival, workspace.Owner)) {
			theirs := op.fixture(w.acme, workspace.Owner).at(p)
			if theirs == "" {
				continue // a parameter that the fixture does not use
			}
			unknown := unlike(theirs)
			answers := make([]answer, 2)
			bodies := make([]string, 2)
			for i, id := range []string{theirs, unknown} {
				c := op.fixture(w.rival, workspace.Owner).with(p, id)
				c.as = w.rival.user(workspace.Owner)
				answers[i] = w.send(op, c, "")
				bodies[i] = strings.ReplaceAll(anonymous(answers[i].body), id, "ID")
			}
			tested++
			if answers[0].status != answers[1].status || bodies[0] != bodies[1] {
				t.Errorf("%s with another's %s (%s): %d %s\nand with an unknown one: %d %s",
					op.OperationID, p.name, p.in, answers[0].status, bodies[0], answers[1].status, bodies[1])
			}
			// An answer that both get for another reason would show nothing.
			leftOut := slices.Contains([]string{"listMocks", "listActivity"}, op.OperationID) && strings.Contains(bodies[0], `"items":[]`)
			if answers[0].status != 404 && !leftOut {
				t.Errorf("%s with another's %s: %d %s", op.OperationID, p.name, answers[0].status, bodies[0])
			}
		}
	}
	if tested < 40 {
		t.Errorf("only %d places were tested", tested)
	}
}

var uuidPattern = regexp.MustCompile(`^[0-9a-f]{8}-`)

// unlike is of the same shape as id and does not exist.
func unlike(id string) string {
	if uuidPattern.MatchString(id) {
		return "00000000-0000-7000-8000-000000000000"
	}
	return "unknown"
}

// anonymous is a problem without what tells two requests apart.
func anonymous(body []byte) string {
	var p map[string]any
	if json.Unmarshal(body, &p) != nil {
		return string(body)
	}
	delete(p, "request_id")
	return encode(p)
}
