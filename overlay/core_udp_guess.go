package overlay

import (
	"net/netip"
	"time"

	"filbert/overlay/hostcache"
	"filbert/overlay/oob"
	"filbert/overlay/token"
	"filbert/overlay/wire"
	"filbert/overlay/wire/ggep"
)

// guessLink stands in the routes for queriers who asked by UDP.
const guessLink = localLink - 1

// guessAsker is who asked by UDP, and whether it takes deflated hits.
type guessAsker struct {
	addr    netip.AddrPort
	deflate bool
}

// queryDatagram answers a GUESS query: it is acknowledged, and matched here. Who
// brings no key of ours gets one, for its next query.
func (c *Core) queryDatagram(now time.Time, ev *Datagram, f wire.Frame) {
	info := c.info(now)
	why, ok := checkQuery(f)
	switch {
	case !info.Ultrapeer:
		c.drop(nil, DropUnsupported)
		return
	case f.Hops() != 0 || f.TTL() != 1:
		c.drop(nil, DropSingleHop)
		return
	case !ok:
		c.drop(nil, why)
		return
	}
	_, _, ext, _ := wire.QueryText(f.Payload())
	key, _ := wire.FindGGEP(ext, ggep.QK)
	data, _ := key.Payload()
	valid := !key.Deflated && c.udp.tokens.Valid(now, token.QueryKey, ev.From, [16]byte{}, data)
	how := oobOf(f.Payload())
	switch {
	case valid:
		c.prove(now, ev.From)
	case key.Deflated || len(data) > wire.MaxQueryKey:
		c.drop(nil, DropMalformed)
		return
	}
	if valid && how&OOBWanted != 0 && f.GUID().OOBAddr() != ev.From {
		c.drop(nil, DropForged) // hits by UDP to somebody else
		return
	}
	if c.proveFirst(now, ev) {
		return
	}
	room := c.room(now, ev.From, len(f))
	if room == 0 {
		c.drop(nil, DropDatagram)
		return
	}
	info.GUESS = wire.GUESSVersion
	if !valid {
		c.drop(nil, DropToken)
		fresh := c.udp.tokens.Issue(now, token.QueryKey, ev.From, [16]byte{})
		info.QueryKey = fresh[:]
	} else if _, ok := wire.FindGGEP(ext, ggep.SCP); ok {
		info.Hosts = c.guessHosts(now, ev.From)
	}
	if !c.respond(now, ev.From, c.fitPong(f.GUID(), c.selfAt(ev), info, room)) || !valid {
		return
	}
	if first, _ := c.queries.Record(now, f.GUID(), guessLink); !first {
		c.drop(nil, DropDuplicate)
		return
	}
	c.udp.askers.put(now, f.GUID(), guessAsker{ev.From, how&OOBDeflate != 0})
	if c.holds() {
		c.out.add(&Match{Link: guessLink, GUID: f.GUID(), OOB: how, Payload: f.Payload()})
	}
	c.guessLeaves(f)
}

// guessLeaves passes a GUESS query on to those of our leaves that may have what it
// asks for; it goes no farther.
func (c *Core) guessLeaves(f wire.Frame) {
	_, _, ext, _ := wire.QueryText(f.Payload())
	m, err := wire.Parse(f.Type(), f.Payload())
	query, ok := m.(*wire.Query)
	if err != nil || !ok {
		return
	}
	query.Ext = wire.EditGGEP(ext, firstHopOnly)
	passed := c.out.frame(f.GUID(), 1, query)
	passed.SetTTL(1, 1)
	q := outgoing{words: c.hash(passed), hops: 1, payload: passed.Payload()}
	c.toLeaves(nil, passed, &q)
}

// guessHosts lists hosts for a GUESS querier: those known to speak it first.
func (c *Core) guessHosts(now time.Time, asker netip.AddrPort) []wire.PackedHost {
	var out []wire.PackedHost
	for _, a := range c.udp.guess.Known(now, maxPacked) {
		if a != asker && a.Addr().Is4() && c.cfg.Hosts.Acceptable(a, asker.Addr()) == hostcache.Kept {
			out = append(out, wire.PackedHost{Addr: a})
		}
	}
	for _, h := range c.packedHosts(now, asker, wire.SCPUltrapeers) {
		known := false
		for _, o := range out {
			known = known || o.Addr == h.Addr
		}
		if !known && len(out) < maxPacked {
			out = append(out, h)
		}
	}
	return out
}

// answerGuess sends what the matcher found to who asked by UDP. It proved its
// address by its key; if it wants offers first, it gets them.
func (c *Core) answerGuess(now time.Time, ev *Matched) {
	to, ok := c.udp.askers.get(now, ev.GUID)
	records := ev.Records[:min(len(ev.Records), maxRecords)]
	switch {
	case !ok:
		c.drop(nil, DropNoRoute)
	case ev.OOB&OOBWanted != 0:
		c.offer(now, oob.Answer{
			GUID: ev.GUID, To: to.addr, Secure: ev.OOB&OOBSecure != 0, Deflate: to.deflate, Records: records,
		})
	default:
		for _, packet := range oob.Packets(records) {
			c.hitsTo(now, oob.Action{GUID: ev.GUID, To: to.addr, Deflate: to.deflate, Records: packet}, nil)
		}
	}
}

// hitToAsker passes a neighbor's hit on to who asked by UDP, in messages that
// fit into datagrams.
func (c *Core) hitToAsker(now time.Time, n *neighbor, f wire.Frame) {
	to, ok := c.udp.askers.get(now, f.GUID())
	m, err := wire.Parse(f.Type(), f.Payload())
	hit, isHit := m.(*wire.QueryHit)
	switch {
	case !ok || !c.isProven(now, to.addr):
		c.drop(n, DropNoRoute)
		return
	case err != nil || !isHit:
		c.drop(n, DropMalformed)
		return
	}
	packets := [][]wire.Record{hit.Records}
	if len(f) > maxDatagramSent {
		packets = oob.Packets(hit.Records)
	}
	for _, records := range packets {
		part := *hit
		part.Records = records
		out := c.out.frame(f.GUID(), 1, &part)
		out.SetTTL(1, f.Hops()+1)
		if to.deflate {
			out = deflateDatagram(out)
		}
		if len(out) > maxDatagramSent {
			c.drop(n, DropTooBig)
			continue
		}
		c.dispatch(now, to.addr, out)
	}
}
