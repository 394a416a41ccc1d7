package api_test

import (
	"fmt"
	"net/http"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/mocloud/mocloud/pkg/secret"
	"github.com/mocloud/mocloud/services/api"
	"github.com/mocloud/mocloud/services/api/internal/signin"
)

const (
	nobody = "Authorization: "
	horse  = "correct horse battery"
)

func openly(c *api.Config) { c.SignUp = signin.Open }

// cookieOf is the header that shows the session of an answer.
func cookieOf(a answer) string {
	name, _, _ := strings.Cut(a.header.Get("Set-Cookie"), ";")
	return "Cookie: " + name
}

// register makes an account and returns its session.
func (b *bench) register(username string) string {
	b.t.Helper()
	return cookieOf(b.want(http.StatusCreated, "POST", "/api/v1/accounts", encode(map[string]string{"username": username, "password": horse}), nobody))
}

type sessionBody struct {
	ID, Means, Address string
	Current            bool
}

func (b *bench) sessions(cookie string) []sessionBody {
	b.t.Helper()
	return as[struct{ Items []sessionBody }](b.t, b.want(http.StatusOK, "GET", "/api/v1/sessions", "", nobody, cookie)).Items
}

func TestPasswords(t *testing.T) {
	t.Parallel()
	b := start(t, openly)
	first := b.register("ann")
	b.want(http.StatusConflict, "POST", "/api/v1/accounts", encode(map[string]string{"username": "ann", "password": horse}), nobody)
	b.want(http.StatusConflict, "POST", "/api/v1/accounts", encode(map[string]string{"username": "dev", "password": horse}), nobody)
	b.want(http.StatusCreated, "POST", "/api/v1/mocks", encode(map[string]string{"slug": "pets", "content": good}), nobody, first)
	signIn := func(password string, headers ...string) answer {
		return b.do("POST", "/api/v1/sessions", encode(map[string]string{"username": "ann", "password": password}), append(headers, nobody)...)
	}
	wrong := signIn("wrong")
	unknown := b.do("POST", "/api/v1/sessions", `{"username":"noone","password":"wrong"}`, nobody)
	if wrong.status != http.StatusUnauthorized || unknown.status != wrong.status || withoutID(wrong) != withoutID(unknown) {
		t.Errorf("who has an account shows:\n%s\n%s", wrong.body, unknown.body)
	}
	second := cookieOf(signIn(horse))
	sessions := b.sessions(second)
	if len(sessions) != 2 || !sessions[0].Current || sessions[0].Means != "password" || sessions[1].Means != "signup" || sessions[0].Address != "127.0.0.1" {
		t.Errorf("sessions: %+v", sessions)
	}

	change := `{"current_password":"` + horse + `","new_password":"another horse"}`
	b.want(http.StatusForbidden, "PUT", "/api/v1/account/password", `{"new_password":"another horse"}`, nobody, second)
	b.want(http.StatusNoContent, "PUT", "/api/v1/account/password", change, nobody, second)
	b.want(http.StatusUnauthorized, "GET", "/api/v1/mocks", "", nobody, first)
	b.want(http.StatusOK, "GET", "/api/v1/mocks", "", nobody, second)
	if a := signIn(horse); a.status != http.StatusUnauthorized {
		t.Errorf("the old password: %d", a.status)
	}
	third := cookieOf(signIn("another horse"))
	b.want(http.StatusNoContent, "DELETE", "/api/v1/sessions/"+b.sessions(third)[1].ID, "", nobody, third)
	b.want(http.StatusUnauthorized, "GET", "/api/v1/mocks", "", nobody, second)
	b.want(http.StatusNotFound, "DELETE", "/api/v1/sessions/"+b.sessions(third)[0].ID, "") // dev's token
	fourth := cookieOf(signIn("another horse"))
	b.want(http.StatusNoContent, "DELETE", "/api/v1/sessions", "", nobody, fourth)
	b.want(http.StatusUnauthorized, "GET", "/api/v1/mocks", "", nobody, third)
	if log := b.log.String(); strings.Contains(log, horse) || strings.Contains(log, "another horse") {
		t.Error("a password is in the log")
	}
}

// withoutID is an answer without what differs each time.
func withoutID(a answer) string {
	body, _, _ := strings.Cut(string(a.body), `"request_id"`)
	return fmt.Sprint(a.status, a.header.Get("WWW-Authenticate"), body)
}

// Whatever session a browser shows before it signs in, it has another one afterwards, and the one before is over.
func TestSessionsAreNotFixed(t *testing.T) {
	t.Parallel()
	b := start(t, openly)
	attackers := b.register("eve")
	signedIn := b.want(http.StatusCreated, "POST", "/api/v1/sessions", `{"code":"one-time"}`, nobody, attackers)
	if cookieOf(signedIn) == attackers {
		t.Error("the session is the same")
	}
	b.want(http.StatusUnauthorized, "GET", "/api/v1/mocks", "", nobody, attackers)
	made := "Cookie: mocloud_session=" + strings.Repeat("A", 52)
	a := b.want(http.StatusSeeOther, "POST", "/signin", url.Values{"username": {"eve"}, "password": {horse}}.Encode(), nobody, made, "Content-Type: application/x-www-form-urlencoded")
	if cookieOf(a) == made {
		t.Error("the browser's own session is taken")
	}
	b.want(http.StatusUnauthorized, "GET", "/api/v1/mocks", "", nobody, made)
}

// No page of another origin, and no mock on a sibling host, writes or reads with a browser's session. Programs are not
// browsers.
func TestForeignPagesCannotUseASession(t *testing.T) {
	t.Parallel()
	b := start(t, openly)
	session := b.register("ann")
	write := func(headers ...string) int {
		return b.do("POST", "/api/v1/validate", `{"content":""}`, append(headers, nobody, session)...).status
	}
	host := strings.TrimPrefix(b.url, "http://")
	for name, c := range map[string]struct {
		headers []string
		want    int
	}{
		"a program":                       {nil, 200},
		"our own page":                    {[]string{"Sec-Fetch-Site: same-origin", "Origin: " + b.url}, 200},
		"our own page, old browser":       {[]string{"Origin: " + b.url}, 200},
		"another site":                    {[]string{"Sec-Fetch-Site: cross-site", "Origin: https://evil.example"}, 403},
		"another site, old browser":       {[]string{"Origin: https://evil.example"}, 403},
		"a mock on a sibling host":        {[]string{"Sec-Fetch-Site: same-site", "Origin: http://pets-eve." + host}, 403},
		"a mock, old browser":             {[]string{"Origin: http://pets-eve." + host}, 403},
		"the same host, another port":     {[]string{"Origin: http://127.0.0.1:1"}, 403},
		"a sandboxed frame":               {[]string{"Origin: null"}, 403},
		"a lie about Origin alone":        {[]string{"Sec-Fetch-Site: cross-site", "Origin: " + b.url}, 403},
		"a form of another site":          {[]string{"Sec-Fetch-Site: cross-site", "Sec-Fetch-Mode: navigate", "Content-Type: text/plain"}, 403},
		"a form of another site, typed":   {[]string{"Sec-Fetch-Site: none"}, 200},
		"a method override of no meaning": {[]string{"Sec-Fetch-Site: cross-site", "X-HTTP-Method-Override: GET"}, 403},
	} {
		if got := write(c.headers...); got != c.want {
			t.Errorf("%s: %d, wanted %d", name, got, c.want)
		}
	}
	for _, site := range []string{"cross-site", "same-site"} {
		b.want(http.StatusForbidden, "GET", "/api/v1/mocks", "", nobody, session, "Sec-Fetch-Site: "+site)
		b.want(http.StatusForbidden, "GET", "/api/v1/events", "", nobody, session, "Sec-Fetch-Site: "+site)
		b.want(http.StatusForbidden, "POST", "/signin", "username=ann&password=x", nobody, "Content-Type: application/x-www-form-urlencoded", "Sec-Fetch-Site: "+site)
		b.want(http.StatusForbidden, "POST", "/api/v1/sessions", `{"code":"one-time"}`, nobody, "Sec-Fetch-Site: "+site)
		// A link on another site to a sign-in link takes a click, and so does what a browser fetches ahead.
		a := b.want(http.StatusOK, "GET", "/signin?code=one-time", "", nobody, "Sec-Fetch-Site: "+site)
		if a.header.Get("Set-Cookie") != "" || !strings.Contains(string(a.body), `value="one-time"`) {
			t.Errorf("%s: %v", site, a.header)
		}
	}
	b.want(http.StatusOK, "GET", "/signin?code=one-time", "", nobody, "Sec-Purpose: prefetch")
	b.want(http.StatusSeeOther, "POST", "/signin", "code=one-time", nobody, "Content-Type: application/x-www-form-urlencoded", "Sec-Fetch-Site: same-origin")
}

// Other origins learn nothing, whatever they ask.
func TestNoOtherOriginIsAllowed(t *testing.T) {
	t.Parallel()
	b := start(t)
	for _, origin := range []string{"https://evil.example", "null", b.url, "http://pets-dev.localhost:8000"} {
		for _, c := range [][2]string{{"OPTIONS", "/api/v1/mocks"}, {"GET", "/api/v1/mocks"}, {"GET", "/api/v1/openapi.json"}, {"GET", "/"}, {"OPTIONS", "/api/v1/sessions"}} {
			a := b.do(c[0], c[1], "", "Origin: "+origin, "Access-Control-Request-Method: POST", "Access-Control-Request-Headers: authorization")
			for name := range a.header {
				if strings.HasPrefix(name, "Access-Control-") {
					t.Errorf("%s %s for %s: %s: %s", c[0], c[1], origin, name, a.header.Get(name))
				}
			}
			if a.header.Get("Cross-Origin-Resource-Policy") != "same-origin" {
				t.Errorf("%s %s may be embedded", c[0], c[1])
			}
		}
	}
}

func TestSignInLinks(t *testing.T) {
	t.Parallel()
	b := start(t)
	link := func(body string, headers ...string) answer {
		return b.do("POST", "/api/v1/sessions/links", body, headers...)
	}
	if a := link(`{"username":"zoe"}`); a.status != http.StatusNotFound {
		t.Errorf("an account that is not there: %d", a.status)
	}
	if a := link(`{"username":"admin","create":true}`); a.status != http.StatusUnprocessableEntity {
		t.Errorf("a reserved name: %d", a.status)
	}
	made := as[struct{ URL string }](t, link(`{"username":"zoe","create":true}`))
	code, ok := strings.CutPrefix(made.URL, "http://localhost:3000/signin?code=")
	if !ok {
		t.Fatalf("made %+v", made)
	}
	zoe := cookieOf(b.want(http.StatusSeeOther, "GET", "/signin?code="+code, "", nobody, "Sec-Fetch-Site: none"))
	b.want(http.StatusUnauthorized, "GET", "/signin?code="+code, "", nobody, "Sec-Fetch-Site: none")
	if a := link(`{"username":"dev"}`, nobody, zoe); a.status != http.StatusForbidden {
		t.Errorf("zoe makes a link of dev: %d", a.status)
	}
	eve := b.token("/api/v1/tokens", "all", "*")
	if a := link(`{"username":"zoe"}`, bearer(eve.Secret)); a.status != http.StatusForbidden {
		t.Errorf("another token of dev, with all scopes, makes a link of zoe: %d", a.status)
	}
	a := link(`{}`, nobody, zoe)
	if a.status != http.StatusCreated {
		t.Errorf("zoe's own: %d", a.status)
	}
	_, own, _ := strings.Cut(as[struct{ URL string }](t, a).URL, "?code=")
	// Who forgot the password sets a new one with a link, without the old one.
	b.want(http.StatusNoContent, "PUT", "/api/v1/account/password", `{"new_password":"`+horse+`"}`, nobody, zoe)
	b.want(http.StatusNoContent, "PUT", "/api/v1/account/password", `{"new_password":"`+horse+` 2"}`, nobody, zoe)
	b.want(http.StatusCreated, "POST", "/api/v1/sessions", encode(map[string]string{"username": "zoe", "password": horse + " 2"}), nobody)
	// A link of her own making does not excuse from that: whoever gets hold of a session can make one.
	taken := cookieOf(b.want(http.StatusSeeOther, "GET", "/signin?code="+own, "", nobody, "Sec-Fetch-Site: none"))
	b.want(http.StatusForbidden, "PUT", "/api/v1/account/password", `{"new_password":"`+horse+` 3"}`, nobody, taken)
	b.want(http.StatusNoContent, "PUT", "/api/v1/account/password",
		encode(map[string]string{"new_password": horse + " 3", "current_password": horse + " 2"}), nobody, taken)
}

func TestSignUpIsClosed(t *testing.T) {
	t.Parallel()
	b := start(t)
	b.want(http.StatusForbidden, "POST", "/api/v1/accounts", encode(map[string]string{"username": "ann", "password": horse}), nobody)
	a := b.want(http.StatusOK, "GET", "/api/v1/sessions/methods", "", nobody)
	if m := as[struct {
		Password, Token, Link bool
		SignUp                string `json:"sign_up"`
	}](t, a); !m.Password || !m.Link || m.SignUp != "closed" || m.Token {
		t.Errorf("methods: %s", a.body)
	}
	if page := b.want(http.StatusOK, "GET", "/signin", "", nobody); strings.Contains(string(page.body), "/signup") || !strings.Contains(string(page.body), `name="password"`) {
		t.Errorf("the page: %s", page.body)
	}
	b.want(http.StatusForbidden, "POST", "/signup", "username=ann&password="+url.QueryEscape(horse), nobody, "Content-Type: application/x-www-form-urlencoded")
}

// Where it takes an invitation, each makes one account, which then accepts it.
func TestSignUpByInvitation(t *testing.T) {
	t.Parallel()
	b := start(t, func(c *api.Config) { c.SignUp = signin.Invited })
	b.want(http.StatusCreated, "POST", "/api/v1/workspaces", `{"slug":"acme","name":"Acme"}`)
	invitation := as[struct{ Secret string }](t, b.want(http.StatusCreated, "POST", "/api/v1/workspaces/acme/invitations", `{"role":"editor"}`)).Secret
	join := func(username, invitation string) answer {
		return b.do("POST", "/api/v1/accounts", encode(map[string]string{"username": username, "password": horse, "invitation": invitation}), nobody)
	}
	b.want(http.StatusForbidden, "POST", "/api/v1/accounts", encode(map[string]string{"username": "ann", "password": horse}), nobody)
	if a := join("ann", "guess"); a.status != http.StatusNotFound || !strings.Contains(string(a.body), `"invitation"`) {
		t.Errorf("a guess: %d %s", a.status, a.body)
	}
	if a := join("acme", invitation); a.status != http.StatusConflict {
		t.Errorf("a name that is taken: %d %s", a.status, a.body)
	}
	ann := join("ann", invitation)
	if ann.status != http.StatusCreated {
		t.Fatalf("invited: %d %s", ann.status, ann.body)
	}
	if a := join("bob", invitation); a.status != http.StatusNotFound {
		t.Errorf("a second account: %d %s", a.status, a.body)
	}
	if a := b.want(http.StatusOK, "GET", "/api/v1/invitations", "", nobody, cookieOf(ann)); !strings.Contains(string(a.body), "acme") {
		t.Errorf("ann's invitations: %s", a.body)
	}
	form := url.Values{"username": {"carl"}, "password": {horse}, "invitation": {"guess"}}.Encode()
	if page := b.want(http.StatusNotFound, "POST", "/signup", form, nobody, "Content-Type: application/x-www-form-urlencoded"); !strings.Contains(string(page.body), `name="invitation"`) {
		t.Errorf("the page: %s", page.body)
	}
}

// The page signs in without a script, and says what was wrong without losing what was typed or repeating the password.
func TestForms(t *testing.T) {
	t.Parallel()
	b := start(t, openly)
	form := "Content-Type: application/x-www-form-urlencoded"
	a := b.want(http.StatusSeeOther, "POST", "/signup", url.Values{"username": {"ann"}, "password": {horse}}.Encode(), nobody, form)
	if page := b.want(http.StatusOK, "GET", a.header.Get("Location"), "", nobody, cookieOf(a)); !strings.Contains(string(page.body), "<span>ann</span>") {
		t.Errorf("signed up: %s", page.body)
	}
	a = b.want(http.StatusUnauthorized, "POST", "/signin", url.Values{"username": {`"><script>`}, "password": {"hunter2hunter2"}}.Encode(), nobody, form)
	if page := string(a.body); !strings.Contains(page, "is wrong") || !strings.Contains(page, "&lt;script&gt;") || strings.Contains(page, "<script>") || strings.Contains(page, "hunter2") {
		t.Errorf("the page: %s", page)
	}
	b.want(http.StatusConflict, "POST", "/signup", url.Values{"username": {"ann"}, "password": {horse}}.Encode(), nobody, form)
	for name, body := range map[string]string{"nothing": "", "not UTF-8": "username=%ff&password=x", "zero": "username=%00&password=x", "endless": "username=" + strings.Repeat("x", 2000), "unreadable": "username=%zz"} {
		if a := b.do("POST", "/signin", body, nobody, form); a.status != http.StatusBadRequest && a.status != http.StatusUnauthorized {
			t.Errorf("%s: %d %s", name, a.status, a.body)
		}
	}
	b.want(http.StatusRequestEntityTooLarge, "POST", "/signin", "username="+strings.Repeat("x", 20_000), nobody, form)
}

// After failures the next attempt waits, the right one too, and Retry-After says for how long.
func TestGuessingIsSlowed(t *testing.T) {
	t.Parallel()
	b := start(t, openly)
	b.register("ann")
	guess := func(password string) answer {
		return b.do("POST", "/api/v1/sessions", encode(map[string]string{"username": "ann", "password": password}), nobody)
	}
	for i := 0; ; i++ { // a guess that took longer than the wait for the next one makes that wait longer
		a := guess("guess")
		if a.status == http.StatusTooManyRequests {
			break
		}
		if a.status != http.StatusUnauthorized || i > 20 {
			t.Fatalf("guess %d: %d", i, a.status)
		}
	}
	b.sql("UPDATE signin_failures SET number = 12") // as after some more: the time of this test does not count beside the wait
	a := guess(horse)
	seconds, err := strconv.Atoi(a.header.Get("Retry-After"))
	if a.status != http.StatusTooManyRequests || err != nil || seconds < 64 || seconds > 128 {
		t.Errorf("the right one: %d, %v", a.status, a.header)
	}
	b.want(http.StatusOK, "GET", "/api/v1/mocks", "") // others are not held up
	b.sql("UPDATE signin_failures SET last_at = ?", time.Now().Add(-128*time.Second).UTC().Format("2006-01-02 15:04:05.999999-07:00"))
	if a := guess(horse); a.status != http.StatusCreated {
		t.Errorf("after the wait: %d %s", a.status, a.body)
	}
}

// seldom is a rate, in requests a second, with which one is possible, and another one long after the test.
const seldom = 0.001

// tooSoon checks that a request was refused until a request that came after begin is long enough ago.
func tooSoon(t *testing.T, begin time.Time, a answer) {
	t.Helper()
	seconds, err := strconv.Atoi(a.header.Get("Retry-After"))
	least := 1/seldom - time.Since(begin).Seconds()
	if a.status != http.StatusTooManyRequests || err != nil || float64(seconds) < least || seconds > 1/seldom {
		t.Errorf("one in 1000 s, and %d with Retry-After %q", a.status, a.header.Get("Retry-After"))
	}
}

func TestRateLimits(t *testing.T) {
	t.Parallel()
	b := start(t, func(c *api.Config) {
		c.RateAddress, c.RateAccount, c.RateSignIn = 0, seldom, 60*seldom
	})
	b.account("eve")
	begin := time.Now()
	b.want(http.StatusOK, "GET", "/api/v1/mocks", "")
	tooSoon(t, begin, b.do("GET", "/api/v1/mocks", ""))
	tooSoon(t, begin, b.do("GET", "/api/v1/workspaces", ""))
	b.want(http.StatusOK, "GET", "/api/v1/mocks", "", bearer("eve-token"))
	b.want(http.StatusUnauthorized, "POST", "/api/v1/sessions", `{"code":"guess"}`, nobody)
	tooSoon(t, begin, b.do("POST", "/api/v1/sessions", `{"code":"guess"}`, nobody))
	b.want(http.StatusTooManyRequests, "GET", "/signin?code=guess", "", nobody, "Sec-Fetch-Site: none")
	b.want(http.StatusOK, "GET", "/signin", "", nobody)
}

// One address makes only so many requests, whoever it says it is; that bounds who guesses tokens. Addresses of one IPv6
// network are one customer's.
func TestRateLimitOfAddresses(t *testing.T) {
	t.Parallel()
	b := start(t, func(c *api.Config) {
		c.RateAddress, c.TrustedProxies = seldom, []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}
	})
	begin := time.Now()
	from := func(address string) string { return "X-Forwarded-For: " + address }
	for _, address := range []string{"192.0.2.1", "2001:db8::1"} {
		b.want(http.StatusUnauthorized, "GET", "/api/v1/mocks", "", bearer("a-guess"), from(address))
		tooSoon(t, begin, b.do("GET", "/api/v1/mocks", "", from(address)))
		for _, path := range []string{"/api/v1/mocks", "/api/v1/openapi.json", "/", "/nothing"} {
			tooSoon(t, begin, b.do("GET", path, "", bearer("another-guess"), from(address)))
		}
	}
	b.want(http.StatusTooManyRequests, "GET", "/api/v1/mocks", "", from("2001:db8::ffff"))
	b.want(http.StatusOK, "GET", "/api/v1/mocks", "", from("2001:db8:0:1::1"))
	b.want(http.StatusOK, "GET", "/api/v1/mocks", "", from("192.0.2.2"))
}

// X-Forwarded-For counts only from the proxies that are trusted, and only as far as they are.
func TestClientAddresses(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		trusted   []string
		forwarded string
		want      string
	}{
		"nobody is trusted":         {nil, "203.0.113.7", "127.0.0.1"},
		"others are trusted":        {[]string{"192.0.2.0/24"}, "203.0.113.7", "127.0.0.1"},
		"one proxy":                 {[]string{"127.0.0.0/8"}, "203.0.113.7", "203.0.113.7"},
		"a caller's own header":     {[]string{"127.0.0.0/8"}, "198.51.100.1, 203.0.113.7", "203.0.113.7"},
		"two proxies":               {[]string{"127.0.0.0/8", "192.0.2.0/24"}, "203.0.113.7, 192.0.2.3", "203.0.113.7"},
		"IPv6":                      {[]string{"127.0.0.0/8", "2001:db8::/48"}, "2001:db8:ffff::1, 2001:db8::3", "2001:db8:ffff::1"},
		"nothing in it":             {[]string{"127.0.0.0/8"}, "", "127.0.0.1"},
		"what is no address in it":  {[]string{"127.0.0.0/8"}, "203.0.113.7, evil", "127.0.0.1"},
		"private ones do not count": {[]string{"127.0.0.1/32"}, "203.0.113.7, 10.0.0.1", "10.0.0.1"},
	} {
		b := start(t, func(cfg *api.Config) {
			cfg.SignUp = signin.Open
			for _, network := range c.trusted {
				cfg.TrustedProxies = append(cfg.TrustedProxies, netip.MustParsePrefix(network))
			}
		})
		b.register("ann")
		signedIn := b.want(http.StatusCreated, "POST", "/api/v1/sessions", encode(map[string]string{"username": "ann", "password": horse}), nobody, "X-Forwarded-For: "+c.forwarded, "X-Real-Ip: 203.0.113.99")
		if got := b.sessions(cookieOf(signedIn))[0].Address; got != c.want {
			t.Errorf("%s: %s, not %s", name, got, c.want)
		}
	}
}

func TestSignInOneWay(t *testing.T) {
	t.Parallel()
	b := start(t, openly)
	for _, body := range []string{`{"username":"ann"}`, `{"password":"x"}`, `{"username":"ann","code":"x"}`, `{"code":"x","token":"y"}`} {
		b.want(http.StatusBadRequest, "POST", "/api/v1/sessions", body, nobody)
	}
	b.want(http.StatusForbidden, "POST", "/api/v1/sessions", `{"token":"x"}`, nobody)
}

func TestSignInConfig(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		edit func(*api.Config)
		says string
	}{
		"a short admin token":    {func(c *api.Config) { c.AdminToken = secret.New("short") }, "MOCLOUD_ADMIN_TOKEN has only 5 characters"},
		"half a token":           {func(c *api.Config) { c.AdminToken = secret.New("mocloud_ABCDEFGHIJKL") }, "begins with mocloud_"},
		"another mode":           {func(c *api.Config) { c.AuthMode = "ldap" }, "AUTH_MODE"},
		"another sign-up":        {func(c *api.Config) { c.SignUp = "maybe" }, "API_SIGN_UP"},
		"Supabase without a URL": {func(c *api.Config) { c.AuthMode, c.SupabaseAudience = api.Supabase, "x" }, "SUPABASE_URL"},
		"no provider's name": {func(c *api.Config) {
			c.AuthMode, c.SupabaseURL, c.SupabaseAudience, c.SupabaseProviders = api.Supabase, "https://x.supabase.co", "x", []string{"email", ""}
		}, "SUPABASE_PROVIDERS"},
		"no audience": {func(c *api.Config) { c.AuthMode, c.SupabaseURL = api.Supabase, "https://x.supabase.co" }, "SUPABASE_AUDIENCE"},
		"a short secret": {func(c *api.Config) {
			c.AuthMode, c.SupabaseURL, c.SupabaseAudience, c.SupabaseSecret = api.Supabase, "https://x.supabase.co", "x", secret.New("short")
		}, "SUPABASE_JWT_SECRET has only 5 characters"},
		"a negative rate": {func(c *api.Config) { c.RateAccount = -1 }, "API_RATE_ACCOUNT"},
	} {
		cfg := config("/tmp/x.db")
		c.edit(&cfg)
		if err := cfg.Validate(); err == nil || !strings.Contains(err.Error(), c.says) || strings.Contains(err.Error(), "ABCDEFGHIJKL") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestPublicBodies: what anybody may call takes little to read, whatever a caller sends.
func TestPublicBodies(t *testing.T) {
	b := start(t, openly)
	for path, field := range map[string]string{"/api/v1/sessions": "password", "/api/v1/accounts": "password"} {
		body := func(size int) string { return `{"username":"ann","` + field + `":"` + strings.Repeat("x", size) + `"}` }
		b.want(http.StatusRequestEntityTooLarge, "POST", path, body(64<<10), nobody, "Content-Type: application/json")
		if a := b.do("POST", path, body(1<<10), nobody, "Content-Type: application/json"); a.status == http.StatusRequestEntityTooLarge {
			t.Errorf("%s: a small body is too large", path)
		}
	}
}
