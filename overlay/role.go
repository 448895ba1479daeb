package overlay

import (
	"strconv"
	"time"

	"filbert/overlay/handshake"
)

// Mode is what a node may be in the two-tier network.
type Mode int

// Modes.
const (
	ModeUltrapeer Mode = iota // an ultrapeer, always
	ModeLeaf                  // a leaf, always
	ModeAuto                  // a leaf, until what it saw of itself makes it an ultrapeer
)

var modeNames = [...]string{"ultrapeer", "leaf", "auto"}

func (m Mode) String() string {
	if m >= 0 && int(m) < len(modeNames) {
		return modeNames[m]
	}
	return "Mode(" + strconv.Itoa(int(m)) + ")"
}

// first is the role a node begins with.
func (m Mode) first() handshake.Role {
	if m == ModeUltrapeer {
		return handshake.RoleUltrapeer
	}
	return handshake.RoleLeaf
}

// fitness is what a node has seen of itself. It believes nobody else about it,
// and nobody believes it: who only claims to be fit would collect leaves that it
// cannot serve (THREATS T6).
type fitness struct {
	uptime    time.Duration // of this run
	reachable bool          // others have connected from outside lately
	slots     int           // leaves it has file descriptors for
	wanted    bool          // an ultrapeer said that more are needed
	leaves    int
	idle      time.Duration // since there was a leaf, or since it became an ultrapeer
	ultras    int           // ultrapeers it is linked to
}

// lacks tells what keeps a leaf from being an ultrapeer, "" when nothing does.
func (f fitness) lacks() string {
	switch {
	case f.uptime < promoteUptime:
		return "has not run for long enough"
	case !f.reachable:
		return "nobody has connected from outside"
	case f.slots < promoteSlots:
		return "has room for too few leaves"
	case !f.wanted:
		return "no ultrapeer asked for more of them"
	}
	return ""
}

// fails tells why an ultrapeer should be a leaf again, "" when it should not.
// One without others to go to stays what it is: somebody must.
func (f fitness) fails() string {
	switch {
	case f.ultras < leafWant:
		return ""
	case !f.reachable:
		return "nobody connects from outside any more"
	case f.leaves == 0 && f.idle >= demoteIdle:
		return "no leaf wants it"
	}
	return ""
}
