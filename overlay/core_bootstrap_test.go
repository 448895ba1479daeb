package overlay

import (
	"fmt"
	"net/netip"
	"slices"
	"testing"
	"time"

	"filbert/overlay/bootstrap/uhc"
	"filbert/overlay/handshake"
	"filbert/overlay/wire"
	"filbert/overlay/wire/ggep"
)

// asksForHosts is a ping with SCP, padded to a size.
func asksForHosts(size int) wire.Frame {
	exts := []ggep.Extension{{ID: ggep.SCP, Data: []byte{byte(wire.SCPUltrapeers)}}}
	bare := wire.AppendFrame(nil, guidOf(1), 1, 0, &wire.Ping{Ext: ggep.AppendPlain(nil, exts...)})
	if pad := size - len(bare) - 6; pad > 0 { // flags, id, two of length
		exts = append(exts, ggep.Extension{ID: "PAD", Data: make([]byte, pad)})
	}
	return wire.AppendFrame(nil, guidOf(1), 1, 0, &wire.Ping{Ext: ggep.AppendPlain(nil, exts...)})
}

// TestTellsHosts: who asks for hosts by UDP is told our neighbors and those we
// met, within the size of the question unless a link of ours goes there.
func TestTellsHosts(t *testing.T) {
	told := func(w *world, from netip.AddrPort, ping wire.Frame) (wire.HostInfo, int) {
		t.Helper()
		w.replies = nil
		w.step(&Datagram{From: from, Local: ours.Addr(), Payload: ping})
		if len(w.replies) != 1 {
			t.Fatalf("%d answers", len(w.replies))
		}
		m, err := wire.Parse(wire.TypePong, w.replies[0].Payload())
		if err != nil || w.replies[0].GUID() != guidOf(1) {
			t.Fatal(err)
		}
		return m.(*wire.Pong).Info(), len(w.replies[0])
	}
	for _, isCache := range []bool{false, true} {
		w := newWorld(t, Config{HostCache: isCache})
		w.joins(alice)
		w.joins(bob)
		stranger := netip.MustParseAddrPort("9.7.1.1:9000")
		info, size := told(w, stranger, asksForHosts(120))
		var hosts []netip.AddrPort
		for _, h := range info.Hosts {
			hosts = append(hosts, h.Addr)
		}
		slices.SortFunc(hosts, netip.AddrPort.Compare)
		if !slices.Equal(hosts, []netip.AddrPort{alice, bob}) || size > 120 || info.HostCache != isCache {
			t.Errorf("cache %v: told of %v in %d bytes, cache %v", isCache, hosts, size, info.HostCache)
		}
		w.now = w.now.Add(datagramPause)
		bare := asksForHosts(0)
		w.replies = nil
		w.step(&Datagram{From: stranger, Local: ours.Addr(), Payload: bare})
		if len(w.replies) != 1 || w.replies[0].Type() != wire.TypePing || len(w.replies[0]) > len(bare) {
			t.Errorf("a question of %d bytes is answered with %v", len(bare), w.replies)
		}
		w.now = w.now.Add(datagramPause)
		if info, _ := told(w, netip.AddrPortFrom(alice.Addr(), 9000), bare); len(info.Hosts) != 1 || info.Hosts[0].Addr != bob || info.Vendor != vendor {
			t.Errorf("a neighbor is told %+v", info)
		}
	}
}

func TestLearnsFromCaches(t *testing.T) {
	w := newWorld(t, Config{Want: 2})
	teller := netip.MustParseAddr("9.8.1.1")
	w.step(&Learned{Hosts: []netip.AddrPort{alice, netip.MustParseAddrPort("10.0.0.1:7000"), netip.MustParseAddrPort("9.3.1.1:80"), bob, carol}, Teller: teller})
	if len(w.dials) != 2 || w.core.hosts.Len() != 3 {
		t.Errorf("dialed %v of %d hosts", w.dials, w.core.hosts.Len())
	}
	// One teller cannot fill the cache: a first batch, and then little.
	var many []netip.AddrPort
	for i := range 200 {
		many = append(many, netip.AddrPortFrom(netip.AddrFrom4([4]byte{9, 100, byte(i), 1}), 7000))
	}
	w.step(&Learned{Hosts: many, Teller: teller})
	if n := w.core.hosts.Len(); n > 3+uhc.MaxHosts*3 {
		t.Errorf("%d hosts known on word of one", n)
	}
	w.now = w.now.Add(time.Minute)
	w.step(&Applied{Link: 99, Remote: dave, Local: ours.Addr(), Inbound: true, Peer: &handshake.Peer{Role: handshake.RoleUltrapeer}})
	if try := fmt.Sprint(w.verdicts[99].Try); try != "[]" {
		t.Errorf("passes on what it only heard: %s", try)
	}
}
