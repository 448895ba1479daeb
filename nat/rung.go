package nat

import "fmt"

// Rung is a kind of way to a peer. Lower ones cost less: fewer round trips, and nobody
// else's line.
type Rung uint8

// The rungs, the best first.
const (
	Direct6 Rung = iota // we connect to it by IPv6
	Direct4             // by IPv4; it may be a port that its router forwards
	Push                // it is asked to connect to us
	Punch               // both open a hole in their NATs
	Relay               // a third party passes the bytes on
	rungs
)

var rungNames = [rungs]string{"direct-v6", "direct-v4", "push", "punch", "relay"}

// Direct reports whether it is one by which we connect to the peer itself.
func (r Rung) Direct() bool { return r == Direct6 || r == Direct4 }

func (r Rung) String() string {
	if r < rungs {
		return rungNames[r]
	}
	return fmt.Sprintf("Rung(%#x)", uint8(r))
}
