package nat

import "fmt"

// Rung is a kind of way to a peer. Lower ones cost less: fewer round trips, and nobody
// else's line.
type Rung uint8

// The rungs, the best first.
const (
	Direct Rung = iota // we connect to it; it may be a port that its router forwards
	Push               // it is asked to connect to us
	Punch              // both open a hole in their NATs
	Relay              // a third party passes the bytes on
	rungs
)

var rungNames = [rungs]string{"direct", "push", "punch", "relay"}

func (r Rung) String() string {
	if r < rungs {
		return rungNames[r]
	}
	return fmt.Sprintf("Rung(%#x)", uint8(r))
}
