package mockserver

import (
	"crypto/tls"
	"crypto/x509"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"testing"

	"github.com/mocloud/mocloud/pkg/secret"
	testcertificate "github.com/mocloud/mocloud/pkg/testkit/certificate"
)

// selfSigned makes a certificate for 127.0.0.1 that signs itself.
func selfSigned(t *testing.T) (chain, key string, roots *x509.CertPool) {
	t.Helper()
	chain, key = testcertificate.New(t)
	roots = x509.NewCertPool()
	roots.AppendCertsFromPEM([]byte(chain))
	return chain, key, roots
}

// TestTLS: with a certificate, mocks answer over HTTPS, by HTTP/2 if the caller can.
func TestTLS(t *testing.T) {
	chain, key, roots := selfSigned(t)
	file := filepath.Join(t.TempDir(), "raw.yml")
	if err := os.WriteFile(file, []byte(rawMock), 0o600); err != nil {
		t.Fatal(err)
	}
	cfg := testConfig(&FileConfig{Files: []string{file}})
	cfg.TLSCertificate, cfg.TLSKey = chain, secret.New(key)
	s, address := start(t, cfg)
	if err := s.fileSource().Load(t.Context()); err != nil {
		t.Fatal(err)
	}
	for want, set := range map[string]func(*http.Protocols){
		"HTTP/1.1": func(p *http.Protocols) { p.SetHTTP1(true) },
		"HTTP/2.0": func(p *http.Protocols) { p.SetHTTP1(true); p.SetHTTP2(true) },
	} {
		transport := &http.Transport{Protocols: new(http.Protocols), TLSClientConfig: &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}}
		set(transport.Protocols)
		for range 2 {
			request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "https://"+address+"/n/7", nil)
			if err != nil {
				t.Fatal(err)
			}
			answer, err := (&http.Client{Transport: transport}).Do(request)
			if err != nil {
				t.Fatal(err)
			}
			body, err := io.ReadAll(answer.Body)
			_ = answer.Body.Close()
			if err != nil || answer.Proto != want || string(body) != "n=7" {
				t.Errorf("%s %q %v, want %s", answer.Proto, body, err, want)
			}
		}
		transport.CloseIdleConnections()
	}

	other, _, _ := selfSigned(t)
	for _, wrong := range []Config{{TLSCertificate: chain}, {TLSKey: secret.New(key)}, {TLSCertificate: other, TLSKey: secret.New(key)}} {
		c := testConfig(cfg.File)
		c.TLSCertificate, c.TLSKey = wrong.TLSCertificate, wrong.TLSKey
		if err := c.Validate(); err == nil {
			t.Errorf("taken: %t %t", wrong.TLSCertificate != "", !wrong.TLSKey.Empty())
		}
	}
}
