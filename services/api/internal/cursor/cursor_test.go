package cursor_test

import (
	"encoding/base64"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/mocloud/mocloud/services/api/internal/cursor"
)

// place has what places have: text, numbers and times.
type place struct {
	Text   string
	Number int32
	Time   time.Time
}

func TestEveryItemIsOnOnePage(t *testing.T) {
	var all []place
	for n := range int32(7) {
		all = append(all, place{strings.Repeat(`"<é`, int(n)), n + 1, time.Date(2026, 1, 2, 3, 4, 5, int(n), time.UTC)})
	}
	for limit := 1; limit <= 8; limit++ {
		var got []place
		for from, pages := "", 0; pages == 0 || from != ""; pages++ {
			page, err := cursor.Read(cursor.List{Name: "list"}, from, limit, func(p place) place { return p }, func(after place, limit int) ([]place, error) {
				begin := slices.Index(all, after) + 1
				return all[begin:min(len(all), begin+limit)], nil
			})
			if err != nil || len(page.Items) > limit || pages > len(all) {
				t.Fatalf("limit %d, page %d: %d items, %v", limit, pages, len(page.Items), err)
			}
			got = append(got, page.Items...)
			from = page.Next
		}
		if !slices.Equal(got, all) {
			t.Errorf("limit %d: %v", limit, got)
		}
	}
}

func TestOtherCursorsAreRefused(t *testing.T) {
	read := func(list, from string) (string, error) {
		page, err := cursor.Read(cursor.List{Name: list}, from, 1, func(s string) string { return s }, func(string, int) ([]string, error) { return []string{"a", "b"}, nil })
		return page.Next, err
	}
	own, err := read("list", "")
	if err != nil || own == "" {
		t.Fatalf("%q, %v", own, err)
	}
	if _, err := read("list", own); err != nil {
		t.Errorf("its own cursor: %v", err)
	}
	encode := func(s string) string { return base64.RawURLEncoding.EncodeToString([]byte(s)) }
	for name, from := range map[string]string{
		"no base64":       "%",
		"padded":          own + "=",
		"cut":             own[:len(own)/2],
		"an id":           "0190c5a0-0000-7000-8000-000000000000",
		"a bare place":    encode("a"),
		"another version": encode(`{"v":2,"l":"list","p":"a"}`),
		"no version":      encode(`{"l":"list","p":"a"}`),
		"another list":    encode(`{"v":1,"l":"other","p":"a"}`),
		"a number":        encode(`{"v":1,"l":"list","p":1}`),
		"a NUL":           encode(`{"v":1,"l":"list","p":"a\u0000"}`),
		"not UTF-8":       encode("{\"v\":1,\"l\":\"list\",\"p\":\"\xff\"}"),
		"more behind":     encode(`{"v":1,"l":"list","p":"a"}{}`),
	} {
		if _, err := read("list", from); !errors.Is(err, cursor.Err) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// A cursor works with the owner, filters and order that it was made with, and with no others.
func TestCursorsBelongToFilters(t *testing.T) {
	read := func(of any, from string) (string, error) {
		list := cursor.List{Name: "list", Of: of}
		page, err := cursor.Read(list, from, 1, func(s string) string { return s }, func(string, int) ([]string, error) { return []string{"a", "b"}, nil })
		return page.Next, err
	}
	yes, no := true, false
	same := time.Date(2026, 1, 2, 3, 4, 5, 6, time.UTC)
	for name, c := range map[string]struct{ own, again, other any }{
		"owner":               {"a", "a", "b"},
		"no owner":            {"", "", nil},
		"words apart":         {[]string{"ab", "c"}, []string{"ab", "c"}, []string{"a", "bc"}},
		"pointers to values":  {[]any{&yes}, []any{new(true)}, []any{&no}},
		"none instead of one": {[]any{&yes}, []any{new(true)}, []any{(*bool)(nil)}},
		"times":               {[]any{same}, []any{same}, []any{same.Add(time.Millisecond)}},
	} {
		own, err := read(c.own, "")
		if err != nil || own == "" {
			t.Fatalf("%s: %q, %v", name, own, err)
		}
		if _, err := read(c.again, own); err != nil {
			t.Errorf("%s: its own cursor: %v", name, err)
		}
		if _, err := read(c.other, own); !errors.Is(err, cursor.Err) {
			t.Errorf("%s: of another: %v", name, err)
		}
	}
}
