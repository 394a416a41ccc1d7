package unified

import (
	"bytes"
	"errors"
	"fmt"
	"runtime"
	"sync"
)

const nextBlock = "\n" + mockPrefix

// File is a unified mock in memory. It refers to the bytes that it was made from, which must not change any more.
type File struct {
	Header Header
	Blocks []Block // sorted by mock id
}

// Block is one mock of a File.
type Block struct {
	Mock
	Items     []byte // a part of the file
	Endpoints int    // lines of Items
}

// Index finds the blocks of a whole file and checks its digest and its counts. It decodes comments only, no item, on all
// processors at once. The error is ErrCorrupt.
func Index(data []byte) (*File, error) {
	h, body, err := frame(data)
	if err != nil {
		return nil, err
	}
	var digest error
	var wg sync.WaitGroup
	wg.Go(func() { digest = verify(data) })

	parts := split(body, runtime.GOMAXPROCS(0))
	blocks := make([][]Block, len(parts))
	errs := make([]error, len(parts))
	for i, part := range parts {
		wg.Go(func() { blocks[i], errs[i] = indexPart(part) })
	}
	wg.Wait()
	if err := errors.Join(append(errs, digest)...); err != nil {
		return nil, err
	}
	f := &File{Header: h}
	for _, b := range blocks {
		f.Blocks = append(f.Blocks, b...)
	}
	return f, f.check()
}

// frame separates header and trailer from the blocks. These begin with the line feed before them, for the sake of
// nextBlock, and end with their own.
func frame(data []byte) (Header, []byte, error) {
	end := bytes.IndexByte(data, '\n')
	if end < 0 || int64(len(data)-end-1) < TrailerSize {
		return Header{}, nil, fmt.Errorf("%w: it is cut off", ErrCorrupt)
	}
	h, err := parseHeader(string(data[:end]))
	if err != nil {
		return h, nil, err
	}
	body := data[end : int64(len(data))-TrailerSize]
	if bytes.HasPrefix(body[1:], []byte(emptyList)) {
		body = body[len(emptyList):]
	}
	return h, body, nil
}

func verify(data []byte) error {
	body, trailer := data[:int64(len(data))-TrailerSize], data[int64(len(data))-TrailerSize:]
	if want := endPrefix + Digest(body) + "\n"; string(trailer) != want {
		return fmt.Errorf("%w: its last line is %q, not %q", ErrCorrupt, trailer, want)
	}
	return nil
}

// split cuts what frame returned into about n parts of the same form; each shares a line feed with the next.
func split(body []byte, n int) [][]byte {
	var parts [][]byte
	for ; n > 1; n-- {
		at := len(body) / n
		next := bytes.Index(body[at:], []byte(nextBlock))
		if next < 0 {
			break
		}
		if at+next > 0 {
			parts = append(parts, body[:at+next+1])
		}
		body = body[at+next:]
	}
	return append(parts, body)
}

func indexPart(part []byte) ([]Block, error) {
	blocks := make([]Block, 0, bytes.Count(part, []byte(nextBlock)))
	for len(part) > 1 {
		if !bytes.HasPrefix(part, []byte(nextBlock)) {
			return nil, fmt.Errorf("%w: there is %q where a mock should begin", ErrCorrupt, short(part[1:]))
		}
		text := part[1:]
		if end := bytes.Index(text, []byte(nextBlock)); end >= 0 {
			text = text[:end+1]
		}
		part = part[len(text):]
		end := bytes.IndexByte(text, '\n')
		if end < 0 {
			return nil, fmt.Errorf("%w: it is cut off", ErrCorrupt)
		}
		m, err := parseMock(text[:end])
		if err != nil {
			return nil, err
		}
		items := text[end+1:]
		if len(items) > 0 && (items[0] != '-' || items[len(items)-1] != '\n') {
			return nil, fmt.Errorf("%w: the items of mock %s are not lines", ErrCorrupt, m.ID)
		}
		blocks = append(blocks, Block{Mock: m, Items: items, Endpoints: CountItems(items)})
	}
	return blocks, nil
}

// check compares order and counts.
func (f *File) check() error {
	mocks, endpoints, last := 0, 0, ""
	for i := range f.Blocks {
		b := &f.Blocks[i]
		if b.ID <= last {
			return fmt.Errorf("%w: mock %q after %q", ErrCorrupt, b.ID, last)
		}
		last = b.ID
		if b.Endpoints > 0 {
			mocks++
		}
		endpoints += b.Endpoints
	}
	if mocks != f.Header.Mocks || endpoints != f.Header.Endpoints {
		return fmt.Errorf("%w: %d mocks with %d endpoints, its header says %d with %d",
			ErrCorrupt, mocks, endpoints, f.Header.Mocks, f.Header.Endpoints)
	}
	return nil
}

// CountItems counts lines.
func CountItems(items []byte) int { return bytes.Count(items, []byte("\n")) }
