package push

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
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
	imported bool // content was made of an OpenAPI document: its lines are not the file's
}

// sources reads everything that was named. It is several things if more than a file was named.
func (p *push) sources(ctx context.Context, names []string) (found []source, several bool, err error) {
	files, several, err := filesOf(names)
	switch {
	case err != nil:
		return nil, false, err
	case several && p.mock != "":
		return nil, false, exit.With(exit.Usage, errors.New("--mock names one mock and goes with one FILE; --workspace goes with several"))
	}
	from := map[remote.Ref]string{}
	for _, file := range files {
		ref, err := p.ref(file)
		if err != nil {
			return nil, false, err
		}
		if other, taken := from[ref]; taken {
			return nil, false, exit.With(exit.Usage, fmt.Errorf("%s and %s would both be the mock %s", other, file, ref))
		}
		from[ref] = file
		src, err := p.source(ctx, file, ref)
		if err != nil {
			return nil, false, err
		}
		found = append(found, src)
	}
	return found, several, nil
}

// filesOf are the files that are named, those of folders included.
func filesOf(names []string) (files []string, several bool, err error) {
	several = len(names) > 1
	for _, name := range names {
		info, err := os.Stat(name)
		if err != nil || !info.IsDir() {
			files = append(files, name) // reading it says what is wrong
			continue
		}
		several = true
		entries, err := os.ReadDir(name)
		if err != nil {
			return nil, false, err
		}
		before := len(files)
		for _, e := range entries {
			if !e.IsDir() && !strings.HasPrefix(e.Name(), ".") && slices.Contains([]string{".yml", ".yaml", ".json"}, filepath.Ext(e.Name())) {
				files = append(files, filepath.Join(name, e.Name()))
			}
		}
		if len(files) == before {
			return nil, false, exit.With(exit.Usage, fmt.Errorf("the folder %s has no .yml, .yaml or .json file", name))
		}
	}
	return files, several, nil
}

// ref is the mock that a file is meant for.
func (p *push) ref(file string) (remote.Ref, error) {
	name := filepath.Base(file)
	ref := remote.Ref{Slug: strings.TrimSuffix(name, filepath.Ext(name))}
	switch {
	case p.mock != "":
		ref = remote.ParseRef(p.mock)
	case file == "-":
		return ref, exit.With(exit.Usage, errors.New("--mock is needed with standard input"))
	}
	if p.workspace != "" && ref.Workspace != "" && ref.Workspace != p.workspace {
		return ref, exit.With(exit.Usage, fmt.Errorf("--mock names the workspace %s and --workspace %s; which is meant?", ref.Workspace, p.workspace))
	}
	if p.workspace != "" {
		ref.Workspace = p.workspace
	}
	return ref, nil
}

// source reads one file. What an import leaves out is told; a document that no mock can be made of is an error.
func (p *push) source(ctx context.Context, file string, ref remote.Ref) (source, error) {
	raw, err := input.Read(p.In, file, input.MaxDocument)
	if err != nil || !importer.Foreign(raw) {
		return source{file, ref, string(raw), false}, err
	}
	made, problems := input.Import(ctx, raw, file, "")
	for _, d := range problems {
		if !p.quiet || made == nil {
			p.Tell("%s", d)
		}
	}
	if made == nil {
		return source{}, exit.With(exit.Invalid, fmt.Errorf("no mock can be made of %s; nothing was changed", file))
	}
	return source{file, ref, string(made.Content), true}, nil
}

// placed is what the server found, as the other commands print it.
func (s source) placed(d client.Diagnostic) mockspec.Diagnostic {
	file := s.file
	if s.imported {
		file = "the mock made of " + file
	}
	return mockspec.Diagnostic{File: file, Line: d.Line, Column: d.Column, Severity: mockspec.Severity(d.Severity), Code: d.Code, Message: d.Message}
}
