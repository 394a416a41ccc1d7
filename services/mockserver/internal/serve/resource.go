package serve

import (
	"cmp"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/google/uuid"

	"github.com/mocloud/mocloud/pkg/match"
	"github.com/mocloud/mocloud/pkg/mockspec"
	"github.com/mocloud/mocloud/pkg/selmer"
)

// resource is one operation on a list in the state. It is immutable.
type resource struct {
	state  string
	id     []string // the path to an item's id
	method string
	item   bool // it is about one item
}

// maxItems is how many items a list may have.
const maxItems = 10_000

func newResource(spec *mockspec.Endpoint) *resource {
	return &resource{
		state: spec.Resource.State, id: strings.Split(spec.Resource.IDField, "."), method: spec.Method,
		item: spec.Path.Raw != spec.Resource.Path.Raw,
	}
}

// field follows a dotted path within an item.
func field(item selmer.Value, path []string) (selmer.Value, bool) {
	v, ok := item, true
	for _, step := range path {
		if v, ok = match.Step(v, step); !ok {
			break
		}
	}
	return v, ok
}

// serveResource answers an operation on a list in the state.
func (c *Core) serveResource(x *exchange) error {
	r := x.endpoint.resource
	list := x.view.value(r.state)
	if x.view.err != nil {
		return x.view.err
	}
	if list.Kind() != selmer.KindList && !list.IsNil() {
		return &fault{what: "crud", pos: x.endpoint.spec.Pos, err: fmt.Errorf("the state `%s` is not a list", r.state)}
	}
	items := list.Items()
	switch {
	case !r.item && r.method == http.MethodPost:
		return r.create(x, items)
	case !r.item:
		r.list(x, items)
		return nil
	}
	id := x.captures[len(x.captures)-1]
	at := r.find(items, id)
	if at < 0 {
		x.resourceError(http.StatusNotFound, "not_found", fmt.Sprintf("there is no item with the %s %q", strings.Join(r.id, "."), id))
		return nil
	}
	switch r.method {
	case http.MethodGet:
		x.item(http.StatusOK, items[at])
	case http.MethodDelete:
		x.view.put(r.state, selmer.List(slices.Delete(slices.Clone(items), at, at+1)))
		x.answer.status = http.StatusNoContent
	default:
		return r.change(x, items, at)
	}
	return nil
}

// find returns where the item with an id is, or -1.
func (r *resource) find(items []selmer.Value, id string) int {
	return slices.IndexFunc(items, func(item selmer.Value) bool {
		v, ok := field(item, r.id)
		return ok && !v.IsNil() && v.String() == id
	})
}

// item answers with one item.
func (x *exchange) item(status int, v selmer.Value) { x.answer.json(status, v.AppendJSON(nil)) }

// resourceError answers that an operation is not possible.
func (x *exchange) resourceError(status int, code, message string) {
	x.answer.json(status, encode(refusal{Error: code, Message: message, Mock: x.mock.ref[0], Endpoint: x.label()}))
}

// bodyItem returns the item in a request's body.
func (x *exchange) bodyItem() (selmer.Value, bool) {
	v, err := x.scope.JSON()
	if err != nil || v.Kind() != selmer.KindMap {
		x.resourceError(http.StatusBadRequest, "invalid_request", "the body must be a JSON object, or a form")
		return v, false
	}
	return v, true
}

func (r *resource) create(x *exchange, items []selmer.Value) error {
	made, ok := x.bodyItem()
	if !ok {
		return nil
	}
	id, has := field(made, r.id)
	switch {
	case !has || id.IsNil():
		id = r.next(items)
		var err error
		if made, err = match.Put(made, r.id, id); err != nil {
			x.resourceError(http.StatusBadRequest, "invalid_request", "the id cannot be put into the body: "+err.Error())
			return nil //nolint:nilerr // it was told
		}
	case r.find(items, id.String()) >= 0:
		x.resourceError(http.StatusConflict, "conflict", fmt.Sprintf("an item with the %s %q already exists", strings.Join(r.id, "."), id.String()))
		return nil
	}
	if len(items) >= maxItems {
		x.resourceError(http.StatusInsufficientStorage, "state_full", fmt.Sprintf("the list `%s` has %d items, which is the limit", r.state, maxItems))
		return nil
	}
	x.view.put(r.state, selmer.List(append(slices.Clone(items), made)))
	x.answer.add("Location", strings.TrimSuffix(x.scope.Request.Path, "/")+"/"+url.PathEscape(id.String()))
	x.item(http.StatusCreated, made)
	return nil
}

// next makes an id: the greatest number and one more if ids are numbers, else a UUID.
func (r *resource) next(items []selmer.Value) selmer.Value {
	greatest := int64(0)
	for _, item := range items {
		id, ok := field(item, r.id)
		if !ok {
			continue
		}
		n, err := strconv.ParseInt(id.String(), 10, 64)
		if err != nil || id.Kind() == selmer.KindString {
			return selmer.String(uuid.NewString())
		}
		greatest = max(greatest, n)
	}
	return selmer.Int(greatest + 1)
}

// change replaces an item, or merges into it (RFC 7396). Its id stays.
func (r *resource) change(x *exchange, items []selmer.Value, at int) error {
	given, ok := x.bodyItem()
	if !ok {
		return nil
	}
	id, _ := field(items[at], r.id)
	now := given
	if r.method == http.MethodPatch {
		now = merge(items[at], given, 0)
	}
	now, err := match.Put(now, r.id, id)
	if err != nil {
		x.resourceError(http.StatusBadRequest, "invalid_request", "the id cannot be put into the body: "+err.Error())
		return nil //nolint:nilerr // it was told
	}
	changed := slices.Clone(items)
	changed[at] = now
	x.view.put(r.state, selmer.List(changed))
	x.item(http.StatusOK, now)
	return nil
}

// merge is a JSON Merge Patch.
func merge(v, patch selmer.Value, depth int) selmer.Value {
	if patch.Kind() != selmer.KindMap || depth > maxMerge {
		return patch
	}
	var out []selmer.Entry
	if v.Kind() == selmer.KindMap {
		out = slices.Clone(v.Entries())
	}
	for _, e := range patch.Entries() {
		i := slices.IndexFunc(out, func(o selmer.Entry) bool { return o.Key == e.Key })
		switch {
		case e.Value.IsNil() && i >= 0:
			out = slices.Delete(out, i, i+1)
		case e.Value.IsNil():
		case i >= 0:
			out[i].Value = merge(out[i].Value, e.Value, depth+1)
		default:
			out = append(out, selmer.Entry{Key: e.Key, Value: merge(selmer.Nil(), e.Value, depth+1)})
		}
	}
	return selmer.Map(out)
}

const maxMerge = 100

// query is what a request for a list asks for.
type query struct {
	filters []filter
	search  string
	sort    []string
	page    int // 0: all
	limit   int // 0: all
}

type filter struct {
	path []string
	op   string
	want []string
}

// ops are what may follow the name of a field.
func ops() []string { return []string{"_ne", "_gte", "_gt", "_lte", "_lt", "_like", "_in"} }

func (r *resource) query(x *exchange) query {
	var q query
	for name, values := range x.scope.Queries() {
		first := values[0]
		number := func() int {
			n, err := strconv.Atoi(first)
			if err != nil || n < 1 {
				return 1
			}
			return n
		}
		switch name {
		case "search", "q":
			q.search = strings.ToLower(first)
		case "sort", "_sort":
			q.sort = strings.Split(first, ",")
		case "page", "_page":
			q.page = number()
		case "limit", "_limit":
			q.limit = number()
		case "order", "_order":
		default:
			f := filter{want: values}
			for _, op := range ops() {
				if field, ok := strings.CutSuffix(name, op); ok && field != "" {
					name, f.op = field, op
					break
				}
			}
			if f.op == "_in" {
				f.want = strings.Split(first, ",")
			}
			f.path = strings.Split(name, ".")
			q.filters = append(q.filters, f)
		}
	}
	if order := x.scope.Queries().First("order", "_order"); strings.EqualFold(order, "desc") && len(q.sort) == 1 {
		q.sort[0] = "-" + strings.TrimPrefix(q.sort[0], "-")
	}
	if q.page > 0 && q.limit == 0 {
		q.limit = 10
	}
	return q
}

// list answers with the items that are asked for.
func (r *resource) list(x *exchange, items []selmer.Value) {
	q := r.query(x)
	found := make([]selmer.Value, 0, len(items))
	for _, item := range items {
		if q.fits(item) {
			found = append(found, item)
		}
	}
	if len(q.sort) > 0 {
		slices.SortStableFunc(found, q.compare)
	}
	x.answer.add("X-Total-Count", strconv.Itoa(len(found)))
	pages := 1
	if q.limit > 0 {
		pages = max(1, (len(found)+q.limit-1)/q.limit)
		from := min(max(0, q.page-1), len(found)) * q.limit
		from = min(from, len(found))
		found = found[from:min(from+q.limit, len(found))]
	}
	if q.page > 0 {
		x.answer.add("Link", x.links(q.page, pages))
	}
	x.item(http.StatusOK, selmer.List(found))
}

// links are the neighbours of a page (RFC 8288).
func (x *exchange) links(page, pages int) string {
	name := "page"
	if x.scope.Queries().First("page") == "" {
		name = "_page"
	}
	var kept []string
	for pair := range strings.SplitSeq(x.scope.Request.Query, "&") {
		if key, _, _ := strings.Cut(pair, "="); key != name && pair != "" {
			kept = append(kept, pair)
		}
	}
	to := func(n int, rel string) string {
		query := append(slices.Clone(kept), name+"="+strconv.Itoa(n))
		return "<" + x.scope.Request.Path + "?" + strings.Join(query, "&") + `>; rel="` + rel + `"`
	}
	all := []string{to(1, "first")}
	if page > 1 {
		all = append(all, to(min(page-1, pages), "prev"))
	}
	if page < pages {
		all = append(all, to(page+1, "next"))
	}
	return strings.Join(append(all, to(pages, "last")), ", ")
}

func (q *query) fits(item selmer.Value) bool {
	for i := range q.filters {
		if !q.filters[i].fits(item) {
			return false
		}
	}
	return q.search == "" || contains(item, q.search, 0)
}

// contains reports whether a text is in one of the texts or numbers of a value.
func contains(v selmer.Value, text string, depth int) bool {
	switch v.Kind() {
	case selmer.KindMap:
		return depth < maxMerge && slices.ContainsFunc(v.Entries(), func(e selmer.Entry) bool { return contains(e.Value, text, depth+1) })
	case selmer.KindList:
		return depth < maxMerge && slices.ContainsFunc(v.Items(), func(i selmer.Value) bool { return contains(i, text, depth+1) })
	case selmer.KindNil:
		return false
	default:
		return strings.Contains(strings.ToLower(v.String()), text)
	}
}

func (f *filter) fits(item selmer.Value) bool {
	v, ok := field(item, f.path)
	switch f.op {
	case "_ne":
		return !ok || !match.EqualsText(v, f.want[0])
	case "_like":
		return ok && strings.Contains(strings.ToLower(v.String()), strings.ToLower(f.want[0]))
	case "", "_in":
		return ok && slices.ContainsFunc(f.want, func(want string) bool { return match.EqualsText(v, want) })
	}
	if !ok {
		return false
	}
	order, ordered := match.Compare(v, selmer.String(f.want[0]))
	if !ordered {
		order = cmp.Compare(v.String(), f.want[0])
		if v.Kind() != selmer.KindString {
			return false
		}
	}
	return f.op == "_gt" && order > 0 || f.op == "_gte" && order >= 0 || f.op == "_lt" && order < 0 || f.op == "_lte" && order <= 0
}

// compare puts items in the order that is asked for. What lacks a field comes last.
func (q *query) compare(a, b selmer.Value) int {
	for _, name := range q.sort {
		name, down := strings.CutPrefix(strings.TrimSpace(name), "-")
		path := strings.Split(name, ".")
		x, okX := field(a, path)
		y, okY := field(b, path)
		okX, okY = okX && !x.IsNil(), okY && !y.IsNil()
		if !okX || !okY {
			if okX != okY {
				return map[bool]int{true: -1, false: 1}[okX]
			}
			continue
		}
		order, ordered := match.Compare(x, y)
		if !ordered {
			order = strings.Compare(x.String(), y.String())
		}
		if down {
			order = -order
		}
		if order != 0 {
			return order
		}
	}
	return 0
}
