package scope

import (
	"bytes"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"strings"

	"github.com/mocloud/mocloud/pkg/charset"
	"github.com/mocloud/mocloud/pkg/selmer"
)

// ErrNoBody says that a request has no body to read parameters from.
var ErrNoBody = errors.New("the request has no body")

// maxFormField bounds one text field of a multipart form; files count by name and size only.
const maxFormField = 1 << 20

// JSON returns the body, or the WebSocket message, as a value: JSON, or the fields of a form. It is read once. Text that
// begins like JSON is read as JSON whatever the Content-Type says, since many clients name none or a wrong one.
func (s *Scope) JSON() (selmer.Value, error) {
	if s.parsed {
		return s.json, s.err
	}
	s.parsed = true
	if s.Message != nil {
		s.json, s.err = s.parse([]byte(*s.Message))
		return s.json, s.err
	}
	kind, params := s.contentType()
	encoded := s.charset()
	body := s.Request.Body
	if kind != "multipart/form-data" && kind != "application/x-www-form-urlencoded" {
		body = encoded.Decode(body)
	}
	body = bytes.TrimSpace(bytes.TrimPrefix(body, byteOrderMark))
	if len(body) == 0 {
		s.err = ErrNoBody
		return s.json, s.err
	}
	switch {
	case kind == "multipart/form-data":
		s.form = true
		s.json, s.err = s.readMultipart(params["boundary"])
	case kind == "application/x-www-form-urlencoded" && body[0] != '{' && body[0] != '[':
		s.form = true
		pairs := appendPairs(nil, string(body))
		for i := range pairs { // what is escaped is in that encoding, too
			pairs[i] = pair{string(encoded.Decode([]byte(pairs[i].key))), string(encoded.Decode([]byte(pairs[i].value)))}
		}
		s.json = s.readForm(pairs)
	default:
		s.json, s.err = s.parse(body)
	}
	return s.json, s.err
}

func (s *Scope) parse(text []byte) (selmer.Value, error) {
	text = bytes.TrimPrefix(text, byteOrderMark)
	if s.params.Moclojer04 {
		return selmer.ParseParams(text)
	}
	return selmer.ParseJSON(text)
}

// byteOrderMark may stand before JSON, where it means nothing (RFC 8259 section 8.1).
//
//nolint:gochecknoglobals // immutable
var byteOrderMark = []byte("\ufeff")

// charset is the encoding that the request names; nil for UTF-8, and for one that nobody knows.
func (s *Scope) charset() *charset.Charset {
	values := s.Request.Header.Values("Content-Type")
	if len(values) == 0 {
		return nil
	}
	found, err := charset.Of(values[0])
	if err != nil {
		return nil
	}
	return found
}

func (s *Scope) contentType() (kind string, params map[string]string) {
	values := s.Request.Header.Values("Content-Type")
	if len(values) == 0 {
		return "", nil
	}
	kind, params, err := mime.ParseMediaType(values[0])
	if err != nil {
		kind, _, _ = strings.Cut(values[0], ";")
	}
	return strings.ToLower(strings.TrimSpace(kind)), params
}

// readForm makes a map of form fields; several values of one name are a list.
func (s *Scope) readForm(pairs []pair) selmer.Value {
	values := map[string][]selmer.Value{}
	var order []string
	for _, p := range pairs {
		if values[p.key] == nil {
			order = append(order, p.key)
		}
		values[p.key] = append(values[p.key], s.text(p.value))
	}
	entries := make([]selmer.Entry, 0, len(order))
	for _, key := range order {
		v := values[key][0]
		if len(values[key]) > 1 {
			v = selmer.List(values[key])
		}
		entries = append(entries, selmer.Entry{Key: key, Value: v})
	}
	return selmer.Map(entries)
}

// readMultipart reads the fields of a multipart form. A file is a map of its filename, content-type, size and
// content.
func (s *Scope) readMultipart(boundary string) (selmer.Value, error) {
	if boundary == "" {
		return selmer.Nil(), errors.New("the multipart form names no boundary")
	}
	reader := multipart.NewReader(bytes.NewReader(s.Request.Body), boundary)
	var entries []selmer.Entry
	for len(entries) < maxPairs {
		part, err := reader.NextPart()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return selmer.Nil(), errors.New("the multipart form is cut off or malformed")
		}
		content, err := io.ReadAll(io.LimitReader(part, maxFormField))
		if err != nil {
			return selmer.Nil(), errors.New("the multipart form is cut off or malformed")
		}
		v := s.text(string(content))
		if name := part.FileName(); name != "" {
			v = selmer.Map([]selmer.Entry{
				{Key: "filename", Value: selmer.String(name)},
				{Key: "content-type", Value: selmer.String(part.Header.Get("Content-Type"))},
				{Key: "size", Value: selmer.Int(int64(len(content)))},
				{Key: "content", Value: selmer.String(string(content))},
			})
		}
		entries = add(entries, part.FormName(), v)
	}
	return selmer.Map(entries), nil
}

// add adds a field, making a list of several of one name.
func add(entries []selmer.Entry, key string, v selmer.Value) []selmer.Entry {
	for i := range entries {
		if entries[i].Key != key {
			continue
		}
		if entries[i].Value.Kind() == selmer.KindList {
			entries[i].Value = selmer.List(append(entries[i].Value.Items(), v))
		} else {
			entries[i].Value = selmer.List([]selmer.Value{entries[i].Value, v})
		}
		return entries
	}
	return append(entries, selmer.Entry{Key: key, Value: v})
}
