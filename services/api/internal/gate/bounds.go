package gate

import (
	"net/http"

	"github.com/labstack/echo/v4"

	"github.com/mocloud/mocloud/pkg/apperr"
)

// What comes before a body is bounded here, where the answer can be a problem, and by the server at twice that, where it
// cannot.
const (
	maxTarget  = 8 << 10  // bytes of a request's path and query
	maxHeaders = 32 << 10 // bytes of a request's headers
)

// bounded refuses requests whose address or headers are too long.
func bounded(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		r := c.Request()
		if len(r.RequestURI) > maxTarget {
			return &statusError{http.StatusRequestURITooLong, codeURITooLong, apperr.New(apperr.TooLarge,
				"The request's path and query have %d bytes; the limit is %d.", len(r.RequestURI), maxTarget)}
		}
		size := 0
		for name, values := range r.Header {
			for _, v := range values {
				size += len(name) + len(v)
			}
		}
		if size > maxHeaders {
			return &statusError{http.StatusRequestHeaderFieldsTooLarge, codeHeadersTooLarge, apperr.New(apperr.TooLarge,
				"The request's headers have %d bytes; the limit is %d.", size, maxHeaders)}
		}
		return next(c)
	}
}

// Router is a router on which every GET can be a HEAD too (RFC 9110, 9.1): the server leaves the body out by itself. A response
// without end has none.
type Router struct {
	*echo.Echo

	Endless func(path string) bool
}

// GET implements the generated router interface.
func (r Router) GET(path string, handler echo.HandlerFunc, m ...echo.MiddlewareFunc) *echo.Route {
	if !r.Endless(path) {
		r.HEAD(path, handler, m...)
	}
	return r.Echo.GET(path, handler, m...)
}
