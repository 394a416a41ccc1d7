// Package render is `mocloud render`: it renders templates as mocks do, for trying them out and for tests.
package render

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/mocloud/mocloud/cmd/internal/exit"
	"github.com/mocloud/mocloud/pkg/selmer"
)

// Here the templates are the user's own, so that the bounds are wider than a mock server's.
const (
	maxTemplate = 16 << 20
	maxOutput   = 64 << 20
	maxSteps    = 2_000_000
	maxLine     = 256 << 20
)

// Command returns the command.
func Command() *cobra.Command {
	var template, params, escape string
	var lines bool
	c := &cobra.Command{
		Use:   "render --template T [--params P]",
		Short: "Render a template",
		Long: "Render a template with JSON parameters and print the result.\n" +
			"With --jsonl each line of standard input is an object {\"template\": …, \"params\": …}, and each line of the output\n" +
			"is {\"ok\": \"the result\"} or {\"error\": \"what was wrong\"}; the exit status is 0 when every line got an answer.",
		Example: "  mocloud render --template 'Hello {{name|capitalize}}' --params '{\"name\":\"ann\"}'\n" +
			"  mocloud render --escape json --template '{\"name\":\"{{name}}\"}' --params '{\"name\":\"a \\\"b\\\"\"}'\n" +
			"  mocloud render --escape html --jsonl < cases.jsonl",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			e, ok := selmer.ParseEscaping(escape)
			if !ok {
				return exit.With(exit.Usage, fmt.Errorf("--escape is %q: write html, json or none", escape))
			}
			if lines {
				return renderLines(cmd.InOrStdin(), cmd.OutOrStdout(), e)
			}
			if !cmd.Flags().Changed("template") {
				return exit.With(exit.Usage, errors.New("nothing to render: give --template or --jsonl"))
			}
			out, err := render(template, []byte(params), e)
			if err != nil {
				return err
			}
			if !bytes.HasSuffix(out, []byte("\n")) {
				out = append(out, '\n')
			}
			_, err = cmd.OutOrStdout().Write(out)
			return err
		},
	}
	c.Flags().StringVar(&template, "template", "", "the `TEMPLATE`")
	c.Flags().StringVar(&params, "params", "{}", "the data, a JSON `OBJECT`")
	c.Flags().StringVar(&escape, "escape", "html", "how to escape values: `html`, json (by their place in JSON) or none")
	c.Flags().BoolVar(&lines, "jsonl", false, "render each line of standard input")
	c.MarkFlagsMutuallyExclusive("jsonl", "template")
	c.MarkFlagsMutuallyExclusive("jsonl", "params")
	return c
}

// render renders one template. With HTML escaping the data is what Selmer would see, otherwise what a mock sees.
func render(template string, params []byte, e selmer.Escaping) ([]byte, error) {
	parse := selmer.ParseJSON
	if e == selmer.HTML {
		parse = selmer.ParseParams
	}
	data, err := parse(params)
	if err != nil {
		return nil, exit.With(exit.Usage, fmt.Errorf("the parameters are not JSON: %w", err))
	}
	if k := data.Kind(); k != selmer.KindMap && k != selmer.KindNil {
		return nil, exit.With(exit.Usage, errors.New("the parameters are not a JSON object"))
	}
	t, err := selmer.Compile(template, selmer.Options{
		Escaping: e, Debug: true, MaxSource: maxTemplate, MaxOutput: maxOutput, MaxSteps: maxSteps,
	})
	if err != nil {
		return nil, exit.With(exit.Invalid, err)
	}
	out, err := t.Append(nil, selmer.MapScope{Root: data})
	if err != nil {
		return nil, exit.With(exit.Invalid, err)
	}
	return out, nil
}

// job is a line of the input.
type job struct {
	Template *string         `json:"template"`
	Params   json.RawMessage `json:"params"`
}

// answer is a line of the output.
type answer struct {
	OK    *string `json:"ok,omitempty"`
	Error string  `json:"error,omitempty"`
}

func renderLines(in io.Reader, out io.Writer, e selmer.Escaping) error {
	lines := bufio.NewReaderSize(in, 1<<16)
	w := bufio.NewWriter(out)
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	for {
		line, err := readLine(lines)
		end := errors.Is(err, io.EOF)
		if err != nil && !end {
			return fmt.Errorf("read standard input: %w", err)
		}
		if len(bytes.TrimSpace(line)) > 0 {
			if err := enc.Encode(renderLine(line, e)); err != nil {
				return fmt.Errorf("write the answer: %w", err)
			}
			// A program may wait for each answer before it asks again.
			if err := w.Flush(); err != nil {
				return fmt.Errorf("write the answer: %w", err)
			}
		}
		if end {
			return nil
		}
	}
}

// readLine returns a line of any length up to maxLine.
func readLine(r *bufio.Reader) ([]byte, error) {
	var line []byte
	for {
		part, err := r.ReadSlice('\n')
		line = append(line, part...)
		if len(line) > maxLine {
			return nil, fmt.Errorf("a line has more than %d bytes", maxLine)
		}
		if !errors.Is(err, bufio.ErrBufferFull) {
			return line, err
		}
	}
}

func renderLine(line []byte, e selmer.Escaping) answer {
	var j job
	if err := json.Unmarshal(line, &j); err != nil {
		return answer{Error: fmt.Sprintf("the line is not a JSON object with template and params: %v", err)}
	}
	if j.Template == nil {
		return answer{Error: "the line has no template"}
	}
	params := j.Params
	if params == nil {
		params = []byte("{}")
	}
	out, err := render(*j.Template, params, e)
	if err != nil {
		return answer{Error: err.Error()}
	}
	text := string(out)
	return answer{OK: &text}
}
