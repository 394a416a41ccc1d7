package remote

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"
)

const (
	maxEvent   = 1 << 20         // bytes of one line of an event
	reconnects = 2 * time.Second // after a connection that ended
	silence    = time.Minute     // without anything, not even a comment: the connection is dead
)

// Follow reads a stream of server-sent events until ctx ends, which is no error, or each returns an error. When a
// connection ends it is opened again from the last event that was seen. An error of the first connection is returned.
func Follow(ctx context.Context, open func(ctx context.Context, lastID string) (*http.Response, error), each func(event, data string) error) error {
	lastID := ""
	for first := true; ; first = false {
		err := follow(ctx, open, &lastID, each)
		if ctx.Err() != nil {
			return nil //nolint:nilerr // the end was wanted
		}
		if stop, ok := errors.AsType[*stopError](err); ok {
			return stop.err
		}
		if err != nil && first && lastID == "" {
			return err
		}
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(reconnects):
		}
	}
}

// stopError is what each returned.
type stopError struct{ err error }

func (e *stopError) Error() string { return e.err.Error() }

// follow reads one connection to its end.
func follow(ctx context.Context, open func(context.Context, string) (*http.Response, error), lastID *string, each func(event, data string) error) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	alive := time.AfterFunc(silence, cancel)
	defer alive.Stop()
	response, err := open(ctx, *lastID)
	if err != nil {
		return err
	}
	defer func() { _ = response.Body.Close() }() // only read from
	var event string
	var data []string
	lines := bufio.NewScanner(response.Body)
	lines.Buffer(nil, maxEvent)
	for lines.Scan() {
		alive.Reset(silence)
		name, value, _ := strings.Cut(lines.Text(), ":")
		value = strings.TrimPrefix(value, " ")
		switch {
		case lines.Text() == "":
			if len(data) > 0 {
				if err := each(event, strings.Join(data, "\n")); err != nil {
					return &stopError{err}
				}
			}
			event, data = "", nil
		case name == "event":
			event = value
		case name == "data":
			data = append(data, value)
		case name == "id":
			*lastID = value
		}
	}
	if err := lines.Err(); err != nil {
		return fmt.Errorf("the connection was lost: %w", err)
	}
	return nil
}
