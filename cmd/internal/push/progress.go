package push

import (
	"fmt"
	"io"
	"os"
	"sync"
	"time"

	"golang.org/x/term"
)

// How long one request for the state waits at most: for a line that is kept up to date, and for nobody.
const (
	waitShown = time.Second
	waitLong  = 30 * time.Second
)

// progress shows one line, which is written over if a person looks at it on a terminal.
// Its methods may be called concurrently.
type progress struct {
	out   io.Writer // nil shows nothing
	live  bool
	every time.Duration // how often there may be something new to show

	mu    sync.Mutex
	shown bool
	next  time.Time // when the line may change again
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

// redraw is how long a line stays at least.
const redraw = 100 * time.Millisecond

const eraseLine = "\r\x1b[K"

// now shows how it is, on a terminal.
func (p *progress) now(format string, args ...any) {
	if !p.live {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if time.Now().Before(p.next) {
		return
	}
	p.line(format, args...)
}

// line writes the line. The caller holds mu.
func (p *progress) line(format string, args ...any) {
	p.shown, p.next = true, time.Now().Add(redraw)
	_, _ = fmt.Fprintf(p.out, eraseLine+format+" …", args...) // the terminal may be gone
}

// counter shows how many of several things are done; it returns what to call after each.
func (p *progress) counter(what string, total int) func() {
	var done int
	var mu sync.Mutex
	return func() {
		mu.Lock()
		defer mu.Unlock()
		if done++; total > 1 {
			p.now("%s %d of %d files", what, done, total)
		}
	}
}

// note shows something that matters now, whatever is shown already.
func (p *progress) note(format string, args ...any) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.live {
		p.line(format, args...)
	}
}

// done shows how it ended.
func (p *progress) done(format string, args ...any) {
	p.end()
	if p.out != nil {
		_, _ = fmt.Fprintf(p.out, format+"\n", args...) // the terminal may be gone
	}
}

// end removes what is shown.
func (p *progress) end() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.shown {
		p.shown = false
		_, _ = io.WriteString(p.out, eraseLine) // the terminal may be gone
	}
}
