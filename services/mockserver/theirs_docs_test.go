package mockserver

import (
	"bytes"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"golang.org/x/tools/txtar"
)

// moclojers is moclojer's own files.
const moclojers = "../../examples/moclojer"

// TestRealWorldExample runs the curl lines of moclojer's documentation as they stand there, against its YAML as it stands
// there. The document says of one answer only that it is a 404; the others are what its templates say.
func TestRealWorldExample(t *testing.T) {
	t.Parallel()
	document, err := os.ReadFile(filepath.Join(moclojers, "docs/real-world-example.md"))
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(moclojers, "real-world-example.yml")
	mock, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if blocks := fenced(string(document), "yaml"); strings.Join(blocks, "\n") != string(mock) {
		t.Fatal("real-world-example.yml is not the document's YAML")
	}
	var out bytes.Buffer
	s, address := start(t, testConfig(&FileConfig{Files: []string{file}, Out: &out}))
	if err := s.fileSource().Load(t.Context()); err != nil {
		t.Fatalf("%v\n%s", err, out.String())
	}
	want, err := txtar.ParseFile("testdata/real-world-example.txtar")
	if err != nil {
		t.Fatal(err)
	}
	asked := curls(t, strings.Join(fenced(string(document), "bash"), "\n"))
	if len(asked) != 9 || len(asked) != len(want.Files) {
		t.Fatalf("%d curl lines, %d answers", len(asked), len(want.Files))
	}
	for i, c := range asked {
		answer := talk(t, address, []byte(c.request))
		status, rest, _ := strings.Cut(strings.TrimPrefix(answer, "HTTP/1.1 "), "\n")
		_, body, _ := strings.Cut(rest, "\n\n")
		if got := status + "\n" + strings.TrimSpace(body) + "\n"; c.title != want.Files[i].Name || got != string(want.Files[i].Data) {
			t.Errorf("%s\n%s\nwant %s\n%s", c.title, got, want.Files[i].Name, want.Files[i].Data)
		}
	}
}

// fenced returns the blocks of a language in a Markdown document.
func fenced(document, language string) []string {
	var found []string
	for _, block := range regexp.MustCompile("(?ms)^```"+language+"\n(.*?)^```$").FindAllStringSubmatch(document, -1) {
		found = append(found, block[1])
	}
	return found
}

// curl is a curl line as the request that it sends.
type curl struct{ title, request string }

// curls reads a script of comments and curl lines with the options that moclojer's documents use.
func curls(t *testing.T, script string) []curl {
	t.Helper()
	var found []curl
	title := ""
	for line := range strings.Lines(strings.ReplaceAll(script, "\\\n", " ")) {
		if comment, ok := strings.CutPrefix(line, "# "); ok {
			title = strings.TrimSpace(comment)
		}
		if !strings.HasPrefix(line, "curl ") {
			continue
		}
		method, target, header, body := http.MethodGet, "", "", ""
		words := shellWords(line)[1:]
		for i := 0; i < len(words); i++ {
			switch word := words[i]; word {
			case "-X", "-H", "-d":
				i++
				switch word {
				case "-X":
					method = words[i]
				case "-H":
					header += words[i] + "\n"
				case "-d":
					body = words[i]
				}
			default:
				if target != "" || strings.HasPrefix(word, "-") {
					t.Fatalf("%s: what is %q?", line, word)
				}
				target = strings.TrimPrefix(word, "http://localhost:8000")
			}
		}
		found = append(found, curl{title, method + " " + target + " HTTP/1.1\n" + header + "\n" + body})
	}
	return found
}

// shellWords splits a line as a shell does: quotes keep spaces, a comment ends it.
func shellWords(line string) []string {
	var words []string
	for _, m := range regexp.MustCompile(`'([^']*)'|"([^"]*)"|#.*|(\S+)`).FindAllStringSubmatch(line, -1) {
		if !strings.HasPrefix(m[0], "#") {
			words = append(words, m[1]+m[2]+m[3])
		}
	}
	return words
}

// TestExternalFolderOfMoclojer runs moclojer's example of a global folder, from the project's root as its README says, and
// the one for Docker, whose folder is absolute; only that folder is another one here, since /config is not ours to make.
func TestExternalFolderOfMoclojer(t *testing.T) {
	const example = "examples/external-body-global/"
	t.Chdir(moclojers)
	data, err := filepath.Abs(example + "data")
	if err != nil {
		t.Fatal(err)
	}
	docker, err := os.ReadFile(example + "docker-config.yml")
	if err != nil {
		t.Fatal(err)
	}
	elsewhere := t.TempDir()
	inDocker := filepath.Join(elsewhere, "moclojer.yml")
	if err := os.WriteFile(inDocker, bytes.ReplaceAll(docker, []byte("/config/data"), []byte(data)), 0o600); err != nil {
		t.Fatal(err)
	}
	relative := filepath.Join(elsewhere, "relative.yml")
	if err := os.Symlink(data, filepath.Join(filepath.Dir(elsewhere), "beside")); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(relative, bytes.ReplaceAll(docker, []byte("/config/data"), []byte("../beside")), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, file := range []string{example + "config.yml", inDocker, relative} {
		var out bytes.Buffer
		s, address := start(t, testConfig(&FileConfig{Files: []string{file}, Out: &out}))
		if err := s.fileSource().Load(t.Context()); err != nil {
			t.Fatalf("%v\n%s", err, out.String())
		}
		for path, want := range map[string]string{
			"/api/users":                             `{"users":[{"id":1,"name":"Alice Johnson","email":"alice@example.com","role":"admin"},`,
			"/api/products":                          `{"products":[{"id":101,"name":"Laptop","price":1299.99,"category":"Electronics"},`,
			"/api/users/1":                           `{"id":1,"name":"Alice Johnson","email":"alice@example.com","role":"admin","createdAt":"2024-01-15",`,
			"/api/users/2":                           "there is no such file",
			"/api/users/..%2Fproducts":               `contains \"..\"`,
			"/api/users/..%2F..%2F..%2F..%2Fetc%2Fx": `contains \"..\"`,
		} {
			if answer := talk(t, address, []byte("GET "+path+" HTTP/1.1\n\n")); !strings.Contains(answer, want) {
				t.Errorf("%s: %s: %s\nwant %s", file, path, answer, want)
			}
		}
	}
}
