package conform

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"net/netip"
	"slices"

	"filbert/overlay/wire"
)

var vendorCases = []Case{
	{
		Name: "vendor/supported", Checks: "who says Vendor-Message gets the list of messages supported, hops 0 and TTL 1", Source: "vendor.md §1, §2",
		run: func(t *trial) { t.vendorLink() },
	},
	{
		Name: "vendor/features", Checks: "a list of features is well formed", Source: "vendor.md §2",
		run: func(t *trial) {
			p, _ := t.vendorLink()
			m := p.vendor("0000/10, features", wire.VendorFeatures, wire.VendorFeatures1)
			_, err := m.Features()
			t.check(err == nil, "a count and that many items", "%x: %v", clipBytes(m.Data), err)
		},
	},
	{
		Name: "vendor/unasked", Checks: "who does not say Vendor-Message gets none", Source: "vendor.md §1",
		run: func(t *trial) {
			p := t.link(t.ultrapeer())
			p.wantNone("vendor message", func(f wire.Frame) bool { return f.Type() == wire.TypeVendor || f.Type() == wire.TypeStandard })
		},
	},
	{
		Name: "vendor/unknown", Checks: "vendor messages that nobody knows, and ones cut short, are ignored", Source: "vendor.md §1, bad input",
		run: func(t *trial) {
			p, _ := t.vendorLink()
			for _, payload := range [][]byte{[]byte("CNFM\x01\x00\x01\x00data"), []byte("CNF"), {}, []byte("BEAR\x04\x00\x01\x00"), []byte("\x00\x00\x00\x00\x00\x00\x00\x00\xff\xff")} {
				p.send(t.oneHop(&wire.Opaque{Kind: wire.TypeVendor, Payload: payload}))
			}
			p.alive()
		},
	},
	{
		Name: "vendor/hops-flow", Checks: "who wants only queries of few hops gets no others, until it wants them again", Source: "vendor.md §3 BEAR/4",
		run: func(t *trial) {
			p, list := t.vendorLink()
			t.supports(list, wire.VendorHopsFlow)
			a, b := t.pair()
			flow := func(v byte) {
				p.send(t.oneHop(&wire.Vendor{ID: wire.VendorHopsFlow, Data: []byte{v}}))
				p.settle()
			}
			isQuery := func(f wire.Frame) bool { return f.Type() == wire.TypeQuery }
			flow(0)
			a.send(t.query(3, 0))
			t.flow(a, b)
			p.wantNone("query after hops flow 0", isQuery)
			flow(2)
			far, near := t.query(2, 1), t.query(3, 0)
			a.send(far, near)
			p.want("a query of 1 hop after hops flow 2", same(near))
			_, came := p.find(same(far))
			t.check(!came, "no query of 2 hops after hops flow 2", "one")
			flow(255)
			t.relayed(a, p, t.query(2, 1))
		},
	},
	{
		Name: "vendor/time", Checks: "a request for the time is answered under its GUID's first half", Source: "vendor.md §8 GTKG/9",
		run: func(t *trial) {
			p, list := t.vendorLink()
			t.supports(list, wire.VendorTimeRequest)
			guid := wire.GUID{0x65, 0x53, 0xf1, 0, 0, 3, 0xd0, 0x90}
			p.send(wire.AppendFrame(nil, guid, 1, 0, &wire.Vendor{ID: wire.VendorTimeRequest, Data: []byte{0}}))
			f := p.want("GTKG/10, the time", isVendor(wire.VendorTimeReply))
			got := f.GUID()
			t.check(bytes.Equal(got[:8], guid[:8]), fmt.Sprintf("a GUID that begins with %x", guid[:8]), "%v", got)
			data := f.Payload()[8:]
			t.check(len(data) >= 9, "a flag byte and 8 bytes of time", "%x", data)
			t.check(binary.BigEndian.Uint32(data[5:]) < 1_000_000, "microseconds below a million", "%x", data)
		},
	},
	{
		Name: "vendor/connect-back", Checks: "it calls back when asked to, and says an empty line", Source: "vendor.md §4 BEAR/7",
		run: func(t *trial) {
			p, list := t.vendorLink()
			t.supports(list, wire.VendorTCPConnectBack)
			l := t.listen()
			p.send(t.oneHop(&wire.Vendor{ID: wire.VendorTCPConnectBack, Data: binary.LittleEndian.AppendUint16(nil, l.addr.Port())}))
			c, ok := l.accept()
			t.check(ok, "a call", "none within %v", t.cfg.Timeout)
			c.raw.SetReadDeadline(t.deadline())
			if b, err := c.r.Peek(1); err == nil && b[0] != '\n' && b[0] != '\r' { // gtk-gnutella tries TLS first
				err := c.secureServer()
				t.check(err == nil, "an empty line or TLS", "%v", err)
			}
			c.raw.SetReadDeadline(t.deadline())
			b, err := c.r.Peek(1)
			t.check(err == nil && (b[0] == '\n' || b[0] == '\r'), "an empty line", "%q, %v", b, err)
			c.ends(halfOpenLimit)
		},
	},
	{
		Name: "vendor/udp-connect-back", Checks: "it sends a UDP ping with the GUID of the request when asked to", Source: "vendor.md §4 GTKG/7",
		run: func(t *trial) {
			p, list := t.vendorLink()
			if !slices.Contains(list, wire.VendorUDPConnectBack2) && !slices.Contains(list, wire.VendorUDPConnectBack) {
				t.notOffered("it does not list GTKG/7")
			}
			d := t.datagrams(p.c.local.Addr())
			port := binary.LittleEndian.AppendUint16(nil, d.local.Port())
			asked := func() func(wire.Frame) bool {
				guid := t.guid()
				if slices.Contains(list, wire.VendorUDPConnectBack2) {
					p.send(wire.AppendFrame(nil, guid, 1, 0, &wire.Vendor{ID: wire.VendorUDPConnectBack2, Data: port}))
				} else {
					p.send(t.oneHop(&wire.Vendor{ID: wire.VendorUDPConnectBack, Data: append(port[:2:2], guid[:]...)}))
				}
				return func(f wire.Frame) bool { return f.Type() == wire.TypePing && f.GUID() == guid }
			}
			if _, ok := d.wait(t.cfg.Timeout, asked()); ok {
				return
			}
			// gtk-gnutella pings an address once a minute, for whatever reason.
			t.cfg.Tell(fmt.Sprintf("waiting %v before asking for a UDP ping again", datagramPause))
			t.pause(datagramPause)
			d.want("a UDP ping with the GUID of the request", asked())
		},
	},
	{
		Name: "vendor/push-proxy", Checks: "it becomes a push proxy when asked to, and sends pushes on", Source: "vendor.md §5 LIME/21",
		run: func(t *trial) {
			p, list := t.vendorLink()
			if !slices.Contains(list, wire.VendorProxyRequest) && !slices.Contains(list, wire.VendorProxyRequest2) {
				t.notOffered("it does not list LIME/21")
			}
			p.send(wire.AppendFrame(nil, p.guid, 1, 0, &wire.Vendor{ID: wire.VendorProxyRequest}))
			f := p.want("LIME/22 with our GUID", func(f wire.Frame) bool {
				return f.GUID() == p.guid && (isVendor(wire.VendorProxyAnswer)(f) || isVendor(wire.VendorProxyAnswer2)(f))
			})
			if data := f.Payload()[8:]; isVendor(wire.VendorProxyAnswer2)(f) {
				t.check(len(data) >= 6, "an address of 6 bytes", "%x", data)
				addr := netip.AddrPortFrom(netip.AddrFrom4([4]byte(data[:4])), binary.LittleEndian.Uint16(data[4:]))
				t.check(addr.Port() == t.cfg.Addr.Port(), fmt.Sprintf("port %d", t.cfg.Addr.Port()), "%v", addr)
			}
			t.relayed(t.one(), p, t.push(t.one(), p.guid, 3))
		},
	},
	{
		Name: "vendor/relayed", Checks: "a vendor message that claims to have been relayed is dropped", Source: "wire.md §2",
		run: func(t *trial) {
			p, list := t.vendorLink()
			t.supports(list, wire.VendorHopsFlow)
			f := t.oneHop(&wire.Vendor{ID: wire.VendorHopsFlow, Data: []byte{0}})
			f.SetTTL(3, 2)
			p.send(f)
			t.carries(t.one(), p)
		},
	},
}

// vendorLink is a link whose both ends speak vendor messages, and the list of
// those the servent handles.
func (t *trial) vendorLink() (*peer, []wire.VendorID) {
	p := t.link(t.ultrapeer("Vendor-Message: 0.2"))
	if _, ok := p.answer.get("Vendor-Message"); !ok {
		t.notOffered("its headers have no Vendor-Message")
	}
	p.send(t.oneHop(wire.NewMessagesSupported(
		wire.VendorHopsFlow, wire.VendorTCPConnectBack, wire.VendorUDPConnectBack, wire.VendorUDPConnectBack2,
		wire.VendorTimeReply, wire.VendorProxyAnswer, wire.VendorProxyAnswer2,
	)))
	m := p.vendor("0000/0, messages supported", wire.VendorMessagesSupported)
	list, err := m.MessagesSupported()
	t.check(err == nil, "a count and that many items", "%x: %v", clipBytes(m.Data), err)
	return p, list
}

// supports ends the case unless the servent lists a message.
func (t *trial) supports(list []wire.VendorID, id wire.VendorID) {
	if !slices.Contains(list, id) {
		t.notOffered("it does not list %v", id)
	}
}

// vendor waits for one of some vendor messages.
func (p *peer) vendor(what string, ids ...wire.VendorID) *wire.Vendor {
	f := p.want(what, func(f wire.Frame) bool {
		return slices.ContainsFunc(ids, func(id wire.VendorID) bool { return isVendor(id)(f) })
	})
	p.t.check(f.Hops() == 0 && f.TTL() <= 1, "hops 0, TTL 1", "%s", describe(f))
	m, _ := wire.Parse(f.Type(), f.Payload()) // isVendor has read it
	v, _ := m.(*wire.Vendor)
	return v
}

func isVendor(id wire.VendorID) func(wire.Frame) bool {
	return func(f wire.Frame) bool {
		if f.Type() != wire.TypeVendor && f.Type() != wire.TypeStandard {
			return false
		}
		m, err := wire.Parse(f.Type(), f.Payload())
		v, ok := m.(*wire.Vendor)
		return err == nil && ok && v.ID == id
	}
}
