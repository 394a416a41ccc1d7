package mockspec

import (
	"bytes"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"
)

// formatter writes nodes with their comments.
type formatter struct {
	src  source
	out  []byte
	sort bool
	keep int // the end of the last block scalar whose empty lines count
}

// entries returns the entries of a map in the order in which they are written.
func (f *formatter) entries(n *yaml.Node, t *table) []pair {
	if !f.sort {
		t = nil
	}
	return ordered(n, t)
}

func (f *formatter) line(indent int, text string) {
	if text != "" {
		f.out = append(f.out, strings.Repeat(" ", indent)...)
		f.out = append(f.out, text...)
	}
	f.out = append(f.out, '\n')
}

// blank ends with one empty line, except at the start of a document.
func (f *formatter) blank() {
	if len(f.out) > 0 && !bytes.HasSuffix(f.out, []byte("\n\n")) && !bytes.HasSuffix(f.out, []byte("---\n")) {
		f.out = append(f.out, '\n')
	}
}

func (f *formatter) comment(indent int, text string) {
	for l := range strings.SplitSeq(text, "\n") {
		if l = strings.TrimSpace(l); l != "" {
			f.line(indent, l)
		} else if text != "" {
			f.blank()
		}
	}
}

// root writes the items of a document, one empty line between them.
func (f *formatter) root(n *yaml.Node) {
	if n.Kind != yaml.SequenceNode || len(n.Content) == 0 {
		if n.Kind == yaml.SequenceNode {
			f.line(0, "[]")
		}
		return
	}
	f.comment(0, n.HeadComment)
	for i, item := range n.Content {
		if i > 0 {
			f.blank()
		}
		f.item(item, 0, itemTable)
	}
	f.foot(0, n.FootComment)
}

// foot writes a comment that follows what it belongs to; the empty line keeps it from what comes after it.
func (f *formatter) foot(indent int, text string) {
	if text != "" {
		f.comment(indent, text)
		f.blank()
	}
}

// item writes one item of a block list.
func (f *formatter) item(n *yaml.Node, indent int, t *table) {
	f.comment(indent, n.HeadComment)
	if n.Kind == yaml.MappingNode && len(n.Content) > 0 && properties(n) == "" && f.flow(n) == "" {
		pairs := f.entries(n, t)
		f.comment(indent, pairs[0].key.HeadComment) // which cannot stand between `-` and the key
		for i, p := range pairs {
			lead := strings.Repeat(" ", indent+2)
			if i == 0 {
				lead = strings.Repeat(" ", indent) + "- "
			}
			f.entry(p, indent+2, lead, i > 0, t)
		}
		f.foot(indent, n.FootComment)
		return
	}
	f.value(n, strings.Repeat(" ", indent)+"-", indent, "", t)
	f.foot(indent, n.FootComment)
}

// entry writes one entry of a block map; lead is what stands before the key.
func (f *formatter) entry(p pair, indent int, lead string, head bool, t *table) {
	if head {
		f.comment(indent, p.key.HeadComment)
	}
	var child *table
	value := p.value
	if t != nil && p.key.Kind == yaml.ScalarNode {
		if i := t.find(p.key.Value); i >= 0 {
			child = t.keys[i].child
			if (t.keys[i].kind == kindMethod || t.keys[i].kind == kindMethods) && value.Kind == yaml.ScalarNode && value.Style == 0 {
				upper := *value
				upper.Value = strings.ToUpper(value.Value)
				value = &upper
			}
		}
	}
	f.comment(indent, value.HeadComment)
	f.value(value, lead+f.keyText(p.key)+":", indent, p.key.LineComment, child)
	f.foot(indent, value.FootComment)
	f.foot(indent, p.key.FootComment)
}

func (f *formatter) keyText(k *yaml.Node) string {
	if k.Kind == yaml.AliasNode {
		return "*" + k.Value + " "
	}
	s, _ := inline(k)
	return strings.TrimPrefix(properties(k)+" "+s, " ")
}

// value writes what stands behind lead, which is a `-` or a key with its colon, and ends the line.
func (f *formatter) value(n *yaml.Node, lead string, indent int, comment string, t *table) {
	end := strings.Join(slices.DeleteFunc(strings.Split("\n"+comment+"\n"+n.LineComment, "\n"), func(l string) bool { return l == "" }), " ")
	if end != "" {
		end = " " + end
	}
	if p := properties(n); p != "" {
		lead += " " + p
	}
	if n.Kind == yaml.AliasNode {
		f.line(0, lead+" *"+n.Value+end)
		return
	}
	if s := f.flow(n); s != "" {
		f.line(0, lead+" "+s+end)
		return
	}
	switch n.Kind {
	case yaml.MappingNode:
		f.line(0, lead+end)
		for _, p := range f.entries(n, t) {
			f.entry(p, indent+2, strings.Repeat(" ", indent+2), true, t)
		}
	case yaml.SequenceNode:
		f.line(0, lead+end)
		for _, c := range n.Content {
			f.item(c, indent+2, t)
		}
	default:
		if s, ok := inline(n); ok {
			if s != "" {
				s = " " + s
			}
			f.line(0, lead+s+end)
			return
		}
		header, lines := f.block(n)
		f.line(0, lead+" "+header+end)
		for _, l := range lines {
			f.line(indent+2, l)
		}
		if strings.HasSuffix(header, "+") {
			f.keep = len(f.out)
		}
	}
}
