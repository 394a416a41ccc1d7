//go:build linux

package main

import (
	"bytes"
	"fmt"
	"math"
	"slices"
)

// curve is a figure in a plot.
type curve struct{ figure, label, colour string }

// plot is a diagram of figures against endpoints, both axes logarithmic.
type plot struct {
	title  string
	scale  float64 // what a unit of the axis is in units of the figures
	unit   string
	curves []curve
}

// Sizes of the picture, in pixels.
const (
	plotWidth, plotHeight = 460, 300
	left, right           = 64, 16
	top, bottom           = 40, 44
	legend                = 18 // a line of it
)

// plots draws latency and memory against endpoints as an SVG.
func plots(figures []figure) []byte {
	var b bytes.Buffer
	list := []plot{
		{"publish → live, milliseconds", 1, "ms", []curve{
			{"publish_live_p99", "p99", "#c2410c"}, {"publish_live_p50", "p50", "#1d4ed8"},
		}},
		{"mock server memory (RSS), MiB", 1 << 20, "MiB", []curve{
			{"rss_peak", "peak, while starting", "#7c3aed"}, {"rss_touched", "1% of hosts touched", "#c2410c"}, {"rss_idle", "idle", "#1d4ed8"},
		}},
		{"mock server start → ready, milliseconds", 1, "ms", []curve{
			{"start_to_ready_max", "longest", "#c2410c"}, {"start_to_ready_p50", "median", "#1d4ed8"},
		}},
	}
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" font-family="sans-serif" font-size="12">`+"\n",
		plotWidth*len(list), plotHeight)
	b.WriteString(`<rect width="100%" height="100%" fill="#ffffff"/>` + "\n")
	for n, p := range list {
		fmt.Fprintf(&b, `<g transform="translate(%d,0)">`+"\n", n*plotWidth)
		p.draw(&b, figures)
		b.WriteString("</g>\n")
	}
	b.WriteString("</svg>\n")
	return b.Bytes()
}

// point is a figure in a plot's units.
type point struct{ x, y float64 }

func (p plot) points(figures []figure, name string) []point {
	var list []point
	for _, f := range figures {
		if f.Figure == name && f.Value > 0 {
			list = append(list, point{float64(f.Endpoints), f.Value / p.scale})
		}
	}
	return list
}

func (p plot) draw(b *bytes.Buffer, figures []figure) {
	fmt.Fprintf(b, `<text x="%d" y="20" font-size="14" font-weight="bold">%s</text>`+"\n", left, p.title)
	var all []point
	for _, c := range p.curves {
		all = append(all, p.points(figures, c.figure)...)
	}
	if len(all) == 0 {
		return
	}
	// Whole powers of ten around everything.
	low := func(of func(point) float64) float64 {
		return math.Floor(math.Log10(of(slices.MinFunc(all, byOf(of)))))
	}
	high := func(of func(point) float64) float64 {
		return math.Ceil(math.Log10(of(slices.MaxFunc(all, byOf(of)))))
	}
	x := axis{low(pointX), max(high(pointX), low(pointX)+1), left, plotWidth - right}
	y := axis{low(pointY), max(high(pointY), low(pointY)+1), plotHeight - bottom, top}
	for e := x.from; e <= x.to; e++ {
		at := x.place(math.Pow(10, e))
		fmt.Fprintf(b, `<line x1="%.1f" y1="%d" x2="%.1f" y2="%d" stroke="#e5e7eb"/>`+"\n", at, top, at, plotHeight-bottom)
		fmt.Fprintf(b, `<text x="%.1f" y="%d" text-anchor="middle">%s</text>`+"\n", at, plotHeight-bottom+16, number(math.Pow(10, e)))
	}
	for e := y.from; e <= y.to; e++ {
		at := y.place(math.Pow(10, e))
		fmt.Fprintf(b, `<line x1="%d" y1="%.1f" x2="%d" y2="%.1f" stroke="#e5e7eb"/>`+"\n", left, at, plotWidth-right, at)
		fmt.Fprintf(b, `<text x="%d" y="%.1f" text-anchor="end">%s %s</text>`+"\n", left-4, at+4, number(math.Pow(10, e)), p.unit)
	}
	fmt.Fprintf(b, `<text x="%d" y="%d" text-anchor="middle">endpoints hosted</text>`+"\n", (left+plotWidth-right)/2, plotHeight-8)
	for n, c := range p.curves {
		fmt.Fprintf(b, `<polyline fill="none" stroke="%s" stroke-width="2" points="`, c.colour)
		points := p.points(figures, c.figure)
		for _, v := range points {
			fmt.Fprintf(b, "%.1f,%.1f ", x.place(v.x), y.place(v.y))
		}
		b.WriteString("\"/>\n")
		for _, v := range points {
			fmt.Fprintf(b, `<circle cx="%.1f" cy="%.1f" r="3" fill="%s"/>`+"\n", x.place(v.x), y.place(v.y), c.colour)
		}
		fmt.Fprintf(b, `<text x="%d" y="%d" fill="%s">%s</text>`+"\n", left+8, top+14+n*legend, c.colour, c.label)
	}
}

func pointX(p point) float64 { return p.x }
func pointY(p point) float64 { return p.y }

func byOf(of func(point) float64) func(a, b point) int {
	return func(a, b point) int {
		switch {
		case of(a) < of(b):
			return -1
		case of(a) > of(b):
			return 1
		}
		return 0
	}
}

// axis places powers of ten between two pixels.
type axis struct{ from, to, first, last float64 }

func (a axis) place(v float64) float64 {
	return a.first + (math.Log10(v)-a.from)/(a.to-a.from)*(a.last-a.first)
}

// number writes a power of ten as a person does.
func number(v float64) string {
	switch {
	case v >= 1e6:
		return fmt.Sprintf("%gM", v/1e6)
	case v >= 1e3:
		return fmt.Sprintf("%gk", v/1e3)
	}
	return fmt.Sprintf("%g", v)
}
