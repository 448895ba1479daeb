package overlay

import "strconv"

// DropReason says why a message went no further.
type DropReason int

// Reasons, one for every place where the core gives a message up.
const (
	DropMalformed   DropReason = iota // does not parse
	DropUnknownType                   // a message type nobody told us of
	DropUnsupported                   // a type this servent does not handle
	DropSingleHop                     // a message for neighbors that was passed on
	DropTooBig                        // above the size at which it is still relayed
	DropHopsEnded                     // 255 hops
	DropTTLZero                       // arrived with TTL 0
	DropTTLHigh                       // TTL and hops above the hard limit; answered, not relayed
	DropExpired                       // TTL ended here before its goal was reached
	DropDuplicate                     // came another way before
	DropAgain                         // the same neighbor sent it before
	DropOwn                           // our own, come back
	DropAncient                       // a query of a servent from before 2002
	DropShortQuery                    // a query too short to mean anything
	DropNoRoute                       // nobody to give it to
	DropPingEarly                     // a ping before its time
	DropPongMany                      // more pongs than we look at
	DropAddress                       // an address nobody can use
	DropForged                        // a servent GUID that cannot be
	DropMatcherBusy                   // more queries than can be matched
	DropSearchBusy                    // hits faster than the search takes them
	DropDatagram                      // a datagram above the rate we answer
	DropRoutes                        // a route table that breaks the rules
	DropAsking                        // a leaf's query beyond those that are asked for it at once
	DropTarget                        // would have us call an address that may not be called
	DropCallMany                      // would have us call more often than is good
	DropRole                          // not for a servent of that role to send
	DropUnasked                       // a datagram that answers nothing of ours
	DropToken                         // a datagram without the token it needs
	dropReasons
)

var dropNames = [dropReasons]string{
	"malformed", "unknown-type", "unsupported", "single-hop", "too-big", "hops-ended", "ttl-zero", "ttl-high", "expired",
	"duplicate", "again", "own", "ancient", "short-query", "no-route", "ping-early", "pong-many", "address", "forged",
	"matcher-busy", "search-busy", "datagram", "routes", "asking", "target", "call-many", "role", "unasked", "token",
}

func (r DropReason) String() string {
	if r >= 0 && r < dropReasons {
		return dropNames[r]
	}
	return "DropReason(" + strconv.Itoa(int(r)) + ")"
}

// Drops counts messages by the reason they were dropped for.
type Drops [dropReasons]uint64

// Map returns the reasons that occurred, by name.
func (d *Drops) Map() map[string]uint64 {
	m := map[string]uint64{}
	for r, n := range d {
		if n > 0 {
			m[DropReason(r).String()] = n
		}
	}
	return m
}
