package mcpserver

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/mocloud/mocloud/services/api/client"
)

const (
	mostMocks       = 50  // in a list
	mostLines       = 300 // of YAML in one answer
	mostDiagnostics = 20
)

type listInput struct {
	WorkspaceSlug string `json:"workspace_slug,omitempty" jsonschema:"only the mocks of this workspace"`
	Text          string `json:"text,omitempty" jsonschema:"only mocks with this text in their name"`
}

func (d door) list(ctx context.Context, in listInput) (string, error) {
	limit := mostMocks
	page, err := read((*client.ListMocksResponse).GetJSON200)(d.api.ListMocksWithResponse(ctx, &client.ListMocksParams{
		WorkspaceSlug: optional(in.WorkspaceSlug), Q: optional(in.Text), Limit: &limit,
	}))
	if err != nil {
		return "", err
	}
	if len(page.Items) == 0 {
		return "There are no such mocks. write_mock makes one.", nil
	}
	var out strings.Builder
	for i := range page.Items {
		out.WriteString(summary(&page.Items[i]) + "\n")
	}
	if page.NextCursor != nil {
		fmt.Fprintf(&out, "There are more than %d: narrow the list by text or workspace_slug.\n", mostMocks)
	}
	return out.String(), nil
}

// summary is a mock in one line.
func summary(m *client.Mock) string {
	address := m.URL
	if m.PathURL != nil {
		address += " or " + *m.PathURL
	}
	return fmt.Sprintf("%s/%s: %s, revision %d, endpoints %d, %s", m.WorkspaceSlug, m.Slug, m.State, m.Revision, m.Endpoints, address)
}

type readInput struct {
	named
	Revision int `json:"revision,omitempty" jsonschema:"an earlier revision instead of the current one"`
	FromLine int `json:"from_line,omitempty" jsonschema:"the first line of the YAML to read, from 1"`
}

func (d door) read(ctx context.Context, in readInput) (string, error) {
	m, err := d.find(ctx, in.named)
	if err != nil {
		return "", err
	}
	content, diagnostics, head := value(m.Content), value(m.Diagnostics), summary(m)
	if in.Revision > 0 && in.Revision != m.Revision {
		r, err := read((*client.GetRevisionResponse).GetJSON200)(d.api.GetRevisionWithResponse(ctx, m.ID, in.Revision, nil))
		if err != nil {
			return "", err
		}
		content, diagnostics = value(r.Content), value(r.Diagnostics)
		head = fmt.Sprintf("Revision %d, by %s at %s: %s", r.Revision, r.Author, r.CreatedAt.Format("2006-01-02 15:04"), r.Message)
	}
	if m.Reason != "" {
		head += "\n" + m.Reason
	}
	return head + "\n" + tell(diagnostics) + "\n" + slice(content, in.FromLine), nil
}

// slice is some lines of a text, and where it goes on.
func slice(text string, from int) string {
	lines := strings.SplitAfter(text, "\n")
	from = min(max(from, 1), len(lines))
	to := min(from-1+mostLines, len(lines))
	out := strings.Join(lines[from-1:to], "")
	if to < len(lines) && strings.Join(lines[to:], "") != "" {
		out += fmt.Sprintf("… lines %d to %d of %d; read on with from_line %d\n", from, to, len(lines), to+1)
	}
	return out
}

// tell is what is wrong, a line each.
func tell(list []client.Diagnostic) string {
	var out strings.Builder
	for i, d := range list {
		if i == mostDiagnostics {
			fmt.Fprintf(&out, "… and %d more\n", len(list)-i)
			break
		}
		fmt.Fprintf(&out, "%s at line %d, column %d (%s): %s", d.Severity, d.Line, d.Column, d.Code, d.Message)
		if d.Fix != nil {
			out.WriteString(" Write: " + *d.Fix)
		}
		out.WriteString("\n")
	}
	return out.String()
}

type writeInput struct {
	named
	Content   string `json:"content,omitempty" jsonschema:"the whole mock as YAML; see read_reference"`
	Document  string `json:"document,omitempty" jsonschema:"instead of content: an OpenAPI document, Postman collection, WireMock mappings, Mockoon environment, HAR file or cURL commands, which is converted"`
	Prefix    string `json:"prefix,omitempty" jsonschema:"with a document: prepended to every path, such as /v2"`
	Message   string `json:"message,omitempty" jsonschema:"a note for the mock's history"`
	Revision  int    `json:"revision,omitempty" jsonschema:"the revision that the change is made from: the write is refused if there is a newer one"`
	CheckOnly bool   `json:"check_only,omitempty" jsonschema:"only say what is wrong with it, and store nothing"`
}

func (d door) write(ctx context.Context, in writeInput) (string, error) {
	if (in.Content == "") == (in.Document == "") {
		return "", errors.New("send the mock as content (YAML), or another tool's file as document: one of the two")
	}
	left := ""
	if in.Document != "" {
		made, err := read((*client.ImportDocumentResponse).GetJSON200)(d.api.ImportDocumentWithResponse(ctx, client.ImportedDocument{
			Document: &in.Document, Prefix: optional(in.Prefix),
		}))
		if err != nil {
			return "", err
		}
		in.Content, left = made.Content, tell(made.Diagnostics)
		if left != "" {
			left = "Of the document:\n" + left
		}
	}
	if in.CheckOnly {
		return d.check(ctx, in.Content, left)
	}
	m, err := d.lookup(ctx, in.named)
	if err != nil {
		return "", err
	}
	created := m == nil
	if created {
		m, err = read((*client.CreateMockResponse).GetJSON201)(d.api.CreateMockWithResponse(ctx, nil, client.NewMock{
			Slug: in.MockSlug, WorkspaceSlug: optional(in.WorkspaceSlug), Content: in.Content, Message: optional(in.Message),
		}))
	} else {
		m, err = d.update(ctx, m.ID, in.Content, in.Message, in.Revision)
	}
	if err != nil {
		return "", err
	}
	did := "Written: "
	if created {
		did = "Created: "
	}
	next := "Next: try_request, then publish_mock."
	switch {
	case m.Errors > 0:
		next = "It is stored, but has errors and cannot go live: mend them and write it again."
	case m.PublishedRevision > 0 || m.State == client.Publishing:
		next = "It goes live now; publish_mock waits until it is."
	}
	return did + summary(m) + "\n" + left + tell(value(m.Diagnostics)) + next, nil
}

// update writes the next revision. With a revision it is refused if there is a newer one.
func (d door) update(ctx context.Context, mockID, content, message string, revision int) (*client.Mock, error) {
	params := &client.UpdateMockContentParams{}
	if revision > 0 {
		tag := fmt.Sprintf(`"%d"`, revision)
		params.IfMatch = &tag
	}
	return read((*client.UpdateMockContentResponse).GetJSON200)(d.api.UpdateMockContentWithResponse(ctx, mockID, params, client.NewRevision{
		Content: content, Message: optional(message),
	}))
}

// check says what is wrong with content.
func (d door) check(ctx context.Context, content, left string) (string, error) {
	v, err := read((*client.ValidateContentResponse).GetJSON200)(d.api.ValidateContentWithResponse(ctx, client.MockContent{Content: content}))
	if err != nil {
		return "", err
	}
	verdict := "It has errors. "
	if v.Valid {
		verdict = "It is valid. "
	}
	return verdict + "Nothing was stored.\n" + left + tell(v.Diagnostics), nil
}

// liveWithin is how long publish waits. It is shorter than what clients usually grant a tool.
const liveWithin = "25s"

func (d door) publish(ctx context.Context, in named) (string, error) {
	m, err := d.find(ctx, in)
	if err != nil {
		return "", err
	}
	if m.Errors > 0 {
		return "", fmt.Errorf("revision %d has errors and cannot go live; mend them with write_mock:\n%s", m.Revision, tell(value(m.Diagnostics)))
	}
	if _, err := read((*client.PublishMockResponse).GetJSON200)(d.api.PublishMockWithResponse(ctx, m.ID)); err != nil {
		return "", err
	}
	wait := liveWithin
	p, err := read((*client.GetPublicationResponse).GetJSON200)(d.api.GetPublicationWithResponse(ctx, m.ID, &client.GetPublicationParams{Revision: &m.Revision, Wait: &wait}))
	if err != nil {
		return "", err
	}
	if p.State != client.Published {
		return "", fmt.Errorf("it is not live yet: %s. %s Call publish_mock again to go on waiting.\n%s", p.State, p.Reason, tell(p.Diagnostics))
	}
	address := m.URL
	if m.PathURL != nil {
		address += " or " + *m.PathURL
	}
	return fmt.Sprintf("Live: revision %d answers at %s", p.PublishedRevision, address), nil
}

type exportInput struct {
	named
	Format   string `json:"format,omitempty" jsonschema:"openapi (the default) or moclojer"`
	FromLine int    `json:"from_line,omitempty" jsonschema:"the first line to read, from 1"`
}

func (d door) export(ctx context.Context, in exportInput) (string, error) {
	m, err := d.find(ctx, in.named)
	if err != nil {
		return "", err
	}
	format := client.ExportMockParamsFormat("openapi")
	if in.Format != "" {
		format = client.ExportMockParamsFormat(in.Format)
	}
	r, err := d.api.ExportMockWithResponse(ctx, m.ID, &client.ExportMockParams{Format: &format})
	if err != nil {
		return "", err
	}
	return slice(string(r.Body), in.FromLine), nil
}
