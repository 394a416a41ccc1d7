// Package passhash keeps passwords: argon2id (RFC 9106) in PHC strings, with a bound on how many are computed at a time. The
// api's root package makes a Hasher for the package signin.
package passhash

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"

	"golang.org/x/crypto/argon2"

	"github.com/mocloud/mocloud/pkg/apperr"
	"github.com/mocloud/mocloud/pkg/secret"
)

// Params are the cost of a hash.
type Params struct {
	Memory  uint32 // KiB
	Time    uint32
	Threads uint8
}

// Recommended is what OWASP's Password Storage Cheat Sheet names for argon2id: 19 MiB, two passes, one lane.
func Recommended() Params { return Params{Memory: 19 << 10, Time: 2, Threads: 1} }

const (
	saltSize = 16
	keySize  = 32
	// What Verify computes at most: a hash that asks for more did not come from here.
	maxMemory = 256 << 10
	maxTime   = 16
	// queued is how many may wait for each computation that is possible at a time.
	queued = 32
)

var errMalformed = errors.New("a password hash is malformed")

// Hasher computes and checks hashes. It is safe for concurrent use and never uses more memory than its slots need.
type Hasher struct {
	params  Params
	slots   chan struct{}
	waiting atomic.Int64
	decoy   string // of nobody's password
}

// New makes a Hasher that computes at most parallel hashes at a time.
func New(params Params, parallel int) *Hasher {
	h := &Hasher{params: params, slots: make(chan struct{}, parallel)}
	h.decoy = h.encode(random(saltSize), random(keySize))
	return h
}

func random(n int) []byte {
	b := make([]byte, n)
	_, _ = rand.Read(b) // never fails
	return b
}

// Hash returns the PHC string of a password. apperr.Unavailable says that too many are waiting.
func (h *Hasher) Hash(ctx context.Context, password secret.String) (string, error) {
	salt := random(saltSize)
	key, err := h.derive(ctx, password, h.params, salt)
	if err != nil {
		return "", err
	}
	return h.encode(salt, key), nil
}

// Verify reports whether encoded is the hash of the password, and whether it should be hashed again because the parameters have
// changed since. An empty encoded is nobody's: it costs the same and never fits, so that the time says nothing about
// whether an account exists.
func (h *Hasher) Verify(ctx context.Context, encoded string, password secret.String) (fits, stale bool, err error) {
	nobody := encoded == ""
	if nobody {
		encoded = h.decoy
	}
	params, salt, want, err := decode(encoded)
	if err != nil {
		return false, false, err
	}
	got, err := h.derive(ctx, password, params, salt)
	if err != nil {
		return false, false, err
	}
	fits = subtle.ConstantTimeCompare(got, want) == 1 && !nobody
	return fits, fits && params != h.params, nil
}

func (h *Hasher) derive(ctx context.Context, password secret.String, p Params, salt []byte) ([]byte, error) {
	defer h.waiting.Add(-1)
	if h.waiting.Add(1) > int64(queued*cap(h.slots)) {
		return nil, apperr.New(apperr.Unavailable, "Too many people are signing in right now; try again in a moment.")
	}
	select {
	case h.slots <- struct{}{}:
	case <-ctx.Done():
		return nil, fmt.Errorf("wait to hash a password: %w", ctx.Err())
	}
	defer func() { <-h.slots }()
	return argon2.IDKey([]byte(password.Reveal()), salt, p.Time, p.Memory, p.Threads, keySize), nil
}

// base is the base 64 of PHC strings, of which each value has one.
func base() *base64.Encoding { return base64.RawStdEncoding.Strict() }

// encode writes a PHC string.
func (h *Hasher) encode(salt, key []byte) string {
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, h.params.Memory, h.params.Time, h.params.Threads,
		base().EncodeToString(salt), base().EncodeToString(key))
}

// decode reads a PHC string that encode wrote, with whatever parameters within bounds.
func decode(encoded string) (p Params, salt, key []byte, err error) {
	fields := strings.Split(encoded, "$")
	if len(fields) != 6 || fields[0] != "" || fields[1] != "argon2id" || fields[2] != fmt.Sprintf("v=%d", argon2.Version) {
		return p, nil, nil, errMalformed
	}
	if _, err := fmt.Sscanf(fields[3], "m=%d,t=%d,p=%d", &p.Memory, &p.Time, &p.Threads); err != nil ||
		fields[3] != fmt.Sprintf("m=%d,t=%d,p=%d", p.Memory, p.Time, p.Threads) {
		return p, nil, nil, errMalformed
	}
	salt, saltErr := base().DecodeString(fields[4])
	key, keyErr := base().DecodeString(fields[5])
	if saltErr != nil || keyErr != nil || len(salt) != saltSize || len(key) != keySize ||
		p.Memory < 8*uint32(p.Threads) || p.Memory > maxMemory || p.Time < 1 || p.Time > maxTime || p.Threads < 1 {
		return p, nil, nil, errMalformed
	}
	return p, salt, key, nil
}
