package overlay

import (
	"net/netip"
	"reflect"
	"slices"
	"testing"
	"time"

	"filbert/overlay/handshake"
	"filbert/overlay/hostcache"
	"filbert/overlay/wire"
)

// connectBacks is what a servent lists that can be asked to call back.
var connectBacks = []wire.VendorID{wire.VendorTCPConnectBack, wire.VendorUDPConnectBack, wire.VendorUDPConnectBack2}

// TestBecomesOpen asks its neighbor to call back, over TCP and UDP, until both
// were seen to work.
func TestBecomesOpen(t *testing.T) {
	w := newWorld(t, Config{})
	a := w.dialed(alice, connectBacks...)
	_, m := a.wantVendor(wire.VendorTCPConnectBack)
	if port, _, err := m.ConnectBack(wire.GUID{}); port != ours.Port() || err != nil {
		t.Errorf("asked to be called at port %d, error %v", port, err)
	}
	muid, m := a.wantVendor(wire.VendorUDPConnectBack2)
	port, ping, err := m.ConnectBack(muid)
	if port != ours.Port() || ping.IsZero() || ping == ourServent || err != nil {
		t.Errorf("asked for a ping %v at port %d, error %v", ping, port, err)
	}
	if v := w.core.View(); v.TCP.Open || v.UDP.Open {
		t.Errorf("open before anybody called: %+v %+v", v.TCP, v.UDP)
	}

	// What comes from whom we wrote to proves nothing, be it the ping: we may have
	// opened the way for it.
	w.step(&Transmit{To: bob, Frame: pingFor(wire.PingInfo{})})
	pings := func(from netip.AddrPort, guid wire.GUID, solicited bool) {
		w.step(&Datagram{From: from, Local: ours.Addr(), Payload: wire.AppendFrame(nil, guid, 1, 0, &wire.Ping{}), Solicited: solicited})
	}
	pings(bob, ping, false)
	pings(alice, ping, true)
	if w.core.View().UDP.Open {
		t.Error("UDP is open by a ping that we may have let in")
	}
	// Nor do we let it in by doing for the neighbor what it does for us.
	a.says(guidOf(7), wire.NewUDPConnectBack(wire.VendorUDPConnectBack2, alice.Port(), guidOf(7)))
	answers := len(w.replies)
	pings(netip.AddrPortFrom(alice.Addr(), 9999), ping, false)
	if v := w.core.View(); v.UDP != (Reach{true, w.now}) || len(w.replies) != answers {
		t.Errorf("UDP %+v after the ping came, %d answers", v.UDP, len(w.replies)-answers)
	}

	w.step(&Reached{From: netip.MustParseAddr("127.0.0.1")})
	w.step(&Reached{From: ours.Addr()})
	if w.core.View().TCP.Open {
		t.Error("TCP is open by a call of our own")
	}
	w.step(&Reached{From: alice.Addr()})
	if v := w.core.View(); v.TCP != (Reach{true, w.now}) {
		t.Errorf("TCP %+v after somebody called", v.TCP)
	}

	// Who comes later is asked nothing, and told.
	p, _ := w.applies(carol, handshake.Peer{Role: handshake.RoleUltrapeer, VendorMessage: handshake.Version{Minor: 2}})
	w.step(&Up{Link: p.id})
	p.want(wire.TypePing)
	p.wantVendor(wire.VendorMessagesSupported)
	if _, m := p.wantVendor(wire.VendorFeatures); !hasFeature(t, m, wire.Feature{Name: featureTCP, Version: 1}) {
		t.Error("does not tell that it is open")
	}
	p.says(wire.GUID{}, wire.NewMessagesSupported(connectBacks...))
	quiet(p)
	w.step(&Disconnect{carol})

	// When nobody comes for long it asks again, and then gives up.
	alive := func(d time.Duration) (asked []wire.VendorID) {
		t.Helper()
		for end := w.now.Add(d); w.now.Before(end); {
			w.pass(aliveIdle / 2)
			a.sends(guidOf(2), 0, 0, &wire.Ping{})
			for _, f := range a.inbox {
				if m, err := wire.Parse(f.Type(), f.Payload()); err == nil && f.Type() == wire.TypeVendor {
					asked = append(asked, m.(*wire.Vendor).ID)
				}
			}
			a.inbox = nil
		}
		return asked
	}
	if asked := alive(reachLifetime/2 - 2*reachPeriod); asked != nil {
		t.Errorf("asked %v while it was known to be open", asked)
	}
	if asked := alive(4 * reachPeriod); !slices.Contains(asked, wire.VendorTCPConnectBack) || !slices.Contains(asked, wire.VendorUDPConnectBack2) {
		t.Errorf("asked %v when the signs had become old", asked)
	}
	if v := w.core.View(); !v.TCP.Open || !v.UDP.Open {
		t.Errorf("closed too early: %+v %+v", v.TCP, v.UDP)
	}
	alive(reachLifetime / 2)
	if v := w.core.View(); v.TCP.Open || v.UDP.Open {
		t.Errorf("still open without a sign: %+v %+v", v.TCP, v.UDP)
	}
}

func hasFeature(t *testing.T, m *wire.Vendor, want wire.Feature) bool {
	t.Helper()
	features, err := m.Features()
	if err != nil {
		t.Fatal(err)
	}
	return slices.Contains(features, want)
}

// TestOldConnectBack asks a servent that knows version 1 only: the GUID of the
// ping is in the data then.
func TestOldConnectBack(t *testing.T) {
	w := newWorld(t, Config{})
	a := w.dialed(alice, wire.VendorUDPConnectBack)
	muid, m := a.wantVendor(wire.VendorUDPConnectBack)
	_, ping, err := m.ConnectBack(muid)
	if err != nil {
		t.Fatal(err)
	}
	w.step(&Datagram{From: alice, Local: ours.Addr(), Payload: wire.AppendFrame(nil, ping, 1, 0, &wire.Ping{})})
	if !w.core.View().UDP.Open {
		t.Error("the ping that was asked for proves nothing")
	}
}

// TestScopesApart: who is called on his own network is not open to the world.
func TestScopesApart(t *testing.T) {
	w := newWorld(t, Config{})
	lan := netip.MustParseAddrPort("192.168.1.7:7009")
	w.joins(lan)
	if v := w.core.View(); !v.TCP.Open {
		t.Errorf("a link came in on the only network there is, and TCP is %+v", v.TCP)
	}
	a := w.dialed(alice)
	if v := w.core.View(); v.TCP.Open {
		t.Errorf("a call on the private network opened the public one: %+v", v.TCP)
	}
	w.step(&Search{ID: 1, Query: *blueSky})
	if flags, _, _, err := wire.QueryText(a.want(wire.TypeQuery).Payload()); err != nil || flags != 0x8000|wire.FlagFirewalled {
		t.Errorf("flags %04x, error %v", flags, err)
	}
	w.step(&Reached{From: bob.Addr()})
	w.step(&Search{ID: 2, Query: *blueSky})
	if flags, _, _, err := wire.QueryText(a.want(wire.TypeQuery).Payload()); err != nil || flags != 0x8000 {
		t.Errorf("flags %04x, error %v", flags, err)
	}
}

// TestConnectBackIsAnswered calls those who ask, where they are, and not too
// often.
func TestConnectBackIsAnswered(t *testing.T) {
	w := newWorld(t, Config{})
	a := w.speaks(alice, handshake.RoleUltrapeer)
	asks := func(m *wire.Vendor, guid wire.GUID) []Effect {
		a.says(guid, m)
		return w.called()
	}
	at := netip.AddrPortFrom(alice.Addr(), 6346)
	if got := asks(wire.NewTCPConnectBack(6346), wire.GUID{}); !reflect.DeepEqual(got, []Effect{&Probe{at}}) {
		t.Errorf("called %+v", got)
	}
	for _, port := range []uint16{0, 22, 1023} {
		if got := asks(wire.NewTCPConnectBack(port), wire.GUID{}); got != nil {
			t.Errorf("called %+v", got)
		}
		w.dropped(DropTarget)
	}
	for _, id := range []wire.VendorID{wire.VendorUDPConnectBack, wire.VendorUDPConnectBack2} {
		w.replies = nil
		asks(wire.NewUDPConnectBack(id, 6346, guidOf(5)), guidOf(5))
		if len(w.replies) != 1 || w.replies[0].Type() != wire.TypePing || w.replies[0].GUID() != guidOf(5) || w.replies[0].TTL() != 1 || w.replies[0].Hops() != 0 {
			t.Errorf("%v was answered with %x", id, w.replies)
		}
		if last := w.mails[len(w.mails)-1]; !last.aside {
			t.Errorf("%v was answered from the port that may be tested likewise", id)
		}
	}
	// Another port does not help.
	for _, port := range []uint16{1024, 65535} {
		if got := asks(wire.NewTCPConnectBack(port), wire.GUID{}); len(got) != 1 {
			t.Errorf("called %+v", got)
		}
	}
	if got := asks(wire.NewTCPConnectBack(6347), wire.GUID{}); got != nil {
		t.Errorf("called %+v a fourth time in %v", got, callWindow)
	}
	w.dropped(DropCallMany)
	w.now = w.now.Add(callWindow)
	if got := asks(wire.NewTCPConnectBack(6347), wire.GUID{}); len(got) != 1 {
		t.Errorf("called %+v after %v", got, callWindow)
	}
}

// TestRedirect calls others for ultrapeers, once a minute and in public only.
func TestRedirect(t *testing.T) {
	w := newWorld(t, Config{External: ours.Addr()})
	a := w.speaks(alice, handshake.RoleUltrapeer)
	to := func(text string) *wire.Vendor {
		addr := netip.MustParseAddrPort(text)
		ip := addr.Addr().As4()
		return &wire.Vendor{ID: wire.VendorRedirect, Data: append(ip[:], byte(addr.Port()), byte(addr.Port()>>8))}
	}
	a.says(wire.GUID{}, to("9.7.1.1:6346"))
	if got := w.called(); !reflect.DeepEqual(got, []Effect{&Probe{netip.MustParseAddrPort("9.7.1.1:6346")}}) {
		t.Errorf("called %+v", got)
	}
	w.now = w.now.Add(redirectWindow - time.Second)
	a.says(wire.GUID{}, to("9.7.1.1:6347"))
	w.dropped(DropCallMany)
	w.now = w.now.Add(time.Second)
	a.says(wire.GUID{}, to("9.7.1.1:6347"))
	if got := w.called(); len(got) != 1 {
		t.Errorf("called %+v", got)
	}
	for _, addr := range []string{
		"9.7.1.1:80", "10.0.0.1:6346", "192.168.1.1:6346", "127.0.0.1:6346", "169.254.169.254:6346", "224.0.0.1:6346", "0.0.0.0:6346",
		"203.0.113.1:6346", ours.String(), netip.AddrPortFrom(ours.Addr(), 6346).String(),
	} {
		a.says(wire.GUID{}, to(addr))
		w.dropped(DropTarget)
	}
	w.core.links[a.id].peer.Role = handshake.RoleLeaf
	a.says(wire.GUID{}, to("9.8.1.1:6346"))
	w.dropped(DropRole)
	if got := w.called(); got != nil {
		t.Errorf("called %+v", got)
	}
}

// TestCallLimit plays the bounds at their edges.
func TestCallLimit(t *testing.T) {
	now := time.Unix(1000, 0)
	host := func(net, host byte) netip.AddrPort {
		return netip.AddrPortFrom(netip.AddrFrom4([4]byte{9, 1, net, host}), 6346)
	}
	t.Run("an address", func(t *testing.T) {
		l := newCalls().tcp
		for i := range callsPerAddr {
			if !l.allow(now.Add(time.Duration(i)*time.Second), host(1, 1)) {
				t.Errorf("call %d was refused", i)
			}
		}
		if l.allow(now.Add(callWindow-1), host(1, 1)) {
			t.Error("one call too many")
		}
		if !l.allow(now.Add(callWindow), host(1, 1)) {
			t.Error("refused when the first was forgotten")
		}
		if l.allow(now.Add(callWindow), host(1, 1)) {
			t.Error("the window does not slide")
		}
	})
	t.Run("a network", func(t *testing.T) {
		l := newCalls().tcp
		for i := range byte(callsPerNet) {
			l.allow(now, host(1, i))
		}
		if l.allow(now, host(1, 100)) || !l.allow(now, host(2, 1)) {
			t.Error("a /24 is not counted by itself")
		}
	})
	t.Run("in all", func(t *testing.T) {
		l := newCalls().tcp
		for i := range byte(callsPerSecond) {
			if !l.allow(now, host(i, 1)) {
				t.Errorf("call %d was refused", i)
			}
		}
		if l.allow(now.Add(time.Second-1), host(100, 1)) || !l.allow(now.Add(time.Second), host(100, 1)) {
			t.Error("calls in all are not counted by the second")
		}
	})
	t.Run("a private network", func(t *testing.T) {
		l := newCalls().tcp
		lan := func(port uint16) netip.AddrPort {
			return netip.AddrPortFrom(netip.MustParseAddr("127.0.0.1"), port)
		}
		for i := range uint16(callsPerAddr) {
			l.allow(now, lan(7000))
			if !l.allow(now, lan(7001+i)) {
				t.Errorf("port %d is refused for another one", 7001+i)
			}
		}
		if l.allow(now, lan(7000)) {
			t.Error("a port is called too often")
		}
	})
	t.Run("one that did not answer", func(t *testing.T) {
		l := newCalls().tcp
		for i := range maxDead + 1 {
			l.failed(now, netip.AddrPortFrom(netip.AddrFrom4([4]byte{9, 1, byte(i >> 8), byte(i)}), 6346))
		}
		if len(l.dead) != maxDead {
			t.Errorf("%d are remembered, want %d", len(l.dead), maxDead)
		}
		if !l.allow(now, host(0, 0)) || l.allow(now, host(0, 1)) || !l.allow(now.Add(callDead), host(0, 1)) {
			t.Error("not the ones that failed last are left alone")
		}
	})
	t.Run("memory", func(t *testing.T) {
		l := newCalls().tcp
		for i := range 5_000 {
			l.allow(now.Add(time.Duration(i)*10*time.Millisecond), netip.AddrPortFrom(netip.AddrFrom4([4]byte{9, byte(i >> 8), byte(i), 1}), 6346))
			if most := callsPerSecond * int(callWindow/time.Second); len(l.recent) > most {
				t.Fatalf("%d calls are remembered, more than %d", len(l.recent), most)
			}
		}
		if len(l.recent) < callsPerSecond*int(callWindow/time.Second)/2 {
			t.Errorf("only %d calls were allowed", len(l.recent))
		}
		l.allow(now.Add(-time.Hour), host(1, 1)) // a clock set back
		if len(l.recent) != 1 {
			t.Errorf("%d calls of the future are remembered", len(l.recent))
		}
	})
}

// TestCallable judges whom a peer may have us call.
func TestCallable(t *testing.T) {
	const public, private, loop = "9.1.1.1", "192.168.7.1", "127.0.0.1"
	c := newWorld(t, Config{External: ours.Addr()}).core
	for _, test := range []struct {
		to, teller string
		want       bool
	}{
		{"9.2.2.2:1024", public, true},
		{"9.2.2.2:1023", public, false},
		{"9.2.2.2:80", public, false},
		{"9.2.2.2:0", public, false},
		{"9.2.2.2:6346", private, true},
		{"[2600::1]:6346", public, true},
		{ours.String(), public, false},
		{"9.9.1.1:22222", public, false},
		{"10.1.2.3:6346", public, false},
		{"172.16.0.1:6346", public, false},
		{"172.31.255.255:6346", public, false},
		{"192.168.0.1:6346", public, false},
		{"127.0.0.1:6346", public, false},
		{"[::1]:6346", public, false},
		{"[::ffff:10.1.2.3]:6346", public, false},
		{"[::ffff:127.0.0.1]:6346", public, false},
		{"[fd00::1]:6346", public, false},
		{"[fe80::1]:6346", public, false},
		{"[fe80::1%eth0]:6346", public, false},
		{"169.254.169.254:6346", public, false},
		{"[fd00:ec2::254]:6346", public, false},
		{"100.100.100.200:6346", public, false},
		{"0.0.0.0:6346", public, false},
		{"255.255.255.255:6346", public, false},
		{"224.0.0.1:6346", public, false},
		{"203.0.113.1:6346", public, false},
		{"192.168.99.1:6346", private, true},
		{"192.169.0.1:6346", private, true}, // it is public
		{"10.1.2.3:6346", private, false},
		{"127.0.0.1:6346", private, false},
		{"169.254.169.254:6346", private, false},
		{"127.0.0.1:6346", loop, true},
		{"127.0.0.1:7000", loop, false}, // ourselves
		{"192.168.7.1:6346", loop, false},
	} {
		if got := c.callable(netip.MustParseAddrPort(test.to), netip.MustParseAddr(test.teller)); got != test.want {
			t.Errorf("%s told by %s: %v, want %v", test.to, test.teller, got, test.want)
		}
	}
	lab := newWorld(t, Config{Hosts: hostcache.Config{AllowDocumentation: true}}).core
	if !lab.callable(netip.MustParseAddrPort("203.0.113.1:6346"), netip.MustParseAddr("203.0.113.2")) {
		t.Error("a laboratory's address is refused in a laboratory")
	}
}

// TestRecheck: told that what was in the way may be gone, it asks a neighbor again
// that was asked a moment ago, for what is not known to be open.
func TestRecheck(t *testing.T) {
	w := newWorld(t, Config{})
	a := w.dialed(alice, connectBacks...)
	a.wantVendor(wire.VendorTCPConnectBack)
	a.wantVendor(wire.VendorUDPConnectBack2)
	w.step(&Reached{From: alice.Addr()})
	for range 2 {
		quiet(a)
		w.step(&Recheck{})
		a.wantVendor(wire.VendorUDPConnectBack2)
	}
	quiet(a)
}

// TestMapped: the address of a router that forwards our port is what we tell the
// world, while it does; but not against the user's word.
func TestMapped(t *testing.T) {
	router, told := netip.MustParseAddr("198.51.100.9"), netip.MustParseAddr("203.0.113.200")
	for _, external := range []netip.Addr{{}, told} {
		w := newWorld(t, Config{External: external})
		for _, mapped := range []netip.Addr{router, {}} {
			w.step(&Mapped{mapped})
			want := mapped
			if external.IsValid() {
				want = external
			}
			if v := w.core.View(); v.External != want {
				t.Errorf("the user says %v, the router %v: %v", external, mapped, v.External)
			}
		}
	}
}
