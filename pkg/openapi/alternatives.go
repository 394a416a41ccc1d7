package openapi

import (
	"net/http"
	"strconv"
	"strings"
)

// alternative is an answer that is given to the requests that ask for it, or that are those of its example.
type alternative struct {
	when   *value // a condition
	answer answer
}

// maxAlternatives bounds the answers of one operation besides the one that is given by default.
const maxAlternatives = 60

// example is one of the examples of a media type.
type example struct {
	name  string // "" if it has none
	value *value // nil: the answer is made from the schema
}

// alternatives are all documented answers but the default one, which has the response `chosen` and its first example: an entry for
// each named example, and one for each status. Those that name an example come first, ranges of statuses last.
func (im *importer) alternatives(op, responses *value, parameters []*value, chosen int) []alternative {
	shared := im.sharedNames(op, responses)
	var named, coded, ranges []alternative
	for i, code := range responses.keys {
		response := im.resolve(responses.items[i])
		if rank(code) == 0 || response == nil || response.kind != kindObject {
			continue
		}
		status, matches := statusOf(code)
		for n, e := range im.examplesOf(op, response) {
			if len(named)+len(coded)+len(ranges) >= maxAlternatives {
				im.warn(response, CodeSimplified, "only %d answers of an operation are kept: the others are left out", maxAlternatives)
				return append(append(named, coded...), ranges...)
			}
			isDefault := i == chosen && n == 0
			var when []*value
			if n == 0 && i != chosen {
				when = append(when, condition("prefer.code", matches))
			}
			if e.name != "" && !isDefault {
				one := condition("prefer.example", textOf(inert(e.name)))
				if shared[e.name] {
					one.set("prefer.code", matches)
				}
				when = append(when, one)
			}
			if e.name != "" {
				if own := im.requestOf(op, parameters, e.name); own != nil && !isDefault {
					when = append(when, own)
				}
			}
			if len(when) == 0 {
				continue
			}
			a := alternative{when: anyOf(when), answer: im.answerOf(op, response, status, e)}
			switch {
			case matches.kind == kindObject:
				if given := rank(responses.keys[chosen]) % 1000; rank(responses.keys[chosen]) != rank("default") && (given >= 400 || status < 400) {
					a.when.set("not", condition("prefer.code", integer(int64(given))))
				}
				a.answer.echoes = true
				ranges = append(ranges, a)
			case n > 0 || i == chosen:
				named = append(named, a)
			default:
				coded = append(coded, a)
			}
		}
	}
	return append(append(named, coded...), ranges...)
}

// sharedNames are the names that examples of several responses have.
func (im *importer) sharedNames(op, responses *value) map[string]bool {
	shared, seen := map[string]bool{}, map[string]bool{}
	for i := range responses.items {
		own := map[string]bool{}
		for _, e := range im.examplesOf(op, im.resolve(responses.items[i])) {
			own[e.name] = true
		}
		for name := range own {
			shared[name] = shared[name] || seen[name]
			seen[name] = true
		}
	}
	return shared
}

// examplesOf are the examples of a response, at least one without a value.
func (im *importer) examplesOf(op, response *value) []example {
	if im.version != 2 {
		_, media := mediaOf(response.get("content"))
		if examples := im.resolve(media).get("examples"); examples != nil && examples.kind == kindObject && len(examples.items) > 0 {
			var all []example
			for i, e := range examples.items {
				if found := im.resolve(e).get("value"); found != nil {
					all = append(all, example{oneLine(examples.keys[i], 100), found})
				}
			}
			if len(all) > 0 {
				return all
			}
		}
	}
	_, _, value := im.content(op, response)
	return []example{{"", value}}
}

// statusOf is the status that is answered for the name of a response, and what a preferred code must be to get it.
func statusOf(code string) (int, *value) {
	matches := func(pattern string) *value { return condition("matches", textOf(pattern)) }
	switch strings.ToUpper(code) {
	case "2XX":
		return http.StatusOK, matches(`2\d\d`)
	case "3XX":
		return http.StatusFound, matches(`3\d\d`)
	case "4XX":
		return http.StatusBadRequest, matches(`4\d\d`)
	case "5XX":
		return http.StatusInternalServerError, matches(`5\d\d`)
	case "DEFAULT":
		return http.StatusInternalServerError, matches(`[45]\d\d`)
	}
	status, _ := strconv.Atoi(code)
	return status, integer(int64(status))
}

// answerOf is the answer that one response gives with one of its examples.
func (im *importer) answerOf(op, response *value, status int, e example) answer {
	a := answer{status: status, headers: emptyObject()}
	im.headers(&a, response)
	if status != http.StatusNoContent && status != http.StatusResetContent && status != http.StatusNotModified {
		kind, schema, _ := im.content(op, response)
		im.body(&a, kind, schema, e.value)
	}
	return a
}

// requestOf is the condition that a request is the one of a named example; nil if nothing says what that is like.
func (im *importer) requestOf(op *value, parameters []*value, name string) *value {
	when := emptyObject()
	for _, p := range parameters {
		v := im.resolve(p.get("examples").get(name)).get("value")
		if v == nil || v.kind >= kindList || v.kind == kindNull || len(v.text) > maxHeader {
			continue
		}
		root := map[string]string{"path": "path-params.", "query": "query-params.", "header": "header-params.", "cookie": "cookies."}[p.string("in")]
		key := p.string("name")
		if root == "path-params." {
			key = parameterName(key)
		}
		if root == "" || !isToken(key) || strings.Contains(key, ".") || strings.Contains(key, "|") {
			continue
		}
		when.set(root+key, inertValue(v))
	}
	_, media := mediaOf(im.resolve(op.get("requestBody")).get("content"))
	if v := im.resolve(im.resolve(media).get("examples").get(name)).get("value"); v != nil {
		if v.kind == kindText {
			if parsed, err := readJSON(im.ctx, []byte(v.text), maxBodyValues); err == nil {
				v = parsed
			}
		}
		if v.kind == kindObject && len(jsonText(v)) <= maxCompared*maxCompared {
			when.set("json-params", condition("equals", inertValue(v)))
		}
	}
	if len(when.items) == 0 {
		return nil
	}
	when.set("prefer", condition("absent", boolean(true)))
	return when
}

// condition is a map of one line.
func condition(left string, right *value) *value {
	c := emptyObject()
	c.set(left, right)
	return c
}

// anyOf is a condition that holds when one of them does.
func anyOf(conditions []*value) *value {
	if len(conditions) == 1 {
		return conditions[0]
	}
	return condition("any", listOf(conditions...))
}
