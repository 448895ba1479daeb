package overlay

import (
	"errors"
	"io"
	"testing"
	"time"

	"filbert/overlay/handshake"
	"filbert/overlay/identity"
	"filbert/overlay/wire"
)

// TestWitness: who watches hears once that a neighbor is there, and once why it is not any more.
func TestWitness(t *testing.T) {
	for _, test := range []struct {
		why  string
		ends func(w *world, a *player)
	}{
		{"it closed the connection", func(w *world, a *player) { w.step(&Ended{Link: a.id, Err: io.EOF}) }},
		{"it closed the connection", func(w *world, a *player) { w.step(&Ended{Link: a.id}) }},
		{"connection reset", func(w *world, a *player) { w.step(&Ended{Link: a.id, Err: errors.New("connection reset")}) }},
		{"it said: Good night (200)", func(_ *world, a *player) { a.sends(guidOf(1), 1, 0, &wire.Bye{Code: 200, Text: "Good night"}) }},
		{"sent away: Disconnected by user (202)", func(w *world, a *player) { w.step(&Disconnect{alice}) }},
		{"sent away: Send queue blocked (405)", func(w *world, a *player) { w.step(&Stalled{a.id}) }},
		{"sent away: No reply to alive pings (406)", func(w *world, _ *player) { w.pass(time.Hour) }},
		{"sent away: Servent shutdown (200)", func(w *world, _ *player) { w.step(&Shutdown{}) }},
	} {
		t.Run(test.why, func(t *testing.T) {
			w := newWorld(t, Config{})
			a, v := w.applies(alice, handshake.Peer{Role: handshake.RoleUltrapeer, GUID: guidOf(9)})
			if v.Code != handshake.OK || len(w.news) != 0 {
				t.Fatalf("%+v, and heard %+v", v, w.news)
			}
			w.step(&Up{Link: a.id, Terms: handshake.Terms{ID: identity.PeerID{1}}})
			if len(w.news) != 1 {
				t.Fatalf("heard %+v", w.news)
			}
			met, ok := w.news[0].(*Met)
			if !ok || met.Addr.Addr() != alice.Addr() || met.Peer != (identity.PeerID{1}) || !met.Inbound || met.Is != handshake.RoleUltrapeer {
				t.Errorf("met %+v", w.news[0])
			}
			test.ends(w, a)
			w.step(&Ended{Link: a.id, Err: io.EOF}) // what follows is not told
			if len(w.news) != 2 {
				t.Fatalf("heard %+v", w.news)
			}
			if p, ok := w.news[1].(*Parted); !ok || p.Addr != met.Addr || p.Peer != met.Peer || p.Why != test.why {
				t.Errorf("parted %+v", w.news[1])
			}
		})
	}
}
