package mockspec

// kind is what a key's value may be. It decides how the value is read and what the JSON Schema says about it.
type kind uint8

const (
	kindName kind = iota // text that is taken as it is
	kindText             // text that is a template
	kindMethod
	kindHost
	kindPath
	kindStatus
	kindHeaders
	kindQuery
	kindSample
	kindBody
	kindMessage // a body that is sent over a WebSocket: text or a value
	kindInt     // a whole number from min to max
	kindSeconds // a number from min to max
	kindRate    // a number from 0 to 1
	kindBool
	kindChoice // one of values
	kindObject // a map with the keys of child
	kindList   // a list of maps with the keys of child, or one such map
	kindIf     // a condition: a map, or text
	kindAuth   // a condition, a list of them, or one of values
	kindMethods
	kindLatency // a map with the keys of child, or `none`
	kindLimit   // the same
	kindTime    // an ISO date-time
	kindNames   // a name as templates have it, or a list of them
	kindState   // a map of names and initial values
	kindSet     // a map of paths and values
	kindCORS    // a boolean, or a map with the keys of child
	kindTexts   // a text, or a list of texts
	kindContract
)

// key is one key of the format: the single source of the parser, of "did you mean", of the JSON Schema and its hovers.
type key struct {
	name    string
	kind    kind
	missing string // the code to report when the key is absent; "" means optional
	doc     string
	def     string // default, for the documentation; "" means none
	values  []string
	min     int
	max     int
	child   *table
	unread  bool   // known to other versions of moclojer, not read here
	ours    bool   // moclojer 0.4 does not know it: in compat mode it is ignored
	later   bool   // a word that is kept for what is not offered yet
	instead string // what to do instead of a word that others have
}

// table is the list of keys that one map of the format may have, in canonical order.
type table struct {
	name string // how a diagnostic calls the map
	doc  string
	keys []key
}

// find returns the index of the key called name, or -1.
func (t *table) find(name string) int {
	for i := range t.keys {
		if t.keys[i].name == name {
			return i
		}
	}
	return -1
}

const (
	maxMillis  = 600_000       // longest simulated wait: ten minutes
	maxWindow  = 2_073_600_000 // longest rate-limit window: 24 days
	maxSeconds = 86_400        // longest delay of a webhook: a day
	maxCount   = 1_000_000_000
	maxTimes   = 1_000_000
)

// The key tables are constants in all but name: Go has no constant structs.
//
//nolint:gochecknoglobals // immutable
var (
	itemTable = &table{
		name: "an item",
		doc:  "One item of a mock: an HTTP endpoint, a WebSocket, or settings.",
		keys: []key{
			{name: "endpoint", kind: kindObject, child: endpointTable, doc: "An HTTP endpoint: which requests it matches and what it answers."},
			{name: "websocket", kind: kindObject, child: websocketTable, doc: "A WebSocket endpoint: what it sends on connect and on messages."},
			{name: "mocloud", kind: kindObject, child: settingsTable, doc: "Settings of the whole mock, ignored by other moclojers."},
			{name: "external-body", kind: kindObject, child: folderTable, doc: "Settings of all external bodies of the mock."},
			{name: "state", kind: kindState, ours: true, doc: "What the mock remembers: names and their initial values."},
			{name: "crud", kind: kindObject, child: crudTable, ours: true, doc: "A resource: a list in the state that can be listed, read, added to, changed and deleted."},
		},
	}

	crudTable = &table{
		name: "`crud`",
		doc:  "A resource: a list in the state that can be listed, read, added to, changed and deleted.",
		keys: []key{
			{name: "host", kind: kindHost, ours: true, doc: "Host name it answers on; hosted mocks do not need it."},
			{name: "path", kind: kindPath, missing: CodeMissingPath, ours: true, doc: "Path of the list; an item's path has one part more."},
			{name: "state", kind: kindName, ours: true, def: "the last fixed part of path", doc: "Name of the list in the state."},
			{name: "id-field", kind: kindName, ours: true, def: "id", doc: "Dotted path of an item's id."},
			{name: "body", kind: kindSample, ours: true, doc: "Sample of an item, as JSON text or as YAML; items that are created or replaced must fit it."},
			{name: "auth", kind: kindAuth, ours: true, values: guards, doc: "Who may call."},
			{name: "rate-limit", kind: kindLimit, child: rateLimitTable, ours: true, doc: "How often one caller may call."},
			{name: "latency", kind: kindLatency, child: latencyTable, ours: true, doc: "Simulates a slow or failing service."},
			{name: "webhook", kind: kindList, child: webhookTable, ours: true, doc: "A request, or a list of up to 5, that is sent after each change."},
			{name: "tag", kind: kindName, ours: true, doc: "Group in the generated API description."},
			{name: "summary", kind: kindName, ours: true, doc: "One line for the generated API description."},
			{name: "initial-data", ours: true, instead: "write it as `state`"},
			{name: "id-type", ours: true, instead: "delete it: ids follow those in `state`"},
		},
	}

	endpointTable = &table{
		name: "`endpoint`",
		doc:  "An HTTP endpoint: which requests it matches and what it answers.",
		keys: []key{
			{name: "method", kind: kindMethods, def: "GET", values: methods, doc: "HTTP method, in any case, a list of them, or `ANY`. HEAD is answered from GET automatically."},
			{name: "host", kind: kindHost, doc: "Host name it answers on. Hosted mocks do not need it: the host of the mock is added when it is published."},
			{name: "path", kind: kindPath, missing: CodeMissingPath, doc: "Path to match, beginning with `/`. `:name` or `:name|type` is a parameter, `{id}:cancel` and `{name}.{format}` have text beside parameters, `*` or `*name` at the end takes the rest. Types: string, int, uuid, date, boolean (bool), float, double."},
			{name: "query", kind: kindQuery, doc: "Declared query parameters: name and type. They are required: a request without one, or with one that does not fit, is answered with 400."},
			{name: "body", kind: kindSample, doc: "Sample of the expected request body, as JSON text or as YAML. Its shape is checked: a request that lacks a field, or does not fit, is answered with 400."},
			{name: "contract", kind: kindContract, ours: true, doc: "What requests must be like, as an operation of OpenAPI has it: `parameters`, `requestBody`, and `produces`, the media types of the answers. `validate` of `mocloud` says what becomes of others."},
			{name: "auth", kind: kindAuth, ours: true, values: guards, doc: "Who may call: a condition, a list of conditions of which one must hold, `basic`, `bearer` or `jwt` (which must be there), or `none`. Others are answered with 401 or 403."},
			{name: "responses", kind: kindList, child: entryTable, ours: true, doc: "Several answers, tried in order: the first whose `if` holds is sent. `response` is tried last."},
			{name: "response", kind: kindObject, child: responseTable, doc: "The answer, if none of `responses` is sent."},
			{name: "rate-limit", kind: kindLimit, child: rateLimitTable, doc: "How often one caller may call; further calls are answered with 429. `none` switches the default off."},
			{name: "latency", kind: kindLatency, child: latencyTable, doc: "Simulates a slow or failing service. `none` switches the default off."},
			{name: "webhook", kind: kindList, child: webhookTable, doc: "A request that is sent after the answer, or a list of up to 5."},
			{name: "tag", kind: kindName, doc: "Group of the endpoint in the generated API description."},
			{name: "summary", kind: kindName, doc: "One line about the endpoint for the generated API description."},
			{name: "chaos", unread: true, doc: "Failure simulation of a later moclojer version; use `latency`."},
		},
	}

	responseTable = &table{name: "`response`", doc: "What is answered.", keys: responseKeys}

	entryTable = &table{
		name: "an entry of `responses`",
		doc:  "One of several answers, and when it is given.",
		keys: append([]key{
			{name: "if", kind: kindIf, ours: true, doc: "When this answer is sent: names as used in templates, and the values they must have. Without it, always."},
			{name: "times", kind: kindInt, min: 1, max: maxTimes, ours: true, doc: "How many requests get this answer, in each session and for each path; after that it is skipped."},
			{name: "chance", kind: kindRate, ours: true, doc: "Share of requests, 0 to 1, that get this answer; the others go on to the next entry."},
		}, responseKeys...),
	}

	responseKeys = []key{
		{name: "status", kind: kindStatus, def: "200", doc: "HTTP status from 200 to 599, or a template that gives one."},
		{name: "headers", kind: kindHeaders, doc: "Answer headers; values are templates. A list of values sends the header several times."},
		{name: "body", kind: kindBody, doc: "Answer body: text, which is a template, or a YAML value, which is sent as JSON."},
		{name: "external-body", kind: kindObject, child: externalTable, doc: "Answer body that is loaded from a file of the workspace or from a URL."},
		{name: "set", kind: kindSet, ours: true, doc: "Changes to the state: dotted paths and their values, computed from the state before the request. `-` at the end of a path appends to a list; null removes."},
		{name: "fault", kind: kindChoice, ours: true, values: faults, doc: "Breaks the connection instead of answering, or during the answer: `reset`, `empty` (closed without a byte), `garbage` (random bytes), `cut` (half of the body)."},
		{name: "latency", kind: kindLatency, child: latencyTable, ours: true, doc: "Simulates a slow or failing service; replaces the endpoint's setting."},
		{name: "webhook", kind: kindList, child: webhookTable, ours: true, doc: "A request, or a list of up to 5, that is sent after this answer."},
		{name: "proxy", ours: true, later: true},
	}

	externalTable = &table{
		name: "`external-body`",
		doc:  "A body that is loaded from elsewhere.",
		keys: []key{
			{name: "provider", kind: kindChoice, missing: CodeMissingKey, values: []string{"json", "xlsx", "csv"}, doc: "`json`: a file or URL as it is. `xlsx`: a spreadsheet, `csv`: comma-separated values, whose first row names the keys."},
			{name: "path", kind: kindText, missing: CodeMissingKey, doc: "A file of the workspace, or an http(s) URL; a template."},
			{name: "sheet-name", kind: kindName, doc: "Sheet of the spreadsheet; the first one by default."},
		},
	}

	folderTable = &table{
		name: "`external-body`",
		doc:  "Settings of all external bodies of the mock.",
		keys: []key{
			{name: "folder", kind: kindName, missing: CodeMissingKey, doc: "Folder that relative paths of external bodies start from."},
		},
	}

	rateLimitTable = &table{
		name: "`rate-limit`",
		doc:  "How often one caller may call.",
		keys: []key{
			{name: "window-ms", kind: kindInt, min: 1, max: maxWindow, def: "900000", doc: "Length of the window in milliseconds."},
			{name: "max-requests", kind: kindInt, min: 0, max: maxCount, def: "100", doc: "Requests that are answered in one window."},
			{name: "key-fn", kind: kindName, def: "remote-addr", doc: "What tells callers apart: `remote-addr`, or the name of a request header."},
		},
	}

	latencyTable = &table{
		name: "`latency`",
		doc:  "Simulates a slow or failing service.",
		keys: []key{
			{name: "min-ms", kind: kindInt, max: maxMillis, def: "0", doc: "Least extra time in milliseconds."},
			{name: "max-ms", kind: kindInt, max: maxMillis, def: "min-ms", doc: "Most extra time in milliseconds."},
			{name: "failure-rate", kind: kindRate, def: "0", doc: "Share of requests, 0 to 1, that are answered with 500."},
			{name: "timeout-rate", kind: kindRate, def: "0", doc: "Share of requests, 0 to 1, that are answered with 504 after `timeout-ms`."},
			{name: "timeout-ms", kind: kindInt, max: maxMillis, def: "30000", doc: "Wait before a simulated timeout in milliseconds."},
			{name: "median-ms", kind: kindInt, min: 1, max: maxMillis, ours: true, doc: "Extra time that half of the requests stay below, in milliseconds; with `p99-ms`."},
			{name: "p99-ms", kind: kindInt, min: 1, max: maxMillis, ours: true, doc: "Extra time that 99 of 100 requests stay below, in milliseconds; with `median-ms`."},
			{name: "shape", kind: kindChoice, ours: true, values: []string{ShapeLogNormal, ShapeNormal}, def: ShapeLogNormal, doc: "How extra time is spread around `median-ms`."},
			{name: "bytes-per-second", kind: kindInt, min: 1, max: maxCount, ours: true, doc: "Speed at which the body is sent."},
			{name: "pause-ms", kind: kindInt, min: 1, max: maxMillis, ours: true, doc: "Pause between the pieces of the body: events of `text/event-stream`, lines of anything else."},
		},
	}

	webhookTable = &table{
		name: "`webhook`",
		doc:  "A request that is sent after the answer.",
		keys: []key{
			{name: "if", kind: kindIf, doc: "When it is sent: a map of names and the values they must have, or a condition as in a template's `if`, such as `json-params.plan = \"pro\"`; without it, always."},
			{name: "sleep-time", kind: kindSeconds, max: maxSeconds, def: "0", doc: "Delay in seconds."},
			{name: "sleep-time-ms", kind: kindInt, max: maxSeconds * 1000, doc: "Delay in milliseconds, instead of `sleep-time`."},
			{name: "url", kind: kindText, missing: CodeMissingKey, doc: "Where the request goes: an http(s) URL; a template."},
			{name: "method", kind: kindMethod, def: "POST", values: methods, doc: "HTTP method."},
			{name: "headers", kind: kindHeaders, doc: "Request headers; values are templates."},
			{name: "body", kind: kindBody, doc: "Request body: text, which is a template, or a YAML value, which is sent as JSON."},
		},
	}

	websocketTable = &table{
		name: "`websocket`",
		doc:  "A WebSocket endpoint.",
		keys: []key{
			{name: "host", kind: kindHost, doc: "Host name it answers on; hosted mocks do not need it."},
			{name: "path", kind: kindPath, missing: CodeMissingPath, doc: "Path to match, as for an endpoint."},
			{name: "on-connect", kind: kindObject, child: onConnectTable, doc: "What is sent when a client connects."},
			{name: "on-message", kind: kindList, child: reactionTable, doc: "What is answered to messages; the patterns are tried in order."},
		},
	}

	onConnectTable = &table{
		name: "`on-connect`",
		doc:  "What is sent when a client connects.",
		keys: []key{
			{name: "response", kind: kindMessage, doc: "The message: text, which is a template, or a YAML value, which is sent as JSON."},
		},
	}

	reactionTable = &table{
		name: "`on-message`",
		doc:  "An answer to the messages that match a pattern.",
		keys: []key{
			{name: "if", kind: kindIf, ours: true, doc: "When this answer is sent, instead of `pattern`: names as used in templates, and the values they must have."},
			{name: "pattern", kind: kindText, doc: "The text itself, a template that must equal the message, or a regular expression that matches all of it."},
			{name: "response", kind: kindMessage, missing: CodeMissingKey, doc: "The message that is sent back: text, which is a template, or a YAML value, which is sent as JSON."},
		},
	}

	settingsTable = &table{
		name: "`mocloud`",
		doc:  "Settings of the whole mock.",
		keys: []key{
			{name: "compat", kind: kindChoice, values: []string{string(CompatMoclojer04)}, doc: "Answer byte for byte as this version of moclojer does."},
			{name: "cors", kind: kindCORS, child: corsTable, def: "true", doc: "Answer preflight requests and add CORS headers, so that pages of other origins may call the mock; a map says which, and how."},
			{name: "errors", kind: kindObject, child: errorsTable, ours: true, doc: "Answers that replace the server's own errors, by status."},
			{name: "defaults", kind: kindObject, child: defaultsTable, ours: true, doc: "Defaults for every endpoint that does not set its own."},
			{name: "session", kind: kindNames, ours: true, doc: "Where the name of a session is found, besides the header X-Mocloud-Session: a name as used in templates, such as `cookies.sid`, or a list of them."},
			{name: "clock", kind: kindTime, ours: true, doc: "Stops the mock's clock at an ISO date-time such as 2026-01-01T12:00:00Z."},
			{name: "validate", kind: kindChoice, ours: true, values: []string{ValidateStrict, ValidateWarn, ValidateOff}, def: ValidateStrict, doc: "What becomes of requests that do not fit the `contract` of their endpoint: `strict` refuses them, `warn` says in the header X-Mocloud-Violations what does not fit, `off` does not look."},
			{name: "jwt-key", ours: true, later: true},
			{name: "seed", ours: true, later: true},
			{name: "locale", ours: true, later: true},
		},
	}

	corsTable = &table{
		name: "`cors`",
		doc:  "What pages of other origins may do.",
		keys: []key{
			{name: "origins", kind: kindTexts, def: "*", doc: "Origins whose pages may call the mock, such as `https://app.example.com` or `https://*.example.com`; `*` is all."},
			{name: "methods", kind: kindTexts, doc: "Methods that a preflight allows; by default those that the path has."},
			{name: "headers", kind: kindTexts, doc: "Request headers that a preflight allows; by default those that it asks for."},
			{name: "expose", kind: kindTexts, doc: "Answer headers that pages may read; by default all."},
			{name: "credentials", kind: kindBool, def: "false", doc: "Let pages send cookies and other credentials. Away from localhost it needs `origins`."},
			{name: "max-age", kind: kindInt, max: maxSeconds, def: "600", doc: "Seconds for which a browser may remember a preflight."},
		},
	}

	errorsTable = &table{
		name: "`errors`",
		doc:  "Answers that replace the server's own errors.",
		keys: []key{
			{name: "400", kind: kindObject, child: errorTable, doc: "A request that does not fit what the endpoint declares."},
			{name: "401", kind: kindObject, child: errorTable, doc: "A caller without valid credentials (`auth`)."},
			{name: "403", kind: kindObject, child: errorTable, doc: "A caller whose token does not allow it (`auth`)."},
			{name: "404", kind: kindObject, child: errorTable, doc: "A request that no endpoint answers."},
			{name: "405", kind: kindObject, child: errorTable, doc: "A method that the path does not allow."},
			{name: "429", kind: kindObject, child: errorTable, doc: "A caller who calls more often than `rate-limit` allows."},
			{name: "500", kind: kindObject, child: errorTable, doc: "A simulated failure (`latency.failure-rate`)."},
			{name: "504", kind: kindObject, child: errorTable, doc: "A simulated timeout (`latency.timeout-rate`)."},
		},
	}

	errorTable = &table{
		name: "an entry of `errors`",
		doc:  "An answer that replaces one of the server's own. Templates see `error.code`, `error.message` and `error.status`.",
		keys: []key{
			{name: "status", kind: kindStatus, doc: "Another status."},
			{name: "headers", kind: kindHeaders, doc: "Answer headers; values are templates."},
			{name: "body", kind: kindBody, doc: "Answer body: text, which is a template, or a YAML value, which is sent as JSON."},
		},
	}

	defaultsTable = &table{
		name: "`defaults`",
		doc:  "Defaults for every endpoint that does not set its own.",
		keys: []key{
			{name: "headers", kind: kindHeaders, ours: true, doc: "Headers of every answer that does not set them; `null` in an answer leaves one out."},
			{name: "auth", kind: kindAuth, ours: true, values: guards, doc: "Who may call."},
			{name: "rate-limit", kind: kindLimit, child: rateLimitTable, ours: true, doc: "How often one caller may call each endpoint."},
			{name: "latency", kind: kindLatency, child: latencyTable, ours: true, doc: "Simulates a slow or failing service."},
			{name: "responses", kind: kindList, child: entryTable, ours: true, doc: "Answers that are tried first on every endpoint."},
		},
	}

	guards = []string{GuardBasic, GuardBearer, GuardJWT, GuardNone}
	faults = []string{FaultReset, FaultEmpty, FaultGarbage, FaultCut}

	methods = []string{"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT"}
)
