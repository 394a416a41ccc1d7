//go:build linux

package main

import (
	"encoding/json"
	"fmt"
	"strings"
)

// perMock is how many endpoints a mock has.
const perMock = 100

// operations are the endpoints of one resource.
const operations = 5

// mock is a mock that was published. Its fields are read and written by one goroutine at a time.
type mock struct {
	id, workspaceID, host string
	revision              int
}

// content is a mock of 100 endpoints of the usual kind: JSON with values from the request, headers, statuses. Revision is in every answer,
// first and last, so that a mix of two would show.
func content(revision int) string {
	var b strings.Builder
	b.Grow(40 << 10)
	for i := range perMock / operations {
		resource := fmt.Sprintf("resource-%02d", i)
		for _, e := range []struct{ method, path, status, body string }{
			{"GET", "", "200", `{"first": %d, "items": [{"id": 1, "name": "one"}, {"id": 2, "name": "two"}], "page": "{{query-params.page}}", "last": %d}`},
			{"GET", "/:id|int", "200", `{"first": %d, "id": {{path-params.id}}, "name": "An example", "tags": ["a", "b"], "last": %d}`},
			{"POST", "", "201", `{"first": %d, "id": 3, "name": "{{json-params.name}}", "last": %d}`},
			{"PUT", "/:id|int", "200", `{"first": %d, "id": {{path-params.id}}, "name": "{{json-params.name}}", "last": %d}`},
			{"DELETE", "/:id|int", "202", `{"first": %d, "deleted": {{path-params.id}}, "last": %d}`},
		} {
			fmt.Fprintf(&b, "- endpoint:\n    method: %s\n    path: /%s%s\n    response:\n      status: %s\n"+
				"      headers:\n        Content-Type: application/json\n        X-Resource: %s\n      body: '%s'\n",
				e.method, resource, e.path, e.status, resource, fmt.Sprintf(e.body, revision, revision))
		}
	}
	return b.String()
}

// path is one of a mock's GET endpoints.
func path(n int) string {
	resource := n % (perMock / operations)
	if n%2 == 0 {
		return fmt.Sprintf("/resource-%02d?page=%d", resource, n)
	}
	return fmt.Sprintf("/resource-%02d/%d", resource, n)
}

// revisionOf reads the revision of an answer; the error says what is wrong with the answer.
func revisionOf(body []byte) (int, error) {
	var answer struct{ First, Last int }
	if err := json.Unmarshal(body, &answer); err != nil {
		return 0, fmt.Errorf("the answer %q is not JSON: %w", body, err)
	}
	if answer.First != answer.Last || answer.First == 0 {
		return 0, fmt.Errorf("the answer %q is not of one revision", body)
	}
	return answer.First, nil
}
