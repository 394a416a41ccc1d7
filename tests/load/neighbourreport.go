//go:build linux

package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"sync"
	"time"
)

// neighbourReport asks as the quiet workspace, prints lines and keeps them. It belongs to one goroutine.
type neighbourReport struct {
	neighbourOptions
	out     io.Writer
	machine string
	lines   []neighbourLine
}

func newNeighbourReport(out io.Writer, o neighbourOptions) (*neighbourReport, error) {
	m, err := machine()
	return &neighbourReport{neighbourOptions: o, out: out, machine: m}, err
}

// measure asks at a fixed rate, whether answers come or not, while the neighbour makes noise. The time of an answer counts
// from when it should have been asked.
func (r *neighbourReport) measure(ctx context.Context, address, kind string) error {
	before, err := readUsage()
	if err != nil {
		return err
	}
	c := newClient("", "http://"+address)
	defer c.close()
	end, err := noise(ctx, kind, address, r.each+2*time.Second)
	if err != nil {
		return err
	}
	if err := pause(ctx, time.Second); err != nil { // until the noise is there
		return err
	}
	asked := int(r.each.Seconds() * float64(r.rate))
	asked = max(asked, 2)
	times, failures := make([]time.Duration, asked), make([]error, asked)
	began := time.Now()
	var wg sync.WaitGroup
	for n := range asked {
		due := began.Add(time.Duration(n) * time.Second / time.Duration(r.rate))
		if err := pause(ctx, time.Until(due)); err != nil {
			return err
		}
		wg.Go(func() {
			path := "/static"
			if n%2 == 1 {
				path = "/list?a=b&c=d"
			}
			failures[n] = quietly(ctx, c, path)
			times[n] = time.Since(due)
		})
	}
	wg.Wait()
	noisy, err := end()
	if err != nil {
		return err
	}
	now, err := readUsage()
	if err != nil {
		return err
	}
	line := neighbourLine{
		Bench: "neighbour", Noise: kind, P50: round(quantile(times, 0.5)), P99: round(quantile(times, 0.99)), Max: round(quantile(times, 1)), Asked: asked,
		Noisy: round(float64(noisy.Answered) / (r.each + 2*time.Second).Seconds()), NoisyRefused: round(float64(noisy.Refused) / (r.each + 2*time.Second).Seconds()),
		Others: percent(now.others(before)), Commit: r.commit, Machine: r.machine, Time: now.at.UTC().Format(time.RFC3339),
	}
	for _, err := range failures {
		if err != nil {
			line.Failed++
		}
	}
	line.OfAlone = 1
	if len(r.lines) > 0 {
		line.OfAlone = percent(line.P99 / r.lines[0].P99)
	}
	r.lines = append(r.lines, line)
	text, err := json.Marshal(line)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(r.out, "%s\n", text)
	return err
}

func quietly(ctx context.Context, c *client, path string) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, c.mocks+path, nil)
	if err != nil {
		return err
	}
	request.Host = quietHost
	status, _, err := c.do(request)
	if err == nil && status != http.StatusOK {
		err = fmt.Errorf("status %d", status)
	}
	return err
}

// write writes the figures into a folder: as lines, and as a table in the page that is there.
func (r *neighbourReport) write(dir string) error {
	var table bytes.Buffer
	last := r.lines[len(r.lines)-1]
	fmt.Fprintf(&table, "\nCommit %s, %s, %s; %d requests a second.\n\n", last.Commit, last.Machine, last.Time, r.rate)
	table.WriteString("| the neighbour | quiet p50 ms | p99 ms | max ms | failed | p99 of alone | neighbour's answers/s | of them refusals | other programs' cores |\n|---|---:|---:|---:|---:|---:|---:|---:|---:|\n")
	for _, l := range r.lines {
		fmt.Fprintf(&table, "| %s | %.2f | %.2f | %.2f | %d of %d | %.2f | %.0f | %.0f | %.2f |\n",
			l.Noise, l.P50, l.P99, l.Max, l.Failed, l.Asked, l.OfAlone, l.Noisy, l.NoisyRefused, l.Others)
	}
	table.WriteByte('\n')
	return writeFigures(dir, "neighbour", r.lines, table.Bytes())
}
