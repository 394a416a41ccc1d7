//go:build linux

package main

import (
	"bytes"
	"fmt"
	"strconv"
)

// table is the figures as a Markdown table: a row for each figure, a column for each size.
func table(figures []figure) []byte {
	if len(figures) == 0 {
		return nil
	}
	var names []string
	var sizes []int
	units, cells := map[string]string{}, map[string]map[int]figure{}
	for _, f := range figures {
		if cells[f.Figure] == nil {
			names, cells[f.Figure] = append(names, f.Figure), map[int]figure{}
			units[f.Figure] = f.Unit
		}
		if len(sizes) == 0 || sizes[len(sizes)-1] != f.Endpoints {
			sizes = append(sizes, f.Endpoints)
		}
		cells[f.Figure][f.Endpoints] = f
	}
	var b bytes.Buffer
	last := figures[len(figures)-1]
	fmt.Fprintf(&b, "\nCommit %s, %s, %s.\n\n| figure |", last.Commit, last.Machine, last.Time)
	for _, s := range sizes {
		fmt.Fprintf(&b, " %s endpoints |", grouped(s))
	}
	b.WriteString("\n|---|")
	for range sizes {
		b.WriteString("---:|")
	}
	for _, n := range names {
		fmt.Fprintf(&b, "\n| %s |", n)
		for _, s := range sizes {
			b.WriteByte(' ')
			if f, ok := cells[n][s]; ok {
				b.WriteString(shownAs(f.Value, f.Unit))
			}
			b.WriteString(" |")
		}
	}
	b.WriteString("\n| cores used by other programs meanwhile, at most |")
	for _, s := range sizes {
		most := 0.0
		for _, n := range names {
			most = max(most, cells[n][s].Others)
		}
		fmt.Fprintf(&b, " %.2f |", most)
	}
	b.WriteString("\n\n")
	return b.Bytes()
}

// shownAs writes a value with its unit; bytes in the unit that fits.
func shownAs(v float64, unit string) string {
	if unit == "B" {
		for _, larger := range []string{"B", "KiB", "MiB", "GiB"} {
			if unit = larger; v < 1024 {
				break
			}
			if larger != "GiB" {
				v /= 1024
			}
		}
	}
	text := strconv.FormatFloat(round(v), 'f', -1, 64)
	if unit == "" {
		return text
	}
	return text + " " + unit
}

// grouped writes 1000000 as 1,000,000.
func grouped(n int) string {
	if n < 1000 {
		return strconv.Itoa(n)
	}
	return fmt.Sprintf("%s,%03d", grouped(n/1000), n%1000)
}
