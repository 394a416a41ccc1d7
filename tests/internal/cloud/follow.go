package cloud

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
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

// LiveEvent is one of the API's server-sent events.
type LiveEvent struct{ ID, Name, Data string }

// Events follows the API's live events, after the one with the id after if that is not empty, until ctx ends or the server ends
// the stream; then the channel is closed. The events have to be taken.
func (c *Client) Events(ctx context.Context, after string) (<-chan LiveEvent, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, c.api+"/api/v1/events", nil)
	if err != nil {
		return nil, err
	}
	request.Header.Set("Authorization", "Bearer "+c.token)
	if after != "" {
		request.Header.Set("Last-Event-ID", after)
	}
	endless := &http.Client{Transport: c.http.Transport}
	response, err := endless.Do(request) //nolint:bodyclose // The goroutine below closes it.
	if err != nil {
		return nil, err
	}
	if response.StatusCode != http.StatusOK {
		return nil, errors.Join(fmt.Errorf("live events: %s", response.Status), response.Body.Close())
	}
	events := make(chan LiveEvent)
	go func() {
		defer close(events)
		defer response.Body.Close()
		var e LiveEvent
		for lines := bufio.NewScanner(response.Body); lines.Scan(); {
			name, value, _ := strings.Cut(lines.Text(), ":")
			switch value = strings.TrimPrefix(value, " "); {
			case name == "id":
				e.ID = value
			case name == "event":
				e.Name = value
			case name == "data":
				e.Data = value
			case lines.Text() == "" && e != LiveEvent{}:
				select {
				case events <- e:
				case <-ctx.Done():
					return
				}
				e = LiveEvent{}
			}
		}
	}()
	return events, nil
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
