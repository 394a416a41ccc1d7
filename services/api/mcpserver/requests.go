package mcpserver

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/mocloud/mocloud/services/api/client"
)

type tryInput struct {
	MockSlug      string            `json:"mock_slug,omitempty" jsonschema:"the mock to ask; or else give content"`
	WorkspaceSlug string            `json:"workspace_slug,omitempty" jsonschema:"its workspace; needed only where several have a mock of that name"`
	Content       string            `json:"content,omitempty" jsonschema:"YAML to ask instead of what is stored"`
	Method        string            `json:"method,omitempty" jsonschema:"GET if it is not given"`
	Path          string            `json:"path" jsonschema:"with the query, such as /pets/7?full=1"`
	Headers       map[string]string `json:"headers,omitempty"`
	Body          string            `json:"body,omitempty"`
}

func (d door) try(ctx context.Context, in tryInput) (string, error) {
	request := client.TryRequest{Method: strings.ToUpper(in.Method), Path: in.Path, Body: optional(in.Body)}
	if request.Method == "" {
		request.Method = "GET"
	}
	var headers []client.TryHeader
	for name, text := range in.Headers {
		headers = append(headers, client.TryHeader{Name: name, Value: text})
	}
	slices.SortFunc(headers, func(a, b client.TryHeader) int { return strings.Compare(a.Name, b.Name) })
	if json := strings.HasPrefix(in.Body, "{") || strings.HasPrefix(in.Body, "["); json &&
		!slices.ContainsFunc(headers, func(h client.TryHeader) bool { return strings.EqualFold(h.Name, "Content-Type") }) {
		headers = append(headers, client.TryHeader{Name: "Content-Type", Value: "application/json"})
	}
	if len(headers) > 0 {
		request.Headers = &headers
	}
	var answer *client.Try
	switch {
	case in.MockSlug != "":
		m, err := d.find(ctx, named{in.MockSlug, in.WorkspaceSlug})
		if err != nil {
			return "", err
		}
		answer, err = read((*client.TryMockResponse).GetJSON200)(d.api.TryMockWithResponse(ctx, m.ID, client.TryMock{Request: &request, Content: optional(in.Content)}))
		if err != nil {
			return "", err
		}
	case in.Content != "":
		var err error
		answer, err = read((*client.TryContentResponse).GetJSON200)(d.api.TryContentWithResponse(ctx, client.TryContent{
			Request: &request, Content: in.Content, WorkspaceSlug: optional(in.WorkspaceSlug),
		}))
		if err != nil {
			return "", err
		}
	default:
		return "", errors.New("say whom to ask: mock_slug for a stored mock, or content for YAML")
	}
	if answer.Response == nil {
		return "", fmt.Errorf("the mock has errors and answers nothing; mend them with write_mock:\n%s", tell(answer.Diagnostics))
	}
	return answered(answer), nil
}

// answered is an answer as curl -i prints it, and why it came.
func answered(t *client.Try) string {
	var out strings.Builder
	a := t.Response
	fmt.Fprintf(&out, "%d\n", a.Status)
	for _, h := range a.Headers {
		fmt.Fprintf(&out, "%s: %s\n", h.Name, h.Value)
	}
	switch {
	case value(a.Body) != "":
		fmt.Fprintf(&out, "\n%s\n", cut(*a.Body, mostText))
	case a.BodyBase64 != nil:
		fmt.Fprintf(&out, "\n(%d bytes that are not text)\n", len(*a.BodyBase64))
	}
	if e := t.Explanation; e != nil {
		out.WriteString("\n")
		if value(e.Endpoint) != "" {
			fmt.Fprintf(&out, "Answered by %s, line %d.\n", *e.Endpoint, value(e.Line))
		} else {
			out.WriteString("No endpoint answered.\n")
		}
		for _, c := range value(e.Considered) {
			fmt.Fprintf(&out, "Not by %s: %s\n", c.Endpoint, c.Why)
		}
		for _, name := range value(e.Empty) {
			fmt.Fprintf(&out, "%s is empty.\n", name)
		}
	}
	if w := t.Webhook; w != nil {
		if value(w.Problem) != "" {
			fmt.Fprintf(&out, "The webhook would not be sent: %s\n", *w.Problem)
		} else {
			fmt.Fprintf(&out, "Then a webhook: %s %s\n", value(w.Method), value(w.URL))
		}
	}
	return out.String()
}

const (
	usualRequests = 20
	mostRequests  = 100
)

type requestsInput struct {
	named
	RequestID string `json:"request_id,omitempty" jsonschema:"show this request in full"`
	Unmatched bool   `json:"unmatched,omitempty" jsonschema:"only requests that no endpoint answered"`
	Text      string `json:"text,omitempty" jsonschema:"only requests with this text in path, query, headers or bodies"`
	Method    string `json:"method,omitempty"`
	Status    string `json:"status,omitempty" jsonschema:"such as 404 or 5xx"`
	Limit     int    `json:"limit,omitempty" jsonschema:"how many, 20 if it is not given, 100 at most"`
}

func (d door) requests(ctx context.Context, in requestsInput) (string, error) {
	m, err := d.find(ctx, in.named)
	if err != nil {
		return "", err
	}
	if in.RequestID != "" {
		r, err := d.request(ctx, m.ID, in.RequestID)
		if err != nil {
			return "", err
		}
		return recorded(r), nil
	}
	limit := usualRequests
	if in.Limit > 0 {
		limit = min(in.Limit, mostRequests)
	}
	params := client.ListRequestsParams{Q: optional(in.Text), Status: optional(in.Status), Limit: &limit}
	if in.Unmatched {
		matched := false
		params.Matched = &matched
	}
	if in.Method != "" {
		params.Method = &[]string{strings.ToUpper(in.Method)}
	}
	page, err := read((*client.ListRequestsResponse).GetJSON200)(d.api.ListRequestsWithResponse(ctx, m.ID, &params))
	if err != nil {
		return "", err
	}
	if len(page.Items) == 0 {
		return "No such requests are recorded. They show about a second after they came.", nil
	}
	var out strings.Builder
	for _, r := range page.Items {
		by := r.Endpoint
		if by == "" {
			by = "no endpoint"
		}
		fmt.Fprintf(&out, "%s  %s %s  %d by %s  %s\n", r.ID, r.Method, target(r.Path, r.Query), r.Status, by, r.Time.UTC().Format("15:04:05"))
	}
	if page.NextCursor != nil {
		out.WriteString("There are more: narrow the search, or raise limit.\n")
	}
	return out.String(), nil
}

func (d door) request(ctx context.Context, mockID, requestID string) (*client.RecordedRequest, error) {
	return read((*client.GetRequestResponse).GetJSON200)(d.api.GetRequestWithResponse(ctx, mockID, requestID))
}

func target(path, query string) string {
	if query == "" {
		return path
	}
	return path + "?" + query
}

// recorded is a request and its answer.
func recorded(r *client.RecordedRequest) string {
	var out strings.Builder
	part := func(p client.RecordedPart) {
		for _, h := range p.Headers {
			fmt.Fprintf(&out, "%s: %s\n", h.Name, h.Value)
		}
		if p.Body != "" {
			fmt.Fprintf(&out, "\n%s\n", cut(p.Body, mostText/2))
		}
	}
	fmt.Fprintf(&out, "%s %s\n", r.Method, target(r.Path, r.Query))
	part(r.Request)
	fmt.Fprintf(&out, "\n%d", r.Status)
	if r.Endpoint != "" {
		out.WriteString(" by " + r.Endpoint)
	} else {
		out.WriteString(" by no endpoint; add_endpoint makes one of it")
	}
	out.WriteString("\n")
	part(r.Response)
	return out.String()
}

type addInput struct {
	named
	RequestID string `json:"request_id" jsonschema:"the request, from search_requests with unmatched"`
	Path      string `json:"path,omitempty" jsonschema:"the endpoint's path, such as /pets/:id; the request's own if it is not given"`
	Status    int    `json:"status,omitempty" jsonschema:"to answer with; 200 if it is not given"`
	Body      string `json:"body,omitempty" jsonschema:"to answer with, as text or JSON; may be a template"`
}

// addEndpoint appends an endpoint for a request to the mock. What a path or a body may hold is the API's to judge: its
// diagnostics are the answer.
func (d door) addEndpoint(ctx context.Context, in addInput) (string, error) {
	m, err := d.find(ctx, in.named)
	if err != nil {
		return "", err
	}
	r, err := d.request(ctx, m.ID, in.RequestID)
	if err != nil {
		return "", err
	}
	if r.Endpoint != "" {
		return "", fmt.Errorf("the request was answered by %s; change that with write_mock", r.Endpoint)
	}
	path := r.Path
	if in.Path != "" {
		path = in.Path
	}
	status := 200
	if in.Status != 0 {
		status = in.Status
	}
	content := value(m.Content)
	if text := strings.TrimSpace(content); text == "" || text[0] == '[' || text[0] == '{' {
		return "", errors.New("the mock is not written as a YAML list, to which an endpoint can be added; add it with write_mock")
	}
	if !strings.HasSuffix(content, "\n") {
		content += "\n"
	}
	item := fmt.Sprintf("- endpoint:\n    method: %s\n    path: %s\n    response:\n      status: %d\n", r.Method, strconv.Quote(path), status)
	if in.Body != "" {
		if strings.HasPrefix(in.Body, "{") || strings.HasPrefix(in.Body, "[") {
			item += "      headers:\n        Content-Type: application/json\n"
		}
		item += "      body: " + strconv.Quote(in.Body) + "\n"
	}
	made, err := d.check(ctx, content+item, "")
	if err != nil {
		return "", err
	}
	if !strings.HasPrefix(made, "It is valid") {
		return "", fmt.Errorf("the mock would have errors with this endpoint, and was left as it is; change path, status or body, or mend it with write_mock:\n%s", made)
	}
	m, err = d.update(ctx, m.ID, content+item, "Add "+r.Method+" "+path, m.Revision)
	if err != nil {
		return "", err
	}
	next := "Next: publish_mock."
	if m.PublishedRevision > 0 {
		next = "It goes live now; publish_mock waits until it is."
	}
	return fmt.Sprintf("Added, as revision %d:\n%s%s", m.Revision, item, next), nil
}
