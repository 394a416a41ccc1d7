// Package curl makes mocks of cURL commands, as people write them and as browsers copy them: an endpoint for each method and
// path, which answers 200 with an empty object.
package curl

import (
	"context"
	"fmt"
	"net/url"
	"path"
	"strings"

	"github.com/mocloud/mocloud/pkg/importer/internal/draft"
	"github.com/mocloud/mocloud/pkg/importer/internal/source"
	"github.com/mocloud/mocloud/pkg/mockspec"
	"github.com/mocloud/mocloud/pkg/openapi"
)

// The bounds of a document.
const (
	maxBytes    = 4 << 20
	maxCommands = 2000
)

// Import makes a mock of one command or several.
func Import(ctx context.Context, src []byte, o openapi.Options) (*draft.Result, []mockspec.Diagnostic) {
	m := draft.New(o, "")
	limit := o.MaxBytes
	if limit == 0 {
		limit = maxBytes
	}
	if len(src) > limit {
		m.None(nil, "the document has %d bytes; the limit is %d: split it", len(src), limit)
		return m.Finish(ctx)
	}
	var requests []*request
	samples := map[string]string{} // what the commands for a route have as a body
	for i, c := range commands(strings.TrimPrefix(string(src), "\xef\xbb\xbf")) {
		if i == maxCommands || ctx.Err() != nil { // Finish says so
			m.None(c.at, "the commands after the first %d are left out", maxCommands)
			break
		}
		r := &request{m: m, at: c.at}
		r.read(c.words)
		if !r.translate() {
			continue
		}
		requests = append(requests, r)
		if first, ok := samples[r.route()]; ok && first != r.sampleKey() {
			m.Loss(c.at, "the bodies of %s are not checked: they differ", draft.Line(r.route(), 80))
			samples[r.route()] = ""
		} else if !ok {
			samples[r.route()] = r.sampleKey()
		}
	}
	for _, r := range requests {
		extra := draft.Map{}
		if r.sample != nil && samples[r.route()] != "" {
			extra = append(extra, draft.Pair{Key: "body", Value: r.sample})
		}
		m.Add(r.method, r.path, extra, draft.Answer{If: r.condition, Keys: answer(), At: r.at, Title: "this command"})
	}
	return m.Finish(ctx)
}

// answer is what every command is answered with: what the real one says is not in it.
func answer() draft.Map {
	return draft.Map{{Key: "status", Value: 200}, {Key: "headers", Value: draft.Map{{Key: "Content-Type", Value: "application/json"}}}, {Key: "body", Value: "{}"}}
}

// request is what a command sends.
type request struct {
	m         *draft.Mock
	at        *source.Node
	path      string
	condition draft.Map
	sample    any // of the body; nil if there is none

	method  string
	address string
	headers [][2]string
	data    []string
	form    draft.Map
	files   bool // a part of the form is a file
	asQuery bool // the data goes into the query
	json    bool
}

// withValue are the options that matter and have a value, by their short and long names.
func withValue(option string) string {
	switch option {
	case "-X", "--request":
		return "method"
	case "-H", "--header":
		return "header"
	case "-d", "--data", "--data-raw", "--data-ascii", "--data-binary":
		return "data"
	case "--data-urlencode":
		return "encode"
	case "--json":
		return "json"
	case "-F", "--form", "--form-string":
		return "form"
	case "--url":
		return "url"
	case "-b", "--cookie", "-u", "--user", "-A", "--user-agent", "-e", "--referer", "-o", "--output", "-x", "--proxy", "-m", "--max-time",
		"--connect-timeout", "-c", "--cookie-jar", "-E", "--cert", "--key", "--cacert", "--capath", "-w", "--write-out", "-T", "--upload-file",
		"--resolve", "--retry", "--retry-delay", "--retry-max-time", "-r", "--range", "-K", "--config", "--interface", "--ciphers", "-D",
		"--dump-header", "--limit-rate", "--max-redirs", "--oauth2-bearer", "--unix-socket", "-U", "--proxy-user", "--tls-max", "-y", "-Y", "-z", "-C", "-P", "-Q", "-t":
		return "other"
	}
	return ""
}

// read reads the words behind `curl`.
func (r *request) read(words []string) {
	for i := 0; i < len(words); i++ {
		word := words[i]
		switch {
		case word == "-G", word == "--get":
			r.asQuery = true
			continue
		case word == "-I", word == "--head":
			r.method = "HEAD"
			continue
		case word == "" || word[0] != '-' || word == "-":
			r.url(word)
			continue
		}
		option, value, has := word, "", false
		if strings.HasPrefix(word, "--") {
			option, value, has = strings.Cut(word, "=")
		} else if len(word) > 2 { // -XPOST, and flags in one word such as -sS
			for at := 1; at < len(word); at++ {
				switch letter := "-" + word[at:at+1]; {
				case letter == "-G":
					r.asQuery = true
				case letter == "-I":
					r.method = "HEAD"
				case withValue(letter) != "":
					option, value, has = letter, word[at+1:], at+1 < len(word)
					at = len(word)
				}
			}
		}
		kind := withValue(option)
		if kind == "" {
			continue // a flag about the connection or the output
		}
		if !has && i+1 < len(words) {
			i++
			value = words[i]
		}
		r.option(kind, option, value)
	}
}

func (r *request) url(address string) {
	switch {
	case address == "":
	case r.address == "":
		r.address = address
	default:
		r.m.None(r.at, "the address `%s` is left out: write a command for each", draft.Line(address, 80))
	}
}

func (r *request) option(kind, option, value string) {
	switch kind {
	case "method":
		r.method = strings.ToUpper(value)
	case "url":
		r.url(value)
	case "header":
		if name, text, ok := strings.Cut(value, ":"); ok && strings.TrimSpace(text) != "" {
			r.headers = append(r.headers, [2]string{strings.TrimSpace(name), strings.TrimSpace(text)})
		}
	case "json":
		r.json = true
		r.addData(option, value)
	case "encode":
		name, text, ok := strings.Cut(value, "=")
		switch {
		case !ok && strings.Contains(value, "@"):
			r.addData(option, value[strings.Index(value, "@"):])
		case !ok:
			r.data = append(r.data, url.QueryEscape(value))
		case name == "":
			r.data = append(r.data, url.QueryEscape(text))
		default:
			r.data = append(r.data, name+"="+url.QueryEscape(text))
		}
	case "data":
		r.addData(option, value)
	case "form":
		name, text, _ := strings.Cut(value, "=")
		if option == "-F" || option == "--form" {
			if strings.HasPrefix(text, "@") || strings.HasPrefix(text, "<") {
				r.files = true
				r.m.None(r.at, "the file of the form's field `%s` is not read: requests need not have it", draft.Line(name, 60))
				return
			}
			text, _, _ = strings.Cut(text, ";type=")
		}
		r.form = append(r.form, draft.Pair{Key: name, Value: draft.Inert(text)})
	case "other":
		switch option {
		case "-u", "--user", "--oauth2-bearer", "-b", "--cookie":
			r.m.None(r.at, "the credentials of `%s` are left out: the mock answers everybody", option)
		case "-T", "--upload-file":
			if r.method == "" {
				r.method = "PUT"
			}
			r.m.None(r.at, "the file that is uploaded is not read: requests may have any body")
		}
	}
}

func (r *request) addData(option, value string) {
	if strings.HasPrefix(value, "@") && option != "--data-raw" {
		r.m.None(r.at, "the file `%s` is not read: requests may have any body", draft.Line(value[1:], 80))
		r.files = true
		return
	}
	r.data = append(r.data, value)
}

// header is the value of a header of the request.
func (r *request) header(name string) string {
	for _, h := range r.headers {
		if strings.EqualFold(h[0], name) {
			return h[1]
		}
	}
	return ""
}

func (r *request) route() string { return r.method + " " + r.path }

// translate makes an endpoint of what was read; it is false if there is nothing to make it of.
func (r *request) translate() bool {
	if r.address == "" {
		r.m.None(r.at, "this command is left out: it has no address")
		return false
	}
	address := r.address
	if !strings.Contains(address, "://") {
		address = "http://" + address
	}
	parsed, err := url.Parse(address)
	if err != nil {
		r.m.None(r.at, "this command is left out: `%s` is no URL", draft.Line(r.address, 80))
		return false
	}
	data := strings.Join(r.data, "&")
	query := parsed.RawQuery
	if r.asQuery {
		query, data = strings.Trim(query+"&"+data, "&"), ""
	}
	if r.method == "" {
		r.method = "GET"
		if data != "" || r.form != nil || r.files {
			r.method = "POST"
		}
	}
	values, err := url.ParseQuery(query)
	if err != nil {
		r.m.None(r.at, "the query of `%s` is not checked: it cannot be read", draft.Line(r.address, 80))
	}
	for pair := range strings.SplitSeq(query, "&") { // in the order in which it is written
		name, _, _ := strings.Cut(pair, "=")
		name, _ = url.QueryUnescape(name)
		if list := values[name]; name != "" && len(list) > 0 {
			delete(values, name)
			r.require("query-params."+name, draft.Inert(list[0]))
		}
	}
	for _, h := range r.headers {
		if chooses(h[0]) {
			r.require("header-params."+h[0], draft.Inert(h[1]))
		} else if strings.EqualFold(h[0], "Authorization") || strings.EqualFold(h[0], "Cookie") {
			r.m.None(r.at, "the header `%s` is left out: the mock answers everybody", h[0])
		}
	}
	r.path, r.sample = pathOf(parsed), r.sampleOf(data)
	return true
}

// sampleKey is equal for equal samples.
func (r *request) sampleKey() string {
	if n, ok := r.sample.(*source.Node); ok {
		return n.JSON()
	}
	return fmt.Sprint(r.sample)
}

// require adds a line to the condition, if mocks can have it.
func (r *request) require(left, right string) {
	line := draft.Map{{Key: left, Value: right}}
	if err := r.m.Check(line); err != nil {
		r.m.None(r.at, "`%s` is not checked: %v", draft.Line(left, 60), err)
		return
	}
	r.condition = append(r.condition, line...)
}

// chooses reports whether a header may choose an answer: it is neither the browser's nor a credential.
func chooses(name string) bool {
	name = strings.ToLower(name)
	return strings.HasPrefix(name, "x-") && name != "x-requested-with" && !strings.Contains(name, "token") && !strings.Contains(name, "key") &&
		!strings.Contains(name, "auth") && !strings.Contains(name, "csrf") && !strings.Contains(name, "trace") && !strings.Contains(name, "request-id")
}

// sampleOf is a sample of the request's body: JSON, or the fields of a form.
func (r *request) sampleOf(data string) any {
	switch kind := strings.ToLower(r.header("Content-Type")); {
	case r.form != nil:
		return r.form
	case data == "":
		return nil
	case r.json, strings.Contains(kind, "json"), kind == "" && strings.HasPrefix(strings.TrimSpace(data), "{"):
		if n, err := source.Parse([]byte(data)); err == nil && n.Kind >= source.List {
			return n
		}
		r.m.None(r.at, "the body is not checked: it is no JSON")
	case kind == "", strings.Contains(kind, "x-www-form-urlencoded"):
		var fields draft.Map
		for pair := range strings.SplitSeq(data, "&") {
			name, value, ok := strings.Cut(pair, "=")
			name, errName := url.QueryUnescape(name)
			value, errValue := url.QueryUnescape(value)
			if !ok || name == "" || errName != nil || errValue != nil || strings.ContainsAny(name, "[]?") {
				r.m.None(r.at, "the body is not checked: mocks cannot say what it is a sample of")
				return nil
			}
			fields = append(fields, draft.Pair{Key: name, Value: draft.Inert(value)})
		}
		return fields
	default:
		r.m.None(r.at, "the body is not checked: mocks have samples of JSON and of forms only")
	}
	return nil
}

func pathOf(address *url.URL) string {
	var b strings.Builder
	for part := range strings.SplitSeq(strings.Trim(path.Clean("/"+address.EscapedPath()), "/"), "/") {
		b.WriteString("/" + draft.Segment(part))
	}
	return b.String()
}
