package record

import (
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/mocloud/mocloud/pkg/event"
)

type lines string

func (l lines) AppendTo(dst []byte) []byte { return append(dst, l...) }

var many = Limits{PerSecond: 1e6, Body: 4, Bytes: 1 << 20}

func request() *Request {
	return &Request{
		At: time.Unix(1, 0), Duration: time.Millisecond, Method: "POST", Host: "a.example", Path: "/x", Query: "q=1",
		Header: lines("Accept: a\r\n"), Body: []byte("0123456789"), Status: 201, AnswerHeader: lines("Allow: b\r\n"), Answer: []byte("abcdefg"), Endpoint: "POST /x",
	}
}

// seen is a record as a test looks at it.
type seen struct {
	Mock, Method, Host, Path, Query, Header, Body, AnswerHeader, Answer, Endpoint string
	Status, BodySize, AnswerSize                                                  int
}

// all takes what was recorded.
func all(r *Recorder) (out []seen) {
	for len(r.Records()) > 0 {
		c := <-r.Records()
		out = append(out, seen{
			c.Mock.MockID, string(c.Method()), string(c.Host()), string(c.Path()), string(c.Query()), string(c.Header()),
			string(c.Body()), string(c.AnswerHeader()), string(c.Answer()), c.Endpoint, c.Status, c.BodySize, c.AnswerSize,
		})
		r.Release(c)
	}
	return out
}

// counted takes what was counted, by mock.
func counted(r *Recorder) map[string]Counts {
	out := map[string]Counts{}
	r.Collect(func(_, mock string, c Counts) {
		sum := out[mock]
		for i, n := range c.Classes {
			sum.Classes[i] += n
		}
		for i, n := range c.Latency {
			sum.Latency[i] += n
		}
		sum.NotKept += c.NotKept
		out[mock] = sum
	})
	return out
}

func TestWhatIsTakenIsWhatTheMockAllows(t *testing.T) {
	whole := seen{"m", "POST", "a.example", "/x", "q=1", "Accept: a\r\n", "0123", "Allow: b\r\n", "abcd", "POST /x", 201, 10, 7}
	bare := seen{"m", "POST", "a.example", "/x", "", "", "", "", "", "POST /x", 201, 10, 7}
	for mode, want := range map[event.RecordingMode][]seen{
		"": {whole}, event.RecordFull: {whole}, event.RecordRedacted: {whole}, event.RecordMetadata: {bare}, "of the future": {bare}, event.RecordOff: nil,
	} {
		r := New(many)
		l := r.ForMock("w", "m")
		if mode != "" {
			l.SetRecording(&event.Recording{Mode: mode})
		}
		l.Add(request())
		if diff := cmp.Diff(want, all(r)); diff != "" {
			t.Errorf("%q: %s", mode, diff)
		}
		if c := counted(r)["m"]; c.Classes[2] != 1 || c.NotKept != 0 {
			t.Errorf("%q: %+v", mode, c)
		}
	}
}

func TestCounts(t *testing.T) {
	r := New(Limits{})
	l, quiet := r.ForMock("w", "m"), r.ForMock("w", "quiet")
	_ = quiet
	for _, status := range []int{200, 204, 101, 302, 404, 503, 599, 600, 7} {
		q := request()
		q.Status = status
		l.Add(q)
	}
	got := counted(r)
	if len(got) != 1 {
		t.Errorf("%d mocks were asked", len(got))
	}
	if diff := cmp.Diff([6]uint64{2, 1, 2, 1, 1, 2}, got["m"].Classes); diff != "" {
		t.Error(diff)
	}
	if n := got["m"].Latency[bucketOf(time.Millisecond)]; n != 8 {
		t.Errorf("%d of 8 in the bucket of 1 ms; a WebSocket has no latency", n)
	}
	if len(counted(r)) != 0 {
		t.Error("counted twice")
	}
	l.Add(request())
	if c := counted(r)["m"]; c.Classes[2] != 1 {
		t.Errorf("after a collection: %+v", c)
	}
}

func TestBuckets(t *testing.T) {
	last := uint64(0)
	for i := range Buckets {
		up := UpTo(i)
		if up <= last {
			t.Fatalf("bucket %d ends at %d, the one before at %d", i, up, last)
		}
		if b := bucketOf(time.Duration(up) * time.Microsecond); b != i {
			t.Errorf("%d µs is in bucket %d, not %d", up, b, i)
		}
		if b := bucketOf(time.Duration(last)*time.Microsecond + 1); b != i {
			t.Errorf("a little more than %d µs is in bucket %d, not %d", last, b, i)
		}
		last = up
	}
	if last < 120e6 || bucketOf(time.Hour) != Buckets-1 || bucketOf(-1) != 0 {
		t.Errorf("the last bucket ends at %d µs", last)
	}
}

func TestWhatIsTooMuchIsOnlyCounted(t *testing.T) {
	for name, c := range map[string]struct {
		limits Limits
		kept   int
	}{
		"of one mock":        {Limits{PerSecond: 5, Bytes: 1 << 20}, 5},
		"of all":             {Limits{PerSecond: 100, AllPerSecond: 7, Bytes: 1 << 20}, 7},
		"bytes of one mock":  {Limits{PerSecond: 100, Rate: 40_000, Body: 4000, Bytes: 1 << 20}, 2},
		"memory":             {Limits{PerSecond: 100, Body: 4000, Bytes: 10_000}, 2},
		"places in the line": {Limits{PerSecond: 1e6, Bytes: 1 << 30}, queued},
	} {
		t.Run(name, func(t *testing.T) {
			r := New(c.limits)
			l := r.ForMock("w", "m")
			q := request()
			q.Body = []byte(strings.Repeat("x", 4000))
			for range 2000 {
				l.Add(q)
			}
			if n := len(all(r)); n != c.kept {
				t.Errorf("%d are kept, not %d", n, c.kept)
			}
			if got := counted(r)["m"]; got.Classes[2] != 2000 || got.NotKept != uint64(2000-c.kept) {
				t.Errorf("%d counted, %d of them not kept", got.Classes[2], got.NotKept)
			}
			if used := r.used.Load(); used != 0 {
				t.Errorf("%d bytes are never given back", used)
			}
			q.At = q.At.Add(time.Second)
			l.Add(q)
			if len(all(r)) != 1 {
				t.Error("a second later nothing is kept")
			}
		})
	}
}

// Nothing is lost or counted twice while requests and collections meet.
func TestCountsAreExact(t *testing.T) {
	r := New(Limits{PerSecond: 1000, Bytes: 1 << 20})
	logs := []*MockRecorder{r.ForMock("w", "a"), r.ForMock("w", "b"), r.ForMock("w", "b")} // a mock may be removed and come back
	var wg sync.WaitGroup
	for _, l := range logs {
		for range 4 {
			wg.Go(func() {
				for range 5000 {
					l.Add(request())
				}
			})
		}
	}
	done := make(chan struct{})
	go func() { wg.Wait(); close(done) }()
	sum := map[string]uint64{}
	records := uint64(0)
	for finished := false; !finished; {
		select {
		case <-done:
			finished = true
		default:
		}
		records += uint64(len(all(r)))
		for mock, c := range counted(r) {
			sum[mock] += c.Classes[2]
			records += c.NotKept
		}
	}
	if sum["a"] != 20_000 || sum["b"] != 40_000 || records != 60_000 {
		t.Errorf("%v, %d records", sum, records)
	}
}

func BenchmarkAdd(b *testing.B) {
	b.Run("kept", func(b *testing.B) {
		r := New(many)
		l := r.ForMock("w", "m")
		q := request()
		b.ReportAllocs()
		for b.Loop() {
			q.At = q.At.Add(time.Millisecond)
			l.Add(q)
			r.Release(<-r.Records())
		}
	})
	b.Run("counted", func(b *testing.B) {
		r := New(Limits{PerSecond: 1, Bytes: 1 << 20})
		l := r.ForMock("w", "m")
		q := request()
		b.ReportAllocs()
		for b.Loop() {
			l.Add(q)
		}
	})
	b.Run("off", func(b *testing.B) {
		l := New(Limits{}).ForMock("w", "m")
		q := request()
		for b.Loop() {
			l.Add(q)
		}
	})
}
