package group

import (
	"net/netip"
	"reflect"
	"strings"
	"testing"
)

var (
	one   = netip.MustParseAddrPort("198.51.100.7:6346")
	two   = netip.MustParseAddrPort("198.51.100.8:65535")
	three = netip.MustParseAddrPort("198.51.100.9:1")
	four  = netip.MustParseAddrPort("198.51.100.10:6346")
	fifth = netip.MustParseAddrPort("198.51.100.11:6346")
	six   = netip.MustParseAddrPort("[2001:db8::6]:6346")

	everyWay = Via{Push: true, IPv6: netip.MustParseAddr("2001:db8::1"), Relays: []netip.AddrPort{one, two}, Proxies: []netip.AddrPort{two}}
)

// TestVia: what an invite says of how a peer is reached is read as it was written, as far as
// there is room, and who knows nothing of it takes the invite all the same.
func TestVia(t *testing.T) {
	at := func(list ...netip.AddrPort) []netip.AddrPort { return list }
	for _, c := range []struct {
		name    string
		address string
		via     Via
		want    Via
	}{
		{"open", "9.1.1.1:7000", Via{}, Via{}},
		{"open in both families", "9.1.1.1:7000", Via{IPv6: everyWay.IPv6}, Via{IPv6: everyWay.IPv6}},
		{"every way", "9.1.1.1:7000", everyWay, everyWay},
		{"nobody knows where", "", everyWay, everyWay},
		{"it can only be waited for", "9.1.1.1:7000", Via{Push: true}, Via{Push: true}},
		{"four of five", "", Via{Relays: at(one, two), Proxies: at(three, two, four, fifth)}, Via{Relays: at(one, two), Proxies: at(two, three, four)}},
		{"an IPv6 relay", "[2001:db8::1]:7000", Via{Push: true, Relays: at(six, one, two, three)}, Via{Push: true, Relays: at(six, one, two)}},
		{"its own goes first", "", Via{IPv6: everyWay.IPv6, Relays: at(six, one)}, Via{IPv6: everyWay.IPv6, Relays: at(one)}},
		{"what is none", "", Via{Push: true, Relays: at(netip.AddrPort{}, one)}, Via{Push: true, Relays: at(one)}},
	} {
		t.Run(c.name, func(t *testing.T) {
			peer := newPeer(t, 1).PeerID()
			i := Invite{Group: ID{1}, Token: Token{2}, Ask: []Ask{{Peer: peer, Address: c.address, Via: c.via}, {Peer: newPeer(t, 2).PeerID()}}}
			text := i.String()
			got, err := ParseInvite(text)
			if err != nil || len(got.Ask) != 2 || got.Ask[0].Peer != peer || got.Ask[0].Address != c.address || !reflect.DeepEqual(got.Ask[0].Via, c.want) {
				t.Fatalf("%s: %+v, %v; want %+v", text, got.Ask, err, c.want)
			}
			// As filberts before this read it: each part is a peer and an address of some characters.
			parts := strings.Split(text, ".")[2:]
			for _, p := range parts {
				if _, address, at := strings.Cut(p, "@"); at && !validAddress(strings.ReplaceAll(address, "_", ".")) {
					t.Errorf("%q is no address", address)
				}
			}
			if len(parts) > maxAsk || len(text) > maxInvite {
				t.Errorf("%d parts, %d characters", len(parts), len(text))
			}
			if mistyped := strings.Replace(text, viaMark+"a", viaMark+"b", 1); mistyped != text {
				if _, err := ParseInvite(mistyped); ReasonOf(err) != Malformed {
					t.Errorf("mistyped: %v", err)
				}
			}
		})
	}
}

// TestViaOfLater: what a later filbert says besides is passed over.
func TestViaOfLater(t *testing.T) {
	b := []byte{viaPush | 1<<7}
	b = append(b, viaRelay|viaOwn|2, 1, 2)                   // of another kind
	b = append(b, viaRelay|3, 1, 2, 3)                       // of another length
	b = append(b, viaRelay|6, 198, 51, 100, 7, 0x18, 0xCA)   // one
	b = append(b, viaOwn|4, 198, 51, 100, 7, viaProxy|1, 10) // an IPv4 address of its own, half a port
	got, ok := parseVia(viaMark + checkedText(b))
	if want := (Via{Push: true, Relays: []netip.AddrPort{one}}); !ok || !reflect.DeepEqual(got, want) {
		t.Errorf("%+v, %v", got, ok)
	}
	for _, cut := range []string{"", "aaaa", checkedText(nil), checkedText([]byte{0, viaRelay | 6, 1, 2}), "zzzzzzzz1"} {
		if v, ok := parseVia(viaMark + cut); ok {
			t.Errorf("%q is %+v", cut, v)
		}
	}
}

// TestInviteRoom: an invite names as many peers as it has room for.
func TestInviteRoom(t *testing.T) {
	p := newPeers(t, 3)
	s := found(t, p...)
	var ask []Ask
	for _, id := range p {
		ask = append(ask, Ask{Peer: id.PeerID(), Address: "[2001:db8:1111:2222:3333:4444:5555:6666]:65535", Via: everyWay})
	}
	i, _, err := s.Invite(p[0], Ordinary, maxInviteLife, ask, seeded(1), noon)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := ParseInvite(i.String()); err != nil || len(got.Ask) != 2 || !reflect.DeepEqual(got.Ask, ask[:2]) {
		t.Errorf("%+v, %v", got, err)
	}
	t.Logf("%d characters for one that is reached in every way", len(Invite{Group: i.Group, Token: i.Token, Ask: ask[:1]}.String()))
}
