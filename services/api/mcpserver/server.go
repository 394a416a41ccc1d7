// Package mcpserver is the door for agents: an MCP server whose tools are calls of the HTTP API, with the caller's own token. It
// decides nothing itself. Answers are short texts; what is wrong says what to do next.
package mcpserver

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/modelcontextprotocol/go-sdk/mcp"

	"github.com/mocloud/mocloud/services/api/client"
)

// Config says what a server works with.
type Config struct {
	// API is called for everything. An answer that is no success has to come back as an error with a sentence for the caller.
	API     *client.ClientWithResponses
	Version string           // of the program; "" for dev
	Schemas *mcp.SchemaCache // optional: shared by servers that are made for each request
}

const instructions = `mocloud serves mock APIs from YAML. A usual way: read_reference (without a topic) for the format, write_mock with the YAML or an
OpenAPI document, mend what its diagnostics say, try_request, publish_mock, then call the URL. search_requests shows what was called;
add_endpoint makes an endpoint of a call that none answered. A mock is named by its mock_slug, and by its workspace_slug where several have it.`

// New makes a server. It holds nothing but its tools and resources.
func New(cfg Config) *mcp.Server {
	version := cfg.Version
	if version == "" {
		version = "dev"
	}
	server := mcp.NewServer(&mcp.Implementation{Name: "mocloud", Title: "mocloud", Version: version}, &mcp.ServerOptions{
		Instructions: instructions, SchemaCache: cfg.Schemas, Capabilities: &mcp.ServerCapabilities{},
	})
	d := door{cfg.API}
	reads := &mcp.ToolAnnotations{ReadOnlyHint: true}
	never := false
	writes := &mcp.ToolAnnotations{DestructiveHint: &never} // every earlier revision stays in the history
	add(server, "list_mocks", "List mocks, with their state and URL.", reads, d.list)
	add(server, "read_mock", "Read a mock: its state, URL, diagnostics, and its YAML in slices of lines.", reads, d.read)
	add(server, "write_mock", "Create a mock, or write its next revision, from YAML, or from an OpenAPI document, Postman collection, HAR file or the like. "+
		"The answer has the diagnostics. A published mock goes live with it at once.", writes, d.write)
	add(server, "publish_mock", "Publish a mock's current revision, and wait until every mock server answers with it.", writes, d.publish)
	add(server, "try_request", "See what a mock's current revision, or YAML that is not stored, would answer, and why. Nothing is published or recorded.", reads, d.try)
	add(server, "search_requests", "List the latest requests that a mock got, newest first; with a request_id, that one in full.", reads, d.requests)
	add(server, "add_endpoint", "Make an endpoint of a recorded request that no endpoint answered.", writes, d.addEndpoint)
	add(server, "read_reference", "Read the reference of the mock format and its templates, one topic at a time; without a topic, the list of topics.", reads, d.reference)
	add(server, "export_mock", "Export a mock as OpenAPI, or as YAML for moclojer.", reads, d.export)
	d.addResources(server)
	return server
}

// add adds a tool that answers with a text.
func add[In any](server *mcp.Server, name, description string, hints *mcp.ToolAnnotations, call func(context.Context, In) (string, error)) {
	mcp.AddTool(server, &mcp.Tool{Name: name, Description: description, Annotations: hints},
		func(ctx context.Context, _ *mcp.CallToolRequest, in In) (*mcp.CallToolResult, any, error) {
			text, err := call(ctx, in)
			if err != nil {
				return nil, nil, err
			}
			return &mcp.CallToolResult{Content: []mcp.Content{&mcp.TextContent{Text: text}}}, nil, nil
		})
}

// door calls the API.
type door struct {
	api *client.ClientWithResponses
}

var errNonsense = errors.New("the server's answer cannot be read; is it mocloud, in this version?")

// read returns the body that get finds in a response.
func read[R, T any](get func(R) *T) func(R, error) (*T, error) {
	return func(r R, err error) (*T, error) {
		if err != nil {
			return nil, err
		}
		if body := get(r); body != nil {
			return body, nil
		}
		return nil, errNonsense
	}
}

// optional is nil for "".
func optional[T ~string](s T) *T {
	if s == "" {
		return nil
	}
	return &s
}

// named is how tools name a mock.
type named struct {
	MockSlug      string `json:"mock_slug" jsonschema:"the mock's name, as in list_mocks"`
	WorkspaceSlug string `json:"workspace_slug,omitempty" jsonschema:"its workspace; needed only where several have a mock of that name"`
}

func (n named) String() string {
	if n.WorkspaceSlug == "" {
		return n.MockSlug
	}
	return n.WorkspaceSlug + "/" + n.MockSlug
}

// mostMatches is how many mocks are looked through for one name: those of a workspace that begin alike come on one page.
const mostMatches = 200

// lookup finds a mock, without its content; nil if there is none.
func (d door) lookup(ctx context.Context, n named) (*client.Mock, error) {
	limit := mostMatches
	params := client.ListMocksParams{Q: &n.MockSlug, WorkspaceSlug: optional(n.WorkspaceSlug), Limit: &limit}
	var found []client.Mock
	for {
		page, err := read((*client.ListMocksResponse).GetJSON200)(d.api.ListMocksWithResponse(ctx, &params))
		if err != nil {
			return nil, err
		}
		for _, m := range page.Items {
			if m.Slug == n.MockSlug {
				found = append(found, m)
			}
		}
		if params.Cursor = page.NextCursor; params.Cursor == nil {
			break
		}
	}
	switch len(found) {
	case 0:
		return nil, nil //nolint:nilnil // there is none
	case 1:
		return &found[0], nil
	}
	var workspaces []string
	for _, m := range found {
		workspaces = append(workspaces, m.WorkspaceSlug)
	}
	return nil, fmt.Errorf("several workspaces have a mock %q: set workspace_slug to one of %s", n.MockSlug, strings.Join(workspaces, ", "))
}

// find finds a mock that has to exist, with its content.
func (d door) find(ctx context.Context, n named) (*client.Mock, error) {
	m, err := d.lookup(ctx, n)
	if err != nil {
		return nil, err
	}
	if m == nil {
		return nil, fmt.Errorf("there is no mock %q; list_mocks lists those there are, write_mock makes one", n.String())
	}
	return read((*client.GetMockResponse).GetJSON200)(d.api.GetMockWithResponse(ctx, m.ID, nil))
}

// mostText bounds a text in an answer, in bytes.
const mostText = 8 << 10

// cut shortens a text.
func cut(text string, most int) string {
	if len(text) <= most {
		return text
	}
	for most > 0 && !utf8.RuneStart(text[most]) {
		most--
	}
	return fmt.Sprintf("%s\n… (%d more bytes)", text[:most], len(text)-most)
}

func value[T any](p *T) T {
	if p == nil {
		var none T
		return none
	}
	return *p
}
