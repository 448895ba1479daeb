package overlay

import (
	"net/netip"
	"time"

	"filbert/overlay/wire"
)

// askedPing is a ping of ours that waits for pongs.
type askedPing struct {
	to    netip.AddrPort
	at    time.Time
	pongs int
	by    asker
}

// asker is who wants the pongs of a ping.
type asker uint8

const (
	askedOutside asker = iota // whoever has the overlay send datagrams
	askedProof                // nobody: the pong proves the address
	askedGuess                // a search by UDP, which needs a key
)

// transmit sends a datagram for somebody outside the Core. Pongs of a ping are
// taken, for a while.
func (c *Core) transmit(now time.Time, ev *Transmit) {
	if len(ev.Frame) >= wire.HeaderLen && ev.Frame.Type() == wire.TypePing {
		c.udp.asked.put(now, ev.Frame.GUID(), askedPing{to: ev.To, at: now})
		c.court(now, ev.To)
	}
	c.dispatch(now, ev.To, ev.Frame)
}

// askPing sends a ping of our own with some extensions, and reports whether it
// could.
func (c *Core) askPing(now time.Time, to netip.AddrPort, info wire.PingInfo, by asker) bool {
	guid := wire.NewPingGUID(c.rnd)
	if !c.note(now, to, c.out.frame(guid, 1, &wire.Ping{Ext: info.AppendTo(nil)})) {
		return false
	}
	c.udp.asked.put(now, guid, askedPing{to: to, at: now, by: by})
	if by != askedProof {
		c.court(now, to)
	}
	return true
}

// pongDatagram takes a pong that answers a ping of ours. Nobody else can know
// the GUID, so it also proves the sender's address.
func (c *Core) pongDatagram(now time.Time, ev *Datagram, f wire.Frame) {
	guid := f.GUID()
	asked, ok := c.udp.asked.get(now, guid)
	if !ok && c.guessAck(now, ev.From, guid, f) {
		return
	}
	if !ok || asked.to != ev.From || now.Sub(asked.at) > askedLifetime || asked.pongs == pongsPerAsked {
		c.drop(nil, DropUnasked)
		return
	}
	m, err := wire.Parse(f.Type(), f.Payload())
	pong, ok := m.(*wire.Pong)
	if err != nil || !ok {
		c.drop(nil, DropMalformed)
		return
	}
	asked.pongs++
	c.udp.asked.put(now, guid, asked)
	c.prove(now, ev.From)
	switch asked.by {
	case askedOutside:
		c.out.add(&Ponged{From: ev.From, Frame: f})
	case askedGuess:
		c.guessKey(now, ev.From, pong)
	case askedProof:
		c.udp.offers.Proved(now, ev.From)
		c.deliverOffers(now)
	}
	c.release(now, ev)
}
