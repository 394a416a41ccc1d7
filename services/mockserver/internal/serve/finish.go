package serve

import (
	"bytes"
	"encoding/json"
	"slices"

	"github.com/mocloud/mocloud/pkg/charset"
	"github.com/mocloud/mocloud/services/mockserver/internal/body"
)

// finish turns rendered text into the body that is sent.
func (x *exchange) finish(text []byte) ([]byte, error) {
	e := x.endpoint
	if e.params.Moclojer04 {
		// The text and what becomes of it lie one after the other in the same buffer.
		out, err := body.AppendMoclojer04(text, text)
		x.rendered = out[:0]
		return out[len(text):], err
	}
	encoding := e.body.charset
	if made := x.charsetFromTemplate(); made != nil {
		encoding = made
	}
	if !e.body.compact {
		return encoding.Encode(text), nil
	}
	compact, isJSON := body.Compact(text)
	if !isJSON && !e.body.typed {
		x.answer.add("Content-Type", textType) // not what was expected of the endpoint
	}
	return encoding.Encode(compact), nil
}

// charsetFromTemplate is the encoding that a Content-Type made for this request names; nil for UTF-8, and where it is no template.
func (x *exchange) charsetFromTemplate() *charset.Charset {
	i := slices.IndexFunc(x.answer.more, func(h header) bool { return h.name == "Content-Type" })
	if i < 0 || x.endpoint.params.Moclojer04 {
		return nil
	}
	encoding, _ := charset.Of(x.answer.more[i].values[0]) // one that nobody knows stays UTF-8
	return encoding
}

// moclojerError is the body with which moclojer 0.4 answers a template that fails.
func moclojerError(message string) []byte {
	out := append([]byte(nil), `{"error":{"message":`...)
	out = body.AppendDataJSONString(out, message)
	out = append(out, `},"message":`...)
	out = body.AppendDataJSONString(out, message)
	return append(out, '}')
}

// encode writes one of the core's own bodies. Its types always encode.
func encode(v any) []byte {
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return []byte(`{"error":"internal"}`)
	}
	return bytes.TrimSuffix(buf.Bytes(), []byte("\n"))
}
