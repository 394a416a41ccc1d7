package mockspec

import "slices"

// Root is what a template can begin with, as who writes mocks wants to know it.
type Root struct {
	Name    string   // such as path-params; names of its own follow a dot
	Keys    []string // what may follow; none: nothing, or what the mock declares
	Declare string   // where the mock declares what may follow: path, query, body; "" for nowhere
	Message bool     // only where a WebSocket's message is answered
	Refusal bool     // only in the answer to a request that is refused
	Compat  bool     // with compat: moclojer-0.4, too
	Summary string
}

// Roots describes what templates can begin with, in the order of the reference.
func Roots() []Root {
	var fakes []string
	for _, f := range Fakes() {
		fakes = append(fakes, f.Name)
	}
	slices.Sort(fakes)
	keys := map[string][]string{"request": requestKeys, "graphql": graphqlKeys, "prefer": preferKeys, "fake": fakes}
	declared := map[string]string{"path-params": "path", "query-params": "query", "json-params": "body"}
	old := (&scope{compat: true}).roots(true)
	var out []Root
	for _, name := range (&scope{refusal: true}).roots(true) {
		out = append(out, Root{
			Name: name, Keys: keys[name], Declare: declared[name], Message: name == "message", Refusal: name == "error", Compat: slices.Contains(old, name), Summary: rootSummaries[name],
		})
	}
	return out
}

//nolint:gochecknoglobals // constants
var (
	requestKeys = []string{"method", "path", "host", "id", "body", "query", "ip", "session"}
	graphqlKeys = []string{"operation", "type", "fields", "variables"}
	preferKeys  = []string{"code", "example", "dynamic"}

	rootSummaries = map[string]string{
		"path-params": "The parameters of the path.", "query-params": "The parameters of the query.", "json-params": "The fields of the request's JSON body.",
		"error": "What is wrong with the request.", "state": "What the mock remembers from one request to the next.", "env": "The variables of the workspace.",
		"message": "The message of a WebSocket that is answered.", "header-params": "The headers of the request.", "cookies": "The cookies of the request.",
		"request": "The request itself.", "basic": "Username and password of Basic authentication.", "bearer": "The token of Bearer authentication.",
		"jwt": "The claims of a JSON Web Token, which is not verified.", "graphql": "The operation of a GraphQL request.",
		"prefer": "Which of several responses the caller asks for, as in `Prefer: code=404`.",
		"now":    "The time of the answer.", "uuid": "A new random UUID.", "random": "A random number of a range, as in random.1-6.", "fake": "Made-up data, such as fake.first-name.",
	}
)
