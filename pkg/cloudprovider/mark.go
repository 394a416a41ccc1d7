package cloudprovider

import (
	"regexp"
	"strings"
)

// Mark tells the records of one installation from all others. It is the beginning of their comments, or of a TXT record beside
// them where records have no comments.
type Mark struct{ Owner string }

var ownerPattern = regexp.MustCompile(`^[A-Za-z0-9._-]{1,32}$`)

// Valid reports whether the owner's name can be in a mark.
func (m Mark) Valid() bool { return ownerPattern.MatchString(m.Owner) }

// String is the mark without a reference.
func (m Mark) String() string { return "mocloud:v1 owner=" + m.Owner }

// Comment is the mark of the record that belongs to the domain ref.
func (m Mark) Comment(ref string) string { return m.String() + " ref=" + ref }

// Owns reports whether a comment is ours, whichever domain it names.
func (m Mark) Owns(comment string) bool {
	rest, marked := strings.CutPrefix(comment, m.String())
	return marked && (rest == "" || rest[0] == ' ')
}

// Reserved are the labels right under a base domain that no record of a mock may have.
func Reserved() []string {
	return []string{"www", "app", "api", "mail", "console", "edge", "autoconfig", "autodiscover", "_dmarc", "_domainkey", "_acme-challenge"}
}
