package mockspec_test

import (
	"encoding/json"
	"strings"

	"pgregory.net/rapid"
)

// genYAML draws documents as people write them: all styles of texts, comments in many places, any indentation.
func genYAML() *rapid.Generator[string] {
	return rapid.Custom(func(t *rapid.T) string {
		w := &yamlWriter{t: t, step: rapid.SampledFrom([]int{2, 3, 4}).Draw(t, "step")}
		for i := range rapid.IntRange(1, 3).Draw(t, "items") {
			if i > 0 && rapid.Bool().Draw(t, "blank") {
				w.out.WriteString("\n")
			}
			w.comment(0)
			w.out.WriteString("- endpoint:" + w.tail() + "\n")
			w.endpoint()
		}
		if rapid.Bool().Draw(t, "foot") {
			w.out.WriteString("# the end\n")
		}
		return w.out.String()
	})
}

type yamlWriter struct {
	t    *rapid.T
	out  strings.Builder
	step int
	n    int
}

func (w *yamlWriter) flip(name string) bool { return rapid.IntRange(0, 2).Draw(w.t, name) == 2 }

func (w *yamlWriter) pad(level int) string {
	if level == 0 {
		return ""
	}
	return "  " + strings.Repeat(" ", level*w.step)
}

func (w *yamlWriter) comment(level int) {
	if w.flip("comment") {
		w.n++
		w.out.WriteString(w.pad(level) + "# comment " + strings.Repeat("i", w.n) + "\n")
	}
}

func (w *yamlWriter) tail() string {
	if w.flip("tail") {
		w.n++
		return "  # tail " + strings.Repeat("i", w.n)
	}
	return ""
}

func (w *yamlWriter) line(level int, text string) {
	w.comment(level)
	w.out.WriteString(w.pad(level) + text + w.tail() + "\n")
}

func (w *yamlWriter) endpoint() {
	parts := []func(){
		func() {
			w.line(1, "path: "+rapid.SampledFrom([]string{"/a", "'/b/:id|int'", `"/c"`}).Draw(w.t, "path"))
		},
		func() { w.line(1, "method: "+rapid.SampledFrom([]string{"get", "POST", "Delete"}).Draw(w.t, "method")) },
		func() { w.line(1, "query: {page: int,size:   int}") },
		func() {
			w.line(1, "response:")
			w.line(2, "status: 201")
			w.line(2, "headers:")
			w.line(3, "Content-Type: text/plain")
			w.body(2)
		},
	}
	for _, i := range rapid.Permutation([]int{0, 1, 2, 3}).Draw(w.t, "order") {
		parts[i]()
	}
}

func (w *yamlWriter) body(level int) {
	w.comment(level)
	pad, deeper := w.pad(level), w.pad(level+1)
	switch rapid.IntRange(0, 6).Draw(w.t, "body") {
	case 0, 1:
		mark := rapid.SampledFrom([]string{"|", ">", "|-", ">-", "|+", ">+", "|2", ">2-"}).Draw(w.t, "mark")
		w.out.WriteString(pad + "body: " + mark + w.tail() + "\n")
		if strings.Contains(mark, "2") {
			deeper = pad + "  "
		}
		lines := rapid.SliceOfN(rapid.SampledFrom([]string{"text", "", "  more", "# no comment", "{", "}", "\"a\": 1", "tail  ", "é"}), 1, 5).Draw(w.t, "lines")
		lines[0] = "first"
		for _, l := range lines {
			if l != "" {
				l = deeper + l
			}
			w.out.WriteString(l + "\n")
		}
	case 2:
		w.out.WriteString(pad + "body: one\n" + deeper + "two\n" + deeper + "three\n")
	case 3:
		w.out.WriteString(pad + "body: \"one\\u00e9 \\\n" + deeper + "two\n\n" + deeper + "three\"\n")
	case 4:
		b, err := json.Marshal(genText().Draw(w.t, "text"))
		if err != nil {
			w.t.Fatal(err)
		}
		w.out.WriteString(pad + "body: " + strings.Map(allowed, string(b)) + w.tail() + "\n")
	case 5:
		w.out.WriteString(pad + "body: {a: [1, 2.50,{b: c}], \"d\": 'it''s',e:  }" + w.tail() + "\n")
	case 6:
		w.out.WriteString(pad + "body:" + w.tail() + "\n")
		w.line(level+1, "list:")
		w.line(level+2, "- a")
		w.line(level+2, "- {b: 1}")
		w.line(level+2, "- c: 1")
		w.out.WriteString(w.pad(level+2) + "  d: 2\n")
		w.line(level+2, "- - nested")
		w.out.WriteString(w.pad(level+2) + "  - list\n")
		w.line(level+1, "last: [\n"+w.pad(level+2)+"1,\n"+w.pad(level+2)+"2]")
	}
}

// allowed drops the characters that a document cannot have.
func allowed(c rune) rune {
	if c >= 0x7f && c < 0xa0 || c == 0xfeff || c == 0xfffe || c == 0xffff {
		return -1
	}
	return c
}
