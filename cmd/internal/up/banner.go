package up

import (
	"fmt"
	"io"
	"strings"
)

// banner is what a person needs to know after the start.
type banner struct {
	SignInURL string
	PublicURL string
	Token     string
	MockURL   string // of the first mock; empty if it is not there any more
	PathURL   string // of the first mock, without a host name of its own; empty if there is none
	DataPath  string
	OpsURL    string
	Push      string // the command that publishes a mock
	List      string // the command that lists mocks
	Local     bool   // nobody but this machine can connect
	CallsHome bool   // webhooks may call programs on this machine
	OwnDomain bool   // mocks have host names that others can resolve
	Insecure  bool   // the certificate of the mocks may be one that curl does not trust
}

func (b banner) write(out io.Writer) error {
	var s strings.Builder
	s.WriteString("\nmocloud is up.\n\n")
	fmt.Fprintf(&s, "  Console    %s\n", b.SignInURL)
	s.WriteString("             (this link signs you in once, within 15 minutes)\n")
	fmt.Fprintf(&s, "  API        %s/api/v1\n", b.PublicURL)
	fmt.Fprintf(&s, "  API token  %s\n", b.Token)
	fmt.Fprintf(&s, "  Health     %s/readyz\n", b.OpsURL)
	fmt.Fprintf(&s, "  Data       %s\n", b.DataPath)
	s.WriteString("\n" + b.reach())
	if b.MockURL != "" {
		b.firstMock(&s)
	}
	s.WriteString("\nPublish your own mock, from moclojer's YAML or an OpenAPI, WireMock, Mockoon, Postman or HAR file or cURL commands, in another terminal:\n\n")
	fmt.Fprintf(&s, "  %s\n", b.Push)
	s.WriteString("\nList your mocks:\n\n")
	fmt.Fprintf(&s, "  %s\n", b.List)
	s.WriteString("\nCtrl-C stops mocloud; the data stays.\n\n")
	_, err := io.WriteString(out, s.String())
	return err
}

// reach says who can connect, and what mocks can reach.
func (b banner) reach() string {
	switch {
	case b.Local && b.CallsHome:
		return "  Only this machine can connect, and webhooks may call programs on it. `mocloud up --help` says how to\n  open mocloud to others.\n"
	case b.Local:
		return "  Only this machine can connect, and webhooks cannot call programs on it, as PROXY_FORWARD_ALLOW says.\n  `mocloud up --help` says how to open mocloud to others.\n"
	case b.OwnDomain:
		return "  Others can connect. Webhooks reach public addresses only.\n"
	}
	return "  Others can connect, and call mocks by path, because *.localhost always means their own machine. --base-domain gives mocks\n" +
		"  host names that work everywhere. Webhooks reach public addresses only.\n"
}

func (b banner) firstMock(s *strings.Builder) {
	curl := "curl"
	if b.Insecure {
		curl = "curl -k"
	}
	s.WriteString("\nCall the first mock:\n\n")
	fmt.Fprintf(s, "  %s %s/hello/world\n", curl, b.MockURL)
	if b.PathURL != "" {
		if b.Local {
			s.WriteString("\nor, from programs that do not resolve *.localhost (Node, Python, Java):\n\n")
		} else {
			s.WriteString("\nor by path:\n\n")
		}
		fmt.Fprintf(s, "  %s %s/hello/world\n", curl, b.PathURL)
	}
}
