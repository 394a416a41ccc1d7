package external

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"io"
	"strings"

	"github.com/mocloud/mocloud/pkg/apperr"
)

// rowsJSON reads comma-separated values (RFC 4180) as a JSON array of objects. The first row names the keys; columns without a name are
// left out. Numbers and booleans are those that JSON spells so, empty fields null, and everything else is text.
func (l *Loader) rowsJSON(data []byte) ([]byte, error) {
	r := csv.NewReader(bytes.NewReader(bytes.TrimPrefix(data, []byte("\ufeff"))))
	r.FieldsPerRecord = -1
	r.ReuseRecord = true
	var keys [][]byte
	out := []byte{'['}
	for number := 0; ; number++ {
		fields, err := r.Read()
		if errors.Is(err, io.EOF) {
			return append(out, ']'), nil
		}
		if err != nil {
			return nil, apperr.New(apperr.Invalid, "it cannot be read as comma-separated values: %s", err.Error()).WithCause(err)
		}
		if number > l.cfg.MaxRows {
			return nil, apperr.New(apperr.TooLarge, "it has more than %d rows", l.cfg.MaxRows)
		}
		if number == 0 {
			keys = keysOf(fields)
			continue
		}
		if len(out) > 1 {
			out = append(out, ',')
		}
		out = append(out, '{')
		first := true
		for i, field := range fields[:min(len(fields), len(keys))] {
			if keys[i] == nil {
				continue
			}
			if !first {
				out = append(out, ',')
			}
			first = false
			out = appendField(append(out, keys[i]...), field)
		}
		out = append(out, '}')
		if int64(len(out)) > l.cfg.MaxBytes {
			return nil, apperr.New(apperr.TooLarge, "it is larger than %d bytes as JSON", l.cfg.MaxBytes)
		}
	}
}

// keysOf are the names of columns as JSON has them before a value; nil for a column without a name, or with one that another has.
func keysOf(names []string) [][]byte {
	keys := make([][]byte, len(names))
	seen := map[string]bool{}
	for i, name := range names {
		if name = strings.TrimSpace(name); name == "" || seen[name] {
			continue
		}
		seen[name] = true
		if text, err := json.Marshal(name); err == nil {
			keys[i] = append(text, ':')
		}
	}
	return keys
}

func appendField(dst []byte, field string) []byte {
	switch {
	case field == "":
		return append(dst, "null"...)
	case field == "true", field == "false", len(field) < 300 && field[0] != '"' && field[0] != '[' && field[0] != '{' && field != "null" &&
		field == strings.TrimSpace(field) && json.Valid([]byte(field)):
		return append(dst, field...)
	}
	text, err := json.Marshal(field)
	if err != nil {
		return append(dst, "null"...)
	}
	return append(dst, text...)
}
