package http1

import (
	"net/textproto"
	"strings"
	"time"
)

// Request is the head of a simple request.
type Request struct {
	Method string
	Path   string // escaped, as it came; it begins with a slash
	Query  string // without the question mark
	Host   string // as it came
	Header Header
	Length int  // of the body
	Close  bool // the caller asks for the connection to be closed after the answer

	RemoteAddr string
	At         time.Time // when the head had come

	head string // what this was parsed from
}

// Header is the header lines of a request, without Host, in the order in which they came. Its strings last.
type Header struct{ names, values []string }

// Values returns the values of a header, whose name matches in any case. They must not be changed, and are valid until the
// exchange's end.
func (h *Header) Values(name string) []string {
	for i := range h.names {
		if !equalFold(h.names[i], name) {
			continue
		}
		var all []string
		for j := i + 1; j < len(h.names); j++ {
			if equalFold(h.names[j], name) {
				if all == nil {
					all = append(all, h.values[i])
				}
				all = append(all, h.values[j])
			}
		}
		if all == nil {
			all = h.values[i : i+1 : i+1]
		}
		return all
	}
	return nil
}

// Each calls yield for every header line, its name canonical, until it returns false.
func (h *Header) Each(yield func(name, value string) bool) {
	for i, name := range h.names {
		if !yield(textproto.CanonicalMIMEHeaderKey(name), h.values[i]) {
			return
		}
	}
}

// Len is the number of header lines.
func (h *Header) Len() int { return len(h.names) }

// AppendTo appends "Name: value\r\n" for each line.
func (h *Header) AppendTo(dst []byte) []byte {
	for i, name := range h.names {
		dst = append(append(append(append(dst, name...), ": "...), h.values[i]...), "\r\n"...)
	}
	return dst
}

// parse reads a head, which ends with the first empty line, into r. It reports whether the request is simple.
func (r *Request) parse(head string) bool {
	*r = Request{RemoteAddr: r.RemoteAddr, Header: Header{r.Header.names[:0], r.Header.values[:0]}, Length: -1}
	line, rest, ok := strings.Cut(head, "\r\n")
	if !ok || !r.requestLine(line) {
		return false
	}
	connection := false
	for {
		line, rest, ok = strings.Cut(rest, "\r\n")
		if !ok {
			return false
		}
		if line == "" {
			break
		}
		name, value, ok := field(line)
		if !ok {
			return false
		}
		switch kindOf(name) {
		case unusual:
			return false
		case host:
			if r.Host != "" || !isHost(value) {
				return false
			}
			r.Host = value
			continue // net/http does not count it among the headers either
		case contentLength:
			if r.Length >= 0 || !r.length(value) {
				return false
			}
		case connectionOptions:
			if connection {
				return false
			}
			connection = true
			r.Close = equalFold(value, "close")
			if !r.Close && !equalFold(value, "keep-alive") {
				return false
			}
		case ordinary:
		}
		r.Header.names, r.Header.values = append(r.Header.names, name), append(r.Header.values, value)
	}
	r.Length = max(r.Length, 0)
	r.head = head
	return r.Host != "" && rest == ""
}

// requestLine reads "GET /path?query HTTP/1.1".
func (r *Request) requestLine(line string) bool {
	method, rest, _ := strings.Cut(line, " ")
	target, version, _ := strings.Cut(rest, " ")
	switch method {
	case "GET", "POST", "PUT", "PATCH", "DELETE":
	default: // HEAD and OPTIONS have rules of their own
		return false
	}
	if version != "HTTP/1.1" || !isTarget(target) {
		return false
	}
	r.Method = method
	r.Path, r.Query, _ = strings.Cut(target, "?")
	return true
}

// length reads a Content-Length.
func (r *Request) length(value string) bool {
	if value == "" || len(value) > 9 {
		return false
	}
	n := 0
	for i := range len(value) {
		d := value[i] - '0'
		if d > 9 {
			return false
		}
		n = n*10 + int(d)
	}
	r.Length = n
	return true
}

// isTarget reports whether s is a path, and maybe a query, in which nothing is escaped wrongly or should have been escaped.
func isTarget(s string) bool {
	if s == "" || s[0] != '/' {
		return false
	}
	for i := 0; i < len(s); i++ {
		c := s[i]
		if !in(c, targetLow, targetHigh) {
			return false
		}
		if c == '%' {
			if i+2 >= len(s) || !isHex(s[i+1]) || !isHex(s[i+2]) {
				return false
			}
		}
	}
	return true
}

func isHex(c byte) bool { return c-'0' < 10 || c|0x20 >= 'a' && c|0x20 <= 'f' }

// isHost reports whether s is a host name or an address, maybe with a port.
func isHost(s string) bool {
	for i := range len(s) {
		if !in(s[i], hostLow, hostHigh) {
			return false
		}
	}
	return s != ""
}

// field reads "Name: value".
func field(line string) (name, value string, ok bool) {
	colon := strings.IndexByte(line, ':')
	if colon <= 0 {
		return "", "", false
	}
	name, value = line[:colon], line[colon+1:]
	for i := range len(name) {
		if !in(name[i], tokenLow, tokenHigh) {
			return "", "", false
		}
	}
	for i := range len(value) {
		if c := value[i]; (c < ' ' || c > '~') && c != '\t' {
			return "", "", false
		}
	}
	return name, strings.Trim(value, " \t"), true
}

// kind is what a header means for the message itself.
type kind uint8

const (
	ordinary kind = iota
	host
	contentLength
	connectionOptions
	unusual // what net/http should see
)

func kindOf(name string) kind {
	switch len(name) {
	case 4:
		if equalFold(name, "host") {
			return host
		}
	case 6:
		if equalFold(name, "expect") || equalFold(name, "pragma") { // net/http makes a Cache-Control of this one
			return unusual
		}
	case 7:
		if equalFold(name, "upgrade") || equalFold(name, "trailer") {
			return unusual
		}
	case 10:
		if equalFold(name, "connection") {
			return connectionOptions
		}
	case 14:
		if equalFold(name, "content-length") {
			return contentLength
		}
	case 17:
		if equalFold(name, "transfer-encoding") {
			return unusual
		}
	}
	return ordinary
}

// equalFold compares ASCII without regard to case.
func equalFold(a, b string) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range len(a) {
		if lower(a[i]) != lower(b[i]) {
			return false
		}
	}
	return true
}

func lower(c byte) byte {
	if 'A' <= c && c <= 'Z' {
		return c + 'a' - 'A'
	}
	return c
}

// Sets of ASCII characters, one bit each: below 64, and from there on.
const (
	digitsLow   = 0x3ff << '0'
	lettersHigh = 0x3ffffff<<('A'-64) | 0x3ffffff<<('a'-64)

	tokenLow  = digitsLow | 1<<'!' | 1<<'#' | 1<<'$' | 1<<'%' | 1<<'&' | 1<<'\'' | 1<<'*' | 1<<'+' | 1<<'-' | 1<<'.'
	tokenHigh = lettersHigh | 1<<('^'-64) | 1<<('_'-64) | 1<<('`'-64) | 1<<('|'-64) | 1<<('~'-64)

	hostLow  = digitsLow | 1<<'.' | 1<<'-' | 1<<':'
	hostHigh = lettersHigh | 1<<('_'-64) | 1<<('['-64) | 1<<(']'-64)

	targetLow = digitsLow | 1<<'!' | 1<<'$' | 1<<'%' | 1<<'&' | 1<<'\'' | 1<<'(' | 1<<')' | 1<<'*' | 1<<'+' | 1<<',' |
		1<<'-' | 1<<'.' | 1<<'/' | 1<<':' | 1<<';' | 1<<'=' | 1<<'?'
	targetHigh = lettersHigh | 1<<('@'-64) | 1<<('['-64) | 1<<(']'-64) | 1<<('_'-64) | 1<<('~'-64) | 1<<('|'-64)
)

func in(c byte, low, high uint64) bool {
	switch {
	case c < 64:
		return low>>c&1 != 0
	case c < 128:
		return high>>(c-64)&1 != 0
	}
	return false
}
