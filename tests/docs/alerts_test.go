package docs

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"gopkg.in/yaml.v3"
)

// TestAlertsHaveRunbooks: every alert has a section of the runbooks, and every section an alert.
func TestAlertsHaveRunbooks(t *testing.T) {
	var rules struct {
		Groups []struct {
			Rules []struct {
				Alert       string
				Expr        string
				Labels      map[string]string
				Annotations map[string]string
			}
		}
	}
	if err := yaml.Unmarshal([]byte(read(t, "deploy/compose/alerts.yml")), &rules); err != nil {
		t.Fatal(err)
	}
	sections := map[string]bool{}
	for _, m := range regexp.MustCompile(`(?m)^## (\w+)$`).FindAllStringSubmatch(read(t, "docs/runbooks.md"), -1) {
		sections[m[1]] = true
	}
	for _, g := range rules.Groups {
		for _, r := range g.Rules {
			if !sections[r.Alert] {
				t.Errorf("docs/runbooks.md has no section %s", r.Alert)
			}
			delete(sections, r.Alert)
			if r.Labels["severity"] == "" || r.Annotations["summary"] == "" {
				t.Errorf("%s has no severity or no summary", r.Alert)
			}
		}
	}
	for name := range sections {
		t.Errorf("docs/runbooks.md describes %s, which is no alert", name)
	}
}

// TestFiguresExist: alerts and dashboards ask for figures that a service has.
func TestFiguresExist(t *testing.T) {
	var source strings.Builder
	for _, dir := range []string{"pkg", "services"} {
		err := filepath.WalkDir(filepath.Join("..", "..", dir), func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
				return err
			}
			content, err := os.ReadFile(path)
			source.Write(content)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	asked := read(t, "deploy/compose/alerts.yml") + read(t, "deploy/compose/grafana/dashboards/mocloud.json")
	for _, name := range regexp.MustCompile(`mocloud_\w+`).FindAllString(asked, -1) {
		base := name
		for _, of := range []string{"_bucket", "_sum", "_count"} {
			base = strings.TrimSuffix(base, of)
		}
		// Names are put together of the namespace, a subsystem and what is written in the source.
		words, found := strings.Split(base, "_"), false
		for i := range words {
			found = found || strings.Contains(source.String(), `"`+strings.Join(words[i:], "_")+`"`)
		}
		if !found {
			t.Errorf("no service has the figure %s", name)
		}
	}
}

// read is a file of the repository.
func read(t *testing.T, path string) string {
	t.Helper()
	content, err := os.ReadFile(filepath.Join("..", "..", filepath.FromSlash(path)))
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}
