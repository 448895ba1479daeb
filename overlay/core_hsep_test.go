package overlay

import (
	"math"
	"reflect"
	"testing"
	"time"

	"filbert/overlay/handshake"
	"filbert/overlay/wire"
)

// horizons makes alice a neighbor that counts its horizon too.
func (w *world) horizons(role handshake.Role) *player {
	w.t.Helper()
	p := w.joins(alice)
	peer := w.core.links[p.id].peer
	peer.Role, peer.Features = role, map[string]handshake.Version{"hsep": {Minor: 2}}
	return p
}

// wantHorizon takes the next message, which must be a horizon.
func (p *player) wantHorizon(want ...wire.HSEPLevel) {
	p.w.t.Helper()
	f := p.wantAt(wire.TypeHSEP, 1, 0)
	m, err := wire.Parse(f.Type(), f.Payload())
	if h, ok := m.(*wire.HSEP); err != nil || !ok || !reflect.DeepEqual(h.Levels, want) {
		p.w.t.Errorf("was told %+v, error %v; want %+v", m, err, want)
	}
}

func TestHorizon(t *testing.T) {
	w := newWorld(t, Config{})
	w.step(&Sharing{Files: 2, KiB: 5})
	a := w.horizons(handshake.RoleUltrapeer)
	w.core.refresh = w.now.Add(time.Hour) // no pings
	w.pass(tick)
	own := wire.HSEPLevel{Nodes: 1, Files: 2, KiB: 5}
	a.wantHorizon(own)

	// What it tells does not come back to it, and is what we see.
	a.sends(guidOf(1), 1, 0, &wire.HSEP{Levels: []wire.HSEPLevel{{Nodes: 1, Files: 10, KiB: 10}, {Nodes: 4, Files: 20, KiB: 20}}})
	w.dropped()
	if got := w.core.View().Horizon; got[0] != (wire.HSEPLevel{Nodes: 1, Files: 10, KiB: 10}) || got[6] != (wire.HSEPLevel{Nodes: 4, Files: 20, KiB: 20}) {
		t.Errorf("horizon %+v", got)
	}
	// Another neighbor, which does not count, adds itself.
	b := w.joins(bob)
	w.core.refresh = w.now.Add(time.Hour)
	b.sends(guidOf(2), 1, 0, &wire.Pong{Addr: bob, Files: 3, KiB: 8})
	b.sends(guidOf(2), 1, 0, &wire.HSEP{Levels: []wire.HSEPLevel{own}})
	w.dropped(DropUnsupported)
	w.pass(hsepPeriod / 2)
	a.inbox, b.inbox = nil, nil // alive pings
	a.sends(guidOf(3), 0, 0, &wire.Ping{})
	b.sends(guidOf(3), 0, 0, &wire.Ping{})
	w.pass(hsepPeriod / 2)
	a.wantHorizon(own, wire.HSEPLevel{Nodes: 2, Files: 5, KiB: 13})
	if got := w.core.View().Horizon; got[0].Nodes != 2 || got[6] != (wire.HSEPLevel{Nodes: 5, Files: 23, KiB: 28}) {
		t.Errorf("horizon %+v", got)
	}
	quiet(a, b)
	// It is not told the same again.
	for range 4 {
		a.sends(guidOf(3), 0, 0, &wire.Ping{})
		b.sends(guidOf(3), 0, 0, &wire.Ping{})
		w.pass(hsepPeriod / 2)
	}
	quiet(a, b)

	w.core.drops = Drops{}
	for name, levels := range map[string][]wire.HSEPLevel{
		"more than itself": {{Nodes: 2}},
		"nobody":           {{Nodes: 0}},
		"fewer nodes":      {{Nodes: 1}, {Nodes: 5}, {Nodes: 4}},
		"fewer files":      {{Nodes: 1, Files: 1}, {Nodes: 5}},
		"fewer bytes":      {{Nodes: 1, KiB: 1}, {Nodes: 5}},
	} {
		a.sends(guidOf(4), 1, 0, &wire.HSEP{Levels: levels})
		if w.core.drops[DropMalformed] != 1 {
			t.Errorf("%s: dropped %v", name, w.core.drops.Map())
		}
		w.core.drops = Drops{}
	}
	a.sends(guidOf(5), 1, 0, &wire.HSEP{Levels: []wire.HSEPLevel{{Nodes: 1, Files: math.MaxUint64}}})
	if got := w.core.View().Horizon[6].Files; got != math.MaxUint64 {
		t.Errorf("a boast wraps around to %d files", got)
	}
}

// TestHorizonOfLeaf takes one level of a leaf, which has nothing behind it.
func TestHorizonOfLeaf(t *testing.T) {
	w := newWorld(t, Config{})
	leaf := w.horizons(handshake.RoleLeaf)
	leaf.sends(guidOf(1), 1, 0, &wire.HSEP{Levels: []wire.HSEPLevel{{Nodes: 1}, {Nodes: 2}}})
	w.dropped(DropRole)
	leaf.sends(guidOf(1), 1, 0, &wire.HSEP{Levels: []wire.HSEPLevel{{Nodes: 1, Files: 7}}})
	if got := w.core.View().Horizon; got[0] != got[6] || got[6] != (wire.HSEPLevel{Nodes: 1, Files: 7}) {
		t.Errorf("horizon %+v", got)
	}
}

// TestCapturedHorizon takes what gtk-gnutella's A told.
func TestCapturedHorizon(t *testing.T) {
	w := newWorld(t, Config{})
	a := w.horizons(handshake.RoleUltrapeer)
	for _, f := range captured(t, "plain-gnet-B-to-A.A") {
		if f.Type() == wire.TypeHSEP {
			w.step(&Batch{Link: a.id, Frames: f})
		}
	}
	w.dropped()
	if got := w.core.View().Horizon; got[0] != (wire.HSEPLevel{Nodes: 1, Files: 2, KiB: 5}) || got[6].Nodes < 2 {
		t.Errorf("horizon %+v", got)
	}
}
