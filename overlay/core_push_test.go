package overlay

import (
	"bytes"
	"encoding/binary"
	"net/netip"
	"reflect"
	"testing"
	"time"

	"filbert/overlay/handshake"
	"filbert/overlay/wire"
)

// wantPush takes the next message, which must be a push.
func (p *player) wantPush(ttl wire.TTL, hops wire.Hops) *wire.Push {
	p.w.t.Helper()
	f := p.wantAt(wire.TypePush, ttl, hops)
	m, err := wire.Parse(f.Type(), f.Payload())
	push, ok := m.(*wire.Push)
	if err != nil || !ok {
		p.w.t.Fatalf("%v was sent %x, error %v", p.addr, f, err)
	}
	return push
}

func TestPushForUs(t *testing.T) {
	w := newWorld(t, Config{})
	a := w.joins(alice)
	a.sends(guidOf(1), 3, 2, wire.NewPush(ourServent, 7, dave))
	if got := w.called(); !reflect.DeepEqual(got, []Effect{&Call{dave, 7}}) {
		t.Errorf("called %+v", got)
	}
	// What counts is the address that would really be called.
	hidden := wire.NewPush(ourServent, 7, carol)
	ip := netip.MustParseAddr("::ffff:192.168.1.1").As16()
	hidden.Ext = append([]byte{0xc3, 0x81, '6', 0x50}, ip[:]...)
	a.sends(guidOf(2), 3, 2, hidden)
	w.dropped(DropTarget)
	a.sends(guidOf(3), 3, 2, wire.NewPush(ourServent, 7, netip.MustParseAddrPort("[2600::1]:6346")))
	if got := w.called(); !reflect.DeepEqual(got, []Effect{&Call{netip.MustParseAddrPort("[2600::1]:6346"), 7}}) {
		t.Errorf("called %+v", got)
	}
	// Who did not answer is left alone.
	w.step(&CallFailed{dave})
	a.sends(guidOf(4), 3, 2, wire.NewPush(ourServent, 7, dave))
	w.dropped(DropCallMany)
	w.now = w.now.Add(callDead)
	a.sends(guidOf(5), 3, 2, wire.NewPush(ourServent, 7, dave))
	if got := w.called(); len(got) != 1 {
		t.Errorf("called %+v", got)
	}
	quiet(a)
}

// TestPushFlood is threat T13: 32 neighbors send 1,000 pushes a second each, for
// a minute, that all name one victim. It sees few connections.
func TestPushFlood(t *testing.T) {
	w := newWorld(t, Config{Max: 64})
	var attackers []*player
	for i := range 32 {
		p, v := w.applies(netip.AddrPortFrom(netip.AddrFrom4([4]byte{9, 100, byte(i), 1}), 6346), handshake.Peer{Role: handshake.RoleUltrapeer, GUID: guidOf(byte(i + 1))})
		if v.Code != handshake.OK {
			t.Fatalf("attacker %d was refused: %s", i, v.Text)
		}
		w.step(&Up{Link: p.id})
		p.inbox = nil
		attackers = append(attackers, p)
	}
	victim := netip.MustParseAddr("9.66.66.66")
	var at []time.Time
	serial := uint64(0)
	for second := range 61 {
		for i, p := range attackers {
			var batch []byte
			for range 1000 {
				serial++
				var guid wire.GUID
				binary.LittleEndian.PutUint64(guid[:], serial)
				guid[8] = 0xff
				// Any port, so that none of them gets known as one that fails.
				to := netip.AddrPortFrom(victim, uint16(1024+serial%60000))
				batch = wire.AppendFrame(batch, guid, 3, 1, wire.NewPush(ourServent, 0, to))
			}
			w.now = time.Date(2026, 1, 1, 0, 0, second, i*int(time.Millisecond), time.UTC)
			w.step(&Batch{Link: p.id, Frames: batch})
			for range w.called() {
				at = append(at, w.now)
			}
		}
	}
	for i := range at {
		minute := 0
		for _, other := range at[i:] {
			if other.Sub(at[i]) < time.Minute {
				minute++
			}
		}
		if minute > 6 {
			t.Fatalf("the victim saw %d connections within a minute: %v", minute, at)
		}
	}
	if len(at) == 0 {
		t.Error("nobody was called at all")
	}
	if got := w.core.drops[DropCallMany]; got != uint64(61*32*1000-len(at)) {
		t.Errorf("%d pushes were dropped, want %d", got, 61*32*1000-len(at))
	}
}

// TestAskPush asks a servent to call us, along the way its hit came.
func TestAskPush(t *testing.T) {
	w := newWorld(t, Config{External: ours.Addr()})
	a, b := w.joins(alice), w.joins(bob)
	servent := guidOf(9)
	asks := func(ev *AskPush) PushResult {
		t.Helper()
		w.step(ev)
		got := w.called()
		if len(got) != 1 {
			t.Fatalf("effects %+v", got)
		}
		return got[0].(*PushAsked).Result
	}
	if got := asks(&AskPush{Servent: servent, Index: 3}); got != PushUnknown {
		t.Errorf("result %v for a servent nobody told of", got)
	}
	w.step(&Search{ID: 1, Query: *blueSky})
	guid := a.want(wire.TypeQuery).GUID()
	b.want(wire.TypeQuery)
	hit := hitFor(servent, netip.MustParseAddrPort("10.0.0.5:6346"))
	ext, _ := wire.PushProxies([]netip.AddrPort{carol, netip.MustParseAddrPort("192.168.1.1:6346"), ours})
	hit.Trailer = wire.NewTrailer(vendor, wire.HitPush, ext)
	a.sends(guid, 3, 2, hit)
	if got := w.hits[1]; len(got) != 1 || !reflect.DeepEqual(got[0].Proxies, []netip.AddrPort{carol}) {
		t.Errorf("delivered %+v, want the one push proxy that can be a host", got)
	}
	if got := asks(&AskPush{Servent: servent, Index: 3}); got != PushSent {
		t.Errorf("result %v", got)
	}
	push := a.wantPush(pushTTL, 0)
	if push.Servent != servent || push.Index != 3 || push.Target() != ours {
		t.Errorf("push %+v", push)
	}
	quiet(a, b)
}

// TestSeeksPushProxy cannot be connected to: it asks its ultrapeers to be its
// push proxies, tells of them in hits, and leaves them when it can.
func TestSeeksPushProxy(t *testing.T) {
	w := newWorld(t, Config{})
	w.step(&Tick{})
	w.step(&Sharing{Files: 1})
	a := w.dialed(alice, wire.VendorProxyRequest, wire.VendorProxyCancel)
	b := w.dialed(bob, wire.VendorProxyRequest2)
	w.core.refresh = w.now.Add(time.Hour) // no pings
	w.pass(proxyDelay)
	for p, id := range map[*player]wire.VendorID{a: wire.VendorProxyRequest, b: wire.VendorProxyRequest2} {
		if guid, m := p.wantVendor(id); guid != ourServent || m.Data != nil {
			t.Errorf("asked under %v with %x", guid, m.Data)
		}
	}
	carol := w.dialed(carol)
	w.core.refresh = w.now.Add(time.Hour)
	// Answers must be for us, asked for, and name their sender.
	carol.says(ourServent, wire.NewProxyAnswer(carol.addr))
	w.dropped(DropForged)
	a.says(guidOf(1), wire.NewProxyAnswer(alice))
	w.dropped(DropForged)
	a.says(ourServent, wire.NewProxyAnswer(dave))
	w.dropped(DropAddress)
	a.says(ourServent, &wire.Vendor{ID: wire.VendorProxyAnswer2, Data: []byte{1, 2, 3, 4, 5}})
	w.dropped(DropMalformed)
	a.says(ourServent, wire.NewProxyAnswer(alice))
	b.says(ourServent, &wire.Vendor{ID: wire.VendorProxyAnswer, Data: []byte{0xca, 0x18}})
	w.dropped()

	trailer := func() wire.Trailer {
		t.Helper()
		w.step(&Matched{Link: carol.id, GUID: guidOf(7), Records: []wire.Record{{Index: 1, Size: 1, Name: "x"}}})
		f := carol.want(wire.TypeQueryHit)
		m, err := wire.Parse(f.Type(), f.Payload())
		if err != nil {
			t.Fatal(err)
		}
		return m.(*wire.QueryHit).Trailer
	}
	if got := trailer(); !got.Has(wire.HitPush) || !reflect.DeepEqual(got.PushProxies(), []netip.AddrPort{alice, netip.AddrPortFrom(bob.Addr(), 6346)}) {
		t.Errorf("trailer %+v with proxies %v", got, got.PushProxies())
	}
	// A proxy that is gone is named no more, and the other is not asked again.
	w.step(&Ended{Link: b.id})
	if got := trailer(); !reflect.DeepEqual(got.PushProxies(), []netip.AddrPort{alice}) {
		t.Errorf("proxies %v", got.PushProxies())
	}
	w.step(&Reached{From: dave.Addr()})
	a.wantVendor(wire.VendorProxyCancel)
	if got := trailer(); got.Has(wire.HitPush) || got.PushProxies() != nil {
		t.Errorf("trailer %+v although it can be connected to", got)
	}
	w.pass(proxyPause / 4)
	for _, f := range a.inbox {
		if f.Type() == wire.TypeVendor {
			t.Errorf("was sent %x although it can be connected to", f)
		}
	}
}

// TestPushProxyAskedAgain asks one that did not answer after a while.
func TestPushProxyAskedAgain(t *testing.T) {
	w := newWorld(t, Config{})
	a := w.dialed(alice, wire.VendorProxyRequest)
	asked := 0
	for range 2 * int((proxyDelay+proxyPause)/time.Second) {
		w.pass(time.Second)
		a.sends(guidOf(1), 0, 0, &wire.Ping{})
		for _, f := range a.inbox {
			if f.Type() == wire.TypeVendor {
				asked++
			}
		}
		a.inbox = nil
	}
	if asked != 3 {
		t.Errorf("asked %d times in %v, want 3", asked, 2*(proxyDelay+proxyPause))
	}
}

// TestIsPushProxy serves a neighbor that cannot be connected to, and nobody
// else.
func TestIsPushProxy(t *testing.T) {
	w := newWorld(t, Config{External: ours.Addr()})
	request := func(p *player, guid wire.GUID) { p.says(guid, &wire.Vendor{ID: wire.VendorProxyRequest}) }
	a := w.dialed(alice)
	request(a, a.guid)
	w.dropped(DropUnsupported) // nobody could reach us either
	quiet(a)
	b := w.greets(bob, handshake.Peer{Role: handshake.RoleUltrapeer}) // it tells no GUID
	leaf := guidOf(9)
	for _, guid := range []wire.GUID{{}, ourServent, a.guid} {
		request(b, guid)
		w.dropped(DropForged)
	}
	request(a, leaf) // it told another GUID in its handshake
	w.dropped(DropForged)
	ask := func() PushResult {
		t.Helper()
		w.step(&AskPush{Servent: leaf, Index: 3, For: dave})
		return w.called()[0].(*PushAsked).Result
	}
	if got := ask(); got != PushUnknown {
		t.Errorf("result %v for a servent that did not ask for it", got)
	}
	for range 2 { // asking again is answered again
		request(b, leaf)
		guid, m := b.wantVendor(wire.VendorProxyAnswer2)
		if ip, port, err := m.ProxyAnswer(); guid != leaf || netip.AddrPortFrom(ip, port) != ours || err != nil {
			t.Errorf("answered %v %v:%d, error %v", guid, ip, port, err)
		}
	}
	c := w.greets(carol, handshake.Peer{Role: handshake.RoleUltrapeer})
	request(c, leaf)
	w.dropped(DropForged) // another neighbor has it

	if got := ask(); got != PushSent {
		t.Errorf("result %v", got)
	}
	if push := b.wantPush(1, 0); push.Servent != leaf || push.Index != 3 || push.Target() != dave {
		t.Errorf("push %+v", push)
	}
	// A push that ends here otherwise reaches it all the same.
	a.sends(guidOf(1), 1, 3, wire.NewPush(leaf, 0, dave))
	b.wantPush(1, 4)
	a.sends(guidOf(2), 5, 1, wire.NewPush(leaf, 0, dave))
	b.wantPush(4, 2)
	w.dropped()

	for range callsPerAddr - 1 {
		ask()
		b.wantPush(1, 0)
	}
	if got := ask(); got != PushRefused {
		t.Errorf("result %v after %d pushes", got, callsPerAddr)
	}
	w.dropped(DropCallMany)
	w.now = w.now.Add(callWindow)
	b.says(wire.GUID{}, &wire.Vendor{ID: wire.VendorProxyCancel})
	if got := ask(); got != PushUnknown {
		t.Errorf("result %v for a servent that withdrew", got)
	}
	request(b, leaf)
	b.wantVendor(wire.VendorProxyAnswer2)
	w.step(&Ended{Link: b.id})
	if got := ask(); got != PushUnknown {
		t.Errorf("result %v for a servent that is gone", got)
	}
	quiet(a, c)
}

// TestHeadPing answers only a push proxy of ours.
func TestHeadPing(t *testing.T) {
	sum := [20]byte{0: 0x22, 19: 0x11}
	w := newWorld(t, Config{Holder: holder{sum: {Code: wire.HeadComplete, Queue: -3}}})
	w.step(&Tick{})
	a := w.dialed(alice, wire.VendorProxyRequest)
	w.core.refresh = w.now.Add(time.Hour) // no pings
	ping := headPingFor(sum, ourServent)
	a.sends(guidOf(1), 1, 1, ping)
	w.dropped(DropRole)
	w.pass(proxyDelay)
	a.wantVendor(wire.VendorProxyRequest)
	a.says(ourServent, wire.NewProxyAnswer(alice))
	a.sends(guidOf(1), 1, 1, ping)
	guid, m := a.wantVendor(wire.VendorHeadPong)
	if guid != guidOf(1) || !bytes.Equal(m.Data, []byte{0, byte(wire.HeadComplete | wire.HeadFirewalled), 'F', 'L', 'B', 'T', 0xfd}) {
		t.Errorf("answered %v %x", guid, m.Data)
	}
	a.sends(guidOf(2), 1, 1, headPingFor([20]byte{}, ourServent))
	if _, m := a.wantVendor(wire.VendorHeadPong); !bytes.Equal(m.Data, []byte{0, 0}) {
		t.Errorf("answered %x for a file that is not here", m.Data)
	}
	a.sends(guidOf(3), 1, 1, headPingFor(sum, guidOf(3)))
	w.dropped(DropRole)
	a.sends(guidOf(3), 2, 1, ping)
	w.dropped(DropSingleHop)
	a.sends(guidOf(3), 1, 1, wire.NewHopsFlow(0))
	w.dropped(DropSingleHop)
	a.sends(guidOf(3), 1, 0, &wire.Vendor{ID: wire.VendorHeadPing, Data: []byte{0}})
	w.dropped(DropMalformed)
}

// holder is a Holder of a few files.
type holder map[[20]byte]Holding

func (h holder) Holding(sum [20]byte) Holding { return h[sum] }

// headPingFor asks a firewalled servent for a file.
func headPingFor(sum [20]byte, servent wire.GUID) *wire.Vendor {
	data := wire.AppendSHA1([]byte{0x10}, sum)
	data = append(data[:1], data[2:]...) // no separator
	return &wire.Vendor{ID: wire.VendorHeadPing, Data: append(append(data, 0xc3, 0x84, 'P', 'U', 'S', 'H', 0x50), servent[:]...)}
}

// TestHeadDatagram answers for ourselves and passes pings on to a neighbor whose
// push proxy we are.
func TestHeadDatagram(t *testing.T) {
	sum := [20]byte{0: 0x22, 19: 0x11}
	w := newWorld(t, Config{Holder: holder{sum: {Code: wire.HeadComplete, Queue: -3}}})
	a := w.speaks(alice, handshake.RoleUltrapeer)
	a.says(a.guid, &wire.Vendor{ID: wire.VendorProxyRequest})
	a.wantVendor(wire.VendorProxyAnswer2)
	asks := func(servent wire.GUID) (replies []*Reply) {
		t.Helper()
		v := headPingFor(sum, servent)
		f, _, err := wire.SplitFrame(wire.AppendFrame(nil, guidOf(1), 1, 0, v))
		if err != nil {
			t.Fatal(err)
		}
		w.core.out.reset()
		if err := w.core.headDatagram(w.now, dave, f, v); err != nil {
			t.Fatal(err)
		}
		for _, e := range w.core.out.list {
			switch e := e.(type) {
			case *Reply:
				replies = append(replies, e)
			case *Send:
				w.peers[e.Link].inbox = append(w.peers[e.Link].inbox, bytes.Clone(e.Frame))
			}
		}
		return replies
	}
	if got := asks(ourServent); len(got) != 1 || got[0].To != dave || got[0].Frame.GUID() != guidOf(1) {
		t.Errorf("answered %+v", got)
	}
	if got := asks(guidOf(5)); got != nil {
		t.Errorf("answered %+v for a stranger", got)
	}
	w.dropped(DropNoRoute)
	for range 2 {
		if got := asks(a.guid); got != nil {
			t.Errorf("answered %+v for a neighbor", got)
		}
		a.wantAt(wire.TypeVendor, 1, 1)
	}
	pong := &wire.Vendor{ID: wire.VendorHeadPong, Data: []byte{0, 1, 'T', 'E', 'S', 'T', 0}}
	w.speaks(bob, handshake.RoleUltrapeer).says(guidOf(1), pong)
	w.dropped(DropNoRoute) // it was not asked
	w.replies = nil
	a.says(guidOf(1), pong)
	if len(w.replies) != 1 || w.replies[0].Type() != wire.TypeVendor || w.replies[0].Hops() != 0 {
		t.Errorf("passed on %x", w.replies)
	}
	a.says(guidOf(1), pong)
	w.dropped(DropNoRoute) // one answer to one ping
	for i := range 2 * maxHeads {
		w.core.heads = append(w.core.heads[:min(i, len(w.core.heads))], forwardedHead{guid: wire.GUID{0: byte(i), 1: byte(i >> 8)}, at: w.now})
		if asks(a.guid); len(w.core.heads) > maxHeads {
			t.Fatalf("%d pings are remembered, more than %d", len(w.core.heads), maxHeads)
		}
		a.inbox = nil
	}
}
