package gate

import (
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"

	"github.com/mocloud/mocloud/services/api/openapi"
)

// The document says of every operation what the gate needs to know.
func TestEveryOperationHasItsAttributes(t *testing.T) {
	t.Parallel()
	doc, err := openapi.Document()
	if err != nil {
		t.Fatal(err)
	}
	operations, err := operationsOf(doc)
	if err != nil {
		t.Fatal(err)
	}
	for key, op := range operations {
		if op.writes && op.public || op.Announced && !op.writes {
			t.Errorf("%s: %+v", key, op)
		}
	}
	if got := operations["GET /api/v1/mocks/:mock_id/requests/events"]; got == nil || got.duration != stream || got.scope != "requests:read" {
		t.Errorf("streamRequests: %+v", got)
	}
	if got := operations["POST /api/v1/sessions"]; got == nil || got.limit != signInLimit || !got.public {
		t.Errorf("createSession: %+v", got)
	}
}

// A document that lacks an attribute, or has one that is wrong, is refused, and by name.
func TestAttributesAreVerified(t *testing.T) {
	t.Parallel()
	const good = "x-scope: 'mocks:read', x-role: viewer"
	for name, c := range map[string]struct{ operation, want string }{
		"all there":                     {"get: {operationId: op, " + good + "}", ""},
		"any token":                     {"get: {operationId: op, x-scope: none, x-role: none}", ""},
		"public":                        {"get: {operationId: op, security: [], x-limit: none}", ""},
		"no scope":                      {"get: {operationId: op, x-role: viewer}", "x-scope"},
		"an unknown scope":              {"get: {operationId: op, x-scope: 'mocks:rend', x-role: viewer}", "mocks:rend"},
		"a scope that is no text":       {"get: {operationId: op, x-scope: [none], x-role: viewer}", "x-scope"},
		"no role":                       {"get: {operationId: op, x-scope: 'mocks:read'}", "x-role"},
		"an unknown role":               {"get: {operationId: op, x-scope: 'mocks:read', x-role: king}", "king"},
		"public without a limit":        {"post: {operationId: op, security: []}", "x-limit"},
		"public with an unknown limit":  {"post: {operationId: op, security: [], x-limit: some}", "x-limit"},
		"public with a scope":           {"post: {operationId: op, security: [], x-limit: none, x-scope: none}", "x-scope"},
		"a limit that is not for it":    {"get: {operationId: op, x-limit: sign_in, " + good + "}", "x-limit"},
		"an unknown duration":           {"get: {operationId: op, x-duration: long, " + good + "}", "long"},
		"a wait":                        {"get: {operationId: op, x-duration: wait, parameters: [{name: wait, in: query, schema: {type: string}}], " + good + "}", ""},
		"a wait without the duration":   {"get: {operationId: op, parameters: [{name: wait, in: query, schema: {type: string}}], " + good + "}", "wait"},
		"a stream without the duration": {"get: {operationId: op, " + good + "}/stream", "stream"},
		"a stream that is none":         {"get: {operationId: op, x-duration: stream, " + good + "}", "stream"},
		"a raw body":                    {"put: {operationId: op, x-duration: transfer, requestBody: {content: {'*/*': {}}}, " + good + "}", ""},
		"a raw body that is brief":      {"put: {operationId: op, requestBody: {content: {'*/*': {}}}, " + good + "}", "transfer"},
		"a raw body, once":              {"put: {operationId: op, x-duration: transfer, parameters: [{name: Idempotency-Key, in: header, schema: {type: string}}], requestBody: {content: {'*/*': {}}}, " + good + "}", "Idempotency-Key"},
		"an event of a write":           {"put: {operationId: op, x-event: change, " + good + "}", ""},
		"an event of a read":            {"get: {operationId: op, x-event: change, " + good + "}", "x-event"},
		"an unknown event":              {"put: {operationId: op, x-event: chance, " + good + "}", "chance"},
	} {
		operation, media := strings.TrimSuffix(c.operation, "/stream"), "application/json"
		if operation != c.operation {
			media = EventStream
		}
		operation = strings.TrimSuffix(operation, "}") + ", responses: {'200': {description: x, content: {" + media + ": {}}}}}"
		doc, err := openapi3.NewLoader().LoadFromData([]byte("openapi: 3.0.3\ninfo: {title: x, version: '1'}\nsecurity: [{bearer: []}]\npaths: {/x: {" + operation + "}}\n"))
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		_, err = operationsOf(doc)
		if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), "operation op")) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
