// Package cursor reads lists page by page. A cursor is opaque to clients: it says, by the last item of a page, where the next
// page begins, and works only with the list that returned it.
package cursor

import (
	"crypto/sha256"
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

// List says which list is read, so that its cursors can be told from those of others.
type List struct {
	Name string
	// Of is whose list it is, and its filters and order: a value of strings, numbers, times and the like, the same for every
	// page. nil: there is only one list with that name.
	Of any
}

// key is what the list's cursors hold of it.
func (l List) key() (string, error) {
	if l.Of == nil {
		return l.Name, nil
	}
	of, err := json.Marshal(l.Of)
	if err != nil {
		return "", fmt.Errorf("encode what a list is of: %w", err)
	}
	sum := sha256.Sum256(of)
	return l.Name + "/" + base64.RawURLEncoding.EncodeToString(sum[:8]), nil
}

// position is what a cursor holds.
type position[P any] struct {
	Version int    `json:"v"`
	List    string `json:"l"` // its key
	Place   P      `json:"p"`
}

// Read reads the page of at most limit items that begins at a cursor, or at the start of the list if from is "". place names an item within the list's order; read returns at most as many
// items as it is asked for behind a place, the zero value being the start.
func Read[P, T any](list List, from string, limit int, place func(T) P, read func(after P, limit int) ([]T, error)) (Page[T], error) {
	key, err := list.key()
	if err != nil {
		return Page[T]{}, err
	}
	after, err := decode[P](key, from)
	if err != nil {
		return Page[T]{}, err
	}
	items, err := read(after, limit+1)
	if err != nil || len(items) <= limit {
		return Page[T]{Items: items}, err
	}
	items = items[:limit]
	next, err := json.Marshal(position[P]{version, key, place(items[limit-1])})
	if err != nil {
		return Page[T]{}, fmt.Errorf("encode a cursor: %w", err)
	}
	return Page[T]{items, base64.RawURLEncoding.EncodeToString(next)}, nil
}

// decode returns the place that a cursor holds. Clients can write what they like, so that it may be any place at all; that a
// database can compare with it is all that is promised.
func decode[P any](key, from string) (place P, err error) {
	if from == "" {
		return place, nil
	}
	var p position[P]
	raw, err := base64.RawURLEncoding.DecodeString(from)
	if err != nil || !utf8.Valid(raw) || json.Unmarshal(raw, &p) != nil || p.Version != version || p.List != key || strings.ContainsRune(fmt.Sprint(p.Place), 0) {
		return place, Err
	}
	return p.Place, nil
}
