package mockspec

import "strings"

// suggest returns the candidate that a person most likely meant by name, or "" when none is near enough:
// at most one edit for short names and two for longer ones, case and `_` for `-` being free.
func suggest(name string, candidates []string) string {
	norm := func(s string) []rune {
		if len(s) > 64 {
			s = s[:64]
		}
		return []rune(strings.ReplaceAll(strings.ToLower(s), "_", "-"))
	}
	want := norm(name)
	limit := 2
	if len(want) <= 4 {
		limit = 1
	}
	best, bestDistance := "", limit+1
	for _, c := range candidates {
		have := norm(c)
		if c == "" || abs(len(have)-len(want)) > limit {
			continue
		}
		if d := distance(want, have); d < bestDistance && d < len(have) {
			best, bestDistance = c, d
		}
	}
	return best
}

// distance is the Damerau-Levenshtein distance (optimal string alignment): edits, and swaps of neighbours.
func distance(a, b []rune) int {
	before, prev := make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range prev {
		prev[j] = j
	}
	for i := 1; i <= len(a); i++ {
		row := make([]int, len(b)+1)
		row[0] = i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			row[j] = min(row[j-1]+1, prev[j]+1, prev[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
		before, prev = prev, row
	}
	return prev[len(b)]
}

func abs(n int) int {
	if n < 0 {
		return -n
	}
	return n
}
