package curl

import (
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/mocloud/mocloud/pkg/importer/internal/source"
)

// command is a command: the words behind `curl`.
type command struct {
	at    *source.Node
	words []string
}

// commands splits a text into the commands of cURL in it, as a shell would: bash, or Windows' with its carets.
func commands(text string) (found []command) {
	s := shell{text: text, line: 1, caret: strings.Contains(text, "^\n") || strings.Contains(text, "^\r\n") || strings.Contains(text, `^"`)}
	var words []string
	line := 1
	end := func() {
		for len(words) > 0 && words[0] == "$" { // a prompt
			words = words[1:]
		}
		if len(words) > 0 && (words[0] == "curl" || words[0] == "curl.exe") {
			found = append(found, command{at: &source.Node{Line: line, Column: 1}, words: words[1:]})
		}
		words = nil
	}
	for {
		word, kind := s.next()
		switch kind {
		case wordEnd:
			end()
			return found
		case wordBreak:
			end()
		case wordText:
			if words == nil {
				line = s.start
			}
			words = append(words, word)
		}
	}
}

type wordKind uint8

const (
	wordText wordKind = iota
	wordBreak
	wordEnd
)

// shell reads words.
type shell struct {
	text        string
	at          int
	line, start int
	caret       bool
}

// next is the next word, or what ends a command: the end of a line, `;`, `|` or `&`.
func (s *shell) next() (string, wordKind) {
	for s.at < len(s.text) {
		switch c := s.text[s.at]; {
		case c == '\n':
			s.at++
			s.line++
			return "", wordBreak
		case c == ';', c == '|', c == '&':
			s.at++
			return "", wordBreak
		case c == ' ', c == '\t', c == '\r':
			s.at++
		case s.continued():
		case c == '#':
			for s.at < len(s.text) && s.text[s.at] != '\n' {
				s.at++
			}
		default:
			s.start = s.line
			return s.word(), wordText
		}
	}
	return "", wordEnd
}

// continued skips an end of a line that a command goes on behind.
func (s *shell) continued() bool {
	c := s.text[s.at]
	if c != '\\' && c != '`' && (!s.caret || c != '^') {
		return false
	}
	rest := strings.TrimPrefix(s.text[s.at+1:], "\r")
	if !strings.HasPrefix(rest, "\n") {
		return false
	}
	s.at = len(s.text) - len(rest) + 1
	s.line++
	return true
}

func (s *shell) word() string {
	var b strings.Builder
	for s.at < len(s.text) {
		c := s.text[s.at]
		switch {
		case strings.IndexByte(" \t\r\n;|&", c) >= 0:
			return b.String()
		case s.continued():
		case c == '\'':
			s.single(&b)
		case c == '"':
			s.double(&b)
		case c == '$' && strings.HasPrefix(s.text[s.at+1:], "'"):
			s.at++
			s.ansi(&b)
		case s.caret && strings.HasPrefix(s.text[s.at:], `^"`):
			s.at++
			s.double(&b)
		case (c == '\\' || s.caret && c == '^') && s.at+1 < len(s.text):
			b.WriteByte(s.text[s.at+1])
			s.at += 2
		default:
			b.WriteByte(c)
			s.at++
		}
	}
	return b.String()
}

// take writes a byte that stands in quotes.
func (s *shell) take(b *strings.Builder) {
	if s.text[s.at] == '\n' {
		s.line++
	}
	b.WriteByte(s.text[s.at])
	s.at++
}

func (s *shell) single(b *strings.Builder) {
	for s.at++; s.at < len(s.text) && s.text[s.at] != '\''; {
		s.take(b)
	}
	s.at = min(s.at+1, len(s.text))
}

func (s *shell) double(b *strings.Builder) {
	for s.at++; s.at < len(s.text); {
		switch c := s.text[s.at]; {
		case s.caret && strings.HasPrefix(s.text[s.at:], `^\^"`): // a quote in a text of Windows' shell
			b.WriteByte('"')
			s.at += 4
		case s.caret && strings.HasPrefix(s.text[s.at:], `^"`), c == '"':
			s.at++
			if c == '^' {
				s.at++
			}
			return
		case s.caret && c == '^' && s.at+1 < len(s.text):
			s.at++
			s.take(b)
		case c == '\\' && s.at+1 < len(s.text) && strings.IndexByte("\\\"$`\n", s.text[s.at+1]) >= 0:
			if s.at++; s.text[s.at] == '\n' {
				s.line++
				s.at++
				continue
			}
			s.take(b)
		default:
			s.take(b)
		}
	}
}

// ansi reads `$'…'`, with the escapes of C.
func (s *shell) ansi(b *strings.Builder) {
	for s.at++; s.at < len(s.text) && s.text[s.at] != '\''; {
		if s.text[s.at] != '\\' || s.at+1 == len(s.text) {
			s.take(b)
			continue
		}
		c := s.text[s.at+1]
		s.at += 2
		switch c {
		case 'n':
			b.WriteByte('\n')
		case 't':
			b.WriteByte('\t')
		case 'r':
			b.WriteByte('\r')
		case 'u':
			s.hex(b, 4)
		case 'U':
			s.hex(b, 8)
		case 'x':
			s.hex(b, 2)
		default:
			b.WriteByte(c)
		}
	}
	s.at = min(s.at+1, len(s.text))
}

// hex reads a character's number of at most so many digits.
func (s *shell) hex(b *strings.Builder, digits int) {
	end := s.at
	for end < len(s.text) && end-s.at < digits && strings.IndexByte("0123456789abcdefABCDEF", s.text[end]) >= 0 {
		end++
	}
	n, err := strconv.ParseUint(s.text[s.at:end], 16, 32)
	s.at = end
	switch {
	case err != nil:
	case digits == 2:
		b.WriteByte(byte(n))
	case n <= utf8.MaxRune:
		b.WriteRune(rune(n))
	}
}
