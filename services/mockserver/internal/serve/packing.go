package serve

import (
	"bytes"
	"compress/flate"
	"compress/gzip"
	"compress/zlib"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/andybalholm/brotli"
	"github.com/klauspost/compress/zstd"
)

// smallestPacked is the size of a body from which packing it saves more than it costs.
const smallestPacked = 1024

// packed is a body that lies ready, as it is sent to callers who take gzip. It is made when the first of them comes.
type packed struct{ body atomic.Pointer[[]byte] }

func (p *packed) of(body []byte) []byte {
	if made := p.body.Load(); made != nil {
		return *made
	}
	made := gzipped(body)
	p.body.Store(&made)
	return made
}

// pack compresses the body for callers who take that. What is packed already, or may not be changed, stays as it is.
func (x *exchange) pack() {
	a, e := &x.answer, x.endpoint
	if len(a.body) < smallestPacked || !allowsBody(a.status) || x.breaks() || x.streams() || x.scope.Request.Method == http.MethodHead {
		return
	}
	same := x.answered && e.resource == nil && e.body.template == nil && e.body.external == nil && len(e.varying) == 0 // for every request
	switch {
	case same && !e.body.packs, !same && !packable(a.get):
		return
	case !same:
		a.vary("Accept-Encoding")
	}
	if !takesGzip(x.header.Values("Accept-Encoding")) {
		return
	}
	var body []byte
	if same {
		body = e.body.packed.of(a.body)
	} else {
		turn, ok := x.core.deps.Turns.Take(x.ctx, x.mock.site.WorkspaceID)
		if !ok {
			return // it is as good as it is, only longer
		}
		body = gzipped(a.body)
		turn.Give()
	}
	a.packed, a.length = body, lengthOf(body)
	a.add("Content-Encoding", "gzip")
}

// packable reports whether a body is text that nobody has packed. Get returns the values of a header of the answer.
func packable(get func(string) []string) bool {
	if get("Content-Encoding") != nil || get("Content-Range") != nil {
		return false
	}
	for _, value := range get("Cache-Control") {
		if strings.Contains(strings.ToLower(value), "no-transform") {
			return false
		}
	}
	types := get("Content-Type")
	if len(types) == 0 {
		return false
	}
	kind := bareType(types[len(types)-1])
	switch {
	case kind == "text/event-stream":
		return false
	case strings.HasPrefix(kind, "text/"), strings.HasSuffix(kind, "+json"), strings.HasSuffix(kind, "+xml"):
		return true
	}
	return slices.Contains([]string{
		"application/json", "application/xml", "application/javascript", "application/yaml", "application/x-yaml", "application/wasm",
		"application/x-ndjson", "application/x-www-form-urlencoded",
	}, kind)
}

// takesGzip reads Accept-Encoding (RFC 9110 section 12.5.3).
func takesGzip(values []string) bool {
	others := false
	for _, value := range values {
		for coding := range strings.SplitSeq(value, ",") {
			name, weight, _ := strings.Cut(coding, ";")
			takes := true
			if q, ok := strings.CutPrefix(strings.ReplaceAll(weight, " ", ""), "q="); ok {
				f, err := strconv.ParseFloat(q, 64)
				takes = err == nil && f > 0
			}
			switch strings.ToLower(strings.TrimSpace(name)) {
			case "gzip", "x-gzip":
				return takes
			case "*":
				others = takes
			}
		}
	}
	return others
}

//nolint:gochecknoglobals // writers are large; they belong to nobody between two uses
var gzipWriters = sync.Pool{New: func() any {
	w, _ := gzip.NewWriterLevel(io.Discard, gzip.BestSpeed) // the level exists
	return w
}}

func gzipped(body []byte) []byte {
	var out bytes.Buffer
	w := gzipWriters.Get().(*gzip.Writer) //nolint:forcetypeassert // the pool holds nothing else
	w.Reset(&out)
	_, _ = w.Write(body) // a buffer takes everything
	_ = w.Close()
	gzipWriters.Put(w)
	return out.Bytes()
}

// errUnpackedTooLarge means that a request's body is larger than it may be once it is unpacked.
var errUnpackedTooLarge = errors.New("the uncompressed request body is too large")

// unpackError means that a request's body is not what its Content-Encoding says.
type unpackError struct{ coding string }

func (e *unpackError) Error() string {
	return fmt.Sprintf("the request body is not `%s`, which its Content-Encoding names, or is cut off", e.coding)
}

// maxCodings bounds how often a body may be packed.
const maxCodings = 3

// isPacked reports whether the request's body has a coding.
func (x *exchange) isPacked() bool {
	return len(x.scope.Request.Body) > 0 && len(x.header.Values("Content-Encoding")) > 0
}

// unpack makes the request's body what it was before its Content-Encoding. A coding that is not known here leaves it as it is: an
// endpoint that does not look at the body may take it.
func (c *Core) unpack(x *exchange) error {
	var codings []string
	for _, value := range x.header.Values("Content-Encoding") {
		for coding := range strings.SplitSeq(value, ",") {
			if coding = strings.ToLower(strings.TrimSpace(coding)); coding != "" && coding != "identity" {
				codings = append(codings, coding)
			}
		}
	}
	if len(codings) > maxCodings {
		x.sealed = strings.Join(codings, ", ")
		return nil
	}
	body := x.scope.Request.Body
	for _, coding := range slices.Backward(codings) {
		open := unpackers[coding]
		if open == nil {
			x.sealed = coding
			return nil
		}
		r, err := open(body)
		if err != nil {
			return &unpackError{coding}
		}
		out, err := io.ReadAll(io.LimitReader(r, c.cfg.MaxBody+1))
		_ = r.Close() // it was only read
		if err != nil {
			return &unpackError{coding}
		}
		if int64(len(out)) > c.cfg.MaxBody {
			return errUnpackedTooLarge
		}
		body = out
	}
	x.scope.Request.Body = body
	return nil
}

//nolint:gochecknoglobals // immutable
var unpackers = map[string]func([]byte) (io.ReadCloser, error){
	"gzip":   openGzip,
	"x-gzip": openGzip,
	"deflate": func(body []byte) (io.ReadCloser, error) {
		// By RFC 9110 it is the format of zlib, but many send the bare stream.
		if r, err := zlib.NewReader(bytes.NewReader(body)); err == nil {
			return r, nil
		}
		return flate.NewReader(bytes.NewReader(body)), nil
	},
	"br": func(body []byte) (io.ReadCloser, error) {
		return io.NopCloser(brotli.NewReader(bytes.NewReader(body))), nil
	},
	"zstd": openZstd,
}

// unpacked names the codings of unpackers, for callers.
const unpacked = "gzip, deflate, br, zstd"

func openGzip(body []byte) (io.ReadCloser, error) { return gzip.NewReader(bytes.NewReader(body)) }

// maxZstdWindow is what a decoder has to offer, and no more (RFC 9659).
const maxZstdWindow = 8 << 20

func openZstd(body []byte) (io.ReadCloser, error) {
	r, err := zstd.NewReader(bytes.NewReader(body), zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true), zstd.WithDecoderMaxWindow(maxZstdWindow))
	if err != nil {
		return nil, err
	}
	return r.IOReadCloser(), nil
}
