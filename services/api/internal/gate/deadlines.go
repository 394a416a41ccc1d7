package gate

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/mocloud/mocloud/services/api/internal/file"
)

const (
	// MaxWait bounds how long a caller may wait for something to happen.
	MaxWait = time.Minute
	// exportTimeout bounds an export: all files of some workspaces, over a line that need not be fast.
	exportTimeout = time.Hour
)

// timeout is how long a handler may take, 0 for any time.
func (d duration) timeout() time.Duration {
	switch d {
	case wait:
		return MaxWait + RequestTimeout
	case transfer:
		return file.UploadTimeout
	case export:
		return exportTimeout
	case stream:
		return 0
	case brief:
	}
	return RequestTimeout
}

// setDeadlines bounds how long the operation takes, and gives one that lasts long the time on its connection: without a read
// deadline the server would end a request after its ReadTimeout although its body is read. end is for when it has ended.
func (op *Operation) setDeadlines(c echo.Context) (end func(), err error) {
	timeout := op.duration.timeout()
	if op.duration != brief {
		if err := op.extendConnection(c, timeout); err != nil {
			return nil, err
		}
	}
	if timeout == 0 {
		return func() {}, nil
	}
	ctx, cancel := context.WithTimeout(c.Request().Context(), timeout)
	c.SetRequest(c.Request().WithContext(ctx))
	return cancel, nil
}

func (op *Operation) extendConnection(c echo.Context, timeout time.Duration) error {
	conn := http.NewResponseController(c.Response())
	var until time.Time
	if timeout > 0 {
		until = time.Now().Add(timeout + RequestTimeout)
	}
	if err := errors.Join(conn.SetReadDeadline(until), conn.SetWriteDeadline(until)); err != nil {
		return fmt.Errorf("set the deadlines of the connection: %w", err)
	}
	if op.raw {
		r := c.Request()
		r.Body = &paced{ReadCloser: r.Body, deadline: conn.SetReadDeadline, pause: transferPause, until: until}
	}
	return nil
}
