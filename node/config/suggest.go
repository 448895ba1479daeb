package config

import "strings"

// nearest returns the known name that differs least from one that is not known,
// or "" if none is near.
func nearest(name string, known []string) string {
	if len(name) > maxSuggest {
		return ""
	}
	name = canonical(name)
	best, least := "", 1+max(1, len(name)/3)
	for _, candidate := range known {
		if d := distance(name, canonical(candidate)); d < least {
			best, least = candidate, d
		}
	}
	return best
}

// canonical makes names alike that people write differently, and takes off what
// all variables begin with.
func canonical(name string) string {
	name = strings.TrimPrefix(strings.ToUpper(name), envPrefix)
	return strings.ReplaceAll(name, "_", "-")
}

// distance returns how many bytes must be inserted, removed or replaced, or
// neighboring ones swapped, to turn a into b (optimal string alignment).
func distance(a, b string) int {
	before, last, row := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := 1; i <= len(a); i++ {
		before, last, row = last, row, before
		row[0] = i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			row[j] = min(last[j]+1, row[j-1]+1, last[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
	}
	return row[len(b)]
}
