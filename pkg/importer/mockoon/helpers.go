package mockoon

import (
	"slices"
	"strconv"
	"strings"

	"github.com/mocloud/mocloud/pkg/importer/internal/draft"
	"github.com/mocloud/mocloud/pkg/importer/internal/handlebars"
)

// argument is an argument of a helper.
func (w *writer) argument(a handlebars.Arg, index string) (value, bool) {
	switch a.Kind {
	case handlebars.Text, handlebars.Word:
		return value{text: a.Value, literal: true}, true
	case handlebars.Inner:
		return w.expression(a.Call, index)
	case handlebars.Name:
		return w.expression(&handlebars.Call{Name: a.Value}, index)
	case handlebars.Option:
	}
	return value{}, false
}

// expression is what a helper gives, as mocks say it; false if they cannot.
func (w *writer) expression(c *handlebars.Call, index string) (value, bool) {
	if c.Name == "" && len(c.Args) == 1 {
		return w.argument(c.Args[0], index)
	}
	if e, ok := w.ofRequest(c); ok {
		return e, true
	}
	if name := made(c.Name); name != "" {
		return value{text: name}, true
	}
	if filter := filterOf(c.Name); filter != "" && len(c.Args) == 1 {
		inner, ok := w.argument(c.Args[0], index)
		if !ok || inner.literal {
			return value{}, false
		}
		return value{text: strings.TrimSuffix(inner.text, "|safe") + "|" + filter, plain: inner.plain}, true
	}
	switch c.Name {
	case "@index":
		return value{text: index, literal: true}, index != ""
	case "int":
		return w.integer(c), true
	case "now":
		if len(c.Args) == 0 {
			return value{text: "now"}, true
		}
		if format := c.Args[0].Value; len(c.Args) == 1 && c.Args[0].Kind == handlebars.Text && javaFormat(format) {
			return value{text: `now|date:"` + format + `"`}, true
		} else if format == "" && c.Args[0].Kind == handlebars.Text {
			return value{text: "now"}, true
		}
	case "faker":
		if len(c.Args) > 0 {
			if name := faker(c.Args[0].Value); name != "" {
				return value{text: name}, true
			}
		}
	case "data", "dataRaw":
		return w.data(c)
	}
	return value{}, false
}

// filterOf is the filter that does what a helper does; "" if there is none.
func filterOf(helper string) string {
	switch helper {
	case "lowercase":
		return "lower"
	case "uppercase":
		return "upper"
	case "base64":
		return "base64"
	case "base64Decode":
		return `base64:"decode"`
	case "len":
		return "count"
	case "stringify":
		return "json"
	}
	return ""
}

// ofRequest is a part of the request.
func (w *writer) ofRequest(c *handlebars.Call) (value, bool) {
	prefix, plain := "", true
	switch strings.TrimSuffix(c.Name, "Raw") {
	case "method":
		return value{text: "request.method", plain: true}, len(c.Args) == 0
	case "hostname":
		return value{text: "request.host", plain: true}, len(c.Args) == 0
	case "ip":
		return value{text: "request.ip", plain: true}, len(c.Args) == 0
	case "body":
		prefix, plain = "json-params.", false
		if len(c.Args) == 0 || c.Args[0].Kind == handlebars.Text && c.Args[0].Value == "" {
			return value{text: "request.body|safe"}, true
		}
	case "queryParam":
		prefix = "query-params."
	case "urlParam":
		prefix = "path-params."
	case "header":
		prefix = "header-params."
	case "cookie":
		prefix = "cookies."
	}
	if prefix == "" || len(c.Args) == 0 || len(c.Args) > 2 || c.Args[0].Kind != handlebars.Text {
		return value{}, false
	}
	name := c.Args[0].Value
	if prefix == "path-params." {
		if name = draft.Parameter(name); !slices.Contains(w.params, name) {
			return value{literal: true}, true // which is empty
		}
	}
	if !dotted.MatchString(name) || prefix != "json-params." && strings.Contains(name, ".") {
		return value{}, false
	}
	e := value{text: prefix + name, plain: plain}
	if len(c.Args) == 2 {
		fallback := c.Args[1]
		switch {
		case fallback.Kind == handlebars.Text && fallback.Value == "":
		case fallback.Kind == handlebars.Text && !strings.ContainsAny(fallback.Value, "\"\\{}%|"):
			e.text += `|default:"` + fallback.Value + `"`
		case fallback.Kind == handlebars.Word:
			e.text += "|default:" + fallback.Value
		default:
			return value{}, false
		}
	}
	return e, true
}

// integer is a random whole number.
func (w *writer) integer(c *handlebars.Call) value {
	bounds := make([]int, 0, 2)
	for _, a := range c.Args {
		if n, err := strconv.Atoi(a.Value); err == nil && a.Kind == handlebars.Word && n >= 0 {
			bounds = append(bounds, n)
		}
	}
	if len(bounds) == 2 && bounds[0] <= bounds[1] {
		return value{text: "random." + strconv.Itoa(bounds[0]) + "-" + strconv.Itoa(bounds[1])}
	}
	if len(c.Args) > 0 {
		w.m.Loss(w.at, "the bounds of `int` are left out: mocks know those of two whole numbers from 0")
	}
	return value{text: "random"}
}

// data is a part of the data of the environment.
func (w *writer) data(c *handlebars.Call) (value, bool) {
	if len(c.Args) == 0 || len(c.Args) > 2 || c.Args[0].Kind != handlebars.Text {
		return value{}, false
	}
	b := w.bucketOf(c.Args[0].Value)
	if b == nil {
		return value{}, false
	}
	e := value{text: "state." + b.state, plain: b.text}
	if len(c.Args) == 2 && c.Args[1].Value != "" {
		if c.Args[1].Kind != handlebars.Text || !dotted.MatchString(c.Args[1].Value) {
			return value{}, false
		}
		e.text += "." + c.Args[1].Value
	}
	return e, true
}

// javaFormat reports whether a date pattern means the same in mocks: letters that both use alike, and punctuation.
func javaFormat(format string) bool {
	return format != "" && strings.Trim(format, "yMdHhmsS-/:., ") == ""
}

// made is made-up data: the helpers without arguments that matter.
func made(helper string) string {
	switch helper {
	case "uuid", "guid":
		return "uuid"
	case "boolean":
		return "fake.bool"
	case "title":
		return "fake.name-prefix"
	case "firstName":
		return "fake.first-name"
	case "lastName":
		return "fake.last-name"
	case "company":
		return "fake.company"
	case "domain":
		return "fake.domain-name"
	case "tld":
		return "fake.domain-suffix"
	case "email":
		return "fake.email"
	case "street":
		return "fake.street"
	case "city":
		return "fake.city"
	case "country":
		return "fake.country"
	case "countryCode":
		return "fake.countryabr"
	case "zipcode", "postcode":
		return "fake.zip"
	case "lat":
		return "fake.latitude"
	case "long":
		return "fake.longitude"
	case "phone":
		return "fake.phone"
	case "color":
		return "fake.safe-color"
	case "hexColor":
		return "fake.hex-color"
	case "ipv4":
		return "fake.ipv4-address"
	case "ipv6":
		return "fake.ipv6-address"
	case "lorem":
		return "fake.lorem-ipsum-sentence"
	}
	return ""
}

// faker is what a name of the library Faker is in mocks.
func faker(name string) string {
	_, short, ok := strings.Cut(name, ".")
	if !ok {
		return ""
	}
	switch short {
	case "uuid":
		return "uuid"
	case "firstName":
		return "fake.first-name"
	case "middleName":
		return "fake.middle-name"
	case "lastName":
		return "fake.last-name"
	case "fullName", "findName":
		return "fake.name"
	case "jobTitle":
		return "fake.job-title"
	case "prefix":
		return "fake.name-prefix"
	case "gender", "sex":
		return "fake.gender"
	case "bio":
		return "fake.bio"
	case "email", "exampleEmail":
		return "fake.email"
	case "userName", "username", "displayName":
		return "fake.username"
	case "password":
		return "fake.password"
	case "url":
		return "fake.url"
	case "domainName":
		return "fake.domain-name"
	case "ip", "ipv4":
		return "fake.ipv4-address"
	case "ipv6":
		return "fake.ipv6-address"
	case "mac":
		return "fake.mac-address"
	case "userAgent":
		return "fake.user-agent"
	case "city":
		return "fake.city"
	case "country":
		return "fake.country"
	case "countryCode":
		return "fake.countryabr"
	case "state":
		return "fake.state"
	case "street", "streetAddress":
		return "fake.street"
	case "zipCode":
		return "fake.zip"
	case "latitude":
		return "fake.latitude"
	case "longitude":
		return "fake.longitude"
	case "number", "phoneNumber":
		if strings.HasPrefix(name, "phone.") {
			return "fake.phone"
		}
		return "random"
	case "int":
		return "random"
	case "float":
		return "fake.float32"
	case "boolean":
		return "fake.bool"
	case "companyName":
		return "fake.company"
	case "catchPhrase":
		return "fake.slogan"
	case "buzzPhrase":
		return "fake.bs"
	case "productName":
		return "fake.product-name"
	case "productDescription":
		return "fake.product-description"
	case "price", "amount":
		return "fake.price"
	case "currencyCode":
		return "fake.currency-short"
	case "word":
		return "fake.lorem-ipsum-word"
	case "words", "sentence", "lines", "text":
		return "fake.lorem-ipsum-sentence"
	case "paragraph", "paragraphs", "sentences":
		return "fake.paragraph"
	case "human":
		return "fake.color"
	case "past":
		return "fake.pastdate"
	case "future", "soon":
		return "fake.futuredate"
	case "recent":
		return "now"
	case "month":
		return "fake.month-string"
	case "weekday":
		return "fake.weekday"
	case "name":
		if strings.HasPrefix(name, "company.") {
			return "fake.company"
		}
	}
	return ""
}
