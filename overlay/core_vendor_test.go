package overlay

import (
	"bytes"
	"net/netip"
	"slices"
	"testing"
	"time"

	"filbert/overlay/handshake"
	"filbert/overlay/wire"
)

// speaks makes addr a neighbor that agreed on vendor messages, and has it list
// what it handles, unless that is nothing.
func (w *world) speaks(addr netip.AddrPort, role handshake.Role, handles ...wire.VendorID) *player {
	w.t.Helper()
	guid := wire.GUID{0: byte(addr.Port()), 1: byte(addr.Port() >> 8), 8: 0xff}
	return w.greets(addr, handshake.Peer{Role: role, GUID: guid}, handles...)
}

// greets is speaks for a peer that is told whole.
func (w *world) greets(addr netip.AddrPort, peer handshake.Peer, handles ...wire.VendorID) *player {
	w.t.Helper()
	peer.VendorMessage = handshake.Version{Minor: 2}
	p, v := w.applies(addr, peer)
	if v.Code != handshake.OK {
		w.t.Fatalf("%v was refused: %d %s", addr, v.Code, v.Text)
	}
	w.step(&Up{Link: p.id})
	p.want(wire.TypePing)
	p.wantVendor(wire.VendorMessagesSupported)
	p.wantVendor(wire.VendorFeatures)
	if len(handles) > 0 {
		p.says(wire.GUID{}, wire.NewMessagesSupported(handles...))
	}
	return p
}

// dialed makes addr a neighbor that we called.
func (w *world) dialed(addr netip.AddrPort, handles ...wire.VendorID) *player {
	w.t.Helper()
	w.step(&Connect{Addr: addr})
	var p *player
	for _, other := range w.peers {
		if other.addr == addr {
			p = other
		}
	}
	p.guid = wire.GUID{0: byte(addr.Port()), 1: byte(addr.Port() >> 8), 8: 0xff}
	peer := handshake.Peer{Role: handshake.RoleUltrapeer, GUID: p.guid, VendorMessage: handshake.Version{Minor: 2}}
	w.step(&Applied{Link: p.id, Remote: addr, Local: ours.Addr(), Peer: &peer})
	w.step(&Up{Link: p.id})
	p.want(wire.TypePing)
	p.wantVendor(wire.VendorMessagesSupported)
	p.wantVendor(wire.VendorFeatures)
	if len(handles) > 0 {
		p.says(wire.GUID{}, wire.NewMessagesSupported(handles...))
	}
	return p
}

// says has the neighbor send a vendor message.
func (p *player) says(guid wire.GUID, m *wire.Vendor) {
	p.w.t.Helper()
	p.sends(guid, 1, 0, m)
}

// wantVendor takes the next message, which must be a certain vendor message.
func (p *player) wantVendor(id wire.VendorID) (wire.GUID, *wire.Vendor) {
	p.w.t.Helper()
	f := p.wantAt(wire.TypeVendor, 1, 0)
	m, err := wire.Parse(f.Type(), f.Payload())
	v, ok := m.(*wire.Vendor)
	if err != nil || !ok || v.ID != id {
		p.w.t.Fatalf("%v was sent %+v, error %v; want %v", p.addr, m, err, id)
	}
	return f.GUID(), v
}

// called takes the effects that would call somebody.
func (w *world) called() []Effect {
	calls := w.calls
	w.calls = nil
	return calls
}

func TestVendorGreeting(t *testing.T) {
	w := newWorld(t, Config{})
	silent := w.joins(alice) // agreed on no vendor messages
	quiet(silent)
	silent.says(wire.GUID{}, wire.NewHopsFlow(0))
	w.dropped(DropUnsupported)

	b := w.dialed(bob)
	w.step(&Disconnect{alice})
	silent.want(wire.TypeBye)
	p, _ := w.applies(carol, handshake.Peer{Role: handshake.RoleUltrapeer, GUID: guidOf(3), VendorMessage: handshake.Version{Minor: 2}})
	w.step(&Up{Link: p.id})
	p.want(wire.TypePing)
	_, list := p.wantVendor(wire.VendorMessagesSupported)
	ids, err := list.MessagesSupported()
	if err != nil || !slices.Contains(ids, wire.VendorHopsFlow) || slices.Contains(ids, wire.VendorMessagesSupported) {
		t.Errorf("lists %v, error %v", ids, err)
	}
	_, list = p.wantVendor(wire.VendorFeatures)
	features, err := list.Features()
	if err != nil || len(features) != 2 || string(features[0].Name[:]) != "WHAT" || string(features[1].Name[:]) != "TCPI" || features[1].Version != 1 {
		t.Errorf("features %+v, error %v; somebody had called us", features, err)
	}

	// What it lists is kept, in either version of the list of features.
	n := w.core.links[p.id]
	p.says(wire.GUID{}, wire.NewMessagesSupported(wire.VendorHopsFlow, wire.VendorProxyRequest))
	p.says(wire.GUID{}, &wire.Vendor{ID: wire.VendorFeatures1, Data: []byte("\x01\x00WHAT\x02\x00\x01\x00IMPP\x01\x00\x00\x00")})
	if !n.supports(wire.VendorHopsFlow) || n.supports(wire.VendorTCPConnectBack) || n.feature("WHAT") != 2 || n.feature("TCPI") != 0 {
		t.Errorf("%+v", n.vendor)
	}
	w.dropped()
	for _, m := range []*wire.Vendor{
		{ID: wire.VendorMessagesSupported, Data: []byte{9}}, {ID: wire.VendorFeatures, Data: []byte("\x02\x00WHAT")},
		{ID: wire.VendorHopsFlow}, {ID: wire.VendorTCPConnectBack, Data: []byte{1}},
	} {
		p.says(wire.GUID{}, m)
		w.dropped(DropMalformed)
	}
	p.says(wire.GUID{}, &wire.Vendor{ID: 77<<48 | 1, Data: []byte("?")})
	w.dropped(DropUnsupported)
	p.sends(wire.GUID{}, 2, 0, wire.NewHopsFlow(0))
	w.dropped(DropSingleHop)
	quiet(b, p)
}

func TestHopsFlow(t *testing.T) {
	w := newWorld(t, Config{})
	a, b := w.joins(alice), w.speaks(bob, handshake.RoleUltrapeer)
	asks := func(id byte, hops wire.Hops) { a.sends(guidOf(id), 3, hops, blueSky) }
	b.says(wire.GUID{}, wire.NewHopsFlow(1))
	asks(1, 0)
	quiet(b) // it would reach b with one hop
	w.step(&Search{ID: 1, Query: *blueSky})
	b.want(wire.TypeQuery)
	b.says(wire.GUID{}, wire.NewHopsFlow(2))
	asks(2, 0)
	b.wantAt(wire.TypeQuery, 2, 1)
	b.says(wire.GUID{}, wire.NewHopsFlow(0))
	asks(3, 0)
	w.step(&Search{ID: 2, Query: *blueSky})
	quiet(b)
	b.says(wire.GUID{}, wire.NewHopsFlow(255))
	asks(4, 2)
	w.dropped()
}

func TestTimeSync(t *testing.T) {
	w := newWorld(t, Config{})
	a := w.speaks(alice, handshake.RoleUltrapeer)
	w.now = time.UnixMicro(1700000001_100000)
	asked := wire.GUID{0x65, 0x53, 0xf1, 0x00, 0x00, 0x03, 0xd0, 0x90}
	a.says(asked, &wire.Vendor{ID: wire.VendorTimeRequest, Data: []byte{0}})
	guid, reply := a.wantVendor(wire.VendorTimeReply)
	now := []byte{0x65, 0x53, 0xf1, 0x01, 0x00, 0x01, 0x86, 0xa0}
	if !bytes.Equal(guid[:8], asked[:8]) || !bytes.Equal(guid[8:], now) || !bytes.Equal(reply.Data, append([]byte{0}, now...)) {
		t.Errorf("%v %x", guid, reply.Data)
	}
}

func TestQueryStatus(t *testing.T) {
	w := newWorld(t, Config{})
	a, leaf := w.speaks(alice, handshake.RoleUltrapeer), w.speaks(bob, handshake.RoleLeaf, wire.VendorStatusRequest)
	w.step(&Search{ID: 1, Query: *blueSky})
	guid := a.want(wire.TypeQuery).GUID()
	kept := func(of wire.GUID) uint16 {
		t.Helper()
		a.says(of, &wire.Vendor{ID: wire.VendorStatusRequest})
		answered, v := a.wantVendor(wire.VendorStatusResponse)
		kept, err := v.StatusResponse()
		if err != nil || answered != of {
			t.Errorf("answered %v, error %v", answered, err)
		}
		return kept
	}
	if got := kept(guid); got != 0 {
		t.Errorf("%d results kept before there were any", got)
	}
	a.sends(guid, 3, 0, hitFor(guidOf(9), carol))
	a.sends(guid, 3, 0, hitFor(guidOf(8), dave))
	if got := kept(guid); got != 2 {
		t.Errorf("%d results kept of 2", got)
	}
	if got := kept(guidOf(7)); got != wire.StatusStop {
		t.Errorf("%d results kept of a query that is not ours", got)
	}

	// The other side: a leaf's own query, asked for and told about.
	n := w.core.links[leaf.id]
	w.core.out.reset()
	if w.core.askStatus(w.core.links[a.id], guidOf(1)) {
		t.Error("asked who does not know the message")
	}
	if !w.core.askStatus(n, guidOf(1)) {
		t.Error("did not ask who knows the message")
	}
	leaf.says(guidOf(1), wire.NewStatusResponse(4))
	w.dropped(DropNoRoute) // no query of that GUID came from it
	w.step(&EndSearch{1})
	leaf.sends(guidOf(1), 4, 0, blueSky)
	leaf.says(guidOf(1), wire.NewStatusResponse(4))
	if got := w.core.View().Asking; got != 1 {
		t.Errorf("%d queries run for the leaf, want 1", got)
	}
	leaf.says(guidOf(1), wire.NewStatusResponse(wire.StatusStop))
	if got := w.core.View().Asking; got != 0 {
		t.Errorf("%d queries run for the leaf that stopped it", got)
	}
	w.dropped()
}
