package gate

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"strings"

	"github.com/labstack/echo/v4"
)

// ifNoneMatch is the parameter of operations whose responses a caller may know already.
const ifNoneMatch = "If-None-Match"

// held is a response that is not sent yet. It takes the place of the connection while a handler writes.
type held struct {
	http.ResponseWriter

	status int
	body   bytes.Buffer
}

func (h *held) WriteHeader(status int)      { h.status = status }
func (h *held) Write(p []byte) (int, error) { return h.body.Write(p) }

// hold runs next and keeps its response back. Responses are bounded by what their operations read.
func hold(c echo.Context, next echo.HandlerFunc) (*held, error) {
	h := &held{ResponseWriter: c.Response().Writer, status: http.StatusOK}
	c.Response().Writer = h
	err := next(c)
	c.Response().Writer = h.ResponseWriter
	if err != nil {
		c.Response().Committed = false // nothing of it went out
	}
	return h, err
}

// send sends the response that was held back.
func (h *held) send() error {
	h.ResponseWriter.WriteHeader(h.status)
	_, err := h.ResponseWriter.Write(h.body.Bytes())
	return err
}

// conditional answers 304 to a caller that knows the response already (RFC 9110, 13.1.2). A response without an ETag gets one.
func conditional(c echo.Context, next echo.HandlerFunc) error {
	h, err := hold(c, next)
	if err != nil {
		return err
	}
	header := c.Response().Header()
	tag := header.Get("ETag")
	if tag == "" {
		sum := sha256.Sum256(h.body.Bytes())
		tag = `"` + base64.RawURLEncoding.EncodeToString(sum[:12]) + `"`
		header.Set("ETag", tag)
	}
	if h.status == http.StatusOK && known(c.Request().Header.Values(ifNoneMatch), tag) {
		header.Del("Content-Type")
		c.Response().Status, h.status = http.StatusNotModified, http.StatusNotModified
		h.body.Reset()
	}
	return h.send()
}

// known reports whether a tag is in If-None-Match headers, by weak comparison.
func known(headers []string, tag string) bool {
	tag = strings.TrimPrefix(tag, "W/")
	for _, header := range headers {
		for each := range strings.SplitSeq(header, ",") {
			if each = strings.TrimSpace(each); each == "*" || strings.TrimPrefix(each, "W/") == tag {
				return true
			}
		}
	}
	return false
}
