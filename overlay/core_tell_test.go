package overlay

import (
	"net/netip"
	"testing"

	"filbert/overlay/handshake"
	"filbert/overlay/wire"
	"filbert/overlay/wire/ggep"
)

// The hosts of an IPv6 network, and where one of both knows us.
var (
	anna6 = netip.MustParseAddrPort("[2400:1::1]:7001")
	emil6 = netip.MustParseAddrPort("[2400:2::1]:7002")
	ours6 = netip.MustParseAddrPort("[2400:9::1]:7000")
)

// joinsBy makes addr a neighbor whose connection ends at local, and which sees
// us at seen.
func (w *world) joinsBy(addr netip.AddrPort, local, seen netip.Addr) *player {
	w.t.Helper()
	w.next += 2
	p := &player{w: w, id: w.next, addr: addr, guid: wire.GUID{0: byte(w.next), 1: byte(addr.Port()), 8: 0xff}}
	w.peers[p.id] = p
	remote := netip.AddrPortFrom(addr.Addr(), 40000+uint16(w.next))
	w.step(&Applied{Link: p.id, Remote: remote, Local: local, Inbound: true,
		Peer: &handshake.Peer{Role: handshake.RoleUltrapeer, GUID: p.guid, Listen: addr, RemoteIP: seen}})
	if v := w.verdicts[p.id]; v.Code != handshake.OK {
		w.t.Fatalf("%v was refused: %d %s", addr, v.Code, v.Text)
	}
	w.step(&Up{Link: p.id})
	p.want(wire.TypePing)
	return p
}

// wantPong takes a pong.
func (p *player) wantPong() *wire.Pong {
	p.w.t.Helper()
	m, err := wire.Parse(wire.TypePong, p.want(wire.TypePong).Payload())
	pong, ok := m.(*wire.Pong)
	if err != nil || !ok {
		p.w.t.Fatal(err)
	}
	return pong
}

// answered asks over p, has it answered, and takes the hit.
func (p *player) answered(guid wire.GUID) *wire.QueryHit {
	p.w.t.Helper()
	p.sends(guid, 1, 0, blueSky)
	m := p.w.matches[len(p.w.matches)-1]
	p.w.step(&Matched{Link: m.Link, GUID: m.GUID, Hops: m.Hops, Records: []wire.Record{{Index: 1, Size: 1, Name: "blue sky"}}})
	msg, err := wire.Parse(wire.TypeQueryHit, p.want(wire.TypeQueryHit).Payload())
	hit, ok := msg.(*wire.QueryHit)
	if err != nil || !ok {
		p.w.t.Fatal(err)
	}
	return hit
}

// TestTellsBothAddresses says where a node is that was reached by IPv4, by IPv6
// and by both.
func TestTellsBothAddresses(t *testing.T) {
	external := netip.MustParseAddr("9.8.8.8")
	for _, test := range []struct {
		name     string
		external netip.Addr
		from     netip.AddrPort
		local    netip.Addr
		addr     netip.AddrPort
		ip6      netip.Addr
	}{
		{"IPv4", netip.Addr{}, alice, ours.Addr(), ours, netip.Addr{}},
		{"IPv6 alone", netip.Addr{}, anna6, ours6.Addr(), ours6, ours6.Addr()},
		{"IPv6, and an IPv4 address the user told", external, anna6, ours6.Addr(), netip.AddrPortFrom(external, 7000), ours6.Addr()},
		{"IPv4, and an IPv6 address the user told", ours6.Addr(), alice, ours.Addr(), ours, ours6.Addr()},
		{"loopback tells nothing of the world", ours6.Addr(), netip.MustParseAddrPort("127.0.0.1:7001"), netip.MustParseAddr("127.0.0.1"),
			netip.MustParseAddrPort("127.0.0.1:7000"), netip.Addr{}},
		{"IPv6 loopback", external, netip.MustParseAddrPort("[::1]:7001"), netip.IPv6Loopback(),
			netip.MustParseAddrPort("[::1]:7000"), netip.IPv6Loopback()},
	} {
		t.Run(test.name, func(t *testing.T) {
			w := newWorld(t, Config{External: test.external})
			p := w.joinsBy(test.from, test.local, netip.Addr{})
			w.step(&Sharing{Files: 1, KiB: 9})
			p.sends(guidOf(1), 1, 0, &wire.Ping{})
			if pong := p.wantPong(); pong.Addr != test.addr || pong.Info().IPv6 != test.ip6 {
				t.Errorf("pong of %v and %v, want %v and %v", pong.Addr, pong.Info().IPv6, test.addr, test.ip6)
			}
			if hit := p.answered(guidOf(2)); hit.Addr != test.addr || hit.IPv6() != test.ip6 {
				t.Errorf("hit of %v and %v, want %v and %v", hit.Addr, hit.IPv6(), test.addr, test.ip6)
			}
		})
	}
}

// TestAgreesPerFamily: what three networks see of one family is told on links of
// the other.
func TestAgreesPerFamily(t *testing.T) {
	w := newWorld(t, Config{})
	seen := netip.MustParseAddr("9.8.8.8")
	for _, at := range []netip.AddrPort{alice, bob, carol} {
		w.joinsBy(at, ours.Addr(), seen)
	}
	w.step(&Sharing{Files: 1})
	p := w.joinsBy(anna6, ours6.Addr(), netip.Addr{})
	if hit := p.answered(guidOf(1)); hit.Addr != netip.AddrPortFrom(seen, 7000) || hit.IPv6() != ours6.Addr() {
		t.Errorf("hit of %v and %v", hit.Addr, hit.IPv6())
	}
}

// TestPongsOfIPv6Hosts passes on and tells crawlers of hosts that have an IPv6
// address.
func TestPongsOfIPv6Hosts(t *testing.T) {
	w := newWorld(t, Config{})
	a, e := w.joinsBy(anna6, ours6.Addr(), netip.Addr{}), w.joinsBy(emil6, ours6.Addr(), netip.Addr{})
	a.sends(guidOf(1), 1, 0, &wire.Pong{Addr: ours, Files: 5, KiB: 8}) // of itself, with an address nobody needs
	w.pass(pingPause)
	e.inbox = nil                          // pings of ours
	e.sends(guidOf(2), 2, 0, &wire.Ping{}) // a crawler's
	e.wantPong()
	if pong := e.wantPong(); pong.Addr != anna6 || pong.Files != 5 {
		t.Errorf("a crawler is told of %+v", pong)
	}
	w.pass(pingPause)
	e.inbox = nil
	e.sends(guidOf(3), 4, 0, &wire.Ping{})
	e.wantPong()
	if pong := e.wantPong(); pong.Addr != anna6 || pong.Files != 5 {
		t.Errorf("the cache holds %+v", pong)
	}
	w.dropped()
}

// TestHitsOfIPv6Hosts delivers hits by the address that can be used.
func TestHitsOfIPv6Hosts(t *testing.T) {
	told := func(addr netip.AddrPort, ip6 netip.Addr) *wire.QueryHit {
		hit := hitFor(guidOf(77), addr)
		if ip6.IsValid() {
			hit.Trailer = wire.NewTrailer(vendor, 0, wire.IPv6(ip6))
		}
		return hit
	}
	for _, test := range []struct {
		name    string
		only    bool
		hit     *wire.QueryHit
		want    netip.AddrPort
		dropped bool
	}{
		{"both: IPv4 first", false, told(dave, emil6.Addr()), dave, false},
		{"both, where we reach IPv6 alone", true, told(dave, emil6.Addr()), netip.AddrPortFrom(emil6.Addr(), dave.Port()), false},
		{"IPv6 alone", false, told(emil6, emil6.Addr()), emil6, false},
		{"IPv4 alone, where we cannot reach it", true, told(dave, netip.Addr{}), dave, false},
		{"an IPv6 address of nobody", false, told(emil6, netip.MustParseAddr("fe80::1")), netip.AddrPort{}, true},
		{"no address at all", false, told(emil6, netip.Addr{}), netip.AddrPort{}, true},
		{"our neighbor's loopback", true, told(dave, netip.IPv6Loopback()), netip.AddrPort{}, true},
	} {
		t.Run(test.name, func(t *testing.T) {
			w := newWorld(t, Config{OnlyIPv6: test.only})
			p := w.joinsBy(anna6, ours6.Addr(), netip.Addr{})
			w.step(&Search{ID: 1, Query: *blueSky})
			p.sends(p.want(wire.TypeQuery).GUID(), 3, 0, test.hit)
			if test.dropped {
				w.dropped(DropAddress)
				return
			}
			if len(w.hits[1]) != 1 || w.hits[1][0].Addr != test.want {
				t.Errorf("delivered %+v, want %v", w.hits[1], test.want)
			}
		})
	}
}

// TestAsksForIPv6 says in queries which addresses are reached.
func TestAsksForIPv6(t *testing.T) {
	for _, test := range []struct {
		name string
		cfg  Config
		from netip.AddrPort
		want string // of I6; "-" when it is not sent
	}{
		{"no IPv6", Config{}, alice, "-"},
		{"an IPv6 neighbor", Config{}, anna6, ""},
		{"an IPv6 address", Config{External: ours6.Addr()}, alice, ""},
		{"IPv6 alone", Config{OnlyIPv6: true}, anna6, "\x01"},
	} {
		w := newWorld(t, test.cfg)
		p := w.joinsBy(test.from, ours.Addr(), netip.Addr{})
		mask := wire.AppendGGEP(wire.AppendSHA1(nil, [20]byte{1}), ggep.Extension{ID: ggep.Media, Data: []byte{4}})
		w.step(&Search{ID: 1, Query: wire.Query{Flags: 0x8000, Text: "blue", Ext: mask}})
		_, _, ext, err := wire.QueryText(p.want(wire.TypeQuery).Payload())
		if err != nil {
			t.Fatal(err)
		}
		got := "-"
		if e, ok := wire.FindGGEP(ext, ggep.WantIPv6); ok {
			data, err := e.Payload()
			if err != nil {
				t.Fatal(err)
			}
			got = string(data)
		}
		hashes := 0
		for range wire.SHA1s(ext) {
			hashes++
		}
		if _, ok := wire.FindGGEP(ext, ggep.Media); !ok || got != test.want || hashes != 1 {
			t.Errorf("%s: extensions %q, I6 %q, want %q", test.name, ext, got, test.want)
		}
	}
}

// TestTellsOfBrowsing offers browsing where it is served.
func TestTellsOfBrowsing(t *testing.T) {
	for _, browse := range []bool{false, true} {
		w := newWorld(t, Config{Browse: browse})
		p := w.joins(alice)
		w.step(&Sharing{Files: 1})
		exts, err := p.answered(guidOf(1)).Trailer.GGEP()
		if _, ok := ggep.Lookup(exts, ggep.Browse); err != nil || ok != browse {
			t.Errorf("browse %v: trailer %v, %v", browse, exts, err)
		}
	}
}
