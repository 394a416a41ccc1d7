package external

import (
	"context"
	"encoding/xml"
	"errors"
	"io"
	"path"
	"strconv"
	"strings"

	"github.com/xuri/excelize/v2"

	"github.com/mocloud/mocloud/pkg/apperr"
)

// errNoSheet says that the workbook has no sheet of the asked name.
var errNoSheet = errors.New("no such sheet")

type cell struct{ row, column int } // from 1

type cellKind uint8

const (
	kindNumber cellKind = iota
	kindText
	kindBool
	kindDate
)

// cellKinds says for each cell of a sheet what it holds; a cell that is not in kinds holds a number, or nothing.
type cellKinds struct {
	kinds    map[cell]cellKind
	date1904 bool
}

// cellKinds scans the sheet's XML for the types of its cells and counts them. The library's streaming reader
// gives values without types, and its typed access builds every row up to its last column in memory, with work that
// grows with the square of odd rows: fine for files of one's own, not for strangers'.
func (l *Loader) cellKinds(ctx context.Context, f *excelize.File, sheet string) (cellKinds, error) {
	part, err := sheetPart(f, sheet)
	if err != nil {
		return cellKinds{}, err
	}
	props, err := f.GetWorkbookProps()
	if err != nil {
		return cellKinds{}, notXLSX(err)
	}
	out := cellKinds{kinds: map[cell]cellKind{}, date1904: props.Date1904 != nil && *props.Date1904}
	dates := map[string]bool{} // by style index
	at, count := cell{}, 0
	d := newTokens(ctx, part, "row", "c", "col")
	for {
		token, err := d.next()
		if errors.Is(err, io.EOF) {
			return out, nil
		}
		if err != nil {
			return cellKinds{}, err
		}
		if end, ok := token.(xml.EndElement); ok && end.Name.Local == "sheetData" {
			return out, nil
		}
		start, ok := token.(xml.StartElement)
		if !ok {
			continue
		}
		switch start.Name.Local {
		case "row":
			at = cell{row: at.row + 1}
			if r, err := strconv.Atoi(attr(start, "r")); err == nil {
				at.row = r
			}
			if at.row > l.cfg.MaxRows {
				return cellKinds{}, tooManyRows(l.cfg.MaxRows)
			}
		case "c":
			at.column++
			if column, _, err := excelize.CellNameToCoordinates(attr(start, "r")); err == nil {
				at.column = column
			}
			if at.column > maxColumns {
				return cellKinds{}, apperr.New(apperr.TooLarge, "the sheet has more than %d columns", maxColumns)
			}
			if count++; count > l.cfg.MaxCells {
				return cellKinds{}, apperr.New(apperr.TooLarge, "the sheet has more than %d cells", l.cfg.MaxCells)
			}
			if kind := kindOf(f, start, dates); kind != kindNumber {
				out.kinds[at] = kind
			}
		}
	}
}

// kindOf reads a c element: its t attribute is the type; a number is a date if its style, s, shows it as one.
func kindOf(f *excelize.File, c xml.StartElement, dates map[string]bool) cellKind {
	switch attr(c, "t") {
	case "s", "str", "inlineStr", "e", "d":
		return kindText
	case "b":
		return kindBool
	}
	style := attr(c, "s")
	if style == "" {
		return kindNumber
	}
	isDate, known := dates[style]
	if !known {
		if id, err := strconv.Atoi(style); err == nil {
			if s, err := f.GetStyle(id); err == nil {
				isDate = isDateFormat(s)
			}
		}
		dates[style] = isDate
	}
	if isDate {
		return kindDate
	}
	return kindNumber
}

// isDateFormat reports whether a number format shows a date or a time: the built-in ones, and those whose code has
// a letter of year, month, day, hour or second outside of quoted text, escapes, colours and conditions.
// An elapsed time is neither.
func isDateFormat(s *excelize.Style) bool {
	if s.CustomNumFmt == nil {
		n := s.NumFmt
		return n >= 14 && n <= 22 || n >= 27 && n <= 36 || n == 45 || n == 47 || n >= 50 && n <= 58
	}
	code := strings.ToLower(*s.CustomNumFmt)
	if strings.Contains(code, "general") {
		return false
	}
	for i := 0; i < len(code); i++ {
		switch code[i] {
		case '\\', '_', '*':
			i++
		case '"':
			if i = skipTo(code, i, '"'); i < 0 {
				return false
			}
		case '[':
			open := i
			if i = skipTo(code, i, ']'); i < 0 || strings.Trim(code[open+1:i], "hms") == "" { // [h]:mm is an elapsed time
				return false
			}
		case 'y', 'm', 'd', 'h', 's':
			return true
		}
	}
	return false
}

// skipTo returns the index of the next c after i, or -1.
func skipTo(s string, i int, c byte) int {
	n := strings.IndexByte(s[i+1:], c)
	if n < 0 {
		return -1
	}
	return i + 1 + n
}

// sheetPart returns the XML of a sheet: the workbook names a relation for each sheet, the relation names the part.
func sheetPart(f *excelize.File, sheet string) ([]byte, error) {
	relation := ""
	for _, s := range f.WorkBook.Sheets.Sheet {
		if strings.EqualFold(s.Name, sheet) {
			relation = s.ID
		}
	}
	if relation == "" {
		return nil, errNoSheet
	}
	raw, ok := f.Pkg.Load("xl/_rels/workbook.xml.rels")
	if !ok {
		return nil, notXLSX(errors.New("the workbook has no relationships"))
	}
	var relations struct {
		Relationship []struct {
			ID     string `xml:"Id,attr"`
			Target string `xml:"Target,attr"`
		}
	}
	if err := xml.Unmarshal(raw.([]byte), &relations); err != nil {
		return nil, notXLSX(err)
	}
	for _, r := range relations.Relationship {
		if r.ID != relation {
			continue
		}
		name := strings.TrimPrefix(r.Target, "/")
		if name == r.Target {
			name = path.Join("xl", r.Target)
		}
		if part, ok := f.Pkg.Load(name); ok {
			return part.([]byte), nil
		}
	}
	return nil, notXLSX(errors.New("the sheet has no part"))
}

func attr(e xml.StartElement, name string) string {
	for _, a := range e.Attr {
		if a.Name.Local == name {
			return a.Value
		}
	}
	return ""
}
