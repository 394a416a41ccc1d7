package testkit

import (
	"bytes"
	"io"
	"strings"
	"testing"
)

// FuzzMessageFilter: whatever a server sends, delivering all of it changes no byte of what is whole.
func FuzzMessageFilter(f *testing.F) {
	for _, seed := range []string{
		"+OK\r\n", ":1\r\n$5\r\nhello\r\n$-1\r\n_\r\n", "*3\r\n$7\r\nmessage\r\n$1\r\nc\r\n$3\r\na\r\n\r\n",
		">3\r\n$7\r\nmessage\r\n$1\r\nc\r\n$0\r\n\r\n", "*4\r\n$8\r\npmessage\r\n$1\r\n*\r\n$1\r\nc\r\n$1\r\np\r\n",
		"%1\r\n+a\r\n*2\r\n:1\r\n#t\r\n", "|1\r\n+ttl\r\n:1\r\n+OK\r\n", "*-1\r\n*0\r\n", "$9999999999999\r\n", "*99999999999999999999\r\n", "\r\n",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, sent []byte) {
		passed, err := io.ReadAll(&messageFilter{
			source: newRESPReader(bytes.NewReader(sent)),
			fate:   func(string, []byte) Fate { return Deliver },
		})
		if !bytes.HasPrefix(sent, passed) {
			t.Errorf("%q became %q", sent, passed)
		}
		if err == nil && len(passed) == 0 && strings.HasPrefix(string(sent), "+OK\r\n") {
			t.Errorf("%q was swallowed", sent)
		}
	})
}
