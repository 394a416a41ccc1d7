// Command eventdoc writes docs/events.md and docs/asyncapi.yaml from package event: its registry, the doc comments of
// its structs and its frozen samples. Run it with go generate in pkg/event.
package main

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
)

func main() {
	source := flag.String("source", ".", "folder of package event")
	docs := flag.String("docs", "", "folder to write to")
	flag.Parse()
	if err := run(*source, *docs); err != nil {
		fmt.Fprintln(os.Stderr, "eventdoc:", err)
		os.Exit(1)
	}
}

func run(source, docs string) error {
	files, err := generate(source)
	if err != nil {
		return err
	}
	for name, content := range files {
		if err := os.WriteFile(filepath.Join(docs, name), content, 0o644); err != nil { //nolint:gosec // documents are for everybody
			return err
		}
	}
	return nil
}

// generate returns the documents by name.
func generate(source string) (map[string][]byte, error) {
	kinds, err := describe(source)
	if err != nil {
		return nil, err
	}
	async, err := asyncAPI(kinds)
	if err != nil {
		return nil, err
	}
	return map[string][]byte{"events.md": markdown(kinds), "asyncapi.yaml": async}, nil
}
