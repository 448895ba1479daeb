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

// Select returns the cases that a pattern means: the one of that name, else all
// of that area, else those whose name matches it (path.Match) or has it as a
// part; all for "".
func Select(pattern string) []Case {
	for _, means := range []func(c Case) bool{
		func(c Case) bool { return c.Name == pattern },
		func(c Case) bool { return c.Area() == pattern },
		func(c Case) bool {
			matched, err := path.Match(pattern, c.Name)
			return strings.Contains(c.Name, pattern) || matched && err == nil
		},
	} {
		var some []Case
		for _, c := range Cases() {
			if means(c) {
				some = append(some, c)
			}
		}
		if len(some) > 0 {
			return some
		}
	}
	return nil
}
