package importer

import (
	"bytes"
	"regexp"
	"slices"
	"strings"
)

// Format is a format of documents that describe an API or how it is mocked.
type Format string

// The formats that are recognised. Not all of them can be imported.
const (
	Unknown    Format = ""
	Mock       Format = "mock" // moclojer's own
	OpenAPI    Format = "openapi"
	AsyncAPI   Format = "asyncapi"
	Bruno      Format = "bruno"
	CURL       Format = "curl"
	GraphQL    Format = "graphql"
	HAR        Format = "har"
	Hoverfly   Format = "hoverfly"
	Insomnia   Format = "insomnia"
	MockServer Format = "mockserver"
	Mockoon    Format = "mockoon"
	Mountebank Format = "mountebank"
	Postman    Format = "postman"
	Protobuf   Format = "protobuf"
	RAML       Format = "raml"
	Smocker    Format = "smocker"
	WSDL       Format = "wsdl"
	WireMock   Format = "wiremock"
)

// Describe is what a person calls a document of the format, with its article.
func (f Format) Describe() string {
	switch f {
	case Mock:
		return "a mock"
	case OpenAPI:
		return "an OpenAPI document"
	case AsyncAPI:
		return "an AsyncAPI document"
	case Bruno:
		return "a Bruno request"
	case CURL:
		return "a cURL command"
	case GraphQL:
		return "a GraphQL schema"
	case HAR:
		return "a HAR file"
	case Hoverfly:
		return "a Hoverfly simulation"
	case Insomnia:
		return "an Insomnia export"
	case MockServer:
		return "a list of MockServer expectations"
	case Mockoon:
		return "a Mockoon environment"
	case Mountebank:
		return "a set of mountebank imposters"
	case Postman:
		return "a Postman collection"
	case Protobuf:
		return "a Protocol Buffers definition"
	case RAML:
		return "a RAML document"
	case Smocker:
		return "a list of Smocker mocks"
	case WSDL:
		return "an XML document"
	case WireMock:
		return "a file of WireMock mappings"
	case Unknown:
	}
	return "a document of no known format"
}

// Foreign reports whether src is a document of another tool, so that it has to be imported before it can be served. What
// is not recognised is taken for a mock, with whatever mistakes it has.
func Foreign(src []byte) bool {
	f := Detect(src)
	return f != Mock && f != Unknown
}

// Detect tells what a document is from its content: JSON or YAML, in block or flow style, indented or not, with comments,
// a byte order mark and `---` in front. It looks at the names of the outermost level and takes time in proportion to src.
func Detect(src []byte) Format {
	text := skipBlank(bytes.TrimPrefix(src, []byte("\xef\xbb\xbf")))
	if f := detectText(text); f != Unknown {
		return f
	}
	list, keys := outline(text)
	has := func(names ...string) bool {
		for _, name := range names {
			if !slices.Contains(keys, name) {
				return false
			}
		}
		return true
	}
	if list {
		switch {
		case has("endpoint"), has("websocket"), has("mocloud"):
			return Mock
		case has("httpRequest"):
			return MockServer
		case has("request", "response"):
			if len(text) > 0 && text[0] == '[' {
				return WireMock
			}
			return Smocker
		}
		return Unknown
	}
	switch {
	case has("openapi"), has("swagger"):
		return OpenAPI
	case has("asyncapi"):
		return AsyncAPI
	case has("info", "item"), has("collection") && bytes.Contains(src, []byte("_postman_id")):
		return Postman
	case has("log") && bytes.Contains(src, []byte(`"entries"`)):
		return HAR
	case has("mappings"), has("request", "response"):
		return WireMock
	case has("routes", "uuid"), has("routes", "lastMigration"), has("routes", "endpointPrefix"), has("source", "data") && bytes.Contains(src, []byte("mockoon")):
		return Mockoon
	case has("data", "meta") && bytes.Contains(src, []byte("pairs")):
		return Hoverfly
	case has("__export_format", "resources"), has("type") && bytes.Contains(src, []byte("insomnia.rest")):
		return Insomnia
	case has("imposters"), has("protocol", "stubs"):
		return Mountebank
	case has("httpRequest"):
		return MockServer
	case has("__schema"), has("data") && bytes.Contains(src, []byte("__schema")):
		return GraphQL
	}
	return Unknown
}

// graphQL is how a GraphQL schema or query begins: with a definition, after comments and descriptions.
var graphQL = regexp.MustCompile(`^(?:"""(?s:.*?)"""\s*|"[^"\n]*"\s*|#[^\n]*\s*)*(?:extend\s+)?(?:(?:type|interface|input|enum|union|scalar|query|mutation|subscription|fragment)\s+[A-Za-z_]\w*\s*[@{(=i&\n]|scalar\s+\w+\s*$|schema\s*[@{]|directive\s+@)`)

// detectText recognises what is neither YAML nor JSON. The text begins with what is not blank.
func detectText(text []byte) Format {
	start := string(text[:min(len(text), 64<<10)])
	switch {
	case strings.HasPrefix(start, "#%RAML"):
		return RAML
	case strings.HasPrefix(start, "curl "), strings.HasPrefix(start, "curl.exe "), strings.HasPrefix(start, "$ curl "):
		return CURL
	case strings.HasPrefix(start, "<?xml"), strings.HasPrefix(start, "<definitions"), strings.HasPrefix(start, "<wsdl:"):
		return WSDL
	case strings.HasPrefix(start, "syntax = \"proto"), strings.HasPrefix(start, "syntax=\"proto"):
		return Protobuf
	case strings.HasPrefix(start, "meta {"):
		return Bruno
	case graphQL.MatchString(start):
		return GraphQL
	}
	return Unknown
}

// skipBlank leaves out blank lines, comments of YAML, and what begins a YAML document.
func skipBlank(text []byte) []byte {
	for {
		trimmed := bytes.TrimLeft(text, "\r\n")
		line, rest, more := bytes.Cut(trimmed, []byte("\n"))
		content := bytes.TrimSpace(line)
		switch {
		case len(content) == 0, content[0] == '#' && !bytes.HasPrefix(content, []byte("#%RAML")), content[0] == '%',
			string(content) == "---", bytes.HasPrefix(content, []byte("--- #")):
			if !more {
				return nil
			}
			text = rest
		case bytes.HasPrefix(content, []byte("--- ")):
			return bytes.TrimLeft(trimmed[bytes.Index(trimmed, []byte("--- "))+4:], " ")
		default:
			return trimmed
		}
	}
}

// outline finds the names of the outermost map, or of the first element of the outermost list.
func outline(text []byte) (list bool, keys []string) {
	switch start := bytes.TrimLeft(text, " \t"); {
	case bytes.HasPrefix(start, []byte("{")):
		return false, flowKeys(start)
	case bytes.HasPrefix(start, []byte("[")):
		return true, flowKeys(bytes.TrimLeft(start[1:], " \t\r\n"))
	case bytes.HasPrefix(start, []byte("- ")), bytes.HasPrefix(start, []byte("-\n")), bytes.HasPrefix(start, []byte("-\r\n")):
		// What stands behind the dash is one level deeper than the dash.
		at := len(text) - len(start)
		item := append(bytes.Repeat([]byte(" "), at+1), start[1:]...)
		if blank := skipBlank(item); bytes.HasPrefix(bytes.TrimLeft(blank, " "), []byte("{")) {
			return true, flowKeys(bytes.TrimLeft(blank, " "))
		}
		return true, blockKeys(skipBlank(item))
	default:
		return false, blockKeys(text)
	}
}

// maxKeys bounds the names that outline looks at.
const maxKeys = 1000

var blockKey = regexp.MustCompile(`^(?:"([^"\n]{1,100})"|'([^'\n]{1,100})'|([A-Za-z_$][\w.$-]{0,100}))\s*:(?:\s|$)`)

// blockKeys finds the names of a map in block style: what stands at the indentation of its first line.
func blockKeys(text []byte) (keys []string) {
	indent := len(text) - len(bytes.TrimLeft(text, " "))
	for len(text) > 0 && len(keys) < maxKeys {
		line, rest, _ := bytes.Cut(text, []byte("\n"))
		text = rest
		content := bytes.TrimLeft(line, " ")
		switch at := len(line) - len(content); {
		case len(bytes.TrimSpace(content)) == 0 || content[0] == '#':
		case at < indent, at == 0 && (bytes.HasPrefix(content, []byte("---")) || bytes.HasPrefix(content, []byte("..."))):
			return keys
		case at == indent:
			if m := blockKey.FindSubmatch(content[:min(len(content), 300)]); m != nil {
				keys = append(keys, string(m[1])+string(m[2])+string(m[3]))
			}
		}
	}
	return keys
}

// flowKeys finds the names of a map in JSON, or in YAML's flow style, that text begins with.
func flowKeys(text []byte) (keys []string) {
	depth, isKey := 0, false // isKey: in the outermost map, where a name may begin
	for i := 0; i < len(text) && len(keys) < maxKeys; i++ {
		switch c := text[i]; c {
		case '{', '[':
			depth++
			isKey = depth == 1
		case '}', ']':
			if depth--; depth <= 0 {
				return keys
			}
		case ',':
			isKey = depth == 1
		case ':':
			if depth == 1 {
				isKey = false
			}
		case '#': // a comment, in YAML
			if i > 0 && (text[i-1] == ' ' || text[i-1] == '\n') {
				for i < len(text) && text[i] != '\n' {
					i++
				}
			}
		case ' ', '\t', '\r', '\n':
		default:
			end := tokenEnd(text, i)
			if isKey && end-i <= 200 {
				keys = append(keys, strings.Trim(strings.TrimSpace(string(text[i:end])), `"'`))
			}
			isKey = false
			i = end - 1
		}
	}
	return keys
}

// tokenEnd is where the quoted or plain text that begins at i ends.
func tokenEnd(text []byte, i int) int {
	quote := text[i]
	if quote != '"' && quote != '\'' {
		for i < len(text) && bytes.IndexByte([]byte(",:{}[]\n"), text[i]) < 0 {
			i++
		}
		return i
	}
	for i++; i < len(text) && text[i] != quote; i++ {
		if text[i] == '\\' && quote == '"' {
			i++
		}
	}
	return min(i+1, len(text))
}
