package generate

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/mocloud/mocloud/pkg/mockspec"
	"github.com/mocloud/mocloud/pkg/objstore"
	"github.com/mocloud/mocloud/pkg/single"
	"github.com/mocloud/mocloud/pkg/stream"
	"github.com/mocloud/mocloud/pkg/unified"
)

// A mock's file decides what the mock is. Its first line, the head, says by which change it was written, and every write is
// conditional on what was there, so that a file only ever goes forward: of several generators that think they are active,
// whichever writes a change first decides its outcome for all of them, also when they would not agree whether it may be served.
// A removal writes an empty file first; it is deleted when nobody can need it any more.

// maxFile is how much of a mock's file is looked at, in bytes.
const maxFile = 64 << 20

// file is what is remembered of a mock's file.
type file struct {
	workspaceID string
	etag        string // "" when there is none
	at          stream.Position
	digest      string // of all of it
}

// object is a mock's file as it was read.
type object struct {
	file
	head unified.Mock // its Digest is of what follows, "" for a mock that answers nowhere
	body []byte
	size int64
}

// after reports whether a later change of the same epoch wrote the file.
func (f *file) after(p stream.Position) bool { return f.at.Epoch == p.Epoch && f.at.Number > p.Number }

// look reads a file. One that does not begin with a head, or is not what its head says, says nothing but may be replaced.
func (g *Generator) look(ctx context.Context, key string) (object, error) {
	o, err := g.deps.Store.Get(ctx, key)
	if errors.Is(err, objstore.ErrNotFound) {
		return object{}, nil
	}
	if err != nil {
		return object{}, fmt.Errorf("look at %s: %w", key, err)
	}
	content, err := io.ReadAll(io.LimitReader(o.Body, maxFile))
	if err := errors.Join(err, o.Body.Close()); err != nil {
		return object{}, fmt.Errorf("read %s: %w", key, err)
	}
	x := object{file: file{etag: o.ETag}}
	head, body, ok := unified.CutMock(content)
	if !ok || (head.Live() && head.Digest != unified.Digest(body)) {
		return x, nil
	}
	x.at = stream.Position{Epoch: head.Epoch, Number: head.Latest()}
	x.head, x.body, x.size, x.digest = head, body, int64(len(content)), unified.Digest(content)
	return x, nil
}

// resultOf is what d came to, when x is what d wrote.
func (x *object) resultOf(d *desired) result {
	if d.mock.Rejected != nil {
		return x.result()
	}
	r := result{mock: d.mock, items: d.items}
	if x.head.Live() {
		r.mock.Digest, r.mock.Size = x.digest, x.size
	}
	return r
}

// result is what the mock is by its file.
func (x *object) result() result {
	r := result{mock: x.head}
	r.mock.Epoch = ""
	if !x.head.Live() {
		return r
	}
	// It was within the limits when it was written.
	s, _ := single.Make(string(x.body), first(x.head.Hosts), mockspec.Options{Limits: mockspec.Limits{Bytes: maxFile, Endpoints: maxFile}})
	if s == nil {
		r.mock.Digest = ""
		return r
	}
	r.items, r.mock.Digest, r.mock.Size = s.Items, x.digest, x.size
	return r
}

// settle makes the mock's file what d wants at a change, unless the file is that far already, and returns what the mock is
// then; nothing if the file is further: a change that is still to come decided.
func (g *Generator) settle(ctx context.Context, at stream.Position, d *desired, known file) (result, file, error) {
	key := single.Key(d.mock.WorkspaceID, d.mock.ID)
	ctx, cancel := context.WithTimeout(ctx, g.cfg.Timeout)
	defer cancel()
	have := object{file: known}
	for looked := false; ; {
		if !looked && (known.etag == "" || d.mock.Rejected != nil) {
			var err error
			if have, err = g.look(ctx, key); err != nil {
				return result{}, file{}, err
			}
			looked = true
		}
		if have.after(at) {
			return result{}, have.file, nil
		}
		next, content, err := d.object(at, &have)
		if err != nil {
			return result{}, file{}, err
		}
		switch {
		case have.at != at:
			if next.etag, err = g.put(ctx, key, content, have.etag); err != nil && !errors.Is(err, objstore.ErrPrecondition) {
				return result{}, file{}, err
			}
			if next.head.Live() && next.etag != "" {
				g.deps.Metrics.generated.Inc()
			}
		case have.digest == next.digest:
			g.deps.Metrics.unchanged.Inc()
			next.etag = have.etag
		case looked: // somebody else decided otherwise
			return have.result(), have.file, nil
		}
		if next.etag != "" {
			return next.resultOf(d), next.file, nil
		}
		known, looked = file{}, false // somebody else was here
	}
}

// put replaces what has that ETag, or nothing.
func (g *Generator) put(ctx context.Context, key string, content []byte, etag string) (string, error) {
	if !g.deps.Active() {
		return "", ErrNotActive
	}
	etag, err := g.deps.Store.Put(ctx, key, bytes.NewReader(content), int64(len(content)), objstore.PutOptions{
		IfMatch: etag, IfAbsent: etag == "", ContentType: "application/yaml",
	})
	if err != nil {
		return "", fmt.Errorf("write %s: %w", key, err)
	}
	return etag, nil
}

// object is the file that d makes of the one that is there, and all its content.
func (d *desired) object(at stream.Position, have *object) (object, []byte, error) {
	x := object{file: file{workspaceID: d.mock.WorkspaceID, at: at}, head: d.mock, body: d.file}
	if d.mock.Rejected != nil && have.head.Live() {
		x.head, x.body = have.head, have.body
		x.head.Rejected, x.head.Recording = d.mock.Rejected, d.mock.Recording
		if have.at.Epoch != at.Epoch {
			x.head.Change = 0 // a number of another life
		}
	}
	x.head.Epoch = at.Epoch
	if d.mock.Removed == nil && d.mock.Rejected == nil {
		x.head.Digest = unified.Digest(d.file)
	}
	content, err := unified.AppendBlock(nil, &x.head, nil)
	if err != nil {
		return x, nil, err
	}
	content = append(content, x.body...)
	x.size, x.digest = int64(len(content)), unified.Digest(content)
	return x, content, nil
}
