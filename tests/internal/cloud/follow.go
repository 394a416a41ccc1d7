package cloud

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"testing"
)

// Follow opens the API's endless stream of events and reads it until stop is called or the server ends it.
func (c *Cloud) Follow() (stop func()) {
	c.t.Helper()
	ctx, cancel := context.WithCancel(c.t.Context())
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, c.api+"/api/v1/events", nil)
	if err != nil {
		c.t.Fatal(err)
	}
	request.Header.Set("Authorization", "Bearer "+c.token)
	response, err := c.http.Do(request) //nolint:bodyclose // The goroutine below closes it.
	if err != nil {
		c.t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		defer response.Body.Close()
		_, _ = io.Copy(io.Discard, response.Body) // it ends when either side ends it
	}()
	return func() {
		cancel()
		<-done
	}
}

// Report logs a figure that a test measured, and appends it to the file that TEST_FIGURES names, so that it is seen when
// the test passes.
func Report(t testing.TB, format string, args ...any) {
	t.Helper()
	line := fmt.Sprintf("%s: %s", t.Name(), fmt.Sprintf(format, args...))
	t.Log(line)
	name := os.Getenv("TEST_FIGURES")
	if name == "" {
		return
	}
	file, err := os.OpenFile(name, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := fmt.Fprintln(file, line); err != nil {
		t.Error(err)
	}
	if err := file.Close(); err != nil {
		t.Error(err)
	}
}
