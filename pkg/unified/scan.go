package unified

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"hash"
	"io"
)

// Scanner reads a unified mock block by block in constant memory, and checks its digest on the way. It belongs to one
// goroutine.
type Scanner struct {
	// Header is what the file says of itself.
	Header Header

	in      *bufio.Reader
	sum     hash.Hash
	id      string
	comment []byte // the current block's, with its line feed
	inside  bool   // the current block's items were not read yet
	done    bool
}

// NewScanner reads the header. The error is ErrCorrupt or the reader's.
func NewScanner(r io.Reader) (*Scanner, error) {
	s := &Scanner{in: bufio.NewReaderSize(r, 256<<10), sum: sha256.New()}
	if err := s.readComment(); err != nil {
		return nil, err
	}
	s.sum.Write(s.comment)
	h, err := parseHeader(string(bytes.TrimSuffix(s.comment, []byte("\n"))))
	if err != nil {
		return nil, err
	}
	s.Header = h
	if start, _ := s.in.Peek(len(emptyList)); string(start) == emptyList {
		s.sum.Write(start)
		_, _ = s.in.Discard(len(start)) // they were peeked
	}
	return s, nil
}

// Next goes to the next block. io.EOF after the last one, when the file's digest has been found to be right.
func (s *Scanner) Next() error {
	if s.inside {
		if _, _, err := s.CopyItems(io.Discard); err != nil {
			return err
		}
	}
	if s.done {
		return io.EOF
	}
	if err := s.readComment(); err != nil {
		return err
	}
	if bytes.HasPrefix(s.comment, []byte(endPrefix)) {
		return s.end()
	}
	if !bytes.HasPrefix(s.comment, []byte(mockPrefix)) {
		return fmt.Errorf("%w: there is %q where a mock should begin", ErrCorrupt, short(s.comment))
	}
	s.sum.Write(s.comment)
	before := s.id
	var named struct {
		ID string `json:"mock_id"`
	}
	if err := json.Unmarshal(s.comment[len(mockPrefix):], &named); err != nil || !ValidName(named.ID) || named.ID <= before {
		return fmt.Errorf("%w: mock %q after %q", ErrCorrupt, named.ID, before)
	}
	s.id, s.inside = named.ID, true
	return nil
}

// ID is the current block's mock.
func (s *Scanner) ID() string { return s.id }

// Mock is what the current block's comment says.
func (s *Scanner) Mock() (Mock, error) { return parseMock(bytes.TrimSuffix(s.comment, []byte("\n"))) }

// Comment is the current block's comment line with its line feed; valid until Next.
func (s *Scanner) Comment() []byte { return s.comment }

// CopyItems writes the current block's items to w, once, and returns how many bytes and lines they are.
func (s *Scanner) CopyItems(w io.Writer) (size int64, items int, err error) {
	s.inside = false
	for {
		start, err := s.in.Peek(1)
		if err != nil {
			return size, items, s.broken(err)
		}
		if start[0] == '#' {
			return size, items, nil
		}
		if start[0] != '-' {
			return size, items, fmt.Errorf("%w: an item of mock %s begins with %q", ErrCorrupt, s.id, start)
		}
		items++
		for more := true; more; {
			part, err := s.in.ReadSlice('\n')
			more = err == bufio.ErrBufferFull //nolint:errorlint // documented to be returned as it is
			if err != nil && !more {
				return size, items, s.broken(err)
			}
			s.sum.Write(part)
			size += int64(len(part))
			if _, err := w.Write(part); err != nil {
				return size, items, err
			}
		}
	}
}

// readComment reads one line that begins with # into s.comment.
func (s *Scanner) readComment() error {
	s.comment = s.comment[:0]
	for {
		part, err := s.in.ReadSlice('\n')
		s.comment = append(s.comment, part...)
		switch {
		case err == nil && s.comment[0] == '#':
			return nil
		case err == nil || len(s.comment) > maxComment:
			return fmt.Errorf("%w: there is %q where a comment should be", ErrCorrupt, short(s.comment))
		case err != bufio.ErrBufferFull: //nolint:errorlint // documented to be returned as it is
			return s.broken(err)
		}
	}
}

// end checks the trailer.
func (s *Scanner) end() error {
	said := string(bytes.TrimSuffix(s.comment[len(endPrefix):], []byte("\n")))
	if is := hex.EncodeToString(s.sum.Sum(nil)); said != is {
		return fmt.Errorf("%w: its digest is %s, it says %q", ErrCorrupt, is, said)
	}
	switch _, err := s.in.Peek(1); err {
	case nil:
		return fmt.Errorf("%w: there is data after its end", ErrCorrupt)
	case io.EOF:
		s.done = true
		return io.EOF
	default:
		return err
	}
}

func (*Scanner) broken(err error) error {
	if err == io.EOF { //nolint:errorlint // bufio returns it as it is
		return fmt.Errorf("%w: it is cut off", ErrCorrupt)
	}
	return err
}
