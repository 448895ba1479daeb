package overlay

import (
	"errors"
	"net/netip"
	"testing"
	"time"

	"filbert/overlay/handshake"
	"filbert/overlay/wire"
)

// answers has players answer the pings they got, and forget all else.
func answers(players ...*player) {
	for _, p := range players {
		for _, f := range p.inbox {
			if f.Type() == wire.TypePing && f.Hops() == 0 {
				p.sends(f.GUID(), 1, 0, &wire.Pong{Addr: p.addr})
			}
		}
		p.inbox = nil
	}
}

// TestCallsAgain: a servent that has a link to us calls once more, from another address.
// The link is dead at its end or it would not: we see whether it is, and it gets in soon.
// Who lives stays, whoever calls in its name.
func TestCallsAgain(t *testing.T) {
	for name, lives := range map[string]bool{"dead": false, "alive": true} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, Config{})
			servent := handshake.Peer{Role: handshake.RoleLeaf, GUID: guidOf(9)}
			old, _ := w.applies(alice, servent)
			w.step(&Up{Link: old.id})
			w.pass(time.Second)
			old.inbox = nil
			if _, v := w.applies(bob, servent); v.Code != handshake.Conflict {
				t.Fatalf("%+v", v)
			}
			if old.wantAt(wire.TypePing, 1, 0); lives {
				old.sends(guidOf(1), 1, 0, &wire.Pong{Addr: alice})
			}
			w.applies(bob, servent) // does not ask it again
			quiet(old)
			w.pass(alivePause - tick)
			if old.closed {
				t.Error("it had no time to answer")
			}
			w.pass(tick)
			_, v := w.applies(bob, servent)
			if old.closed == lives || (v.Code == handshake.OK) == lives {
				t.Errorf("the link is closed: %v; who calls is told %+v", old.closed, v)
			}
		})
	}
}

// TestMovedAway: the router has another address. What was seen of the one before is
// forgotten; neighbors that do not answer are left, without reproach, and called again.
func TestMovedAway(t *testing.T) {
	w := newWorld(t, Config{Mode: ModeLeaf, Want: 2})
	a, b := w.dialed(alice), w.dialed(bob)
	seen := netip.MustParseAddr("9.50.1.1")
	for _, by := range []string{"9.61.1.1", "9.62.1.1", "9.63.1.1"} {
		w.step(&Observed{By: netip.MustParseAddr(by), Seen: seen})
	}
	w.step(&Mapped{Addr: seen})
	w.step(&Reached{From: netip.MustParseAddr("9.70.1.1")})
	w.step(&Datagram{From: netip.MustParseAddrPort("9.71.1.1:7000"), Local: ours.Addr(), Payload: pingFor(wire.PingInfo{})})
	if v := w.core.View(); v.External != seen || !v.TCP.Open || !v.UDP.Open {
		t.Fatalf("at %v, %+v, %+v", v.External, v.TCP, v.UDP)
	}
	a.inbox, b.inbox, w.dials = nil, nil, nil
	w.step(&Moved{})
	if v := w.core.View(); v.External.IsValid() || v.TCP != (Reach{false, w.now}) || v.UDP != (Reach{false, w.now}) {
		t.Errorf("still at %v, %+v, %+v", v.External, v.TCP, v.UDP)
	}
	answers(a)
	w.pass(alivePause + tick)
	if a.closed || !b.closed {
		t.Errorf("who answers is gone: %v; who does not: %v", a.closed, b.closed)
	}
	if len(w.dials) != 1 || w.dials[0] != bob {
		t.Errorf("dialed %v", w.dials)
	}
}

// TestDoubt: of the links that we opened one breaks. The others are asked whether they
// live; who called us is not.
func TestDoubt(t *testing.T) {
	for name, breaks := range map[string]func(w *world, p *player){
		"a link that we opened":  func(w *world, p *player) { w.step(&Ended{Link: p.id, Err: errors.New("reset")}) },
		"something else of ours": func(w *world, _ *player) { w.step(&Doubt{}) },
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, Config{})
			a, b, c := w.dialed(alice), w.dialed(bob), w.joins(carol)
			w.pass(time.Second)
			w.core.refresh = w.now.Add(time.Hour) // no other pings
			a.inbox, b.inbox, c.inbox = nil, nil, nil
			breaks(w, a)
			b.wantAt(wire.TypePing, 1, 0)
			quiet(c)
			w.pass(alivePause + tick)
			if !b.closed || c.closed {
				t.Errorf("silent: we opened it, and it is gone: %v; it called us: %v", b.closed, c.closed)
			}
		})
	}
	w := newWorld(t, Config{})
	b, c := w.dialed(bob), w.joins(carol)
	w.pass(time.Second)
	w.core.refresh = w.now.Add(time.Hour)
	b.inbox, c.inbox = nil, nil
	w.step(&Ended{Link: c.id, Err: errors.New("reset")})
	quiet(b)
}
