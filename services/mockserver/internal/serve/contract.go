package serve

import (
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/mocloud/mocloud/pkg/contract"
	"github.com/mocloud/mocloud/pkg/match"
	"github.com/mocloud/mocloud/pkg/mockspec"
	"github.com/mocloud/mocloud/services/mockserver/internal/scope"
)

// violationsHeader says what of a request does not fit, where such requests are answered.
const violationsHeader = "X-Mocloud-Violations"

// validates reports whether requests to an endpoint are held against its contract.
func (c *endpointCompiler) validates(spec *mockspec.Endpoint) bool {
	return spec.Contract.JSON != "" && c.validate != mockspec.ValidateOff && !c.compat
}

// hold returns what of the request does not fit the endpoint's contract.
func (c *Core) hold(x *exchange, ch *choice) []contract.Problem {
	if ch.contract == nil {
		return nil
	}
	q := &x.scope.Request
	header := http.Header{}
	q.Header.Each(func(name, value string) bool {
		header.Add(name, value)
		return true
	})
	return ch.contract.Check(&contract.Request{
		Path: func(name string) (string, bool) {
			texts, _ := x.scope.AppendTexts(nil, "path-params", name)
			if len(texts) == 0 {
				return "", false
			}
			return texts[0], true
		},
		Query: q.Query, Header: header, Body: q.Body,
	})
}

// documented is the answer that the endpoint has for a refusal: the one that a caller who prefers that status gets; nil if it has none.
// For a request that does not fit that may be 422 as well as 400.
func (c *Core) documented(x *exchange, ch *choice, status int) *endpoint {
	codes := []int{status}
	if status == http.StatusBadRequest {
		codes = []int{http.StatusUnprocessableEntity, http.StatusBadRequest}
	}
	for _, code := range codes {
		x.scope.Preferred = strconv.Itoa(code)
		for i := range ch.options {
			if o := &ch.options[i]; o.to.status == code && asksFor(o.when) && o.when.Holds(&x.scope) {
				x.scope.Preferred = ""
				return o.to
			}
		}
	}
	x.scope.Preferred = ""
	return nil
}

// asksFor reports whether a condition looks at what the caller prefers.
func asksFor(when *match.Condition) bool {
	return slices.ContainsFunc(when.Names(), func(n match.Name) bool { return n.Root() == "prefer" })
}

// violated refuses a request that does not fit.
func (x *exchange) violated(problems []contract.Problem) {
	r := refusal{Error: "invalid_request", Message: violations(problems), Endpoint: x.label()}
	switch problems[0].Status {
	case http.StatusNotAcceptable:
		r.Error = "not_acceptable"
	case http.StatusUnsupportedMediaType:
		r.Error = "unsupported_media_type"
	}
	for _, p := range problems {
		r.Problems = append(r.Problems, scope.Problem{In: p.In, Field: p.Field, Expected: p.Expected, Got: p.Got})
	}
	x.refuse(problems[0].Status, r)
}

// maxViolations bounds the bytes of the header.
const maxViolations = 1000

// violations are the problems in one line.
func violations(problems []contract.Problem) string {
	sentences := make([]string, len(problems))
	for i, p := range problems {
		sentences[i] = p.Sentence()
	}
	return strings.Join(sentences, "; ")
}

// inHeader is a text as a header can have it: printable ASCII, and not too much of it.
func inHeader(text string) string {
	text = strings.Map(func(c rune) rune {
		if c < ' ' || c > '~' {
			return '?'
		}
		return c
	}, text)
	return text[:min(len(text), maxViolations)]
}
