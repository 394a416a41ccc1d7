package serve

import (
	"cmp"
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/mocloud/mocloud/pkg/budget"
	"github.com/mocloud/mocloud/pkg/mockspec"
	"github.com/mocloud/mocloud/pkg/selmer"
)

// near is an endpoint that a request might have meant, and why it did not match.
type near struct {
	Endpoint string `json:"endpoint"`
	Entry    int    `json:"entry,omitempty"`    // one of its `responses`, from 1
	Defaults bool   `json:"defaults,omitempty"` // the entry is one of `defaults.responses`
	Line     int    `json:"line,omitempty"`
	Why      string `json:"why"`
}

// How much is looked at and shown.
const (
	nearestShown   = 3
	nearestLooked  = 5000
	explainedBytes = 4 << 10
)

// nearestSteps bounds the search for the nearest endpoints. When they are spent, those found until then are shown.
const nearestSteps = 10_000

// nearest returns the endpoints that come nearest to a request, nearest first, except the one that matched.
func (x *exchange) nearest(matched *endpoint, entered []*endpoint) (found []near) {
	// If no turn comes nothing is found.
	_ = x.core.inTurn(x, true, func(_ *Core, x *exchange) error {
		b := budget.Make(x.ctx, nearestSteps, selmer.MaxTime)
		b.Slicer = x
		found = nearest(&b, x.world.places, x.scope.Request.Method, x.scope.Request.Path, matched, entered)
		return nil
	})
	return found
}

// signpost is what a place says of the requests that it is for.
type signpost struct {
	method string
	path   mockspec.Path
	line   int // in the user's file, 0 when unknown
}

// sign reads what a place is for. Places that were not called have it in their line only.
func (p *place) sign(b *budget.Budget) (signpost, error) {
	if p.spec == nil {
		o, err := mockspec.ReadOutline(p.line)
		if err == nil {
			err = b.Scan(len(p.line))
		}
		return signpost{method: o.Method, path: o.Path}, err
	}
	s := signpost{method: p.spec.Method, path: p.spec.Path}
	if p.compiler.fromUser {
		s.line = p.spec.Pos.Line
	}
	return s, nil
}

func nearest(b *budget.Budget, places []*place, method, path string, matched *endpoint, entered []*endpoint) []near {
	type candidate struct {
		sign     signpost
		distance int
	}
	asked := split(path)
	var best []candidate
	for _, p := range places[:min(len(places), nearestLooked)] {
		if matched != nil && p == matched.at || slices.ContainsFunc(entered, func(e *endpoint) bool { return p == e.at }) {
			continue
		}
		e, err := p.sign(b)
		if err != nil {
			continue
		}
		limit := worst
		if len(best) == nearestShown {
			limit = best[nearestShown-1].distance
		}
		distance := far(b, &e, asked, limit)
		if b.Err() != nil {
			break
		}
		if !e.answersTo(method) {
			distance += 2
		}
		if distance >= limit {
			continue
		}
		best = append(best, candidate{sign: e, distance: distance})
		slices.SortStableFunc(best, func(a, b candidate) int { return cmp.Compare(a.distance, b.distance) })
		best = best[:min(len(best), nearestShown)]
	}
	var found []near
	for _, c := range best {
		found = append(found, near{Endpoint: c.sign.method + " " + c.sign.path.Raw, Line: c.sign.line, Why: why(&c.sign, method, asked, matched)})
	}
	return found
}

// worst is more than two paths can be apart.
const worst = 1000

func split(path string) []string {
	path = strings.TrimSuffix(strings.TrimPrefix(path, "/"), "/")
	if path == "" {
		return nil
	}
	parts := strings.Split(path, "/")
	for i, p := range parts {
		if decoded, err := url.PathUnescape(p); err == nil {
			parts[i] = decoded
		}
	}
	return parts
}

// pattern returns the segments of an endpoint without the empty one of a trailing slash.
func pattern(e *signpost) []mockspec.Segment {
	segments := e.path.Segments
	if n := len(segments); n > 0 && segments[n-1] == (mockspec.Segment{}) {
		return segments[:n-1]
	}
	return segments
}

// far measures how unlike a pattern and a path are. It gives up at limit.
func far(b *budget.Budget, e *signpost, asked []string, limit int) int {
	segments := pattern(e)
	distance := 0
	for i := range max(len(segments), len(asked)) {
		if b.Spend(1) != nil {
			return worst
		}
		switch {
		case i < len(segments) && segments[i].Wildcard:
			return distance
		case i >= len(segments) || i >= len(asked):
			distance += 5
		case segments[i].Mix != nil:
			if _, ok := segments[i].Mix.Match(asked[i], nil); !ok {
				distance += 4
			}
		case segments[i].Param != "":
			if !segments[i].Type.Fits(asked[i]) {
				distance += 3
			}
		case segments[i].Literal != asked[i]:
			distance += 4 + min(6, editDistance(b, segments[i].Literal, asked[i]))
		}
		if distance >= limit {
			return worst
		}
	}
	return distance
}

// why says why an endpoint did not match a request, or lost against the one that did.
func why(e *signpost, method string, asked []string, matched *endpoint) string {
	segments := pattern(e)
	for i := range max(len(segments), len(asked)) {
		switch {
		case i < len(segments) && segments[i].Wildcard:
			return whyMethod(e, method, matched)
		case i >= len(asked):
			return fmt.Sprintf("the path ends before `%s`", segmentText(segments[i]))
		case i >= len(segments):
			return fmt.Sprintf("the path continues with `%s`", shortened(asked[i]))
		case segments[i].Mix != nil:
			if _, ok := segments[i].Mix.Match(asked[i], nil); !ok {
				return fmt.Sprintf("expected `%s`, got `%s`", segmentText(segments[i]), shortened(asked[i]))
			}
		case segments[i].Param != "":
			if asked[i] == "" {
				return fmt.Sprintf("`:%s` is empty", segments[i].Param)
			}
			if !segments[i].Type.Fits(asked[i]) {
				return fmt.Sprintf("`:%s` must be of type %s, got %q", segments[i].Param, segments[i].Type, shortened(asked[i]))
			}
		case segments[i].Literal != asked[i]:
			return fmt.Sprintf("expected `%s`, got `%s`", segments[i].Literal, shortened(asked[i]))
		}
	}
	return whyMethod(e, method, matched)
}

func whyMethod(e *signpost, method string, matched *endpoint) string {
	if !e.answersTo(method) {
		return fmt.Sprintf("the method is %s, not %s", e.method, method)
	}
	if matched != nil {
		return "it also matches, but is less specific"
	}
	return "it matches"
}

func segmentText(s mockspec.Segment) string {
	switch {
	case s.Mix != nil:
		return s.Mix.String()
	case s.Param != "":
		return ":" + s.Param
	}
	return s.Literal
}

func shortened(s string) string {
	if len(s) > 60 {
		return strings.ToValidUTF8(s[:60], "") + "…"
	}
	return s
}

// editDistance counts the letters to change, up to the 7 that make a difference here.
func editDistance(work *budget.Budget, a, b string) int {
	const most = 7
	if d := len(a) - len(b); d >= most || -d >= most || len(a) > 64 || len(b) > 64 || work.Scan(len(a)*len(b)) != nil {
		return most
	}
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := diagonal
			if a[i] != b[j] {
				cost++
			}
			diagonal = row[j+1]
			row[j+1] = min(cost, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}

// explanation is what X-Mocloud-Explain asks for.
type explanation struct {
	Endpoint   string   `json:"endpoint,omitempty"`
	Entry      int      `json:"entry,omitempty"`
	Defaults   bool     `json:"defaults,omitempty"`
	Line       int      `json:"line,omitempty"`
	Considered []near   `json:"considered,omitempty"`
	Empty      []string `json:"empty,omitempty"` // template variables without a value, the first of them
}

const explainHeader = "X-Mocloud-Explain"

// explanation says in a header how the answer came about. The body stays what it is.
func (x *exchange) explanation() {
	if x.takeTurn() != nil {
		return
	}
	defer x.endTurn()
	x.scope.Budget().Refill()
	out := explanation{Endpoint: x.label()}
	if x.endpoint != nil {
		out.Line, out.Entry, out.Defaults = x.endpoint.line, x.endpoint.entry.number, x.endpoint.entry.defaults
		out.Empty = x.emptyVariables()
	}
	out.Considered = x.considered()
	out.Considered = append(out.Considered, x.nearest(cmp.Or(x.found, x.endpoint), x.entered)...)
	mask(x.scope.Request.Env, out.Considered)
	text := ascii(out)
	if len(text) > explainedBytes {
		out.Considered, out.Empty = nil, out.Empty[:min(len(out.Empty), 10)]
		text = ascii(out)
	}
	if len(text) <= explainedBytes {
		x.answer.add(explainHeader, text)
	}
}

// considered says why the endpoints that were entered did not answer, or not with an entry before the one that did.
func (x *exchange) considered() []near {
	if x.view != nil { // conditions saw the state before
		now := x.scope.Request.State
		x.scope.Request.State = x.view.again()
		defer func() { x.scope.Request.State = now }()
	}
	var out []near
	for _, e := range x.entered {
		out = append(out, x.whys(e, nil)...)
	}
	if x.found != nil && x.found != x.endpoint {
		out = append(out, x.whys(x.found, x.endpoint)...)
	}
	return out[:min(len(out), whysShown)]
}

// answersTo reports whether an endpoint is for a method.
func (e *signpost) answersTo(method string) bool {
	return e.method == method || e.method == mockspec.MethodAny
}

// ascii encodes an explanation so that it can stand in a header.
func ascii(e explanation) string {
	text, err := json.Marshal(e)
	if err != nil {
		return "{}"
	}
	var out strings.Builder
	for _, r := range string(text) {
		switch {
		case r < 0x80:
			out.WriteRune(r)
		case r > 0xffff:
			r -= 0x10000
			fmt.Fprintf(&out, `\u%04x\u%04x`, 0xd800+r>>10, 0xdc00+r&0x3ff)
		default:
			fmt.Fprintf(&out, `\u%04x`, r)
		}
	}
	return out.String()
}

// emptyShown is how many variables without a value are named.
const emptyShown = 20

// emptyVariables names the variables of the endpoint's templates that have no value for this request.
func (x *exchange) emptyVariables() []string {
	e := x.endpoint
	var empty []string
	looked := map[string]bool{}
	look := func(t *selmer.Template) {
		if t == nil {
			return
		}
		for v := range t.EachVariable() {
			if len(empty) == emptyShown || x.scope.Budget().Spend(1) != nil {
				return
			}
			if looked[v.Path] {
				continue
			}
			looked[v.Path] = true
			value := v.Resolve(&x.scope)
			if value.IsNil() || value.Kind() == selmer.KindString && value.String() == "" {
				empty = append(empty, v.Path)
			}
		}
	}
	look(e.statusTemplate)
	for _, h := range e.varying {
		for _, v := range h.values {
			look(v.template)
		}
	}
	look(e.body.template)
	if e.body.external != nil {
		look(e.body.external.path)
	}
	return empty
}
