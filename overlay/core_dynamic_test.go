package overlay

import (
	"fmt"
	"net/netip"
	"testing"
	"time"

	"filbert/overlay/handshake"
	"filbert/overlay/wire"
)

// ring makes n ultrapeers neighbors of ours and answers their greetings after a
// round trip.
func (w *world) ring(n int, rtt time.Duration) []*player {
	w.t.Helper()
	var all []*player
	for i := range n {
		addr := netip.AddrPortFrom(netip.AddrFrom4([4]byte{10 + 40, byte(i), 1, 1}), 7000)
		p, v := w.applies(addr, handshake.Peer{Role: handshake.RoleUltrapeer, GUID: guidOf(byte(i + 1)), Degree: 8, MaxTTL: 4, ExtProbes: handshake.Version{Minor: 1}})
		if v.Code != handshake.OK {
			w.t.Fatal(v.Text)
		}
		w.step(&Up{Link: p.id})
		ping := p.want(wire.TypePing)
		before := w.now
		w.now = w.now.Add(rtt)
		p.sends(ping.GUID(), 1, 0, &wire.Pong{Addr: addr})
		w.now = before
		all = append(all, p)
	}
	return all
}

// asked counts the neighbors that were asked something, and takes it off.
func asked(all []*player) (ids []int) {
	for i, p := range all {
		for _, f := range p.inbox {
			if f.Type() == wire.TypeQuery {
				ids = append(ids, i)
			}
		}
		p.inbox = nil
	}
	return ids
}

// TestAsksOneAfterTheOther searches among many neighbors: a few are asked at
// once, others as long as too little comes back, and as fast as the round trips
// allow.
func TestAsksOneAfterTheOther(t *testing.T) {
	w := newWorld(t, Config{Want: 12})
	all := w.ring(12, 25*time.Millisecond)
	w.step(&Search{ID: 1, Query: *blueSky})
	first := asked(all)
	if len(first) == 0 || len(first) > 3 {
		t.Fatalf("%d neighbors were asked at once", len(first))
	}
	if due := w.core.Due().Sub(w.now); due > time.Second || due < leastPace {
		t.Errorf("the next step is due in %v, with round trips of 25 ms", due)
	}
	for range 40 {
		w.now = w.core.Due()
		w.step(&Tick{})
	}
	if rest := asked(all); len(rest)+len(first) < len(all) {
		t.Errorf("without a hit only %d of %d neighbors were asked", len(rest)+len(first), len(all))
	}

	// With hits enough nobody else is asked.
	w = newWorld(t, Config{Want: 12})
	all = w.ring(12, 25*time.Millisecond)
	w.step(&Search{ID: 1, Query: *blueSky})
	guid := all[asked(all)[0]]
	hit := hitFor(guidOf(77), dave)
	hit.Records = nil
	for i := range 150 {
		hit.Records = append(hit.Records, wire.Record{Index: uint32(i), Size: 1, Name: fmt.Sprintf("blue sky %d", i)})
	}
	guid.sends(w.core.searches.list[0].guid, 3, 1, hit)
	if len(w.hits[1]) != 1 {
		t.Fatal("the hit was not delivered")
	}
	for range 40 {
		w.now = w.core.Due()
		w.step(&Tick{})
	}
	if more := asked(all); len(more) > 0 {
		t.Errorf("after hits enough %d more neighbors were asked", len(more))
	}
}

// TestAsksWhoComes searches before there is anybody to ask.
func TestAsksWhoComes(t *testing.T) {
	w := newWorld(t, Config{Want: 12})
	w.step(&Search{ID: 1, Query: *blueSky})
	w.pass(searchRepeat / 2)
	all := w.ring(1, 25*time.Millisecond)
	w.pass(2 * time.Second)
	if ids := asked(all); len(ids) != 1 {
		t.Errorf("the first neighbor was asked %d times", len(ids))
	}
	w.pass(searchRepeat)
	if n := w.core.View().Asking; n != 0 {
		t.Errorf("%d queries go on with nobody left to ask", n)
	}
}

// TestLeafQuery runs the query of a leaf: other leaves by their tables, then
// ultrapeers; hits go back; the leaf is asked how many it kept and ends it.
func TestLeafQuery(t *testing.T) {
	w := newWorld(t, Config{Want: 8, Hasher: letters{}})
	all := w.ring(8, 10*time.Millisecond)
	leaf, other := w.speaks(alice, handshake.RoleLeaf, wire.VendorStatusRequest), w.serves(bob, "blue", "sky")
	leaf.tells(nil, tableOf("green"))
	guided := &wire.Query{Flags: wire.FlagMark | wire.FlagGuided, Text: "blue sky"}
	leaf.sends(guidOf(9), 4, 0, guided)
	other.wantAt(wire.TypeQuery, 1, 1)
	probed := queries(all)
	if len(probed) == 0 {
		t.Fatal("no ultrapeer was asked for the leaf")
	}
	for _, f := range probed {
		if f.Hops() != 1 || int(f.TTL())+1 > 4 {
			t.Errorf("asked with TTL %d, hops %d", f.TTL(), f.Hops())
		}
	}
	hit := hitFor(guidOf(77), dave)
	hit.Records = nil
	for i := range 10 {
		hit.Records = append(hit.Records, wire.Record{Index: uint32(i), Size: 1, Name: fmt.Sprintf("blue sky %d", i)})
	}
	for range 3 {
		all[0].sends(guidOf(9), 3, 1, hit)
	}
	leaf.inbox = nil
	var status []wire.Frame
	for range 20 {
		w.now = w.core.Due()
		w.step(&Tick{})
		for _, f := range leaf.inbox {
			if f.Type() == wire.TypeVendor {
				status = append(status, f)
			}
		}
		leaf.inbox = nil
		if len(status) > 0 {
			break
		}
	}
	if len(status) == 0 || status[0].GUID() != guidOf(9) {
		t.Fatalf("the leaf was asked %d times how many hits it kept", len(status))
	}
	w.step(&Ended{Link: leaf.id})
	if n := w.core.View().Asking; n != 0 {
		t.Errorf("%d queries go on for a leaf that is gone", n)
	}
}

// queries is asked, with the messages.
func queries(all []*player) (out []wire.Frame) {
	for _, p := range all {
		for _, f := range p.inbox {
			if f.Type() == wire.TypeQuery {
				out = append(out, f)
			}
		}
		p.inbox = nil
	}
	return out
}

// TestLeafAsksTooMuch drops what a leaf asks beyond its share.
func TestLeafAsksTooMuch(t *testing.T) {
	w := newWorld(t, Config{Want: 8})
	w.ring(8, 10*time.Millisecond)
	leaf := w.serves(alice, "green")
	for i := range askingPerLeaf + 2 {
		leaf.sends(guidOf(byte(100+i)), 4, 0, blueSky)
	}
	w.dropped(DropAsking, DropAsking)
}

// TestFartherCopy passes on a copy of a query that may go farther than the one
// before it, to ultrapeers only, and only for those who said they do so.
func TestFartherCopy(t *testing.T) {
	w := newWorld(t, Config{Hasher: letters{}})
	all := w.ring(2, time.Millisecond)
	plain, leaf := w.joins(alice), w.serves(bob, "blue", "sky")
	all[0].sends(guidOf(1), 1, 1, blueSky)
	leaf.wantAt(wire.TypeQuery, 1, 2)
	quiet(all[1], plain, leaf)
	all[0].sends(guidOf(1), 3, 1, blueSky)
	all[1].wantAt(wire.TypeQuery, 2, 2)
	plain.wantAt(wire.TypeQuery, 2, 2)     // had none before
	all[0].sends(guidOf(1), 3, 1, blueSky) // it cannot know what others sent
	w.dropped(DropDuplicate)
	all[0].sends(guidOf(1), 1, 1, blueSky)
	w.dropped(DropAgain)
	plain.sends(guidOf(1), 4, 0, blueSky) // not one that does so
	w.dropped(DropDuplicate)
	all[0].sends(guidOf(2), 2, 1, blueSky)
	all[1].want(wire.TypeQuery)
	plain.want(wire.TypeQuery)
	leaf.want(wire.TypeQuery)
	all[0].sends(guidOf(2), 3, 1, blueSky)
	all[1].wantAt(wire.TypeQuery, 2, 2)
	quiet(plain, leaf) // had one
}

// TestOwnQueryCopied passes on no copies of a query that it asks for a leaf,
// and sends nobody away for them.
func TestOwnQueryCopied(t *testing.T) {
	w := newWorld(t, Config{Hasher: letters{}})
	all := w.ring(3, time.Millisecond)
	leaf := w.speaks(alice, handshake.RoleLeaf, wire.VendorStatusRequest)
	for i := range byte(3 * maxAgain) {
		leaf.sends(guidOf(100+i), 4, 0, blueSky)
		probed := queries(all)
		if len(probed) == 0 {
			t.Fatal("nobody was asked")
		}
		for _, ttl := range []wire.TTL{2, 3} {
			all[0].sends(guidOf(100+i), ttl, 1, blueSky)
			w.dropped(DropDuplicate)
		}
		if copies := queries(all); len(copies) > 0 {
			t.Fatalf("%d copies were passed on", len(copies))
		}
		leaf.says(guidOf(100+i), wire.NewStatusResponse(wire.StatusStop))
	}
	if all[0].closed {
		t.Error("a neighbor was sent away for copies that may go farther")
	}
}
