package remote

import (
	"strings"
	"unicode"
)

// Printable keeps what somebody else wrote from sending control sequences to a terminal, in one line.
func Printable(s string) string { return printable(s, "") }

// PrintableText is Printable for text of several lines.
func PrintableText(s string) string { return printable(s, "\n\t") }

func printable(s, but string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) && !strings.ContainsRune(but, r) {
			return unicode.ReplacementChar
		}
		return r
	}, s)
}
