package up

import (
	"fmt"
	"io"
	"strings"
)

// banner is what a person needs to know after the start.
type banner struct {
	SignInURL string
	APIURL    string
	Token     string
	MockURL   string // of the first mock; empty if it is not there any more
	DataPath  string
	OpsURL    string
	Push      string // the command that publishes a mock
}

func (b banner) write(out io.Writer) error {
	var s strings.Builder
	s.WriteString("\nmocloud is up.\n\n")
	fmt.Fprintf(&s, "  Console    %s\n", b.SignInURL)
	s.WriteString("             (signs you in once, within 15 minutes)\n")
	fmt.Fprintf(&s, "  API        %s/api/v1\n", b.APIURL)
	fmt.Fprintf(&s, "  API token  %s\n", b.Token)
	if b.MockURL != "" {
		fmt.Fprintf(&s, "  First mock %s\n", b.MockURL)
	}
	fmt.Fprintf(&s, "  Health     %s/readyz\n", b.OpsURL)
	fmt.Fprintf(&s, "  Data       %s\n", b.DataPath)
	if b.MockURL != "" {
		s.WriteString("\nCall the first mock:\n\n")
		fmt.Fprintf(&s, "  curl %s/hello/world\n", b.MockURL)
	}
	s.WriteString("\nPublish one of your own, of a moclojer YAML file or an OpenAPI document, in another terminal:\n\n")
	fmt.Fprintf(&s, "  %s\n", b.Push)
	s.WriteString("\nList your mocks:\n\n")
	fmt.Fprintf(&s, "  curl -H 'Authorization: Bearer %s' %s/api/v1/mocks\n", b.Token, b.APIURL)
	s.WriteString("\nSQLite, an in-process Redis and a folder stand in for Postgres, Redis and S3. Ctrl-C stops it; the data stays.\n\n")
	_, err := io.WriteString(out, s.String())
	return err
}
