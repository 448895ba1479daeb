package hostcache

import (
	"net/netip"
	"strconv"
	"time"
)

// Source is how a host became known.
type Source uint8

const (
	FromPong      Source = iota // a pong, or the list in one
	FromTry                     // X-Try-Ultrapeers
	FromHandshake               // the host's own word of where it listens
	FromSaved                   // an earlier run
	FromSeed                    // the configuration: pinned
	FromUser                    // the user, by hand: pinned
	FromCache                   // a UDP host cache, a web cache, or the local network
)

var sourceNames = [...]string{"pong", "x-try", "handshake", "saved", "seed", "user", "cache"}

func (s Source) String() string {
	if int(s) < len(sourceNames) {
		return sourceNames[s]
	}
	return "Source(" + strconv.Itoa(int(s)) + ")"
}

// pins reports whether hosts of the source are never dropped.
func (s Source) pins() bool { return s == FromSeed || s == FromUser }

// Host is what is known of one host.
type Host struct {
	Addr   netip.AddrPort
	Source Source
	From   netip.Addr // who told it; zero: ourselves

	LastSeen    time.Time // it spoke to us, or, if it never did, it was first heard of
	LastTried   time.Time // we dialed it
	LastSuccess time.Time // we were its neighbor, by our own call
	Failures    int       // attempts in a row that came to nothing
}

// table is where an entry stands.
type table uint8

const (
	inNew table = iota
	inTried
	inPinned
	tables
)

// entry is a host with its place.
type entry struct {
	Host
	at      int    // its index in the list
	table   table  // where it stands,
	bucket  bucket // unless pinned
	group   uint64 // keyed hash of its network
	teller  uint64 // keyed hash of the network that told it
	local   bool   // its scope is local
	met     bool   // it told us itself where it listens
	dialing bool   // attempted, outcome unknown
	anchor  bool   // an outbound neighbor, to be dialed first after a restart
	first   bool   // was an anchor before the restart
	due     time.Time
	mute    bool      // it did not answer when it was last attempted
	strikes int       // failures that count against it
	struck  time.Time // the last of them
}

// wait is how long the back-off lasts, zero if it is over.
func (e *entry) wait(now time.Time) time.Duration {
	d := e.due.Sub(now)
	if d > longestWait {
		return 0
	}
	return max(d, 0)
}

// spent reports whether nobody needs the entry any more.
func (e *entry) spent() bool { return e.strikes >= maxStrikes }

// silent is the time since the host was seen.
func (e *entry) silent(now time.Time) time.Duration { return now.Sub(e.LastSeen) }

// direct reports whether we know of the host by more than word of others.
func (e *entry) direct() bool { return e.met || !e.LastSuccess.IsZero() }
