package overlay

import (
	"bytes"
	"encoding/binary"
	"net/netip"
	"reflect"
	"testing"
	"time"

	"filbert/overlay/deflate"
	"filbert/overlay/wire"
	"filbert/overlay/wire/ggep"
)

func crawl(ultras, leaves uint8, features wire.CrawlerFeatures, pad int) wire.Frame {
	data := append([]byte{ultras, leaves, byte(features)}, make([]byte, pad)...)
	return datagramOf(guidOf(6), 1, &wire.Vendor{ID: wire.VendorCrawlerPing, Data: data})
}

// TestCrawlerPing tells a crawler of our neighbors, as far as its address may
// get.
func TestCrawlerPing(t *testing.T) {
	w := newWorld(t, Config{Max: 100, agent: "filbert/test;\\"})
	if got := w.honest(dave, crawl(255, 255, 0, 0)); len(got) != 0 {
		t.Errorf("told of nobody: %v", got)
	}
	w.pass(2 * crawlerPause)
	w.many(40)

	f := w.one(w.honest(dave, crawl(255, 255, wire.CrawlAgents|0x04, 0)), dave, wire.TypeVendor)
	v := vendorOf(t, f)
	if v.ID != wire.VendorCrawlerPong || f.GUID() != guidOf(6) || len(f) > maxDatagramSent || v.Data[0] < 10 || v.Data[1] != 0 || v.Data[2] != byte(wire.CrawlAgents) {
		t.Errorf("told a stranger %v, %d bytes, %x", v.ID, len(f), v.Data)
	}
	w.now = w.now.Add(datagramPause) // without a tick: the neighbors are silent
	w.core.drops = Drops{}
	w.honest(dave, crawl(255, 255, 0, 0)) // too early for a crawler
	w.dropped(DropDatagram)

	f = w.one(w.honest(carol, crawl(255, 255, 0, 300)), carol, wire.TypeVendor) // a padded request
	if n := vendorOf(t, f).Data[0]; n != 40 {
		t.Errorf("told of %d neighbors for a request of 300 bytes", n)
	}

	w.proves(bob)
	f = w.one(w.honest(bob, crawl(3, 255, wire.CrawlTime|wire.CrawlAgents|wire.CrawlUptime, 0)), bob, wire.TypeVendor)
	data := vendorOf(t, f).Data
	if data[0] != 3 || data[1] != 0 || wire.CrawlerFeatures(data[2]) != wire.CrawlTime|wire.CrawlAgents|wire.CrawlUptime {
		t.Fatalf("told %x", data)
	}
	if uptime := time.Duration(binary.LittleEndian.Uint32(data[3:])) * time.Second; uptime != w.now.Sub(w.core.started) {
		t.Errorf("up for %v", uptime)
	}
	if !bytes.Equal(data[7:13], []byte{20, 0, 1, 1, 0x40, 0x1f}) || binary.LittleEndian.Uint16(data[13:]) != uint16(datagramPause/time.Minute) {
		t.Errorf("the first neighbor is %x", data[7:15])
	}
	agents, err := deflate.Inflate(nil, data[7+3*8:], 1<<10)
	if err != nil || string(agents) != `;;;filbert/test\;\\` {
		t.Errorf("agents %q, %v", agents, err)
	}
	w.core.drops = Drops{}
	w.receives(alice, datagramOf(guidOf(6), 1, &wire.Vendor{ID: wire.VendorCrawlerPing, Data: []byte{1}}))
	w.dropped(DropMalformed)
	w.now = w.now.Add(2 * crawlerPause)
	w.one(w.honest(dave, crawl(255, 255, 0, 0)), dave, wire.TypeVendor)
}

// TestPushDatagram passes pushes on to a neighbor, and nobody but their sender
// is called for it.
func TestPushDatagram(t *testing.T) {
	w := newWorld(t, Config{})
	a := w.joins(alice)
	b := w.joins(bob)
	push := func(n int, servent wire.GUID, at netip.AddrPort, ext []byte) wire.Frame {
		return datagramOf(wire.GUID{0: byte(n), 1: 7, 8: 0xff}, 4, &wire.Push{Servent: servent, Index: 5, Addr: at, Ext: ext})
	}
	w.receives(dave, push(1, a.guid, dave, nil))
	f := a.wantAt(wire.TypePush, 1, 1)
	m, _ := wire.Parse(wire.TypePush, f.Payload())
	if p := m.(*wire.Push); p.Addr != dave || p.Index != 5 {
		t.Errorf("passed on %+v", p)
	}
	w.dropped()
	w.receives(dave, push(1, a.guid, dave, nil))
	w.dropped(DropDuplicate)
	w.receives(dave, push(2, a.guid, carol, nil)) // somebody else is to be called
	w.receives(dave, push(3, a.guid, dave, ggep.AppendPlain(nil, ggep.Extension{ID: ggep.IPv6, Data: make([]byte, 16)})))
	w.receives(dave, push(4, a.guid, netip.AddrPortFrom(dave.Addr(), 0), nil))
	w.dropped(DropAddress, DropAddress, DropAddress)
	w.receives(dave, push(5, guidOf(99), dave, nil))
	w.dropped(DropNoRoute)
	w.receives(dave, push(6, ourServent, dave, nil))
	if got := w.called(); !reflect.DeepEqual(got, []Effect{&Call{dave, 5}}) {
		t.Errorf("called %+v", got)
	}
	w.receives(dave, datagramOf(guidOf(1), 1, &wire.Opaque{Kind: wire.TypePush, Payload: make([]byte, 25)}))
	w.dropped(DropMalformed)
	far := push(7, a.guid, dave, nil)
	far.SetTTL(3, pushHops+1)
	w.receives(dave, far)
	w.dropped(DropSingleHop)
	for i := range pushesPerHost {
		w.receives(dave, push(10+i, b.guid, dave, nil))
	}
	w.dropped(DropDatagram) // one went to alice
	if n := len(b.ofType(wire.TypePush)); n != pushesPerHost-1 {
		t.Errorf("bob was sent %d pushes", n)
	}
	quiet(a)
	w.now = w.now.Add(pushWindow)
	for i := range pushesAtOnce + 1 {
		from := netip.AddrPortFrom(netip.AddrFrom4([4]byte{30, byte(i), 1, 1}), 7000)
		w.receives(from, push(20+i, b.guid, from, nil))
	}
	w.dropped(DropDatagram)
}
