package overlay

import (
	"encoding/binary"
	"math/rand/v2"
	"net/netip"
	"testing"
	"time"

	"filbert/overlay/handshake"
	"filbert/overlay/hostcache"
	"filbert/overlay/wire"
)

// FuzzVendorMessage gives the Core any vendor message, push or horizon of a
// neighbor in public: whatever it is, nobody on a local network and no service
// is called, and only the neighbor itself over UDP.
func FuzzVendorMessage(f *testing.F) {
	for _, m := range []wire.Message{
		wire.NewMessagesSupported(handled...), wire.NewFeatures(wire.Feature{Name: featureTCP, Version: 1}), wire.NewHopsFlow(3),
		wire.NewTCPConnectBack(6346), wire.NewUDPConnectBack(wire.VendorUDPConnectBack, 6346, guidOf(1)),
		wire.NewUDPConnectBack(wire.VendorUDPConnectBack2, 6346, guidOf(1)),
		&wire.Vendor{ID: wire.VendorRedirect, Data: []byte{9, 8, 7, 6, 0xca, 0x18}}, wire.NewStatusResponse(1),
		&wire.Vendor{ID: wire.VendorStatusRequest}, &wire.Vendor{ID: wire.VendorTimeRequest, Data: []byte{0}},
		&wire.Vendor{ID: wire.VendorProxyRequest}, wire.NewProxyAnswer(alice), &wire.Vendor{ID: wire.VendorProxyCancel},
		headPingFor([20]byte{}, ourServent), wire.NewHeadPong(wire.VendorHeadPing, wire.HeadPong{}),
		wire.NewPunchWord([]byte("word")), wire.NewPunchWord(make([]byte, wire.MaxPunchWord+1)),
		wire.NewPush(ourServent, 1, dave), wire.NewPush(ourServent, 1, netip.MustParseAddrPort("[fd00::1]:6346")),
		&wire.HSEP{Levels: []wire.HSEPLevel{{Nodes: 1}}},
	} {
		f.Add(byte(m.Type()), byte(1), byte(0), m.AppendTo(nil))
	}
	f.Fuzz(func(t *testing.T, typ, ttl, hops byte, payload []byte) {
		if len(payload) > wire.MaxOther {
			return
		}
		c := NewCore(Config{GUID: ourServent, Port: ours.Port(), External: ours.Addr()}, rand.New(rand.NewPCG(1, 1)))
		now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
		peer := handshake.Peer{
			Role: handshake.RoleUltrapeer, GUID: guidOf(9), Listen: alice,
			VendorMessage: handshake.Version{Minor: 2}, Features: map[string]handshake.Version{"hsep": {Minor: 2}},
		}
		c.Step(now, &Applied{Link: 1, Remote: alice, Local: ours.Addr(), Inbound: true, Peer: &peer})
		c.Step(now, &Up{Link: 1})
		frame := wire.AppendFrame(nil, guidOf(1), wire.TTL(ttl), wire.Hops(hops), &wire.Opaque{Kind: wire.Type(typ), Payload: payload})
		if int(binary.LittleEndian.Uint32(frame[19:])) != len(payload) {
			t.Fatal("the frame is not what it should be")
		}
		var called []netip.AddrPort
		for _, e := range c.Step(now, &Batch{Link: 1, Frames: frame}) {
			switch e := e.(type) {
			case *Probe:
				called = append(called, e.To)
			case *Call:
				called = append(called, e.To)
			case *Reply:
				if e.To.Addr() != alice.Addr() {
					t.Errorf("a datagram went to %v", e.To)
				}
				called = append(called, e.To)
			}
		}
		for _, to := range called {
			if to.Port() < minCallPort || hostcache.Class(to.Addr()) != hostcache.Global || to.Addr() == ours.Addr() {
				t.Errorf("called %v", to)
			}
		}
		if len(called) > 1 {
			t.Errorf("one message had %v called", called)
		}
		c.Step(now.Add(time.Minute), &Tick{})
		c.View()
	})
}
