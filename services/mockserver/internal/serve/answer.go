package serve

import (
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/mocloud/mocloud/services/mockserver/internal/http1"
)

// header is one header of an answer, its name canonical. Values are shared between answers and never changed.
type header struct {
	name   string
	values []string
}

// headers are those of many answers, also as they are sent. They are never changed.
type headers struct {
	list  []header
	block []byte
	has   http1.Has
}

// newHeaders prepares headers for sending. What says where messages end is not in the block.
func newHeaders(list []header) *headers {
	h := &headers{list: list}
	for i := range list {
		h.block = list[i].appendTo(h.block, &h.has)
	}
	return h
}

// appendTo appends the header as it is sent and notes in has what it is.
func (h *header) appendTo(dst []byte, has *http1.Has) []byte {
	if isFraming(h.name) {
		return dst
	}
	for _, value := range h.values {
		var is http1.Has
		dst, is = http1.AppendLine(dst, h.name, value)
		*has |= is
	}
	return dst
}

// answer is what a request gets: the headers that its endpoint always sends, those of this answer, and a body.
type answer struct {
	status int
	always *headers
	more   []header
	block  []byte // always as it is sent, and what is in it, when that is at hand
	has    http1.Has
	body   []byte
	length []string // of a body that lies ready; nil when that is not known

	packed []byte // the body as it is sent, when it is compressed

	sent []header // what settle made of always and more
}

// payload is the body as it is sent.
func (a *answer) payload() []byte {
	if a.packed != nil {
		return a.packed
	}
	return a.body
}

// complete adds what does not depend on who made the answer.
func (x *exchange) complete() {
	if x.mock != nil {
		x.pack()
	}
	x.crossOrigin()
}

// settle decides which headers are sent, whoever carries the answer: of several of one name the last counts.
func (a *answer) settle(shared bool) {
	a.sent = a.sent[:0]
	if a.always != nil {
		a.sent = append(a.sent, a.always.list...)
	}
	for _, h := range a.more {
		if i := slices.IndexFunc(a.sent, func(s header) bool { return s.name == h.name }); i >= 0 {
			a.sent[i] = h
		} else {
			a.sent = append(a.sent, h)
		}
	}
	a.sent = slices.DeleteFunc(a.sent, func(h header) bool {
		return a.status == http.StatusNotModified && h.name == "Content-Type" // net/http leaves it out, too
	})
	if shared {
		a.confine()
	}
}

// appendLines appends the headers that settle chose as they are sent.
func (a *answer) appendLines(dst []byte, has *http1.Has) []byte {
	for i := range a.sent {
		dst = a.sent[i].appendTo(dst, has)
	}
	return dst
}

// AppendTo implements record.Header: the headers as they were sent, but for the date.
func (a *answer) AppendTo(dst []byte) []byte {
	if a.block != nil {
		dst = append(dst, a.block...)
	} else {
		var has http1.Has
		dst = a.appendLines(dst, &has)
	}
	if allowsBody(a.status) {
		dst = append(dst, "Content-Length: "...)
		dst = append(strconv.AppendInt(dst, int64(len(a.payload())), 10), "\r\n"...)
	}
	return dst
}

// lengthOf is the Content-Length of a body that lies ready.
func lengthOf(body []byte) []string { return []string{strconv.Itoa(len(body))} }

func (a *answer) add(name, value string) {
	a.block = nil
	a.more = append(a.more, header{name, []string{value}})
}

// sets reports whether the answer has a header of that name.
func (a *answer) sets(name string) bool { return a.get(name) != nil }

// get returns the values of the last header of that name.
func (a *answer) get(name string) []string {
	for _, h := range slices.Backward(a.more) {
		if h.name == name {
			return h.values
		}
	}
	if a.always != nil {
		for i := range a.always.list {
			if a.always.list[i].name == name {
				return a.always.list[i].values
			}
		}
	}
	return nil
}

// anybody reports whether the answer lets pages of all origins read it.
func (a *answer) anybody() bool {
	values := a.get(allowOrigin)
	return len(values) == 1 && values[0] == "*"
}

// vary says that the answer depends on a header of the request, if it does not say so yet.
func (a *answer) vary(name string) {
	values := a.get("Vary")
	for _, value := range values {
		for token := range strings.SplitSeq(value, ",") {
			if token = strings.TrimSpace(token); token == "*" || strings.EqualFold(token, name) {
				return
			}
		}
	}
	a.block = nil
	a.add("Vary", strings.Join(append(slices.Clone(values), name), ", "))
}

// json makes the answer a JSON body of the core's own.
func (a *answer) json(status int, body []byte) {
	a.status, a.body = status, body
	a.add("Content-Type", jsonType)
}

const (
	jsonType = "application/json"
	textType = "text/plain; charset=utf-8"
	htmlType = "text/html; charset=utf-8"
)
