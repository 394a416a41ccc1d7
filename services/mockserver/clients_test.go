package mockserver

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestGoClient asks with Go's client: over connections that are used again, in parallel, with bodies of known and of unknown
// length, over HTTP/1.1 and over HTTP/2 without TLS.
func TestGoClient(t *testing.T) {
	address := rawServer(t)
	for name, set := range map[string]func(*http.Protocols){
		"http/1.1": func(p *http.Protocols) { p.SetHTTP1(true) },
		"h2c":      func(p *http.Protocols) { p.SetUnencryptedHTTP2(true) },
	} {
		t.Run(name, func(t *testing.T) {
			transport := &http.Transport{Protocols: new(http.Protocols), MaxConnsPerHost: 4}
			set(transport.Protocols)
			defer transport.CloseIdleConnections()
			client := &http.Client{Transport: transport}
			ask := func(method, path string, body io.Reader, header ...string) string {
				request, err := http.NewRequestWithContext(t.Context(), method, "http://"+address+path, body)
				if err != nil {
					return err.Error()
				}
				for i := 0; i < len(header); i += 2 {
					request.Header.Set(header[i], header[i+1])
				}
				answer, err := client.Do(request)
				if err != nil {
					return err.Error()
				}
				defer answer.Body.Close()
				text, err := io.ReadAll(answer.Body)
				if err != nil {
					return err.Error()
				}
				return fmt.Sprintf("%d %d %.40s", answer.StatusCode, answer.ContentLength, text)
			}
			var wg sync.WaitGroup
			for n := range 20 {
				wg.Go(func() {
					for i := range 20 {
						id := fmt.Sprint(n*100 + i)
						body := strings.Repeat("b", n*i)
						for got, want := range map[string]string{
							ask("GET", "/n/"+id, nil):                                                              fmt.Sprintf("200 %d n=%s", len(id)+2, id),
							ask("POST", "/echo", strings.NewReader(body)):                                          fmt.Sprintf("200 %d %.40s", len(body)+2, "["+body+"]"),
							ask("POST", "/echo", io.MultiReader(strings.NewReader(body+"+"))):                      fmt.Sprintf("200 %d %.40s", len(body)+3, "["+body+"+]"),
							ask("POST", "/echo", strings.NewReader(body+"-"), "Expect", "100-continue"):            fmt.Sprintf("200 %d %.40s", len(body)+3, "["+body+"-]"),
							ask("HEAD", "/n/"+id, nil):                                                             fmt.Sprintf("200 %d ", len(id)+2),
							ask("GET", "/big?n=500", nil, "Accept-Encoding", "identity", "Pragma", "no-cache")[:9]: "200 5000 ",
						} {
							if got != want {
								t.Errorf("%q, want %q", got, want)
							}
						}
					}
				})
			}
			wg.Wait()
		})
	}
}

// program returns where a program is, and skips without it unless the machine must have everything.
func program(t *testing.T, name string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil {
		if os.Getenv("TEST_REQUIRE_INFRA") != "" { //nolint:forbidigo // a test's own setting
			t.Fatalf("%s is not installed", name)
		}
		t.Skipf("%s is not installed", name)
	}
	return path
}

// TestCurl asks with curl, as people do.
func TestCurl(t *testing.T) {
	curl := program(t, "curl")
	address := rawServer(t)
	url := "http://" + address
	for _, c := range []struct {
		args string // %s is where the server is
		want string
	}{
		{"%s/x", "hello"},
		{"--http1.0 %s/x", "hello"},
		{"--http2 %s/x", "hello"}, // asks for an upgrade, and does without
		{"--http2-prior-knowledge -w |%{http_version} %s/x", "hello|2"},
		{"-d a=b %s/echo", "[a=b]"},
		{"-d abc -H Transfer-Encoding:chunked %s/echo", "[abc]"},
		{"-d abc -H Expect:100-continue -w |%{http_code} %s/echo", "[abc]|200"},
		{"-X PUT -w |%{http_code} -o /dev/null %s/x", "|405"},
		{"-I -w %{http_code} -o /dev/null %s/x", "200"},
		{"-w |%{num_connects} %s/x %s/n/2 %s/x", "hello|1n=2|0hello|0"},
		{"-H Connection:close -w |%{num_connects} %s/x %s/n/2", "hello|1n=2|1"},
		{"-Z --parallel-immediate %s/x %s/x %s/x", "hellohellohello"},
		{"-o /dev/null -w %{size_download} %s/big?n=900", "9000"},
	} {
		t.Run(c.args, func(t *testing.T) {
			args := strings.Fields("-sS --max-time 60 " + strings.ReplaceAll(c.args, "%s/", url+"/"))
			var problems strings.Builder
			cmd := exec.CommandContext(t.Context(), curl, args...)
			cmd.Stderr = &problems
			out, err := cmd.Output()
			if strings.Contains(problems.String(), "the installed libcurl version does not support") {
				t.Skip("this curl has no HTTP/2")
			}
			if err != nil || string(out) != c.want {
				t.Errorf("%q %v %s, want %q", out, err, problems.String(), c.want)
			}
		})
	}
}

// nodeScript asks with Node's clients: http with connections that are kept, fetch, and http2 without TLS.
const nodeScript = `
const http = require('http'), http2 = require('http2'), url = process.argv[1];
const agent = new http.Agent({ keepAlive: true, maxSockets: 2 });
const ask = (method, path, body, headers = {}) => new Promise((done, fail) => {
  const request = http.request(url + path, { method, agent, headers }, (answer) => {
    let text = '';
    answer.on('data', (d) => text += d).on('end', () => done(answer.statusCode + ' ' + text.slice(0, 40)));
  });
  request.on('error', fail);
  if (body) request.write(body); // without a length: in chunks, unless a header says it
  request.end();
});
const overHTTP2 = (path) => new Promise((done, fail) => {
  const session = http2.connect(url).on('error', fail);
  const stream = session.request({ ':path': path });
  let text = '';
  stream.on('data', (d) => text += d).on('end', () => { session.close(); done(text); }).on('error', fail);
  stream.end();
});
(async () => {
  const out = [];
  for (let i = 0; i < 3; i++) out.push(await ask('GET', '/n/' + i));
  out.push(await ask('POST', '/echo', 'chunked'));
  out.push(await ask('POST', '/echo', 'counted', { 'Content-Length': 7 }));
  out.push(await ask('HEAD', '/x'));
  out.push((await Promise.all([4, 5, 6].map((n) => ask('GET', '/n/' + n)))).join());
  const fetched = await fetch(url + '/echo', { method: 'POST', body: 'fetched' });
  out.push(fetched.status + ' ' + await fetched.text());
  out.push(await overHTTP2('/x'));
  agent.destroy();
  console.log(out.join('\n'));
})().catch((e) => { console.log(e); process.exit(1); });
`

func TestNode(t *testing.T) {
	node := program(t, "node")
	address := rawServer(t)
	out, err := exec.CommandContext(t.Context(), node, "-e", nodeScript, "http://"+address).CombinedOutput()
	want := "200 n=0\n200 n=1\n200 n=2\n200 [chunked]\n200 [counted]\n200 \n200 n=4,200 n=5,200 n=6\n200 [fetched]\nhello\n"
	if diff := cmp.Diff(want, string(out)); diff != "" || err != nil {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
}

// TestReloadsUnderLoad: while a file is replaced over and over, no request fails, and each is answered by one version or another.
func TestReloadsUnderLoad(t *testing.T) {
	const content = "- endpoint: {path: /x, response: {headers: {X-Version: '%[1]d'}, body: 'version %[1]d'}}"
	r := runFile(t, fmt.Sprintf(content, 0))
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	var wg sync.WaitGroup
	for _, method := range []string{"GET", "GET", "HEAD"} { // HEAD goes the way of net/http
		transport := &http.Transport{}
		defer transport.CloseIdleConnections()
		client := &http.Client{Transport: transport}
		wg.Go(func() {
			for ctx.Err() == nil {
				request, err := http.NewRequestWithContext(t.Context(), method, "http://"+r.address+"/x", nil)
				if err != nil {
					t.Error(err)
					return
				}
				answer, err := client.Do(request)
				if err != nil {
					t.Errorf("a request failed: %v", err)
					return
				}
				var body bytes.Buffer
				_, err = io.Copy(&body, answer.Body)
				_ = answer.Body.Close()
				want := "version " + answer.Header.Get("X-Version")
				if err != nil || answer.StatusCode != 200 || method == "GET" && body.String() != want {
					t.Errorf("%d %q %v, want %q", answer.StatusCode, body.String(), err, want)
					return
				}
			}
		})
	}
	for n := range 20 {
		r.write(t, fmt.Sprintf(content, n+1))
		r.out.waitFor(t, "Now serving")
	}
	stop()
	wg.Wait()
	if got := r.get(t, "/x"); got != "200 version 20" {
		t.Errorf("at the end: %s", got)
	}
}
