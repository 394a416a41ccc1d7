// Package caller knows who may use the proxy: names and tokens.
package caller

import (
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"fmt"
	"regexp"
	"strings"

	"github.com/mocloud/mocloud/pkg/secret"
)

// Set is the callers of one mode. It is immutable. Tokens are kept as hashes, so that neither their length nor their
// content shows in the time that a comparison takes.
type Set struct{ callers []entry }

type entry struct {
	name  string
	token [sha256.Size]byte
}

var namePattern = regexp.MustCompile(`^[A-Za-z0-9._-]{1,64}$`)

// minToken is the least length of a token, in bytes.
const minToken = 16

// maxTokens is how many tokens a caller can have: the present one and the next, so that tokens can be replaced without a pause.
const maxTokens = 2

// Parse reads "name:token" pairs, separated by commas or white space. A name may be there twice, with the present token and the next. Its errors never show a token.
func Parse(list secret.String) (*Set, error) {
	s := &Set{}
	tokens := map[string]int{}
	for i, pair := range strings.FieldsFunc(list.Reveal(), func(r rune) bool { return strings.ContainsRune(", \t\r\n", r) }) {
		name, token, ok := strings.Cut(pair, ":")
		switch {
		case !ok || !namePattern.MatchString(name):
			return nil, fmt.Errorf("item %d is not of the form name:token", i+1)
		case len(token) < minToken:
			return nil, fmt.Errorf("the token of %s is shorter than %d characters", name, minToken)
		case tokens[name] == maxTokens:
			return nil, fmt.Errorf("%s has more than %d tokens; remove the oldest", name, maxTokens)
		}
		tokens[name]++
		s.callers = append(s.callers, entry{name, sha256.Sum256([]byte(token))})
	}
	return s, nil
}

// ErrUnknown says that no caller has that token.
var ErrUnknown = errors.New("unknown caller or wrong token")

// ByToken returns the name of the caller with that token. It compares with all of them, in constant time.
func (s *Set) ByToken(token string) (string, error) {
	sum := sha256.Sum256([]byte(token))
	found := ""
	for _, e := range s.callers {
		if subtle.ConstantTimeCompare(sum[:], e.token[:]) == 1 {
			found = e.name
		}
	}
	if found == "" {
		return "", ErrUnknown
	}
	return found, nil
}

// Check reports whether token is name's.
func (s *Set) Check(name, token string) error {
	if found, err := s.ByToken(token); err != nil || found != name {
		return ErrUnknown
	}
	return nil
}
