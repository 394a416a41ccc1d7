package mock

import (
	"slices"
	"strings"

	"github.com/mocloud/mocloud/pkg/files"
	"github.com/mocloud/mocloud/pkg/mockspec"
)

// FilesOf returns the names of the workspace's files that content names, sorted. A path that is a template names a file
// only when somebody calls, so that it is none of them.
func FilesOf(content string) []string {
	if !strings.Contains(content, "external-body") {
		return nil // most mocks, and parsing is what costs
	}
	m, _ := mockspec.Parse([]byte(content), mockspec.Options{})
	var names []string
	for _, body := range m.Externals() {
		path := body.Path.Raw
		if strings.Contains(path, "://") || strings.Contains(path, "{{") || strings.Contains(path, "{%") {
			continue
		}
		if name, wrong := files.Clean(path); wrong == "" {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}
