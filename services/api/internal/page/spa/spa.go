// Package spa serves the files of a single-page application: those whose names say what is in them forever, compressed when
// they were built, and one page for every address that the application knows.
package spa

import (
	"bytes"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"strconv"
	"strings"
	"time"
)

const (
	page = "index.html"
	// hashed is the folder of the files whose names change with what is in them.
	hashed = "assets/"
	// placeholder is where the page has the nonce of its Content-Security-Policy.
	placeholder = "__CSP_NONCE__"
)

// codings are the ways in which files may be compressed beforehand, the best first, and how the compressed files' names end.
//
//nolint:gochecknoglobals // a constant list
var codings = []struct{ name, suffix string }{{"br", ".br"}, {"gzip", ".gz"}}

// App is an application. It is safe for concurrent use.
type App struct {
	files map[string]file // by the path in an address, without the slash at the beginning
	page  [][]byte        // what is between the nonces
}

// file is a file in every form that there is of it.
type file struct {
	contentType string
	cache       string
	tag         string            // names the content
	forms       map[string][]byte // by coding; "" is the file itself
}

// New reads the files of an application, which must have an index.html.
func New(files fs.FS) (*App, error) {
	a := &App{files: map[string]file{}}
	read := func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		content, err := fs.ReadFile(files, name)
		if err != nil {
			return err
		}
		if name == page {
			a.page = bytes.Split(content, []byte(placeholder))
			return nil
		}
		plain, coding := name, ""
		for _, c := range codings {
			if before, ok := strings.CutSuffix(name, c.suffix); ok {
				plain, coding = before, c.name
			}
		}
		f, found := a.files[plain]
		if !found {
			f = file{contentType: typeOf(plain), cache: "no-cache", forms: map[string][]byte{}}
			if strings.HasPrefix(plain, hashed) {
				f.cache = "public, max-age=31536000, immutable"
			}
		}
		if f.forms[coding] = content; coding == "" {
			sum := sha256.Sum256(content)
			f.tag = base64.RawURLEncoding.EncodeToString(sum[:12])
		}
		a.files[plain] = f
		return nil
	}
	if err := fs.WalkDir(files, ".", read); err != nil {
		return nil, fmt.Errorf("read the console's files: %w", err)
	}
	for name, f := range a.files {
		if f.tag == "" || name == page { // a compressed page would have no nonce
			delete(a.files, name)
		}
	}
	if a.page == nil {
		return nil, fmt.Errorf("the console has no %s: build it again", page)
	}
	return a, nil
}

// typeOf is the type of a file. What the machine that serves it says about types does not matter.
func typeOf(name string) string {
	switch ext := path.Ext(name); ext {
	case ".js":
		return "text/javascript; charset=utf-8"
	case ".css":
		return "text/css; charset=utf-8"
	case ".svg":
		return "image/svg+xml"
	case ".woff2":
		return "font/woff2"
	case ".webmanifest":
		return "application/manifest+json"
	case ".txt":
		return "text/plain; charset=utf-8"
	case ".ico":
		return "image/x-icon"
	default:
		if t := mime.TypeByExtension(ext); t != "" {
			return t
		}
		return "application/octet-stream"
	}
}

// Has reports whether there is a file at the path of an address.
func (a *App) Has(address string) bool {
	_, found := a.files[strings.TrimPrefix(address, "/")]
	return found
}

// ServeFile answers with a file that the application has.
func (a *App) ServeFile(w http.ResponseWriter, r *http.Request) {
	f := a.files[strings.TrimPrefix(r.URL.Path, "/")]
	coding := ""
	for _, c := range codings {
		if f.forms[c.name] != nil && accepts(r.Header.Values("Accept-Encoding"), c.name) {
			coding = c.name
			break
		}
	}
	header := w.Header()
	header.Set("Content-Type", f.contentType)
	header.Set("Cache-Control", f.cache)
	header.Set("ETag", `"`+strings.Trim(f.tag+"-"+coding, "-")+`"`)
	if len(f.forms) > 1 && header.Get("Vary") == "" {
		header.Set("Vary", "Accept-Encoding")
	}
	if coding != "" {
		header.Set("Content-Encoding", coding)
	}
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(f.forms[coding]))
}

// Addressed reports whether an address may be one of the application: files have a dot in their names, and its pages have none.
func Addressed(address string) bool { return !strings.Contains(path.Base(address), ".") }

// ServePage answers with the application's page, which is kept nowhere: it names the files of the newest build. The policy is
// its Content-Security-Policy, in which %s stands for the nonce.
func (a *App) ServePage(w http.ResponseWriter, policy string) error {
	nonce := rand.Text()
	header := w.Header()
	header.Set("Content-Type", "text/html; charset=utf-8")
	header.Set("Content-Security-Policy", fmt.Sprintf(policy, nonce))
	header.Set("Cache-Control", "no-store")
	w.WriteHeader(http.StatusOK)
	_, err := w.Write(bytes.Join(a.page, []byte(nonce)))
	return err
}

// accepts reports whether Accept-Encoding headers name a coding (RFC 9110, 12.5.3).
func accepts(headers []string, coding string) bool {
	others := false
	for _, header := range headers {
		for each := range strings.SplitSeq(header, ",") {
			name, params, _ := strings.Cut(each, ";")
			wanted := true
			if q, found := strings.CutPrefix(strings.TrimSpace(params), "q="); found {
				weight, err := strconv.ParseFloat(q, 64)
				wanted = err == nil && weight > 0
			}
			switch name = strings.TrimSpace(name); {
			case strings.EqualFold(name, coding):
				return wanted
			case name == "*":
				others = wanted
			}
		}
	}
	return others
}
