package record

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

type lines string

func (l lines) AppendTo(dst []byte) []byte { return append(dst, l...) }

func request(target string) *Request {
	return &Request{
		At: time.Unix(1, 0), Duration: time.Millisecond, Method: "POST", Host: "a.example", Path: target, Query: "q=1",
		Header: lines("Accept: a\r\nAccept: b\r\nX-Odd: c: d\r\n"), Body: []byte("0123456789"), Status: 201, Size: 7, Endpoint: "POST /x",
	}
}

func TestLogKeepsTheLatest(t *testing.T) {
	r := New(Limits{Requests: 3, Body: 4, Bytes: 1 << 20})
	l := r.Open("w", "m")
	for i := range 5 {
		l.Add(request(fmt.Sprint("/", i)))
	}
	got := l.Latest()
	var targets []string
	for _, k := range got {
		targets = append(targets, k.Target)
	}
	if diff := cmp.Diff([]string{"/4?q=1", "/3?q=1", "/2?q=1"}, targets); diff != "" {
		t.Fatal(diff)
	}
	want := Kept{
		At: time.Unix(1, 0), Duration: time.Millisecond, Method: "POST", Host: "a.example", Target: "/4?q=1",
		Header: map[string][]string{"Accept": {"a", "b"}, "X-Odd": {"c: d"}}, Body: []byte("0123"), BodySize: 10, Status: 201, Size: 7,
		Endpoint: "POST /x",
	}
	if diff := cmp.Diff(want, got[0]); diff != "" {
		t.Fatal(diff)
	}
}

func TestCounts(t *testing.T) {
	r := New(Limits{})
	l := r.Open("w", "m")
	r.Open("w", "quiet")
	l.Add(request("/"))
	bad := request("/")
	bad.Status = 503
	l.Add(bad)
	l.Close()
	if diff := cmp.Diff([]Counts{{"w", "m", 2, 1, 0}}, r.Collect()); diff != "" {
		t.Fatal(diff)
	}
	if got := r.Collect(); got != nil {
		t.Fatalf("counted twice: %+v", got)
	}
	if len(r.logs) != 1 {
		t.Fatalf("a closed log stays: %d", len(r.logs))
	}
	if l.Latest() != nil {
		t.Fatal("kept although nothing should be")
	}
}

func TestMemoryIsBounded(t *testing.T) {
	r := New(Limits{Requests: 10, Body: 1 << 10, Bytes: 10_000})
	big := request("/" + strings.Repeat("x", 2000))
	var logs []*Log
	for i := range 10 {
		l := r.Open("w", fmt.Sprint(i))
		logs = append(logs, l)
		for range 20 {
			l.Add(big)
		}
	}
	if used := r.used.Load(); used > 10_000 {
		t.Fatalf("%d bytes used", used)
	}
	var dropped uint64
	for _, c := range r.Collect() {
		dropped += c.Dropped
	}
	if dropped == 0 {
		t.Fatal("what was dropped is not counted")
	}
	for _, l := range logs {
		l.Close()
	}
	if used := r.used.Load(); used != 0 {
		t.Fatalf("%d bytes left", used)
	}
}

func TestAddNeverWaits(t *testing.T) {
	r := New(Limits{Requests: 2, Bytes: 1 << 20})
	l := r.Open("w", "m")
	l.mu.Lock()
	l.Add(request("/"))
	l.mu.Unlock()
	if got := r.Collect(); got[0].Dropped != 1 {
		t.Fatalf("%+v", got)
	}
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 500 {
				l.Add(request("/"))
				l.Latest()
			}
		})
	}
	wg.Wait()
	if got := r.Collect(); got[0].Requests != 4000 {
		t.Fatalf("%+v", got)
	}
}

func TestAddDoesNotAllocate(t *testing.T) {
	l := New(Limits{Requests: 4, Body: 100, Bytes: 1 << 20}).Open("w", "m")
	q := request("/some/path")
	for range 4 {
		l.Add(q)
	}
	if n := testing.AllocsPerRun(100, func() { l.Add(q) }); n != 0 {
		t.Fatalf("%v allocations", n)
	}
}

func BenchmarkAdd(b *testing.B) {
	l := New(Limits{Requests: 50, Body: 100, Bytes: 1 << 20}).Open("w", "m")
	q := request("/some/path")
	b.ReportAllocs()
	for b.Loop() {
		l.Add(q)
	}
}
