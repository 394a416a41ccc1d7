package mock

import (
	"strings"
	"unicode/utf8"

	"github.com/mocloud/mocloud/pkg/apperr"
	"github.com/mocloud/mocloud/pkg/event"
	"github.com/mocloud/mocloud/pkg/mockspec"
	"github.com/mocloud/mocloud/pkg/single"
)

// parse validates content. An error means that it cannot even be kept.
func (s *Service) parse(content string) (*mockspec.Document, error) {
	if limit := s.cfg.Limits.Bytes; len(content) > limit {
		return nil, apperr.New(apperr.TooLarge, "The content is larger than %s, the limit of a mock. Split it into several mocks.", mockspec.Size(limit)).WithField("content")
	}
	if !utf8.ValidString(content) || strings.ContainsRune(content, 0) {
		return nil, apperr.New(apperr.Invalid, "The content is not text: it must be UTF-8 without NUL characters.").WithField("content")
	}
	return mockspec.ParseDocument(content, mockspec.Options{Limits: s.cfg.Limits}), nil
}

// endpoints counts what may answer, each operation of a resource too.
func endpoints(m *mockspec.Mock) int {
	n := len(m.Endpoints) + len(m.WebSockets)
	for i := range m.Resources {
		n += len(m.Resources[i].Endpoints())
	}
	return n
}

// set makes content the mock's current revision.
func (m *Mock) set(content, message string, d *mockspec.Document) {
	m.Content, m.Message, m.Diagnostics = content, message, d.Diagnostics()
	m.Endpoints, m.Files = endpoints(d.Mock()), d.Mock().Files()
}

// carry gives u what the generator would make of its content, so that it need not be read once more. What is large travels as it is.
func carry(u *event.MockUpdated, p *single.Prepared, l mockspec.Limits) {
	if file, lines, seal, ok := p.For(u.Hosts[0], l); ok {
		u.Content, u.Lines, u.Seal = file, lines, seal
	}
}
