package filesource

import (
	"os/exec"
	"strings"
	"testing"

	"github.com/mocloud/mocloud/pkg/mockspec"
)

// The printed line asks for what an endpoint answers, and a shell reads it as it is meant.
func TestCurl(t *testing.T) {
	for content, want := range map[string]string{
		"- endpoint: {path: /a, response: {body: a}}":                                                                       `curl -i 'http://localhost:8000/a'`,
		"- endpoint: {method: POST, path: '/payments/:id', body: {amount: 1, currency: EUR}, response: {status: 202}}":      `curl -i -H 'Content-Type: application/json' -d '{"amount":1,"currency":"EUR"}' 'http://localhost:8000/payments/world'`,
		"- endpoint: {method: PUT, path: /a, body: [{n: 1.5, ok: true, list: []}], response: {}}":                           `curl -i -X PUT -H 'Content-Type: application/json' -d '[{"list":[],"n":1.5,"ok":true}]' 'http://localhost:8000/a'`,
		"- endpoint: {method: GET, path: /a, body: {q: x}, response: {}}":                                                   `curl -i -X GET -H 'Content-Type: application/json' -d '{"q":"x"}' 'http://localhost:8000/a'`,
		"- endpoint: {method: POST, path: /a, body: '{\"when\": \"2026-01-31\", \"rate\": 0.30, \"b?\": 1}', response: {}}": `curl -i -H 'Content-Type: application/json' -d '{"rate":0.30,"when":"2026-01-31"}' 'http://localhost:8000/a'`,
		"- endpoint: {method: POST, path: /a, body: [{id: 7, tag: null}, {id: 8, tag: b}], response: {}}":                   `curl -i -H 'Content-Type: application/json' -d '[{"id":7,"tag":"text"}]' 'http://localhost:8000/a'`,
		"- endpoint: {method: POST, path: /a, body: EUR, response: {}}":                                                     `curl -i -X POST 'http://localhost:8000/a'`,
		"- endpoint: {method: HEAD, path: /a, response: {}}":                                                                `curl -iI 'http://localhost:8000/a'`,
		"- endpoint: {method: POST, path: /a, response: {}}":                                                                `curl -i -X POST 'http://localhost:8000/a'`,
		"- endpoint: {method: DELETE, path: '/a/:id|int', host: b.example, response: {}}":                                   `curl -i -X DELETE -H 'Host: b.example' 'http://localhost:8000/a/1'`,
		"- endpoint: {method: POST, path: /a, body: {\"it's\": $HOME}, response: {}}":                                       `curl -i -H 'Content-Type: application/json' -d '{"it'\''s":"$HOME"}' 'http://localhost:8000/a'`,
		"- endpoint: {path: /a, query: {from: date, n: int}, response: {}}":                                                 `curl -i 'http://localhost:8000/a?from=2026-01-31&n=1'`,
		"- websocket: {path: /ws, on-connect: {response: hi}}":                                                              "",
	} {
		mock, problems := mockspec.Parse([]byte(content), mockspec.Options{Examples: true})
		if mockspec.HasErrors(problems) {
			t.Fatalf("%s: %v", content, problems)
		}
		got := curl("http://localhost:8000", mock)
		if got != want {
			t.Errorf("%s\ngot  %s\nwant %s", content, got, want)
		}
		if strings.Contains(got, "-d ") {
			words, err := exec.CommandContext(t.Context(), "sh", "-c", "printf '%s\\n' "+strings.TrimPrefix(got, "curl ")).Output()
			if err != nil || !strings.Contains(string(words), "\nContent-Type: application/json\n-d\n") {
				t.Errorf("%s: a shell reads %q (%v)", got, words, err)
			}
		}
	}
	if got := curl("https://localhost:8000", &mockspec.Mock{Endpoints: []mockspec.Endpoint{{Method: "GET"}}}); !strings.HasPrefix(got, "curl -ik ") {
		t.Error(got)
	}
}
