package openapi

import (
	"bytes"
	"cmp"
	"fmt"
	"net/http"
	"slices"
	"strings"
)

// operation writes the endpoint of one operation.
func (im *importer) operation(path, method string, item, op *value) {
	im.steps = maxSteps
	parameters := im.parameters(item, op)
	route, shape, ok := im.path(path, op, parameters)
	if !ok {
		return
	}
	shape = method + " " + shape
	if im.routes[shape] {
		im.warn(op, CodeNotImported, "%s %s is left out: another operation answers the same requests", method, oneLine(path, 100))
		return
	}
	im.routes[shape] = true
	if op.get("callbacks") != nil {
		im.warn(op.get("callbacks"), CodeNotImported, "`callbacks` are left out: add `webhook` to the endpoint that should send them")
	}
	name, id := method+" "+oneLine(path, 100), op.string("operationId")
	var held checked
	given := answer{status: http.StatusOK, headers: emptyObject()}
	if im.answers == nil {
		held = im.checks(name, op, parameters)
	} else {
		im.missing(op, name)
	}
	if im.answers == nil || id == "" || !im.answers.Has(id) {
		given = im.answer(name, op, parameters)
	}
	write := func(held checked, size func(*answer) *value, alone bool) []byte {
		var b bytes.Buffer
		im.endpoint(&b, method, route, op, parameters, given, held, size, alone)
		return b.Bytes()
	}
	w := written{op: op, name: name, id: id}
	w.sizes[whole] = write(held, func(a *answer) *value { return a.body }, false)
	least := func(a *answer) *value { return cmp.Or(a.small, a.body) }
	held.sample = nil
	w.sizes[required] = w.smaller(whole, write(held, least, false))
	w.sizes[alone] = w.smaller(required, write(held, least, true))
	held.contract = nil
	w.sizes[empty] = w.smaller(alone, write(held, func(a *answer) *value { return a.bare }, true))
	if len(w.sizes[alone]) > im.o.Mock.Bytes { // not worth keeping
		w.sizes[whole], w.sizes[required], w.sizes[alone] = w.sizes[empty], w.sizes[empty], w.sizes[empty]
		im.leaveOut(&w)
	}
	switch im.made += len(w.sizes[whole]) / bytesPerValue; {
	case im.ctx.Err() != nil:
	case im.steps < 0:
		im.warn(op, CodeTooLong, "the schemas of %s refer to each other too often: what is made of them is not complete", w.name)
	case im.made > maxMade && !im.full:
		im.full = true
		im.warn(op, CodeTooLong, "the document asks for more than %d values: from %s on, answers are made from examples only, or empty", maxMade, w.name)
	}
	im.written = append(im.written, w)
}

// bytesPerValue is how many bytes that are kept until the mock is put together count as one value that was made.
const bytesPerValue = 64

// written is an endpoint in several sizes, each no larger than the one before.
type written struct {
	sizes    [empty + 1][]byte
	op       *value
	name, id string
}

// The sizes of an endpoint.
const (
	whole    = iota
	required // its answers have only what their schemas require
	alone    // it has one answer
	empty    // with the smallest body there is
)

// smaller is text, or what the endpoint is in a size if that is smaller.
func (w *written) smaller(size int, text []byte) []byte {
	if len(text) < len(w.sizes[size]) {
		return text
	}
	return w.sizes[size]
}

// maxNamed is how many of the answers that are left out are named one by one.
const maxNamed = 20

// assemble puts the mock together. If it would be too large, answers are made smaller, those that save most before others; then those that
// must be asked for are left out, then bodies, and then endpoints.
func (im *importer) assemble() {
	room := im.o.Mock.Bytes - im.out.Len()
	total := 0
	for i := range im.written {
		total += len(im.written[i].sizes[whole])
	}
	var chosen [empty + 1][]int
	for size := required; size <= empty; size++ {
		chosen[size] = im.shrink(total-room, size)
		for _, i := range chosen[size] {
			w := &im.written[i]
			total -= len(w.sizes[whole]) - len(w.sizes[size])
			w.sizes[whole] = w.sizes[size]
		}
	}
	for n, i := range chosen[empty] {
		if n < maxNamed {
			im.leaveOut(&im.written[i])
		}
	}
	if n := len(chosen[empty]); n > maxNamed {
		im.warn(im.root, CodeTooLong, "the mock would be larger than %d KiB: the %d largest answers are left out", im.o.Mock.Bytes>>10, n)
	}
	if n := len(chosen[alone]); n > 0 {
		im.warn(im.root, CodeNotImported, "the mock would be larger than %d KiB: %d endpoints have only the answer that is given by default", im.o.Mock.Bytes>>10, n)
	}
	if n := len(chosen[required]); n > 0 {
		im.warn(im.root, CodeSimplified, "the mock would be larger than %d KiB: the %d largest answers have only what their schemas require", im.o.Mock.Bytes>>10, n)
	}
	for _, w := range im.written {
		if room -= len(w.sizes[whole]); room < 0 {
			im.warn(w.op, CodeTooLong, "the limit is %d KiB a mock: the rest is left out", im.o.Mock.Bytes>>10)
			return
		}
		im.out.Write(w.sizes[whole])
	}
}

// shrink chooses the endpoints to replace by a smaller size, those that save most before others, until so much is saved.
func (im *importer) shrink(needed, size int) (chosen []int) {
	saved := func(i int) int { return len(im.written[i].sizes[whole]) - len(im.written[i].sizes[size]) }
	order := make([]int, 0, len(im.written))
	for i := range im.written {
		if saved(i) > 0 {
			order = append(order, i)
		}
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(saved(b), saved(a)) })
	for n, i := range order {
		if needed <= 0 {
			return order[:n]
		}
		needed -= saved(i)
	}
	return order
}

// leaveOut tells that an answer is left out.
func (im *importer) leaveOut(w *written) {
	im.warn(w.op, CodeTooLong, "the answer of %s is left out: the mock would be larger than %d KiB", w.name, im.o.Mock.Bytes>>10)
}

// endpoint writes one endpoint with a sample of its requests, nil for none, and bodies of a size; alone without the answers that must be
// asked for.
func (im *importer) endpoint(
	b *bytes.Buffer, method, route string, op *value, parameters []*value, a answer, checked checked, size func(*answer) *value, alone bool,
) {
	comment(b, "", oneLine(op.string("operationId"), 100))
	if text := oneLine(op.string("description"), 300); text != oneLine(op.string("summary"), 300) {
		comment(b, "", text)
	}
	if headers := requiredHeaders(parameters); len(headers) > 0 && checked.contract == nil {
		comment(b, "", "Callers send "+strings.Join(headers, ", ")+".")
	}
	b.WriteString("- endpoint:\n")
	key := func(name, value string) { fmt.Fprintf(b, "    %s: %s\n", name, value) }
	key("method", method)
	key("path", scalarText(route))
	if checked.contract != nil {
		b.WriteString("    contract:")
		block(b, checked.contract, "      ")
	} else if query := im.query(parameters); len(query.items) > 0 && im.answers == nil {
		b.WriteString("    query:")
		block(b, query, "      ")
	}
	if checked.sample != nil {
		b.WriteString("    body:")
		block(b, checked.sample, "      ")
	}
	if checked.auth != nil {
		b.WriteString("    auth:")
		block(b, checked.auth, "      ")
	}
	if len(a.others) > 0 && !alone {
		b.WriteString("    responses:\n")
		for i := range a.others {
			b.WriteString("      - if:")
			block(b, a.others[i].when, "          ")
			a.others[i].answer.write(b, "        ", size)
		}
	}
	b.WriteString("    response:\n")
	a.write(b, "      ", size)
	if tags := op.list("tags"); len(tags) > 0 && tags[0].kind == kindText && oneLine(tags[0].text, 100) != "" {
		key("tag", scalarText(oneLine(tags[0].text, 100)))
	}
	if summary := oneLine(op.string("summary"), 200); summary != "" {
		key("summary", scalarText(summary))
	}
	b.WriteByte('\n')
}

// write writes the keys of a response.
func (a *answer) write(b *bytes.Buffer, indent string, size func(*answer) *value) {
	if a.echoes {
		b.WriteString(indent + "status: \"{{prefer.code}}\"\n")
	} else {
		fmt.Fprintf(b, "%sstatus: %d\n", indent, a.status)
	}
	if len(a.headers.items) > 0 {
		b.WriteString(indent + "headers:")
		block(b, a.headers, indent+"  ")
	}
	if body := size(a); body != nil {
		b.WriteString(indent + "body:")
		block(b, body, indent+"  ")
	}
}
