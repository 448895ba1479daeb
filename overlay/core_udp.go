package overlay

import (
	"math/rand/v2"
	"net/netip"
	"time"

	"filbert/overlay/guess"
	"filbert/overlay/hostcache"
	"filbert/overlay/oob"
	"filbert/overlay/token"
	"filbert/overlay/wire"
)

// datagrams is what the Core knows of those it talks to by UDP. Every table is
// bounded and forgets.
type datagrams struct {
	tokens   *token.Issuer
	proven   recent[netip.AddrPort, struct{}] // returned something only they were sent
	contacts recent[netip.AddrPort, struct{}] // were sent something
	answered recent[netip.AddrPort, time.Time]
	limit    unproven
	held     recent[netip.AddrPort, []byte]   // requests that wait for a proof
	courted  recent[netip.AddrPort, struct{}] // were asked something of our own accord
	asked    recent[wire.GUID, askedPing]
	inflated bucket

	offers  *oob.Offers // hits of ours
	claims  oob.Claims  // of others
	proxied recent[wire.GUID, proxiedQuery]

	crawlers recent[netip.AddrPort, struct{}] // were answered
	pushes   pushLimit

	askers   recent[wire.GUID, guessAsker] // of GUESS queries
	guess    guess.Asker
	guessing []guessing // our own, at most guess.MaxSearches

	traffic Traffic
}

func newDatagrams(rnd *rand.Rand) datagrams {
	return datagrams{
		tokens:   token.NewIssuer(rnd),
		proven:   newRecent[netip.AddrPort, struct{}](provenHosts, provenLifetime),
		contacts: newRecent[netip.AddrPort, struct{}](contactHosts, contactLifetime),
		answered: newRecent[netip.AddrPort, time.Time](provenHosts, provenLifetime),
		asked:    newRecent[wire.GUID, askedPing](askedPings/2, askedLifetime),
		limit:    newUnproven(),
		held:     newRecent[netip.AddrPort, []byte](heldRequests/2, askedLifetime),
		courted:  newRecent[netip.AddrPort, struct{}](askedPings/2, askedLifetime),
		offers:   oob.NewOffers(rnd),
		proxied:  newRecent[wire.GUID, proxiedQuery](proxiedQueries/2, proxiedLifetime),
		askers:   newRecent[wire.GUID, guessAsker](guessQueries/2, guessLifetime),
		crawlers: newRecent[netip.AddrPort, struct{}](datagramHosts, crawlerPause),
		inflated: bucket{rate: inflateRate, burst: inflateRate},
	}
}

// who is the key of an address in the tables of this file: the host, or, where
// many nodes share a host because it is a laboratory, the socket.
func who(a netip.AddrPort) netip.AddrPort {
	if hostcache.Class(a.Addr()).Local() {
		return a
	}
	return netip.AddrPortFrom(a.Addr(), 0)
}

// isProven reports whether what is sent to an address gets to the one who
// asked: it returned a token of ours lately, or it is a neighbor's.
func (c *Core) isProven(now time.Time, a netip.AddrPort) bool {
	if _, ok := c.udp.proven.get(now, who(a)); ok {
		return true
	}
	for _, n := range c.neighbors {
		if n.remote.Addr() == a.Addr() {
			return true
		}
	}
	return false
}

// prove notes that an address returned what only it was sent.
func (c *Core) prove(now time.Time, a netip.AddrPort) { c.udp.proven.put(now, who(a), struct{}{}) }

// dispatch sends a datagram.
func (c *Core) dispatch(now time.Time, to netip.AddrPort, f wire.Frame) {
	c.udp.contacts.put(now, who(to), struct{}{})
	c.udp.traffic.Sent.count(f.Type(), len(f))
	c.out.add(&Reply{To: to, Frame: f})
}

// room is how long an answer to a request from an address may be, in bytes; 0
// is none. What it allows counts as used. An unproven address gets one answer in
// datagramPause, no longer than its request (THREATS T2); only who was asked
// something of our own accord gets the shortest pong for the shortest ping.
func (c *Core) room(now time.Time, from netip.AddrPort, request int) int {
	if !c.isProven(now, from) {
		if !c.udp.limit.answer(now, from) {
			return 0
		}
		if _, ours := c.udp.courted.get(now, who(from)); ours {
			return max(request, barePong)
		}
		return min(request, maxUnprovenAnswer)
	}
	last, ok := c.udp.answered.get(now, who(from))
	if ok && now.Sub(last) < provenPause && !hostcache.Class(from.Addr()).Local() {
		return 0
	}
	c.udp.answered.put(now, who(from), now)
	return maxDatagramSent
}

// respond sends an answer that room allowed.
func (c *Core) respond(now time.Time, to netip.AddrPort, f wire.Frame) bool {
	if !c.isProven(now, to) && !c.udp.limit.bytes.take(now, len(f)) {
		c.drop(nil, DropDatagram)
		return false
	}
	c.dispatch(now, to, f)
	return true
}

// note sends a small message that is no answer to a datagram and so makes
// nobody a reflector by its size: an offer, a claim, a ping.
func (c *Core) note(now time.Time, to netip.AddrPort, f wire.Frame) bool {
	if !c.isProven(now, to) && !(c.udp.limit.note(now, to) && c.udp.limit.bytes.take(now, len(f))) {
		c.drop(nil, DropDatagram)
		return false
	}
	c.dispatch(now, to, f)
	return true
}

// outside reports whether an address is of the network that all reach.
func (c *Core) outside(a netip.AddrPort) bool {
	stranger := netip.AddrFrom4([4]byte{1, 1, 1, 1})
	return c.cfg.Hosts.Acceptable(a, stranger) == hostcache.Kept
}

// unsolicited takes a datagram for a sign that strangers reach us when nothing of
// ours went to its sender for longer than a NAT remembers.
func (c *Core) unsolicited(now time.Time, ev *Datagram) {
	if c.mayAnswer(now, ev) || !c.outside(ev.From) {
		return
	}
	c.reach.udp[hostcache.Global].prove(now)
}

// mayAnswer reports whether a NAT may have let a datagram in because something went
// from our port to its sender.
func (c *Core) mayAnswer(now time.Time, ev *Datagram) bool {
	_, known := c.udp.contacts.get(now, who(ev.From))
	return known || c.udp.contacts.lossy(now) || ev.Solicited
}

// publicUDP is the address at which strangers reach us by UDP, if we know it and
// they do.
func (c *Core) publicUDP() (netip.AddrPort, bool) {
	addr := c.self.external
	if !addr.IsValid() {
		addr = c.self.agreed(true)
	}
	a := netip.AddrPortFrom(addr, c.self.port)
	return a, c.reach.udp[hostcache.Global].open && addr.Is4() && c.outside(a)
}
