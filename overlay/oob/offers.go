package oob

import (
	"math/rand/v2"
	"net/netip"
	"slices"
	"strconv"
	"time"

	"filbert/overlay/wire"
)

// Answer is what one query is answered with.
type Answer struct {
	GUID    wire.GUID      // of the query
	Hops    wire.Hops      // it had made
	To      netip.AddrPort // where it wants its hits
	Secure  bool           // it takes version 3
	Deflate bool           // it takes deflated hits
	Records []wire.Record
}

// Offers is what a responder offered, and what was claimed of it.
type Offers struct {
	rnd   *rand.Rand
	list  []*offer // oldest first
	hosts map[netip.Addr]*host
	held  int // bytes
	due   []Action
}

// offer goes waiting → (challenged →) sending → gone.
type offer struct {
	Answer
	state   state
	since   time.Time // it is in this state
	tries   int       // offers or pings sent in it
	next    time.Time // of these
	claimer netip.AddrPort
	token   []byte
	packets [][]wire.Record
	size    int
}

type state uint8

const (
	waiting state = iota // for the claim
	challenged
	sending
	gone
)

// host is one address that is offered hits.
type host struct {
	offers    int       // in the list
	packets   int       // of these, not sent yet
	next      time.Time // when one may be sent
	unclaimed int       // offers in a row
	refused   time.Time // no offers until then
}

// NewOffers returns an empty Offers. rnd belongs to it from now on.
func NewOffers(rnd *rand.Rand) *Offers {
	return &Offers{rnd: rnd, hosts: make(map[netip.Addr]*host)}
}

// Refusal says why hits cannot go out of band.
type Refusal uint8

// The refusals.
const (
	Taken     Refusal = iota // no refusal
	Full                     // no room
	Busy                     // the host has enough offers
	Shunned                  // the host left offers alone
	Unknown                  // nothing was offered under that GUID
	Elsewhere                // a claim not from where the offer went
	Version                  // a claim of another version than the offer
	Again                    // claimed already
)

var refusalNames = [...]string{"taken", "full", "busy", "shunned", "unknown", "elsewhere", "version", "again"}

func (r Refusal) String() string {
	if int(r) < len(refusalNames) {
		return refusalNames[r]
	}
	return "Refusal(" + strconv.Itoa(int(r)) + ")"
}

// Add keeps an answer whose first offer the caller sends. Anything but Taken
// leaves the answer to the caller.
func (o *Offers) Add(now time.Time, a Answer) Refusal {
	size := 0
	for i := range a.Records {
		size += recordSize(&a.Records[i])
	}
	h := o.hosts[a.To.Addr()]
	switch {
	case h == nil && len(o.hosts) >= maxHosts && !o.forgetHosts(now):
		return Full
	case len(o.list) >= maxOffers || o.held+size > maxHeld:
		return Full
	case h != nil && now.Before(h.refused):
		return Shunned
	case h != nil && h.offers >= offersPerHost:
		return Busy
	case o.find(a.GUID) != nil:
		return Again
	case h == nil:
		h = &host{}
		o.hosts[a.To.Addr()] = h
	}
	h.offers++
	o.held += size
	o.list = append(o.list, &offer{Answer: a, since: now, tries: 1, next: now.Add(offerPause), size: size})
	return Taken
}

// Claim takes a claim for an offer; inflates says that its sender takes deflated
// hits, proven that its address is known not to be forged. Only the host that
// was offered the hits gets them, at whichever of its ports the claim came from.
func (o *Offers) Claim(now time.Time, guid wire.GUID, from netip.AddrPort, c wire.OOBClaim, inflates, proven bool) Refusal {
	f := o.find(guid)
	switch {
	case f == nil:
		return Unknown
	case from.Addr() != f.To.Addr():
		return Elsewhere
	case c.Secure != f.Secure:
		return Version
	case f.state != waiting:
		return Again
	}
	h := o.hosts[f.To.Addr()]
	h.unclaimed = 0
	if c.Wanted < wire.OOBAll {
		f.Records = f.Records[:min(len(f.Records), int(c.Wanted))]
	}
	f.packets = Packets(f.Records)
	f.packets = f.packets[:min(len(f.packets), packetsPerHost-h.packets)]
	h.packets += len(f.packets)
	if len(f.packets) == 0 {
		o.end(f)
		o.sweep(now)
		return Taken
	}
	f.claimer, f.token, f.Deflate = from, slices.Clone(c.Token), f.Deflate || inflates
	f.state, f.since, f.tries, f.next = challenged, now, 0, now
	if proven {
		f.state = sending
	}
	return Taken
}

// Proved says that an address is not forged: claims from it are good.
func (o *Offers) Proved(now time.Time, from netip.AddrPort) {
	for _, f := range o.list {
		if f.state == challenged && f.claimer == from {
			f.state, f.since = sending, now
		}
	}
}

// Len is how many offers are held.
func (o *Offers) Len() int { return len(o.list) }

func (o *Offers) find(guid wire.GUID) *offer {
	for _, f := range o.list {
		if f.GUID == guid && f.state != gone {
			return f
		}
	}
	return nil
}

// end gives an offer up; sweep takes it off the list.
func (o *Offers) end(f *offer) {
	h := o.hosts[f.To.Addr()]
	h.offers--
	h.packets -= len(f.packets)
	o.held -= f.size
	f.state = gone
}

func (o *Offers) sweep(now time.Time) {
	o.list = slices.DeleteFunc(o.list, func(f *offer) bool { return f.state == gone })
	if len(o.hosts) >= maxHosts {
		o.forgetHosts(now)
	}
}

// forgetHosts forgets hosts with nothing to remember and reports whether there
// is room again.
func (o *Offers) forgetHosts(now time.Time) bool {
	for addr, h := range o.hosts {
		if h.offers == 0 && h.unclaimed == 0 && !now.Before(h.refused) && !now.Before(h.next) {
			delete(o.hosts, addr)
		}
	}
	if len(o.hosts) < maxHosts {
		return true
	}
	for addr, h := range o.hosts { // those who only left offers alone
		if h.offers == 0 && !now.Before(h.refused) {
			delete(o.hosts, addr)
		}
	}
	return len(o.hosts) < maxHosts
}

// Packets cuts records for messages that fit into small datagrams: of at most
// packetSize bytes, or of one record.
func Packets(records []wire.Record) (out [][]wire.Record) {
	from, size := 0, overhead
	for i := range records {
		n := recordSize(&records[i])
		if i > from && size+n > packetSize {
			out = append(out, records[from:i])
			from, size = i, overhead
		}
		size += n
	}
	if from < len(records) {
		out = append(out, records[from:])
	}
	return out
}

// recordSize is the length of a record in a hit: index, size, name, extensions
// and their NULs.
func recordSize(r *wire.Record) int { return 4 + 4 + len(r.Name) + 1 + len(r.Ext) + 1 }
