package overlay

import (
	"slices"
	"time"

	"filbert/overlay/hostcache"
	"filbert/overlay/oob"
	"filbert/overlay/wire"
	"filbert/overlay/wire/ggep"
)

// OOB says how the hits of a query may travel besides the way it came.
type OOB uint8

// Bits of OOB.
const (
	OOBWanted  OOB = 1 << iota // by UDP, to the address in its GUID
	OOBSecure                  // its sender takes version 3
	OOBDeflate                 // deflated hits are welcome
)

// oobOf reads from a query how its hits may travel.
func oobOf(payload []byte) (how OOB) {
	flags, _, ext, err := wire.QueryText(payload)
	if err != nil || len(ext) == 0 && flags.Normal()&wire.FlagOOB == 0 {
		return 0
	}
	if flags.Normal()&wire.FlagOOB != 0 {
		how |= OOBWanted
	}
	if _, ok := wire.FindGGEP(ext, ggep.SecureOOB); ok {
		how |= OOBSecure
	}
	if _, ok := wire.FindGGEP(ext, ggep.Deflate); ok {
		how |= OOBDeflate
	}
	return how
}

// clearOOB takes the wish for hits by UDP from a query that names an address
// nobody can have: it is not to be passed on.
func (c *Core) clearOOB(n *neighbor, f wire.Frame) {
	if oobOf(f.Payload())&OOBWanted != 0 && !c.usable(f.GUID().OOBAddr(), n) {
		const high = byte(wire.FlagOOB >> 8)
		f.Payload()[0] &^= high
	}
}

// answerOOB offers what the matcher found by UDP, if the query wants that and
// came from afar, and reports whether it did. Else the hits go the usual way.
func (c *Core) answerOOB(now time.Time, ev *Matched) bool {
	if ev.Link == guessLink {
		c.answerGuess(now, ev)
		return true
	}
	to := ev.GUID.OOBAddr()
	_, open := c.publicUDP()
	if ev.OOB&OOBWanted == 0 || len(ev.Records) == 0 || int(ev.Hops)+1 < oobHops || !open || !c.outside(to) || c.self.is(to) {
		return false
	}
	a := oob.Answer{
		GUID: ev.GUID, Hops: ev.Hops, To: to, Secure: ev.OOB&OOBSecure != 0, Deflate: ev.OOB&OOBDeflate != 0,
		Records: ev.Records[:min(len(ev.Records), maxRecords)],
	}
	return c.offer(now, a)
}

// offer offers hits by UDP and reports whether that was possible.
func (c *Core) offer(now time.Time, a oob.Answer) bool {
	if !c.note(now, a.To, c.offerFrame(a.GUID, a.Secure, len(a.Records))) {
		return false
	}
	return c.udp.offers.Add(now, a) == oob.Taken
}

func (c *Core) offerFrame(guid wire.GUID, secure bool, count int) wire.Frame {
	o := wire.OOBOffer{Secure: secure, Count: uint8(min(count, wire.OOBAll)), Unsolicited: true}
	return c.out.frame(guid, 1, o.Message())
}

// claimDatagram takes a claim for hits that we offered.
func (c *Core) claimDatagram(now time.Time, ev *Datagram, f wire.Frame, v *wire.Vendor) {
	claim, err := v.OOBClaim()
	if err != nil {
		c.drop(nil, DropMalformed)
		return
	}
	inflates := f.TTL()&wire.TTLInflates != 0
	switch c.udp.offers.Claim(now, f.GUID(), ev.From, claim, inflates, c.isProven(now, ev.From)) {
	case oob.Taken:
		c.deliverOffers(now)
	case oob.Unknown, oob.Again:
		c.drop(nil, DropUnasked)
	default:
		c.drop(nil, DropForged)
	}
}

// deliverOffers does what is due about the hits that were offered.
func (c *Core) deliverOffers(now time.Time) {
	for _, act := range c.udp.offers.Due(now) {
		switch act.Kind {
		case oob.Offer:
			c.note(now, act.To, c.offerFrame(act.GUID, act.Secure, len(act.Records)))
		case oob.Ping:
			c.askPing(now, act.To, wire.PingInfo{}, askedProof)
		case oob.InBand:
			c.answer(now, &Matched{GUID: act.GUID, Hops: act.Hops, Records: act.Records})
		case oob.Hits:
			var exts []ggep.Extension
			if act.Secure {
				exts = append(exts, ggep.Extension{ID: ggep.SecureOOB, Data: act.Token})
			}
			c.hitsTo(now, act, exts)
		}
	}
}

// hitsTo sends records to a proven address, signed if there is room for that.
func (c *Core) hitsTo(now time.Time, act oob.Action, exts []ggep.Extension) {
	if !c.isProven(now, act.To) {
		c.drop(nil, DropDatagram) // the proof ended meanwhile
		return
	}
	f := c.hitFrame(act, append(slices.Clone(exts), c.vouch(now, act.Records)...))
	if len(f) > maxDatagramSent {
		f = c.hitFrame(act, exts)
	}
	if len(f) > maxDatagramSent {
		c.drop(nil, DropTooBig)
		return
	}
	c.dispatch(now, act.To, f)
}

func (c *Core) hitFrame(act oob.Action, exts []ggep.Extension) wire.Frame {
	self, _ := c.publicUDP()
	f := c.out.frame(act.GUID, 1, &wire.QueryHit{
		Addr: self, Speed: c.cfg.Speed, Records: act.Records,
		Trailer: c.trailer(hostcache.Class(act.To.Addr()), append(exts, c.hitExtensions(self.Addr(), act.To.Addr())...)...), Servent: c.cfg.GUID,
	})
	if act.Deflate {
		f = deflateDatagram(f)
	}
	return f
}
