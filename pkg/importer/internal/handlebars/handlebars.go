// Package handlebars reads the templates of other tools, so that an importer can translate them. Nothing is executed.
package handlebars

import (
	"errors"
	"strings"
)

// Node is a part of a template: a text, or a call of a helper, with what stands between its tags if it is a block.
type Node struct {
	Text   string // of a text
	Call   *Call
	Block  bool
	Body   []*Node
	Else   []*Node
	Source string // the tag as it is written; of a block the whole of it
}

// Call is a helper or a name, with its arguments.
type Call struct {
	Name string // "" if it is a literal, which is then the only argument
	Args []Arg
}

// Kind is what an argument is.
type Kind uint8

// The kinds of arguments.
const (
	Text   Kind = iota // in quotes
	Word               // a number, true or false
	Name               // a name or a path of names
	Inner              // a call in parentheses
	Option             // `key=value`, which stands in Value and Call.Args[0]
)

// Arg is an argument.
type Arg struct {
	Kind  Kind
	Value string
	Call  *Call
}

// The bounds of a template.
const (
	maxBytes = 1 << 20
	maxDepth = 30
)

var (
	errSyntax = errors.New("it is not a Handlebars template")
	errBounds = errors.New("the template is too large or nested too deep")
)

// Parse reads a template in time in proportion to its size.
func Parse(text string) ([]*Node, error) {
	if len(text) > maxBytes {
		return nil, errBounds
	}
	p := parser{text: text}
	nodes, end, err := p.nodes(0)
	if err == nil && end != "" {
		err = errSyntax
	}
	return nodes, err
}

type parser struct {
	text string
	at   int
}

// nodes reads up to the end of the text or of the block that they are in; end is the tag that ended them.
func (p *parser) nodes(depth int) (nodes []*Node, end string, err error) {
	if depth > maxDepth {
		return nil, "", errBounds
	}
	for p.at < len(p.text) {
		open := strings.Index(p.text[p.at:], "{{")
		if open < 0 {
			nodes = append(nodes, &Node{Text: p.text[p.at:]})
			p.at = len(p.text)
			return nodes, "", nil
		}
		start := p.at + open
		if escaped := start > p.at && p.text[start-1] == '\\'; escaped {
			nodes = append(nodes, &Node{Text: p.text[p.at:start-1] + "{{"})
			p.at = start + 2
			continue
		}
		if open > 0 {
			nodes = append(nodes, &Node{Text: p.text[p.at:start]})
		}
		tag, ok := p.tag(start)
		if !ok {
			return nil, "", errSyntax
		}
		switch {
		case tag == "" || tag[0] == '!':
		case tag[0] == '/', tag[0] == '^', tag == "else", strings.HasPrefix(tag, "else "):
			return nodes, tag, nil
		case tag[0] == '#':
			n, err := p.block(start, tag[1:], depth)
			if err != nil {
				return nil, "", err
			}
			nodes = append(nodes, n)
		default:
			c, err := call(strings.TrimPrefix(tag, "&"))
			if err != nil {
				return nil, "", err
			}
			nodes = append(nodes, &Node{Call: c, Source: p.text[start:p.at]})
		}
	}
	return nodes, "", nil
}

// tag reads the tag that begins at start.
func (p *parser) tag(start int) (string, bool) {
	rest := p.text[start:]
	if comment := strings.TrimPrefix(rest[2:], "~"); strings.HasPrefix(comment, "!--") {
		end := strings.Index(rest, "--}}")
		if end < 0 {
			end = strings.Index(rest, "--~}}")
		}
		if end < 0 {
			return "", false
		}
		p.at = start + end + strings.Index(rest[end:], "}}") + 2
		return "!", true
	}
	begin, closing := 2, "}}"
	if strings.HasPrefix(rest, "{{{") {
		begin, closing = 3, "}}}"
	}
	quote := byte(0)
	for i := begin; i < len(rest); i++ {
		switch c := rest[i]; {
		case quote != 0:
			if c == quote {
				quote = 0
			}
		case c == '"' || c == '\'':
			quote = c
		case strings.HasPrefix(rest[i:], closing):
			p.at = start + i + len(closing)
			return strings.TrimSpace(strings.Trim(rest[begin:i], "~")), true
		case c == '{':
			return "", false
		}
	}
	return "", false
}

// block reads a block behind its first tag.
func (p *parser) block(start int, tag string, depth int) (*Node, error) {
	c, err := call(tag)
	if err != nil {
		return nil, err
	}
	n := &Node{Call: c, Block: true}
	body, end, err := p.nodes(depth + 1)
	if err != nil {
		return nil, err
	}
	n.Body = body
	switch inner, chained := strings.CutPrefix(end, "else "); {
	case chained: // the rest is a block of its own, and ends with this one
		last, err := p.block(p.at, inner, depth+1)
		if err != nil {
			return nil, err
		}
		last.Source = ""
		n.Else = []*Node{last}
		n.Source = p.text[start:p.at]
		return n, nil
	case end == "else", end == "^":
		if n.Else, end, err = p.nodes(depth + 1); err != nil {
			return nil, err
		}
	}
	if !strings.HasPrefix(end, "/") {
		return nil, errSyntax
	}
	n.Source = p.text[start:p.at]
	return n, nil
}

// call reads what stands in a tag.
func call(text string) (*Call, error) {
	r := reader{text: text}
	c, err := r.call(0)
	if err == nil && r.at < len(r.text) {
		err = errSyntax
	}
	return c, err
}

type reader struct {
	text string
	at   int
}

func (r *reader) call(depth int) (*Call, error) {
	if depth > maxDepth {
		return nil, errBounds
	}
	c := &Call{}
	for first := true; ; first = false {
		for r.at < len(r.text) && strings.IndexByte(" \t\r\n", r.text[r.at]) >= 0 {
			r.at++
		}
		if r.at == len(r.text) || r.text[r.at] == ')' {
			if first {
				return nil, errSyntax
			}
			return c, nil
		}
		a, err := r.arg(depth)
		if err != nil {
			return nil, err
		}
		if first && a.Kind == Name {
			c.Name = a.Value
			continue
		}
		c.Args = append(c.Args, a)
	}
}

func (r *reader) arg(depth int) (Arg, error) {
	switch c := r.text[r.at]; c {
	case '(':
		r.at++
		inner, err := r.call(depth + 1)
		if err != nil {
			return Arg{}, err
		}
		if r.at == len(r.text) {
			return Arg{}, errSyntax
		}
		r.at++ // the closing parenthesis
		return Arg{Kind: Inner, Call: inner}, nil
	case '"', '\'':
		end := strings.IndexByte(r.text[r.at+1:], c)
		if end < 0 {
			return Arg{}, errSyntax
		}
		value := r.text[r.at+1 : r.at+1+end]
		r.at += end + 2
		return Arg{Kind: Text, Value: value}, nil
	}
	start := r.at
	for r.at < len(r.text) && strings.IndexByte(" \t\r\n()\"'=|", r.text[r.at]) < 0 {
		r.at++
	}
	word := r.text[start:r.at]
	switch {
	case r.at < len(r.text) && r.text[r.at] == '=' && word != "":
		if r.at++; r.at == len(r.text) || r.text[r.at] == ')' {
			return Arg{}, errSyntax
		}
		value, err := r.arg(depth + 1)
		return Arg{Kind: Option, Value: word, Call: &Call{Args: []Arg{value}}}, err
	case word == "":
		return Arg{}, errSyntax
	case word == "true", word == "false", isNumber(word):
		return Arg{Kind: Word, Value: word}, nil
	}
	return Arg{Kind: Name, Value: word}, nil
}

func isNumber(word string) bool {
	digits := strings.TrimPrefix(word, "-")
	return digits != "" && digits[0] != '.' && strings.Trim(digits, "0123456789.") == "" && strings.Count(digits, ".") < 2
}
