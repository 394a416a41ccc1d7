package push

import (
	"fmt"
	"io"
	"os"
	"time"

	"golang.org/x/term"
)

// How long one request for the state waits at most: for a line that is kept up to date, and for nobody.
const (
	waitShown = time.Second
	waitLong  = 30 * time.Second
)

// progress shows one line, which is written over if a person looks at it on a terminal.
type progress struct {
	out   io.Writer // nil shows nothing
	live  bool
	shown bool
	every time.Duration // how often there may be something new to show
}

// progress is how far things are, where people see it.
func (p *push) progress() *progress {
	if p.quiet || p.JSON {
		return &progress{every: waitLong}
	}
	if f, ok := p.Aside.(*os.File); ok && term.IsTerminal(int(f.Fd())) {
		return &progress{out: f, live: true, every: waitShown}
	}
	return &progress{out: p.Aside, every: waitLong}
}

const eraseLine = "\r\x1b[K"

// now shows how it is, on a terminal.
func (p *progress) now(format string, args ...any) {
	if p.live {
		p.shown = true
		_, _ = fmt.Fprintf(p.out, eraseLine+format+" …", args...) // the terminal may be gone
	}
}

// done shows how it ended.
func (p *progress) done(format string, args ...any) {
	p.end()
	if p.out != nil {
		_, _ = fmt.Fprintf(p.out, format+"\n", args...) // the terminal may be gone
	}
}

// end removes what now showed.
func (p *progress) end() {
	if p.shown {
		p.shown = false
		_, _ = io.WriteString(p.out, eraseLine) // the terminal may be gone
	}
}
