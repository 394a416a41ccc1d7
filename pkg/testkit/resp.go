package testkit

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"strconv"
)

// Fate is what becomes of a Pub/Sub message.
type Fate int

// The fates of a message.
const (
	Deliver   Fate = iota
	Drop           // it never arrives
	Duplicate      // it arrives twice
	Hold           // it arrives after the next message of its connection
)

// maxBulk bounds one string of a server, in bytes.
const maxBulk = 64 << 20

// messageFilter reads as what a Redis server sends, with each message treated as fate decides.
type messageFilter struct {
	source  *respReader
	fate    func(channel string, payload []byte) Fate
	pending []byte
	held    []byte
}

func (f *messageFilter) Read(p []byte) (int, error) {
	for len(f.pending) == 0 {
		frame, err := f.source.frame()
		if err != nil {
			return 0, err
		}
		f.pending = f.treat(frame)
	}
	n := copy(p, f.pending)
	f.pending = f.pending[n:]
	return n, nil
}

func (f *messageFilter) treat(frame []byte) []byte {
	channel, payload, ok := message(frame)
	if !ok {
		return frame
	}
	switch f.fate(channel, payload) {
	case Drop:
		return nil
	case Duplicate:
		return append(bytes.Clone(frame), frame...)
	case Hold:
		released := f.held
		f.held = frame
		return released
	case Deliver:
	}
	released := append(frame, f.held...)
	f.held = nil
	return released
}

// message takes a pushed message apart: ["message", channel, payload] or ["pmessage", pattern, channel, payload], as an array of
// RESP2 or a push of RESP3.
func message(frame []byte) (channel string, payload []byte, ok bool) {
	if len(frame) == 0 || frame[0] != '*' && frame[0] != '>' {
		return "", nil, false
	}
	reader := newRESPReader(bytes.NewReader(frame))
	line, err := reader.line()
	if err != nil {
		return "", nil, false
	}
	var parts [][]byte
	for range min(count(line), 4) {
		part, err := reader.frame()
		if err != nil || part[0] != '$' {
			return "", nil, false
		}
		start := bytes.IndexByte(part, '\n') + 1
		parts = append(parts, bytes.TrimSuffix(part[start:], []byte("\r\n")))
	}
	switch {
	case len(parts) == 3 && (string(parts[0]) == "message" || string(parts[0]) == "smessage"):
		return string(parts[1]), parts[2], true
	case len(parts) == 4 && string(parts[0]) == "pmessage":
		return string(parts[2]), parts[3], true
	}
	return "", nil, false
}

// respReader splits the bytes of a Redis server into frames (RESP2 and RESP3, without streamed types, which no server sends).
type respReader struct{ source *bufio.Reader }

func newRESPReader(source io.Reader) *respReader { return &respReader{bufio.NewReader(source)} }

// frame reads one whole reply or push with everything in it.
func (r *respReader) frame() ([]byte, error) { return r.append(nil) }

func (r *respReader) append(frame []byte) ([]byte, error) {
	for open := 1; open > 0; open-- {
		line, err := r.line()
		if err != nil {
			return nil, err
		}
		frame = append(frame, line...)
		n := count(line)
		switch line[0] {
		case '$', '=', '!':
			if n > maxBulk {
				return nil, fmt.Errorf("%w: a string of %d bytes", errFrame, n)
			}
			if n >= 0 {
				start := len(frame)
				frame = append(frame, make([]byte, n+2)...)
				if _, err := io.ReadFull(r.source, frame[start:]); err != nil {
					return nil, err
				}
			}
		case '*', '~', '>':
			open += max(n, 0)
		case '%':
			open += 2 * max(n, 0)
		case '|': // attributes, and then the reply that they belong to
			open += 2*max(n, 0) + 1
		}
	}
	return frame, nil
}

// line reads a header with its line ending.
func (r *respReader) line() ([]byte, error) {
	line, err := r.source.ReadBytes('\n')
	if err != nil {
		return nil, err
	}
	if len(line) < 3 || line[len(line)-2] != '\r' {
		return nil, fmt.Errorf("%w: %q", errFrame, line)
	}
	return line, nil
}

// count is the number in a header; -1 if it has none.
func count(line []byte) int {
	n, err := strconv.Atoi(string(bytes.TrimSpace(line[1:])))
	if err != nil {
		return -1
	}
	return n
}
