package push

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/mocloud/mocloud/cmd/internal/exit"
	"github.com/mocloud/mocloud/cmd/internal/input"
	"github.com/mocloud/mocloud/cmd/internal/remote"
	"github.com/mocloud/mocloud/pkg/importer"
	"github.com/mocloud/mocloud/pkg/mockspec"
	"github.com/mocloud/mocloud/services/api/client"
)

// source is what one mock is made of.
type source struct {
	file     string
	ref      remote.Ref
	content  string
	imported bool // content was made from another document: its lines are not the file's

	lacks    string       // what the mock will lack; "" if nothing
	found    *client.Mock // as it is on the server; nil if it has to be created
	seen     *remote.Seen // what was pulled into the file's folder, or pushed from it
	expected int          // the revision that the server must have; 0: any
	pushed   *client.Mock // as it became
}

// sources reads everything that was named. It is several things if more than a file was named.
func (p *push) sources(ctx context.Context, names []string) (found []*source, several bool, err error) {
	files, several, err := input.Files(names)
	switch {
	case err != nil:
		return nil, false, err
	case several && p.mock != "":
		return nil, false, exit.With(exit.Usage, errors.New("--mock names one mock: push one FILE, or name the workspace of several with --workspace"))
	}
	from := map[remote.Ref]string{}
	var unfit []error
	for _, file := range files {
		ref, err := p.ref(file)
		if err != nil {
			return nil, false, err
		}
		if err := ref.Check(); err != nil {
			unfit = append(unfit, p.unfit(file, err))
			continue
		}
		if other, taken := from[ref]; taken {
			return nil, false, exit.With(exit.Usage, fmt.Errorf("%s and %s would both become the mock %s: rename one, or push it alone with --mock", other, file, ref))
		}
		from[ref] = file
		src, err := p.source(ctx, file, ref)
		if err != nil {
			return nil, false, err
		}
		found = append(found, src)
	}
	if len(unfit) > 0 {
		return nil, false, exit.With(exit.Usage, errors.Join(append(unfit, errors.New("nothing was changed"))...))
	}
	return found, several, nil
}

// unfit says that a file's name cannot be the name of a mock.
func (p *push) unfit(file string, err error) error {
	if p.mock != "" {
		return fmt.Errorf("--mock %s: %w", p.mock, err)
	}
	return fmt.Errorf("%s: %w; rename the file, or push it alone with --mock SLUG", file, err)
}

// ref is the mock that a file is meant for.
func (p *push) ref(file string) (remote.Ref, error) {
	name := filepath.Base(file)
	ref := remote.Ref{Slug: strings.TrimSuffix(name, filepath.Ext(name))}
	switch {
	case p.mock != "":
		ref = remote.ParseRef(p.mock)
	case file == "-":
		return ref, exit.With(exit.Usage, errors.New("standard input has no name: say which mock it is with --mock SLUG"))
	}
	if p.workspace != "" && ref.WorkspaceSlug != "" && ref.WorkspaceSlug != p.workspace {
		return ref, exit.With(exit.Usage, fmt.Errorf("--mock names the workspace %s and --workspace %s: keep one", ref.WorkspaceSlug, p.workspace))
	}
	if p.workspace != "" {
		ref.WorkspaceSlug = p.workspace
	}
	return ref, nil
}

// source reads one file. What an import leaves out is reported; a document that no mock can be made from is an error.
func (p *push) source(ctx context.Context, file string, ref remote.Ref) (*source, error) {
	raw, err := input.Read(p.In, file, input.MaxDocument)
	if err != nil {
		return nil, err
	}
	if !importer.Foreign(raw) {
		return &source{file: file, ref: ref, content: string(raw)}, nil
	}
	made, problems := input.Import(ctx, raw, importer.Options{Name: file})
	for _, d := range problems {
		if !p.quiet || made == nil {
			p.Note("%s", d)
		}
	}
	if made == nil {
		return nil, exit.With(exit.Invalid, fmt.Errorf("no mock can be made from %s; nothing was changed", file))
	}
	lost := input.MuchLeftOut(made, problems)
	if lost != "" {
		lost = file + ": " + lost
	}
	return &source{file: file, ref: ref, content: string(made.Content), imported: true, lacks: lost}, nil
}

// placed is what the server found, as the other commands print it.
func (s *source) placed(d client.Diagnostic) mockspec.Diagnostic {
	file := s.file
	if s.imported {
		file = "the mock made from " + file
	}
	return mockspec.Diagnostic{File: file, Line: d.Line, Column: d.Column, Severity: mockspec.Severity(d.Severity), Code: d.Code, Message: d.Message}
}
