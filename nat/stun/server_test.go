package stun

import (
	"bytes"
	"fmt"
	"net/netip"
	"testing"
	"time"
)

var (
	start = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	asker = at("203.0.113.9:4000")
)

// full is a server with all four addresses, dual one with two ports.
func full() *Server {
	return NewServer(at("192.0.2.1:3478"), at("192.0.2.1:3479"), at("192.0.2.2:3478"), at("192.0.2.2:3479"))
}
func dual() *Server { return NewServer(at("192.0.2.1:3478"), at("192.0.2.1:3479")) }

func TestServerReplies(t *testing.T) {
	for _, test := range []struct {
		name    string
		server  *Server
		at      int
		request string
		want    string // origin, other, code
		via     int
		to      uint16
	}{
		{"all", full(), 0, "", "192.0.2.1:3478 192.0.2.2:3479 0", 0, 4000},
		{"at the last", full(), 3, "", "192.0.2.2:3479 192.0.2.1:3478 0", 3, 4000},
		{"both changed", full(), 0, goldenBoth, "192.0.2.2:3479 192.0.2.2:3479 0", 3, 4000},
		{"port changed", full(), 2, goldenPort, "192.0.2.2:3479 192.0.2.1:3479 0", 3, 4000},
		{"address changed", full(), 1, "00 03 00 04 00 00 00 04", "192.0.2.2:3479 192.0.2.2:3478 0", 3, 4000},
		{"nothing changed", full(), 1, "00 03 00 04 00 00 00 00", "192.0.2.1:3479 192.0.2.2:3478 0", 1, 4000},
		{"to another port", full(), 0, "00 27 00 02 18 ca 00 00", "192.0.2.1:3478 192.0.2.2:3479 0", 0, 6346},
		{"two ports", dual(), 1, "", "192.0.2.1:3479 192.0.2.1:3478 0", 1, 4000},
		{"two ports, changed", dual(), 1, goldenPort, "192.0.2.1:3478 192.0.2.1:3478 0", 0, 4000},
		{"two ports, both changed", dual(), 0, goldenBoth, "invalid AddrPort invalid AddrPort 420", 0, 4000},
		{"one port", NewServer(at("192.0.2.1:3478")), 0, "", "192.0.2.1:3478 invalid AddrPort 0", 0, 4000},
		{"one port, changed", NewServer(at("192.0.2.1:3478")), 0, goldenPort, "invalid AddrPort invalid AddrPort 420", 0, 4000},
		{"not known", NewServer(netip.AddrPort{}), 0, "", "invalid AddrPort invalid AddrPort 0", 0, 4000},
		{"not known, changed", NewServer(netip.AddrPort{}, netip.AddrPort{}), 0, goldenPort, "invalid AddrPort invalid AddrPort 420", 0, 4000},
		{"what may be ignored", full(), 0, "80 22 00 04 61 62 63 64 80 00 00 00", "192.0.2.1:3478 192.0.2.2:3479 0", 0, 4000},
		{"credentials", full(), 0, "00 06 00 04 61 62 63 64", "192.0.2.1:3478 192.0.2.2:3479 0", 0, 4000},
		{"padding", full(), 0, "00 26 00 04 00 00 00 00", "invalid AddrPort invalid AddrPort 420", 0, 4000},
		{"many unknown, to another port", full(), 0, "00 27 00 02 18 ca 00 00 7f 00 00 00 7f 01 00 00 7f 02 00 00 7f 03 00 00 7f 04 00 00",
			"invalid AddrPort invalid AddrPort 420", 0, 4000},
	} {
		reply, refusal := test.server.Handle(start, test.at, header(1, test.request), asker)
		if refusal != 0 {
			t.Errorf("%s: refused: %v", test.name, refusal)
			continue
		}
		m, err := parse(reply.Data)
		if err != nil {
			t.Fatalf("%s: %v", test.name, err)
		}
		if got := fmt.Sprint(m.origin, " ", m.other, " ", m.code); got != test.want {
			t.Errorf("%s: %s, want %s", test.name, got, test.want)
		}
		if m.code == 0 && m.mapped != asker {
			t.Errorf("%s: mapped %v", test.name, m.mapped)
		}
		if reply.Via != test.via || reply.To != netip.AddrPortFrom(asker.Addr(), test.to) {
			t.Errorf("%s: by %d to %v", test.name, reply.Via, reply.To)
		}
		if bytes.Contains(reply.Data, bytesOf("80 22")) || m.fingerprint {
			t.Errorf("%s: %x says more than it was asked", test.name, reply.Data)
		}
	}
}

// TestUnknownAttributes lists them, two bytes each.
func TestUnknownAttributes(t *testing.T) {
	reply, _ := full().Handle(start, 0, header(1, "00 26 00 04 00 00 00 00 7f ff 00 00"), asker)
	if want := header(0x111, "00 09 00 04 00 00 04 14 00 0a 00 04 00 26 7f ff"); !bytes.Equal(reply.Data, want) {
		t.Errorf("%x, want %x", reply.Data, want)
	}
}

func TestServerFingerprint(t *testing.T) {
	request := message{id: transactionID{1}, fingerprint: true}
	reply, _ := full().Handle(start, 0, request.bytes(), asker)
	if m, err := parse(reply.Data); err != nil || !m.fingerprint {
		t.Errorf("%v, %v", m, err)
	}
	if len(reply.Data) != replyWire-headers4 {
		t.Errorf("the longest reply has %d bytes", len(reply.Data))
	}
}

func TestServerRefuses(t *testing.T) {
	for _, test := range []struct {
		name    string
		request []byte
		from    string
		want    Refusal
	}{
		{"garbage", []byte("hello"), "203.0.113.9:4000", RefusedMessage},
		{"indication", header(0x11, ""), "203.0.113.9:4000", RefusedMessage},
		{"answer", bytesOf(goldenAnswer), "203.0.113.9:4000", RefusedMessage},
		{"allocate", header(3, ""), "203.0.113.9:4000", RefusedMessage},
		{"malformed", header(1, "00 03 00 00"), "203.0.113.9:4000", RefusedMessage},
		{"port 0", bytesOf(goldenRequest), "203.0.113.9:0", RefusedSource},
		{"multicast", bytesOf(goldenRequest), "224.0.0.1:4000", RefusedSource},
		{"nowhere", bytesOf(goldenRequest), "0.0.0.0:4000", RefusedSource},
	} {
		s := full()
		if reply, got := s.Handle(start, 0, test.request, at(test.from)); got != test.want || reply.Data != nil {
			t.Errorf("%s: %v, want %v", test.name, got, test.want)
		}
		if s.Stats() == (ServerStats{}) || s.Stats().Replies != 0 {
			t.Errorf("%s: %+v", test.name, s.Stats())
		}
	}
}

// flood asks in the name of others for a minute, evenly, and returns the bytes each
// of them gets.
func flood(s *Server, requests int, source func(i int) netip.AddrPort) map[netip.Addr]int {
	got := map[netip.Addr]int{}
	request := message{id: transactionID{1}, fingerprint: true}
	b := request.bytes()
	for i := range requests {
		now := start.Add(time.Duration(i) * time.Minute / time.Duration(requests))
		if reply, refusal := s.Handle(now, 0, b, source(i)); refusal == 0 {
			got[reply.To.Addr()] += wire(reply.To.Addr(), len(reply.Data))
		}
	}
	return got
}

// TestReflection is T2: 50,000 requests a second in the name of one victim send it
// 1 KiB in a minute at most, in the name of 10,000 victims all together 4 MB.
func TestReflection(t *testing.T) {
	victim := at("203.0.113.9:4000")
	got := flood(full(), 3_000_000, func(i int) netip.AddrPort { return netip.AddrPortFrom(victim.Addr(), uint16(1+i%65535)) })
	if n := got[victim.Addr()]; n == 0 || n > 1024 || len(got) != 1 {
		t.Errorf("%d bytes to the victim", n)
	}
	network := 0
	for _, n := range flood(full(), 300_000, func(i int) netip.AddrPort {
		return netip.AddrPortFrom(netip.AddrFrom4([4]byte{203, 0, 113, byte(i)}), 4000)
	}) {
		network += n
	}
	if network == 0 || network > 4*1024 {
		t.Errorf("%d bytes to a /24", network)
	}
	all := 0
	for a, n := range flood(full(), 300_000, func(i int) netip.AddrPort {
		return netip.AddrPortFrom(netip.AddrFrom4([4]byte{100, byte(i % 100), byte(i / 100 % 100), 1}), 4000)
	}) {
		if all += n; n > 1024 {
			t.Errorf("%d bytes to %v", n, a)
		}
	}
	if all > 4_000_000/4+totalBurst {
		t.Errorf("%d bytes to 10,000 victims", all)
	}
	t.Logf("one victim %d B, a /24 %d B, 10,000 victims %d B", got[victim.Addr()], network, all)
}

// TestReflectionAmongDecoys tries to have the victim forgotten by asking for very
// many others, from the most economical request on.
func TestReflectionAmongDecoys(t *testing.T) {
	victim, s := at("203.0.113.9:4000"), NewServer(netip.AddrPort{})
	got := map[netip.Addr]int{}
	const requests = 600_000
	for i := range requests {
		now := start.Add(time.Duration(i) * time.Minute / requests)
		from := netip.AddrPortFrom(netip.AddrFrom4([4]byte{byte(1 + i>>16), byte(i >> 8), byte(i), 1}), 4000)
		if i%10 == 0 {
			from = victim
		}
		if reply, refusal := s.Handle(now, 0, bytesOf(goldenRequest), from); refusal == 0 {
			got[reply.To.Addr()] += wire(reply.To.Addr(), len(reply.Data))
		}
		if n := len(s.budget.hosts.young); n > maxHosts {
			t.Fatalf("%d hosts", n)
		}
	}
	if n := got[victim.Addr()]; n > 2*1024 {
		t.Errorf("%d bytes to the victim", n)
	}
	t.Logf("%d bytes to the victim, %d hosts got something", got[victim.Addr()], len(got))
}

// TestBudgetRecovers follows one host: ten replies, then one a minute, and all ten
// again after nine minutes.
func TestBudgetRecovers(t *testing.T) {
	s, now := full(), start
	request := message{id: transactionID{1}, fingerprint: true}
	ask := func() int {
		n := 0
		for range 20 {
			if _, refusal := s.Handle(now, 0, request.bytes(), asker); refusal == 0 {
				n++
			}
		}
		return n
	}
	for _, step := range []struct {
		wait time.Duration
		want int
	}{{0, 10}, {time.Second, 0}, {time.Minute, 1}, {time.Minute, 1}, {-time.Hour, 0}, {time.Hour + 10*time.Minute, 10}} {
		now = now.Add(step.wait)
		if got := ask(); got != step.want {
			t.Errorf("after %v: %d replies, want %d", step.wait, got, step.want)
		}
	}
	if got := s.Stats(); got.Replies != 22 || got.RefusedHost != 98 || got.Bytes != 22*replyWire {
		t.Errorf("%+v", got)
	}
}

// TestFloodAllocatesNothing is the way of a request whose host had enough.
func TestFloodAllocatesNothing(t *testing.T) {
	s := full()
	for s.stats.RefusedHost == 0 {
		s.Handle(start, 0, bytesOf(goldenRequest), asker)
	}
	b := bytesOf(goldenRequest)
	if n := testing.AllocsPerRun(100, func() { s.Handle(start, 0, b, asker) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
	if n := testing.AllocsPerRun(100, func() { s.Handle(start, 0, b[:19], asker) }); n != 0 {
		t.Errorf("garbage: %v allocations", n)
	}
}

func BenchmarkServer(b *testing.B) {
	request := bytesOf(goldenRequest)
	b.Run("reply", func(b *testing.B) {
		s := full()
		now := start
		for b.Loop() {
			now = now.Add(time.Hour)
			s.Handle(now, 0, request, asker)
		}
	})
	b.Run("refuse", func(b *testing.B) {
		s := full()
		for b.Loop() {
			s.Handle(start, 0, request, asker)
		}
	})
}
