package external

import (
	"archive/zip"
	"bytes"
	"encoding/json"
	"io"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"

	"github.com/mocloud/mocloud/pkg/apperr"
)

// workbook builds an XLSX file.
func workbook(t testing.TB, build func(f *excelize.File) error) []byte {
	t.Helper()
	f := excelize.NewFile()
	if err := build(f); err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if err := f.Write(&out); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func setRows(f *excelize.File, sheet string, rows ...[]any) error {
	for i, row := range rows {
		at, err := excelize.CoordinatesToCellName(1, i+1)
		if err != nil {
			return err
		}
		if err := f.SetSheetRow(sheet, at, &row); err != nil {
			return err
		}
	}
	return nil
}

func TestSheetJSON(t *testing.T) {
	t.Parallel()
	custom := `yyyy"-"mm`
	red := `[Red]0.00 "days"`
	data := workbook(t, func(f *excelize.File) error {
		if err := setRows(
			f, "Sheet1",
			[]any{"id", " name ", "", "salary", "admin", "zip", "born", "id", "rate", "note"},
			[]any{1, `Al "ice" & <é>`, "ignored", 85000.5, true, "01234", time.Date(1999, 12, 31, 0, 0, 0, 0, time.UTC), "x", 0.1 + 0.2, nil},
			[]any{2, nil, nil, 1e21, false, "42", time.Date(2024, 2, 29, 13, 14, 15, 0, time.UTC)},
			[]any{},
			[]any{12345678901234, "last"},
		); err != nil {
			return err
		}
		if _, err := f.NewSheet("Other"); err != nil {
			return err
		}
		if err := setRows(f, "Other", []any{"when", "t", "len", "days"}, []any{45000, 0.75, 1.5, 3}); err != nil {
			return err
		}
		for at, style := range map[string]*excelize.Style{"A2": {CustomNumFmt: &custom}, "B2": {NumFmt: 20}, "C2": {NumFmt: 46}, "D2": {CustomNumFmt: &red}} {
			id, err := f.NewStyle(style)
			if err != nil {
				return err
			}
			if err := f.SetCellStyle("Other", at, at, id); err != nil {
				return err
			}
		}
		return nil
	})
	files := &fakeFiles{files: map[string]string{"w1/d.xlsx": string(data), "w1/no.xlsx": "PK nothing"}}
	l := newLoader(t, Config{}, Deps{Files: files})
	tests := []struct{ path, sheet, want, says string }{
		{"d.xlsx", "", `[{"id":1,"name":"Al \"ice\" & <é>","salary":85000.5,"admin":true,"zip":"01234","born":"1999-12-31","id_2":"x","rate":0.3,"note":null},` +
			`{"id":2,"name":null,"salary":1e+21,"admin":false,"zip":"42","born":"2024-02-29T13:14:15","id_2":null,"rate":null,"note":null},` +
			`{"id":12345678901234,"name":"last","salary":null,"admin":null,"zip":null,"born":null,"id_2":null,"rate":null,"note":null}]`, ""},
		{"d.xlsx", "Other", `[{"when":"2023-03-15","t":"18:00:00","len":1.5,"days":3}]`, ""},
		{"d.xlsx", "Nope", "", `it has no sheet "Nope"; its sheets are: Sheet1, Other`},
		{"no.xlsx", "", "", "not a readable XLSX file"},
	}
	for _, tt := range tests {
		c, err := l.Load(t.Context(), Request{WorkspaceID: "w1", Provider: ProviderXLSX, Path: tt.path, Sheet: tt.sheet})
		if tt.says != "" {
			if apperr.CodeOf(err) != apperr.Invalid || !strings.Contains(err.Error(), tt.says) {
				t.Errorf("%s %s: %v, want %q", tt.path, tt.sheet, err, tt.says)
			}
			continue
		}
		if err != nil || string(c.Data) != tt.want || !c.JSON {
			t.Errorf("%s %s: %v\n got %s\nwant %s", tt.path, tt.sheet, err, c.Data, tt.want)
		}
	}
	// The same file without provider xlsx passes through.
	c, err := load(t, l, "d.xlsx")
	if err != nil || !bytes.Equal(c.Data, data) || !strings.Contains(c.MediaType, "spreadsheetml") {
		t.Errorf("pass through: %q %v", c.MediaType, err)
	}
}

// repack copies an archive with some parts replaced.
func repack(t testing.TB, data []byte, parts map[string]string) []byte {
	t.Helper()
	r, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	w := zip.NewWriter(&out)
	for _, f := range r.File {
		to, err := w.Create(f.Name)
		if err != nil {
			t.Fatal(err)
		}
		if content, ok := parts[f.Name]; ok {
			_, err = io.WriteString(to, content)
		} else {
			var from io.ReadCloser
			if from, err = f.Open(); err == nil {
				_, err = io.Copy(to, from)
			}
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func TestHostileSheets(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir()) // not what others leave behind
	plain := workbook(t, func(f *excelize.File) error { return setRows(f, "Sheet1", []any{"a"}, []any{"b"}) })
	sheet := func(rows string) string {
		return `<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>` + rows + `</sheetData></worksheet>`
	}
	const sheet1, texts, styles = "xl/worksheets/sheet1.xml", "xl/sharedStrings.xml", "xl/styles.xml"
	sst := func(si string) string {
		return `<sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">` + si + `</sst>`
	}
	tests := map[string]struct {
		data []byte
		says string
	}{
		"zip bomb":        {repack(t, plain, map[string]string{sheet1: strings.Repeat(" ", 5<<20)}), "uncompressed, it is larger"},
		"styles bomb":     {repack(t, plain, map[string]string{styles: strings.Repeat("<xf/>", 1<<19)}), "not a readable XLSX file"},
		"row number":      {repack(t, plain, map[string]string{sheet1: sheet(`<row r="1048576"><c r="A1048576"><v>1</v></c></row>`)}), "more than 100 rows"},
		"rows":            {repack(t, plain, map[string]string{sheet1: sheet(strings.Repeat(`<row><c><v>1</v></c></row>`, 101))}), "more than 100 rows"},
		"column":          {repack(t, plain, map[string]string{sheet1: sheet(`<row r="1"><c r="XFD1"><v>1</v></c></row>`)}), "columns"},
		"cells":           {repack(t, plain, map[string]string{sheet1: sheet(`<row r="1">` + strings.Repeat(`<c r="A1"/>`, 1001) + `</row>`)}), "more than 1000 cells"},
		"texts":           {repack(t, plain, map[string]string{texts: sst(strings.Repeat("<si/>", 1001))}), "different texts"},
		"long text":       {repack(t, plain, map[string]string{texts: sst("<si><t>" + strings.Repeat("x", maxCellText+1) + "</t></si>")}), "text is longer"},
		"output":          {repack(t, plain, map[string]string{texts: sst("<si><t>" + strings.Repeat("x", 50_000) + "</t></si>"), sheet1: sheet(strings.Repeat(`<row><c t="s"><v>0</v></c></row>`, 50))}), "larger than"},
		"broken xml":      {repack(t, plain, map[string]string{sheet1: sheet("<row><c")}), "not a readable XLSX file"},
		"truncated":       {plain[:len(plain)/2], "not a readable XLSX file"},
		"negative string": {repack(t, plain, map[string]string{sheet1: sheet(`<row r="1"><c r="A1" t="s"><v>-5</v></c></row><row r="2"><c r="A2" t="s"><v>99999999999999999999</v></c></row>`)}), ""},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			l := newLoader(t, Config{MaxRows: 100, MaxCells: 1000, MaxSheetXML: 4 << 20, MaxBytes: 1 << 20}, Deps{Files: &fakeFiles{files: map[string]string{"w1/x": string(tt.data)}}})
			c, err := l.Load(t.Context(), Request{WorkspaceID: "w1", Provider: ProviderXLSX, Path: "x"})
			if tt.says == "" {
				if err != nil {
					t.Fatalf("%v", err)
				}
				return
			}
			if err == nil || !strings.Contains(err.Error(), tt.says) {
				t.Fatalf("%q %v, want an error that says %q", c.Data, err, tt.says)
			}
		})
	}
	entries, err := os.ReadDir(os.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), "excelize-") {
			t.Errorf("the library left a temporary file: %s", e.Name())
		}
	}
}

// FuzzSheetJSON changes the parts of an archive and not the archive itself, whose checksums would hide them.
func FuzzSheetJSON(f *testing.F) {
	plain := workbook(f, func(x *excelize.File) error { return setRows(x, "Sheet1", []any{"a"}, []any{"b"}) })
	for _, rows := range []string{
		`<row r="1"><c r="A1" t="s"><v>0</v></c></row><row r="2"><c r="A2" s="1"><v>45000.5</v></c><c r="C2" t="b"><v>1</v></c></row>`,
		`<row><c t="inlineStr"><is><t>a</t></is></c></row><row r="9"><c t="e"><v>#DIV/0!</v></c></row>`,
	} {
		f.Add(`<worksheet><sheetData>`+rows+`</sheetData></worksheet>`, `<sst><si><t>name</t></si><si><r><t>x</t></r></si></sst>`, `<styleSheet><cellXfs><xf/><xf numFmtId="14"/></cellXfs></styleSheet>`)
	}
	l := New(Config{MaxSheetXML: 1 << 20, MaxRows: 1000}, Deps{})
	f.Fuzz(func(t *testing.T, sheet, texts, styles string) {
		data := repack(t, plain, map[string]string{"xl/worksheets/sheet1.xml": sheet, "xl/sharedStrings.xml": texts, "xl/styles.xml": styles})
		out, err := l.sheetJSON(t.Context(), data, "")
		if err == nil && !json.Valid(out) {
			t.Fatalf("not JSON: %q", out)
		}
	})
}

func BenchmarkSheetJSON(b *testing.B) {
	data := workbook(b, func(f *excelize.File) error {
		rows := [][]any{{"id", "name", "price", "when"}}
		for i := range 2000 {
			rows = append(rows, []any{i, "name", 1.5, time.Unix(int64(i)*86400, 0)})
		}
		return setRows(f, "Sheet1", rows...)
	})
	l := New(Config{}, Deps{})
	b.ReportAllocs()
	for b.Loop() {
		if _, err := l.sheetJSON(b.Context(), data, ""); err != nil {
			b.Fatal(err)
		}
	}
}
