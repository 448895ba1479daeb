package overlay

import (
	"slices"
	"time"

	"filbert/overlay/link"
	"filbert/overlay/wire"
	"filbert/overlay/wire/ggep"
)

// proxiedQuery is a leaf's query that we asked under a GUID of our own.
type proxiedQuery struct {
	leaf link.ID
	guid wire.GUID // the leaf's
}

// proxyOOB prepares a leaf's query for the ultrapeers. Where strangers reach us,
// and the leaf has nothing against it, the query asks for hits by UDP at our
// address, under a GUID of ours: what comes there goes to the leaf. Returned is
// the frame to send on, the one given if nothing changed, and whether the GUID is
// ours now; the caller records it in the routes with the leaf's link then, and
// hits of other ways pass through unproxy.
//
// A leaf that wants its hits at an address of its own has them there. What a
// query says to its first ultrapeer alone is taken out.
func (c *Core) proxyOOB(now time.Time, leaf *neighbor, f wire.Frame) (wire.Frame, bool) {
	flags, text, ext, err := wire.QueryText(f.Payload())
	if err != nil {
		return f, false
	}
	_, veto := wire.FindGGEP(ext, ggep.NoProxy)
	own := flags.Normal()&wire.FlagOOB != 0 && f.GUID().OOBAddr().Addr() == leaf.remote.Addr()
	at, open := c.publicUDP()
	q := &wire.Query{Flags: flags, Text: string(text)}
	if open && !veto && !own && !leaf.keepsOOB {
		q.Flags = flags.Normal() | wire.FlagOOB
		q.Ext = wire.EditGGEP(ext, firstHopOnly, ggep.Extension{ID: ggep.SecureOOB})
		if len(q.AppendTo(nil)) <= wire.SoftQuery {
			guid := wire.NewGUID(c.rnd).WithOOBAddr(at)
			c.udp.proxied.put(now, guid, proxiedQuery{leaf.id, f.GUID()})
			c.udp.claims.Begin(now, guid, oobLeafResults)
			return wire.AppendFrame(nil, guid, f.TTL(), f.Hops(), q), true
		}
	}
	q.Flags = flags
	if !own && flags.Normal()&wire.FlagOOB != 0 {
		q.Flags = flags.Normal() &^ wire.FlagOOB // an address that is not the leaf's
	}
	q.Ext = ext
	if slices.ContainsFunc(firstHopOnly, func(id string) bool { _, ok := wire.FindGGEP(ext, id); return ok }) {
		q.Ext = wire.EditGGEP(ext, firstHopOnly)
	}
	if q.Flags == flags && len(q.Ext) == len(ext) {
		return f, false
	}
	return wire.AppendFrame(nil, f.GUID(), f.TTL(), f.Hops(), q), false
}

// firstHopOnly are the extensions that mean something to the first ultrapeer
// only (gtk-gnutella).
var firstHopOnly = []string{ggep.NoProxy, ggep.QK, ggep.SCP, ggep.Deflate}

// unproxy gives a hit on its way to a leaf the GUID of the leaf's own query.
func (c *Core) unproxy(now time.Time, f wire.Frame, to *neighbor) {
	if p, ok := c.udp.proxied.get(now, f.GUID()); ok && to != nil && p.leaf == to.id {
		f.SetGUID(p.guid)
	}
}
