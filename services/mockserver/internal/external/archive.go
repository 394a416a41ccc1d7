package external

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/xml"
	"errors"
	"io"
	"slices"
	"strings"

	"github.com/mocloud/mocloud/pkg/apperr"
)

// What no spreadsheet needs, but what a few bytes of a hostile one can ask for. The library keeps every element of
// these parts in memory at many times its size.
const (
	maxParts       = 4096      // files in the archive
	maxPartXML     = 2 << 20   // bytes of a part that is neither a sheet nor the strings, such as the styles
	maxColumns     = 1024      // columns of a sheet
	maxCellText    = 128 << 10 // bytes of text in a cell; Excel's own limit is 32,767 characters
	maxDepth       = 32        // elements within each other
	maxCellTokens  = 4096      // tokens of a cell, of a shared text, or between two rows
	tokensALook    = 4096      // between two looks at whether anybody waits
	sharedStrings  = "xl/sharedstrings.xml"
	worksheetParts = "xl/worksheets/"
)

// checkArchive refuses an archive whose parts would unpack to too much. What an archive says about its sizes can be
// relied on: the zip reader stops a part that is longer than it says.
func checkArchive(data []byte, limit int64) error {
	archive, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		return notXLSX(err)
	}
	if len(archive.File) > maxParts {
		return notXLSX(errors.New("too many parts"))
	}
	left := uint64(limit)
	for _, f := range archive.File {
		if f.UncompressedSize64 > left {
			return apperr.New(apperr.TooLarge, "uncompressed, it is larger than %d MiB; use a smaller spreadsheet", limit>>20)
		}
		left -= f.UncompressedSize64
		name := strings.ToLower(strings.ReplaceAll(f.Name, `\`, "/"))
		isXML := strings.HasSuffix(name, ".xml") || strings.HasSuffix(name, ".rels")
		if isXML && f.UncompressedSize64 > maxPartXML && name != sharedStrings && !strings.HasPrefix(name, worksheetParts) {
			return notXLSX(errors.New("part " + clip(name) + " is too large"))
		}
	}
	return nil
}

// tokens reads XML within the bounds of a spreadsheet: what stands in a cell, or between rows, is small and shallow.
type tokens struct {
	ctx     context.Context // of one reading
	decoder *xml.Decoder
	units   []string // elements that may be many, in each of which little stands
	depth   int
	inUnit  int
	read    int
}

func newTokens(ctx context.Context, part []byte, units ...string) *tokens {
	return &tokens{ctx: ctx, decoder: xml.NewDecoder(bytes.NewReader(part)), units: units}
}

// next returns the next token, io.EOF, or an error for the mock's author.
func (t *tokens) next() (xml.Token, error) {
	if t.read++; t.read%tokensALook == 0 && t.ctx.Err() != nil {
		return nil, apperr.New(apperr.Unavailable, "the spreadsheet was not read in time").WithCause(t.ctx.Err())
	}
	token, err := t.decoder.RawToken()
	if errors.Is(err, io.EOF) {
		return nil, io.EOF
	}
	if err != nil {
		return nil, notXLSX(err)
	}
	t.inUnit++
	switch e := token.(type) {
	case xml.StartElement:
		t.depth++
		if slices.Contains(t.units, e.Name.Local) {
			t.inUnit = 0
		}
	case xml.EndElement:
		t.depth--
		if slices.Contains(t.units, e.Name.Local) {
			t.inUnit = 0
		}
	}
	if t.depth > maxDepth {
		return nil, apperr.New(apperr.TooLarge, "its elements nest deeper than %d levels", maxDepth)
	}
	if t.inUnit > maxCellTokens {
		return nil, apperr.New(apperr.TooLarge, "a cell, or what stands outside of cells, has more than %d parts", maxCellTokens)
	}
	return token, nil
}

// checkStrings refuses a table of shared strings with too many strings, or with one that is longer than any cell's
// text: many cells may name the same string, and each gets a copy.
func checkStrings(ctx context.Context, part []byte, most int) error {
	d := newTokens(ctx, part, "si")
	count, size := 0, 0
	for {
		token, err := d.next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		switch t := token.(type) {
		case xml.StartElement:
			if t.Name.Local == "si" {
				count, size = count+1, 0
			}
		case xml.CharData:
			size += len(t)
		}
		if count > most {
			return apperr.New(apperr.TooLarge, "it has more than %d different texts", most)
		}
		if size > maxCellText {
			return apperr.New(apperr.TooLarge, "a cell's text is longer than %d KiB", maxCellText>>10)
		}
	}
}
