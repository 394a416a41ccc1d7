package external

import (
	"net/url"
	"strings"
	"unicode"

	"github.com/mocloud/mocloud/pkg/apperr"
	"github.com/mocloud/mocloud/pkg/files"
)

const (
	maxName = files.MaxName // bytes of a sheet's name too
	maxURL  = 4096          // bytes of a URL
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
	k := key{workspace: req.WorkspaceID, provider: req.Provider}
	switch req.Provider {
	case ProviderFile, ProviderCSV:
	case ProviderXLSX:
		if strings.ContainsFunc(req.Sheet, unicode.IsControl) || len(req.Sheet) > maxName {
			return key{}, apperr.New(apperr.Invalid, "external-body: %q is not the name of a sheet", clip(req.Sheet))
		}
		k.sheet = req.Sheet
	default:
		return key{}, apperr.New(apperr.Invalid, "external-body: unknown provider %q; use %q, %q or %q", clip(req.Provider), ProviderFile, ProviderXLSX, ProviderCSV)
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

// cleanName returns the name of a file below a workspace's folder; files.Clean says what is refused.
func cleanName(raw string) (string, error) {
	name, wrong := files.Clean(raw)
	if wrong != "" {
		return "", apperr.New(apperr.Invalid, "external-body: path %q %s", clip(raw), wrong)
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
