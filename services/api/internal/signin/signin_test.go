package signin

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/mocloud/mocloud/pkg/apperr"
	"github.com/mocloud/mocloud/pkg/secret"
	"github.com/mocloud/mocloud/services/api/internal/account"
	"github.com/mocloud/mocloud/services/api/internal/idp"
	"github.com/mocloud/mocloud/services/api/internal/workspace"
)

// fake is a Repository of accounts in memory, and what was written. What a test does not need is not there.
type fake struct {
	Repository
	passwords  map[string]string // by username
	identities map[account.Identity]account.Account
	known      string // an address with a session of everybody's
	sessions   []Session
	set        []string
	rehashed   []string
	failures   map[string]Failures
}

func (f *fake) CountFailures(_ context.Context, keys []string, decide func(map[string]Failures) error) error {
	counts := map[string]Failures{}
	for _, key := range keys {
		counts[key] = f.failures[key]
	}
	err := decide(counts)
	if err == nil {
		maps.Copy(f.failures, counts)
	}
	return err
}

func (f *fake) Login(_ context.Context, name string) (account.Account, string, error) {
	encoded, ok := f.passwords[name]
	if !ok {
		return account.Account{}, "", ErrNotFound
	}
	return account.Account{ID: "id of " + name, Username: name}, encoded, nil
}

func (f *fake) Password(_ context.Context, accountID string) (string, error) {
	return f.passwords[strings.TrimPrefix(accountID, "id of ")], nil
}

func (f *fake) CreateSession(_ context.Context, _ string, _ account.Hash, s Session) error {
	f.sessions = append(f.sessions, s)
	return nil
}

func (f *fake) SignedInFrom(_ context.Context, _, address string) (bool, error) {
	return address == f.known, nil
}

func (f *fake) Rehash(_ context.Context, accountID, old, encoded string) error {
	f.rehashed = append(f.rehashed, accountID+" "+old+" "+encoded)
	return nil
}

func (f *fake) SetPassword(_ context.Context, _ workspace.Caller, encoded string, keep account.Hash) error {
	f.set = append(f.set, encoded+" "+string(keep))
	return nil
}

func (f *fake) CreateAccount(_ context.Context, a account.New) (account.Account, error) {
	if _, taken := f.passwords[a.Username]; taken {
		return account.Account{}, apperr.New(apperr.Conflict, "taken")
	}
	f.passwords[a.Username] = a.Password
	created := account.Account{ID: "id of " + a.Username, Username: a.Username}
	if a.Identity != (account.Identity{}) {
		f.identities[a.Identity] = created
	}
	return created, nil
}

func (f *fake) AccountByIdentity(_ context.Context, id account.Identity) (account.Account, error) {
	if a, ok := f.identities[id]; ok {
		return a, nil
	}
	return account.Account{}, ErrNotFound
}

// hashes is Passwords that says what it was asked. The hash of x is "#x", of an older time "old#x".
type hashes struct{ verified []string }

func (h *hashes) Hash(_ context.Context, password secret.String) (string, error) {
	return "#" + password.Reveal(), nil
}

func (h *hashes) Verify(_ context.Context, encoded string, password secret.String) (fits, stale bool, err error) {
	h.verified = append(h.verified, encoded)
	old, isOld := strings.CutPrefix(encoded, "old")
	fits = encoded != "" && old == "#"+password.Reveal()
	return fits, fits && isOld, nil
}

type provider struct{ claims idp.Claims }

func (p provider) Verify(_ context.Context, token secret.String) (idp.Claims, error) {
	if token.Reveal() != "good" {
		return idp.Claims{}, apperr.New(apperr.Unauthorized, "no")
	}
	return p.claims, nil
}

type bench struct {
	*Service
	repo   *fake
	hashes *hashes
	now    time.Time
}

func newBench(signUp SignUp) *bench {
	b := &bench{
		repo:   &fake{passwords: map[string]string{"ann": "#correct horse", "old": "old#correct horse", "linked": ""}, identities: map[account.Identity]account.Account{}, failures: map[string]Failures{}},
		hashes: &hashes{}, now: time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC),
	}
	b.Service = NewService(Config{Passwords: true, SignUp: signUp}, b.repo, b.hashes, nil, slog.New(slog.DiscardHandler), func() time.Time { return b.now })
	return b
}

var (
	home = Visitor{Address: "192.0.2.1", UserAgent: "a \x1b[31mbrowser☃"}
	bg   = context.Background()
)

func (b *bench) try(v Visitor, login, password string) error {
	_, err := b.ByPassword(bg, v, login, secret.New(password))
	return err
}

// Signing in does the same work and says the same, whether there is the account, a password, or neither.
func TestSignInTellsNothing(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ login, password string }{
		"wrong password":       {"ann", "wrong"},
		"no account":           {"nobody", "wrong"},
		"no password":          {"linked", "correct horse"},
		"nothing for none":     {"linked", ""},
		"an unusable password": {"ann", "correct\x00horse"},
		"an endless password":  {"ann", strings.Repeat("x", 5000)},
	} {
		b := newBench(Closed)
		err := b.try(home, c.login, c.password)
		if !errors.Is(err, errWrong) || len(b.hashes.verified) != 1 || len(b.repo.sessions) != 0 {
			t.Errorf("%s: %v after %d hashes", name, err, len(b.hashes.verified))
		}
	}
	b := newBench(Closed)
	fresh, err := b.ByPassword(bg, home, " Ann ", secret.New("correct horse"))
	if err != nil || len(b.hashes.verified) != 1 || fresh.Account.Username != "ann" || len(b.repo.sessions) != 1 {
		t.Fatalf("right: %v after %d hashes", err, len(b.hashes.verified))
	}
	if s := b.repo.sessions[0]; s.UserAgent != "a [31mbrowser" || s.Means != FromPassword || !s.ExpiresAt.Equal(b.now.Add(Absolute)) {
		t.Errorf("the session: %+v", s)
	}
	if again, _ := b.ByPassword(bg, home, "ann", secret.New("correct horse")); again.Secret.Reveal() == fresh.Secret.Reveal() {
		t.Error("the session has the same secret")
	}
}

func TestRehashing(t *testing.T) {
	t.Parallel()
	b := newBench(Closed)
	if err := b.try(home, "old", "correct horse"); err != nil {
		t.Fatal(err)
	}
	if want := []string{"id of old old#correct horse #correct horse"}; !slices.Equal(b.repo.rehashed, want) {
		t.Errorf("rehashed %q", b.repo.rehashed)
	}
}

// wait is how long an error says to wait.
func wait(err error) time.Duration {
	if e, ok := errors.AsType[*TooManyError](err); ok {
		return e.RetryAfter()
	}
	return 0
}

// Who guesses one password waits twice as long each time. Who shares neither name nor address notices nothing, and what is
// waited for is true.
func TestGuessingTakesLonger(t *testing.T) {
	t.Parallel()
	b := newBench(Closed)
	for range nameAtAddress().free {
		if err := b.try(home, "ann", "guess"); !errors.Is(err, errWrong) {
			t.Fatal(err)
		}
	}
	hashed := len(b.hashes.verified)
	for _, want := range []time.Duration{time.Second, 2 * time.Second, 4 * time.Second, 8 * time.Second} {
		err := b.try(home, "ann", "correct horse")
		if wait(err) != want || apperr.CodeOf(err) != apperr.RateLimited {
			t.Fatalf("wait %s for %v, not %s", wait(err), err, want)
		}
		b.now = b.now.Add(want - time.Nanosecond)
		if err := b.try(home, "ann", "guess"); wait(err) == 0 {
			t.Errorf("%v before the time", err)
		}
		b.now = b.now.Add(time.Nanosecond)
		if err := b.try(home, "ann", "guess"); !errors.Is(err, errWrong) {
			t.Errorf("%v in time", err)
		}
	}
	if n := len(b.hashes.verified) - hashed; n != 4 {
		t.Errorf("%d hashes while waiting", n)
	}
	if err := b.try(Visitor{Address: "192.0.2.2"}, "ann", "correct horse"); err != nil {
		t.Errorf("from elsewhere: %v", err)
	}
	for range 20 {
		b.now = b.now.Add(nameAtAddress().most)
		_ = b.try(home, "ann", "guess")
	}
	if w := wait(b.try(home, "ann", "correct horse")); w != nameAtAddress().most {
		t.Errorf("waits %s at most", w)
	}
	b.now = b.now.Add(nameAtAddress().most)
	if err := b.try(home, "ann", "correct horse"); err != nil {
		t.Errorf("in the end: %v", err)
	}
	if err := b.try(home, "ann", "guess"); !errors.Is(err, errWrong) {
		t.Errorf("after success: %v", err)
	}
}

// One address that tries many names waits, whether they exist or not.
func TestSprayingTakesLonger(t *testing.T) {
	t.Parallel()
	b := newBench(Closed)
	for i := range anyAtAddress().free {
		if err := b.try(Visitor{Address: "2001:db8::" + string(rune('1'+i%9))}, "name"+string(rune('a'+i)), "x"); !errors.Is(err, errWrong) {
			t.Fatal(err)
		}
	}
	if err := b.try(Visitor{Address: "2001:db8::ffff"}, "another", "x"); wait(err) != time.Second {
		t.Errorf("the same network: %v", err)
	}
	if err := b.try(Visitor{Address: "2001:db8:1::1"}, "another", "x"); !errors.Is(err, errWrong) {
		t.Errorf("another network: %v", err)
	}
}

// Many addresses that try one account slow it down for those who have never been there, and never for long; the owner, where
// signed in, comes in meanwhile.
func TestASiegeLocksNobodyOut(t *testing.T) {
	t.Parallel()
	b := newBench(Closed)
	attack := func(i int) error {
		return b.try(Visitor{Address: "198.51." + string(rune('0'+i/10%10)) + "." + string(rune('0'+i%10))}, "ann", "guess")
	}
	for i := range nameAnywhere().free {
		if err := attack(i); !errors.Is(err, errWrong) {
			t.Fatal(err)
		}
	}
	if err := b.try(Visitor{Address: "203.0.113.1"}, "ann", "correct horse"); wait(err) != time.Second {
		t.Errorf("a stranger: %v", err)
	}
	for i := range 40 {
		b.now = b.now.Add(nameAnywhere().most)
		_ = attack(i)
	}
	if w := wait(b.try(Visitor{Address: "203.0.113.2"}, "ann", "correct horse")); w != nameAnywhere().most {
		t.Errorf("waits %s at most", w)
	}
	b.repo.known = home.Address
	if err := b.try(home, "ann", "correct horse"); err != nil {
		t.Errorf("the owner: %v", err)
	}
	for range nameAtAddress().free { // a known address is not free to guess
		_ = b.try(home, "ann", "guess")
	}
	if wait(b.try(home, "ann", "guess")) == 0 {
		t.Error("a known address guesses for nothing")
	}
}

// Failures are counted before the password is checked: many at once are not all free.
func TestManyAtOnceAreCounted(t *testing.T) {
	t.Parallel()
	b := newBench(Closed)
	begun := 0
	for range 100 {
		if _, err := b.guard.begin(bg, "ann", home.Address); err == nil {
			begun++
		}
	}
	if begun != nameAtAddress().free {
		t.Errorf("%d began", begun)
	}
}

// A name may be a password in the wrong field.
func TestFailuresKeepNoNames(t *testing.T) {
	t.Parallel()
	b := newBench(Closed)
	_ = b.try(home, "correct horse", "")
	if keys := fmt.Sprint(b.repo.failures); len(b.repo.failures) != 3 || strings.Contains(keys, "horse") || strings.Contains(keys, home.Address) {
		t.Errorf("kept: %s", keys)
	}
}

func TestChangePassword(t *testing.T) {
	t.Parallel()
	shown := secret.New("session")
	for name, c := range map[string]struct {
		username, current, wanted string
		session                   Session
		code                      apperr.Code // "" if it works
	}{
		"with the current one":        {"ann", "correct horse", "a new password", Session{Means: FromPassword}, ""},
		"with a wrong one":            {"ann", "wrong", "a new password", Session{Means: FromPassword}, apperr.Forbidden},
		"without":                     {"ann", "", "a new password", Session{Means: FromPassword}, apperr.Forbidden},
		"the first":                   {"linked", "", "a new password", Session{Means: FromSignUp}, ""},
		"right after a link":          {"ann", "", "a new password", Session{Means: FromLink}, ""},
		"right after an own link":     {"ann", "", "a new password", Session{Means: FromOwnLink}, apperr.Forbidden},
		"long after a link":           {"ann", "", "a new password", Session{Means: FromLink, CreatedAt: time.Unix(0, 0)}, apperr.Forbidden},
		"too short":                   {"ann", "correct horse", "short", Session{}, apperr.Invalid},
		"the username":                {"mrincredible", "", "MrIncredible", Session{}, apperr.Invalid},
		"one character, many times":   {"ann", "correct horse", strings.Repeat("é", 12), Session{}, apperr.Invalid},
		"with control characters":     {"ann", "correct horse", "a new\x07 password", Session{}, apperr.Invalid},
		"too long":                    {"ann", "correct horse", strings.Repeat("ab", 200), Session{}, apperr.Invalid},
		"ten characters of any kind":  {"ann", "correct horse", "日本語日本語日本語日", Session{}, ""},
		"a token with all scopes too": {"ann", "correct horse", "a new password", Session{}, ""},
	} {
		b := newBench(Closed)
		if c.session.CreatedAt.IsZero() {
			c.session.CreatedAt = b.now
		}
		who := account.Account{ID: "id of " + c.username, Username: c.username}
		err := b.ChangePassword(bg, home, workspace.Caller{AccountID: who.ID}, who, c.session, shown, secret.New(c.current), secret.New(c.wanted))
		if (err == nil) != (c.code == "") || err != nil && apperr.CodeOf(err) != c.code {
			t.Errorf("%s: %v", name, err)
		}
		if want := "#" + c.wanted + " " + string(account.HashOf(shown)); (c.code == "") != slices.Equal(b.repo.set, []string{want}) {
			t.Errorf("%s: set %q", name, b.repo.set)
		}
	}
}

// The same password typed in another way is the same password.
func TestPasswordsAreNormalised(t *testing.T) {
	t.Parallel()
	b := newBench(Open)
	if _, err := b.Register(bg, home, Registration{Username: "zoe", Password: secret.New("Zo\u00e9 and\u00a0horse")}); err != nil {
		t.Fatal(err)
	}
	if err := b.try(home, "zoe", "Zoe\u0301 and horse"); err != nil {
		t.Errorf("typed on another keyboard: %v", err)
	}
}

func TestRegister(t *testing.T) {
	t.Parallel()
	good := Registration{Username: "bob", Email: " Bob@Example.com ", Password: secret.New("a good password")}
	b := newBench(Open)
	if fresh, err := b.Register(bg, home, good); err != nil || fresh.Means != FromSignUp || len(b.repo.sessions) != 1 {
		t.Errorf("good: %+v, %v", fresh, err)
	}
	for name, c := range map[string]struct {
		change func(*Registration)
		field  string
		code   apperr.Code
	}{
		"taken":           {func(r *Registration) { r.Username = "ann" }, "", apperr.Conflict},
		"reserved":        {func(r *Registration) { r.Username = "admin" }, "username", apperr.Invalid},
		"with a hyphen":   {func(r *Registration) { r.Username = "a-b" }, "username", apperr.Invalid},
		"upper case":      {func(r *Registration) { r.Username = "Bob" }, "username", apperr.Invalid},
		"homograph":       {func(r *Registration) { r.Username = "аnn" }, "username", apperr.Invalid},
		"weak password":   {func(r *Registration) { r.Password = secret.New("bob") }, "password", apperr.Invalid},
		"e-mail as it":    {func(r *Registration) { r.Password = secret.New("bob@example.com") }, "password", apperr.Invalid},
		"no e-mail":       {func(r *Registration) { r.Email = "bob" }, "email", apperr.Invalid},
		"e-mail and name": {func(r *Registration) { r.Email = "Bob <bob@example.com>" }, "email", apperr.Invalid},
		"two lines":       {func(r *Registration) { r.Email = "bob@example.com\r\nBcc: x@example.com" }, "email", apperr.Invalid},
	} {
		r := good
		c.change(&r)
		_, err := newBench(Open).Register(bg, home, r)
		e, _ := errors.AsType[*apperr.Error](err)
		if e == nil || e.Code != c.code || e.Field != c.field {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := newBench(Closed).Register(bg, home, good); apperr.CodeOf(err) != apperr.Forbidden {
		t.Errorf("closed: %v", err)
	}
	none := newBench(Open)
	none.cfg.Passwords = false
	if _, err := none.Register(bg, home, good); apperr.CodeOf(err) != apperr.Forbidden {
		t.Errorf("without passwords: %v", err)
	}
	if err := none.try(home, "ann", "correct horse"); apperr.CodeOf(err) != apperr.Forbidden {
		t.Errorf("sign-in without passwords: %v", err)
	}
}

// On first sight an account is made, with a name that is possible, free and nobody else's; later it is found.
func TestFirstSight(t *testing.T) {
	t.Parallel()
	for email, want := range map[string]string{
		"Zoe.Smith+mocks@example.com":             "zoesmith",
		"ann@example.com":                         "ann2", // ann is taken
		"admin@example.com":                       "user", // reserved
		"123@example.com":                         "user",
		"":                                        "user",
		"9lives@example.com":                      "lives",
		strings.Repeat("a", 80) + "@example.com":  strings.Repeat("a", workspace.MaxSlug-12),
		"'; DROP TABLE accounts; --@example.com":  "droptableaccounts",
		"\u0430nn@example.com\x00\u202e\u2066cod": "nn",
	} {
		b := newBench(Closed)
		id := account.Identity{Issuer: "https://idp.example", Subject: email}
		b.provider = provider{idp.Claims{Identity: id, Email: email}}
		a, err := b.ByAccessToken(bg, secret.New("good"))
		if err != nil || a.Username != want || workspace.CheckSlug(a.Username) != nil {
			t.Errorf("%q: %+v, %v", email, a, err)
		}
		if again, err := b.ByAccessToken(bg, secret.New("good")); err != nil || again != a {
			t.Errorf("%q again: %+v, %v", email, again, err)
		}
	}
	b := newBench(Closed)
	b.provider = provider{idp.Claims{Identity: account.Identity{Issuer: "i", Subject: "s"}, Email: "ann@example.com"}}
	for _, username := range usernames(idp.Claims{Email: "ann@example.com"})[:20] {
		b.repo.passwords[username] = ""
	}
	if a, err := b.ByAccessToken(bg, secret.New("good")); err != nil || !strings.HasPrefix(a.Username, "ann") || len(a.Username) != len("ann")+12 {
		t.Errorf("when all are taken: %+v, %v", a, err)
	}
	if _, err := b.ByAccessToken(bg, secret.New("bad")); apperr.CodeOf(err) != apperr.Unauthorized {
		t.Errorf("a bad token: %v", err)
	}
	if _, err := newBench(Closed).ByAccessToken(bg, secret.New("good")); apperr.CodeOf(err) != apperr.Forbidden {
		t.Errorf("without a provider: %v", err)
	}
}
