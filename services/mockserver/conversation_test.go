package mockserver

import (
	"bufio"
	"bytes"
	"context"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"
	"golang.org/x/tools/txtar"

	"github.com/mocloud/mocloud/pkg/lifecycle"
	"github.com/mocloud/mocloud/pkg/mockspec"
	"github.com/mocloud/mocloud/services/mockserver/internal/site"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var update = flag.Bool("update", false, "rewrite the answers in testdata/conversations with what the server says")

// TestConversations plays every file of testdata/conversations: the mock in it is served, its requests are sent one
// after the other as they stand there, and the answers must be those of the file. See testdata/conversations/README.md.
func TestConversations(t *testing.T) {
	files, err := filepath.Glob("testdata/conversations/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatal("no conversations", err)
	}
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".txtar")
		// What net/http answers must be the same, whoever else answers it.
		t.Run(name+"/net-http", func(t *testing.T) {
			t.Parallel()
			play(t, file, startNetHTTP, false)
		})
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			play(t, file, start, *update)
		})
		if behaves(name) {
			t.Run(name+"/published", func(t *testing.T) {
				t.Parallel()
				playPublished(t, file)
			})
		}
	}
}

// play plays the file of a conversation.
func play(t *testing.T, file string, start func(*testing.T, Config) (*Service, string), update bool) {
	archive, err := txtar.ParseFile(file)
	if err != nil {
		t.Fatal(err)
	}
	address := serveArchive(t, archive, start)
	changed := false
	for i := 0; i < len(archive.Files); i++ { // an update adds to them
		name := archive.Files[i].Name
		number, isRequest := strings.CutPrefix(name, "> ")
		if !isRequest {
			continue
		}
		if i+1 == len(archive.Files) || archive.Files[i+1].Name != "< "+number {
			if !update {
				t.Fatalf("`-- %s --` is not followed by `-- < %s --`", name, number)
			}
			archive.Files = slices.Insert(archive.Files, i+1, txtar.File{Name: "< " + number})
		}
		got := talk(t, address, archive.Files[i].Data)
		want := string(archive.Files[i+1].Data)
		if matches(got, want) {
			continue
		}
		if update {
			archive.Files[i+1].Data = []byte(scrub(got, archive))
			changed = true
			continue
		}
		t.Errorf("request %s:\n%s\nanswer (-want +got):\n%s", number, archive.Files[i].Data, cmp.Diff(want, got))
	}
	if changed {
		if err := os.WriteFile(file, txtar.Format(archive), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// serveArchive serves the mock of a conversation and returns where.
func serveArchive(t *testing.T, archive *txtar.Archive, start func(*testing.T, Config) (*Service, string)) string {
	t.Helper()
	dir := t.TempDir()
	settings := map[string]string{}
	file := FileConfig{Files: []string{filepath.Join(dir, "mock.yml")}}
	for _, f := range archive.Files {
		switch {
		case strings.HasPrefix(f.Name, "> ") || strings.HasPrefix(f.Name, "< "):
			continue
		case f.Name == "site":
			for line := range strings.Lines(string(f.Data)) {
				key, value, _ := strings.Cut(strings.TrimSpace(line), ": ")
				settings[key] = value
			}
			continue
		case f.Name == "env":
			file.Env = map[string]string{}
			for line := range strings.Lines(string(f.Data)) {
				key, value, _ := strings.Cut(strings.TrimSpace(line), "=")
				file.Env[key] = value
			}
			continue
		case f.Name == "mocks.yml":
			file.Mocks = filepath.Join(dir, f.Name)
		}
		_ = os.MkdirAll(filepath.Dir(filepath.Join(dir, f.Name)), 0o700) // else writing says so
		if err := os.WriteFile(filepath.Join(dir, f.Name), f.Data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	s, address := start(t, testConfig(&file))
	if len(settings) == 0 {
		var out bytes.Buffer
		file.Out = &out
		if err := s.fileSource().Load(t.Context()); err != nil {
			t.Fatalf("%v\n%s", err, out.String())
		}
		return address
	}
	content, err := os.ReadFile(file.Files[0])
	if err != nil {
		t.Fatal(err)
	}
	s.core.Ready()
	s.core.Put(&site.Site{
		MockID: "1", MockSlug: settings["mock"], WorkspaceSlug: settings["workspace"], Revision: 1, Hosts: strings.Fields(settings["hosts"]),
		Content: content, Compat: mockspec.Compat(settings["compat"]),
	})
	return address
}

func testConfig(file *FileConfig) Config {
	return Config{
		PathForm: true, MaxBody: 1000, RequestsPerSecond: 1_000_000, ConcurrentRequests: 100, IdleMocks: time.Minute, Poll: time.Second,
		RecordPerSecond: 5, RecordBody: 100, RecordBytes: 1 << 20, MaxHeaderBytes: 8192,
		ReadHeaderTimeout: time.Minute, ReadTimeout: time.Minute, WriteTimeout: time.Minute, IdleTimeout: time.Minute,
		File: file,
	}
}

func testDeps(listener net.Listener) Deps {
	return Deps{Log: slog.New(slog.DiscardHandler), Health: &lifecycle.Health{}, Listener: listener}
}

// start runs the HTTP side of a service until the test ends.
func start(t *testing.T, cfg Config) (*Service, string) {
	t.Helper()
	return startHTTP(t, cfg, func(ctx context.Context, s *Service) { _ = s.serve(ctx) })
}

// startNetHTTP does the same with net/http alone.
func startNetHTTP(t *testing.T, cfg Config) (*Service, string) {
	t.Helper()
	return startHTTP(t, cfg, func(ctx context.Context, s *Service) { _ = lifecycle.Serve(ctx, s.server(nil), s.deps.Listener) })
}

func startHTTP(t *testing.T, cfg Config, serve func(context.Context, *Service)) (*Service, string) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s, err := New(cfg, testDeps(listener))
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		serve(ctx, s)
	}()
	t.Cleanup(func() {
		stop()
		<-ended
		s.close()
	})
	return s, listener.Addr().String()
}

// talk sends a request as it is written, but for line ends, Host and Content-Length, and returns the answer in the form
// of the files.
func talk(t *testing.T, address string, request []byte) string {
	t.Helper()
	conn, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	_ = conn.SetDeadline(time.Now().Add(time.Minute))
	raw, method := wire(request)
	if _, err := conn.Write(raw); err != nil {
		t.Fatal(err)
	}
	answer, err := http.ReadResponse(bufio.NewReader(conn), &http.Request{Method: method})
	if err != nil {
		return "no answer: " + err.Error() + "\n"
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		return "broken answer: " + err.Error() + "\n"
	}
	var out strings.Builder
	fmt.Fprintf(&out, "%s %s\n", answer.Proto, answer.Status)
	answer.Header.Del("Date")
	names := make([]string, 0, len(answer.Header))
	for name := range answer.Header {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		for _, value := range answer.Header[name] {
			fmt.Fprintf(&out, "%s: %s\n", name, value)
		}
	}
	out.WriteByte('\n')
	if len(body) > 0 {
		out.Write(body)
		out.WriteByte('\n')
	}
	return out.String()
}

// wire makes the bytes of a request: the last newline of the body belongs to the file and not to it.
func wire(request []byte) (raw []byte, method string) {
	head, body, _ := bytes.Cut(request, []byte("\n\n"))
	body = bytes.TrimSuffix(body, []byte("\n"))
	lines := strings.Split(strings.TrimSuffix(string(head), "\n"), "\n")
	method, _, _ = strings.Cut(lines[0], " ")
	has := func(name string) bool {
		return slices.ContainsFunc(lines[1:], func(line string) bool { return strings.HasPrefix(strings.ToLower(line), name) })
	}
	if !has("host:") {
		lines = append(lines, "Host: mock.test")
	}
	if len(body) > 0 && !has("content-length:") && !has("transfer-encoding:") {
		lines = append(lines, fmt.Sprint("Content-Length: ", len(body)))
	}
	if has("transfer-encoding:") {
		body = bytes.ReplaceAll(body, []byte("\n"), []byte("\r\n"))
		body = append(body, "\r\n\r\n"...)
	}
	return append([]byte(strings.Join(lines, "\r\n")+"\r\n\r\n"), body...), method
}

// placeholders stand in the files for what differs each time.
var placeholders = []struct{ name, pattern string }{
	{"<uuid>", `[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}`},
	{"<time>", `20\d\d-\d\d-\d\dT\d\d:\d\d:\d\dZ`},
	{"<unix>", `1[789]\d{8}`},
	{"<number>", `\d+`},
	{"<text>", `.+`},
}

// matches compares an answer with what a file expects, placeholders included.
func matches(got, want string) bool {
	if got == want {
		return true
	}
	pattern := regexp.QuoteMeta(want)
	for _, p := range placeholders {
		pattern = strings.ReplaceAll(pattern, regexp.QuoteMeta(p.name), p.pattern)
	}
	return regexp.MustCompile(`^` + pattern + `$`).MatchString(got)
}

// scrub puts placeholders in where -update can tell that a value will differ the next time.
func scrub(got string, archive *txtar.Archive) string {
	var source bytes.Buffer
	for _, f := range archive.Files {
		if !strings.HasPrefix(f.Name, "< ") {
			source.Write(f.Data)
		}
	}
	for _, p := range placeholders[:3] {
		got = regexp.MustCompile(p.pattern).ReplaceAllStringFunc(got, func(value string) string {
			if bytes.Contains(source.Bytes(), []byte(value)) {
				return value
			}
			return p.name
		})
	}
	return got
}
