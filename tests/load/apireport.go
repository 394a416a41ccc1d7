//go:build linux

package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"time"
)

// apiLine is one line of output.
type apiLine struct {
	Bench     string  `json:"bench"`
	Database  string  `json:"database"`
	Operation string  `json:"operation"`
	Mocks     int     `json:"mocks"` // in the database
	Requests  int     `json:"requests"`
	Rate      float64 `json:"requests_per_second"`
	P50       float64 `json:"p50_ms"`
	P99       float64 `json:"p99_ms"`
	CPU       float64 `json:"cpu_us_per_request"` // user and system time of the api
	// DatabaseCPU is that of the database's processes; 0 for SQLite, which is within the api.
	DatabaseCPU float64 `json:"database_cpu_us_per_request"`
	// OfSmallest is both together, divided by those of the same operation with the fewest mocks.
	OfSmallest float64 `json:"of_smallest"`

	Clients int     `json:"clients"`
	Others  float64 `json:"others_cores"` // how many cores other programs used meanwhile, on average
	Commit  string  `json:"commit"`
	Machine string  `json:"machine"`
	Time    string  `json:"time"`
}

// apiReport prints lines and keeps them. It belongs to one goroutine.
type apiReport struct {
	out      io.Writer
	common   apiLine
	before   usage
	name     string
	smallest map[string]float64 // CPU of each operation with the fewest mocks
	lines    []apiLine
}

func newAPIReport(out io.Writer, o apiOptions) (*apiReport, error) {
	m, err := machine()
	database, name := "SQLite", "api"
	if o.postgres {
		database, name = "Postgres", "api-postgres"
	}
	return &apiReport{
		out: out, name: name, smallest: map[string]float64{},
		common: apiLine{Database: database, Clients: o.clients, Commit: o.commit, Machine: m},
	}, err
}

func (r *apiReport) begin() (err error) {
	r.before, err = readUsage()
	return err
}

// end prints a line.
func (r *apiReport) end(l apiLine) error {
	now, err := readUsage()
	if err != nil {
		return err
	}
	l.Bench, l.Database, l.Clients, l.Commit, l.Machine = "api", r.common.Database, r.common.Clients, r.common.Commit, r.common.Machine
	l.Others, l.Time = percent(now.others(r.before)), now.at.UTC().Format(time.RFC3339)
	if r.smallest[l.Operation] == 0 {
		r.smallest[l.Operation] = l.CPU + l.DatabaseCPU
	}
	l.OfSmallest = percent((l.CPU + l.DatabaseCPU) / r.smallest[l.Operation])
	r.lines = append(r.lines, l)
	text, err := json.Marshal(l)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(r.out, "%s\n", text)
	return err
}

// write writes the figures into a folder: as lines, and as a table in the page that is there.
func (r *apiReport) write(dir string) error {
	var table bytes.Buffer
	last := r.lines[len(r.lines)-1]
	fmt.Fprintf(&table, "\nCommit %s, %s, %s; %s; %d clients.\n\n", last.Commit, last.Machine, last.Time, last.Database, last.Clients)
	table.WriteString("| operation | mocks | requests/s | p50 ms | p99 ms | api's CPU µs/request | database's | of the smallest | other programs' cores |\n|---|---:|---:|---:|---:|---:|---:|---:|---:|\n")
	for _, l := range r.lines {
		fmt.Fprintf(&table, "| %s | %s | %.0f | %.2f | %.2f | %.0f | %.0f | %.2f | %.2f |\n", l.Operation, grouped(l.Mocks), l.Rate, l.P50, l.P99, l.CPU, l.DatabaseCPU, l.OfSmallest, l.Others)
	}
	table.WriteByte('\n')
	return writeFigures(dir, r.name, r.lines, table.Bytes())
}
