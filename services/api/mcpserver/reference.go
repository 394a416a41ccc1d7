package mcpserver

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/modelcontextprotocol/go-sdk/mcp"

	"github.com/mocloud/mocloud/services/api/client"
)

type referenceInput struct {
	Topic string `json:"topic,omitempty" jsonschema:"one of the topics, such as endpoint, crud or template-variables"`
}

// example shows the usual parts of a mock in few lines.
const example = `A mock is a YAML list. For example:

- state:
    pets: [{id: 1, name: rex}]
- crud:
    path: /pets
- endpoint:
    method: GET
    path: /hello/:name
    response:
      status: 200
      headers:
        Content-Type: application/json
      body: '{"hello": "{{path-params.name}}"}'

`

// The topics that the template reference has, beside the definitions of the schema.
const (
	variables = "template-variables"
	filters   = "template-filters"
	tags      = "template-tags"
)

func (d door) reference(ctx context.Context, in referenceInput) (string, error) {
	switch in.Topic {
	case variables, filters, tags:
		return d.templates(ctx, in.Topic)
	}
	schema, err := d.schema(ctx)
	if err != nil {
		return "", err
	}
	definitions, _ := schema["$defs"].(map[string]any)
	topics := append(slices.Sorted(maps.Keys(definitions)), filters, tags, variables)
	if in.Topic == "" {
		return example + "Topics: " + strings.Join(topics, ", "), nil
	}
	definition, ok := definitions[in.Topic]
	if !ok {
		return "", fmt.Errorf("there is no topic %q; the topics are %s", in.Topic, strings.Join(topics, ", "))
	}
	text, err := json.Marshal(definition)
	if err != nil {
		return "", err
	}
	return "JSON Schema of " + in.Topic + ":\n" + cut(string(text), 2*mostText), nil
}

func (d door) schema(ctx context.Context) (map[string]any, error) {
	schema, err := read(func(r *client.GetMockSchemaResponse) *map[string]any { return r.ApplicationSchemaJSON200 })(d.api.GetMockSchemaWithResponse(ctx))
	if err != nil {
		return nil, err
	}
	return *schema, nil
}

// templates is a part of the template reference.
func (d door) templates(ctx context.Context, topic string) (string, error) {
	r, err := read((*client.GetTemplateReferenceResponse).GetJSON200)(d.api.GetTemplateReferenceWithResponse(ctx))
	if err != nil {
		return "", err
	}
	var out strings.Builder
	switch topic {
	case variables:
		for _, v := range r.Variables {
			fmt.Fprintf(&out, "{{%s}}: %s", v.Name, v.Summary)
			if len(v.Keys) > 0 {
				out.WriteString(" Then .KEY, of " + strings.Join(v.Keys, ", "))
			}
			out.WriteString("\n")
		}
	case filters:
		for _, f := range r.Filters {
			fmt.Fprintf(&out, "|%s: %s\n", f.Name, f.Summary)
		}
	default:
		for _, t := range r.Tags {
			fmt.Fprintf(&out, "{%% %s %%}: %s\n", t.Name, t.Summary)
		}
	}
	return cut(out.String(), 2*mostText), nil
}

// The addresses of resources.
const (
	schemaURI   = "mocloud://schema/mock.json"
	mockURI     = "mocloud://mocks/{workspace_slug}/{mock_slug}"
	revisionURI = mockURI + "/revisions/{revision}"
	requestURI  = mockURI + "/requests/{request_id}"
)

func (d door) addResources(server *mcp.Server) {
	const yaml, text = "application/yaml", "text/plain"
	server.AddResource(&mcp.Resource{Name: "schema", URI: schemaURI, MIMEType: "application/schema+json", Description: "The JSON Schema of mocks."},
		func(ctx context.Context, _ *mcp.ReadResourceRequest) (*mcp.ReadResourceResult, error) {
			schema, err := d.schema(ctx)
			if err != nil {
				return nil, err
			}
			encoded, err := json.Marshal(schema)
			return contents(schemaURI, "application/schema+json", string(encoded)), err
		})
	for _, each := range []struct {
		name, uri, kind, description string
	}{
		{"mock", mockURI, yaml, "A mock's current revision."},
		{"revision", revisionURI, yaml, "A revision of a mock."},
		{"request", requestURI, text, "A request that a mock got, and what was answered."},
	} {
		server.AddResourceTemplate(&mcp.ResourceTemplate{Name: each.name, URITemplate: each.uri, MIMEType: each.kind, Description: each.description},
			func(ctx context.Context, r *mcp.ReadResourceRequest) (*mcp.ReadResourceResult, error) {
				text, err := d.resource(ctx, r.Params.URI)
				return contents(r.Params.URI, each.kind, text), err
			})
	}
}

func contents(uri, kind, text string) *mcp.ReadResourceResult {
	return &mcp.ReadResourceResult{Contents: []*mcp.ResourceContents{{URI: uri, MIMEType: kind, Text: text}}}
}

// resource reads a mock, one of its revisions or one of its requests.
func (d door) resource(ctx context.Context, uri string) (string, error) {
	parts := strings.Split(strings.TrimPrefix(uri, "mocloud://mocks/"), "/")
	if len(parts) != 2 && len(parts) != 4 {
		return "", mcp.ResourceNotFoundError(uri)
	}
	m, err := d.find(ctx, named{parts[1], parts[0]})
	if err != nil || len(parts) == 2 {
		return value(value(m).Content), err
	}
	if parts[2] == "requests" {
		r, err := d.request(ctx, m.ID, parts[3])
		if err != nil {
			return "", err
		}
		return recorded(r), nil
	}
	revision, err := strconv.Atoi(parts[3])
	if err != nil {
		return "", mcp.ResourceNotFoundError(uri)
	}
	r, err := read((*client.GetRevisionResponse).GetJSON200)(d.api.GetRevisionWithResponse(ctx, m.ID, revision, nil))
	return value(value(r).Content), err
}
