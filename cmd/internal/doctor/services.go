package doctor

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"

	"github.com/mocloud/mocloud/cmd/internal/exit"
	"github.com/mocloud/mocloud/cmd/internal/version"
	"github.com/mocloud/mocloud/pkg/cloudprovider/cloudflare"
	"github.com/mocloud/mocloud/pkg/egress"
	"github.com/mocloud/mocloud/pkg/lifecycle"
)

// forwardProxy makes a call as a mock server does, to where nothing listens and nobody may call: the proxy's refusal shows that
// it is there and knows the token.
func (e *examination) forwardProxy() {
	const check = "proxy for mocks"
	if e.Egress == "" {
		e.skipped(check, "MOCKSERVER_EGRESS_URL is not set: mock servers call out directly")
		return
	}
	client, err := egress.New(egress.Config{ProxyURL: e.Egress, Service: "mockserver", Token: e.EgressToken, Timeout: patience})
	if err != nil {
		e.wrong(check, err.Error(), "Correct MOCKSERVER_EGRESS_URL and MOCKSERVER_EGRESS_TOKEN.")
		return
	}
	defer client.CloseIdleConnections()
	request, err := http.NewRequestWithContext(e.ctx, http.MethodGet, "http://127.0.0.1:1/", nil)
	if err != nil {
		e.wrong(check, err.Error(), "")
		return
	}
	answer, err := client.Do(request)
	switch {
	case errors.Is(err, egress.ErrDenied), errors.Is(err, egress.ErrLimited), errors.Is(err, egress.ErrUnreachable):
		e.ok(check, shown(e.Egress))
	case err != nil:
		e.wrong(check, shown(e.Egress)+": "+reason(err), "Check that the proxy is running, and that PROXY_FORWARD_CALLERS has mockserver with MOCKSERVER_EGRESS_TOKEN.")
	default:
		_ = answer.Body.Close() // nothing of it is used
		e.wrong(check, shown(e.Egress)+" is not mocloud's proxy", "Set MOCKSERVER_EGRESS_URL to the address of PROXY_FORWARD_ADDR, such as http://proxy:3128.")
	}
}

// reverseProxy makes a call that the proxy permits to nobody, as cloudops.
func (e *examination) reverseProxy() {
	const check = "proxy for providers"
	if e.Proxy == "" {
		e.skipped(check, "CLOUDOPS_PROXY_URL is not set: there is no provider")
		return
	}
	ctx, cancel := e.within()
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, strings.TrimRight(e.Proxy, "/")+"/"+cloudflare.Name+"/doctor", nil)
	if err != nil {
		e.wrong(check, "CLOUDOPS_PROXY_URL is not a URL", "Set it to the address of PROXY_REVERSE_ADDR, such as http://proxy:8080.")
		return
	}
	request.Header.Set("Authorization", "Bearer "+e.ProxyToken.Reveal())
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	answer, err := client.Do(request)
	if err != nil {
		e.wrong(check, shown(e.Proxy)+": "+reason(err), "Check that the proxy is running, and its address in CLOUDOPS_PROXY_URL.")
		return
	}
	_ = answer.Body.Close() // nothing of it is used
	switch {
	case answer.Header.Get(egress.OutcomeHeader) == "":
		e.wrong(check, shown(e.Proxy)+" is not mocloud's proxy", "Set CLOUDOPS_PROXY_URL to the address of PROXY_REVERSE_ADDR, such as http://proxy:8080.")
	case answer.StatusCode == http.StatusUnauthorized:
		e.wrong(check, "the proxy does not accept the token", "Give cloudops the same token in CLOUDOPS_PROXY_TOKEN and in PROXY_REVERSE_CALLERS.")
	default:
		e.ok(check, shown(e.Proxy))
	}
}

// version compares the version of the api at address with this program's. It reports whether an api answers there.
func (e *examination) version(address, advice string) bool {
	const check = "version"
	ctx, cancel := e.within()
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address+"/api/v1/instance", nil)
	if err != nil {
		e.skipped(check, fmt.Sprintf("%q is not a URL", address))
		return false
	}
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	answer, err := client.Do(request)
	if err != nil {
		e.skipped(check, "no api answers at "+address+": "+reason(err)+". "+advice)
		return false
	}
	defer func() { _ = answer.Body.Close() }() // it was read
	var instance struct{ Version string }
	err = json.NewDecoder(io.LimitReader(answer.Body, 1<<20)).Decode(&instance)
	if err != nil || answer.StatusCode != http.StatusOK || instance.Version == "" {
		e.skipped(check, "what answers at "+address+" is not mocloud. "+advice)
		return false
	}
	own := version.Number()
	if own != instance.Version && own != unstamped && instance.Version != unstamped {
		e.wrong(check, fmt.Sprintf("the api at %s has version %s, this program %s", address, instance.Version, own), "Install the same version of both; until then, what this report says of migrations is not about the api.")
		return true
	}
	e.ok(check, instance.Version)
	return true
}

// unstamped is the version of a build that was not given one.
const unstamped = "dev"

// ready asks `mocloud up` for the parts that do not work.
func (e *examination) ready() {
	if err := lifecycle.CheckReady(e.ctx, e.OpsAddr); err != nil {
		e.wrong("readiness", err.Error(), "Look at the log of `mocloud up`; OPS_ADDR has to be as it was given to it.")
		return
	}
	e.ok("readiness", "every part works")
}

// shown is an address without a password.
func shown(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return "the address"
	}
	return u.Redacted()
}

// reason is why a call failed, without its URL.
func reason(err error) string {
	if e, ok := errors.AsType[*url.Error](err); ok {
		err = e.Err
	}
	return exit.Reason(err)
}
