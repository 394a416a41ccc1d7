// Package cursor reads lists page by page. A cursor is opaque to clients: it says, by the last item of a page, where the next
// page begins, and works only with the list that returned it.
package cursor

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/mocloud/mocloud/pkg/apperr"
)

// Err says that a cursor is not one that the list returned. It is answered with 400.
var Err = apperr.New(apperr.Invalid, "The cursor does not come from this list; start again without a cursor.").WithField("cursor")

// version is that of how cursors are encoded. Those of another version are refused.
const version = 1

// Page is one page of a list.
type Page[T any] struct {
	Items []T
	Next  string // the cursor of the next page, "" on the last one
}

// position is what a cursor holds.
type position[P any] struct {
	Version int    `json:"v"`
	List    string `json:"l"`
	Place   P      `json:"p"`
}

// Read reads the page of at most limit items that begins at a cursor, or at the start of the list if from is "". The list's
// name tells its cursors from those of others. place names an item within the list's order; read returns at most as many
// items as it is asked for behind a place, the zero value being the start.
func Read[P, T any](list, from string, limit int, place func(T) P, read func(after P, limit int) ([]T, error)) (Page[T], error) {
	after, err := decode[P](list, from)
	if err != nil {
		return Page[T]{}, err
	}
	items, err := read(after, limit+1)
	if err != nil || len(items) <= limit {
		return Page[T]{Items: items}, err
	}
	items = items[:limit]
	next, err := json.Marshal(position[P]{version, list, place(items[limit-1])})
	if err != nil {
		return Page[T]{}, fmt.Errorf("encode a cursor: %w", err)
	}
	return Page[T]{items, base64.RawURLEncoding.EncodeToString(next)}, nil
}

// decode returns the place that a cursor holds. Clients can write what they like, so that it may be any place at all; that a
// database can compare with it is all that is promised.
func decode[P any](list, from string) (place P, err error) {
	if from == "" {
		return place, nil
	}
	var p position[P]
	raw, err := base64.RawURLEncoding.DecodeString(from)
	if err != nil || !utf8.Valid(raw) || json.Unmarshal(raw, &p) != nil || p.Version != version || p.List != list || strings.ContainsRune(fmt.Sprint(p.Place), 0) {
		return place, Err
	}
	return p.Place, nil
}
