package mockspec

import (
	"path"
	"strings"
)

// Options says how a document is read. The zero value reads with the default limits.
type Options struct {
	// Name is the file name that diagnostics carry.
	Name string
	// MocksName is the name of the second file of an OpenAPI pair.
	MocksName string
	// Compat is the mode in which the mock will be served, if that is decided elsewhere than in the document.
	Compat Compat
	Limits Limits
	// Examples keeps the values that samples of request bodies have, in Schema.Example.
	Examples bool
}

// Limits bound what a document may cost. A zero field means its default.
type Limits struct {
	Bytes     int // size of the document; default 1 MiB
	Endpoints int // items (endpoints and WebSockets) of one mock; default 2,000
	Depth     int // nesting of YAML collections, aliases followed; default 64
	Nodes     int // values after aliases and merge keys are followed; default 500,000
	Documents int // documents in one file; default 100
	Key       int // characters of a key; default 1,000
	Number    int // characters of a number; default 400
	Problems  int // diagnostics that are reported before the rest is left out; default 200
}

// DefaultLimits are the limits that apply where Options.Limits is zero.
func DefaultLimits() Limits {
	return Limits{
		Bytes: 1 << 20, Endpoints: 2000, Depth: 64, Nodes: 500_000,
		Documents: 100, Key: 1000, Number: 400, Problems: 200,
	}
}

// LocalLimits are those for files on one's own disk, which may be far larger than what is hosted.
func LocalLimits() Limits {
	return Limits{Bytes: 1 << 30, Endpoints: 2_000_000, Nodes: 200_000_000, Documents: 2_000_000}
}

// IsFileName reports whether a file of a folder may be a mock, by its name: .yml, .yaml or .json in any case, and not hidden.
func IsFileName(name string) bool {
	switch strings.ToLower(path.Ext(name)) {
	case ".yml", ".yaml", ".json":
		return !strings.HasPrefix(name, ".")
	}
	return false
}

// OrDefault fills the zero fields of l.
func (l Limits) OrDefault() Limits {
	d := DefaultLimits()
	for _, f := range []struct{ have, def *int }{
		{&l.Bytes, &d.Bytes},
		{&l.Endpoints, &d.Endpoints},
		{&l.Depth, &d.Depth},
		{&l.Nodes, &d.Nodes},
		{&l.Documents, &d.Documents},
		{&l.Key, &d.Key},
		{&l.Number, &d.Number},
		{&l.Problems, &d.Problems},
	} {
		if *f.have == 0 {
			*f.have = *f.def
		}
	}
	return l
}
