package external

import (
	"archive/zip"
	"bytes"
	"encoding/xml"
	"errors"
	"io"
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

// checkStrings refuses a table of shared strings with too many strings, or with one that is longer than any cell's
// text: many cells may name the same string, and each gets a copy.
func checkStrings(part []byte, most int) error {
	d := xml.NewDecoder(bytes.NewReader(part))
	count, size := 0, 0
	for {
		token, err := d.RawToken()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return notXLSX(err)
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
