package gate

import (
	"fmt"
	"net/http"

	"github.com/klauspost/compress/gzhttp"
	"github.com/labstack/echo/v4"
)

// compressible is how small an answer is sent as it is: packing less than fits into a packet saves nothing.
const compressible = 1 << 10

// compressed packs answers that are text for callers that can unpack them; not those without end, whose events must not wait.
func compressed(endless func(path string) bool) (echo.MiddlewareFunc, error) {
	wrap, err := gzhttp.NewWrapper(gzhttp.MinSize(compressible), gzhttp.EnableZstd(false), gzhttp.ContentTypes([]string{
		"application/json", "application/problem+json", "application/schema+json", "application/yaml",
		"text/html", "text/css", "text/javascript", "text/yaml", "text/plain", "image/svg+xml",
	}))
	if err != nil {
		return nil, fmt.Errorf("compress answers: %w", err)
	}
	return func(next echo.HandlerFunc) echo.HandlerFunc {
		return func(c echo.Context) (err error) {
			if endless(c.Path()) {
				return next(c)
			}
			response := c.Response()
			connection := response.Writer
			wrap(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				response.Writer = w
				err = next(c)
			})).ServeHTTP(connection, c.Request())
			response.Writer = connection
			return err
		}
	}, nil
}
