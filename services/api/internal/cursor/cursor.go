// Package cursor is about places in lists as clients keep them: what a page's next_cursor holds, and what is left of it when
// somebody sends it back.
package cursor

import (
	"encoding/base64"
	"strings"
	"unicode/utf8"

	"github.com/mocloud/mocloud/pkg/apperr"
)

// Err says that a cursor is not one that the list gave out.
var Err = apperr.New(apperr.Invalid, "The cursor does not come from this list; start again without a cursor.").WithField("cursor")

// Of is the cursor of the page behind a place, which is a text that names the last item of the page before.
func Of(place string) string { return base64.RawURLEncoding.EncodeToString([]byte(place)) }

// Place is what Of was given, "" for no cursor. Clients can write what they like, so that it may be any text at all; that it
// is one that a database can compare is all that is promised. Otherwise it is Err.
func Place(cursor string) (string, error) {
	raw, err := base64.RawURLEncoding.DecodeString(cursor)
	if err != nil || !IsText(string(raw)) {
		return "", Err
	}
	return string(raw), nil
}

// IsText reports whether a database can compare with s.
func IsText(s string) bool { return utf8.ValidString(s) && !strings.ContainsRune(s, 0) }
