package conform

import (
	"path"
	"strings"
)

// Case is one conversation with a servent.
type Case struct {
	Name   string // area/slug
	Checks string // what must hold, as a sentence
	Source string // where that is written

	run func(t *trial)
}

// Area is the part of the protocol a case belongs to.
func (c Case) Area() string {
	area, _, _ := strings.Cut(c.Name, "/")
	return area
}

// Cases lists all cases, area by area, in the order in which they run.
func Cases() []Case {
	var all []Case
	for _, area := range [][]Case{
		handshakeCases, headerCases, pingCases, ttlCases, duplicateCases, hitCases, sharedCases, pushCases, byeCases,
		deflateCases, tlsCases, leafCases, routeCases, vendorCases, httpCases, browseCases, datagramCases, callingCases,
		malformedCases,
	} {
		all = append(all, area...)
	}
	return all
}

// Select returns the cases that a pattern means: a whole name, an area, a
// pattern of path.Match or a part of a name; all for "".
func Select(pattern string) []Case {
	var some []Case
	for _, c := range Cases() {
		if c.Name == pattern {
			return []Case{c}
		}
		matched, err := path.Match(pattern, c.Name)
		if pattern == "" || pattern == c.Area() || strings.Contains(c.Name, pattern) || matched && err == nil {
			some = append(some, c)
		}
	}
	return some
}
