package overlay

import (
	"net/netip"
	"time"

	"filbert/overlay/hostcache"
	"filbert/overlay/token"
	"filbert/overlay/wire"
	"filbert/overlay/wire/ggep"
)

// askOOB makes a query of ours one whose hits may come by UDP, where strangers
// reach us: our address goes into its GUID, and it asks for version 3.
func (c *Core) askOOB(now time.Time, guid wire.GUID, q wire.Query) (wire.GUID, wire.Query) {
	at, ok := c.publicUDP()
	if !ok || c.cfg.InBand {
		return guid, q
	}
	asked := q
	asked.Flags |= wire.FlagOOB
	asked.Ext = wire.EditGGEP(q.Ext, nil, ggep.Extension{ID: ggep.SecureOOB})
	if len(asked.AppendTo(nil)) > wire.SoftQuery {
		return guid, q
	}
	guid = guid.WithOOBAddr(at)
	c.udp.claims.Begin(now, guid, oobResults)
	return guid, asked
}

// offerDatagram claims hits that somebody offers for a query of ours or of a
// leaf. Version 2 has no tokens: nobody could tell such hits from forged ones.
func (c *Core) offerDatagram(now time.Time, ev *Datagram, f wire.Frame, v *wire.Vendor) {
	offer, err := v.OOBOffer()
	if err != nil {
		c.drop(nil, DropMalformed)
		return
	}
	guid := f.GUID()
	if !offer.Secure || !c.asksOOB(now, guid) {
		c.drop(nil, DropUnasked)
		return
	}
	wanted := c.udp.claims.Offered(guid, ev.From, offer.Count)
	if wanted == 0 {
		c.drop(nil, DropDatagram)
		return
	}
	tok := c.udp.tokens.Issue(now, token.OutOfBand, ev.From, guid)
	claim := wire.OOBClaim{Secure: true, Wanted: wanted, Token: tok[:]}
	c.court(now, ev.From) // it will want to know whether we are here
	c.note(now, ev.From, c.out.frame(guid, 1|wire.TTLInflates, claim.Message()))
}

// asksOOB reports whether hits for a GUID are still wanted.
func (c *Core) asksOOB(now time.Time, guid wire.GUID) bool {
	if _, ok := c.searches.find(guid); ok {
		return true
	}
	p, ok := c.udp.proxied.get(now, guid)
	return ok && c.alive(p.leaf) != nil
}

// hitDatagram takes hits that came by UDP. They are taken only from those whom
// we gave a token for that query, and only as many as were asked for.
func (c *Core) hitDatagram(now time.Time, ev *Datagram, f wire.Frame) {
	head, err := wire.ParseHitHead(f.Payload())
	if why, ok := c.checkHit(f, head, err); !ok {
		c.drop(nil, why)
		return
	}
	guid := f.GUID()
	guessed := c.udp.guess.Asked(guid, ev.From)
	if !guessed && !c.asksOOB(now, guid) {
		c.drop(nil, DropUnasked)
		return
	}
	m, err := wire.Parse(f.Type(), f.Payload())
	hit, ok := m.(*wire.QueryHit)
	switch {
	case err != nil || !ok:
		c.drop(nil, DropMalformed)
		return
	case guessed: // it has our query only because it showed where it is
		g := c.guessOf(guid)
		if g == nil || !c.udp.guess.Results(guid, len(hit.Records)) {
			c.drop(nil, DropDatagram)
			return
		}
		c.deliverDatagram(now, ev.From, g.id, f, hit)
		return
	case !c.udp.tokens.Valid(now, token.OutOfBand, ev.From, guid, hit.Trailer.Token()):
		c.drop(nil, DropToken)
		return
	}
	c.prove(now, ev.From)
	if !c.udp.claims.Received(guid, ev.From, len(hit.Records)) {
		c.drop(nil, DropDatagram)
		return
	}
	if id, ok := c.searches.find(guid); ok {
		c.deliverDatagram(now, ev.From, id, f, hit)
		return
	}
	p, _ := c.udp.proxied.get(now, guid)
	c.answered(guid, len(hit.Records))
	f.SetGUID(p.guid)
	c.relay(f, 1, c.alive(p.leaf))
}

// deliverDatagram hands hits that came by UDP to the search they answer.
func (c *Core) deliverDatagram(now time.Time, from netip.AddrPort, id SearchID, f wire.Frame, hit *wire.QueryHit) {
	if !hit.Trailer.Has(wire.HitPush) && c.cfg.Hosts.Acceptable(hit.Addr, from.Addr()) != hostcache.Kept {
		c.drop(nil, DropAddress)
		return
	}
	c.answered(f.GUID(), len(hit.Records))
	c.searches.keep(f.GUID(), len(hit.Records))
	c.out.add(&Deliver{id, &Hit{QueryHit: *hit, Hops: f.Hops(), Via: from, At: now, Proxies: c.proxiesOf(hit, from.Addr()), Relayed: c.relayedOf(hit, from.Addr()), Punched: c.punchedOf(hit, from.Addr())}})
}
