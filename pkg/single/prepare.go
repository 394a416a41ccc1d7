package single

import (
	"bytes"
	"crypto/rand"
	"strings"

	"github.com/mocloud/mocloud/pkg/mockspec"
)

// Prepared is what Make makes of a document, before it is known on which host the mock answers: its file and its lines, in parts
// between which the host belongs. So that all the work is done before a transaction that only then learns the host.
type Prepared struct{ file, lines []string }

// Prepare makes a Prepared of a document; nil if the document has errors, or its lines are too many to travel with events.
func Prepare(d *mockspec.Document) *Prepared {
	if d.Invalid() {
		return nil
	}
	mark := strings.ToLower(rand.Text()) + ".invalid" // stands for the host; nobody can have written it
	items := d.Lines(mark)
	if len(items)-bytes.Count(items, []byte(mark))*len(mark) > MaxLines {
		return nil
	}
	s := of(d, mark, items)
	return &Prepared{file: strings.Split(string(s.File), mark), lines: strings.Split(string(s.Lines()), mark)}
}

// For is the mock's file and its lines for a host, with their seal. ok is false if they would be too large: then the content has to
// travel as its user wrote it.
func (p *Prepared) For(host string, l mockspec.Limits) (file, lines, seal string, ok bool) {
	if p == nil {
		return "", "", "", false
	}
	file, lines = strings.Join(p.file, host), strings.Join(p.lines, host)
	if len(lines) > MaxLines || len(file) > l.OrDefault().Bytes {
		return "", "", "", false
	}
	return file, lines, Seal(host, file, lines), true
}
