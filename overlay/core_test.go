package overlay

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"slices"
	"testing"
	"time"

	"filbert/overlay/handshake"
	"filbert/overlay/link"
	"filbert/overlay/wire"
)

// The addresses of the conversations below. Each host is in a network of its
// own.
var (
	alice = netip.MustParseAddrPort("9.1.1.1:7001")
	bob   = netip.MustParseAddrPort("9.2.1.1:7002")
	carol = netip.MustParseAddrPort("9.3.1.1:7003")
	dave  = netip.MustParseAddrPort("9.4.1.1:7004")
	ours  = netip.MustParseAddrPort("9.9.1.1:7000")
)

var ourServent = wire.GUID{0: 0x55, 8: 0xff}

// world drives one Core by hand and plays everybody around it.
type world struct {
	t     *testing.T
	core  *Core
	now   time.Time
	peers map[link.ID]*player
	next  link.ID // of links that others open

	dials    []netip.AddrPort
	verdicts map[link.ID]handshake.Verdict
	matches  []*Match
	hits     map[SearchID][]*Hit
	replies  []wire.Frame
	news     []Effect // Met and Parted
	calls    []Effect // Probe, Call and PushAsked
	ponged   []*Ponged
	mails    []mail
}

// player is one neighbor.
type player struct {
	w      *world
	id     link.ID
	addr   netip.AddrPort
	guid   wire.GUID
	inbox  []wire.Frame // what it was sent and has not looked at
	closed bool
}

func newWorld(t *testing.T, cfg Config) *world {
	t.Helper()
	cfg.GUID, cfg.Port = ourServent, ours.Port()
	rnd := rand.New(rand.NewPCG(1, 1))
	return &world{
		t:        t,
		core:     NewCore(cfg, rnd),
		now:      time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC),
		peers:    map[link.ID]*player{},
		next:     1,
		verdicts: map[link.ID]handshake.Verdict{},
		hits:     map[SearchID][]*Hit{},
	}
}

// step gives the Core an event and carries its effects out in this world.
func (w *world) step(ev Event) {
	w.t.Helper()
	for _, effect := range w.core.Step(w.now, ev) {
		switch e := effect.(type) {
		case *Send:
			if p := w.peers[e.Link]; p == nil {
				w.t.Errorf("sent %v on link %d, which is nobody's", e.Frame.Type(), e.Link)
			} else if p.closed {
				w.t.Errorf("sent %v on link %d after it was closed", e.Frame.Type(), e.Link)
			} else {
				p.inbox = append(p.inbox, bytes.Clone(e.Frame))
			}
		case *Close:
			w.peers[e.Link].closed = true
		case *Dial:
			w.dials = append(w.dials, e.Addr)
			w.peers[e.Link] = &player{w: w, id: e.Link, addr: e.Addr}
		case *Judged:
			w.verdicts[e.Link] = e.Verdict
		case *Match:
			m := *e
			m.Payload = bytes.Clone(e.Payload)
			w.matches = append(w.matches, &m)
		case *Deliver:
			w.hits[e.Search] = append(w.hits[e.Search], e.Hit)
		case *Reply:
			w.replies = append(w.replies, bytes.Clone(e.Frame))
			w.mails = append(w.mails, mail{e.To, bytes.Clone(e.Frame), e.Aside})
		case *Ponged:
			w.ponged = append(w.ponged, &Ponged{e.From, bytes.Clone(e.Frame)})
		case *Met, *Parted:
			w.news = append(w.news, e)
		default:
			w.calls = append(w.calls, e)
		}
	}
}

// pass lets time go by, ticking when it is due.
func (w *world) pass(d time.Duration) {
	w.t.Helper()
	for end := w.now.Add(d); w.now.Before(end); {
		w.now = w.now.Add(min(tick, end.Sub(w.now)))
		w.step(&Tick{})
	}
}

// applies opens a link from addr and returns what the Core says to it.
func (w *world) applies(addr netip.AddrPort, p handshake.Peer) (*player, handshake.Verdict) {
	w.t.Helper()
	w.next += 2
	pl := &player{w: w, id: w.next, addr: addr, guid: p.GUID}
	w.peers[pl.id] = pl
	if !p.Listen.IsValid() {
		p.Listen = addr
	}
	remote := netip.AddrPortFrom(addr.Addr(), 40000+uint16(w.next))
	w.step(&Applied{Link: pl.id, Remote: remote, Local: ours.Addr(), Inbound: true, Peer: &p})
	return pl, w.verdicts[pl.id]
}

// joins makes addr a neighbor.
func (w *world) joins(addr netip.AddrPort) *player {
	w.t.Helper()
	guid := wire.GUID{0: byte(addr.Port()), 1: byte(addr.Port() >> 8), 8: 0xff}
	p, v := w.applies(addr, handshake.Peer{Role: handshake.RoleUltrapeer, GUID: guid})
	if v.Code != handshake.OK {
		w.t.Fatalf("%v was refused: %d %s", addr, v.Code, v.Text)
	}
	w.step(&Up{Link: p.id})
	p.want(wire.TypePing)
	return p
}

// sends has the neighbor send one message.
func (p *player) sends(guid wire.GUID, ttl wire.TTL, hops wire.Hops, m wire.Message) {
	p.w.t.Helper()
	p.w.step(&Batch{Link: p.id, Frames: wire.AppendFrame(nil, guid, ttl, hops, m)})
}

// want takes the next message the neighbor was sent, which must be of a type.
func (p *player) want(t wire.Type) wire.Frame {
	p.w.t.Helper()
	if len(p.inbox) == 0 {
		p.w.t.Fatalf("%v was sent nothing, want %v", p.addr, t)
	}
	f := p.inbox[0]
	p.inbox = p.inbox[1:]
	if f.Type() != t {
		p.w.t.Fatalf("%v was sent %v, want %v", p.addr, f.Type(), t)
	}
	return f
}

// wantAt is want with TTL and hops.
func (p *player) wantAt(t wire.Type, ttl wire.TTL, hops wire.Hops) wire.Frame {
	p.w.t.Helper()
	f := p.want(t)
	if f.TTL() != ttl || f.Hops() != hops {
		p.w.t.Errorf("%v was sent %v with TTL %d hops %d, want %d, %d", p.addr, t, f.TTL(), f.Hops(), ttl, hops)
	}
	return f
}

// quiet checks that the neighbors were sent nothing (more).
func quiet(players ...*player) {
	for _, p := range players {
		p.w.t.Helper()
		if len(p.inbox) > 0 {
			p.w.t.Errorf("%v was sent %d messages too many, the first a %v", p.addr, len(p.inbox), p.inbox[0].Type())
		}
	}
}

// dropped checks the counters: each reason named occurred once since the last
// call, and no other.
func (w *world) dropped(reasons ...DropReason) {
	w.t.Helper()
	var want Drops
	for _, r := range reasons {
		want[r]++
	}
	if w.core.drops != want {
		w.t.Errorf("dropped %v, want %v", w.core.drops.Map(), want.Map())
	}
	w.core.drops = Drops{}
}

// gone checks that the neighbor was told a BYE code and closed.
func (p *player) gone(code handshake.Status) {
	p.w.t.Helper()
	m, err := wire.Parse(wire.TypeBye, p.want(wire.TypeBye).Payload())
	if bye, ok := m.(*wire.Bye); err != nil || !ok || bye.Code != uint16(code) {
		p.w.t.Errorf("%v was told %+v, want BYE %d", p.addr, m, code)
	}
	if !p.closed {
		p.w.t.Errorf("%v was told BYE, but is not closed", p.addr)
	}
}

func guidOf(n byte) wire.GUID { return wire.GUID{0: n, 7: n, 8: 0xff} }

var blueSky = &wire.Query{Flags: 0x8000, Text: "blue sky"}

func hitFor(servent wire.GUID, addr netip.AddrPort) *wire.QueryHit {
	return &wire.QueryHit{
		Addr: addr, Speed: 1000, Servent: servent,
		Records: []wire.Record{{Index: 1, Size: 12, Name: "blue sky.txt"}},
		Trailer: wire.Trailer{Vendor: vendor},
	}
}

func TestQueryFloods(t *testing.T) {
	w := newWorld(t, Config{})
	a, b, c := w.joins(alice), w.joins(bob), w.joins(carol)
	q := guidOf(1)
	a.sends(q, 4, 0, blueSky)
	for _, p := range []*player{b, c} {
		f := p.wantAt(wire.TypeQuery, 3, 1)
		if f.GUID() != q || !bytes.Equal(f.Payload(), blueSky.AppendTo(nil)) {
			t.Errorf("%v got %x, not what %v sent", p.addr, f, a.addr)
		}
	}
	quiet(a, b, c)

	// The copy that comes round is a duplicate, and so is what a repeats.
	b.sends(q, 2, 2, blueSky)
	w.dropped(DropDuplicate)
	a.sends(q, 4, 0, blueSky)
	w.dropped(DropAgain)
	quiet(a, b, c)
}

func TestQueryTTL(t *testing.T) {
	for _, test := range []struct {
		name           string
		ttl            wire.TTL
		hops           wire.Hops
		wantTTL        wire.TTL // 0 = not passed on
		wantHops       wire.Hops
		drop           DropReason
		dropped, match bool
	}{
		{name: "a fresh query", ttl: 4, hops: 0, wantTTL: 3, wantHops: 1, match: true},
		{name: "the last hop", ttl: 2, hops: 2, wantTTL: 1, wantHops: 3, match: true},
		{name: "the end of its way", ttl: 1, hops: 3, match: true},
		{name: "clamped to the limit", ttl: 7, hops: 0, wantTTL: 3, wantHops: 1, match: true},
		{name: "clamped on the way", ttl: 6, hops: 2, wantTTL: 1, wantHops: 3, match: true},
		{name: "beyond the limit already", ttl: 2, hops: 5, match: true},
		{name: "at the hard limit", ttl: 15, hops: 0, wantTTL: 3, wantHops: 1, match: true},
		{name: "above the hard limit", ttl: 16, hops: 0, drop: DropTTLHigh, dropped: true, match: true},
		{name: "no TTL", ttl: 0, hops: 1, drop: DropTTLZero, dropped: true},
		{name: "no more hops", ttl: 1, hops: 255, drop: DropHopsEnded, dropped: true},
	} {
		t.Run(test.name, func(t *testing.T) {
			w := newWorld(t, Config{MaxTTL: 4})
			a, b := w.joins(alice), w.joins(bob)
			w.step(&Sharing{Files: 1})
			a.sends(guidOf(1), test.ttl, test.hops, blueSky)
			if test.wantTTL > 0 {
				b.wantAt(wire.TypeQuery, test.wantTTL, test.wantHops)
			}
			quiet(a, b)
			if got := len(w.matches) == 1; got != test.match {
				t.Errorf("matched: %v, want %v", got, test.match)
			} else if test.match && w.matches[0].Hops != test.hops {
				t.Errorf("matched with %d hops, want %d", w.matches[0].Hops, test.hops)
			}
			if test.dropped {
				w.dropped(test.drop)
			} else {
				w.dropped()
			}
		})
	}
}

func TestQueryRefused(t *testing.T) {
	long := &wire.Query{Flags: 0x8000, Text: string(bytes.Repeat([]byte("x"), 300))}
	for _, test := range []struct {
		name string
		m    wire.Message
		want DropReason
	}{
		{"no flags", &wire.Query{Text: "blue sky"}, DropAncient},
		{"one letter", &wire.Query{Flags: 0x8000, Text: "x"}, DropShortQuery},
		{"too long to relay", long, DropTooBig},
		{"no NUL", &wire.Opaque{Kind: wire.TypeQuery, Payload: []byte("\x80\x00blue")}, DropMalformed},
		{"not UTF-8", &wire.Query{Flags: 0x8000, Text: "blue \xff"}, DropMalformed},
		{"a leaf's route table", &wire.RouteReset{Slots: 65536, Infinity: 7}, DropUnsupported},
		{"an unknown type", &wire.Opaque{Kind: 0x42}, DropUnknownType},
	} {
		t.Run(test.name, func(t *testing.T) {
			w := newWorld(t, Config{})
			a, b := w.joins(alice), w.joins(bob)
			a.sends(guidOf(1), 1, 0, test.m)
			w.dropped(test.want)
			quiet(a, b)
		})
	}
}

func TestHitsGoBack(t *testing.T) {
	w := newWorld(t, Config{})
	a, b, c := w.joins(alice), w.joins(bob), w.joins(carol)
	q, servent := guidOf(1), guidOf(77)
	a.sends(q, 4, 1, blueSky)
	b.want(wire.TypeQuery)
	c.want(wire.TypeQuery)
	hit := hitFor(servent, dave)

	b.sends(q, 5, 1, hit)
	f := a.wantAt(wire.TypeQueryHit, 4, 2)
	if !bytes.Equal(f.Payload(), hit.AppendTo(nil)) {
		t.Error("the hit was changed on its way")
	}
	quiet(a, b, c)

	b.sends(q, 200, 1, hit) // far too high
	a.wantAt(wire.TypeQueryHit, hardTTL, 2)
	b.sends(q, 1, 3, hit)
	w.dropped(DropExpired)
	b.sends(guidOf(9), 5, 1, hit)
	w.dropped(DropNoRoute)
	a.sends(q, 5, 1, hit) // its own query: there is no other way back
	w.dropped(DropNoRoute)
	b.sends(q, 5, 1, hitFor(wire.GUID{}, dave))
	w.dropped(DropForged)
	b.sends(q, 5, 1, hitFor(q, dave))
	w.dropped(DropForged)
	b.sends(q, 5, 1, hitFor(ourServent, ours))
	w.dropped(DropOwn)
	lie := hit.AppendTo(nil)
	lie[0]++ // one record more than there are
	b.sends(q, 5, 1, &wire.Opaque{Kind: wire.TypeQueryHit, Payload: lie})
	w.dropped(DropMalformed)
	quiet(a, b, c)
}

// TestHitsTakeTheOtherWay loses the neighbor a query came from: the hit goes to
// the one that brought its second copy.
func TestHitsTakeTheOtherWay(t *testing.T) {
	w := newWorld(t, Config{})
	a, b, c := w.joins(alice), w.joins(bob), w.joins(carol)
	q := guidOf(1)
	a.sends(q, 4, 1, blueSky)
	c.sends(q, 3, 2, blueSky)
	b.want(wire.TypeQuery)
	c.want(wire.TypeQuery)
	w.step(&Ended{Link: a.id})
	b.sends(q, 5, 1, hitFor(guidOf(77), dave))
	c.wantAt(wire.TypeQueryHit, 4, 2)
	w.dropped(DropDuplicate)
}

func TestPushFollowsTheHit(t *testing.T) {
	w := newWorld(t, Config{})
	a, b, c := w.joins(alice), w.joins(bob), w.joins(carol)
	servent := guidOf(77)
	a.sends(guidOf(1), 4, 1, blueSky)
	b.want(wire.TypeQuery)
	c.want(wire.TypeQuery)
	b.sends(guidOf(1), 5, 1, hitFor(servent, dave))
	a.want(wire.TypeQueryHit)

	push := &wire.Push{Servent: servent, Index: 1, Addr: alice}
	a.sends(guidOf(2), 5, 1, push)
	if f := b.wantAt(wire.TypePush, 4, 2); !bytes.Equal(f.Payload(), push.AppendTo(nil)) {
		t.Error("the push was changed on its way")
	}
	a.sends(guidOf(2), 5, 1, push)
	w.dropped(DropAgain)
	c.sends(guidOf(2), 5, 1, push)
	w.dropped(DropDuplicate)
	a.sends(guidOf(3), 5, 1, &wire.Push{Servent: guidOf(78), Addr: alice})
	w.dropped(DropNoRoute)
	b.sends(guidOf(4), 5, 1, push) // it would have to go back
	w.dropped(DropNoRoute)
	a.sends(guidOf(5), 5, 1, &wire.Push{Servent: c.guid, Addr: alice}) // a neighbor itself
	c.wantAt(wire.TypePush, 4, 2)
	a.sends(guidOf(6), 1, 1, push)
	w.dropped(DropExpired)
	quiet(a, b, c)
}

func TestAnswer(t *testing.T) {
	w := newWorld(t, Config{})
	a, b := w.joins(alice), w.joins(bob)
	w.step(&Sharing{Files: 30, KiB: 300})
	a.sends(guidOf(1), 4, 2, blueSky)
	b.want(wire.TypeQuery)
	m := w.matches[0]
	var records []wire.Record
	for i := range 25 {
		records = append(records, wire.Record{Index: uint32(i), Size: int64(i), Name: fmt.Sprintf("blue sky %d.txt", i)})
	}
	w.step(&Matched{m.Link, m.GUID, m.Hops, m.OOB, records})
	var got []string
	for _, n := range []int{10, 10, 5} {
		msg, err := wire.Parse(wire.TypeQueryHit, a.wantAt(wire.TypeQueryHit, 8, 0).Payload())
		hit, ok := msg.(*wire.QueryHit)
		if err != nil || !ok {
			t.Fatal(err)
		}
		if len(hit.Records) != n || hit.Addr != ours || hit.Servent != ourServent || hit.Trailer.Vendor != vendor {
			t.Errorf("a hit of %d records from %v by %v, want %d from %v", len(hit.Records), hit.Addr, hit.Trailer.Vendor, n, ours)
		}
		for _, r := range hit.Records {
			got = append(got, r.Name)
		}
	}
	if len(got) != 25 || got[0] != "blue sky 0.txt" || got[24] != "blue sky 24.txt" {
		t.Errorf("the hits name %q", got)
	}
	quiet(a, b)

	// Who shares nothing is not bothered with matching.
	w.step(&Sharing{})
	a.sends(guidOf(2), 4, 2, blueSky)
	if len(w.matches) != 1 {
		t.Error("a node that shares nothing was asked to match")
	}

	// Unless there is something that it tells others they may ask for.
	w.step(&Routing{tableOf("blue")})
	a.sends(guidOf(3), 4, 2, blueSky)
	if len(w.matches) != 2 {
		t.Error("a node with a table was not asked to match")
	}
}

func TestOwnSearch(t *testing.T) {
	w := newWorld(t, Config{Flood: true})
	a, b := w.joins(alice), w.joins(bob)
	w.step(&Search{ID: 5, Query: *blueSky})
	q := a.wantAt(wire.TypeQuery, 4, 0).GUID()
	b.wantAt(wire.TypeQuery, 4, 0)

	b.sends(q, 3, 1, hitFor(guidOf(77), dave))
	if len(w.hits[5]) != 1 || w.hits[5][0].Records[0].Name != "blue sky.txt" || w.hits[5][0].Hops != 1 || w.hits[5][0].Addr != dave {
		t.Fatalf("delivered %+v", w.hits[5])
	}
	a.sends(q, 3, 1, blueSky) // our own query, come back
	w.dropped(DropDuplicate)

	b.sends(q, 3, 1, hitFor(guidOf(77), netip.MustParseAddrPort("192.168.1.5:7000")))
	w.dropped(DropAddress)
	quiet(a, b)

	// Who comes while the search is young is asked as well.
	c, _ := w.applies(carol, handshake.Peer{Role: handshake.RoleUltrapeer, GUID: guidOf(33)})
	w.step(&Up{Link: c.id})
	c.want(wire.TypePing)
	if got := c.wantAt(wire.TypeQuery, 4, 0).GUID(); got != q {
		t.Errorf("the new neighbor was asked %v, want %v", got, q)
	}
	w.step(&EndSearch{5})
	b.sends(q, 3, 1, hitFor(guidOf(77), dave))
	if len(w.hits[5]) != 1 {
		t.Error("a hit was delivered after the search had ended")
	}
	w.dropped()
}

func TestSlots(t *testing.T) {
	ultra := func(n byte) handshake.Peer { return handshake.Peer{Role: handshake.RoleUltrapeer, GUID: guidOf(n)} }
	t.Run("duplicates and ourselves", func(t *testing.T) {
		w := newWorld(t, Config{})
		a := w.joins(alice)
		for name, p := range map[string]struct {
			addr netip.AddrPort
			peer handshake.Peer
			code handshake.Status
		}{
			"the same GUID":    {bob, handshake.Peer{Role: handshake.RoleUltrapeer, GUID: a.guid}, handshake.Conflict},
			"the same address": {alice, ultra(9), handshake.Conflict},
			"ourselves":        {bob, handshake.Peer{Role: handshake.RoleUltrapeer, GUID: ourServent}, handshake.Conflict},
			"an old node":      {bob, handshake.Peer{}, handshake.Forbidden},
			"a stranger":       {bob, ultra(8), handshake.OK},
		} {
			if _, v := w.applies(p.addr, p.peer); v.Code != p.code {
				t.Errorf("%s: %d %s, want %d", name, v.Code, v.Text, p.code)
			}
		}
	})
	t.Run("all", func(t *testing.T) {
		w := newWorld(t, Config{Max: 3, MaxLeaves: -1})
		w.joins(alice)
		w.joins(bob)
		if _, v := w.applies(carol, ultra(3)); v.Code != handshake.OK { // holds a slot while it shakes hands
			t.Fatalf("refused with %d", v.Code)
		}
		_, v := w.applies(dave, ultra(4))
		if v.Code != handshake.Full || len(v.Try) == 0 || slices.Contains(v.Try, dave) {
			t.Errorf("%d %s, try %v; want 503 and others to try", v.Code, v.Text, v.Try)
		}
	})
	t.Run("one network", func(t *testing.T) {
		w := newWorld(t, Config{})
		for i := range maxPerNet + 1 {
			addr := netip.AddrPortFrom(netip.AddrFrom4([4]byte{9, 1, 1, byte(i)}), 7000)
			_, v := w.applies(addr, ultra(byte(i+1)))
			if want := i < maxPerNet; (v.Code == handshake.OK) != want {
				t.Errorf("link %d of one /24: %d %s", i+1, v.Code, v.Text)
			}
		}
	})
	t.Run("one address", func(t *testing.T) {
		w := newWorld(t, Config{})
		for i := range maxPerAddr + 1 {
			_, v := w.applies(netip.AddrPortFrom(alice.Addr(), 7100+uint16(i)), ultra(byte(i+1)))
			if want := i < maxPerAddr; (v.Code == handshake.OK) != want {
				t.Errorf("link %d of one address: %d %s", i+1, v.Code, v.Text)
			}
		}
	})
	t.Run("a lab on loopback is exempt", func(t *testing.T) {
		w := newWorld(t, Config{})
		for i := range 10 {
			if _, v := w.applies(netip.AddrPortFrom(netip.MustParseAddr("127.0.0.1"), 7100+uint16(i)), ultra(byte(i+1))); v.Code != handshake.OK {
				t.Errorf("link %d: %d %s", i+1, v.Code, v.Text)
			}
		}
	})
}

// TestTwins has two servents call each other at the same moment: both ends keep
// the same one of the two links.
func TestTwins(t *testing.T) {
	for _, theirs := range []wire.GUID{{0: 0x11, 8: 0xff}, {0: 0x99, 8: 0xff}} {
		w := newWorld(t, Config{})
		w.step(&Connect{Addr: alice})
		out := w.peers[w.core.nextLink]
		w.step(&Applied{Link: out.id, Remote: alice, Local: ours.Addr(), Peer: &handshake.Peer{Role: handshake.RoleUltrapeer, GUID: theirs}})
		in, v := w.applies(netip.AddrPortFrom(alice.Addr(), 9999), handshake.Peer{Role: handshake.RoleUltrapeer, GUID: theirs})
		if v.Code != handshake.OK {
			t.Fatalf("the second link was refused: %s", v.Text)
		}
		w.step(&Up{Link: out.id})
		w.step(&Up{Link: in.id})
		oursGreater := bytes.Compare(ourServent[:], theirs[:]) > 0
		if out.closed == oursGreater || in.closed != oursGreater {
			t.Errorf("our GUID greater %v: outbound closed %v, inbound closed %v", oursGreater, out.closed, in.closed)
		}
	}
}

func TestShutdown(t *testing.T) {
	w := newWorld(t, Config{})
	a, b := w.joins(alice), w.joins(bob)
	w.step(&Shutdown{})
	a.gone(byeShutdown)
	b.gone(byeShutdown)
	if _, v := w.applies(carol, handshake.Peer{Role: handshake.RoleUltrapeer, GUID: guidOf(3)}); v.Code != handshake.Full {
		t.Errorf("let in during shutdown: %d", v.Code)
	}
	w.pass(time.Minute)
	if len(w.dials) != 0 {
		t.Errorf("dialed %v during shutdown", w.dials)
	}
}
