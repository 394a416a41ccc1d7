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
	var sample *value
	answer := answer{status: http.StatusOK, headers: emptyObject()}
	if im.answers == nil {
		sample = im.requestBody(op, parameters)
	} else {
		im.missing(op, name)
	}
	if im.answers == nil || id == "" || !im.answers.Has(id) {
		answer = im.answer(name, op)
	}
	write := func(sample, body *value) []byte {
		var b bytes.Buffer
		im.endpoint(&b, method, route, op, parameters, answer, sample, body)
		return b.Bytes()
	}
	w := written{full: write(sample, answer.body), bare: write(nil, answer.bare), op: op, name: name, id: id}
	w.small = w.full
	if answer.small != nil {
		if small := write(nil, answer.small); len(small) < len(w.full) {
			w.small = small
		}
	}
	if len(w.small) > im.o.Mock.Bytes { // not worth keeping
		w.full, w.small = w.bare, w.bare
		im.leaveOut(&w)
	}
	switch im.made += len(w.full) / bytesPerValue; {
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

// written is an endpoint: whole, with an answer that has no more than it must, and with the smallest answer there is.
type written struct {
	full, small, bare []byte
	op                *value
	name, id          string
}

// maxNamed is how many of the answers that are left out are named one by one.
const maxNamed = 20

// assemble puts the mock together. If it would be too large, the largest answers are left out, and then endpoints.
func (im *importer) assemble() {
	room := im.o.Mock.Bytes - im.out.Len()
	total := 0
	for _, w := range im.written {
		total += len(w.full)
	}
	shrunk := im.shrink(total-room, func(w *written) []byte { return w.small })
	for _, i := range shrunk {
		total -= len(im.written[i].full) - len(im.written[i].small)
		im.written[i].full = im.written[i].small
	}
	emptied := im.shrink(total-room, func(w *written) []byte { return w.bare })
	for n, i := range emptied {
		im.written[i].full = im.written[i].bare
		if n < maxNamed {
			im.leaveOut(&im.written[i])
		}
	}
	if len(emptied) > maxNamed {
		im.warn(im.root, CodeTooLong, "the mock would be larger than %d KiB: the %d largest answers are left out", im.o.Mock.Bytes>>10, len(emptied))
	}
	if n := len(shrunk); n > 0 {
		im.warn(im.root, CodeSimplified, "the mock would be larger than %d KiB: the %d largest answers have only what their schemas require", im.o.Mock.Bytes>>10, n)
	}
	for _, w := range im.written {
		if room -= len(w.full); room < 0 {
			im.warn(w.op, CodeTooLong, "the limit is %d KiB a mock: the rest is left out", im.o.Mock.Bytes>>10)
			return
		}
		im.out.Write(w.full)
	}
}

// shrink chooses the endpoints to replace by something smaller, those that save most before others, until so much is saved.
func (im *importer) shrink(needed int, by func(*written) []byte) (chosen []int) {
	saved := func(i int) int { return len(im.written[i].full) - len(by(&im.written[i])) }
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

// endpoint writes one endpoint with a sample of its requests and the body of its answer; nil for none.
func (im *importer) endpoint(b *bytes.Buffer, method, route string, op *value, parameters []*value, a answer, sample, body *value) {
	comment(b, "", oneLine(op.string("operationId"), 100))
	if text := oneLine(op.string("description"), 300); text != oneLine(op.string("summary"), 300) {
		comment(b, "", text)
	}
	if headers := requiredHeaders(parameters); len(headers) > 0 {
		comment(b, "", "Callers send "+strings.Join(headers, ", ")+".")
	}
	if len(a.others) > 0 {
		comment(b, "", "Answers too: "+oneLine(strings.Join(a.others, "; "), 300))
	}
	b.WriteString("- endpoint:\n")
	key := func(name, value string) { fmt.Fprintf(b, "    %s: %s\n", name, value) }
	key("method", method)
	key("path", scalarText(route))
	if query := im.query(parameters); len(query.items) > 0 && im.answers == nil {
		b.WriteString("    query:")
		block(b, query, "      ")
	}
	if sample != nil {
		b.WriteString("    body:")
		block(b, sample, "      ")
	}
	b.WriteString("    response:\n")
	fmt.Fprintf(b, "      status: %d\n", a.status)
	if len(a.headers.items) > 0 {
		b.WriteString("      headers:")
		block(b, a.headers, "        ")
	}
	if body != nil {
		b.WriteString("      body:")
		block(b, body, "        ")
	}
	if tags := op.list("tags"); len(tags) > 0 && tags[0].kind == kindText && oneLine(tags[0].text, 100) != "" {
		key("tag", scalarText(oneLine(tags[0].text, 100)))
	}
	if summary := oneLine(op.string("summary"), 200); summary != "" {
		key("summary", scalarText(summary))
	}
	b.WriteByte('\n')
}
