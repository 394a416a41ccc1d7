package serve

import (
	"bytes"
	"sync/atomic"

	"github.com/mocloud/mocloud/pkg/apperr"
	"github.com/mocloud/mocloud/pkg/mockspec"
	"github.com/mocloud/mocloud/pkg/selmer"
	"github.com/mocloud/mocloud/services/mockserver/internal/body"
	"github.com/mocloud/mocloud/services/mockserver/internal/external"
)

// externalBody is a body that is loaded from elsewhere.
type externalBody struct {
	spec   *mockspec.External
	folder string // what spec.Folder says
	path   *selmer.Template
	// latest is what was made of the content that was loaded last, since it is nearly always the same again.
	latest atomic.Pointer[prepared]
}

// prepared is loaded content made ready: fixed bytes, or a template if the content is one.
type prepared struct {
	of       []byte // the content, as loaded
	fixed    []byte
	template *selmer.Template
}

// loadExternal makes the body from content that is kept elsewhere.
func (c *Core) loadExternal(x *exchange) error {
	e := x.endpoint
	from := e.body.external
	failed := func(err error) error { return &fault{pos: e.body.pos, err: err} }
	if c.deps.External == nil {
		return failed(apperr.New(apperr.Invalid, "external bodies are not available on this server"))
	}
	path, err := from.path.Append(x.rendered[:0], &x.scope)
	if err != nil {
		return &fault{what: "external-body path", pos: from.spec.Path.Pos, err: err}
	}
	ctx, cancel := withTimeout(x.ctx)
	defer cancel()
	loaded, err := c.deps.External.Load(ctx, external.Request{
		WorkspaceID: x.mock.site.WorkspaceID, Provider: from.spec.Provider, Path: string(path), Folder: from.folder, Sheet: from.spec.SheetName,
	})
	if err != nil {
		return failed(err)
	}
	ready, err := from.prepare(loaded, e.params.Moclojer04)
	if err != nil {
		return failed(err)
	}
	if !e.body.typed {
		kind := loaded.MediaType
		if e.params.Moclojer04 {
			kind = jsonType
		}
		x.answer.add("Content-Type", kind)
	}
	if ready.template == nil {
		x.answer.body = ready.fixed
		return nil
	}
	text, err := ready.template.Append(x.rendered[:0], &x.scope)
	x.rendered = text[:0]
	if err != nil {
		return failed(err)
	}
	if e.params.Moclojer04 {
		x.answer.body, err = x.finish(text)
		return err
	}
	x.answer.body, _ = body.Compact(text)
	return nil
}

// same reports whether two slices are one.
func same(a, b []byte) bool { return len(a) == len(b) && (len(a) == 0 || &a[0] == &b[0]) }

// prepare compiles loaded content, unless it is what was compiled last. JSON may hold templates, as in moclojer; other
// content is sent as it is.
func (b *externalBody) prepare(loaded external.Content, moclojer04 bool) (*prepared, error) {
	if p := b.latest.Load(); p != nil && same(p.of, loaded.Data) {
		return p, nil
	}
	p := &prepared{of: loaded.Data, fixed: loaded.Data}
	isTemplate := loaded.JSON && (bytes.Contains(loaded.Data, []byte("{{")) || bytes.Contains(loaded.Data, []byte("{%")))
	switch {
	case moclojer04 || isTemplate:
		escaping := selmer.JSON
		if moclojer04 {
			escaping = selmer.HTML
		}
		t, err := selmer.Compile(string(loaded.Data), selmer.Options{Escaping: escaping, MaxSource: len(loaded.Data), MaxOutput: 2 * len(loaded.Data)})
		if err != nil {
			return nil, err
		}
		p.template = t
	case loaded.JSON:
		p.fixed, _ = body.Compact(loaded.Data)
	}
	b.latest.Store(p)
	return p, nil
}
