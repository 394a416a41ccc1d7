package external

import (
	"net/url"
	"path"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/mocloud/mocloud/pkg/apperr"
)

const (
	maxName = 1024 // bytes of a file name
	maxURL  = 4096 // bytes of a URL
)

// key identifies one external body. Two workspaces never share one, not even for the same URL.
type key struct {
	workspace string
	provider  string
	folder    string // outside of the workspace, if path is below such a one
	path      string // a clean file name, or a URL
	sheet     string
	url       bool
}

// String is unique for each key: no part can contain the separator.
func (k key) String() string {
	return k.workspace + "\x00" + k.provider + "\x00" + k.folder + "\x00" + k.path + "\x00" + k.sheet
}

func newKey(req Request) (key, error) {
	k := key{workspace: req.Workspace, provider: req.Provider}
	switch req.Provider {
	case ProviderFile:
	case ProviderXLSX:
		if strings.ContainsFunc(req.Sheet, unicode.IsControl) || len(req.Sheet) > maxName {
			return key{}, apperr.New(apperr.Invalid, "external-body: %q is not the name of a sheet", clip(req.Sheet))
		}
		k.sheet = req.Sheet
	default:
		return key{}, apperr.New(apperr.Invalid, "external-body: unknown provider %q; use %q or %q", clip(req.Provider), ProviderFile, ProviderXLSX)
	}
	var err error
	below, outside := strings.CutPrefix(req.Path, req.Folder+"/")
	switch {
	case req.Folder != "" && outside:
		k.folder = req.Folder
		k.path, err = cleanName(strings.TrimLeft(below, "/"))
	case hasScheme(req.Path):
		k.url = true
		k.path, err = cleanURL(req.Path)
	default:
		k.path, err = cleanName(req.Path)
	}
	if err != nil {
		return key{}, err
	}
	return k, nil
}

// hasScheme reports whether p begins like scheme://.
func hasScheme(p string) bool {
	scheme, _, ok := strings.Cut(strings.TrimSpace(p), "://")
	const letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+-."
	return ok && strings.Trim(scheme, letters) == ""
}

// cleanURL returns a normalised http(s) URL without fragment.
func cleanURL(raw string) (string, error) {
	raw = strings.TrimSpace(raw)
	bad := func(why string) error {
		return apperr.New(apperr.Invalid, "external-body: %q %s", clip(raw), why)
	}
	if len(raw) > maxURL {
		return "", bad("is too long for a URL")
	}
	u, err := url.Parse(raw)
	if err != nil {
		return "", bad("is not a URL")
	}
	u.Scheme = strings.ToLower(u.Scheme)
	if u.Scheme != "http" && u.Scheme != "https" {
		return "", bad("is neither a file of the workspace nor an http(s) URL")
	}
	if u.Hostname() == "" {
		return "", bad("names no host")
	}
	u.Fragment, u.RawFragment = "", ""
	return u.String(), nil
}

// cleanName returns the slash-separated name of a file below a workspace's folder. What could lead out of the
// folder is an error and never silently repaired: a mock that hits one has a mistake or a curious caller. ".." is
// refused even where it would stay inside, because parts of a path usually come from the request.
func cleanName(raw string) (string, error) {
	bad := func(why string) (string, error) {
		return "", apperr.New(apperr.Invalid, "external-body: path %q %s", clip(raw), why)
	}
	switch {
	case len(raw) > maxName:
		return bad("is too long")
	case !utf8.ValidString(raw):
		return bad("is not valid UTF-8")
	case strings.ContainsFunc(raw, unicode.IsControl):
		return bad("contains a control character")
	case strings.Contains(raw, `\`):
		return bad(`contains "\"; separate folders with "/"`)
	case strings.HasPrefix(raw, "/"):
		return bad("is absolute; name a file of the workspace without a leading /")
	}
	for segment := range strings.SplitSeq(raw, "/") {
		if segment == ".." {
			return bad(`contains ".."; name the file from the workspace's own folder`)
		}
	}
	name := path.Clean(raw)
	switch {
	case raw == "" || strings.TrimSpace(name) == "":
		return bad("is empty; name a file of the workspace or an http(s) URL")
	case name == "." || strings.HasSuffix(raw, "/"):
		return bad("is a folder; name a file")
	case len(name) >= 2 && name[1] == ':' && unicode.IsLetter(rune(name[0])):
		return bad("names a drive; name a file of the workspace")
	}
	return name, nil
}

// clip shortens what is shown of a user's text.
func clip(s string) string {
	const most = 120
	if len(s) <= most {
		return s
	}
	return strings.ToValidUTF8(s[:most], "") + "…"
}
