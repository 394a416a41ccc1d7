// Package exact holds a body to the size that was announced for it.
package exact

import (
	"context"
	"errors"
	"fmt"
	"io"
)

// ErrSize says that a body was shorter or longer than announced.
var ErrSize = errors.New("body differs from its announced size")

// Reader reads from body until ctx is done. With size ≥ 0 it returns ErrSize unless body has exactly size bytes; the
// last byte is never handed out before it is known that nothing follows, so that a consumer that counts bytes notices too.
func Reader(ctx context.Context, body io.Reader, size int64) io.Reader {
	return &reader{ctx: ctx, body: body, size: size}
}

// reader keeps the context of the one call that it serves, as io.Reader leaves no other way to pass it.
type reader struct {
	ctx  context.Context
	body io.Reader
	size int64
	read int64
}

func (r *reader) Read(p []byte) (int, error) {
	if err := context.Cause(r.ctx); err != nil {
		return 0, err
	}
	if r.size < 0 {
		return r.body.Read(p)
	}
	if left := r.size - r.read; int64(len(p)) > left {
		p = p[:left]
	}
	n, err := 0, error(nil)
	if len(p) > 0 {
		n, err = r.body.Read(p)
		r.read += int64(n)
	}
	if r.read == r.size && (err == nil || errors.Is(err, io.EOF)) {
		if more, probeErr := io.ReadFull(r.body, make([]byte, 1)); more > 0 {
			return 0, fmt.Errorf("%w: more than %d bytes", ErrSize, r.size)
		} else if !errors.Is(probeErr, io.EOF) {
			return 0, probeErr
		}
		return n, io.EOF
	}
	if errors.Is(err, io.EOF) {
		return n, fmt.Errorf("%w: %d bytes of %d", ErrSize, r.read, r.size)
	}
	return n, err
}
