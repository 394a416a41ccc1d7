package mockserver

import (
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/mocloud/mocloud/pkg/env"
	"github.com/mocloud/mocloud/pkg/mockspec"
	"github.com/mocloud/mocloud/pkg/secret"
	"github.com/mocloud/mocloud/services/mockserver/internal/filesource"
)

// leastCache is the smallest cache that is of use.
const leastCache = 16 << 20

// Config is what can be set; config.Load fills the defaults. A limit of 0 means none.
type Config struct {
	// PathForm lets mocks answer at /~workspace/mock/… on hosts that belong to no mock, where there is no wildcard DNS. The pages of
	// all of them are on one origin then, so that browsers are told to keep them apart; host names do that better. `mocloud up`
	// without a base domain turns it on.
	PathForm bool `env:"MOCKSERVER_PATH_FORM" envDefault:"false"`
	// MaxBody bounds the body of a request, in bytes.
	MaxBody int64 `env:"MOCKSERVER_MAX_BODY" envDefault:"1048576"`
	// RequestsPerSecond bounds how many requests a second one mock answers.
	RequestsPerSecond int `env:"MOCKSERVER_REQUESTS_PER_SECOND" envDefault:"10000"`
	// ConcurrentRequests bounds how many requests and WebSockets one mock answers at a time.
	ConcurrentRequests int `env:"MOCKSERVER_CONCURRENT_REQUESTS" envDefault:"1000"`
	// ClientIPHeader names the header in which a trusted proxy in front passes on the caller's address, such as X-Forwarded-For;
	// empty: the address of the connection is used.
	ClientIPHeader string `env:"MOCKSERVER_CLIENT_IP_HEADER"`
	// Cache bounds the memory of what can be made again, compiled mocks and external bodies, in bytes. When it is full, whoever has the
	// most in it gives way, with what was not used of late. 0: half of the memory that the process may use.
	Cache int64 `env:"MOCKSERVER_CACHE" envDefault:"0"`
	// IdleMocks is how long a mock without calls stays compiled; it is compiled again in milliseconds.
	IdleMocks time.Duration `env:"MOCKSERVER_IDLE_MOCKS" envDefault:"10m"`

	// RecordPerSecond is how many requests of one mock are recorded in a second; the others are only counted. 0: all are
	// only counted.
	RecordPerSecond int `env:"MOCKSERVER_RECORD_PER_SECOND" envDefault:"20"`
	// RecordAllPerSecond is the same for all mocks together.
	RecordAllPerSecond int `env:"MOCKSERVER_RECORD_ALL_PER_SECOND" envDefault:"200"`
	// RecordRate bounds the bytes that are recorded in a second, of all mocks together; one mock may take a quarter.
	RecordRate int64 `env:"MOCKSERVER_RECORD_RATE" envDefault:"2097152"`
	// RecordBody bounds what is recorded of a request's body, and of its answer's, in bytes.
	RecordBody int `env:"MOCKSERVER_RECORD_BODY" envDefault:"65536"`
	// RecordBytes bounds the memory of records that wait to be stored, in bytes. The oldest are dropped, and counted.
	RecordBytes int64 `env:"MOCKSERVER_RECORD_BYTES" envDefault:"33554432"`
	// RecordRedact is the words that make the name of a header or field sensitive: its value is masked in the records of
	// mocks that are recorded redacted.
	RecordRedact []string `env:"MOCKSERVER_RECORD_REDACT" envDefault:"authorization,cookie,token,secret,password,passwd,passphrase,pwd,apikey,accesskey,privatekey,credential,session,signature,jwt,csrf,xsrf,subscriptionkey,functionskey,assertion"`

	// ReadHeaderTimeout bounds how long a caller may take to send the head of a request.
	ReadHeaderTimeout time.Duration `env:"MOCKSERVER_READ_HEADER_TIMEOUT" envDefault:"10s"`
	// ReadTimeout bounds how long a caller may take to send a whole request.
	ReadTimeout time.Duration `env:"MOCKSERVER_READ_TIMEOUT" envDefault:"30s"`
	// WriteTimeout bounds how long an answer may take; simulated latency is added to it.
	WriteTimeout time.Duration `env:"MOCKSERVER_WRITE_TIMEOUT" envDefault:"90s"`
	// IdleTimeout closes a connection without requests.
	IdleTimeout time.Duration `env:"MOCKSERVER_IDLE_TIMEOUT" envDefault:"2m"`
	// MaxHeaderBytes bounds the head of a request.
	MaxHeaderBytes int `env:"MOCKSERVER_MAX_HEADER_BYTES" envDefault:"65536"`

	// TLSCertificate is a certificate chain in PEM, for mocks over HTTPS where no load balancer provides it; empty: plain HTTP. It
	// is read once, at start.
	TLSCertificate string `env:"MOCKSERVER_TLS_CERTIFICATE"`
	// TLSKey is the certificate's key in PEM.
	TLSKey secret.String `env:"MOCKSERVER_TLS_KEY"`

	// ACME gets certificates from an authority.
	ACME ACME

	// EgressURL is the proxy for webhooks and external bodies; empty: they may only reach public addresses, directly.
	EgressURL string `env:"MOCKSERVER_EGRESS_URL"`
	// EgressToken is this service's token at the proxy.
	EgressToken secret.String `env:"MOCKSERVER_EGRESS_TOKEN"`

	// SealKey decrypts the secret variables of workspaces; the same for the api and the mock servers. Without it, mocks see no secrets.
	SealKey secret.String `env:"SEAL_KEY"`

	// Prefix begins every Redis channel and key.
	Prefix string `env:"REDIS_PREFIX" envDefault:"mocloud:"`
	// Poll is how often the object store is checked while Redis is away.
	Poll time.Duration `env:"MOCKSERVER_POLL" envDefault:"2s"`

	// File serves files on disk instead of what is published; nil in a cloud.
	File *FileConfig `env:"-"`
}

// ErrInvalid is what Run ends with when the files of a FileConfig cannot be served at first. What is wrong with them was printed.
var ErrInvalid = filesource.ErrInvalid

// FileConfig is what `mocloud run` serves.
type FileConfig struct {
	Files   []string          // moclojer YAML files, documents that are imported, and folders of them: together one mock
	Prefix  string            // goes before every path of imported documents
	Env     map[string]string // variables that the mock reads as env.NAME
	Mocks   string            // answers by operation id, for the one file, which is an OpenAPI document
	Compat  mockspec.Compat   // overrides the files' own setting
	Watch   bool              // serve changes as they are saved
	Out     io.Writer         // where endpoints and diagnostics are printed; nil: nowhere
	Log     io.Writer         // where each request is printed, a line each; nil: nowhere
	Ready   func(url string)  // called once, when the mock answers, with where; nil: nobody waits
	Journal bool              // keep the latest requests, for Service.Requests and for verification
}

// Validate reports everything that is wrong.
func (c *Config) Validate() error {
	var problems []error
	for _, n := range []struct {
		name  string
		value int64
	}{
		{"MOCKSERVER_REQUESTS_PER_SECOND", int64(c.RequestsPerSecond)},
		{"MOCKSERVER_CONCURRENT_REQUESTS", int64(c.ConcurrentRequests)},
		{"MOCKSERVER_RECORD_PER_SECOND", int64(c.RecordPerSecond)},
		{"MOCKSERVER_RECORD_ALL_PER_SECOND", int64(c.RecordAllPerSecond)},
		{"MOCKSERVER_RECORD_RATE", c.RecordRate},
		{"MOCKSERVER_RECORD_BODY", int64(c.RecordBody)},
		{"MOCKSERVER_RECORD_BYTES", c.RecordBytes},
	} {
		if n.value < 0 {
			problems = append(problems, fmt.Errorf("%s must not be negative; 0 means none", n.name))
		}
	}
	if c.Cache != 0 && c.Cache < leastCache {
		problems = append(problems, errors.New("MOCKSERVER_CACHE must be 16777216 (16 MiB) or more; 0 means half of the memory"))
	}
	if c.MaxBody <= 0 {
		problems = append(problems, errors.New("MOCKSERVER_MAX_BODY must be a positive number of bytes"))
	}
	if c.MaxHeaderBytes < 1024 {
		problems = append(problems, errors.New("MOCKSERVER_MAX_HEADER_BYTES must be 1024 or more"))
	}
	for _, d := range []struct {
		name  string
		value time.Duration
	}{
		{"MOCKSERVER_READ_HEADER_TIMEOUT", c.ReadHeaderTimeout},
		{"MOCKSERVER_READ_TIMEOUT", c.ReadTimeout},
		{"MOCKSERVER_WRITE_TIMEOUT", c.WriteTimeout},
		{"MOCKSERVER_IDLE_TIMEOUT", c.IdleTimeout},
		{"MOCKSERVER_IDLE_MOCKS", c.IdleMocks},
		{"MOCKSERVER_POLL", c.Poll},
	} {
		if d.value <= 0 {
			problems = append(problems, fmt.Errorf("%s must be a duration such as 30s", d.name))
		}
	}
	if _, err := c.tls(); err != nil {
		problems = append(problems, err)
	}
	if _, err := c.ACME.check(); err != nil {
		problems = append(problems, err)
	}
	if c.ACME.Directory != "" && c.TLSCertificate != "" {
		problems = append(problems, errors.New("MOCKSERVER_ACME_DIRECTORY and MOCKSERVER_TLS_CERTIFICATE cannot be combined"))
	}
	if c.EgressURL != "" && c.EgressToken.Empty() {
		problems = append(problems, errors.New("MOCKSERVER_EGRESS_TOKEN is missing: the proxy at MOCKSERVER_EGRESS_URL requires it"))
	}
	if !c.SealKey.Empty() && len(c.SealKey.Reveal()) < env.MinKey {
		problems = append(problems, fmt.Errorf("SEAL_KEY must be at least %d characters long, and the api's", env.MinKey))
	}
	if c.File != nil && len(c.File.Files) == 0 {
		problems = append(problems, errors.New("name at least one file to serve"))
	}
	return errors.Join(problems...)
}

// tls is how connections are encrypted; nil: they are not.
func (c *Config) tls() (*tls.Config, error) {
	if c.TLSCertificate == "" && c.TLSKey.Empty() {
		return nil, nil //nolint:nilnil // neither is an error
	}
	pair, err := tls.X509KeyPair([]byte(c.TLSCertificate), []byte(c.TLSKey.Reveal()))
	if err != nil {
		// The library's words, none of which are the key's.
		return nil, fmt.Errorf("MOCKSERVER_TLS_CERTIFICATE and MOCKSERVER_TLS_KEY must be a certificate and its key in PEM: %w", err)
	}
	return &tls.Config{Certificates: []tls.Certificate{pair}, MinVersion: tls.VersionTLS12}, nil
}
