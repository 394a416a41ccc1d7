package httpapi

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"strings"
	"time"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
	"github.com/labstack/echo/v4"

	"github.com/mocloud/mocloud/pkg/apperr"
	"github.com/mocloud/mocloud/services/api/internal/file"
	"github.com/mocloud/mocloud/services/api/internal/signin"
	"github.com/mocloud/mocloud/services/api/internal/token"
)

// contract holds every request to the OpenAPI document: who may call (its security and x-scope), and what may be sent.
type contract struct {
	handlers   *handlers
	operations map[string]*operation // by method and echo path
	lasting    *lasting              // of accounts
	crowding   *lasting              // from addresses
}

type operation struct {
	route  *routers.Route
	public bool
	scope  token.Scope     // that the caller's token needs
	beyond bool            // about no single workspace
	limit  *limiter        // of an address, beside that of all requests; nil for none
	lasts  bool            // longer than a request usually may
	raw    bool            // the body is no JSON: the handler reads it, and bounds it
	once   bool            // takes an Idempotency-Key
	known  bool            // takes If-None-Match
	writes bool            // may change something, in somebody's name
	query  map[string]bool // the parameters of its query, and whether each may be repeated
}

// clientHeader is where a client says what it calls itself.
const clientHeader = "X-Mocloud-Client"

// anyScope is the x-scope of what a program may do with every token.
const anyScope = "none"

// The operations that anybody may try, and that decide who somebody is, or tell who there is.
const (
	opSignIn   = "createSession"
	opSignUp   = "createAccount"
	opUsername = "getUsernameAvailability"
)

// The operations that last longer than a request usually may.
const (
	opWait     = "getPublication"
	opStream   = "streamEvents"
	opRequests = "streamRequests"
)

func newContract(doc *openapi3.T, h *handlers) (*contract, error) {
	c := &contract{
		handlers: h, operations: map[string]*operation{}, lasting: newLasting("This account", h.MaxLasting), crowding: newLasting("Your address", h.MaxCrowding),
	}
	for path, item := range doc.Paths.Map() {
		for method, op := range item.Operations() {
			security := doc.Security
			if op.Security != nil {
				security = *op.Security
			}
			checked := *op
			checked.Security = openapi3.NewSecurityRequirements() // ours: the validator's would read all of a body into memory first
			scope, _ := op.Extensions["x-scope"].(string)
			if len(security) > 0 && scope != anyScope && !token.Scope(scope).Known() {
				return nil, fmt.Errorf("the operation %s of the OpenAPI document has no known x-scope, but %q", op.OperationID, scope)
			}
			key := method + " " + strings.NewReplacer("{", ":", "}", "").Replace(path)
			c.operations[key] = &operation{
				route:  &routers.Route{Spec: doc, Path: path, PathItem: item, Method: method, Operation: &checked},
				public: len(security) == 0,
				scope:  token.Scope(scope),
				beyond: op.Extensions["x-role"] == "none",
				limit:  h.limits.of(op.OperationID),
				lasts: op.OperationID == opWait || op.OperationID == opStream || op.OperationID == opRequests || op.OperationID == opExport ||
					op.OperationID == opPutFile || op.OperationID == opFileContent,
				raw:   op.RequestBody != nil && op.RequestBody.Value.Content["application/json"] == nil,
				once:  declares(op, idempotencyKey),
				known: method == http.MethodGet && declares(op, ifNoneMatch), writes: method != http.MethodGet && len(security) > 0,
				query: queryOf(item.Parameters, op.Parameters),
			}
		}
	}
	if len(c.operations) == 0 {
		return nil, errors.New("the OpenAPI document has no operations")
	}
	return c, nil
}

// stay counts a request that goes on for long in, for its account and its address.
func (ct *contract) stay(account, address string) (leave func(), err error) {
	ofAccount, err := ct.lasting.enter(account)
	if err != nil {
		return nil, err
	}
	fromAddress, err := ct.crowding.enter(address)
	if err != nil {
		ofAccount()
		return nil, err
	}
	return func() { ofAccount(); fromAddress() }, nil
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

func (ct *contract) middleware(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		op, ok := ct.operations[reads(c.Request().Method)+" "+c.Path()]
		if !ok {
			return next(c) // a page, or nothing
		}
		timeout, err := deadlines(c, op.route.Operation.OperationID)
		if err != nil {
			return err
		}
		if timeout > 0 {
			ctx, cancel := context.WithTimeout(c.Request().Context(), timeout)
			defer cancel()
			c.SetRequest(c.Request().WithContext(ctx))
		}
		if op.limit != nil {
			if err := op.limit.allow(signin.Network(visitorOf(c.Request().Context()).Address)); err != nil {
				return err
			}
		}
		if !op.public {
			who, err := ct.handlers.authenticate(c.Request())
			if err != nil {
				return err
			}
			who.operation, who.request = op.route.Operation.OperationID, requestID(c)
			if client := c.Request().Header.Get(clientHeader); callersID.MatchString(client) {
				who.client = client
			}
			if err := ct.handlers.limits.account.allow(who.account.ID); err != nil {
				return err
			}
			if err := op.permit(who); err != nil {
				return err
			}
			who.again = func(ctx context.Context) error {
				now, err := ct.handlers.authenticate(c.Request().WithContext(ctx))
				if err != nil {
					return err
				}
				return op.permit(now)
			}
			c.SetRequest(c.Request().WithContext(withIdentity(c.Request().Context(), who)))
			if op.lasts {
				leave, err := ct.stay(who.account.ID, signin.Network(c.RealIP()))
				if err != nil {
					return err
				}
				defer leave()
			}
		}
		if err := ct.check(c, op); err != nil {
			return err
		}
		if op.writes {
			do := next
			next = func(c echo.Context) error { return ct.handlers.changing(c, do) }
		}
		switch key := c.Request().Header.Get(idempotencyKey); {
		case op.once && key != "":
			return ct.once(c, key, next)
		case op.known:
			return conditional(c, next)
		}
		return next(c)
	}
}

// endless reports whether the answer to a GET goes on until the caller leaves.
func (ct *contract) endless(path string) bool {
	op, ok := ct.operations[http.MethodGet+" "+path]
	return ok && (op.route.Operation.OperationID == opStream || op.route.Operation.OperationID == opRequests)
}

// reads is the method whose operation answers another: HEAD is GET without the body.
func reads(method string) string {
	if method == http.MethodHead {
		return http.MethodGet
	}
	return method
}

// deadlines gives operations that last long the time on their connection, and returns how long the handler may take, 0
// for any time. Without a read deadline the server would end a request after ReadTimeout although its body is read.
func deadlines(c echo.Context, operationID string) (time.Duration, error) {
	timeout := requestTimeout
	switch operationID {
	case opWait:
		timeout = maxWait + requestTimeout
	case opPutFile, opFileContent:
		timeout = file.UploadTimeout
	case opExport:
		timeout = exportTimeout
	case opStream, opRequests:
		timeout = 0
	default:
		return timeout, nil
	}
	conn := http.NewResponseController(c.Response())
	var end time.Time
	if timeout > 0 {
		end = time.Now().Add(timeout + requestTimeout)
	}
	if err := errors.Join(conn.SetReadDeadline(end), conn.SetWriteDeadline(end)); err != nil {
		return 0, fmt.Errorf("set the deadlines of the connection: %w", err)
	}
	if operationID == opPutFile {
		r := c.Request()
		r.Body = &paced{ReadCloser: r.Body, deadline: conn.SetReadDeadline, pause: uploadPause, until: end}
	}
	return timeout, nil
}

// maxDrained bounds what is read of a body that is too large, in bytes.
const maxDrained = 16 << 20

// maxPublicBody bounds the bodies of operations that anybody may call, in bytes: a name, a password, a token.
const maxPublicBody = 32 << 10

// check validates the request. The body is read whole first: it is bounded, and what is not UTF-8 would be changed
// silently by the JSON decoder.
func (ct *contract) check(c echo.Context, op *operation) error {
	r := c.Request()
	var body []byte
	if r.Body != nil && r.Body != http.NoBody && !op.raw {
		var err error
		most := ct.handlers.MaxBody
		if op.public {
			most = min(most, maxPublicBody)
		}
		body, err = io.ReadAll(http.MaxBytesReader(c.Response(), r.Body, most))
		if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
			// A caller who is still sending would see a connection that breaks rather than the answer.
			_, _ = io.CopyN(io.Discard, r.Body, maxDrained)
			return err
		}
		if err != nil {
			return badRequest("", "The request's body ended early.")
		}
		if err := checkBody(r, body); err != nil {
			return err
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
	}
	if err := checkParameters(c, op); err != nil {
		return err
	}
	params := make(map[string]string, len(c.ParamNames()))
	for _, name := range c.ParamNames() {
		params[name] = c.Param(name)
	}
	err := openapi3filter.ValidateRequest(r.Context(), &openapi3filter.RequestValidationInput{
		Request: r, PathParams: params, Route: op.route,
		Options: &openapi3filter.Options{ExcludeRequestBody: op.raw},
	})
	if err != nil {
		return explain(err, body)
	}
	return nil
}

// explain puts what the validator found into a sentence.
func explain(err error, body []byte) error {
	e, ok := errors.AsType[*openapi3filter.RequestError](err)
	if !ok {
		return badRequest("", "The request does not fit the API's contract.")
	}
	reason := e.Reason
	var field string
	if schema, ok := errors.AsType[*openapi3.SchemaError](e.Err); ok {
		reason = schema.Reason
		field = fieldOf(schema)
	}
	switch {
	case e.Parameter != nil && e.Parameter.Example != nil && schemaField(e.Err) == "pattern":
		return badRequest(e.Parameter.Name, "The %s parameter %s is not valid: write it like %v. %s", e.Parameter.In, e.Parameter.Name, e.Parameter.Example, e.Parameter.Description)
	case e.Parameter != nil:
		return badRequest(e.Parameter.Name, "The %s parameter %s is not valid: %s.", e.Parameter.In, e.Parameter.Name, orElse(reason, "it cannot be read"))
	case strings.HasPrefix(e.Reason, "header Content-Type"):
		return &statusError{http.StatusUnsupportedMediaType, UnsupportedMediaType, apperr.New(apperr.Invalid,
			"The body's Content-Type %q is not supported here; use application/json.", e.Input.Request.Header.Get("Content-Type"))}
	case field != "":
		return badRequest(field, "The body's %s is not valid: %s.", field, reason)
	}
	if parse, ok := errors.AsType[*openapi3filter.ParseError](e.Err); ok && parse.Cause != nil {
		return notJSON(body)
	}
	return badRequest("", "The body is not valid: %s.", orElse(reason, "it cannot be read"))
}

// unsupportedField is how the validator calls a field that an object does not have.
var unsupportedField = regexp.MustCompile(`^property "(.+)" is unsupported$`)

// fieldOf is where in the body a rule was broken.
func fieldOf(e *openapi3.SchemaError) string {
	at := e.JSONPointer()
	if m := unsupportedField.FindStringSubmatch(e.Reason); m != nil {
		at = append(at, m[1])
	}
	return strings.Join(at, ".")
}

// schemaField names the rule of a schema that was broken, "" if that is not what is wrong.
func schemaField(err error) string {
	if e, ok := errors.AsType[*openapi3.SchemaError](err); ok {
		return e.SchemaField
	}
	return ""
}

func orElse(s, otherwise string) string {
	if s == "" {
		return otherwise
	}
	return s
}
