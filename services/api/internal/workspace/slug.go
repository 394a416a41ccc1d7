package workspace

import (
	"regexp"

	"github.com/mocloud/mocloud/pkg/apperr"
)

// MaxSlug is the most characters that a workspace's slug may have. With the mock's slug and a hyphen it has to fit into
// one label of a host name.
const MaxSlug = 39

var slugPattern = regexp.MustCompile(`^[a-z][a-z0-9]*$`)

// reserved reports whether a slug would be mistaken for a part of the installation.
func reserved(slug string) bool {
	switch slug {
	case "admin", "api", "app", "assets", "auth", "console", "docs", "edge", "help", "internal", "localhost", "login", "mail",
		"mocloud", "moclojer", "ops", "public", "root", "security", "signin", "static", "status", "support", "system", "www":
		return true
	}
	return false
}

// CheckSlug returns an error that a user may see, unless slug can name a workspace. There is no hyphen in it, so that
// {mock}-{workspace} splits at its last one.
func CheckSlug(slug string) error {
	switch {
	case slug == "":
		return apperr.New(apperr.Invalid, "The workspace needs a slug.").WithField("slug")
	case len(slug) > MaxSlug:
		return apperr.New(apperr.Invalid, "The workspace's slug has %d characters; the limit is %d.", len(slug), MaxSlug).WithField("slug")
	case !slugPattern.MatchString(slug):
		return apperr.New(apperr.Invalid, "The workspace's slug %q is not valid: use a-z and 0-9, beginning with a letter, without hyphens.", slug).WithField("slug")
	case reserved(slug):
		return apperr.New(apperr.Invalid, "The slug %q is reserved; choose another one for the workspace.", slug).WithField("slug")
	}
	return nil
}
