package passhash

import (
	"context"
	"errors"
	"runtime"
	"strings"
	"testing"

	"github.com/mocloud/mocloud/pkg/apperr"
	"github.com/mocloud/mocloud/pkg/secret"
)

var (
	cheap    = Params{Memory: 64, Time: 1, Threads: 1}
	password = secret.New("correct horse")
)

func TestHash(t *testing.T) {
	t.Parallel()
	h := New(cheap, 2)
	encoded, err := h.Hash(t.Context(), password)
	if err != nil || !strings.HasPrefix(encoded, "$argon2id$v=19$m=64,t=1,p=1$") {
		t.Fatalf("%q, %v", encoded, err)
	}
	if again, err := h.Hash(t.Context(), password); err != nil || again == encoded {
		t.Errorf("without salt: %q, %v", again, err)
	}
	dearer := New(Params{Memory: 128, Time: 2, Threads: 2}, 1)
	for name, c := range map[string]struct {
		h           *Hasher
		encoded     string
		password    string
		fits, stale bool
	}{
		"right":                  {h, encoded, "correct horse", true, false},
		"wrong":                  {h, encoded, "correct horsf", false, false},
		"empty":                  {h, encoded, "", false, false},
		"right, after a change":  {dearer, encoded, "correct horse", true, true},
		"wrong, after a change":  {dearer, encoded, "x", false, false},
		"nobody's":               {h, "", "correct horse", false, false},
		"nobody's, with nothing": {h, "", "", false, false},
	} {
		fits, stale, err := c.h.Verify(t.Context(), c.encoded, secret.New(c.password))
		if err != nil || fits != c.fits || stale != c.stale {
			t.Errorf("%s: %t, %t, %v", name, fits, stale, err)
		}
	}
}

// What floods sign-in waits, then is sent away, and leaves no memory behind.
func TestBounds(t *testing.T) {
	t.Parallel()
	h := New(cheap, 1)
	h.slots <- struct{}{} // somebody computes forever
	ctx, cancel := context.WithCancel(t.Context())
	results := make(chan error)
	for range queued {
		go func() {
			_, err := h.Hash(ctx, password)
			results <- err
		}()
	}
	for h.waiting.Load() < queued {
		runtime.Gosched()
	}
	if _, _, err := h.Verify(ctx, "", password); apperr.CodeOf(err) != apperr.Unavailable {
		t.Errorf("one too many: %v", err)
	}
	cancel()
	for range queued {
		if err := <-results; !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
	}
	<-h.slots
	if _, err := h.Hash(t.Context(), password); err != nil {
		t.Errorf("afterwards: %v", err)
	}
}

func FuzzDecode(f *testing.F) {
	key := base().EncodeToString(make([]byte, keySize))
	for _, s := range []string{
		"", "$argon2id$v=19$m=64,t=1,p=1$AAAAAAAAAAAAAAAAAAAAAA$" + key, "$argon2id$v=19$m=4294967295,t=1,p=1$AAAAAAAAAAAAAAAAAAAAAA$" + key,
		"$argon2id$v=19$m=64,t=0,p=0$$", "$argon2i$v=19$m=64,t=1,p=1$AAAA$AAAA", "$argon2id$v=19$m=+64,t=1,p=1$AAAAAAAAAAAAAAAAAAAAAA$" + key,
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		p, salt, key, err := decode(s)
		if err != nil {
			return
		}
		if p.Memory > maxMemory || p.Time > maxTime || p.Time < 1 || p.Threads < 1 {
			t.Fatalf("%q: %+v", s, p)
		}
		if again := (&Hasher{params: p}).encode(salt, key); again != s {
			t.Errorf("%q is read as %q", s, again)
		}
	})
}
