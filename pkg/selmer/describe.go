package selmer

// Filter is a filter as who writes templates wants to know it.
type Filter struct {
	Name         string
	MinArguments int
	MaxArguments int // negative: any number
	Summary      string
}

// Tag is a tag as who writes templates wants to know it.
type Tag struct {
	Name    string
	End     string // the tag that ends it; "" for none
	Summary string
}

// Filters describes all filters, in the order of the reference.
func Filters() []Filter {
	names := filterNames()
	out := make([]Filter, len(names))
	for i, name := range names {
		f, _ := filterNamed(name)
		out[i] = Filter{Name: name, MinArguments: f.min, MaxArguments: f.max, Summary: filterSummary(name)}
	}
	return out
}

// Tags describes all tags.
func Tags() []Tag {
	return []Tag{
		{"if", "endif", "Shows what is within if a condition holds; with elif and else."},
		{"ifequal", "endifequal", "Shows what is within if two values are equal; with else."},
		{"ifunequal", "endifunequal", "Shows what is within if two values differ; with else."},
		{"for", "endfor", "Repeats what is within for each item of a list or map; empty shows something for none."},
		{"with", "endwith", "Gives values names within."},
		{"safe", "endsafe", "Writes values within as they are, without escaping."},
		{"block", "endblock", "Names a part; it is shown as it stands."},
		{"comment", "endcomment", "Leaves out what is within."},
		{"verbatim", "endverbatim", "Shows what is within as it is written, tags too."},
		{"firstof", "", "Shows the first of several values that is there."},
		{"sum", "", "Adds values."},
		{"cycle", "", "Shows one of several values, the next one each time around a loop."},
		{"now", "", "Shows the time in a format."},
		{"script", "", "Links a script."},
		{"style", "", "Links a style sheet."},
	}
}

//nolint:gochecknoglobals // constants
var filterSummaries = map[string]string{
	"upper": "In capitals.", "lower": "In small letters.", "capitalize": "With a capital at the beginning, and none elsewhere.",
	"title": "With a capital at the beginning of each word.", "str": "As text.", "name": "A key without its colon.",
	"add": "Adds numbers, or appends texts.", "multiply": "Multiplies by a number.", "divide": "Divides by a number.",
	"round": "To the nearest whole number.", "double-format": "With so many decimal places.", "number-format": "In a format such as %.2f.",
	"currency-format": "As an amount of money, in a locale.", "get-digit": "A digit, counted from the right.", "between?": "Whether it lies between two numbers.",
	"first": "The first item.", "last": "The last item.", "rand-nth": "One item at random.", "take": "The first so many items.",
	"drop": "All but the first so many items.", "drop-last": "All but the last so many items.", "join": "The items as one text, with a text between them.",
	"sort": "Sorted.", "sort-reversed": "Sorted the other way round.", "sort-by": "Sorted by a key.", "sort-by-reversed": "Sorted by a key, the other way round.",
	"range": "The numbers from 0 up to it.", "count": "How many there are.", "length": "How many there are.",
	"count-is": "Whether there are so many.", "length-is": "Whether there are so many.", "empty?": "Whether there is nothing in it.",
	"not-empty": "Itself, or nothing if there is nothing in it.", "pluralize": "An ending for any number but 1, or one for each case.",
	"default": "Another value if it is missing.", "default-if-empty": "Another value if it is missing or empty.", "json": "As JSON.",
	"safe": "As it is, without escaping; it has to be the last filter.", "replace": "With one text in place of another.", "remove": "Without certain characters.",
	"remove-tags": "Without certain HTML tags.", "addslashes": "With a backslash before quotes.", "subs": "A part of the text, with an ending if it was cut.",
	"center": "In the middle of so many characters.", "urlescape": "As part of a URL.", "hash": "Its digest, such as md5 or sha256.",
	"abbreviate": "Cut to a length.", "abbr-left": "What abbreviate cuts is on the left.", "abbr-middle": "What abbreviate cuts is in the middle.",
	"abbr-right": "What abbreviate cuts is on the right.", "abbr-ellipsis": "What abbreviate puts in place of what it cuts.",
	"linebreaks": "With HTML paragraphs and line breaks.", "linebreaks-br": "With HTML line breaks.", "linenumbers": "With a number before each line.",
	"email": "As an HTML link for e-mail.", "phone": "As an HTML link for a telephone number.", "date": "A time in a format, in a locale.",
	"timestamp": "A time as a number of seconds, or of milliseconds.", "get": "The value of a key, or the item at an index.",
	"find": "The first item whose key has a value.", "page": "A page of a list, by its number and size.", "shift": "A time, later or earlier by a duration.",
	"base64": "As Base64.",
}

func filterSummary(name string) string { return filterSummaries[name] }
