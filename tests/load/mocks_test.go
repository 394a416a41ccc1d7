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
func BenchmarkP(b *testing.B) {
	c := []byte(content(17))
	b.SetBytes(int64(len(c)))
	for b.Loop() { mockspec.Parse(c, mockspec.Options{}) }
}
func BenchmarkL(b *testing.B) {
	m, _ := mockspec.Parse([]byte(content(17)), mockspec.Options{})
	var l []byte
	for _, e := range m.Endpoints { l = mockspec.AppendEndpoint(l, &e) }
	for b.Loop() { mockspec.DecodeLines(l) }
}
