package accesslog_test

import (
	"context"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/mocloud/mocloud/services/mockserver/internal/accesslog"
	"github.com/mocloud/mocloud/services/mockserver/internal/record"
)

// Each request is a line; what is too much is counted; nothing that a caller sends reaches the terminal as a control sequence.
func TestRequestsArePrinted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out strings.Builder
		recorder := record.New(record.Limits{PerSecond: 2, Bytes: 1 << 20})
		log := recorder.ForMock("", "file")
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() {
			defer close(done)
			accesslog.Run(ctx, recorder, &out)
		}()
		add := func(path, endpoint string, status int) {
			log.Add(&record.Request{At: time.Now(), Duration: 1234 * time.Microsecond, Method: "GET", Path: path, Query: "q=1", Status: status, Endpoint: endpoint})
		}
		add("/pets/7", "GET /pets/:id", 200)
		add("/\x1b[31m", "", 404)
		for range 30 {
			add("/pets/8", "GET /pets/:id", 200)
		}
		<-time.After(1500 * time.Millisecond)
		cancel()
		<-done
		said := out.String()
		for _, want := range []string{"GET    /pets/7?q=1  200  1.23ms  (GET /pets/:id)\n", "/\uFFFD[31m?q=1  404  1.23ms  (no endpoint)\n", " more requests\n"} {
			if !strings.Contains(said, want) {
				t.Errorf("%q is not in\n%s", want, said)
			}
		}
		if strings.Contains(said, "\x1b") {
			t.Errorf("a control sequence is printed: %q", said)
		}
	})
}
