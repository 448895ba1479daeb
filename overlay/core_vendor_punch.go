package overlay

import (
	"filbert/overlay/hostcache"
	"filbert/overlay/wire"
	"filbert/overlay/wire/ggep"
)

// A word about a path between two who cannot be connected to goes through a push proxy of
// one of them, in a vendor message of ours. Its GUID is that of the talk, its data is at
// most wire.MaxPunchWord bytes, which mean nothing here. It goes one hop, to who lists it.

// passWord sends a word along a link.
func (c *Core) passWord(ev *PassWord) {
	to := c.wordTo(ev)
	if to == nil || len(ev.Word) > wire.MaxPunchWord {
		c.out.add(&PushAsked{PushUnknown})
		return
	}
	if ev.Word != nil {
		c.tell(to, ev.Talk, wire.NewPunchWord(ev.Word))
	}
	c.out.add(&PushAsked{PushSent})
}

// wordTo is the neighbor to whom a word goes.
func (c *Core) wordTo(ev *PassWord) *neighbor {
	var to *neighbor
	if ev.Servent.IsZero() {
		to = c.alive(ev.Proxy)
	} else {
		to = c.proxied(ev.Servent)
	}
	if to == nil || !to.supports(wire.VendorPunchWord) {
		return nil
	}
	return to
}

// punchWord takes a word: of a neighbor whose push proxy we are it is an answer, of our own
// push proxies it is somebody's who wants a path to us. Nobody else has reason to send one.
func (c *Core) punchWord(n *neighbor, talk wire.GUID, v *wire.Vendor) error {
	word, err := v.PunchWord()
	if err != nil {
		return err
	}
	switch p := &n.vendor.proxy; {
	case !p.servent.IsZero():
		c.out.add(&Word{Servent: p.servent, Talk: talk, Word: word})
	case p.at.IsValid():
		c.out.add(&Word{Proxy: n.id, Talk: talk, Word: word})
	default:
		c.drop(n, DropRole)
	}
	return nil
}

// punchProxies is the extension that tells which of our push proxies pass on words about a
// path, to those on a kind of network.
func (c *Core) punchProxies(scope hostcache.Scope) (ggep.Extension, bool) {
	told := wire.Relayed{Peer: c.cfg.Face}
	if told.Peer == [32]byte{} {
		return ggep.Extension{}, false
	}
	for _, n := range c.neighbors {
		if at := n.vendor.proxy.at; at.IsValid() && hostcache.Class(at.Addr()) >= scope && n.supports(wire.VendorPunchWord) {
			told.At = append(told.At, at)
		}
	}
	return told.PunchExtension()
}
