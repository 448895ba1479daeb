package overlay

import (
	"errors"
	"io"
	"net/netip"
	"slices"
	"testing"
	"time"

	"filbert/overlay/handshake"
	"filbert/overlay/wire"
)

func TestAlivePings(t *testing.T) {
	w := newWorld(t, Config{})
	a := w.joins(alice)
	w.core.refresh = w.now.Add(time.Hour) // no other pings
	w.pass(aliveIdle - time.Second)
	quiet(a)
	w.pass(time.Second)
	ping := a.wantAt(wire.TypePing, 1, 0)
	a.sends(ping.GUID(), 1, 0, &wire.Pong{Addr: alice, Files: 3, KiB: 8})
	w.pass(aliveIdle - time.Second)
	quiet(a)
	for range aliveTries {
		w.pass(alivePause)
		a.wantAt(wire.TypePing, 1, 0)
	}
	w.pass(alivePause)
	a.gone(byeSilent)
}

func TestPingIsAnswered(t *testing.T) {
	w := newWorld(t, Config{})
	w.step(&Sharing{Files: 12, KiB: 34567})
	a, b := w.joins(alice), w.joins(bob)
	pong := func(f wire.Frame) *wire.Pong {
		t.Helper()
		m, err := wire.Parse(f.Type(), f.Payload())
		p, ok := m.(*wire.Pong)
		if err != nil || !ok {
			t.Fatalf("%T, %v", m, err)
		}
		return p
	}
	a.sends(guidOf(1), 1, 0, &wire.Ping{})
	f := a.wantAt(wire.TypePong, 1, 0)
	p := pong(f)
	if f.GUID() != guidOf(1) || p.Addr != ours || p.Files != 12 || p.KiB != 32768 || !p.Info().Ultrapeer {
		t.Errorf("our pong says %+v under %v", p, f.GUID())
	}
	// A crawler's ping shows our neighbors, once in a while.
	a.sends(guidOf(2), 2, 0, &wire.Ping{})
	a.wantAt(wire.TypePong, 1, 0)
	if p := pong(a.wantAt(wire.TypePong, 1, 1)); p.Addr != bob {
		t.Errorf("the crawler was told of %v, want %v", p.Addr, bob)
	}
	a.sends(guidOf(3), 2, 0, &wire.Ping{})
	w.dropped(DropPingEarly)
	quiet(a, b)

	// Pongs of others are cached and told to who asks.
	b.sends(guidOf(4), 3, 1, &wire.Pong{Addr: carol, Files: 1, KiB: 8})
	w.pass(pingPause)
	a.sends(guidOf(5), 4, 0, &wire.Ping{})
	if p := pong(a.wantAt(wire.TypePong, 1, 0)); p.Addr != ours {
		t.Errorf("first pong is of %v, want our own", p.Addr)
	}
	if p := pong(a.wantAt(wire.TypePong, 1, 2)); p.Addr != carol {
		t.Errorf("told of %v, want %v", p.Addr, carol)
	}
	quiet(a, b)
	w.now = w.now.Add(pongLifetime)
	a.sends(guidOf(6), 4, 0, &wire.Ping{})
	a.want(wire.TypePong)
	quiet(a)
}

func TestPongsFillTheHostCache(t *testing.T) {
	w := newWorld(t, Config{})
	a := w.joins(alice)
	for _, addr := range []string{"127.0.0.1:7000", "192.168.1.1:7000", "224.0.0.1:7000", ours.String()} {
		a.sends(guidOf(1), 3, 1, &wire.Pong{Addr: netip.MustParseAddrPort(addr), KiB: 8})
		w.dropped(DropAddress)
	}
	a.sends(guidOf(1), 3, 1, &wire.Pong{Addr: carol, KiB: 8})
	w.dropped()
	w.step(&Want{2})
	w.pass(10 * time.Second)
	if !slices.Contains(w.dials, carol) {
		t.Errorf("dialed %v, want %v, which a pong told of", w.dials, carol)
	}
	for range maxPongsPerMinute {
		a.sends(guidOf(1), 3, 1, &wire.Pong{Addr: carol, KiB: 8})
	}
	if w.core.drops[DropPongMany] == 0 {
		t.Error("a flood of pongs was looked at")
	}
}

// TestLeafPings answers a leaf once a minute, and once ahead of its time.
func TestLeafPings(t *testing.T) {
	w := newWorld(t, Config{})
	leaf, _ := w.applies(alice, handshake.Peer{Role: handshake.RoleLeaf, GUID: guidOf(1)})
	w.step(&Up{Link: leaf.id})
	for i, test := range []struct {
		after    time.Duration
		answered bool
	}{
		{0, true}, {pingPause - time.Second, false}, {time.Second, true}, {pingPause, false},
		{leafPingPause, true}, {pingPause, false}, {leafPingPause, true}, {2 * leafPingPause, true}, {pingPause, true}, {pingPause, false},
	} {
		w.now = w.now.Add(test.after)
		leaf.inbox = nil
		leaf.sends(guidOf(byte(10+i)), 4, 0, &wire.Ping{})
		if answered := len(leaf.inbox) > 0; answered != test.answered {
			t.Errorf("ping %d, after %v: answered %v, want %v", i, test.after, answered, test.answered)
		}
	}
}

// TestBereftLeafAsks has a leaf that knows no other ultrapeers ask the neighbors
// it has left for some as soon as one died.
func TestBereftLeafAsks(t *testing.T) {
	w := newWorld(t, Config{Mode: ModeLeaf, Want: 3})
	a, b := w.joins(alice), w.joins(bob)
	w.pass(2 * pongHungry) // the pings of who is new are through
	a.inbox = nil
	w.step(&Ended{Link: b.id, Err: io.EOF})
	w.pass(pongHungry + time.Second)
	f := a.want(wire.TypePing)
	if f.TTL() < 2 {
		t.Errorf("asked with TTL %d, which is no question for others", f.TTL())
	}
	a.sends(f.GUID(), 1, 1, &wire.Pong{Addr: carol, KiB: 8})
	w.pass(time.Second)
	if !slices.Contains(w.dials, carol) {
		t.Errorf("dialed %v, want %v", w.dials, carol)
	}
}

// TestHeals keeps two neighbors wanted and takes them away.
func TestHeals(t *testing.T) {
	w := newWorld(t, Config{Want: 2, Seeds: []netip.AddrPort{alice, bob, carol}})
	w.step(&Tick{})
	if len(w.dials) != 2 {
		t.Fatalf("dialed %v at the start, want two seeds", w.dials)
	}
	up := func(p *player) {
		t.Helper()
		w.step(&Applied{Link: p.id, Remote: p.addr, Local: ours.Addr(), Peer: &handshake.Peer{Role: handshake.RoleUltrapeer, GUID: guidOf(byte(p.id))}})
		w.step(&Up{Link: p.id})
	}
	first, second := w.peers[2], w.peers[4]
	up(first)
	w.step(&Failed{Link: second.id, Err: &handshake.RefusedError{Code: 503, Try: []netip.AddrPort{dave}}})
	w.pass(5 * time.Second)
	if len(w.dials) < 3 || slices.Contains(w.dials[2:], second.addr) || slices.Contains(w.dials[2:], first.addr) {
		t.Errorf("dialed %v after the second refused, want others", w.dials)
	}
	third := w.peers[6]
	up(third)
	before := len(w.dials)
	w.step(&Ended{Link: first.id, Err: io.EOF})
	w.pass(time.Minute)
	if len(w.dials) == before {
		t.Error("nobody was dialed for the neighbor that died")
	}
	w.step(&Want{0})
	before = len(w.dials)
	w.step(&Ended{Link: third.id, Err: io.EOF})
	w.pass(time.Minute)
	if len(w.dials) != before {
		t.Error("dialed although no neighbors are wanted")
	}
}

// TestOrphansMeet loses the one neighbor between three others: each calls the
// same of its neighbors.
func TestOrphansMeet(t *testing.T) {
	w := newWorld(t, Config{Want: 2})
	hub, side := w.joins(alice), w.joins(bob)
	for _, addr := range []netip.AddrPort{dave, carol, ours} { // hops 1: the hub's own neighbors
		hub.sends(guidOf(1), 3, 1, &wire.Pong{Addr: addr, KiB: 8})
	}
	hub.sends(guidOf(2), 3, 2, &wire.Pong{Addr: netip.MustParseAddrPort("9.0.0.1:7000"), KiB: 8}) // farther away
	w.step(&Ended{Link: hub.id, Err: io.EOF})
	if !slices.Equal(w.dials, []netip.AddrPort{carol}) {
		t.Errorf("dialed %v, want %v, the least of the hub's neighbors", w.dials, carol)
	}
	w.step(&Want{1})
	side.sends(guidOf(3), 3, 1, &wire.Pong{Addr: dave, KiB: 8})
	w.step(&Failed{Link: w.core.nextLink, Err: errors.New("connection refused")})
	w.joins(dave)
	w.step(&Ended{Link: side.id, Err: io.EOF})
	if len(w.dials) != 1 {
		t.Errorf("dialed %v although there are enough neighbors", w.dials)
	}
}

func TestMisbehaviour(t *testing.T) {
	t.Run("bytes that are no messages", func(t *testing.T) {
		w := newWorld(t, Config{})
		a := w.joins(alice)
		w.step(&Ended{Link: a.id, Err: &wire.FormatError{Type: wire.TypeQuery, Field: "length"}})
		a.gone(byeMalformed)
	})
	t.Run("repeats itself", func(t *testing.T) {
		w := newWorld(t, Config{})
		a := w.joins(alice)
		w.joins(bob)
		w.joins(carol)
		for range maxAgain + 1 {
			a.sends(guidOf(1), 4, 0, blueSky)
		}
		if a.closed {
			t.Error("sent away too early")
		}
		a.sends(guidOf(1), 4, 0, blueSky)
		a.gone(byeAgain)
	})
	t.Run("TTL too high", func(t *testing.T) {
		w := newWorld(t, Config{})
		a := w.joins(alice)
		for i := range maxHighTTL + 1 {
			if a.closed {
				t.Error("sent away too early")
			}
			a.sends(guidOf(byte(i)), 20, 1, blueSky)
		}
		a.gone(byeHighTTL)
	})
	t.Run("passes on what is for neighbors only", func(t *testing.T) {
		w := newWorld(t, Config{})
		a := w.joins(alice)
		a.sends(guidOf(1), 1, 1, &wire.Bye{Code: 200})
		w.dropped(DropSingleHop)
		a.sends(guidOf(1), 2, 0, &wire.Bye{Code: 200})
		w.dropped(DropSingleHop)
		if a.closed {
			t.Error("a forged BYE closed the link")
		}
	})
	t.Run("says goodbye", func(t *testing.T) {
		w := newWorld(t, Config{})
		a := w.joins(alice)
		a.sends(guidOf(1), 1, 0, &wire.Bye{Code: 200, Text: "Servent shutdown"})
		if !a.closed || len(w.core.neighbors) != 0 {
			t.Error("the link stays after a BYE")
		}
		quiet(a)
	})
	t.Run("nothing after the BYE", func(t *testing.T) {
		w := newWorld(t, Config{})
		a, b := w.joins(alice), w.joins(bob)
		batch := wire.AppendFrame(nil, guidOf(1), 1, 0, &wire.Bye{Code: 200})
		batch = wire.AppendFrame(batch, guidOf(2), 4, 0, blueSky)
		w.step(&Batch{Link: a.id, Frames: batch})
		quiet(b)
	})
}

func TestUserConnects(t *testing.T) {
	w := newWorld(t, Config{})
	w.step(&Connect{Addr: alice})
	w.step(&Connect{Addr: alice})
	if !slices.Equal(w.dials, []netip.AddrPort{alice}) {
		t.Fatalf("dialed %v, want %v once", w.dials, alice)
	}
	w.step(&Failed{Link: w.core.nextLink, Err: errors.New("connection refused")})
	b := w.joins(bob)
	w.step(&Disconnect{bob})
	b.gone(byeUser)
}

func TestDatagramPing(t *testing.T) {
	w := newWorld(t, Config{External: ours.Addr()})
	ping := wire.AppendFrame(nil, guidOf(1), 1, 0, &wire.Ping{})
	w.step(&Datagram{From: alice, Payload: ping})
	if len(w.replies) != 1 || w.replies[0].Type() != wire.TypePing || len(w.replies[0]) > len(ping) {
		t.Fatalf("who proved nothing was answered %v", w.replies)
	}
	for range notesPerHost {
		w.step(&Datagram{From: alice, Payload: ping})
	}
	w.dropped(DropDatagram) // it does not say that it is there
	for i := range notesPer24 - notesPerHost + 1 {
		w.step(&Datagram{From: netip.AddrPortFrom(netip.AddrFrom4([4]byte{9, 1, 1, byte(10 + i)}), 1234), Payload: ping})
	}
	w.dropped(DropDatagram)
	if len(w.replies) != notesPer24 {
		t.Errorf("one /24 got %d answers, want %d", len(w.replies), notesPer24)
	}
	w.step(&Datagram{From: alice, Payload: wire.AppendFrame(nil, w.replies[0].GUID(), 1, 0, &wire.Pong{Addr: alice})})
	if last := w.replies[len(w.replies)-1]; last.Type() != wire.TypePong || last.GUID() != guidOf(1) {
		t.Errorf("who is where it says was answered %v", last)
	}
	w.dropped()
	w.step(&Datagram{From: bob, Payload: append(ping, 0)})
	w.dropped(DropMalformed)
	w.step(&Datagram{From: bob, Payload: wire.AppendFrame(nil, guidOf(1), 4, 0, blueSky)})
	w.dropped(DropSingleHop)
	w.step(&Datagram{From: bob, Payload: wire.AppendFrame(nil, guidOf(1), 2, 0, &wire.Ping{})})
	w.dropped(DropSingleHop)
}

// TestExternalAddress lets peers tell us where they see us.
func TestExternalAddress(t *testing.T) {
	w := newWorld(t, Config{})
	behind := netip.MustParseAddr("192.168.1.2")
	seen := netip.MustParseAddr("9.8.7.6")
	forged := netip.MustParseAddr("9.66.66.66")
	tell := func(from netip.AddrPort, remoteIP netip.Addr) {
		w.next += 2
		w.peers[w.next] = &player{w: w, id: w.next}
		w.step(&Applied{Link: w.next, Remote: from, Local: behind, Inbound: true,
			Peer: &handshake.Peer{Role: handshake.RoleUltrapeer, GUID: guidOf(byte(w.next)), RemoteIP: remoteIP}})
	}
	tell(alice, forged)
	tell(netip.AddrPortFrom(alice.Addr().Next(), 7000), forged) // the same network has one vote
	tell(bob, seen)
	tell(carol, seen)
	if got := w.core.View().External; got.IsValid() {
		t.Errorf("two networks made us believe in %v", got)
	}
	tell(dave, seen)
	if got := w.core.View().External; got != seen {
		t.Errorf("three networks see us at %v, we believe in %v", seen, got)
	}
	tell(netip.MustParseAddrPort("9.5.1.1:7000"), netip.MustParseAddr("10.0.0.1"))
	if got := w.core.View().External; got != seen {
		t.Errorf("a private address changed our mind to %v", got)
	}
}

// TestAskedForAddress: who was asked counts from then on. Of groups that were asked
// together half must not have a lie believed; who has moved is believed in the end.
func TestAskedForAddress(t *testing.T) {
	w := newWorld(t, Config{})
	seen, forged, moved := netip.MustParseAddr("9.8.7.6"), netip.MustParseAddr("9.66.66.66"), netip.MustParseAddr("9.8.7.7")
	group := func(i int) netip.Addr { return netip.AddrFrom4([4]byte{9, byte(i), 1, 1}) }
	observes := func(i int, seen, want netip.Addr) {
		t.Helper()
		w.step(&Observed{By: group(i), Seen: seen})
		if got := w.core.View().External; got != want {
			t.Fatalf("after group %d we believe in %v, want %v", i, got, want)
		}
	}
	no := netip.Addr{}
	for i := range 6 {
		observes(i, no, no)
	}
	for i := range 3 { // three of six lie
		observes(i, forged, no)
	}
	for i := 3; i < 6; i++ {
		observes(i, seen, no)
	}
	observes(0, seen, seen)                              // it has thought better of it
	observes(0, no, seen)                                // silence takes nothing back
	observes(6, netip.MustParseAddr("10.1.1.1"), seen)   // no vote
	w.step(&Observed{By: group(1).Next(), Seen: forged}) // nor a second one
	w.step(&Observed{By: netip.MustParseAddr("2400:9::1"), Seen: netip.MustParseAddr("2400:8::1")})
	for i := 10; i < 14; i++ { // votes of two liars and of three others are pushed out
		w.step(&Observed{By: group(i), Seen: moved})
	}
	observes(14, moved, moved)
	if n := len(w.core.self.votes); n != maxVotes+1 {
		t.Errorf("%d votes", n)
	}
}

// TestSilentHosts dials others while hosts do not answer, so many at once as are
// wanted, and thirty in all.
func TestSilentHosts(t *testing.T) {
	var seeds []netip.AddrPort
	for i := range byte(60) {
		seeds = append(seeds, netip.AddrPortFrom(netip.AddrFrom4([4]byte{40 + i, 1, 1, 1}), 7000))
	}
	w := newWorld(t, Config{Want: 3, Seeds: seeds})
	w.step(&Tick{})
	for _, want := range []int{3, 3, 6, 6, 9} {
		if len(w.dials) != want {
			t.Fatalf("after %v %d hosts are dialed, want %d", w.now.Sub(w.core.started), len(w.dials), want)
		}
		w.pass(time.Second)
	}
	w.pass(30 * time.Second)
	if len(w.dials) != maxDialing {
		t.Errorf("%d hosts are dialed at once, want %d", len(w.dials), maxDialing)
	}

	// One that answers late is as good as any, and then fewer are lacking.
	for _, p := range w.peers {
		w.step(&Applied{Link: p.id, Remote: p.addr, Local: ours.Addr(), Peer: &handshake.Peer{Role: handshake.RoleUltrapeer}})
		w.step(&Up{Link: p.id})
		break
	}
	if lacks := w.core.lacks(w.now); lacks != 2 {
		t.Errorf("lacks %d hosts, want 2", lacks)
	}
}

// TestRoundTrip keeps the least round trip of all pings, and believes only pongs
// to the last one.
func TestRoundTrip(t *testing.T) {
	w := newWorld(t, Config{})
	p, _ := w.applies(alice, handshake.Peer{Role: handshake.RoleUltrapeer, GUID: guidOf(1)})
	w.step(&Up{Link: p.id})
	rtt := func() time.Duration { return w.core.View().Neighbors[0].RTT }
	pongs := func(after time.Duration) {
		ping := p.want(wire.TypePing)
		for len(p.inbox) > 0 {
			ping = p.want(wire.TypePing)
		}
		before := w.now
		w.now = w.now.Add(after)
		p.sends(guidOf(9), 1, 0, &wire.Pong{Addr: alice})
		p.sends(ping.GUID(), 1, 0, &wire.Pong{Addr: alice})
		w.now = before
	}
	for _, test := range []struct{ took, want time.Duration }{
		{800 * time.Millisecond, 800 * time.Millisecond}, {40 * time.Millisecond, 40 * time.Millisecond}, {90 * time.Millisecond, 40 * time.Millisecond},
	} {
		if pongs(test.took); rtt() != test.want {
			t.Errorf("after %v the round trip is %v, want %v", test.took, rtt(), test.want)
		}
		w.pass(aliveIdle + time.Second)
	}
}
