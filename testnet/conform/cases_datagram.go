package conform

import (
	"encoding/binary"
	"fmt"
	"net/netip"
	"slices"

	"filbert/overlay/wire"
	"filbert/overlay/wire/ggep"
)

var datagramCases = []Case{
	{
		Name: "datagram/ping", Checks: "a UDP ping is answered by a pong with its GUID, hops 0, and the servent's port", Source: "bootstrap.md §2, §8",
		run: func(t *trial) {
			_, _, pong := askDatagram(t, nil)
			t.check(pong.Addr.Port() == t.cfg.Addr.Port(), fmt.Sprintf("port %d", t.cfg.Addr.Port()), "%v", pong.Addr)
		},
	},
	{
		Name: "datagram/scp", Checks: "a ping with GGEP SCP is answered by a pong with packed addresses in IPP (IPP6 where that was asked for), not the asker's and none twice", Source: "bootstrap.md §3",
		run: func(t *trial) {
			d, _, pong := askDatagram(t, t.scp())
			told := 0
			for _, id := range []string{ggep.IPP, ggep.IPP6} {
				length := 4 + 2
				if id == ggep.IPP6 {
					length = 16 + 2
				}
				e, ok := ggep.Find(pong.Ext, id)
				if !ok {
					continue
				}
				told++
				data, err := e.Payload()
				t.check(err == nil && len(data)%length == 0, fmt.Sprintf("addresses of %d bytes in %s", length, id), "%x: %v", clipBytes(data), err)
				seen := map[netip.AddrPort]bool{}
				for packed := range slices.Chunk(data, length) {
					ip, _ := netip.AddrFromSlice(packed[:length-2]) // of 4 or 16 bytes
					host := netip.AddrPortFrom(ip, binary.LittleEndian.Uint16(packed[length-2:]))
					t.check(!seen[host], "each address once", "%v again", host)
					seen[host] = true
					t.check(host.Port() != 0, "ports", "%v", host)
					t.check(host != d.local, "hosts other than the asker", "%v", host)
				}
			}
			if told == 0 {
				t.notOffered("its pong has no IPP: it has no hosts to tell, or keeps them")
			}
		},
	},
	{
		Name: "datagram/flood", Checks: "who pings ten times at once is answered once", Source: "bootstrap.md §2, §8; THREATS T2",
		run: func(t *trial) {
			d := t.stranger()
			for range 10 {
				d.send(ping(wire.NewPingGUID(t.cfg.Rand), 1, nil))
			}
			isAny := func(f wire.Frame) bool { return f.Type() == wire.TypePong }
			d.want("one pong", isAny)
			t.one().alive()
			if f, again := d.wait(quietTime, isAny); again {
				d.needStrange()
				t.failf("no second pong", "%s", describe(f))
			}
		},
	},
	{
		Name: "datagram/small", Checks: "an address that has proved nothing gets no more bytes than it sent; 512 of a servent that asks for no proof",
		Source: "THREATS T2",
		run: func(t *trial) {
			d := t.stranger()
			d.mute = true
			request := ping(wire.NewPingGUID(t.cfg.Rand), 1, t.scp())
			d.send(request)
			got := d.all()
			t.check(len(got) > 0, "a pong, or a ping to prove the address by", "nothing within %v", t.cfg.Timeout)
			limit, sum := smallAnswer, 0
			for _, f := range got {
				if sum += len(f); f.Type() == wire.TypePing {
					limit = len(request)
				}
			}
			if sum > limit {
				d.needStrange()
			}
			t.check(sum <= limit, fmt.Sprintf("at most %d bytes for %d", limit, len(request)), "%d in %d datagrams", sum, len(got))
		},
	},
	{
		Name: "datagram/padded", Checks: "a ping as long as its answer may be is answered at once, without proof of its address, by no more than its length",
		Source: "THREATS T2; bootstrap.md §3",
		run: func(t *trial) {
			d := t.stranger()
			d.mute = true
			guid := wire.NewPingGUID(t.cfg.Rand)
			request := ping(guid, 1, ggep.AppendPlain(nil,
				ggep.Extension{ID: ggep.SCP, Data: []byte{1}}, ggep.Extension{ID: "PAD", Data: make([]byte, paddedPing)}))
			d.send(request)
			f := d.want("a pong with the GUID of the ping", isPong(guid))
			readPong(t, f)
			t.check(len(f) <= len(request), fmt.Sprintf("at most the %d bytes of the request", len(request)), "%d", len(f))
		},
	},
	{
		Name: "datagram/crawler", Checks: "a crawler's ping LIME/5 is answered by LIME/6 with its GUID and as many entries as it says", Source: "vendor.md §8 LIME/5",
		run: func(t *trial) {
			t.needs("Vendor-Message")
			t.pair()
			d := t.stranger()
			guid := t.guid()
			d.send(wire.AppendFrame(nil, guid, 1, 0, &wire.Vendor{ID: wire.VendorCrawlerPing, Data: []byte{255, 255, 0}}))
			f, ok := d.wait(t.cfg.Timeout, isVendor(wire.VendorCrawlerPong))
			if !ok {
				t.notOffered("no answer to LIME/5: it may not know it, or have no neighbors with IPv4 addresses to tell")
			}
			t.check(f.GUID() == guid, guid.String(), "%v", f.GUID())
			data := f.Payload()[8:]
			t.check(len(data) >= 3 && len(data) >= 3+6*(int(data[0])+int(data[1])), "ultrapeers, leaves, features and 6 bytes for each", "%x", clipBytes(data))
		},
	},
	{
		Name: "datagram/head", Checks: "a head ping for the shared file is answered by LIME/24 with its GUID", Source: "vendor.md §7",
		run: func(t *trial) {
			t.needs("Vendor-Message")
			t.needFile(false, true)
			code, ok := askHead(t, t.cfg.URN)
			if !ok {
				t.notOffered("no answer to LIME/23, which needs no listing")
			}
			t.check(code&3 == 1, "code 1: complete", "%02x", code)
		},
	},
	{
		Name: "datagram/head-unknown", Checks: "a head ping for an unknown file is answered by code 0", Source: "vendor.md §7",
		run: func(t *trial) {
			t.needs("Vendor-Message")
			code, ok := askHead(t, unknownSHA1)
			if !ok {
				t.notOffered("no answer to LIME/23, which needs no listing")
			}
			t.check(code == 0, "code 0", "%02x", code)
		},
	},
	{
		Name: "datagram/garbage", Checks: "datagrams that are no message are not answered, and harm nobody", Source: "bootstrap.md §8; THREATS T3",
		run: func(t *trial) {
			d := t.stranger()
			long := ping(t.guid(), 1, nil)
			binary.LittleEndian.PutUint32(long[wire.HeaderLen-4:], 100)
			for _, b := range [][]byte{{}, {0}, []byte("hello"), make([]byte, 23), make([]byte, 1400), long, append(ping(t.guid(), 1, nil), 1, 2, 3)} {
				if len(b) == 23 {
					b[16] = 0x77
				}
				d.send(b)
			}
			d.wantNone("answer to garbage", func(wire.Frame) bool { return true })
		},
	},
	{
		Name: "datagram/links-only", Checks: "BYE, QRP and HSEP by UDP are ignored", Source: "bootstrap.md §8",
		run: func(t *trial) {
			d := t.stranger()
			for _, m := range []wire.Message{&wire.Bye{Code: wire.ByeShutdown}, &wire.RouteReset{Slots: 8, Infinity: 7}, &wire.Opaque{Kind: wire.TypeHSEP, Payload: make([]byte, 24)}} {
				d.send(t.oneHop(m))
			}
			d.wantNone("answer", func(wire.Frame) bool { return true })
		},
	},
}

// scp is a GGEP block that asks for ultrapeers, for those with IPv6 addresses too
// if the servent has one.
func (t *trial) scp() []byte {
	wishes := byte(wire.SCPUltrapeers)
	if t.cfg.Addr.Addr().Is6() {
		wishes |= byte(wire.SCPIPv6)
	}
	return ggep.AppendPlain(nil, ggep.Extension{ID: ggep.SCP, Data: []byte{wishes}})
}

// askDatagram sends a UDP ping and returns the pong to it.
func askDatagram(t *trial, block []byte) (*datagrams, wire.Frame, *wire.Pong) {
	d := t.stranger()
	guid := wire.NewPingGUID(t.cfg.Rand)
	d.send(ping(guid, 1, block))
	f := d.want("a pong with the GUID of the ping", isPong(guid))
	t.check(f.Hops() == 0, "hops 0", "%s", describe(f))
	return d, f, readPong(t, f)
}

// askHead sends a head ping and returns the code of the answer.
func askHead(t *trial, sha1 string) (code byte, ok bool) {
	d := t.stranger()
	guid := t.guid()
	d.send(wire.AppendFrame(nil, guid, 1, 0, &wire.Vendor{ID: wire.VendorHeadPing, Data: append([]byte{0}, urnSHA1+sha1...)}))
	f, ok := d.wait(t.cfg.Timeout, func(f wire.Frame) bool { return isVendor(wire.VendorHeadPong)(f) || isVendor(wire.VendorHeadPong2)(f) })
	if !ok {
		return 0, false
	}
	t.check(f.GUID() == guid, guid.String(), "%v", f.GUID())
	data := f.Payload()[8:]
	if isVendor(wire.VendorHeadPong2)(f) {
		e, found := ggep.Find(data, "C")
		t.check(found && len(e.Data) >= 1, "GGEP C with a code", "%x", clipBytes(data))
		return e.Data[0], true
	}
	t.check(len(data) >= 2, "flags and a code", "%x", data)
	return data[1], true
}
