package queue

import (
	"net/netip"
	"time"

	"filbert/transfer"
)

// ID names a place to the peer (PARQ 1.0). Here it is found by its host, as it is
// the host's, whatever file it asks for.
type ID [16]byte

// Place is a place in line: a host that waits.
type Place struct {
	ID    ID
	Since time.Time

	// Below: of its last question.
	Addr  netip.Addr
	Agent string // fit for display
	File  transfer.File

	host, network netip.Prefix
	held          bool      // its question waits with us
	due           time.Time // when it may ask again
	expires       time.Time // when it is given up, unless held
	turn          Turn      // that Advance granted
}

// Turn is what Advance granted.
func (p *Place) Turn() Turn { return p.turn }

// Held reports whether the question waits with us.
func (p *Place) Held() bool { return p.held }

// Notice is what one in line is told.
type Notice struct {
	ID       ID
	Position int           // from 1 on
	Length   int           // of the line
	ETA      time.Duration // until its turn, as far as one can tell
	Retry    time.Duration // not to ask again before
	Lifetime time.Duration // to ask again by
	Early    bool          // the question came before the time that was told
}

// line is who waits, in order.
type line []*Place

// find finds the place of a host, nil if it has none.
func (l line) find(host netip.Prefix) *Place {
	for _, p := range l {
		if p.host == host {
			return p
		}
	}
	return nil
}

// room tells whether one more of a network may wait.
func (l line) room(network netip.Prefix) bool {
	of := 0
	for _, p := range l {
		if p.network == network {
			of++
		}
	}
	return len(l) < maxPlaces && (!network.IsValid() || of < maxNetworkPlaces)
}

// others reports whether anybody else than host waits.
func (l line) others(host netip.Prefix) bool {
	for _, p := range l {
		if p.host != host {
			return true
		}
	}
	return false
}
