package mock

import (
	"strings"
	"unicode/utf8"

	"gopkg.in/yaml.v3"

	"github.com/mocloud/mocloud/pkg/apperr"
	"github.com/mocloud/mocloud/pkg/event"
	"github.com/mocloud/mocloud/pkg/mockspec"
	"github.com/mocloud/mocloud/pkg/single"
)

// read is content that was read.
type read struct {
	content     string
	mock        *mockspec.Mock
	docs        []*yaml.Node
	diagnostics []mockspec.Diagnostic
}

// parse validates content. An error means that it cannot even be kept.
func (s *Service) parse(content string) (*read, error) {
	if limit := s.cfg.Limits.Bytes; len(content) > limit {
		return nil, apperr.New(apperr.TooLarge, "The content has %d bytes; the limit is %d.", len(content), limit).WithField("content")
	}
	if !utf8.ValidString(content) || strings.ContainsRune(content, 0) {
		return nil, apperr.New(apperr.Invalid, "The content is not text: it must be UTF-8 without NUL characters.").WithField("content")
	}
	r := &read{content: content}
	r.mock, r.docs, r.diagnostics = mockspec.ParseTree([]byte(content), mockspec.Options{Limits: s.cfg.Limits})
	return r, nil
}

// endpoints counts what may answer, each operation of a resource too.
func (r *read) endpoints() int {
	n := len(r.mock.Endpoints) + len(r.mock.WebSockets)
	for i := range r.mock.Resources {
		n += len(r.mock.Resources[i].Endpoints())
	}
	return n
}

// into gives u what the generator would make of its content, so that it need not be read once more. What is large, or would be
// too large with the host in it, travels as it is.
func (r *read) into(u *event.MockUpdated, l mockspec.Limits) {
	made := single.Of(r.content, u.Hosts[0], r.mock, r.docs)
	file, lines := string(made.File), string(made.Lines())
	if len(lines) > single.MaxLines || len(file) > l.OrDefault().Bytes {
		return
	}
	u.Content, u.Lines, u.Seal = file, lines, single.Seal(u.Hosts[0], file, lines)
}
