package mockserver

import (
	"bytes"
	"compress/flate"
	"compress/gzip"
	"compress/zlib"
	"context"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/andybalholm/brotli"
	"github.com/klauspost/compress/zstd"
)

// exchange sends a request and returns the answer, packed or not as it came.
func exchange(t *testing.T, method, url string, body []byte, header ...string) (*http.Response, []byte) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, method, url, bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(header); i += 2 {
		r.Header.Add(header[i], header[i+1])
	}
	client := &http.Client{Transport: &http.Transport{DisableCompression: true, DisableKeepAlives: true}}
	answer, err := client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer, text
}

var servers = map[string]func(*testing.T, Config) (*Service, string){"simple": start, "net/http": startNetHTTP}

// TestAnswersArePacked: long text is compressed for callers who take it, and nothing else is.
func TestAnswersArePacked(t *testing.T) {
	long := strings.Repeat("long text ", 500)
	mock := `
- endpoint: {path: /fixed, response: {headers: {Vary: Origin}, body: "` + long + `"}}
- endpoint: {path: "/made/:x", response: {headers: {X-A: "{{path-params.x}}"}, body: "{{path-params.x}} ` + long + `"}}
- endpoint: {path: /json, response: {body: {text: "` + long + `"}}}
- endpoint: {path: /short, response: {body: short}}
- endpoint: {path: /own, response: {headers: {Content-Encoding: br}, body: "` + long + `"}}
- endpoint: {path: /image, response: {headers: {Content-Type: image/png}, body: "` + long + `"}}
- endpoint: {path: /as-it-is, response: {headers: {Cache-Control: "public, no-transform"}, body: "` + long + `"}}
- endpoint: {path: /slow, response: {body: "` + long + `"}, latency: {min-ms: 1}}
`
	for name, start := range servers {
		t.Run(name, func(t *testing.T) {
			_, address := serveMock(t, start, mock, nil)
			for _, c := range []struct {
				path, accept string
				packed       bool
			}{
				{"/fixed", "gzip", true},
				{"/fixed", "br, GZIP;q=0.5", true},
				{"/fixed", "*", true},
				{"/fixed", "", false},
				{"/fixed", "gzip;q=0, *", false},
				{"/fixed", "br", false},
				{"/made/x", "gzip", true},
				{"/json", "deflate, gzip", true},
				{"/slow", "gzip", true},
				{"/short", "gzip", false},
				{"/own", "gzip", false},
				{"/image", "gzip", false},
				{"/as-it-is", "gzip", false},
			} {
				for range 2 { // the second may find it ready
					plain, want := exchange(t, "GET", "http://"+address+c.path, nil)
					answer, got := exchange(t, "GET", "http://"+address+c.path, nil, "Accept-Encoding", c.accept)
					packed := answer.Header.Get("Content-Encoding") == "gzip"
					if packed != c.packed {
						t.Errorf("%s for %q: packed %v", c.path, c.accept, packed)
						continue
					}
					if packed {
						got = unpack(t, got)
					}
					if !bytes.Equal(got, want) {
						t.Errorf("%s for %q: %.40q, want %.40q", c.path, c.accept, got, want)
					}
					if vary := strings.Join(plain.Header["Vary"], ", "); c.packed && !strings.Contains(vary, "Accept-Encoding") {
						t.Errorf("%s: Vary is %q", c.path, vary)
					}
				}
			}
			if answer, _ := exchange(t, "GET", "http://"+address+"/fixed", nil); answer.Header.Get("Vary") != "Origin, Accept-Encoding" {
				t.Errorf("the mock's own Vary became %q", answer.Header["Vary"])
			}
		})
	}
}

func unpack(t *testing.T, packed []byte) []byte {
	t.Helper()
	r, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// TestRequestsAreUnpacked: what a request's Content-Encoding says is undone, within the bound of its body.
func TestRequestsAreUnpacked(t *testing.T) {
	const mock = `
- endpoint: {method: POST, path: /a, body: {n: 1}, response: {body: "{{json-params.n}}"}}
- endpoint: {method: POST, path: /text, response: {headers: {Content-Type: text/plain}, body: "{{request.body}}"}}
- endpoint: {method: POST, path: /plain, response: {body: ok}}
- crud: {path: /things}
`
	pack := func(text string, open func(io.Writer) io.WriteCloser) []byte {
		var out bytes.Buffer
		w := open(&out)
		_, _ = io.WriteString(w, text)
		_ = w.Close()
		return out.Bytes()
	}
	zip := func(text string) []byte {
		return pack(text, func(w io.Writer) io.WriteCloser { return gzip.NewWriter(w) })
	}
	brotlied := func(text string) []byte {
		return pack(text, func(w io.Writer) io.WriteCloser { return brotli.NewWriter(w) })
	}
	zstded := func(text string) []byte {
		return pack(text, func(w io.Writer) io.WriteCloser {
			z, _ := zstd.NewWriter(w, zstd.WithEncoderConcurrency(1))
			return z
		})
	}
	zlibbed := pack(`{"n": 7}`, func(w io.Writer) io.WriteCloser { return zlib.NewWriter(w) })
	deflated := pack(`{"n": 7}`, func(w io.Writer) io.WriteCloser {
		f, _ := flate.NewWriter(w, 5)
		return f
	})
	for name, start := range servers {
		t.Run(name, func(t *testing.T) {
			_, address := serveMock(t, start, mock, nil) // bodies of up to 1000 bytes
			for _, c := range []struct {
				name, path, coding string
				body               []byte
				want               string
			}{
				{"gzip", "/a", "gzip", zip(`{"n": 7}`), "200 7"},
				{"x-gzip", "/a", "X-GZIP", zip(`{"n": 7}`), "200 7"},
				{"deflate", "/a", "deflate", zlibbed, "200 7"},
				{"the bare stream", "/a", "deflate", deflated, "200 7"},
				{"twice", "/text", "gzip, gzip", zip(string(zip("twice"))), "200 twice"},
				{"identity", "/text", "identity", []byte("as it is"), "200 as it is"},
				{"br", "/a", "br", brotlied(`{"n": 7}`), "200 7"},
				{"zstd", "/a", "zstd", zstded(`{"n": 7}`), "200 7"},
				{"br in gzip", "/text", "BR, gzip", zip(string(brotlied("twice"))), "200 twice"},
				{"no br", "/a", "br", []byte(`{"n": 7}`), "400 unreadable_body"},
				{"no zstd", "/plain", "zstd", []byte(`{"n": 7}`), "400 unreadable_body"},
				{"br too large", "/text", "br", brotlied(strings.Repeat("a", 1001)), "413 body_too_large"},
				{"zstd too large", "/text", "zstd", zstded(strings.Repeat("a", 1<<20)), "413 body_too_large"},
				{"an unknown one", "/text", "aws-chunked", []byte("as it is"), "200 as it is"},
				{"an unknown one of a declared body", "/a", "compress", []byte(`{"n": 7}`), "415 unsupported_coding"},
				{"an unknown one in gzip", "/a", "compress, gzip", zip(`{"n": 7}`), "415 unsupported_coding"},
				{"too many", "/a", "gzip, gzip, gzip, gzip", zip(`{"n": 7}`), "415 unsupported_coding"},
				{"an unknown one of a resource", "/things", "compress", []byte(`{"n": 7}`), "415 unsupported_coding"},
				{"none", "/a", "gzip", []byte(`{"n": 7}`), "400 unreadable_body"},
				{"cut off", "/a", "gzip", zip(`{"n": 7}`)[:15], "400 unreadable_body"},
				{"too large", "/text", "gzip", zip(strings.Repeat("a", 1001)), "413 body_too_large"},
				{"as large as may be", "/text", "gzip", zip(strings.Repeat("a", 1000)), "200 " + strings.Repeat("a", 1000)},
				{"where nobody looks", "/plain", "gzip", zip(`{"n": 7}`), "200 ok"},
				{"broken where nobody looks", "/plain", "gzip", []byte("x"), "400 unreadable_body"},
			} {
				answer, text := exchange(t, "POST", "http://"+address+c.path, c.body, "Content-Encoding", c.coding)
				if got := answer.Status[:4] + string(text); !strings.HasPrefix(strings.Replace(got, `{"error":"`, "", 1), c.want) {
					t.Errorf("%s: %.200s, want %s", c.name, got, c.want)
				}
			}
		})
	}
}
