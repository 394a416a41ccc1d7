package http1

import (
	"bufio"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/net/http/httpguts"
)

// heads are requests' heads, and whether they are simple.
var heads = []struct {
	text   string
	simple bool
}{
	{"GET / HTTP/1.1\r\nHost: a\r\n\r\n", true},
	{"GET /a/b%20c?d=e&f[0]=%zz HTTP/1.1\r\nHost: a\r\n\r\n", false},
	{"GET /a/b%20c?d=e&f[0]=%7a?? HTTP/1.1\r\nHost: a.b-c.example:8000\r\n\r\n", true},
	{"GET //a//b/../c?x HTTP/1.1\r\nHost: [::1]:80\r\n\r\n", true},
	{"GET /? HTTP/1.1\r\nhOST:a\r\n\r\n", true},
	{"POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 17\r\nContent-Type:  application/json \t\r\nConnection: keep-alive\r\n\r\n", true},
	{"PUT /x HTTP/1.1\r\nHost: a\r\nConnection: Close\r\nX: \r\nX: 1\r\nx:2\r\n\r\n", true},
	{"DELETE /x HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\nCookie: a=b; c=d\r\nUser-Agent: curl/8.5 (x; y) \"z\"\r\n\r\n", true},
	// Not of the strictest form, or with rules of their own, or wrong.
	{"HEAD / HTTP/1.1\r\nHost: a\r\n\r\n", false},
	{"OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n", false},
	{"CONNECT a:1 HTTP/1.1\r\nHost: a\r\n\r\n", false},
	{"PRI * HTTP/2.0\r\n\r\n", false},
	{"get / HTTP/1.1\r\nHost: a\r\n\r\n", false},
	{"GET  / HTTP/1.1\r\nHost: a\r\n\r\n", false},
	{"GET / HTTP/1.1 \r\nHost: a\r\n\r\n", false},
	{"GET / HTTP/1.0\r\nHost: a\r\n\r\n", false},
	{"GET / HTTP/1.10\r\nHost: a\r\n\r\n", false},
	{"GET / HTTP/2.0\r\nHost: a\r\n\r\n", false},
	{"GET http://a/ HTTP/1.1\r\nHost: a\r\n\r\n", false},
	{"GET a HTTP/1.1\r\nHost: a\r\n\r\n", false},
	{"GET /\x00 HTTP/1.1\r\nHost: a\r\n\r\n", false},
	{"GET /é HTTP/1.1\r\nHost: a\r\n\r\n", false},
	{"GET /#a HTTP/1.1\r\nHost: a\r\n\r\n", false},
	{"GET /% HTTP/1.1\r\nHost: a\r\n\r\n", false},
	{"GET / HTTP/1.1\r\n\r\n", false},
	{"GET / HTTP/1.1\r\nHost:\r\n\r\n", false},
	{"GET / HTTP/1.1\r\nHost: a/b\r\n\r\n", false},
	{"GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n", false},
	{"GET / HTTP/1.1\nHost: a\r\n\r\n", false},
	{"GET / HTTP/1.1\r\nHost: a\nX: y\r\n\r\n", false},
	{"GET / HTTP/1.1\r\nHost: a\rX: y\r\n\r\n", false},
	{"GET / HTTP/1.1\r\nHost: a\r\n X: folded\r\n\r\n", false},
	{"GET / HTTP/1.1\r\nHost: a\r\n\tX: folded\r\n\r\n", false},
	{"GET / HTTP/1.1\r\n Host: a\r\n\r\n", false},
	{"GET / HTTP/1.1\r\nHost : a\r\n\r\n", false},
	{"GET / HTTP/1.1\r\nHost: a\r\nX Y: z\r\n\r\n", false},
	{"GET / HTTP/1.1\r\nHost: a\r\n: z\r\n\r\n", false},
	{"GET / HTTP/1.1\r\nHost: a\r\nX\r\n\r\n", false},
	{"GET / HTTP/1.1\r\nHost: a\r\nX: \x7f\r\n\r\n", false},
	{"GET / HTTP/1.1\r\nHost: a\r\nX: é\r\n\r\n", false},
	{"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\n", false},
	{"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1, 1\r\n\r\n", false},
	{"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: +1\r\n\r\n", false},
	{"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n", false},
	{"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0x1\r\n\r\n", false},
	{"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1 1\r\n\r\n", false},
	{"POST / HTTP/1.1\r\nHost: a\r\nContent-Length:\r\n\r\n", false},
	{"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999999999999999\r\n\r\n", false},
	{"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n", false},
	{"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n", false},
	{"POST / HTTP/1.1\r\nHost: a\r\ntransfer-encoding:\tidentity\r\n\r\n", false},
	{"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding\r\n\r\n", false},
	{"POST / HTTP/1.1\r\nHost: a\r\nTrailer: X\r\n\r\n", false},
	{"POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\n\r\n", false},
	{"GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n", false},
	{"GET / HTTP/1.1\r\nHost: a\r\nConnection: close, x\r\n\r\n", false},
	{"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nConnection: keep-alive\r\n\r\n", false},
	{"GET / HTTP/1.1\r\nHost: a\r\nPragma: no-cache\r\n\r\n", false},
	{"GET / HTTP/1.1\r\nHost: a\r\n\r\nmore\r\n\r\n", false},
	{"", false},
	{"\r\n\r\n", false},
}

func TestParse(t *testing.T) {
	var r Request
	for _, h := range heads {
		if got := r.parse(h.text); got != h.simple {
			t.Errorf("simple(%q) = %t", h.text, got)
		} else if got {
			same(t, h.text, &r)
		}
	}
	if !r.parse("GET /a%2Fb?c=d HTTP/1.1\r\nHost: A:80\r\nAccept: x\r\nX-B: 1\r\nx-b: 2\r\n\r\n") {
		t.Fatal("a simple request is not")
	}
	if r.Method != "GET" || r.Path != "/a%2Fb" || r.Query != "c=d" || r.Host != "A:80" || r.Length != 0 || r.Close {
		t.Errorf("%+v", r)
	}
	if got := strings.Join(r.Header.Values("X-b"), "|"); got != "1|2" {
		t.Errorf("X-b is %q", got)
	}
	if got := strings.Join(r.Header.Values("accept"), "|"); got != "x" {
		t.Errorf("accept is %q", got)
	}
	if got := r.Header.Values("none"); got != nil {
		t.Errorf("none is %q", got)
	}
	if got := string(r.Header.AppendTo(nil)); got != "Accept: x\r\nX-B: 1\r\nx-b: 2\r\n" {
		t.Errorf("the lines are %q", got)
	}
}

// same fails unless net/http understands the head as r.
func same(t *testing.T, head string, r *Request) {
	t.Helper()
	in := bufio.NewReader(strings.NewReader(head))
	want, err := http.ReadRequest(in)
	if err != nil {
		t.Fatalf("net/http refuses %q: %v", head, err)
	}
	if n := in.Buffered(); n > 0 {
		t.Fatalf("net/http leaves %d bytes of %q", n, head)
	}
	type meaning struct {
		Method, Path, Query, Host, Proto string
		Length                           int64
		Close                            bool
		Encoding                         []string
		Header                           http.Header
	}
	path, _, _ := strings.Cut(want.RequestURI, "?")
	got := meaning{r.Method, r.Path, r.Query, r.Host, "HTTP/1.1", int64(r.Length), r.Close, nil, http.Header{}}
	r.Header.Each(func(name, value string) bool {
		got.Header.Add(name, value)
		return true
	})
	if diff := cmp.Diff(meaning{
		want.Method, path, want.URL.RawQuery, want.Host, want.Proto, want.ContentLength, want.Close, want.TransferEncoding, want.Header,
	}, got); diff != "" {
		t.Errorf("%q (-net/http +ours):\n%s", head, diff)
	}
	// What its server checks besides.
	if !httpguts.ValidHostHeader(r.Host) {
		t.Errorf("net/http refuses the host %q", r.Host)
	}
	for name, value := range r.Header.Each {
		if !httpguts.ValidHeaderFieldName(name) || !httpguts.ValidHeaderFieldValue(value) {
			t.Errorf("net/http refuses %q: %q", name, value)
		}
	}
	for _, name := range slices.Collect(maps.Keys(want.Header)) {
		if diff := cmp.Diff(want.Header[name], r.Header.Values(name)); diff != "" {
			t.Errorf("values of %s:\n%s", name, diff)
		}
	}
}

// FuzzParse: what is called simple is what net/http accepts, with the same meaning.
func FuzzParse(f *testing.F) {
	for _, h := range heads {
		f.Add(h.text)
	}
	var r Request
	f.Fuzz(func(t *testing.T, head string) {
		if r.parse(head) {
			same(t, head, &r)
		}
	})
}
