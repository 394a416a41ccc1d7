package providertest

import (
	"bytes"
	"context"
	"embed"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
	"github.com/getkin/kin-openapi/routers/legacy"
)

//go:embed testdata
var testdata embed.FS

// The documents.
const (
	CloudflareOfficial   = "cloudflare.official-2024-08-06.yaml"
	CloudflareStrict     = "cloudflare.strict.yaml"
	DigitalOceanOfficial = "digitalocean.official-2026-08-07.yaml"
	DigitalOceanStrict   = "digitalocean.strict.yaml"
)

// Judge says whether requests are what a provider's API takes. It is safe for concurrent use.
type Judge struct {
	router routers.Router
	server *url.URL
}

// NewJudge loads one of the documents.
func NewJudge(t testing.TB, document string) *Judge {
	t.Helper()
	raw, err := testdata.ReadFile("testdata/" + document)
	if err != nil {
		t.Fatal(err)
	}
	doc, err := openapi3.NewLoader().LoadFromData(raw)
	if err != nil {
		t.Fatalf("%s: %v", document, err)
	}
	router, err := legacy.NewRouter(doc, openapi3.DisableExamplesValidation())
	if err != nil {
		t.Fatalf("%s: %v", document, err)
	}
	server, err := url.Parse(doc.Servers[0].URL)
	if err != nil {
		t.Fatal(err)
	}
	return &Judge{router, server}
}

// Check judges a request whose path is relative to the API's base. It does not consume the body.
func (j *Judge) Check(r *http.Request) error {
	input, err := j.input(r)
	if err != nil {
		return err
	}
	return openapi3filter.ValidateRequest(r.Context(), input)
}

// CheckAnswer judges the answer to a request as Check takes it.
func (j *Judge) CheckAnswer(r *http.Request, status int, header http.Header, body []byte) error {
	input, err := j.input(r)
	if err != nil {
		return err
	}
	answer := &openapi3filter.ResponseValidationInput{RequestValidationInput: input, Status: status, Header: header, Options: input.Options}
	return openapi3filter.ValidateResponse(r.Context(), answer.SetBodyBytes(body))
}

func (j *Judge) input(r *http.Request) (*openapi3filter.RequestValidationInput, error) {
	u := *j.server
	u.Path = strings.TrimSuffix(u.Path, "/") + r.URL.Path
	u.RawQuery = r.URL.RawQuery
	var body []byte
	if r.Body != nil {
		var err error
		if body, err = io.ReadAll(r.Body); err != nil {
			return nil, err
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
	}
	judged, err := http.NewRequestWithContext(r.Context(), r.Method, u.String(), bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	if len(body) > 0 {
		judged.Header.Set("Content-Type", r.Header.Get("Content-Type"))
	}
	route, params, err := j.router.FindRoute(judged)
	if err != nil {
		return nil, fmt.Errorf("no such path: %s %s: %w", r.Method, r.URL.Path, err)
	}
	return &openapi3filter.RequestValidationInput{
		Request: judged, PathParams: params, Route: route,
		Options: &openapi3filter.Options{AuthenticationFunc: func(context.Context, *openapi3filter.AuthenticationInput) error { return nil }},
	}, nil
}

// Transport judges every request before it is sent on: a request that the provider would not take fails the test.
type Transport struct {
	T     testing.TB
	Judge *Judge
	Strip string // prefix of the path that is not the provider's, such as "/cloudflare"
	Base  http.RoundTripper
}

// RoundTrip implements http.RoundTripper.
func (t *Transport) RoundTrip(r *http.Request) (*http.Response, error) {
	judged := r.Clone(r.Context())
	judged.URL.Path = strings.TrimPrefix(judged.URL.Path, t.Strip)
	err := t.Judge.Check(judged)
	r.Body = judged.Body
	if err != nil {
		t.T.Errorf("the provider would refuse %s %s: %v", r.Method, r.URL.Path, err)
	}
	return t.Base.RoundTrip(r)
}
