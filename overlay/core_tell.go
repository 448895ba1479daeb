package overlay

import (
	"net/netip"
	"time"

	"filbert/overlay/wire"
	"filbert/overlay/wire/ggep"
)

// hitExtensions is what our hits tell of us in their trailer, to a peer at
// remote, our end of whose connection is local.
func (c *Core) hitExtensions(local, remote netip.Addr) []ggep.Extension {
	var exts []ggep.Extension
	if c.cfg.Browse {
		exts = append(exts, ggep.Extension{ID: ggep.Browse})
	}
	if _, ip6 := c.self.both(local, remote); ip6.IsValid() {
		exts = append(exts, wire.IPv6(ip6))
	}
	return exts
}

// vouch is the extension by which we vouch for the records of one hit, none if it is not
// to be signed.
func (c *Core) vouch(now time.Time, records []wire.Record) []ggep.Extension {
	if c.cfg.Identity == nil || !c.signing.take(now, 1) {
		return nil
	}
	v := wire.Vouched{Peer: c.cfg.Identity.PeerID()}
	copy(v.Signature[:], c.cfg.Identity.Sign(wire.AppendSigned(nil, c.cfg.GUID, records)))
	return []ggep.Extension{v.Extension()}
}

// hitTo is a hit of ours without records, as a peer may be told one.
func (c *Core) hitTo(local, remote netip.Addr) wire.QueryHit {
	addr, _ := c.self.both(local, remote)
	return wire.QueryHit{
		Addr: addr, Speed: c.cfg.Speed, Servent: c.cfg.GUID,
		Trailer: wire.NewTrailer(vendor, 0, c.hitExtensions(local, remote)...),
	}
}

// wantIPv6 adds to a query of ours that we reach IPv6 addresses, if we do.
func (c *Core) wantIPv6(q *wire.Query) {
	reaches := c.cfg.OnlyIPv6 || c.self.known(false).IsValid()
	for _, n := range c.neighbors {
		reaches = reaches || n.remote.Addr().Is6()
	}
	if reaches {
		q.Ext = wire.AddGGEP(q.Ext, wire.WantIPv6(c.cfg.OnlyIPv6))
	}
}

// preferIPv6 takes the IPv6 address of a hit for its address where we reach no
// other. hit may be nil.
func (c *Core) preferIPv6(hit *wire.QueryHit) {
	if hit == nil || !c.cfg.OnlyIPv6 {
		return
	}
	if ip := hit.IPv6(); ip.IsValid() {
		hit.Addr = netip.AddrPortFrom(ip, hit.Addr.Port())
	}
}
