package mockspec

// Mock is one parsed YAML document of endpoints, in the order in which they were written.
// It is immutable after Parse and safe for concurrent use.
type Mock struct {
	Settings   Settings
	Endpoints  []Endpoint
	WebSockets []WebSocket
	Resources  []Resource
}

// Settings are the mock-wide choices of a `- mocloud: {…}` item, which other moclojers do not know.
type Settings struct {
	Compat   Compat          // "" or CompatMoclojer04
	CORS     *CORS           // nil: on, as it is by default
	Errors   *ErrorResponses // nil: those of the server
	Defaults *Defaults       // nil: there are none
	// Session are names, as templates have them, of which the first that has a value names the session.
	Session []string
	// Clock is when the mock's time stands still, in RFC 3339; "" if it does not.
	Clock string
	// State is what the mock remembers.
	State []Variable
	// Validate says what becomes of requests that do not fit the contract of their endpoint: "" is ValidateStrict.
	Validate string
}

// What becomes of requests that do not fit a contract.
const (
	ValidateStrict = "strict" // they are refused
	ValidateWarn   = "warn"   // they are answered, and a header says what does not fit
	ValidateOff    = "off"
)

// CORS is what pages of other origins may do with a mock.
type CORS struct {
	Off     bool
	Origins []string // nil: all; see ValidOrigin
	Methods []string // that a preflight allows; nil: those that the path has
	Headers []string // that a preflight allows; nil: those that it asks for
	Expose  []string // that pages may read; nil: all
	// Credentials lets pages send cookies and the like.
	Credentials bool
	MaxAge      int // seconds for which a browser may remember a preflight
}

// ErrorResponses are what a mock answers instead of the server's own errors.
type ErrorResponses struct{ All []ErrorResponse }

// ErrorResponse is the answer to requests that the server would answer with Status.
type ErrorResponse struct {
	Status   int
	Response Response
}

// IsZero reports whether nothing is set.
func (s *Settings) IsZero() bool {
	return s.Compat == "" && s.CORS == nil && s.Errors == nil && s.Defaults == nil && len(s.Session) == 0 && s.Clock == "" && len(s.State) == 0 && s.Validate == ""
}

// Variable is a name of the state with its initial value.
type Variable struct {
	Pos  Position
	Name string
	JSON string    // a text may be a template
	Rows *External // instead of JSON: the rows of a file
}

// Defaults are what every endpoint has that does not say otherwise.
type Defaults struct {
	Headers   []Header
	Auth      Auth
	RateLimit *RateLimit
	Latency   *Latency
	Responses []Entry
}

// Compat names an implementation whose answers are reproduced byte for byte.
type Compat string

// CompatMoclojer04 answers exactly as moclojer 0.4.0 does (MOCK-FORMAT.md section 2).
const CompatMoclojer04 Compat = "moclojer-0.4"

// Position is a place in the user's file; lines and columns count from 1, columns in runes. The zero Position means "unknown".
type Position struct {
	Line, Column int
}

// Text is a string of the document that may be a template, with the place where its content begins.
type Text struct {
	Pos Position
	Raw string
}

// Endpoint is one HTTP endpoint.
type Endpoint struct {
	Pos      Position
	Method   string // upper case, "GET" by default; MethodAny for all that have no endpoint of their own
	Host     string // lower case, "" when the mock does not name one
	Path     Path
	Query    []Field // declared query parameters, in order
	Body     *Sample // declared request body; nil when not declared
	Contract Contract
	Response Response
	// Responses are tried in order before Response.
	Responses []Entry
	// NoResponse means that only Responses answer: requests to which none applies go on to the next endpoint.
	NoResponse bool

	Auth      Auth
	RateLimit *RateLimit
	Latency   *Latency
	Webhooks  []Webhook
	Tag       string
	Summary   string

	// Resource is what answers instead of Response and Responses, in endpoints that Resource.Endpoints made.
	Resource *Resource
}

// MethodAny is the method of an endpoint that answers to all.
const MethodAny = "ANY"

// Condition is a condition as it is written, as JSON: a map, or a text in the template language. package match compiles it. Without
// JSON there is none.
type Condition struct {
	Pos  Position
	JSON string
}

// Auth says who may ask, as JSON: a condition, a list of them, or one of the guards as a text. Without JSON nothing is said.
type Auth struct {
	Pos  Position
	JSON string
}

// Contract is what requests must be like, as JSON that package contract compiles. Without JSON there is none.
type Contract struct {
	Pos  Position
	JSON string
}

// The guards that have a name.
const (
	GuardBasic  = "basic"
	GuardBearer = "bearer"
	GuardJWT    = "jwt"
	GuardNone   = "none"
)

// Entry is one of several answers.
type Entry struct {
	Response

	If     Condition
	Times  int      // 0: forever
	Chance *float64 // nil: always
}

// Resource is a list in the state that can be listed, read, added to, changed and deleted.
type Resource struct {
	Pos     Position
	Host    string
	Path    Path
	State   string // the name of the list
	IDField string // dotted path
	Body    *Sample

	Auth      Auth
	RateLimit *RateLimit
	Latency   *Latency
	Webhooks  []Webhook
	Tag       string
	Summary   string
}

// The faults that an answer may have.
const (
	FaultReset   = "reset"
	FaultEmpty   = "empty"
	FaultGarbage = "garbage"
	FaultCut     = "cut"
)

// The shapes of a latency's distribution.
const (
	ShapeLogNormal = "log-normal"
	ShapeNormal    = "normal"
)

// Path is a parsed route pattern such as /users/:id|int/posts/:slug.
type Path struct {
	Pos      Position
	Raw      string    // as written, without what follows ?name
	Segments []Segment // what stands between the slashes: `/` is one empty literal, `/a/` is `a` and an empty literal
}

// Segment is one part of a path between slashes: a literal, a parameter, or (last only) a wildcard `*` or `*name`,
// which takes the rest of the path, slashes included.
type Segment struct {
	Literal  string    // decoded text; "" for parameters and wildcards
	Param    string    // parameter name; "" for literals and for a wildcard without a name
	Type     ParamType // type of the parameter; TypeString for wildcards
	Wildcard bool
	Mix      *Mix // text and parameters in one part; then there is nothing else. nil otherwise
}

// ParamType is the declared type of a path or query parameter or body field.
type ParamType string

// The types of MOCK-FORMAT.md section 1. bool is read as boolean.
const (
	TypeString  ParamType = "string"
	TypeInt     ParamType = "int"
	TypeUUID    ParamType = "uuid"
	TypeDate    ParamType = "date"
	TypeBoolean ParamType = "boolean"
	TypeFloat   ParamType = "float"
	TypeDouble  ParamType = "double"
)

// Field is one declared query parameter.
type Field struct {
	Pos      Position
	Name     string
	Type     ParamType
	Optional bool // a request without it is answered all the same
}

// Response is what an endpoint answers.
type Response struct {
	Pos     Position
	Status  Text // a number or a template; "200" by default
	Headers []Header
	Body    Body

	Set      string   // what becomes of the state, as JSON: a map of paths and values; "" if nothing
	SetPos   Position // of Set
	Fault    string   // "" or one of the faults
	Latency  *Latency // instead of the endpoint's
	Webhooks []Webhook
}

// Header is one answer header; Value may be a template.
type Header struct {
	Name  string
	Value Text
	None  bool // null was written: not even the default of that name is sent
}

// RateLimit bounds how often one key may ask an endpoint.
type RateLimit struct {
	WindowMS    int    // 900000 by default
	MaxRequests int    // 100 by default
	Key         string // "remote-addr" or a header's name
	Off         bool   // `none`: not even the default
}

// Latency simulates a slow or failing endpoint.
type Latency struct {
	MinMS, MaxMS             int
	FailureRate, TimeoutRate float64 // 0 to 1
	TimeoutMS                int     // 30000 by default

	MedianMS, P99MS int    // 0: evenly spread from MinMS to MaxMS
	Shape           string // "" or one of the shapes
	BytesPerSecond  int    // 0: at once
	PauseMS         int    // between the pieces of the body
}

// Paced reports whether the body is sent little by little.
func (l *Latency) Paced() bool { return l != nil && (l.BytesPerSecond > 0 || l.PauseMS > 0) }

// Webhook is a request that is sent after the answer.
type Webhook struct {
	Pos     Position
	URL     Text
	Method  string // "POST" by default
	Headers []Header
	Body    Body
	If      Condition
	SleepMS int // before the request is sent
}

// WebSocket is one WebSocket endpoint.
type WebSocket struct {
	Pos       Position
	Host      string
	Path      Path
	OnConnect *Body // nil: nothing is sent
	OnMessage []Reaction
}

// Reaction answers the messages that its pattern matches.
type Reaction struct {
	Pos      Position
	Pattern  Text      // text equality, a template, or a regular expression that matches the whole message
	If       Condition // instead of Pattern
	Response Body
}
