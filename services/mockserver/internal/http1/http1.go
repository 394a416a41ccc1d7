// Package http1 answers simple HTTP/1.1 requests on the accepted connection itself, and hands every connection on which
// anything else is asked to net/http, with the bytes that were read so far. The serving core answers
// through it.
//
// A request is simple when its head is at most a few KiB of printable ASCII in the strictest form of RFC 9112: a common
// method, a path (no absolute form, no *), HTTP/1.1, one Host, header lines without folding or bare line feeds, and at most one
// Content-Length of a small body. Whatever has a Transfer-Encoding, an Upgrade, an Expect or another version, and whatever is
// malformed in any way, is not looked at further: net/http decides what to do with it. So this package accepts only what
// net/http accepts, and with the same meaning (the fuzz test compares), and rejects nothing by itself.
//
// What that saves is what net/http does for each request beside answering it: a goroutine that reads in the background to
// notice callers who leave, four deadlines, a map of headers each way, and some twenty allocations. See
// docs/benchmarks/hot-path.md.
//
// A connection that was handed over stays with net/http. One that serves simple requests has one goroutine, which ends with the
// connection; Run waits for all of them.
package http1

import (
	"time"
)

// Handler answers simple requests. It is called by many connections at the same time.
type Handler interface {
	// Begin looks at a request whose head has come. It returns nil to leave the request to net/http; nothing that
	// can be noticed has happened then. The request, not its strings, is valid until End.
	Begin(r *Request) Exchange
}

// Exchange is one request that is being answered. Its methods are called in this order, each at most once, by one goroutine.
type Exchange interface {
	// Answer makes the answer when the body has come, all of it. Answer and body are valid until End. It should not wait for
	// long: callers who leave meanwhile are not noticed.
	Answer(body []byte) *Answer
	// End is called when the answer was written, when the caller went away before there was one, and when Answer panicked.
	End()
}

// Answer is what is sent, but for what says where messages end: the server adds that.
type Answer struct {
	Status int
	// Block is header lines, made by AppendLine.
	Block []byte
	// Has says what is in Block, so that the server need not look.
	Has  Has
	Body []byte
}

// Has names headers that make a difference for what the server adds.
type Has uint8

// Headers that a block may have.
const (
	HasType Has = 1 << iota
	HasEncoding
	HasDate
)

// Config bounds what callers may do, as the fields of http.Server of the same names do. None is zero.
type Config struct {
	ReadHeaderTimeout, ReadTimeout, WriteTimeout, IdleTimeout time.Duration

	MaxHeaderBytes int
	MaxBody        int64
	// MaxConnections bounds how many are open, those of net/http included; one more is hung up on.
	MaxConnections int64
}

// What is simple, in bytes. More is net/http's.
const (
	maxHead = 8 << 10
	maxBody = 64 << 10
)
