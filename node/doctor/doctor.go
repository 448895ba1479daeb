// Package doctor judges how a node is: from facts somebody else gathered it
// makes checks, each with what was found, what that means and what to do. It
// asks nobody anything and knows no clock.
package doctor

import (
	"fmt"
	"net/netip"
	"time"

	"filbert/nat"
	"filbert/nat/stun"
)

// Facts is what is known of a node at one moment.
type Facts struct {
	Now     time.Time
	Built   time.Time // when the program was made; zero: not known
	Running time.Duration

	Port      uint16
	Neighbors int
	Known     int // hosts that could be called
	Leaf      bool
	Proxies   int // neighbors that pass on who wants to be called
	TCP, UDP  Way

	External netip.Addr   // as others see us; invalid while they do not agree
	Told     bool         // External is the user's word
	Seen     int          // networks that said where they see us
	Own      []netip.Addr // of this machine, without loopback

	STUN      STUN
	Relay     Relay
	TURN      TURN
	Mapping   Mapping
	Router    Router
	Upkeep    Upkeep
	Downloads Disk   // Path is empty if nothing can be fetched
	MaxFiles  uint64 // files and connections open at once; 0: no limit is known
}

// Way is one way of being reached.
type Way struct {
	Open  bool
	Since time.Time // of the verdict; zero: since the start
}

// Mapping is what the router does for us.
type Mapping struct {
	On      bool   // it is asked
	Lease   string // what it gave, such as "192.168.1.1 leads port 6346 here, by PCP"; "" is nothing
	Open    bool   // somebody outside has used it
	CGNAT   bool   // its outside is behind the NAT of a provider
	Failure string // what failed last
}

// Router is what the node has in the table of the router, as far as it knows.
type Router struct {
	None    bool // no router translates for this machine
	Entries int
	Most    int // at a time, so far
	Limit   int
	Refused uint64 // that found no room
}

// Upkeep is what was sent in the last hour while nobody asked for anything.
type Upkeep struct {
	Hour    nat.UpkeepBytes
	Budget  uint64 // of all but groups, for a leaf
	Thrifty bool   // it is used up
}

// STUN is what servers said of how they see us.
type STUN struct {
	At     time.Time // zero: nobody was asked yet
	Local  bool      // those asked are on the local network
	Report stun.Report

	Lasting   stun.Lasting  // of a binding; zero: not known
	KeepAlive time.Duration // between datagrams of a path that carries nothing
}

// Relay is what the node has to do with relays.
type Relay struct {
	At       []netip.AddrPort // over which it is reached
	Serves   bool             // it relays for others
	Circuits int              // that are open over it
	Offered  bool             // a neighbor relays
}

// TURN is what the node has to do with the TURN servers of its settings.
type TURN struct {
	Servers int            // of the settings
	Server  string         // that was asked last, without its password; "" is none
	At      netip.AddrPort // at it, valid while it passes datagrams on for us
	Paths   int            // that lead over it
	Failure string         // why it gave no address
}

// Disk is a folder, and the room there is.
type Disk struct {
	Path string
	Free int64 // bytes
	Err  error // of looking there
}

// Level is how bad it is.
type Level uint8

// The levels, better ones first. Unknown is what will be known later.
const (
	OK Level = iota
	Unknown
	Warn
	Critical
)

var levelNames = [...]string{OK: "ok", Unknown: "unknown", Warn: "warn", Critical: "critical"}

func (l Level) String() string {
	if int(l) < len(levelNames) {
		return levelNames[l]
	}
	return fmt.Sprintf("Level(%#x)", uint8(l))
}

// Check is one judgment. Means and Do are empty where there is nothing to say.
type Check struct {
	Name  string
	Level Level
	Found string
	Means string
	Do    string
}

// Examine makes all checks, always the same and in the same order.
func Examine(f Facts) []Check {
	return []Check{
		f.neighbors(), f.tcp(), f.udp(), f.address(), f.carrier(), f.stun(), f.mapping(), f.router(), f.upkeep(), f.relay(), f.turn(), f.ipv6(), f.clock(), f.disk(), f.files(),
	}
}

// Worst is the worst level of checks, Unknown taken as OK.
func Worst(checks []Check) Level {
	worst := OK
	for _, c := range checks {
		if c.Level != Unknown {
			worst = max(worst, c.Level)
		}
	}
	return worst
}
