package unified

import (
	"bufio"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
)

// Change takes the place of a mock's block.
type Change struct {
	Mock  Mock
	Items []byte // lines as mockspec writes them, without settings
	Drop  bool   // leave no block at all
}

// Merge writes the file that old becomes with changes, which are sorted by mock id, each id once. old is nil if there is
// none yet. Memory does not depend on the size of old. The counts of h must turn out to be right; if not, or if old is
// damaged, the error is ErrCorrupt, and what was written is worth nothing. It returns the digest and the size of the
// whole file.
func Merge(w io.Writer, old *Scanner, h Header, changes []Change) (digest string, size int64, err error) {
	m := &merger{out: bufio.NewWriterSize(w, 256<<10), whole: sha256.New(), old: old, changes: changes}
	if err := m.run(h); err != nil {
		return "", 0, fmt.Errorf("merge unified mock: %w", err)
	}
	return hex.EncodeToString(m.whole.Sum(nil)), m.size, nil
}

type merger struct {
	out     *bufio.Writer
	whole   hash.Hash // of everything that was written
	size    int64
	old     *Scanner
	changes []Change

	last             string
	mocks, endpoints int
	scratch          []byte
}

// Write passes p on, counted and digested.
func (m *merger) Write(p []byte) (int, error) {
	m.whole.Write(p)
	n, err := m.out.Write(p)
	m.size += int64(n)
	return n, err
}

func (m *merger) run(h Header) error {
	head, err := AppendHeader(nil, h)
	if err != nil {
		return err
	}
	if _, err := m.Write(head); err != nil {
		return err
	}
	for m.old != nil {
		err := m.old.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return err
		}
		if err := m.change(m.old.ID(), false); err != nil {
			return err
		}
		if len(m.changes) > 0 && m.changes[0].Mock.ID == m.old.ID() {
			continue // written when its turn comes
		}
		if err := m.keep(); err != nil {
			return err
		}
	}
	if err := m.change("", true); err != nil {
		return err
	}
	if m.mocks != h.Mocks || m.endpoints != h.Endpoints {
		return fmt.Errorf("%w: %d mocks with %d endpoints where %d with %d were announced",
			ErrCorrupt, m.mocks, m.endpoints, h.Mocks, h.Endpoints)
	}
	if _, err := m.Write(appendTrailer(nil, m.whole)); err != nil {
		return err
	}
	return m.out.Flush()
}

// change writes the changes before id, or all of them.
func (m *merger) change(id string, all bool) error {
	for len(m.changes) > 0 && (all || m.changes[0].Mock.ID < id) {
		c := &m.changes[0]
		if c.Mock.ID <= m.last {
			return fmt.Errorf("change of mock %q after %q: not sorted", c.Mock.ID, m.last)
		}
		m.last = c.Mock.ID
		m.changes = m.changes[1:]
		if c.Drop {
			continue
		}
		block, err := AppendBlock(m.scratch[:0], &c.Mock, c.Items)
		if err != nil {
			return err
		}
		m.scratch = block
		m.count(CountItems(c.Items))
		if _, err := m.Write(block); err != nil {
			return err
		}
	}
	return nil
}

// keep copies the current block of old.
func (m *merger) keep() error {
	if _, err := m.Write(m.old.Comment()); err != nil {
		return err
	}
	_, items, err := m.old.CopyItems(m)
	if err != nil {
		return err
	}
	m.count(items)
	return nil
}

// count counts a block. A mock without items answers nowhere.
func (m *merger) count(items int) {
	if items > 0 {
		m.mocks++
	}
	m.endpoints += items
}

func appendTrailer(dst []byte, whole hash.Hash) []byte {
	dst = append(dst, endPrefix...)
	dst = hex.AppendEncode(dst, whole.Sum(nil))
	return append(dst, '\n')
}
