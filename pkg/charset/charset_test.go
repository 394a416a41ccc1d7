package charset_test

import (
	"testing"

	"github.com/mocloud/mocloud/pkg/charset"
)

func TestCharsets(t *testing.T) {
	for _, c := range []struct{ mediaType, text, want, back string }{
		{"text/plain", "café", "café", "café"},
		{"text/plain; charset=utf-8", "café", "café", "café"},
		{"text/plain; charset=\"UTF-8\"", "café", "café", "café"},
		{"text/plain; charset=ISO-8859-1", "café", "caf\xe9", "café"},
		{"TEXT/HTML; Charset=\"iso-8859-1\"", "café", "caf\xe9", "café"},
		{"text/plain; charset=latin1", "5 €, é", "5 ?, \xe9", "5 ?, é"},
		{"text/plain; charset=ISO-8859-15", "5 €", "5 \xa4", "5 €"},
		{"text/plain; charset=windows-1252", "5 €", "5 \x80", "5 €"},
		{"text/plain; charset=us-ascii", "café", "caf?", "caf?"},
		{"text/csv; charset=UTF-16LE", "é", "\xe9\x00", "é"},
		{"text/csv; charset=utf-16be", "é", "\x00\xe9", "é"},
		{"text/csv; charset=UTF-16", "é", "\xfe\xff\x00\xe9", "é"},
		{"text/plain; charset=Shift_JIS", "日本 é", "\x93\xfa\x96\x7b ?", "日本 ?"},
		{"text/plain; charset=koi8-r", "да", "\xc4\xc1", "да"},
		{"application/json; charset=ISO-8859-1", "é", "é", "é"},
		{"application/problem+json; charset=ISO-8859-1", "é", "é", "é"},
		{"text/plain; charset", "é", "é", "é"},
	} {
		found, err := charset.Of(c.mediaType)
		if err != nil {
			t.Errorf("%s: %v", c.mediaType, err)
			continue
		}
		got := found.Encode([]byte(c.text))
		if string(got) != c.want {
			t.Errorf("%s: %q, want %q", c.mediaType, got, c.want)
		}
		if back := string(found.Decode(got)); back != c.back {
			t.Errorf("%s: back to %q, want %q", c.mediaType, back, c.back)
		}
	}
	if _, err := charset.Of("text/plain; charset=klingon"); err == nil || err.Error() != `the charset "klingon" is unknown` {
		t.Errorf("an unknown one: %v", err)
	}
}

// FuzzDecode: no bytes do harm.
func FuzzDecode(f *testing.F) {
	f.Add("utf-16", []byte{0xd8, 0, 0xff})
	f.Add("iso-2022-jp", []byte("\x1b$B"))
	f.Fuzz(func(t *testing.T, name string, data []byte) {
		c, err := charset.Of("text/plain; charset=" + name)
		if err != nil {
			return
		}
		if n := len(c.Decode(data)); n > 8*len(data)+8 {
			t.Fatalf("%s: %d bytes became %d", name, len(data), n)
		}
	})
}
