package cloud

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/mocloud/mocloud/services/api/client"
)

// maxAnswer bounds what a test reads of an answer, in bytes.
const maxAnswer = 16 << 20

// Client calls mocloud's API and the mocks, as a program of a user does. It is safe for concurrent use.
type Client struct {
	api   string
	token string
	http  *http.Client

	more  []string // addresses of further replicas of the api
	calls atomic.Uint64
}

// someAPI is the address of the api, of each in turn where there are several.
func (c *Client) someAPI() string {
	if len(c.more) == 0 {
		return c.api
	}
	return append([]string{c.api}, c.more...)[c.calls.Add(1)%uint64(len(c.more)+1)]
}

// Replica is a client of the n-th replica of the api alone.
func (c *Client) Replica(n int) *Client {
	return &Client{api: append([]string{c.api}, c.more...)[n], token: c.token, http: c.http}
}

// newClient makes a client that reaches every *.localhost on loopback, as browsers and curl do.
func newClient(t testing.TB, api, token string) *Client {
	t.Helper()
	dialer := &net.Dialer{Timeout: patience}
	transport := &http.Transport{
		MaxIdleConnsPerHost: 32,
		DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
			host, port, err := net.SplitHostPort(address)
			if err == nil && strings.HasSuffix(host, ".localhost") {
				address = net.JoinHostPort("127.0.0.1", port)
			}
			return dialer.DialContext(ctx, network, address)
		},
	}
	t.Cleanup(transport.CloseIdleConnections)
	return &Client{api: api, token: token, http: &http.Client{Transport: transport, Timeout: patience}}
}

// API is the generated client, which sends the token with every request.
func (c *Client) API(t testing.TB) *client.ClientWithResponses {
	t.Helper()
	return c.As(t, Bearer(c.token))
}

// Bearer sends a token with a request.
func Bearer(token string) client.RequestEditorFn {
	return func(_ context.Context, r *http.Request) error {
		r.Header.Set("Authorization", "Bearer "+token)
		return nil
	}
}

// As is the generated client with what each of somebody's requests carries; with nothing it is a stranger's. Where there are
// several replicas of the api, each client has the next one's.
func (c *Client) As(t testing.TB, carries ...client.RequestEditorFn) *client.ClientWithResponses {
	t.Helper()
	api, err := client.NewClientWithResponses(c.someAPI(), client.WithHTTPClient(c.http), func(api *client.Client) error {
		api.RequestEditors = carries
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return api
}

// Environ is what a program needs in its environment to call the API.
func (c *Client) Environ() []string {
	return []string{"MOCLOUD_URL=" + c.api, "MOCLOUD_TOKEN=" + c.token}
}

// Mock is a mock as the API shows it.
type Mock struct {
	ID            string `json:"id"`
	Slug          string `json:"slug"`
	WorkspaceSlug string `json:"workspace_slug"`
	WorkspaceID   string `json:"workspace_id"`
	URL           string `json:"url"`
	Revision      int    `json:"revision"`
	State         string `json:"state"`
	Reason        string `json:"reason"`
	Content       string `json:"content"`
}

// Publication is the state of a mock as the API shows it.
type Publication struct {
	State   string `json:"state"`
	Reason  string `json:"reason"`
	Settled bool   `json:"settled"`
	Change  int64  `json:"change"`
}

// States of a publication.
const (
	Offline        = "offline"
	OfflineInvalid = "offline_invalid"
	Publishing     = "publishing"
	Published      = "published"
)

// Problem is an error as the API shows it.
type Problem struct {
	Status int    `json:"-"`
	Code   string `json:"code"`
	Detail string `json:"detail"`
	Body   string `json:"-"`
}

// Error implements error.
func (p *Problem) Error() string { return fmt.Sprintf("the API answers %d: %s", p.Status, p.Body) }

// Answer is what a mock answered.
type Answer struct {
	Status int
	Body   string
	Header http.Header
}

// Create makes a mock.
func (c *Client) Create(ctx context.Context, slug, content string) (Mock, error) {
	return call[Mock](ctx, c, http.MethodPost, "/mocks", map[string]string{"slug": slug, "content": content})
}

// Get reads a mock.
func (c *Client) Get(ctx context.Context, id string) (Mock, error) {
	return call[Mock](ctx, c, http.MethodGet, "/mocks/"+id, nil)
}

// List reads all mocks.
func (c *Client) List(ctx context.Context) ([]Mock, error) {
	type page struct {
		Items      []Mock `json:"items"`
		NextCursor string `json:"next_cursor"`
	}
	var all []Mock
	for cursor := ""; ; {
		p, err := call[page](ctx, c, http.MethodGet, "/mocks?limit=200"+cursor, nil)
		if err != nil {
			return nil, err
		}
		all = append(all, p.Items...)
		if p.NextCursor == "" {
			return all, nil
		}
		cursor = "&cursor=" + url.QueryEscape(p.NextCursor)
	}
}

// Update writes a new revision.
func (c *Client) Update(ctx context.Context, id, content string) (Mock, error) {
	return call[Mock](ctx, c, http.MethodPut, "/mocks/"+id, map[string]string{"content": content})
}

// Delete deletes a mock.
func (c *Client) Delete(ctx context.Context, id string) error {
	_, err := call[any](ctx, c, http.MethodDelete, "/mocks/"+id, nil)
	return err
}

// Publish puts the current revision on the mock's host; it does not wait until it is there.
func (c *Client) Publish(ctx context.Context, id string) error {
	_, err := call[Publication](ctx, c, http.MethodPost, "/mocks/"+id+"/publish", nil)
	return err
}

// Unpublish takes the mock off its host; it does not wait until it is gone.
func (c *Client) Unpublish(ctx context.Context, id string) error {
	_, err := call[Publication](ctx, c, http.MethodPost, "/mocks/"+id+"/unpublish", nil)
	return err
}

// WaitFor waits until the mock's revision has settled in the state; the error says in which state it is else.
func (c *Client) WaitFor(ctx context.Context, id string, revision int, state string) error {
	for deadline := time.Now().Add(patience); ; {
		path := fmt.Sprintf("/mocks/%s/publication?revision=%d&wait=10s", id, revision)
		p, err := call[Publication](ctx, c, http.MethodGet, path, nil)
		if err != nil {
			return err
		}
		if p.Settled && p.State == state {
			return nil
		}
		if p.Settled || time.Now().After(deadline) {
			return fmt.Errorf("mock %s revision %d is %q (%s), not %q", id, revision, p.State, p.Reason, state)
		}
	}
}

// Do sends a request to a mock. The caller closes the answer's body.
func (c *Client) Do(r *http.Request) (*http.Response, error) { return c.http.Do(r) }

// Call calls a mock.
func (c *Client) Call(ctx context.Context, url string) (Answer, error) { return Get(ctx, c.http, url) }

// CallHost calls a mock at a host name that is in no DNS.
func (c *Cloud) CallHost(ctx context.Context, host, path string) (Answer, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+c.mocks+path, nil)
	if err != nil {
		return Answer{}, err
	}
	request.Host = host
	return whole(c.http, request)
}

// Get is one GET request with its whole answer.
func Get(ctx context.Context, client *http.Client, url string) (Answer, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return Answer{}, err
	}
	return whole(client, request)
}

func whole(client *http.Client, request *http.Request) (Answer, error) {
	response, err := client.Do(request)
	if err != nil {
		return Answer{}, err
	}
	body, err := io.ReadAll(io.LimitReader(response.Body, maxAnswer))
	if err := errors.Join(err, response.Body.Close()); err != nil {
		return Answer{}, err
	}
	return Answer{Status: response.StatusCode, Body: string(body), Header: response.Header}, nil
}

// call sends a request to the API and decodes its answer. An error answer is a *Problem.
func call[T any](ctx context.Context, c *Client, method, path string, in any) (out T, err error) {
	var body io.Reader
	if in != nil {
		encoded, err := json.Marshal(in)
		if err != nil {
			return out, err
		}
		body = bytes.NewReader(encoded)
	}
	request, err := http.NewRequestWithContext(ctx, method, c.someAPI()+"/api/v1"+path, body)
	if err != nil {
		return out, err
	}
	request.Header.Set("Authorization", "Bearer "+c.token)
	if in != nil {
		request.Header.Set("Content-Type", "application/json")
	}
	response, err := c.http.Do(request)
	if err != nil {
		return out, err
	}
	content, err := io.ReadAll(io.LimitReader(response.Body, maxAnswer))
	if err := errors.Join(err, response.Body.Close()); err != nil {
		return out, err
	}
	if response.StatusCode >= http.StatusBadRequest {
		problem := &Problem{Status: response.StatusCode, Body: string(content)}
		_ = json.Unmarshal(content, problem) // what is no problem document is in Body
		return out, problem
	}
	if len(content) > 0 {
		err = json.Unmarshal(content, &out)
	}
	return out, err
}
