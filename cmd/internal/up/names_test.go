package up

import (
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/mocloud/mocloud/pkg/lifecycle"
	"github.com/mocloud/mocloud/pkg/testkit/certificate"
)

func listenAt(t *testing.T, address string) net.Listener {
	t.Helper()
	l, err := lifecycle.Listen(t.Context(), address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	return l
}

// The addresses that people see follow from where mocloud listens, unless they were configured.
func TestNames(t *testing.T) {
	local, open := listenAt(t, "127.0.0.1:0"), listenAt(t, ":0")
	for _, key := range []string{"MOCKSERVER_TLS_CERTIFICATE", "MOCKSERVER_PATH_FORM"} {
		t.Setenv(key, "")
	}
	get := func(o options, api, mocks net.Listener) names {
		t.Helper()
		n, err := o.names(t.Context(), &ports{api: api, mocks: mocks})
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	n := get(options{}, local, local)
	if !n.local || n.public != "http://localhost:"+port(local) || n.baseDomain != "localhost" || n.mockURL != "http://{host}:"+port(local) || n.pathURL != "http://localhost:"+port(local) {
		t.Errorf("for this machine: %+v", n)
	}
	n = get(options{}, open, open)
	if n.local || !strings.HasSuffix(n.public, ":"+port(open)) || !strings.HasSuffix(n.pathURL, ":"+port(open)) {
		t.Errorf("for others: %+v", n)
	}
	if get(options{}, local, open).local || get(options{}, open, local).local {
		t.Error("one open port is taken for none")
	}
	n = get(options{baseDomain: "mocks.test", publicURL: "https://console.test/", mockURL: "https://{host}"}, open, open)
	if n.public != "https://console.test" || n.baseDomain != "mocks.test" || n.mockURL != "https://{host}" || n.pathURL != "" {
		t.Errorf("as said: %+v", n)
	}
	t.Setenv("MOCKSERVER_PATH_FORM", "false")
	if n := get(options{}, local, local); n.pathURL != "" {
		t.Errorf("without paths: %+v", n)
	}
}

// Who serves mocks over TLS is told https, however the certificate is given, and wherever an address is made of it.
func TestNamesWithTLS(t *testing.T) {
	local := listenAt(t, "127.0.0.1:0")
	chain, private := certificate.New(t)
	file := filepath.Join(t.TempDir(), "c.pem")
	if err := os.WriteFile(file, []byte(chain), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("MOCKSERVER_TLS_KEY", private)
	for key, value := range map[string]string{"MOCKSERVER_TLS_CERTIFICATE": chain, "MOCKSERVER_TLS_CERTIFICATE_FILE": file} {
		t.Run(key, func(t *testing.T) {
			t.Setenv(key, value)
			get := func(o options) names {
				t.Helper()
				n, err := o.names(t.Context(), &ports{api: local, mocks: local})
				if err != nil {
					t.Fatal(err)
				}
				return n
			}
			n := get(options{})
			if !n.tls || n.mockURL != "https://{host}:"+port(local) || n.pathURL != "https://localhost:"+port(local) || !strings.HasPrefix(n.public, "http://") {
				t.Errorf("for this machine: %+v", n)
			}
			if n := get(options{baseDomain: "mocks.test"}); n.pathURL != "" {
				t.Errorf("with a base domain, mocks have host names: %+v", n)
			}
			t.Setenv("MOCKSERVER_PATH_FORM", "true")
			if n := get(options{baseDomain: "mocks.test"}); n.pathURL != "https://mocks.test:"+port(local) {
				t.Errorf("with a base domain and the path form: %+v", n)
			}
			t.Setenv("MOCKSERVER_PATH_FORM", "")
			if n := get(options{mockURL: "http://{host}:81"}); n.mockURL != "http://{host}:81" {
				t.Errorf("behind something that ends TLS: %+v", n)
			}
		})
	}
}

func TestUnknownSettings(t *testing.T) {
	for kv, refused := range map[string]bool{
		"API_RATE_ADDRESS=0": false, "MOCKSERVER_MAX_BODY=1": false, "YAMLGEN_LEASE=1s": false, "CLOUDOPS_POLICY=observe": false,
		"PROXY_FORWARD_PORTS=0": false, "MOCKSERVER_ADDR=:1": false, "API_ADDR=:1": false, "MOCKSERVER_TLS_KEY_FILE=/k": false,
		"API_KEY=mine": false, "PROXY_HOST=theirs": false, "MOCKSERVER_PORT=tcp://10.0.0.1:8000": false, "HOME=/": false,
		"API_RATE_ADDRES=0": true, "API_PUBLIC_ULR=x": true, "MOCKSERVER_MAXBODY=1": true, "YAMLGEN_X=1": true, "CLOUDOPS_OWNERS=x": true, "PROXY_FORWARD_PORTZ=0": true, //nolint:misspell // they are what is refused
	} {
		if got := unknown([]string{kv}) != nil; got != refused {
			t.Errorf("%s: refused: %t", kv, got)
		}
	}
}

// Only an installation for one machine is without limits, and lets mocks call programs on it; what the environment says counts.
func TestLimitsFollowWhoCanConnect(t *testing.T) {
	type limits struct {
		Rate  int    `env:"API_RATE_ADDRESS" envDefault:"100"`
		Allow string `env:"PROXY_FORWARD_ALLOW"`
		Redis string `env:"REDIS_URL"`
	}
	for _, c := range []struct {
		local   bool
		environ []string
		want    limits
	}{
		{true, nil, limits{0, "127.0.0.0/8,::1/128", ""}},
		{false, nil, limits{100, "", ""}},
		{true, []string{"API_RATE_ADDRESS=7", "PROXY_FORWARD_ALLOW=10.0.0.0/8", "REDIS_URL=redis://theirs"}, limits{7, "10.0.0.0/8", ""}},
		{true, []string{"API_RATE_ADDRESS="}, limits{0, "127.0.0.0/8,::1/128", ""}},
	} {
		cloud := &cloud{names: names{local: c.local}, environ: c.environ}
		got, err := settings[limits](cloud, append(cloud.unlimited(), cloud.toThisMachine()...), nil)
		if err != nil || got != c.want {
			t.Errorf("%+v: %+v, %v", c, got, err)
		}
	}
}

// The banner promises calls to this machine only where they are permitted.
func TestWhoIsCalled(t *testing.T) {
	for _, c := range []struct {
		local   bool
		environ []string
		want    bool
	}{
		{true, nil, true},
		{true, []string{"PROXY_FORWARD_ALLOW="}, true},
		{true, []string{"PROXY_FORWARD_ALLOW=none"}, false},
		{true, []string{"PROXY_FORWARD_ALLOW=10.0.0.0/8"}, false},
		{true, []string{"PROXY_FORWARD_ALLOW=10.0.0.0/8,127.0.0.1"}, true},
		{false, nil, false},
		{false, []string{"PROXY_FORWARD_ALLOW=127.0.0.0/8"}, true},
	} {
		cloud := &cloud{names: names{local: c.local}, environ: c.environ}
		if got := cloud.callsThisMachine(); got != c.want {
			t.Errorf("%+v: %t", c, got)
		}
	}
	if said := (banner{Local: true}).reach(); !strings.Contains(said, "webhooks cannot call programs on it") {
		t.Error(said)
	}
}

func TestBanner(t *testing.T) {
	b := banner{MockURL: "http://hello-dev.localhost:8000", PathURL: "http://localhost:8000/~dev/hello", Push: "bin/mocloud push FILE", Local: true, CallsHome: true}
	var said strings.Builder
	if err := b.write(&said); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"\n  curl http://hello-dev.localhost:8000/hello/world\n", "\n  curl http://localhost:8000/~dev/hello/hello/world\n",
		"\n  bin/mocloud push FILE\n", "webhooks may call programs on it",
	} {
		if !strings.Contains(said.String(), want) {
			t.Errorf("%q is not in%s", want, said.String())
		}
	}
	open := banner{PublicURL: "http://192.0.2.7:3000"}
	if said := open.reach(); !strings.Contains(said, "Others can connect") || !strings.Contains(said, "--base-domain") {
		t.Error(said)
	}
}
