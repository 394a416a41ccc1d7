package httpapi

import (
	"regexp"
	"strconv"
	"strings"

	"github.com/mocloud/mocloud/pkg/apperr"
	"github.com/mocloud/mocloud/services/api/internal/gate"
)

// entityTag is one ETag at the beginning of a list of them, and what is between it and the next (RFC 9110, 8.8.3).
var entityTag = regexp.MustCompile(`^[ \t]*(?:W/)?"([!#-~]*)"[ \t]*(?:,|$)`)

// tags are the ETags in an If-Match header without their quotes, none for "*" or no header at all, which match whatever is
// there. Weak ones count like strong ones: proxies that compress make an ETag weak.
func tags(ifMatch *string) ([]string, error) {
	rest := strings.TrimSpace(value(ifMatch, "*"))
	if rest == "*" {
		return nil, nil
	}
	var all []string
	for first := true; first || rest != ""; first = false {
		m := entityTag.FindStringSubmatch(rest)
		if m == nil {
			return nil, noTag(*ifMatch)
		}
		all, rest = append(all, m[1]), rest[len(m[0]):]
	}
	return all, nil
}

func noTag(ifMatch string) error {
	return gate.BadRequest("If-Match", "The header If-Match is %s; send the ETag of what you edited, with its quotes.", ifMatch)
}

// matching writes if what is there is one of those that an If-Match header names; zero values of V stand for anything. With
// several it tries one after the other: a write whose version is not the present one changes nothing.
func matching[V, T any](ifMatch *string, version func(tag string) (V, bool), write func(V) (T, error)) (T, error) {
	var seen V
	var none T
	named, err := tags(ifMatch)
	if err != nil {
		return none, err
	}
	if len(named) == 0 {
		return write(seen)
	}
	var versions []V
	for _, tag := range named {
		v, ok := version(tag)
		if !ok {
			return none, noTag(*ifMatch)
		}
		versions = append(versions, v)
	}
	var out T
	for _, v := range versions {
		if out, err = write(v); apperr.CodeOf(err) != apperr.Precondition {
			break
		}
	}
	return out, err
}

// versionOf reads an ETag that is a number.
func versionOf(tag string) (int, bool) {
	version, err := strconv.Atoi(tag)
	return version, err == nil && version > 0
}
