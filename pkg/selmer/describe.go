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
		{"if", "endif", "Shows its content if a condition holds; with elif and else."},
		{"ifequal", "endifequal", "Shows its content if two values are equal; with else."},
		{"ifunequal", "endifunequal", "Shows its content if two values differ; with else."},
		{"for", "endfor", "Repeats its content for each item of a list or map; with empty, for when there are none."},
		{"with", "endwith", "Gives names to values, for its content."},
		{"safe", "endsafe", "Writes the values in its content unescaped."},
		{"block", "endblock", "Names a part of the template; its content is shown as it is."},
		{"comment", "endcomment", "Leaves out its content."},
		{"verbatim", "endverbatim", "Shows its content as written, tags included."},
		{"firstof", "", "Shows the first of several values that is present."},
		{"sum", "", "Adds values."},
		{"cycle", "", "Shows one of several values, the next one each time around a loop."},
		{"now", "", "Shows the time in a format."},
		{"script", "", "Links a script."},
		{"style", "", "Links a style sheet."},
	}
}

//nolint:gochecknoglobals // constants
var filterSummaries = map[string]string{
	"upper": "In upper case.", "lower": "In lower case.", "capitalize": "With a capital first letter, and the rest in lower case.",
	"title": "With a capital first letter in each word.", "str": "As text.", "name": "A key without its colon.",
	"add": "Adds numbers, or appends texts.", "multiply": "Multiplies by a number.", "divide": "Divides by a number.",
	"round": "To the nearest whole number.", "double-format": "With a given number of decimal places.", "number-format": "In a format such as %.2f.",
	"currency-format": "As an amount of money, in a locale.", "get-digit": "A digit, counted from the right.", "between?": "Whether it lies between two numbers.",
	"first": "The first item.", "last": "The last item.", "rand-nth": "One item at random.", "take": "A given number of items from the start.",
	"drop": "All but a given number of items from the start.", "drop-last": "All but a given number of items at the end.", "join": "The items as one text, with a separator between them.",
	"sort": "Sorted.", "sort-reversed": "Sorted in reverse.", "sort-by": "Sorted by a key.", "sort-by-reversed": "Sorted by a key, in reverse.",
	"range": "The numbers from 0 up to it.", "count": "The number of items.", "length": "The number of items.",
	"count-is": "Whether it has a given number of items.", "length-is": "Whether it has a given number of items.", "empty?": "Whether it is empty.",
	"not-empty": "The value itself, or nothing if it is empty.", "pluralize": "A plural ending for any number but 1, or an ending for each case.",
	"default": "A default if it is missing.", "default-if-empty": "A default if it is missing or empty.", "json": "As JSON.",
	"safe": "As it is, without escaping; it has to be the last filter.", "replace": "With one text replaced by another.", "remove": "Without certain characters.",
	"remove-tags": "Without certain HTML tags.", "addslashes": "With a backslash before quotes.", "subs": "A part of the text, with an ending if it was cut.",
	"center": "Centred in a given number of characters.", "urlescape": "As part of a URL.", "hash": "Its digest, such as md5 or sha256.",
	"abbreviate": "Cut to a length.", "abbr-left": "Lets abbreviate cut on the left.", "abbr-middle": "Lets abbreviate cut in the middle.",
	"abbr-right": "Lets abbreviate cut on the right.", "abbr-ellipsis": "The text that abbreviate puts where it cuts.",
	"linebreaks": "With HTML paragraphs and line breaks.", "linebreaks-br": "With HTML line breaks.", "linenumbers": "With a number before each line.",
	"email": "As an HTML link for e-mail.", "phone": "As an HTML link for a telephone number.", "date": "A time in a format, in a locale.",
	"timestamp": "A time as a number of seconds, or of milliseconds.", "get": "The value of a key, or the item at an index.",
	"find": "The first item whose key has a value.", "page": "A page of a list, by its number and size.", "shift": "A time, later or earlier by a duration.",
	"base64": "As Base64.",
}

func filterSummary(name string) string { return filterSummaries[name] }
