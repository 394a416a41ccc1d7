package serve

import (
	"bytes"
	"errors"

	"github.com/mocloud/mocloud/pkg/apperr"
	"github.com/mocloud/mocloud/pkg/mockspec"
	"github.com/mocloud/mocloud/pkg/selmer"
	"github.com/mocloud/mocloud/services/mockserver/internal/body"
	"github.com/mocloud/mocloud/services/mockserver/internal/depth"
	"github.com/mocloud/mocloud/services/mockserver/internal/external"
)

// externalBody is a body that is loaded from elsewhere.
type externalBody struct {
	spec   *mockspec.External
	folder string // what spec.Folder says
	path   *selmer.Template
}

// prepared is loaded content made ready: fixed bytes, or a template if the content is one.
type prepared struct {
	fixed    []byte
	template *selmer.Template
	err      error // why the content cannot be used
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
	x.endTurn()
	ctx, cancel := withTimeout(x.ctx)
	defer cancel()
	loaded, err := c.deps.External.Load(ctx, external.Request{
		WorkspaceID: x.mock.site.WorkspaceID, Provider: from.spec.Provider, Path: string(path), Folder: from.folder, Sheet: from.spec.SheetName,
		Depth: x.depth(),
	})
	if err != nil {
		return failed(err)
	}
	ready, err := c.prepare(x, &loaded)
	if err == nil {
		err = ready.err
	}
	if errors.Is(err, errNoTurn) {
		return err
	}
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
	if ready.template == nil && !e.params.Moclojer04 {
		x.answer.body = ready.fixed
		return nil
	}
	err = c.inTurn(x, true, func(_ *Core, x *exchange) error { return x.fill(ready) })
	if err != nil && !errors.Is(err, errNoTurn) {
		return failed(err)
	}
	return err
}

// depth is how many webhooks and external bodies led to the request.
func (x *exchange) depth() int {
	values := x.header.Values(depth.Header)
	if len(values) == 0 || x.core.deps.Depth == nil {
		return 0
	}
	return x.core.deps.Depth.Of(values[0], x.scope.Request.Host)
}

// fill makes the body of this request from content that is not the same for every request.
func (x *exchange) fill(ready *prepared) error {
	text := ready.fixed
	if ready.template != nil {
		var err error
		text, err = ready.template.Append(x.rendered[:0], &x.scope)
		x.rendered = text[:0]
		if err != nil {
			return err
		}
	}
	if x.endpoint.params.Moclojer04 {
		var err error
		x.answer.body, err = x.finish(text)
		return err
	}
	x.answer.body, _ = body.Compact(text)
	return nil
}

// prepare makes loaded content ready, unless somebody has. JSON may hold templates, as in moclojer; other content is sent as it
// is. A template has the bounds of every template, however large a file may be.
func (c *Core) prepare(x *exchange, loaded *external.Content) (*prepared, error) {
	variant, escaping := external.Plain, selmer.JSON
	if x.endpoint.params.Moclojer04 {
		variant, escaping = external.Moclojer04, selmer.HTML
	}
	made, err := loaded.Derived.Get(x.ctx, variant, func() (any, int64, error) {
		p := &prepared{fixed: loaded.Data}
		isTemplate := bytes.Contains(loaded.Data, []byte("{{")) || bytes.Contains(loaded.Data, []byte("{%"))
		err := c.inTurn(x, true, func(*Core, *exchange) error {
			switch {
			case isTemplate && (loaded.JSON || variant == external.Moclojer04):
				p.template, p.err = selmer.Compile(string(loaded.Data), selmer.Options{Escaping: escaping, MaxOutput: max(selmer.MaxOutput, 2*len(loaded.Data))})
			case loaded.JSON && variant == external.Plain:
				p.fixed, _ = body.Compact(loaded.Data)
			}
			return nil
		})
		size := int64(0)
		if p.template != nil {
			size = p.template.Size()
		} else if len(p.fixed) > 0 && &p.fixed[0] != &loaded.Data[0] {
			size = int64(len(p.fixed))
		}
		return p, size, err
	})
	if err != nil {
		return nil, err
	}
	return made.(*prepared), nil //nolint:forcetypeassert // nobody else makes anything of it
}
