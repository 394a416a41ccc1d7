package gate

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/routers"

	"github.com/mocloud/mocloud/services/api/internal/token"
)

// Operation is one operation of the OpenAPI document, as the gate treats its requests.
type Operation struct {
	ID string
	// Announced: a write of a mock that has no event of its own, so that a change event tells of it.
	Announced bool

	route       *routers.Route
	public      bool
	scope       token.Scope // that the caller's token needs
	anyScope    bool        // any token will do
	noWorkspace bool        // about no single workspace
	limit       limitName   // of an address, beside that of all requests
	duration    duration
	queue       queue
	body        *openapi3.RequestBody // JSON; nil if there is none, or the handler reads and bounds it
	raw         bool                  // the body is no JSON
	idempotent  bool                  // takes an Idempotency-Key
	conditional bool                  // takes If-None-Match
	writes      bool                  // may change something, in somebody's name
	query       map[string]bool       // the parameters of its query, and whether each may be repeated
}

// duration is an x-duration: how long an operation may take.
type duration string

const (
	brief    duration = ""         // as long as requests usually may
	wait     duration = "wait"     // for something to happen, as long as the caller wants
	transfer duration = "transfer" // of a file
	export   duration = "export"   // of everything
	stream   duration = "stream"   // until the caller goes
)

// queue is an x-queue: where requests with large bodies wait for others.
type queue string

const (
	sharedQueue queue = ""    // with those of all other operations
	ownQueue    queue = "own" // behind the gate: they wait for more than a processor
)

// anyToken is the x-scope of what a program may do with every token, and none the x-role of what is about no single workspace
// and the x-limit of what anybody may do.
const (
	anyToken = "none"
	none     = "none"
)

// operationsOf are the operations of a document by method and echo path.
func operationsOf(doc *openapi3.T) (map[string]*Operation, error) {
	operations := map[string]*Operation{}
	var faults []error
	for path, item := range doc.Paths.Map() {
		for method, described := range item.Operations() {
			op, err := operationOf(doc, path, method, item, described)
			if err != nil {
				faults = append(faults, fmt.Errorf("the operation %s of the OpenAPI document: %w", described.OperationID, err))
			}
			operations[method+" "+strings.NewReplacer("{", ":", "}", "").Replace(path)] = op
		}
	}
	if len(operations) == 0 {
		return nil, errors.New("the OpenAPI document has no operations")
	}
	return operations, errors.Join(faults...)
}

func operationOf(doc *openapi3.T, path, method string, item *openapi3.PathItem, described *openapi3.Operation) (*Operation, error) {
	security := doc.Security
	if described.Security != nil {
		security = *described.Security
	}
	checked := *described
	checked.Security = openapi3.NewSecurityRequirements() // identify's, which needs no body
	scope, role := attribute(described, "x-scope"), attribute(described, "x-role")
	op := &Operation{
		ID:          described.OperationID,
		Announced:   attribute(described, "x-event") == "change",
		route:       &routers.Route{Spec: doc, Path: path, PathItem: item, Method: method, Operation: &checked},
		public:      len(security) == 0,
		scope:       token.Scope(scope),
		anyScope:    scope == anyToken,
		noWorkspace: role == none,
		limit:       limitName(attribute(described, "x-limit")),
		duration:    duration(attribute(described, "x-duration")),
		queue:       queue(attribute(described, "x-queue")),
		idempotent:  declares(described, idempotencyKey),
		conditional: method == http.MethodGet && declares(described, ifNoneMatch),
		writes:      method != http.MethodGet && len(security) > 0,
		query:       queryOf(item.Parameters, described.Parameters),
	}
	if described.RequestBody != nil {
		if op.raw = described.RequestBody.Value.Content["application/json"] == nil; !op.raw {
			op.body = described.RequestBody.Value
		}
	}
	return op, op.verify(described, scope, role)
}

func attribute(op *openapi3.Operation, name string) string {
	value, _ := op.Extensions[name].(string)
	return value
}

// verify finds what an operation lacks, or has and must not.
func (op *Operation) verify(described *openapi3.Operation, scope, role string) error {
	var faults []error
	must := func(ok bool, format string, args ...any) {
		if !ok {
			faults = append(faults, fmt.Errorf(format, args...))
		}
	}
	if op.public {
		must(scope == "" && role == "", "it is public: x-scope and x-role mean nothing there")
		must(op.limit == none || op.limit == signInLimit || op.limit == usernameLimit, "it is public and needs an x-limit: %s, %s or %s", none, signInLimit, usernameLimit)
	} else {
		must(op.anyScope || op.scope.Known(), "it needs an x-scope, or no security; it has %q", scope)
		must(slices.Contains([]string{none, "viewer", "editor", "admin", "owner"}, role), "it needs an x-role: %s, viewer, editor, admin or owner; it has %q", none, role)
		must(op.limit == "", "x-limit is for public operations; accounts have a limit of their own")
	}
	must(slices.Contains([]duration{brief, wait, transfer, export, stream}, op.duration), "the x-duration %q is not known", op.duration)
	must(op.queue == sharedQueue || op.queue == ownQueue, "the x-queue %q is not known", op.queue)
	must(streams(described) == (op.duration == stream), "server-sent events and x-duration: %s go together", stream)
	must((described.Parameters.GetByInAndName(openapi3.ParameterInQuery, "wait") != nil) == (op.duration == wait), "a query parameter wait and x-duration: %s go together", wait)
	must(!op.raw || op.duration == transfer, "a body that is not JSON needs x-duration: %s", transfer)
	must(!op.raw || !op.idempotent, "a body that is not JSON cannot have an Idempotency-Key: two requests could not be compared")
	event, found := described.Extensions["x-event"]
	must(!found || event == "change" && op.writes, "an x-event is change, of an operation that writes; it has %v", event)
	return errors.Join(faults...)
}

// streams reports whether an operation answers with server-sent events.
func streams(op *openapi3.Operation) bool {
	for _, response := range op.Responses.Map() {
		if response.Value != nil && response.Value.Content[EventStream] != nil {
			return true
		}
	}
	return false
}

// declares reports whether an operation has a header parameter.
func declares(op *openapi3.Operation, header string) bool {
	return op.Parameters.GetByInAndName(openapi3.ParameterInHeader, header) != nil
}

// queryOf are the query parameters among some, by name, and whether each may be repeated.
func queryOf(lists ...openapi3.Parameters) map[string]bool {
	query := map[string]bool{}
	for _, list := range lists {
		for _, p := range list {
			if p.Value.In == openapi3.ParameterInQuery {
				query[p.Value.Name] = p.Value.Schema.Value.Type.Is("array")
			}
		}
	}
	return query
}
