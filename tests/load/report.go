//go:build linux

package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"slices"
	"time"
)

// figure is one line of output.
type figure struct {
	Bench     string  `json:"bench"`
	Endpoints int     `json:"endpoints"`
	Figure    string  `json:"figure"`
	Value     float64 `json:"value"`
	Unit      string  `json:"unit"`
	N         int     `json:"n,omitempty"` // how many measurements it is made of
	// Others is how many cores other programs used meanwhile, on average.
	Others  float64 `json:"others_cores"`
	Commit  string  `json:"commit"`
	Machine string  `json:"machine"`
	Time    string  `json:"time"`
}

// report prints figures and keeps them. It belongs to one goroutine.
type report struct {
	endpoints int // of the size that is measured

	out             io.Writer
	commit, machine string
	before          usage
	figures         []figure
}

func newReport(out io.Writer, commit string) (*report, error) {
	m, err := machine()
	return &report{out: out, commit: commit, machine: m}, err
}

// begin begins a measurement, for figure.Others.
func (r *report) begin() (err error) {
	r.before, err = readUsage()
	return err
}

// value is a figure that is printed.
type value struct {
	name  string
	value float64
	unit  string
	n     int
}

// end prints the figures of a measurement.
func (r *report) end(values ...value) error {
	now, err := readUsage()
	if err != nil {
		return err
	}
	for _, v := range values {
		f := figure{
			Bench: "scale", Endpoints: r.endpoints, Figure: v.name, Value: round(v.value), Unit: v.unit, N: v.n,
			Others: math.Round(100*now.others(r.before)) / 100, Commit: r.commit, Machine: r.machine,
			Time: now.at.UTC().Format(time.RFC3339),
		}
		line, err := json.Marshal(f)
		if err != nil {
			return err
		}
		if _, err := fmt.Fprintf(r.out, "%s\n", line); err != nil {
			return err
		}
		r.figures = append(r.figures, f)
	}
	return nil
}

// round keeps four digits: more would pretend.
func round(v float64) float64 {
	if v == 0 {
		return 0
	}
	unit := math.Pow(10, 3-math.Floor(math.Log10(math.Abs(v))))
	if unit <= 1 {
		return math.Round(v)
	}
	return math.Round(v*unit) / unit
}

// quantile of durations, in milliseconds; it sorts them.
func quantile(times []time.Duration, q float64) float64 {
	if len(times) == 0 {
		return math.NaN()
	}
	slices.Sort(times)
	return milliseconds(times[min(len(times)-1, int(q*float64(len(times))))])
}

func milliseconds(d time.Duration) float64 { return d.Seconds() * 1000 }

// Where the table is in a page.
const (
	tableBegin = "<!-- figures: written by the benchmark -->\n"
	tableEnd   = "<!-- end of figures -->\n"
)

// writeTable replaces the table in a page.
func writeTable(page string, table []byte) error {
	text, err := os.ReadFile(page)
	if err != nil {
		return err
	}
	before, rest, ok := bytes.Cut(text, []byte(tableBegin))
	_, after, ok2 := bytes.Cut(rest, []byte(tableEnd))
	if !ok || !ok2 {
		return fmt.Errorf("%s has no place for the table: %q and %q", page, tableBegin, tableEnd)
	}
	return os.WriteFile(page, slices.Concat(before, []byte(tableBegin), table, []byte(tableEnd), after), 0o644) //nolint:gosec // documentation, for everybody
}

// writeFigures writes figures into a folder: as lines into name.jsonl, and as a table into the page name.md, which is there.
func writeFigures[T any](dir, name string, figures []T, table []byte) error {
	var lines bytes.Buffer
	for _, f := range figures {
		line, err := json.Marshal(f)
		if err != nil {
			return err
		}
		lines.Write(append(line, '\n'))
	}
	if err := writeTable(filepath.Join(dir, name+".md"), table); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, name+".jsonl"), lines.Bytes(), 0o644) //nolint:gosec // documentation, for everybody
}

// write writes the figures into a folder: as lines, as a plot, and as a table in the page that is there.
func (r *report) write(dir string) error {
	if err := writeFigures(dir, "scale", r.figures, table(r.figures)); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, "scale.svg"), plots(r.figures), 0o644) //nolint:gosec // documentation, for everybody
}
