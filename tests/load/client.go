//go:build linux

package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"
)

const (
	callTimeout = 30 * time.Second
	maxAnswer   = 4 << 20
)

// client calls the API and the mocks over connections that stay open. It is safe for concurrent use.
type client struct {
	api, mocks string
	http       *http.Client
	transport  *http.Transport
}

func newClient(api, mocks string) *client {
	transport := &http.Transport{MaxIdleConnsPerHost: 64, DisableCompression: true}
	return &client{api: api, mocks: mocks, transport: transport, http: &http.Client{Transport: transport, Timeout: callTimeout}}
}

func (c *client) close() { c.transport.CloseIdleConnections() }

// shown is what is needed of a mock as the API shows it.
type shown struct {
	ID          string   `json:"id"`
	WorkspaceID string   `json:"workspace_id"`
	Hosts       []string `json:"hosts"`
	Revision    int      `json:"revision"`
}

// publication is what is needed of a publication.
type publication struct {
	State   string `json:"state"`
	Reason  string `json:"reason"`
	Settled bool   `json:"settled"`
	Change  uint64 `json:"change"`
}

// create makes a mock and publishes it; it does not wait until it is live. change is the number of its publication.
func (c *client) create(ctx context.Context, slug string) (m *mock, change uint64, err error) {
	created, err := call[shown](ctx, c, http.MethodPost, "/mocks", map[string]string{"slug": slug, "content": content(1)})
	if err != nil {
		return nil, 0, err
	}
	if len(created.Hosts) == 0 {
		return nil, 0, fmt.Errorf("mock %s has no host", slug)
	}
	p, err := call[publication](ctx, c, http.MethodPost, "/mocks/"+created.ID+"/publish", nil)
	return &mock{id: created.ID, workspaceID: created.WorkspaceID, host: created.Hosts[0], revision: created.Revision}, p.Change, err
}

// update writes content of that revision.
func (c *client) update(ctx context.Context, id string, revision int, content string) error {
	answer, err := call[shown](ctx, c, http.MethodPut, "/mocks/"+id, map[string]string{"content": content})
	if err == nil && answer.Revision != revision {
		return fmt.Errorf("mock %s has revision %d, not %d", id, answer.Revision, revision)
	}
	return err
}

// wait waits until a mock's latest change is live.
func (c *client) wait(ctx context.Context, id string) error {
	for {
		p, err := call[publication](ctx, c, http.MethodGet, "/mocks/"+id+"/publication?wait=10s", nil)
		switch {
		case err != nil:
			return err
		case p.Settled && p.State == "published":
			return nil
		case p.Settled:
			return fmt.Errorf("mock %s is %s: %s", id, p.State, p.Reason)
		}
	}
}

// ask calls a mock and returns the revision that answered. The error says what was wrong with the answer.
func (c *client) ask(ctx context.Context, host, path string) (revision int, err error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, c.mocks+path, nil)
	if err != nil {
		return 0, err
	}
	request.Host = host
	status, body, err := c.do(request)
	if err != nil {
		return 0, err
	}
	if status != http.StatusOK {
		return 0, fmt.Errorf("%s%s answers %d: %.200s", host, path, status, body)
	}
	return revisionOf(body)
}

// get reads a page that must answer 200.
func (c *client) get(ctx context.Context, url string) ([]byte, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return nil, err
	}
	status, body, err := c.do(request)
	if err == nil && status != http.StatusOK {
		err = fmt.Errorf("%s answers %d: %.200s", url, status, body)
	}
	return body, err
}

func (c *client) do(request *http.Request) (status int, body []byte, err error) {
	response, err := c.http.Do(request)
	if err != nil {
		return 0, nil, err
	}
	body, err = io.ReadAll(io.LimitReader(response.Body, maxAnswer))
	return response.StatusCode, body, errors.Join(err, response.Body.Close())
}

// call sends a request to the API and decodes its answer.
func call[T any](ctx context.Context, c *client, method, path string, in any) (out T, err error) {
	encoded, err := json.Marshal(in)
	if err != nil {
		return out, err
	}
	if in == nil {
		encoded = nil
	}
	request, err := http.NewRequestWithContext(ctx, method, c.api+"/api/v1"+path, bytes.NewReader(encoded))
	if err != nil {
		return out, err
	}
	request.Header.Set("Authorization", "Bearer "+adminToken)
	request.Header.Set("Content-Type", "application/json")
	status, body, err := c.do(request)
	if err != nil {
		return out, err
	}
	if status >= http.StatusBadRequest {
		return out, fmt.Errorf("%s %s answers %d: %.500s", method, path, status, body)
	}
	return out, json.Unmarshal(body, &out)
}
