package serve_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"testing/synctest"

	"github.com/mocloud/mocloud/services/mockserver/internal/serve"
)

// slowReader is a caller who takes the answer when asked to.
type slowReader struct {
	sink
	begun, take chan struct{}
}

func (s *slowReader) Write(b []byte) (int, error) {
	close(s.begun)
	<-s.take
	return s.sink.Write(b)
}

// TestSlowCallersTakeNoPlace: neither who sends slowly nor who reads slowly counts among the requests that a mock answers at a time.
func TestSlowCallersTakeNoPlace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		core := plain(serve.Config{Concurrent: 1}, serve.Deps{})
		core.Put(mock("1", "m.example", "- endpoint: {path: /, method: ANY, response: {body: '{{request.method}}'}}"))
		others := func(when string) {
			t.Helper()
			for range 3 {
				if w := ask(core, "GET", "m.example", "/", ""); w.Code != 200 {
					t.Errorf("%s: %d %s", when, w.Code, w.Body)
				}
			}
		}
		body, send := io.Pipe()
		sender := httptest.NewRequest("POST", "/", body)
		sender.Host = "m.example"
		w := httptest.NewRecorder()
		done := make(chan struct{})
		go func() {
			defer close(done)
			core.ServeHTTP(w, sender)
		}()
		synctest.Wait()
		others("while one sends")
		if _, err := send.Write([]byte("x")); err != nil {
			t.Fatal(err)
		}
		others("while one sends on")
		_ = send.Close()
		if <-done; w.Code != 200 {
			t.Errorf("the slow sender got %d %s", w.Code, w.Body)
		}
		reader := &slowReader{sink: sink{header: http.Header{}}, begun: make(chan struct{}), take: make(chan struct{})}
		finished := make(chan struct{})
		go func() {
			defer close(finished)
			core.ServeHTTP(reader, httptest.NewRequest("GET", "http://m.example/", http.NoBody))
		}()
		<-reader.begun
		others("while one reads")
		close(reader.take)
		<-finished
		others("afterwards")
	})
}
