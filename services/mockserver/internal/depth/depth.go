// Package depth says how many webhooks and external bodies led from one to the next to a request, in a header that callers cannot make
// up: it is signed for the host that is called, and for a few minutes. The packages webhook and external send it, the serving core
// reads it.
package depth

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"strconv"
	"strings"
	"time"
)

// Header carries the depth.
const Header = "X-Mocloud-Webhook-Depth"

// Max is how many calls may follow from one another. A mock that calls itself stops there.
const Max = 5

// validFor is how long a signature is good: calls arrive in seconds, and clocks differ.
const validFor = 5 * time.Minute

// Signer signs and reads depths. It is safe for concurrent use.
type Signer struct {
	key []byte
	now func() time.Time
}

// New makes the Signer of an installation, whose mock servers share a secret; without one, that of this process alone.
func New(secret string) *Signer {
	if secret == "" {
		secret = rand.Text()
	}
	mac := hmac.New(sha256.New, []byte(secret))
	_, _ = mac.Write([]byte("mocloud depth of calls")) // never fails
	return &Signer{key: mac.Sum(nil), now: time.Now}
}

// Sign returns the header's value for a call of a host.
func (s *Signer) Sign(depth int, host string) string {
	text := strconv.Itoa(depth) + "." + strconv.FormatInt(s.now().Unix(), 10)
	return text + "." + s.mac(text, host)
}

// Of reads the header of a request to a host. What nobody here has signed says nothing: 0.
func (s *Signer) Of(header, host string) int {
	i := strings.LastIndexByte(header, '.')
	if i < 0 || !hmac.Equal([]byte(header[i+1:]), []byte(s.mac(header[:i], host))) {
		return 0
	}
	count, at, _ := strings.Cut(header[:i], ".")
	n, err := strconv.Atoi(count)
	seconds, wrong := strconv.ParseInt(at, 10, 64)
	if err != nil || wrong != nil || s.now().Sub(time.Unix(seconds, 0)).Abs() > validFor {
		return 0
	}
	return max(0, min(n, Max))
}

func (s *Signer) mac(text, host string) string {
	mac := hmac.New(sha256.New, s.key)
	_, _ = mac.Write([]byte(text + "\n" + strings.ToLower(host))) // never fails
	return hex.EncodeToString(mac.Sum(nil)[:16])
}
