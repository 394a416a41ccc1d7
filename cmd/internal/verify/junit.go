package verify

import (
	"encoding/xml"
	"fmt"
	"os"
	"strings"

	"github.com/mocloud/mocloud/services/api/client"
)

// suite is a verification as CI systems read it: JUnit's XML, with a test for each expectation.
type suite struct {
	XMLName  xml.Name `xml:"testsuite"`
	Name     string   `xml:"name,attr"`
	Tests    int      `xml:"tests,attr"`
	Failures int      `xml:"failures,attr"`
	Cases    []result `xml:"testcase"`
}

type result struct {
	Name    string   `xml:"name,attr"`
	Class   string   `xml:"classname,attr"`
	Failure *failure `xml:"failure,omitempty"`
}

type failure struct {
	Message string `xml:"message,attr"`
	Text    string `xml:",chardata"`
}

// report makes a suite of a verification of the mock with that name.
func report(name string, expect []client.Expectation, v *client.Verification) suite {
	s := suite{Name: name, Tests: len(v.Expect)}
	for i, e := range v.Expect {
		r := result{Name: string(expect[i].If), Class: name}
		if !e.Ok {
			r.Failure = &failure{Message: fmt.Sprintf("%d requests came", e.Count)}
			if e.Reason != nil {
				r.Failure.Message = *e.Reason
			}
			var near strings.Builder
			for _, n := range e.Nearest {
				fmt.Fprintf(&near, "near: %s: %s\n", n.Request, n.Why)
			}
			r.Failure.Text = near.String()
			s.Failures++
		}
		s.Cases = append(s.Cases, r)
	}
	return s
}

// write writes the suite to a file.
func (s suite) write(file string) error {
	text, err := xml.MarshalIndent(s, "", "  ")
	if err != nil {
		return fmt.Errorf("write the report: %w", err)
	}
	return os.WriteFile(file, append([]byte(xml.Header), append(text, '\n')...), 0o644) //nolint:gosec // a report, which other programs read
}
