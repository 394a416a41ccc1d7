// Package accesslog prints a line for each request that was answered, for somebody who runs one mock in a terminal. The root
// package runs it instead of the reporter.
package accesslog

import (
	"context"
	"fmt"
	"io"
	"strings"
	"time"
	"unicode"

	"github.com/mocloud/mocloud/services/mockserver/internal/record"
)

// every is how often requests that were too many are shown.
const every = time.Second

// Run prints the requests that the recorder takes, until ctx ends.
func Run(ctx context.Context, recorder *record.Recorder, out io.Writer) {
	ticker := time.NewTicker(every)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			for len(recorder.Records()) > 0 {
				show(out, recorder, <-recorder.Records())
			}
			return
		case r := <-recorder.Records():
			show(out, recorder, r)
		case <-ticker.C:
			recorder.Collect(func(_, _ string, c record.Counts) {
				if c.NotKept > 0 {
					_, _ = fmt.Fprintf(out, "… and %d more requests\n", c.NotKept) // the terminal may be gone
				}
			})
		}
	}
}

func show(out io.Writer, recorder *record.Recorder, r *record.Record) {
	defer recorder.Release(r)
	target := string(r.Path())
	if len(r.Query()) > 0 {
		target += "?" + string(r.Query())
	}
	endpoint := r.Endpoint
	if endpoint == "" {
		endpoint = "no endpoint"
	}
	_, _ = fmt.Fprintf(out, "%s  %-6s %s  %d  %s  (%s)\n", r.At.Local().Format(time.TimeOnly), printable(string(r.Method())), printable(target),
		r.Status, r.Duration.Round(10*time.Microsecond), endpoint) // the terminal may be gone
}

// longest is how much of a path is printed, in bytes.
const longest = 2000

// printable keeps what a caller sent from writing control sequences to a terminal.
func printable(s string) string {
	if len(s) > longest {
		s = s[:longest] + "…"
	}
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return unicode.ReplacementChar
		}
		return r
	}, s)
}
