package serve

import (
	"unsafe"

	"github.com/mocloud/mocloud/pkg/mockspec"
	"github.com/mocloud/mocloud/pkg/selmer"
)

// About how many bytes things take for each byte that is written of them, as TestSizes measures.
const (
	timesLine      = 4  // an endpoint that was read, for its line
	timesCondition = 32 // a compiled condition or assignment, for its JSON
	timesContent   = 10 // a mock that was read in one piece
	timesDescribed = 16 // the same with the document that describes it
	headersSize    = 160
)

// size is about how many bytes what was compiled takes.
func (e *endpoint) size() int64 {
	size := int64(unsafe.Sizeof(*e)) + int64(len(e.label)) + int64(cap(e.params.Path))*int64(unsafe.Sizeof(e.params.Path[0]))
	if cap(e.body.fixed) > 0 {
		size += int64(cap(e.block) + cap(e.body.fixed))
	}
	if e.spec != nil && e.at != nil && e.spec != e.at.spec {
		size += int64(unsafe.Sizeof(*e.spec))
		if e.entry == (entryName{}) {
			size += timesLine * int64(len(e.at.line))
		}
	}
	add := func(t *selmer.Template) {
		if t != nil {
			size += t.Size()
		}
	}
	add(e.statusTemplate)
	add(e.body.template)
	for _, h := range e.varying {
		size += int64(unsafe.Sizeof(h))
		for _, v := range h.values {
			add(v.template)
		}
	}
	if e.body.external != nil {
		add(e.body.external.path)
	}
	if e.set != nil && e.spec != nil {
		size += timesCondition * int64(len(e.spec.Response.Set))
	}
	if e.spec != nil {
		size += timesCondition * hookBytes(e.spec)
	}
	if e.choice != nil {
		size += timesCondition * int64(len(e.spec.Auth.JSON))
		for i := range e.choice.options {
			o := &e.choice.options[i]
			size += int64(unsafe.Sizeof(*o)) + int64(len(o.counter)) + o.to.size()
		}
		for i := range e.spec.Responses {
			size += timesCondition * int64(len(e.spec.Responses[i].If.JSON))
		}
	}
	return size
}

// hookBytes is how much is written of an endpoint's webhooks.
func hookBytes(spec *mockspec.Endpoint) (n int64) {
	for _, list := range [][]mockspec.Webhook{spec.Webhooks, spec.Response.Webhooks} {
		for i := range list {
			n += int64(len(list[i].URL.Raw) + len(list[i].Body.Template) + len(list[i].If.JSON))
		}
	}
	return n
}

// size is about how many bytes the mock takes, without the endpoints that will be compiled.
func (p *program) size() int64 {
	size := int64(unsafe.Sizeof(*p))
	if p.compiler == nil {
		return size
	}
	size += int64(unsafe.Sizeof(*p.compiler)) + timesContent*p.besides
	for key, h := range p.compiler.shared {
		size += headersSize + 3*int64(len(key)) + int64(len(h.list))
	}
	for _, e := range p.errors {
		size += e.size()
	}
	for _, w := range p.all() {
		size += w.tree.Size() + w.sockets.Size() + int64(cap(w.places))*int64(unsafe.Sizeof(w.places[0]))
		size += int64(len(w.places)) * int64(unsafe.Sizeof(place{})) // in many worlds it counts more than once
		size += int64(len(w.next)) * 48
	}
	return size
}
