package selmer

// Escaping says how the values of a template are written.
type Escaping uint8

const (
	// HTML escapes & < > " and ' as Selmer does.
	HTML Escaping = iota
	// JSON writes each value as its place in the surrounding JSON text needs it; see docs/selmer.md.
	JSON
	// None writes values as they are.
	None
)

// String returns the name of the escaping as commands take it.
func (e Escaping) String() string {
	switch e {
	case HTML:
		return "html"
	case JSON:
		return "json"
	default:
		return "none"
	}
}

// ParseEscaping returns the escaping of that name.
func ParseEscaping(name string) (Escaping, bool) {
	for _, e := range []Escaping{HTML, JSON, None} {
		if e.String() == name {
			return e, true
		}
	}
	return HTML, false
}

// Options are the parameters of a template. The zero value is Selmer with the default bounds.
type Options struct {
	Escaping Escaping
	// Debug makes {% debug %} print the data of the template, as in Selmer. Otherwise it prints nothing.
	Debug bool
	// MaxSource bounds the template's size in bytes; 0 means 1 MiB.
	MaxSource int
	// MaxDepth bounds how deeply tags nest; 0 means 64.
	MaxDepth int
	// MaxOutput bounds what one rendering appends, and each text made on the way, in bytes; 0 means 1 MiB.
	MaxOutput int
	// MaxSteps bounds the work of one rendering: a step is a tag, a turn of a loop, a filter, or 64 bytes or
	// elements that a filter looks at; 0 means 50,000.
	MaxSteps int
}

// MaxOutput is what one rendering appends at most where the options say nothing else.
const MaxOutput = 1 << 20

const (
	defaultMaxSource = 1 << 20
	defaultMaxDepth  = 64
	defaultMaxOutput = MaxOutput
	defaultMaxSteps  = 50_000
)

func (o Options) withDefaults() Options {
	if o.MaxSource <= 0 {
		o.MaxSource = defaultMaxSource
	}
	if o.MaxDepth <= 0 {
		o.MaxDepth = defaultMaxDepth
	}
	if o.MaxOutput <= 0 {
		o.MaxOutput = defaultMaxOutput
	}
	if o.MaxSteps <= 0 {
		o.MaxSteps = defaultMaxSteps
	}
	return o
}
