package redact

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"unicode/utf16"
)

var rules = New([]string{"Authorization", "cookie", "token", "password", "api-key"}, []string{"IBAN"})

func TestHeader(t *testing.T) {
	got := rules.Header("Accept: a\r\nAUTHORIZATION: Bearer x\r\nSet-Cookie: a=b\r\nX-Api-Key: k\r\nX-Odd: c: d\r\nReferer: https://u:p@h/x?token=1&q=2#f\r\n")
	want := "Accept: a\r\nAUTHORIZATION: [redacted]\r\nSet-Cookie: [redacted]\r\nX-Api-Key: [redacted]\r\nX-Odd: c: d\r\nReferer: https://[redacted]@h/x?token=[redacted]&q=2\r\n"
	if got != want {
		t.Errorf("%q", got)
	}
}

func TestQueryAndURL(t *testing.T) {
	for raw, want := range map[string]string{
		"":                            "",
		"q=1&access_token=abc&x":      "q=1&access_token=[redacted]&x",
		"pass%77ord=1;q=2":            "pass%77ord=[redacted];q=2",
		"iban=DE1&token=":             "iban=[redacted]&token=",
		"to%ken=1&%zztoken=1":         "to%ken=1&%zztoken=[redacted]",
		"a=1&&b=2&":                   "a=1&&b=2&",
		"user[password]=x&user[n]=y":  "user[password]=[redacted]&user[n]=y",
		"api.key=1&API_KEY=2&apikey2": "api.key=[redacted]&API_KEY=[redacted]&apikey2",
	} {
		if got := rules.Query(raw); got != want {
			t.Errorf("%q became %q", raw, got)
		}
	}
	for raw, want := range map[string]string{
		"https://h/p":                   "https://h/p",
		"https://u:p@h":                 "https://[redacted]@h",
		"https://u@x:p@h/a@b?password=": "https://[redacted]@h/a@b?password=",
		"http://h/?token=1#token=2":     "http://h/?token=[redacted]",
	} {
		if got := rules.URL(raw); got != want {
			t.Errorf("%q became %q", raw, got)
		}
	}
}

func TestBody(t *testing.T) {
	for body, want := range map[string]string{
		`{"name":"Rex","password": "p"}`:                         `{"name":"Rex","password":"[redacted]"}`,
		`[{"token":{"a":[1,2]},"b":1}, {"b":{"iban":null}}]`:     `[{"token":"[redacted]","b":1}, {"b":{"iban":"[redacted]"}}]`,
		`{"pass\u0077ord":"p","a":"the token"}`:                  `{"pass\u0077ord":"[redacted]","a":"the token"}`,
		`{"a":1,"token":"cut of`:                                 `{"a":1,"token":"[redacted]"`,
		`{"a":1,"b":"cut of`:                                     `{"a":1,"b":"cut of`,
		`{"a":{"x":1},"b" "password":"p"}`:                       `{"a":{"x":1}[redacted]`,
		`{"a":1}{"token":2}`:                                     `{"a":1}{"token":"[redacted]"}`,
		`plain text`:                                             `plain text`,
		`plain text with a Pass-Word`:                            `[redacted]`,
		`<login><token>x</token></login>`:                        `[redacted]`,
		` [1, "token", {"a":"b"}]`:                               ` [1, "token", {"a":"b"}]`,
		`{"a":"token","password":"x","c":[{"api_key":"y"}],"d":`: `{"a":"token","password":"[redacted]","c":[{"api_key":"[redacted]"}],"d":`,
	} {
		if got := string(rules.Body([]byte(body), "application/json")); got != want {
			t.Errorf("%s became %s", body, got)
		}
	}
	if got := string(rules.Body([]byte("a=1&password=2"), "Application/x-www-form-urlencoded; charset=utf-8")); got != "a=1&password=[redacted]" {
		t.Error(got)
	}
}

// FuzzBody looks for values of sensitive keys that get through, whatever is around them and wherever the body ends.
func FuzzBody(f *testing.F) {
	f.Add(`{"a":`, `}`, 30)
	f.Add(`[1,{"b":{"c":"d"},`, `,"e":2}]`, 100)
	f.Fuzz(func(t *testing.T, before, after string, cut int) {
		const secret = "sUpErSeCrEt"
		if strings.Contains(before+after, secret) {
			return
		}
		full := before + `"password":"` + secret + `"` + after
		body := []byte(full)
		if cut >= 0 && cut < len(body) {
			body = body[:cut]
		}
		given := bytes.Clone(body)
		out := rules.Body(body, "application/json")
		if !bytes.Equal(body, given) {
			t.Fatal("the body was changed in place")
		}
		var value any
		// In a string of JSON the words are no key: {"a":"\"password\":\"…\""}.
		if json.Unmarshal([]byte(full), &value) == nil && !isKey(value) {
			return
		}
		if bytes.Contains(out, []byte(secret)) && !strings.HasPrefix(strings.TrimLeft(before, " \t\r\n"), `"`) && !inString(before) {
			t.Errorf("%q became %q", body, out)
		}
	})
}

// isKey reports whether some object has the sensitive key.
func isKey(v any) bool {
	switch v := v.(type) {
	case map[string]any:
		for k, e := range v {
			if k == "password" || isKey(e) {
				return true
			}
		}
	case []any:
		return slices.ContainsFunc(v, isKey)
	}
	return false
}

// inString reports whether text ends within a string of JSON.
func inString(text string) bool {
	in := false
	for i := 0; i < len(text); i++ {
		switch {
		case text[i] == '\\' && in:
			i++
		case text[i] == '"':
			in = !in
		}
	}
	return in
}

// Bodies in which no word can be found are withheld.
func TestUnreadableBodies(t *testing.T) {
	secret := `{"password":"S"}`
	var packed bytes.Buffer
	w := gzip.NewWriter(&packed)
	_, _ = w.Write([]byte(secret)) // a buffer takes everything
	_ = w.Close()
	var little, big []byte
	for _, unit := range utf16.Encode([]rune(secret)) {
		little = append(little, byte(unit), byte(unit>>8))
		big = append(big, byte(unit>>8), byte(unit))
	}
	for name, body := range map[string][]byte{"gzip": packed.Bytes(), "UTF-16LE": little, "UTF-16BE": big, "Latin 1": []byte("password=\xe9")} {
		if got := rules.Body(body, "application/json"); string(got) != Mask {
			t.Errorf("%s: %q", name, got)
		}
	}
	if got := rules.Body([]byte("caf\xc3"), "text/plain"); string(got) != "caf\xc3" {
		t.Errorf("cut off within a character: %q", got)
	}
}

func TestFurtherSecrets(t *testing.T) {
	for body, want := range map[string]string{
		`{"n":"{\"password\":\"S\",\"a\":1}","b":2}`: `{"n":"{\"password\":\"[redacted]\",\"a\":1}","b":2}`,
		`["[{\"token\":1}]", "x"]`:                   `["[{\"token\":\"[redacted]\"}]", "x"]`,
		`{"n":"{\"a\":1}"}`:                          `{"n":"{\"a\":1}"}`,
		`{"pin":1,"otp":2,"key":"k","keyboard":"k"}`: `{"pin":"[redacted]","otp":"[redacted]","key":"[redacted]","keyboard":"k"}`,
		`p%61ssword=S`:                               `[redacted]`,
		`p%2561ssword=S`:                             `[redacted]`,
	} {
		if got := string(rules.Body([]byte(body), "text/plain")); got != want {
			t.Errorf("%s became %s", body, got)
		}
	}
	if got := rules.Header("X-Original-Url: /x?token=1\r\nX-Auth: a\r\nLink: https://h/?a=1&code=2\r\n"); got != "X-Original-Url: /x?token=[redacted]\r\nX-Auth: [redacted]\r\nLink: https://h/?a=1&code=[redacted]\r\n" {
		t.Errorf("%q", got)
	}
	if got := rules.Query("key=1&monkey=2&sig=3"); got != "key=[redacted]&monkey=2&sig=[redacted]" {
		t.Error(got)
	}
}

func TestPath(t *testing.T) {
	for _, c := range [][3]string{
		{"/p/S", "/p/:token", "/p/[redacted]"},
		{"/p/S/x/7", "/p/:token|string/x/:id|int", "/p/[redacted]/x/7"},
		{"/users/7", "/users/:id", "/users/7"},
		{"/v1.S", "/v:major.:token", "/[redacted]"},
		{"/a/b/c", "/a/*", "/a/b/c"},
		{"/token/x", "/token/x", "/token/x"},
		{"/", "/", "/"},
		{"", "", ""},
	} {
		if got := rules.Path(c[0], c[1]); got != c[2] {
			t.Errorf("%s by %s became %s", c[0], c[1], got)
		}
	}
}

// What it costs is in proportion to the text, however often it is encoded.
func TestRedactingIsLinear(t *testing.T) {
	deep := `"x"`
	for range 12 {
		quoted, _ := json.Marshal("[" + deep + "]")
		deep = string(quoted)
	}
	for _, body := range []string{"%" + strings.Repeat("25", 200_000), strings.Repeat("%", 400_000), "[" + deep + "]"} {
		rules.Body([]byte(body), "text/plain")
	}
}
