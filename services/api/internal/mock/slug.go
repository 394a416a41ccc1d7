package mock

import (
	"regexp"
	"strings"

	"github.com/mocloud/mocloud/pkg/apperr"
)

const (
	maxSlug  = 40
	maxLabel = 63 // octets of one label of a host name (RFC 1035, 2.3.4)
)

var slugPattern = regexp.MustCompile(`^[a-z0-9]([a-z0-9-]*[a-z0-9])?$`)

// CheckSlug returns an error that a user may see, unless {slug}-{workspace} can be a host name.
func CheckSlug(slug, workspaceSlug string) error {
	invalid := func(format string, args ...any) error {
		return apperr.New(apperr.Invalid, format, args...).WithField("slug")
	}
	label := slug + "-" + workspaceSlug
	switch {
	case slug == "":
		return invalid("The mock needs a slug: 1 to %d of a-z, 0-9 and hyphens.", maxSlug)
	case len(slug) > maxSlug:
		return invalid("The slug has %d characters; the limit is %d.", len(slug), maxSlug)
	case !slugPattern.MatchString(slug):
		return invalid("The slug %q is not valid: use a-z, 0-9 and hyphens, with a letter or digit at both ends.", slug)
	case len(label) >= 4 && label[2:4] == "--":
		// RFC 5891, 4.2.3.1: reserved for encoded names such as xn--; resolvers and certificate authorities refuse others.
		return invalid("The slug %q is not valid: host names cannot have hyphens as their third and fourth characters.", slug)
	case len(label) > maxLabel:
		return invalid("The slug makes the host name %s-%s, %d characters long; a label of a host name has at most %d. Shorten the slug by %d.",
			slug, workspaceSlug, len(label), maxLabel, len(label)-maxLabel)
	}
	return nil
}

// Addresses tells where mocks answer.
type Addresses struct {
	BaseDomain string // host names are {mock}-{workspace}.{BaseDomain}
	URL        string // with {host} where the host name goes: "http://{host}:8000"
	PathURL    string // where mocks answer by path, "http://localhost:8000"; empty: nowhere
}

// Host is the mock's own host name.
func (a Addresses) Host(m Mock) string { return m.Slug + "-" + m.WorkspaceSlug + "." + a.BaseDomain }

// Of is the mock's URL.
func (a Addresses) Of(m Mock) string { return strings.ReplaceAll(a.URL, "{host}", a.Host(m)) }

// ByPath is the mock's URL that needs no host name of its own; empty if there is none.
func (a Addresses) ByPath(m Mock) string {
	if a.PathURL == "" {
		return ""
	}
	return strings.TrimRight(a.PathURL, "/") + "/~" + m.WorkspaceSlug + "/" + m.Slug
}
