package contract

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"mime"
	"mime/multipart"
	"net/http"
	"slices"
	"strings"
)

// body is a compiled body.
type body struct {
	required bool
	media    map[string]*schema
}

// check holds the request's body against the schema of its media type.
func (b *body) check(r *Request) *Problem {
	problem := func(status int, expected, got string) *Problem {
		return &Problem{In: "body", Expected: expected, Got: got, Status: status}
	}
	if len(r.Body) == 0 {
		if b.required {
			return problem(http.StatusBadRequest, "a body", "nothing")
		}
		return nil
	}
	kind := r.Header.Get("Content-Type")
	s, known := b.find(bare(kind))
	if !known {
		return problem(http.StatusUnsupportedMediaType, strings.Join(slices.Sorted(maps.Keys(b.media)), " or "), quoted(kind))
	}
	if s == nil {
		return nil
	}
	var v any
	switch media := bare(kind); {
	case media == "" || isJSON(media):
		d := json.NewDecoder(bytes.NewReader(r.Body))
		d.UseNumber()
		if err := d.Decode(&v); err != nil {
			if media == "" {
				return nil // it says not what it is
			}
			return problem(http.StatusBadRequest, "JSON", quoted(string(r.Body[:min(len(r.Body), maxShown)])))
		}
		if _, err := d.Token(); !errors.Is(err, io.EOF) {
			return problem(http.StatusBadRequest, "one JSON value", "more than one")
		}
	case media == "application/x-www-form-urlencoded":
		v = s.form(pairsOf(string(r.Body)))
	case media == "multipart/form-data":
		pairs, err := partsOf(kind, r.Body)
		if err != nil {
			return problem(http.StatusBadRequest, "a multipart form", "what cannot be read as one")
		}
		v = s.form(pairs)
	default:
		return nil
	}
	if why := s.compiled.Check(v); why != "" {
		return problem(http.StatusBadRequest, "a value that fits ("+why+")", "one that does not")
	}
	return nil
}

// find is the schema of a media type: its own, or that of the range that has it.
func (b *body) find(media string) (*schema, bool) {
	if s, ok := b.media[media]; ok || media == "" && len(b.media) > 1 {
		return s, true
	}
	if media == "" { // the only one there is
		for name, s := range b.media {
			if isJSON(name) {
				return s, true
			}
		}
		return nil, true
	}
	for name, s := range b.media {
		if covers(name, media) {
			return s, true
		}
	}
	return nil, false
}

func isJSON(media string) bool {
	return media == "application/json" || media == "text/json" || strings.HasSuffix(media, "+json")
}

// partsOf reads a multipart form; of files it takes the name for the value.
func partsOf(kind string, text []byte) ([]pair, error) {
	_, parameters, err := mime.ParseMediaType(kind)
	if err != nil {
		return nil, err
	}
	r := multipart.NewReader(bytes.NewReader(text), parameters["boundary"])
	var out []pair
	for len(out) < maxPairs {
		part, err := r.NextPart()
		if errors.Is(err, io.EOF) {
			return out, nil
		}
		if err != nil {
			return nil, err
		}
		if name := part.FileName(); name != "" {
			out = append(out, pair{part.FormName(), name})
			continue
		}
		value, err := io.ReadAll(part)
		if err != nil {
			return nil, err
		}
		out = append(out, pair{part.FormName(), string(value)})
	}
	return out, nil
}
