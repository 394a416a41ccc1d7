package http1

import (
	"net/http"
	"strconv"
	"strings"
	"sync/atomic"
	"time"
)

// AppendLine appends a header line as net/http would write it: without line breaks in the value, nor space around it, and
// not at all if the name cannot be one. It returns what the line means for Answer.Has.
func AppendLine(dst []byte, name, value string) ([]byte, Has) {
	for i := range len(name) {
		if !in(name[i], tokenLow, tokenHigh) {
			return dst, 0
		}
	}
	if name == "" {
		return dst, 0
	}
	dst = append(append(dst, name...), ": "...)
	if strings.ContainsAny(value, "\r\n") {
		value = strings.NewReplacer("\r", " ", "\n", " ").Replace(value)
	}
	dst = append(append(dst, strings.Trim(value, " \t")...), "\r\n"...)
	switch name {
	case "Content-Type":
		return dst, HasType
	case "Content-Encoding":
		return dst, HasEncoding
	case "Date":
		return dst, HasDate
	}
	return dst, 0
}

// append appends the head of the answer. Body is what is sent of a's.
func (a *Answer) append(dst []byte, date string, body []byte, last bool) []byte {
	dst = appendStatus(dst, a.Status)
	dst = append(dst, a.Block...)
	if a.Has&(HasType|HasEncoding) == 0 && len(body) > 0 {
		dst = append(append(append(dst, "Content-Type: "...), http.DetectContentType(body)...), "\r\n"...)
	}
	if a.Has&HasDate == 0 {
		dst = append(dst, date...)
	}
	if mayHaveBody(a.Status) {
		dst = append(dst, "Content-Length: "...)
		dst = strconv.AppendInt(dst, int64(len(body)), 10)
		dst = append(dst, "\r\n"...)
	}
	if last {
		dst = append(dst, "Connection: close\r\n"...)
	}
	return append(dst, "\r\n"...)
}

// mayHaveBody reports whether an answer of that status has a body, if only an empty one.
func mayHaveBody(status int) bool {
	return status >= 200 && status != http.StatusNoContent && status != http.StatusNotModified
}

func appendStatus(dst []byte, status int) []byte {
	switch status { // the commonest
	case http.StatusOK:
		return append(dst, "HTTP/1.1 200 OK\r\n"...)
	case http.StatusCreated:
		return append(dst, "HTTP/1.1 201 Created\r\n"...)
	}
	dst = append(dst, "HTTP/1.1 "...)
	dst = strconv.AppendInt(dst, int64(status), 10)
	dst = append(dst, ' ')
	if text := http.StatusText(status); text != "" {
		dst = append(dst, text...)
	} else {
		dst = strconv.AppendInt(append(dst, "status code "...), int64(status), 10)
	}
	return append(dst, "\r\n"...)
}

// clock makes the Date line, once a second. It is safe for concurrent use.
type clock struct{ latest atomic.Pointer[second] }

type second struct {
	unix int64
	line string
}

func (c *clock) line(now time.Time) string {
	unix := now.Unix()
	s := c.latest.Load()
	if s == nil || s.unix != unix {
		s = &second{unix, "Date: " + now.UTC().Format(http.TimeFormat) + "\r\n"}
		c.latest.Store(s)
	}
	return s.line
}
