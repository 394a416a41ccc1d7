//go:build !race

package mockserver

import (
	"bytes"
	"testing"
)

// TestAnswersDoNotAllocate: an answer without templates, or with plain variables, costs no memory on the whole way from the
// caller's connection to the record of the request. The race detector makes pools forget, so it is not for it.
func TestAnswersDoNotAllocate(t *testing.T) {
	address := rawServer(t)
	for path, want := range map[string]string{"/x": "hello", "/n/1": "n=1"} {
		conn := dial(t, address)
		request := []byte("GET " + path + " HTTP/1.1\r\nHost: a\r\nUser-Agent: test\r\n\r\n")
		end := []byte("\r\n\r\n" + want)
		answer := make([]byte, 1000)
		call := func() {
			if _, err := conn.Write(request); err != nil {
				t.Fatal(err)
			}
			for n := 0; !bytes.HasSuffix(answer[:n], end); {
				more, err := conn.Read(answer[n:])
				if err != nil {
					t.Fatal(err)
				}
				n += more
			}
		}
		for range 50 {
			call()
		}
		if n := testing.AllocsPerRun(500, call); n != 0 {
			t.Errorf("%s: %v allocations", path, n)
		}
	}
}
