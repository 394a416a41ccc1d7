package openapi

import (
	"cmp"
	"encoding/json"
	"mime"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/mocloud/mocloud/pkg/mockspec"
)

// used are the names that an endpoint's templates ask of a request, each list in order and without duplicates.
type used struct{ query, header, json []string }

// usedParameters finds what the answer depends on though nothing declares it, so that it can be described and tried.
func usedParameters(e *mockspec.Endpoint) used {
	// A call site's pattern, not a package variable: an operation is described once in a mock's life.
	names := regexp.MustCompile(`\b(query|header|json)-params\.([A-Za-z_][\w-]*)`)
	var u used
	scan := func(text string) {
		if !hasTags(text) {
			return
		}
		for _, m := range names.FindAllStringSubmatch(text, -1) {
			list := &u.query
			switch m[1] {
			case "header":
				list = &u.header
			case "json":
				list = &u.json
			}
			if !slices.Contains(*list, m[2]) {
				*list = append(*list, m[2])
			}
		}
	}
	scan(e.Response.Status.Raw)
	scan(e.Response.Body.Template)
	for _, h := range e.Response.Headers {
		scan(h.Value.Raw)
	}
	if x := e.Response.Body.External; x != nil {
		scan(x.Path.Raw)
	}
	return u
}

// otherParameters describes query parameters and headers.
func otherParameters(e *mockspec.Endpoint, u used) []object {
	var out []object
	declared := map[string]bool{}
	for _, f := range e.Query {
		if declared[f.Name] {
			continue
		}
		declared[f.Name] = true
		parameter := object{{"name", f.Name}, {"in", "query"}}
		if !f.Optional {
			parameter = append(parameter, member{"required", true})
		}
		out = append(out, append(parameter, member{"schema", typeSchema(f.Type)}))
	}
	for _, name := range u.query {
		if !declared[name] {
			out = append(out, object{{"name", name}, {"in", "query"}, {"schema", typeSchema(mockspec.TypeString)}})
		}
	}
	seen := map[string]bool{}
	for _, name := range u.header {
		lower := strings.ToLower(name)
		// OpenAPI says that parameters of these names are to be ignored: they are described by other means.
		if lower == "accept" || lower == "content-type" || lower == "authorization" || seen[lower] {
			continue
		}
		seen[lower] = true
		out = append(out, object{{"name", name}, {"in", "header"}, {"schema", typeSchema(mockspec.TypeString)}})
	}
	return out
}

// requestBody describes the declared body, or the fields that templates use; nil if there is none. GET and HEAD have
// none in OpenAPI.
func requestBody(e *mockspec.Endpoint, u used) object {
	if e.Method == http.MethodGet || e.Method == http.MethodHead {
		return nil
	}
	var schema object
	switch {
	case e.Body != nil:
		schema = bodySchema(e.Body.Schema)
	case len(u.json) > 0:
		properties := object{}
		for _, name := range u.json {
			properties = append(properties, member{name, object{}})
		}
		schema = objectSchema(properties, nil)
	default:
		return nil
	}
	out := object{}
	if e.Body != nil {
		out = append(out, member{"required", true})
	}
	return append(out, member{"content", object{{"application/json", object{{"schema", schema}}}}})
}

// responses describes the answer, and the answers that the endpoint's other settings can cause.
func responses(endpoints []*mockspec.Endpoint, d *mockspec.Defaults) object {
	out := object{}
	add := func(status string, what object) {
		if !slices.ContainsFunc(out, func(m member) bool { return m.name == status }) {
			out = append(out, member{status, what})
		}
	}
	say := func(status, text string) { add(status, object{{"description", text}}) }
	each := func(r *mockspec.Response) {
		if r.Fault == "" || r.Fault == mockspec.FaultCut {
			add(answerOf(r))
		}
	}
	for _, e := range endpoints {
		switch {
		case e.Resource != nil:
			for _, a := range resourceAnswers(e) {
				say(a[0], a[1])
			}
		case !e.NoResponse:
			each(&e.Response)
		}
		for i := range e.Responses {
			each(&e.Responses[i].Response)
		}
	}
	if d != nil {
		for i := range d.Responses {
			each(&d.Responses[i].Response)
		}
	}
	for _, e := range endpoints {
		l, limit, auth := e.Latency, e.RateLimit, e.Auth.JSON
		if d != nil {
			l, limit, auth = cmp.Or(l, d.Latency), cmp.Or(limit, d.RateLimit), cmp.Or(auth, d.Auth.JSON)
		}
		if len(e.Query) > 0 || e.Body != nil {
			say("400", "A declared parameter or field does not fit.")
		}
		if auth != "" && auth != `"none"` {
			say("401", "Credentials are missing or wrong.")
			if strings.Contains(auth, "jwt") {
				say("403", "The token does not allow this.")
			}
		}
		if limit != nil && !limit.Off {
			say("429", "Too many requests; Retry-After says when to try again.")
		}
		if l != nil && l.FailureRate > 0 {
			say("500", "A simulated failure.")
		}
		if l != nil && l.TimeoutRate > 0 {
			say("504", "A simulated timeout.")
		}
	}
	return out
}

// resourceAnswers are the statuses of an operation of a resource, and what they mean.
func resourceAnswers(e *mockspec.Endpoint) [][2]string {
	missing := [2]string{"404", "There is no such item."}
	isItem := e.Path.Raw != e.Resource.Path.Raw
	switch {
	case e.Method == http.MethodPost:
		return [][2]string{{"201", "The item that was created."}, {"400", "The body is not a valid item."}, {"409", "There is an item with that id."}}
	case e.Method == http.MethodDelete:
		return [][2]string{{"204", "The item was deleted."}, missing}
	case e.Method == http.MethodPut, e.Method == http.MethodPatch:
		return [][2]string{{"200", "The item as it is now."}, {"400", "The body is not a valid item."}, missing}
	case isItem:
		return [][2]string{{"200", "The item."}, missing}
	default:
		return [][2]string{{"200", "The items that were found."}}
	}
}

// answerOf describes one answer under its status.
func answerOf(r *mockspec.Response) (string, object) {
	status := strings.TrimSpace(r.Status.Raw)
	code, err := strconv.Atoi(status)
	text := "The answer; its status depends on the request."
	switch {
	case status == "":
		status, text = "200", http.StatusText(http.StatusOK)
	case err != nil || code < 100 || code > 599:
		status = "default"
	default:
		if text = http.StatusText(code); text == "" {
			text = "Status " + status
		}
	}
	answer := object{{"description", text}}
	contentType := ""
	headers := object{}
	seen := map[string]bool{}
	for _, h := range r.Headers {
		if strings.EqualFold(h.Name, "Content-Type") {
			contentType = h.Value.Raw
			continue
		}
		if lower := strings.ToLower(h.Name); !seen[lower] && !h.None {
			seen[lower] = true
			headers = append(headers, member{h.Name, headerOf(h.Value.Raw)})
		}
	}
	if len(headers) > 0 {
		answer = append(answer, member{"headers", headers})
	}
	if content := responseContent(r.Body, contentType); content != nil {
		answer = append(answer, member{"content", content})
	}
	return status, answer
}

func headerOf(value string) object {
	o := object{{"schema", typeSchema(mockspec.TypeString)}}
	if !hasTags(value) {
		o = append(o, member{"example", value})
	}
	return o
}

// responseContent describes a body: its shape if it is JSON, and the body itself if it is always the same.
func responseContent(b mockspec.Body, contentType string) object {
	if hasTags(contentType) {
		contentType = ""
	}
	parsed, _, err := mime.ParseMediaType(contentType)
	declared := err == nil && contentType != ""
	isJSON := !declared || parsed == "application/json" || strings.HasSuffix(parsed, "+json")
	media := object{}
	fallback := "text/plain"
	switch b.Kind {
	case mockspec.BodyNone:
		if !declared || isJSON {
			return nil
		}
	case mockspec.BodyExternal:
		fallback = "application/json"
		if b.External != nil && b.External.Provider == "xlsx" {
			media = append(media, member{"schema", object{{"type", "array"}, {"items", object{{"type", "object"}}}}})
		}
	case mockspec.BodyJSON:
		fallback = "application/json"
		if value, ok := rawJSON(b.JSON); ok {
			media = jsonMedia(value)
		}
	default:
		value, ok := rawJSON(b.Template)
		switch {
		case isJSON && ok:
			fallback = "application/json"
			media = jsonMedia(value)
		case !hasTags(b.Template):
			media = append(media, member{"schema", object{{"type", "string"}}}, member{"example", b.Template})
		default:
			media = append(media, member{"schema", object{}})
		}
	}
	if !declared {
		contentType = fallback
	}
	return object{{contentType, media}}
}

// jsonMedia describes a JSON body, and gives it as an example if it is always the same.
func jsonMedia(text json.RawMessage) object {
	o := object{{"schema", inferSchema(text)}}
	if !hasTags(string(text)) {
		o = append(o, member{"example", text})
	}
	return o
}
