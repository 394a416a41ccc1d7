package account

import (
	"net/mail"
	"strings"

	"github.com/mocloud/mocloud/pkg/apperr"
)

// maxEmail is the most octets of an address (RFC 5321, 4.5.3.1.3).
const maxEmail = 254

// CheckEmail returns an address as it is kept: in lower case, and nothing but the address. Nobody proves that it is theirs:
// it is another name to sign in with, and nothing is ever sent there.
func CheckEmail(email string) (string, error) {
	email = strings.ToLower(strings.TrimSpace(email))
	if email == "" {
		return "", nil
	}
	parsed, err := mail.ParseAddress(email)
	if err != nil || parsed.Address != email || parsed.Name != "" || len(email) > maxEmail {
		return "", apperr.New(apperr.Invalid, "The e-mail address is not valid; write it like ann@example.com, or leave it out.").WithField("email")
	}
	return email, nil
}
