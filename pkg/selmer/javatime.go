package selmer

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// timePart is a run of pattern letters, a literal text, or a bracket around an optional part.
type timePart struct {
	letter byte // 0 for a literal, '[' and ']' for brackets
	count  int
	pad    int
	text   string
}

var (
	errPatternQuote   = errors.New("the pattern has an opening quote ' without a closing one")
	errPatternBracket = errors.New("the pattern has a bracket ] without [")
	errPatternChar    = errors.New("the pattern must not contain { } or #")
	errPatternPad     = errors.New("the pattern has a p that is not followed by letters")
	errNoZone         = errors.New("this time has no zone: leave out the letters V v z O X x and Z")
)

// compilePattern reads a pattern of java.time.format.DateTimeFormatter.
func compilePattern(pattern string) ([]timePart, error) {
	var parts []timePart
	depth, pad := 0, 0
	for i := 0; i < len(pattern); {
		c := pattern[i]
		switch {
		case c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z':
			n := 1
			for i+n < len(pattern) && pattern[i+n] == c {
				n++
			}
			i += n
			if c == 'p' {
				if pad > 0 || i >= len(pattern) || !isPatternLetter(pattern[i]) {
					return nil, errPatternPad
				}
				pad = n
				continue
			}
			if !validCount(c, n) {
				return nil, fmt.Errorf("`%s` has no meaning in a pattern of a date", strings.Repeat(string(c), min(n, 24)))
			}
			parts = append(parts, timePart{letter: c, count: n, pad: pad})
			pad = 0
			continue
		case c == '\'':
			text, n, ok := quotedLiteral(pattern[i:])
			if !ok {
				return nil, errPatternQuote
			}
			parts = append(parts, timePart{text: text})
			i += n
			continue
		case c == '[':
			depth++
			parts = append(parts, timePart{letter: '['})
		case c == ']':
			if depth == 0 {
				return nil, errPatternBracket
			}
			depth--
			parts = append(parts, timePart{letter: ']'})
		case c == '{' || c == '}' || c == '#':
			return nil, errPatternChar
		default:
			parts = append(parts, timePart{text: pattern[i : i+1]})
		}
		i++
	}
	return parts, nil
}

func isPatternLetter(c byte) bool { return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' }

// quotedLiteral reads '…' with ” for a quote, and returns how long it is.
func quotedLiteral(s string) (text string, n int, ok bool) {
	var b strings.Builder
	for n = 1; n < len(s); n++ {
		if s[n] != '\'' {
			b.WriteByte(s[n])
			continue
		}
		if n+1 < len(s) && s[n+1] == '\'' {
			b.WriteByte('\'')
			n++
			continue
		}
		if n == 1 {
			return "'", 2, true
		}
		return b.String(), n + 1, true
	}
	return "", 0, false
}

// validCount says how often a letter may be repeated.
func validCount(letter byte, n int) bool {
	switch letter {
	case 'u', 'y', 'Y', 'A', 'n', 'N':
		return n <= 19
	case 'd', 'h', 'H', 'k', 'K', 'm', 's', 'w':
		return n <= 2
	case 'D':
		return n <= 3
	case 'G', 'M', 'L', 'E', 'e', 'Q', 'q', 'X', 'x', 'Z':
		return n <= 5
	case 'c':
		return n <= 5 && n != 2
	case 'a', 'F', 'W':
		return n == 1
	case 'B':
		return n == 1 || n == 4 || n == 5
	case 'S':
		return n <= 9
	case 'V':
		return n == 2
	case 'v', 'O':
		return n == 1 || n == 4
	case 'z':
		return n <= 4
	default:
		return false
	}
}

// formatTime formats a moment as the filter date does: the pattern is one of java.time, or the name of a style.
func formatTime(t time.Time, zoned bool, pattern, language string) (string, error) {
	l := timeLocaleOf(strings.ToLower(language))
	if p, ok := l.style(pattern); ok {
		pattern = p
	}
	parts, err := compilePattern(pattern)
	if err != nil {
		return "", err
	}
	f := timeFormatter{t: t, zoned: zoned, locale: l}
	text, _, err := f.format(parts, 0)
	return string(text), err
}

// style returns the pattern of shortDate … fullDateTime.
func (l timeLocale) style(name string) (string, bool) {
	for i, size := range []string{"full", "long", "medium", "short"} {
		switch name {
		case size + "Date":
			return word(l.date, i), true
		case size + "Time":
			return word(l.time, i), true
		case size + "DateTime":
			return word(l.dateTime, i), true
		}
	}
	return "", false
}

func word(list string, i int) string { return strings.Split(list, "|")[i] }

type timeFormatter struct {
	t      time.Time
	zoned  bool
	locale timeLocale
}

// format writes the parts up to the bracket that ends them, and returns the number of parts it has used. An optional part that cannot be
// written is left out.
func (f timeFormatter) format(parts []timePart, depth int) (text []byte, used int, err error) {
	for i := 0; i < len(parts); i++ {
		part := parts[i]
		switch part.letter {
		case 0:
			text = append(text, part.text...)
			continue
		case '[':
			inner, n, fault := f.format(parts[i+1:], depth+1)
			if fault == nil {
				text = append(text, inner...)
			}
			i += n
			continue
		case ']':
			return text, i + 1, err
		}
		if err != nil {
			continue // only looking for the end of an optional part
		}
		var piece string
		piece, err = f.field(part)
		if err != nil {
			if depth == 0 {
				return nil, len(parts), err
			}
			continue
		}
		for range part.pad - utf16Len(piece) {
			text = append(text, ' ')
		}
		text = append(text, piece...)
	}
	return text, len(parts), err
}

func (f timeFormatter) field(p timePart) (string, error) {
	t := f.t
	switch p.letter {
	case 'G':
		return word(f.locale.eras, btoi(p.count == 4)), nil
	case 'u', 'y':
		return year(t.Year(), p.count), nil
	case 'Y':
		y, _ := weekOf(t)
		return year(y, p.count), nil
	case 'w':
		_, w := weekOf(t)
		return number(w, p.count), nil
	case 'W':
		return number((t.Day()+weekday(t.AddDate(0, 0, 1-t.Day()))-2)/7+1, 1), nil
	case 'D':
		return number(t.YearDay(), p.count), nil
	case 'M', 'L':
		return f.name(f.locale.months, f.locale.shortMonths, int(t.Month())-1, p.count), nil
	case 'd':
		return number(t.Day(), p.count), nil
	case 'Q', 'q':
		return quarter(int(t.Month()-1)/3+1, p.count), nil
	case 'E':
		return f.name(f.locale.days, f.locale.shortDays, weekday(t)-1, max(p.count, 3)), nil
	case 'e', 'c':
		return f.name(f.locale.days, f.locale.shortDays, weekday(t)-1, p.count), nil
	case 'F':
		return number((t.Day()-1)%7+1, 1), nil
	case 'a':
		return word(f.locale.ampm, btoi(t.Hour() >= 12)), nil
	case 'B':
		return dayPeriod(t.Hour()), nil
	case 'h':
		return number((t.Hour()+11)%12+1, p.count), nil
	case 'H':
		return number(t.Hour(), p.count), nil
	case 'k':
		return number((t.Hour()+23)%24+1, p.count), nil
	case 'K':
		return number(t.Hour()%12, p.count), nil
	case 'm':
		return number(t.Minute(), p.count), nil
	case 's':
		return number(t.Second(), p.count), nil
	case 'S':
		return number(t.Nanosecond(), 9)[:p.count], nil
	case 'A':
		return number(int(sinceMidnight(t).Milliseconds()), p.count), nil
	case 'n':
		return number(t.Nanosecond(), p.count), nil
	case 'N':
		return number(int(sinceMidnight(t)), p.count), nil
	}
	if !f.zoned {
		return "", errNoZone
	}
	return f.zone(p), nil
}

// name writes a field that has names: as a number up to two letters, then short, full and as a single letter.
func (f timeFormatter) name(full, short string, i, count int) string {
	switch count {
	case 1, 2:
		return number(i+1, count)
	case 3:
		return word(short, i)
	case 4:
		return word(full, i)
	default:
		first, _ := utf16Slice(word(full, i), 0, 1)
		return upperCase(first)
	}
}

func quarter(q, count int) string {
	switch count {
	case 3:
		return "Q" + strconv.Itoa(q)
	case 4:
		return [...]string{"1st", "2nd", "3rd", "4th"}[q-1] + " quarter"
	case 5:
		return strconv.Itoa(q)
	default:
		return number(q, count)
	}
}

func dayPeriod(hour int) string {
	switch {
	case hour >= 6 && hour < 12:
		return "in the morning"
	case hour >= 12 && hour < 18:
		return "in the afternoon"
	case hour >= 18 && hour < 21:
		return "in the evening"
	default:
		return "at night"
	}
}

func year(y, count int) string {
	if count == 2 {
		return number(y%100, 2)
	}
	return number(y, count)
}

func number(n, width int) string {
	s := strconv.Itoa(n)
	if len(s) < width {
		s = strings.Repeat("0", width-len(s)) + s
	}
	return s
}
