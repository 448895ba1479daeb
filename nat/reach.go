package nat

import (
	"fmt"
	"slices"
)

// Reach is how good the way to a peer is.
type Reach uint8

// The reaches, the best first.
const (
	Reachable   Reach = iota // directly
	Helped                   // with the help of others, or of the peer
	Unreachable              // as far as is known
)

var reachNames = [...]string{"direct", "helped", "none"}

func (r Reach) String() string {
	if int(r) < len(reachNames) {
		return reachNames[r]
	}
	return fmt.Sprintf("Reach(%#x)", uint8(r))
}

// Best is how a peer is reached by the steps of a Plan: what failed of late, and what
// hardly leads anywhere, does not count.
func Best(steps []Step) Reach {
	leads := func(s Step) bool { return s.Try && !s.Failed && (!s.unlikely || s.Worked) }
	switch {
	case slices.ContainsFunc(steps, func(s Step) bool { return s.Rung.Direct() && leads(s) }):
		return Reachable
	case slices.ContainsFunc(steps, leads):
		return Helped
	}
	return Unreachable
}
