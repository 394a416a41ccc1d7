//go:build linux

package main

import (
	"testing"

	"github.com/mocloud/mocloud/pkg/mockspec"
)

// TestContent: what is hosted are mocks without anything to complain about, of the size that is said.
func TestContent(t *testing.T) {
	mock, diagnostics := mockspec.Parse([]byte(content(17)), mockspec.Options{})
	if len(diagnostics) > 0 {
		t.Fatalf("diagnostics: %v", diagnostics)
	}
	if len(mock.Endpoints) != perMock {
		t.Errorf("%d endpoints, not %d", len(mock.Endpoints), perMock)
	}
}

func TestRevisionOf(t *testing.T) {
	if n, err := revisionOf([]byte(`{"first": 17, "id": 1, "last": 17}`)); n != 17 || err != nil {
		t.Errorf("revisionOf = %d, %v", n, err)
	}
	for _, bad := range []string{``, `{}`, `{"first": 17, "last": 18}`, `{"first": 17}`, `404 page`} {
		if n, err := revisionOf([]byte(bad)); err == nil {
			t.Errorf("revisionOf(%q) = %d, want an error", bad, n)
		}
	}
}

// TestEditsAllow: an answer is right when it is between what was seen before the request and what was sent.
func TestEditsAllow(t *testing.T) {
	m := &mock{revision: 3}
	e := newEdits([]*mock{m})
	e.state[m].sent.Store(5)
	early := e.allowed(m)
	if !e.allowed(m)(5) {
		t.Error("what was sent is refused")
	}
	if !early(4) {
		t.Error("a request from before 5 was seen may be answered by 4")
	}
	if e.allowed(m)(4) {
		t.Error("4 is allowed after 5 was seen")
	}
	if e.allowed(m)(6) {
		t.Error("6 is allowed before it was sent")
	}
}
