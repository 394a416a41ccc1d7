// Package try is `mocloud try`: what a mock, or a file, would answer to a request.
package try

import (
	"context"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/mocloud/mocloud/cmd/internal/exit"
	"github.com/mocloud/mocloud/cmd/internal/input"
	"github.com/mocloud/mocloud/cmd/internal/remote"
	"github.com/mocloud/mocloud/pkg/mockspec"
	"github.com/mocloud/mocloud/services/api/client"
)

// Command tries a request.
func Command() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "try [WORKSPACE/]MOCK|FILE PATH",
		Short: "See what a mock or a file would answer, without publishing it",
		Long: "Ask a mock server what a mock's current revision, or a file, would answer, and why: which endpoint, which others were close,\n" +
			"and which template variables were empty. Nothing is published, recorded or sent; a webhook is only shown.",
		Example: "  mocloud try pets /pets/7\n  mocloud try pets.yml '/pets?page=2'\n  mocloud try orders /orders -d '{\"n\":1}'",
		Args:    cobra.ExactArgs(2),
	}
	var t try
	flags := cmd.Flags()
	flags.StringVarP(&t.method, "method", "X", "", "the `METHOD` (default: GET, or POST with a body)")
	flags.StringArrayVarP(&t.headers, "header", "H", nil, "a `'NAME: VALUE'` header; can be repeated")
	flags.StringVarP(&t.body, "data", "d", "", "the `BODY`, or @FILE to read it from a file")
	return remote.Command(cmd, func(ctx context.Context, s *remote.Session, args []string) error {
		t.given = cmd.Flags().Changed("data")
		return t.run(ctx, s, args[0], args[1])
	})
}

type try struct {
	method  string
	headers []string
	body    string
	given   bool // there is a body, if an empty one
}

// maxBody bounds a body, as the API does.
const maxBody = 1 << 20

func (t *try) run(ctx context.Context, s *remote.Session, name, path string) error {
	request, err := t.request(s, path)
	if err != nil {
		return err
	}
	var answer *client.Try
	if _, failed := os.Stat(name); failed == nil {
		content, err := input.Read(s.In, name, mockspec.DefaultLimits().Bytes)
		if err != nil {
			return err
		}
		answer, err = remote.Read((*client.TryContentResponse).GetJSON200)(s.TryContentWithResponse(ctx, client.TryContent{Content: string(content), Request: &request}))
		if err != nil {
			return err
		}
	} else {
		m, err := s.Mock(ctx, name)
		if err != nil {
			return err
		}
		if answer, err = remote.Read((*client.TryMockResponse).GetJSON200)(s.TryMockWithResponse(ctx, m.ID, client.TryMock{Request: &request})); err != nil {
			return err
		}
	}
	if err := s.Show(answer, func(out io.Writer) { show(out, answer) }); err != nil {
		return err
	}
	for _, d := range answer.Diagnostics {
		s.Note("%s", mockspec.Diagnostic{File: name, Line: d.Line, Column: d.Column, Severity: mockspec.Severity(d.Severity), Code: d.Code, Message: d.Message})
	}
	if answer.Response == nil {
		return exit.With(exit.Invalid, fmt.Errorf("%s has errors", name))
	}
	return nil
}

// request makes the request of the flags.
func (t *try) request(s *remote.Session, path string) (client.TryRequest, error) {
	r := client.TryRequest{Method: strings.ToUpper(t.method), Path: path}
	if !strings.HasPrefix(path, "/") {
		return r, exit.With(exit.Usage, fmt.Errorf("the path %q must begin with /", path))
	}
	if r.Method == "" {
		r.Method = "GET"
		if t.given {
			r.Method = "POST"
		}
	}
	var headers []client.TryHeader
	typed := false
	for _, h := range t.headers {
		name, value, ok := strings.Cut(h, ":")
		if !ok {
			return r, exit.With(exit.Usage, fmt.Errorf("--header is %q: write it as 'NAME: VALUE'", h))
		}
		typed = typed || strings.EqualFold(name, "Content-Type")
		headers = append(headers, client.TryHeader{Name: name, Value: strings.TrimSpace(value)})
	}
	if t.given {
		body := t.body
		if file, ok := strings.CutPrefix(body, "@"); ok {
			content, err := input.Read(s.In, file, maxBody)
			if err != nil {
				return r, err
			}
			body = string(content)
		}
		r.Body = &body
		if !typed && (strings.HasPrefix(body, "{") || strings.HasPrefix(body, "[")) {
			headers = append(headers, client.TryHeader{Name: "Content-Type", Value: "application/json"})
		}
	}
	if len(headers) > 0 {
		r.Headers = &headers
	}
	return r, nil
}

// show prints an answer as curl -i does, and why it came.
func show(out io.Writer, t *client.Try) {
	if a := t.Response; a != nil {
		_, _ = fmt.Fprintln(out, a.Status) // Show tells whether it could be written
		for _, h := range a.Headers {
			_, _ = fmt.Fprintf(out, "%s: %s\n", h.Name, h.Value)
		}
		switch {
		case a.Body != nil && *a.Body != "":
			_, _ = fmt.Fprintf(out, "\n%s\n", remote.PrintableText(*a.Body))
		case a.BodyBase64 != nil:
			_, _ = fmt.Fprintf(out, "\n(%d bytes that are not text)\n", len(*a.BodyBase64))
		}
	}
	if e := t.Explanation; e != nil {
		_, _ = fmt.Fprintln(out)
		if e.Endpoint != nil && *e.Endpoint != "" {
			_, _ = fmt.Fprintf(out, "answered by %s, line %d\n", *e.Endpoint, value(e.Line))
		}
		for _, c := range value(e.Considered) {
			_, _ = fmt.Fprintf(out, "not by %s: %s\n", c.Endpoint, c.Why)
		}
		for _, name := range value(e.Empty) {
			_, _ = fmt.Fprintf(out, "%s is empty\n", name)
		}
	}
	if w := t.Webhook; w != nil {
		if w.Problem != nil && *w.Problem != "" {
			_, _ = fmt.Fprintf(out, "the webhook would not be sent: %s\n", *w.Problem)
		} else {
			_, _ = fmt.Fprintf(out, "then a webhook: %s %s\n", value(w.Method), value(w.URL))
		}
	}
}

func value[T any](p *T) T {
	if p == nil {
		var none T
		return none
	}
	return *p
}
