package overlay

import (
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"slices"
	"testing"
	"time"

	"filbert/overlay/hostcache"
	"filbert/overlay/wire"
)

// mail is one datagram the Core sent.
type mail struct {
	to    netip.AddrPort
	frame wire.Frame
	aside bool // from another port
}

// receives gives the Core a datagram and returns what it sent because of it.
func (w *world) receives(from netip.AddrPort, f wire.Frame) []mail {
	w.t.Helper()
	before := len(w.mails)
	w.step(&Datagram{From: from, Local: ours.Addr(), Payload: f})
	return w.mails[before:]
}

// honest is receives for a sender who is where it says: it answers the ping by
// which it shall prove that. Returned is what was sent after that.
func (w *world) honest(from netip.AddrPort, f wire.Frame) []mail {
	w.t.Helper()
	mails := w.receives(from, f)
	if len(mails) != 1 || mails[0].to != from || mails[0].frame.Type() != wire.TypePing {
		return mails
	}
	if len(mails[0].frame) > len(f) {
		w.t.Errorf("%d bytes were answered with %d before their sender proved anything", len(f), len(mails[0].frame))
	}
	return w.receives(from, datagramOf(mails[0].frame.GUID(), 1, &wire.Pong{Addr: from}))
}

// posted returns what was sent to an address since the n-th mail.
func (w *world) posted(since int, to netip.AddrPort) (out []wire.Frame) {
	for _, m := range w.mails[since:] {
		if m.to == to {
			out = append(out, m.frame)
		}
	}
	return out
}

// one wants exactly one mail, of a type, to an address.
func (w *world) one(mails []mail, to netip.AddrPort, typ wire.Type) wire.Frame {
	w.t.Helper()
	if len(mails) != 1 || mails[0].to != to || mails[0].frame.Type() != typ {
		w.t.Fatalf("sent %v, want one %v to %v", mails, typ, to)
	}
	return mails[0].frame
}

func (m mail) String() string {
	return fmt.Sprintf("%v of %d to %v", m.frame.Type(), len(m.frame), m.to)
}

func datagramOf(guid wire.GUID, ttl wire.TTL, m wire.Message) wire.Frame {
	return wire.AppendFrame(nil, guid, ttl, 0, m)
}

func pingFor(info wire.PingInfo) wire.Frame {
	return datagramOf(guidOf(9), 1, &wire.Ping{Ext: info.AppendTo(nil)})
}

func pongOf(t *testing.T, f wire.Frame) (*wire.Pong, wire.HostInfo) {
	t.Helper()
	m, err := wire.Parse(f.Type(), f.Payload())
	p, ok := m.(*wire.Pong)
	if err != nil || !ok {
		t.Fatalf("%v, %v", m, err)
	}
	return p, p.Info()
}

// proves has a host answer a ping that was sent for it from outside.
func (w *world) proves(a netip.AddrPort) {
	w.t.Helper()
	guid := wire.NewPingGUID(rand.New(rand.NewPCG(uint64(len(w.mails)), 77)))
	w.step(&Transmit{To: a, Frame: datagramOf(guid, 1, &wire.Ping{})})
	w.receives(a, datagramOf(guid, 1, &wire.Pong{Addr: a, KiB: 8}))
	if !w.core.isProven(w.now, a) {
		w.t.Fatalf("%v is not proven", a)
	}
}

func TestClassify(t *testing.T) {
	ping := datagramOf(guidOf(1), 1, &wire.Ping{})
	stun := make([]byte, 20)
	binary.BigEndian.PutUint32(stun[4:], stunCookie)
	with := func(f wire.Frame, typ wire.Type, ttl wire.TTL) wire.Frame {
		f = slices.Clone(f)
		f[16], f[17] = byte(typ), byte(ttl)
		return f
	}
	for _, test := range []struct {
		name string
		b    []byte
		want datagramKind
	}{
		{"a ping", ping, datagramMessage},
		{"a pong", with(ping, wire.TypePong, 1), datagramMessage},
		{"hits", with(ping, wire.TypeQueryHit, 1), datagramMessage},
		{"deflated hits", with(ping, wire.TypeQueryHit, 0x81), datagramMessage},
		{"a vendor message", with(ping, wire.TypeVendor, 9), datagramMessage},
		{"a standard message", with(ping, wire.TypeStandard, 1), datagramMessage},
		{"a query", with(ping, wire.TypeQuery, 1), datagramMessage},
		{"a push", with(ping, wire.TypePush, 4), datagramMessage},
		{"a deflated ping", with(ping, wire.TypePing, 0x81), datagramMalformed},
		{"a deflated push", with(ping, wire.TypePush, 0x81), datagramMalformed},
		{"a deflated query", with(ping, wire.TypeQuery, 0x81), datagramMalformed},
		{"a bye", with(ping, wire.TypeBye, 1), datagramMalformed},
		{"a QRP table", with(ping, wire.TypeRoute, 1), datagramMalformed},
		{"a horizon", with(ping, wire.TypeHSEP, 1), datagramMalformed},
		{"RUDP", with(ping, wire.TypeRUDP, 1), datagramForeign},
		{"DHT", with(ping, wire.TypeDHT, 1), datagramForeign},
		{"an unknown type", with(ping, 0x99, 1), datagramMalformed},
		{"nothing", nil, datagramMalformed},
		{"a byte short", ping[:22], datagramMalformed},
		{"a byte too long", append(slices.Clone(ping), 0), datagramMalformed},
		{"STUN", stun, datagramForeign},
		{"a short STUN", stun[:19], datagramMalformed},
		{"the semi-reliable layer", []byte("GTA\x00\x27\x8e\x01\x00"), datagramForeign},
		{"a length of 4 GiB", slices.Concat(ping[:19], []byte{0xff, 0xff, 0xff, 0xff}), datagramMalformed},
	} {
		if got := classify(test.b); got != test.want {
			t.Errorf("%s: %d, want %d", test.name, got, test.want)
		}
	}
}

// TestDatagramHosts asks for hosts: the neighbors come first, the asker is not
// told of itself.
func TestDatagramHosts(t *testing.T) {
	w := newWorld(t, Config{})
	w.joins(alice)
	w.joins(bob)
	ping := pingFor(wire.PingInfo{Hosts: true, Wishes: wire.SCPUltrapeers})
	_, info := pongOf(t, w.one(w.honest(dave, ping), dave, wire.TypePong))
	var got []netip.AddrPort
	for _, h := range info.Hosts {
		got = append(got, h.Addr)
	}
	slices.SortFunc(got, netip.AddrPort.Compare)
	if !slices.Equal(got, []netip.AddrPort{alice, bob}) {
		t.Errorf("told of %v", got)
	}
	if info.GUESS != wire.GUESSVersion || !info.Ultrapeer || info.Vendor != vendor {
		t.Errorf("told of itself %+v", info)
	}
	_, info = pongOf(t, w.one(w.receives(alice, ping), alice, wire.TypePong))
	if len(info.Hosts) != 1 || info.Hosts[0].Addr != bob {
		t.Errorf("alice was told of %v", info.Hosts)
	}
	for _, wishes := range []wire.SCP{wire.SCPNoIPv4, wire.SCPNoIPv4 | wire.SCPIPv6} {
		w.pass(2 * provenPause)
		_, info = pongOf(t, w.one(w.honest(bob, pingFor(wire.PingInfo{Hosts: true, Wishes: wishes})), bob, wire.TypePong))
		if len(info.Hosts) != 0 {
			t.Errorf("wishes %x: told of %v", wishes, info.Hosts)
		}
	}
}

// many makes neighbors of n networks, each listening at a port of its own.
func (w *world) many(n int) {
	for i := range n {
		w.joins(netip.AddrPortFrom(netip.AddrFrom4([4]byte{20, byte(i), 1, 1}), uint16(8000+i)))
	}
}

// TestDatagramRoom measures answers: an unproven address gets no more than it
// sent, one that proved itself all hosts.
func TestDatagramRoom(t *testing.T) {
	w := newWorld(t, Config{Max: 100})
	w.many(40)
	short := pingFor(wire.PingInfo{Hosts: true})
	if f := w.one(w.receives(alice, short), alice, wire.TypePing); len(f) > len(short) {
		t.Errorf("%d bytes for a request of %d", len(f), len(short))
	}
	long := datagramOf(guidOf(9), 1, &wire.Ping{Ext: append(wire.PingInfo{Hosts: true}.AppendTo(nil), make([]byte, 200)...)})
	f := w.one(w.receives(bob, long), bob, wire.TypePong)
	_, info := pongOf(t, f)
	if len(f) > len(long) || len(info.Hosts) < 20 {
		t.Errorf("%d bytes, %d hosts for a request of %d", len(f), len(info.Hosts), len(long))
	}
	huge := datagramOf(guidOf(9), 1, &wire.Ping{Ext: append(wire.PingInfo{Hosts: true}.AppendTo(nil), make([]byte, 1400)...)})
	if f = w.one(w.receives(carol, huge), carol, wire.TypePong); len(f) > maxUnprovenAnswer {
		t.Errorf("%d bytes for a request of %d", len(f), len(huge))
	}
	w.proves(dave)
	f = w.one(w.receives(dave, short), dave, wire.TypePong)
	if _, info = pongOf(t, f); len(info.Hosts) != maxPacked {
		t.Errorf("a proven address was told of %d hosts", len(info.Hosts))
	}
	if got := w.receives(dave, short); len(got) != 0 {
		t.Errorf("answered again at once: %v", got)
	}
	w.pass(provenPause)
	w.one(w.receives(dave, short), dave, wire.TypePong)
	w.dropped(DropDatagram)
	w.pass(2 * provenLifetime)
	w.one(w.receives(dave, short), dave, wire.TypePing)
	if w.core.isProven(w.now, dave) {
		t.Error("a proof does not expire")
	}
}

// TestDatagramAddressAndKey asks for what only the answerer knows.
func TestDatagramAddressAndKey(t *testing.T) {
	w := newWorld(t, Config{})
	_, info := pongOf(t, w.one(w.honest(alice, pingFor(wire.PingInfo{Key: true, Address: true})), alice, wire.TypePong))
	if info.Seen != alice || len(info.QueryKey) == 0 {
		t.Errorf("told %+v", info)
	}
	_, info = pongOf(t, w.one(w.honest(bob, pingFor(wire.PingInfo{})), bob, wire.TypePong))
	if info.Seen.IsValid() || info.QueryKey != nil || info.Hosts != nil {
		t.Errorf("told what was not asked: %+v", info)
	}
}

// TestReachedByUDP learns from strangers' datagrams that they reach us.
func TestReachedByUDP(t *testing.T) {
	own := datagramOf(ourServent, 1, &wire.Ping{})
	t.Run("a stranger", func(t *testing.T) {
		w := newWorld(t, Config{External: ours.Addr()})
		if got := w.receives(alice, own); len(got) != 0 {
			t.Errorf("answered a connect-back with %v", got)
		}
		if a, ok := w.core.publicUDP(); !ok || a != ours || !w.core.View().UDP.Open {
			t.Errorf("reached at %v, %v", a, ok)
		}
		w.pass(reachLifetime)
		if w.core.reach.udp[hostcache.Global].open || w.core.View().UDP.Open {
			t.Error("one sign counts for ever")
		}
	})
	t.Run("one we spoke to", func(t *testing.T) {
		w := newWorld(t, Config{External: ours.Addr()})
		w.step(&Transmit{To: alice, Frame: pingFor(wire.PingInfo{})})
		w.receives(alice, own)
		if w.core.reach.udp[hostcache.Global].open {
			t.Error("an answer counts as a stranger")
		}
		w.pass(2 * contactLifetime)
		w.receives(alice, own)
		if !w.core.reach.udp[hostcache.Global].open {
			t.Error("whoever was spoken to is never a stranger again")
		}
	})
	t.Run("one of our own network", func(t *testing.T) {
		w := newWorld(t, Config{External: ours.Addr()})
		w.receives(netip.MustParseAddrPort("192.168.1.5:7000"), own)
		if w.core.reach.udp[hostcache.Global].open {
			t.Error("a private address counts as a stranger")
		}
	})
	t.Run("our address unknown", func(t *testing.T) {
		w := newWorld(t, Config{})
		w.receives(alice, own)
		if _, ok := w.core.publicUDP(); ok {
			t.Error("reached nowhere")
		}
	})
	t.Run("a private address", func(t *testing.T) {
		w := newWorld(t, Config{External: netip.MustParseAddr("10.1.1.1")})
		w.receives(alice, own)
		if _, ok := w.core.publicUDP(); ok {
			t.Error("strangers reach a private address")
		}
	})
	t.Run("too many contacts to remember", func(t *testing.T) {
		w := newWorld(t, Config{External: ours.Addr()})
		for i := range contactHosts + 1 {
			to := netip.AddrPortFrom(netip.AddrFrom4([4]byte{30, byte(i >> 16), byte(i >> 8), byte(i)}), 7000)
			w.core.udp.contacts.put(w.now, to, struct{}{})
		}
		w.receives(alice, own)
		if w.core.reach.udp[hostcache.Global].open {
			t.Error("whom we forgot for want of room counts as a stranger")
		}
	})
}

// TestPongs takes the pongs that were asked for, and no others.
func TestPongs(t *testing.T) {
	w := newWorld(t, Config{})
	ping := pingFor(wire.PingInfo{Hosts: true})
	pong := datagramOf(ping.GUID(), 1, &wire.Pong{Addr: alice, KiB: 8})
	w.receives(alice, pong)
	w.dropped(DropUnasked)
	w.step(&Transmit{To: alice, Frame: ping})
	if len(w.mails) != 1 || w.mails[0].to != alice {
		t.Fatalf("sent %v", w.mails)
	}
	w.receives(bob, pong)
	w.receives(alice, datagramOf(guidOf(77), 1, &wire.Pong{Addr: alice}))
	w.dropped(DropUnasked, DropUnasked)
	if w.core.isProven(w.now, bob) {
		t.Error("a pong from elsewhere proved an address")
	}
	w.pass(askedLifetime)
	w.receives(alice, pong)
	w.dropped()
	if len(w.ponged) != 1 || w.ponged[0].From != alice || w.ponged[0].Frame.GUID() != ping.GUID() {
		t.Fatalf("handed over %v", w.ponged)
	}
	if !w.core.isProven(w.now, alice) {
		t.Error("a pong that was asked for proves nothing")
	}
	w.pass(time.Second)
	w.receives(alice, pong)
	w.dropped(DropUnasked)

	again := datagramOf(guidOf(5), 1, &wire.Ping{})
	w.step(&Transmit{To: alice, Frame: again})
	for range pongsPerAsked + 1 {
		w.receives(alice, datagramOf(guidOf(5), 1, &wire.Pong{Addr: alice}))
	}
	w.dropped(DropUnasked)
	if len(w.ponged) != 1+pongsPerAsked {
		t.Errorf("took %d pongs of one ping", len(w.ponged)-1)
	}
	for i := range 3 * askedPings {
		w.step(&Transmit{To: alice, Frame: datagramOf(wire.GUID{0: byte(i), 1: byte(i >> 8), 2: 1}, 1, &wire.Ping{})})
	}
	if n := w.core.udp.asked.len(); n > askedPings {
		t.Errorf("%d pings are remembered", n)
	}
}

// TestDeflatedDatagram inflates what those send whom we spoke to, within limits.
func TestDeflatedDatagram(t *testing.T) {
	hosts := make([]wire.PackedHost, 30)
	for i := range hosts {
		hosts[i].Addr = netip.AddrPortFrom(netip.AddrFrom4([4]byte{20, 1, 1, byte(i)}), 6346)
	}
	ping := pingFor(wire.PingInfo{Hosts: true})
	pong := datagramOf(ping.GUID(), 1, &wire.Pong{Addr: alice, KiB: 8, Ext: wire.HostInfo{Hosts: hosts}.AppendTo(nil)})
	packed := deflateDatagram(pong)
	if len(packed) >= len(pong) || packed.TTL() != 0x81 {
		t.Fatalf("%d bytes became %d", len(pong), len(packed))
	}
	w := newWorld(t, Config{})
	w.receives(alice, slices.Clone(packed))
	w.dropped(DropUnasked)
	w.step(&Transmit{To: alice, Frame: ping})
	w.receives(alice, slices.Clone(packed))
	w.dropped()
	if len(w.ponged) != 1 {
		t.Fatalf("handed over %v", w.ponged)
	}
	if p, info := pongOf(t, w.ponged[0].Frame); p.Addr != alice || len(info.Hosts) != len(hosts) {
		t.Fatalf("handed over %v", w.ponged)
	}
	garbage := slices.Clone(packed)
	garbage[30] ^= 0xff
	w.receives(alice, garbage)
	w.dropped(DropMalformed)
	bomb := deflateDatagram(datagramOf(ping.GUID(), 1, &wire.Opaque{Kind: wire.TypePong, Payload: make([]byte, maxInflated+1)}))
	w.receives(alice, bomb)
	w.dropped(DropMalformed)
	w.pass(time.Second)
	const bombs = 1000
	for range bombs {
		w.receives(alice, slices.Clone(bomb))
	}
	if refused := w.core.drops[DropDatagram]; refused < bombs/2 {
		t.Errorf("%d of %d bombs in one second were turned down unread", refused, bombs)
	}
	if f := datagramOf(guidOf(1), 1, &wire.Ping{Ext: []byte("incompressible")}); len(deflateDatagram(f)) != len(f) || deflateDatagram(f).TTL() != 1 {
		t.Error("deflated what becomes no shorter")
	}
}

func TestUnprovenNetwork(t *testing.T) {
	u := newUnproven()
	now := time.Unix(1000, 0)
	at := func(i int) netip.AddrPort {
		return netip.AddrPortFrom(netip.AddrFrom4([4]byte{9, byte(i >> 16), byte(i >> 8), byte(i)}), 7000)
	}
	for i := range datagramHosts {
		if !u.answer(now, at(i<<8)) {
			t.Fatalf("host %d was refused", i)
		}
	}
	if u.answer(now, at(datagramHosts<<8)) {
		t.Error("a host above the limit was answered")
	}
	now = now.Add(datagramPause)
	for i := range notesPer24 + 1 {
		if got := u.note(now, at(i/notesPerHost)); got != (i < notesPer24) {
			t.Errorf("message %d to one /24: %v", i+1, got)
		}
	}
	lab := netip.MustParseAddr("127.0.0.1")
	for port := range uint16(20) {
		if !u.answer(now, netip.AddrPortFrom(lab, 7000+port)) {
			t.Errorf("node %d of a laboratory was refused", port)
		}
	}
	var b = bucket{rate: 100, burst: 50}
	if !b.take(now, 50) || b.take(now, 1) || b.take(now.Add(100*time.Millisecond), 11) || !b.take(now.Add(200*time.Millisecond), 20) {
		t.Error("a bucket of 50 bytes filled with 100/s")
	}
}

func TestRecent(t *testing.T) {
	r := newRecent[int, int](4, time.Minute)
	now := time.Unix(1000, 0)
	for i := range 4 {
		r.put(now, i, i)
	}
	if r.lossy(now) {
		t.Error("lossy at its capacity")
	}
	r.put(now, 4, 4)
	if _, ok := r.get(now, 0); !ok || r.len() != 5 || !r.lossy(now) || r.lossy(now.Add(time.Minute)) {
		t.Errorf("len %d, lossy %v", r.len(), r.lossy(now))
	}
	for i := range 100 {
		r.put(now, i, i)
	}
	if r.len() > 8 {
		t.Errorf("%d entries", r.len())
	}
	if _, ok := r.get(now, 0); ok {
		t.Error("an old entry outlived a hundred newer ones")
	}
	if _, ok := r.get(now.Add(time.Minute), 99); !ok {
		t.Error("an entry died after one lifetime")
	}
	r.put(now.Add(time.Minute), 7, 7)
	if _, ok := r.get(now.Add(10*time.Minute), 7); ok || r.len() != 0 {
		t.Errorf("%d entries after ten lifetimes", r.len())
	}
	r.put(now.Add(10*time.Minute), 7, 7)
	r.remove(7)
	if r.len() != 0 {
		t.Error("removed in vain")
	}
}

// flood steps the Core through spoofed packets in a minute of virtual time and
// sums up what leaves.
type flood struct {
	core  *Core
	guid  wire.GUID // of a search of ours, which everybody sees
	sent  map[netip.Addr]int
	total int
}

func (fl *flood) packet(now time.Time, from netip.AddrPort, b []byte) {
	for _, e := range fl.core.Step(now, &Datagram{From: from, Local: ours.Addr(), Payload: b}) {
		if r, ok := e.(*Reply); ok {
			fl.sent[r.To.Addr()] += len(r.Frame)
			fl.total += len(r.Frame)
		}
	}
}

// spoofed are the packets an attacker would have answered.
func spoofed(i int, search wire.GUID) []byte {
	switch i % 6 {
	case 0:
		return datagramOf(guidOf(byte(i)), 1, &wire.Ping{})
	case 1:
		return pingFor(wire.PingInfo{Hosts: true, Key: true, Address: true})
	case 2:
		return datagramOf(guidOf(1), 9, &wire.Vendor{ID: wire.VendorCrawlerPing, Data: []byte{255, 255, 0x1f}})
	case 3:
		return datagramOf(search, 1, wire.OOBOffer{Secure: true, Count: 255, Unsolicited: true}.Message())
	case 4:
		return datagramOf(guidOf(3), 9, wire.OOBClaim{Secure: true, Wanted: 255, Token: []byte("1234")}.Message())
	}
	return guessQuery(guidOf(byte(i)), []byte("12345678"))
}

// TestReflection is THREATS T2: an attacker names others as senders.
func TestReflection(t *testing.T) {
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	start := func(t *testing.T) *flood {
		w := opened(t)
		w.core.cfg.Max, w.core.cfg.Flood = 100, true
		w.many(40)
		w.step(&Sharing{Files: 1, KiB: 1})
		guid, _ := w.asks(w.peers[w.next], 1)
		return &flood{core: w.core, guid: guid, sent: map[netip.Addr]int{}}
	}
	const packets = 50_000
	t.Run("one victim", func(t *testing.T) {
		fl := start(t)
		for i := range packets {
			fl.packet(now.Add(time.Duration(i)*time.Minute/packets), dave, spoofed(i, fl.guid))
		}
		if fl.total == 0 || fl.sent[dave.Addr()] > 1<<10 || fl.total != fl.sent[dave.Addr()] {
			t.Errorf("%d bytes at the victim, %d in all", fl.sent[dave.Addr()], fl.total)
		}
	})
	t.Run("ten thousand victims", func(t *testing.T) {
		fl := start(t)
		for i := range packets {
			victim := netip.AddrFrom4([4]byte{60, byte(i % 10_000 >> 8), byte(i % 10_000), 1})
			fl.packet(now.Add(time.Duration(i)*time.Minute/packets), netip.AddrPortFrom(victim, 7000), spoofed(i, fl.guid))
		}
		worst := 0
		for _, n := range fl.sent {
			worst = max(worst, n)
		}
		if fl.total == 0 || fl.total > 4<<20 || worst > 1<<10 {
			t.Errorf("%d bytes left, %d at one victim", fl.total, worst)
		}
	})
}

// FuzzDatagram takes whatever comes by UDP: nothing breaks, and an unproven
// sender gets little.
func FuzzDatagram(f *testing.F) {
	for i := range 6 {
		f.Add(spoofed(i, guidOf(2)))
	}
	f.Add([]byte(deflateDatagram(datagramOf(guidOf(9), 1, &wire.Pong{Addr: alice, Ext: make([]byte, 100)}))))
	f.Add([]byte(datagramOf(guidOf(9), 1, hitFor(guidOf(3), alice))))
	f.Add([]byte(datagramOf(guidOf(9), 4, &wire.Push{Servent: ourServent, Addr: alice})))
	f.Fuzz(func(t *testing.T, b []byte) {
		w := newWorld(t, Config{Hosts: hostcache.Config{}, External: ours.Addr()})
		w.joins(bob)
		w.step(&Sharing{Files: 1, KiB: 1})
		w.step(&Transmit{To: alice, Frame: pingFor(wire.PingInfo{})})
		w.mails = nil
		for _, m := range w.receives(carol, slices.Clone(b)) {
			if m.to != carol || len(m.frame) > len(b) {
				t.Errorf("%d bytes to %v for %d", len(m.frame), m.to, len(b))
			}
		}
		w.receives(alice, slices.Clone(b))
		for _, m := range w.receives(bob, b) {
			if len(m.frame) > maxDatagramSent {
				t.Errorf("%d bytes sent", len(m.frame))
			}
		}
		w.pass(5 * time.Second)
	})
}

// BenchmarkRejectDatagram is THREATS T3: what is no message, and what is above
// the rate, costs no memory.
func BenchmarkRejectDatagram(b *testing.B) {
	rnd := rand.New(rand.NewPCG(1, 1))
	core := NewCore(Config{GUID: ourServent, Port: ours.Port()}, rnd)
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	garbage := make([]byte, 512)
	for i := range garbage {
		garbage[i] = byte(rnd.Uint32())
	}
	core.Step(now, &Datagram{From: dave, Local: ours.Addr(), Payload: pingFor(wire.PingInfo{})})
	for name, payload := range map[string][]byte{"random": garbage, "pings": pingFor(wire.PingInfo{Hosts: true})} {
		b.Run(name, func(b *testing.B) {
			ev := &Datagram{From: dave, Local: ours.Addr(), Payload: payload}
			b.ReportAllocs()
			for b.Loop() {
				core.Step(now, ev)
			}
		})
	}
	b.Run("at the socket", func(b *testing.B) {
		o := New(Options{Config: Config{GUID: ourServent}, Rand: rnd})
		b.ReportAllocs()
		for b.Loop() {
			if o.wanted(garbage) {
				b.Fatal("wanted")
			}
		}
	})
}

// TestRejectAllocatesNothing holds the figure of the benchmark.
func TestRejectAllocatesNothing(t *testing.T) {
	w := newWorld(t, Config{})
	w.honest(dave, pingFor(wire.PingInfo{}))
	for name, payload := range map[string][]byte{
		"random": []byte("this is no message of anybody, whatever it is"),
		"a ping": pingFor(wire.PingInfo{Hosts: true}),
		"a pong": datagramOf(guidOf(1), 1, &wire.Pong{Addr: alice}),
	} {
		ev := &Datagram{From: dave, Local: ours.Addr(), Payload: payload}
		if n := testing.AllocsPerRun(1000, func() { w.core.Step(w.now, ev) }); n != 0 {
			t.Errorf("%s: %v allocations", name, n)
		}
	}
}
