package external

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/xuri/excelize/v2"

	"github.com/mocloud/mocloud/pkg/apperr"
)

// sheetJSON reads one sheet of an XLSX file as a JSON array of objects. The first row names the keys; columns
// without a name and rows without a value are left out. Numbers and booleans stay what they are, dates and times
// become ISO 8601 text, empty cells null, and everything else is text.
func (l *Loader) sheetJSON(ctx context.Context, data []byte, sheet string) (out []byte, err error) {
	// The library reads files from strangers; a file that trips it must cost its owner an error and nobody else anything.
	defer func() {
		if p := recover(); p != nil {
			out, err = nil, notXLSX(fmt.Errorf("panic while reading: %v", p))
		}
	}()
	if err := checkArchive(data, l.cfg.MaxSheetXML); err != nil {
		return nil, err
	}
	f, err := excelize.OpenReader(bytes.NewReader(data), excelize.Options{
		RawCellValue: true, UnzipSizeLimit: l.cfg.MaxSheetXML, UnzipXMLSizeLimit: l.cfg.MaxSheetXML,
	})
	if err != nil {
		return nil, notXLSX(err)
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	if part, ok := f.Pkg.Load("xl/sharedStrings.xml"); ok {
		if err := checkStrings(ctx, part.([]byte), l.cfg.MaxCells); err != nil {
			return nil, err
		}
	}

	names := f.GetSheetList()
	if sheet == "" && len(names) > 0 {
		sheet = names[0]
	}
	cells, err := l.cellKinds(ctx, f, sheet)
	if err != nil {
		if errors.Is(err, errNoSheet) {
			return nil, apperr.New(apperr.Invalid, "it has no sheet %q; its sheets are: %s", sheet, clip(strings.Join(names, ", ")))
		}
		return nil, err
	}
	rows, err := f.Rows(sheet)
	if err != nil {
		return nil, notXLSX(err)
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	w := &rowWriter{cells: cells, limit: l.cfg.MaxBytes, buf: []byte{'['}}
	for number := 1; rows.Next(); number++ {
		if number > l.cfg.MaxRows {
			return nil, tooManyRows(l.cfg.MaxRows)
		}
		if err := ctx.Err(); err != nil {
			return nil, apperr.New(apperr.Unavailable, "the spreadsheet was not read in time").WithCause(err)
		}
		values, err := rows.Columns()
		if err != nil {
			return nil, notXLSX(err)
		}
		if number == 1 {
			w.header(values)
		} else if err := w.row(number, values); err != nil {
			return nil, err
		}
	}
	if err := rows.Error(); err != nil {
		return nil, notXLSX(err)
	}
	return append(w.buf, ']'), nil
}

func notXLSX(err error) error {
	return apperr.New(apperr.Invalid, "it is not a readable XLSX file").WithCause(err)
}

func tooManyRows(most int) error {
	return apperr.New(apperr.TooLarge, "the sheet has more than %d rows", most)
}

// rowWriter writes rows as JSON objects.
type rowWriter struct {
	cells cellKinds
	keys  [][]byte // `"name":` by column; nil for a column without a name
	buf   []byte
	limit int64
}

func (w *rowWriter) header(values []string) {
	seen := map[string]int{}
	for _, name := range values {
		name = strings.TrimSpace(name)
		if name == "" {
			w.keys = append(w.keys, nil)
			continue
		}
		seen[name]++
		if n := seen[name]; n > 1 {
			name = fmt.Sprintf("%s_%d", name, n)
		}
		w.keys = append(w.keys, append(appendJSON(nil, name), ':'))
	}
}

func (w *rowWriter) row(number int, values []string) error {
	if strings.Join(values, "") == "" {
		return nil
	}
	if len(w.buf) > 1 {
		w.buf = append(w.buf, ',')
	}
	open := '{'
	for i, key := range w.keys {
		if key == nil {
			continue
		}
		w.buf = append(append(w.buf, byte(open)), key...)
		open = ','
		value := ""
		if i < len(values) {
			value = values[i]
		}
		w.buf = w.cells.appendValue(w.buf, cell{row: number, column: i + 1}, value)
		if int64(len(w.buf)) > w.limit {
			return tooLarge(w.limit)
		}
	}
	if open == '{' {
		w.buf = append(w.buf, '{')
	}
	w.buf = append(w.buf, '}')
	return nil
}

func appendJSON(b []byte, v any) []byte {
	var out bytes.Buffer
	e := json.NewEncoder(&out)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil { // only for values that JSON has no form for, and none comes here
		return append(b, "null"...)
	}
	return append(b, bytes.TrimSuffix(out.Bytes(), []byte("\n"))...)
}

// appendValue writes the raw value of a cell as JSON.
func (c cellKinds) appendValue(b []byte, at cell, raw string) []byte {
	if raw == "" {
		return append(b, "null"...)
	}
	kind := c.kinds[at]
	if kind == kindBool {
		return strconv.AppendBool(b, raw == "1" || strings.EqualFold(raw, "true"))
	}
	n, err := strconv.ParseFloat(raw, 64)
	if kind == kindText || err != nil || math.IsInf(n, 0) || math.IsNaN(n) {
		return appendJSON(b, raw)
	}
	if kind == kindDate {
		if t, ok := c.isoDate(n); ok {
			return appendJSON(b, t)
		}
	}
	return appendJSON(b, n)
}

// isoDate turns a serial day number into the shortest ISO 8601 form that says it all.
func (c cellKinds) isoDate(n float64) (string, bool) {
	t, err := excelize.ExcelDateToTime(n, c.date1904)
	if err != nil || n < 0 {
		return "", false
	}
	t = t.Round(time.Second)
	switch {
	case n < 1:
		return t.Format(time.TimeOnly), true
	case t.Hour() == 0 && t.Minute() == 0 && t.Second() == 0:
		return t.Format(time.DateOnly), true
	default:
		return t.Format("2006-01-02T15:04:05"), true
	}
}
