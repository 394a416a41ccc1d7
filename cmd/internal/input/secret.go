package input

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"golang.org/x/term"

	"github.com/mocloud/mocloud/cmd/internal/exit"
	"github.com/mocloud/mocloud/pkg/secret"
)

// Secret reads a secret: without an echo from a terminal, else the first line of standard input.
func Secret(in io.Reader, prompt io.Writer, question string) (secret.String, error) {
	var line string
	if f, ok := in.(*os.File); ok && term.IsTerminal(int(f.Fd())) {
		_, _ = fmt.Fprint(prompt, question)
		raw, err := term.ReadPassword(int(f.Fd()))
		_, _ = fmt.Fprintln(prompt)
		if err != nil {
			return secret.String{}, fmt.Errorf("read what you enter: %w", err)
		}
		line = string(raw)
	} else {
		var err error
		if line, err = bufio.NewReader(io.LimitReader(in, 8<<10)).ReadString('\n'); err != nil && !errors.Is(err, io.EOF) {
			return secret.String{}, fmt.Errorf("read standard input: %w", err)
		}
	}
	if line = strings.TrimRight(line, "\r\n"); line == "" {
		return secret.String{}, exit.With(exit.Usage, errors.New("nothing was entered"))
	}
	return secret.New(line), nil
}
