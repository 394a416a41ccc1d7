//go:build linux

package main

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"time"
)

// httpFigures are one side of a comparison: medians over the rounds.
type httpFigures struct {
	CPU    float64 `json:"cpu_us_per_request"` // user and system time of the server
	Rate   float64 `json:"requests_per_second"`
	P50    float64 `json:"p50_us"`
	P99    float64 `json:"p99_us"`
	Number int     `json:"requests"`
}

// httpLine is one line of output.
type httpLine struct {
	Bench     string      `json:"bench"`
	Workload  string      `json:"workload"`
	Yardstick string      `json:"yardstick"` // what Base is
	Base      httpFigures `json:"base"`
	Mock      httpFigures `json:"mock"`
	// Ratio is CPU of the mock server for a request, divided by that of the yardstick: the median of the rounds, each
	// within itself. Low and High are the extremes.
	Ratio float64 `json:"ratio"`
	Low   float64 `json:"ratio_low"`
	High  float64 `json:"ratio_high"`
	Goal  float64 `json:"goal,omitempty"`
	// OfStatic is the same against the static answer of the same mock server.
	OfStatic     float64 `json:"of_static,omitempty"`
	OfStaticGoal float64 `json:"of_static_goal,omitempty"`

	Rounds    int     `json:"rounds"`
	Generator string  `json:"generator"`
	Others    float64 `json:"others_cores"` // how many cores other programs used meanwhile, on average
	Commit    string  `json:"commit"`
	Machine   string  `json:"machine"`
	Time      string  `json:"time"`
}

// httpReport prints lines and keeps them. It belongs to one goroutine.
type httpReport struct {
	out                        io.Writer
	commit, machine, generator string
	before                     usage
	lines                      []httpLine
}

func newHTTPReport(out io.Writer, commit string) (*httpReport, error) {
	m, err := machine()
	return &httpReport{out: out, commit: commit, machine: m}, err
}

func (r *httpReport) begin() (err error) {
	r.before, err = readUsage()
	return err
}

// ofStaticGoal is what a random one of many may cost, as a multiple of the static answer.
const ofStaticGoal = 1.5

// end prints the line of a workload. Sides are the yardstick, the mock server, and maybe its static answer.
func (r *httpReport) end(w workload, sides []*side) error {
	now, err := readUsage()
	if err != nil {
		return err
	}
	base, mock := sides[0], sides[1]
	ratios := quotients(mock.rounds, base.rounds)
	line := httpLine{
		Bench: "http", Workload: w.name, Yardstick: "bare net/http", Base: figuresOf(base.rounds), Mock: figuresOf(mock.rounds),
		Ratio: percent(median(ratios)), Low: percent(slices.Min(ratios)), High: percent(slices.Max(ratios)), Goal: w.goal,
		Rounds: len(ratios), Generator: r.generator, Others: percent(now.others(r.before)),
		Commit: r.commit, Machine: r.machine, Time: now.at.UTC().Format(time.RFC3339),
	}
	if w.records {
		line.Yardstick = "without recording"
	}
	if len(sides) > 2 {
		line.OfStatic, line.OfStaticGoal = percent(median(quotients(mock.rounds, sides[2].rounds))), ofStaticGoal
	}
	text, err := json.Marshal(line)
	if err != nil {
		return err
	}
	r.lines = append(r.lines, line)
	_, err = fmt.Fprintf(r.out, "%s\n", text)
	return err
}

func figuresOf(rounds []sample) httpFigures {
	f := httpFigures{
		CPU:  round(medianOf(rounds, func(s sample) float64 { return micros(s.cpu) })),
		Rate: round(medianOf(rounds, func(s sample) float64 { return float64(s.requests) / s.time.Seconds() })),
		P50:  round(medianOf(rounds, func(s sample) float64 { return micros(s.p50) })),
		P99:  round(medianOf(rounds, func(s sample) float64 { return micros(s.p99) })),
	}
	for _, s := range rounds {
		f.Number += s.requests
	}
	return f
}

// quotients divides round by round.
func quotients(a, b []sample) []float64 {
	all := make([]float64, len(a))
	for i := range all {
		all[i] = float64(a[i].cpu) / float64(b[i].cpu)
	}
	return all
}

func medianOf(rounds []sample, of func(sample) float64) float64 {
	all := make([]float64, len(rounds))
	for i, s := range rounds {
		all[i] = of(s)
	}
	return median(all)
}

// median of at least one number.
func median(all []float64) float64 {
	sorted := slices.Sorted(slices.Values(all))
	return (sorted[(len(sorted)-1)/2] + sorted[len(sorted)/2]) / 2
}

func micros(d time.Duration) float64 { return float64(d) / float64(time.Microsecond) }

// percent keeps two digits behind the point.
func percent(v float64) float64 { return float64(int(v*100+0.5)) / 100 }

// write writes the figures into a folder: as lines, and as a table in the page that is there.
func (r *httpReport) write(dir string) error {
	return writeFigures(dir, "hot-path", r.lines, r.table())
}

// table is the lines for people.
func (r *httpReport) table() []byte {
	var b bytes.Buffer
	if len(r.lines) == 0 {
		return nil
	}
	most := slices.MaxFunc(r.lines, func(a, b httpLine) int { return cmp.Compare(a.Others, b.Others) }).Others
	last := r.lines[len(r.lines)-1]
	fmt.Fprintf(&b, "\nCommit %s, %s, %s; load from %s; other programs used up to %.2f cores meanwhile.\n\n", last.Commit, last.Machine, last.Time, last.Generator, most)
	b.WriteString("| workload | yardstick | its CPU µs/request | mock server's | ratio (lowest to highest) | goal | requests/s | p50 µs | p99 µs |\n|---|---|---:|---:|---|---:|---:|---:|---:|\n")
	for _, l := range r.lines {
		fmt.Fprintf(&b, "| %s | %s | %.4g | %.4g | %.2f (%.2f to %.2f) | %s | %.0f → %.0f | %.0f → %.0f | %.0f → %.0f |\n",
			l.Workload, l.Yardstick, l.Base.CPU, l.Mock.CPU, l.Ratio, l.Low, l.High, goalText(l.Goal),
			l.Base.Rate, l.Mock.Rate, l.Base.P50, l.Mock.P50, l.Base.P99, l.Mock.P99)
		if l.OfStatic > 0 {
			fmt.Fprintf(&b, "| %s | its own static answer | | | %.2f | %s | | | |\n", l.Workload, l.OfStatic, goalText(l.OfStaticGoal))
		}
	}
	b.WriteByte('\n')
	return b.Bytes()
}

func goalText(goal float64) string {
	if goal == 0 {
		return ""
	}
	return fmt.Sprintf("≤ %.4g", goal)
}
