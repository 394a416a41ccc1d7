package file

import (
	"archive/zip"
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/mocloud/mocloud/pkg/apperr"
	"github.com/mocloud/mocloud/pkg/files"
)

const png = "\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR"

func TestMediaTypes(t *testing.T) {
	var sheet bytes.Buffer
	z := zip.NewWriter(&sheet)
	for _, name := range []string{"[Content_Types].xml", "xl/workbook.xml"} {
		if _, err := z.Create(name); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	const (
		html = "<!DOCTYPE html><html><body>Not found</body></html>"
		json = `[{"id": 1}]`
		xlsx = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
	)
	for _, c := range []struct{ name, declared, content, want string }{ // want "": refused
		{"a.json", "", json, "application/json"},
		{"a.json", "application/octet-stream", json, "application/json"},
		{"a.json", "application/x-www-form-urlencoded", json, "application/json"},
		{"a.json", "text/plain; charset=utf-8", json, "text/plain; charset=utf-8"},
		{"a.json", "", `{"id": {{path-params.id}}}`, "application/json"},
		{"a.json", "", "", "application/json"},
		{"a.json", "", html, ""},
		{"a.json", "", png, ""},
		{"a.json", "", "\x00\x01\x02\xff", ""},
		{"a.json", "image/png", png, "image/png"},
		{"a.png", "", html, ""},
		{"a.png", "", png, "image/png"},
		{"a.png", "image/jpeg", png, ""},
		{"a", "", png, "image/png"},
		{"a", "", json, "application/json"},
		{"a", "", "hello", "text/plain; charset=utf-8"},
		{"a", "", "\x00\x01\x02\xff", "application/octet-stream"},
		{"a.bin", "application/x-protobuf", "\x00\x01\x02\xff", "application/x-protobuf"},
		{"a", "application/vnd.acme+json", json, "application/vnd.acme+json"},
		{"a", "application/vnd.acme+json", html, ""},
		{"a", "application/vnd.acme", png, ""},
		{"a.yml", "", "a: 1\n", "application/yaml"},
		{"a.csv", "", "a,b\n1,2\n", "text/csv; charset=utf-8"},
		{"a.svg", "", "<svg xmlns='http://www.w3.org/2000/svg'/>", "image/svg+xml"},
		{"a.xlsx", "", sheet.String(), xlsx},
		{"a.xlsx", "application/zip", sheet.String(), "application/zip"},
		{"a.xlsx", "", "PK\x03\x04 and what follows", xlsx},
		{"a.xlsx", "", json, ""},
		{"a", "no media type", json, ""},
		{"a", "text/plain; charset", json, ""},
		{"a", "json", json, ""},
	} {
		body := &content{from: strings.NewReader(c.content), limit: 1 << 20}
		got, err := body.sniff(c.name, c.declared)
		if got != c.want || (c.want == "" && apperr.CodeOf(err) != apperr.Invalid) {
			t.Errorf("%s as %q, %.20q: %q, %v; want %q", c.name, c.declared, c.content, got, err, c.want)
		}
	}
}

func TestNames(t *testing.T) {
	for _, name := range []string{"users.json", "data/2024/a b.xlsx", ".hidden", "日本.json", strings.Repeat("a", 255)} {
		if err := checkName(name); err != nil {
			t.Errorf("%q: %v", name, err)
		}
	}
	for name, says := range map[string]string{
		"": "empty", "/etc/passwd": "absolute", "../x": `".."`, "a/../b": `".."`, `a\b`: `"\"`, "a//b": `write "a/b"`, "./a": `write "a"`, "a/": "folder",
		"c:/x": "drive", "a\x00": "control", "a\xff": "UTF-8", "http://x/y": "not in its plain form", "{{x}}.json": "template", " a": "space", "a\u200bb": "invisible character",
		"a\u202eb": "invisible character", strings.Repeat("a", 256): "256 bytes",
	} {
		if err := checkName(name); apperr.CodeOf(err) != apperr.Invalid || !strings.Contains(err.Error(), says) {
			t.Errorf("%q: %v", name, err)
		}
	}
}

// Whatever is uploaded as whatever: nothing panics, and names that are taken lead nowhere else.
func FuzzSniff(f *testing.F) {
	f.Add("a.json", "application/json", []byte(`{}`))
	f.Add("../x", "image/png; a=b", []byte(png))
	f.Fuzz(func(t *testing.T, name, declared string, data []byte) {
		if checkName(name) == nil {
			if clean, _ := files.Clean(name); clean != name {
				t.Errorf("%q was accepted and is %q", name, clean)
			}
		}
		body := &content{from: bytes.NewReader(data), limit: 1 << 20}
		media, err := body.sniff(name, declared)
		if err == nil && (media == "" || strings.ContainsAny(media, "\r\n")) {
			t.Errorf("%q", media)
		}
	})
}

func TestContentIsBounded(t *testing.T) {
	read := func(from io.Reader, limit int64) (*content, error) {
		c := &content{from: from, limit: limit}
		if _, err := c.sniff("a", ""); err != nil {
			return c, err
		}
		_, err := io.Copy(io.Discard, c)
		if err != nil {
			err = c.explain(err)
		}
		return c, err
	}
	if c, err := read(strings.NewReader("12345"), 5); err != nil || c.size != 5 || c.sum() != "5994471abb01112afcc18159f6cc74b4f511b99806da59b3caf5a9c173cacfc5" {
		t.Errorf("%v, %d bytes, %s", err, c.size, c.sum())
	}
	if _, err := read(strings.NewReader("123456"), 5); apperr.CodeOf(err) != apperr.TooLarge {
		t.Errorf("too large: %v", err)
	}
	for _, after := range []int{0, sniffed + 1} { // in the part that is sniffed, and behind it
		cut := io.MultiReader(strings.NewReader(strings.Repeat("x", after)), iotest.ErrReader(io.ErrUnexpectedEOF))
		if after == 0 {
			cut = iotest.ErrReader(errors.New("connection reset"))
		}
		if _, err := read(cut, 1<<20); apperr.CodeOf(err) != apperr.Invalid {
			t.Errorf("cut after %d: %v", after, err)
		}
	}
}
