package group

import (
	"context"
	"testing"
	"time"

	"filbert/testnet/fabric"
)

// TestFamily: three machines find each other; one loses its power, is missed within 5 s, and is
// back within 10 s of its start.
func TestFamily(t *testing.T) {
	inWorld(t, 3, fabric.Config{}, func(t *testing.T, w *world) {
		g := w.family(t, 3)
		if c := string(g[0].Members()[1].Contact); c == "" {
			t.Error("no contact was told")
		}
		dead := w.nodes[2]
		dead.kill()
		took := w.within(t, 5*time.Second, "the dead is missed", func() bool {
			return !sees(g[0], dead.id.PeerID()) && !sees(g[1], dead.id.PeerID())
		})
		t.Logf("missed after %v", took)
		rest(20 * time.Second)
		dead.on()
		g[2] = dead.reopen(t)
		took = w.agreeWithin(t, 10*time.Second, g, 3)
		t.Logf("back after %v", took)
	})
}

// TestJoinAndExpel: two join by invite; one is expelled, and is told so.
func TestJoinAndExpel(t *testing.T) {
	inWorld(t, 3, fabric.Config{}, func(t *testing.T, w *world) {
		founder, anna, bert := w.nodes[0], w.nodes[1], w.nodes[2]
		s, err := Found(founder.id, "lab", seeded(1), time.Now())
		if err != nil {
			t.Fatal(err)
		}
		g := make([]*Group, 3)
		if g[0], err = founder.Open(s); err != nil {
			t.Fatal(err)
		}
		ctx := context.Background()
		for i, m := range []*machine{anna, bert} {
			invite, err := g[0].Invite(Ordinary, time.Hour, []Ask{{Peer: founder.id.PeerID(), Address: founder.addr.String() + ":6347"}})
			if err != nil {
				t.Fatal(err)
			}
			text := invite.String()
			if invite, err = ParseInvite(text); err != nil {
				t.Fatal(err)
			}
			if g[i+1], err = m.Join(ctx, invite); err != nil {
				t.Fatal(err)
			}
			_, err = w.nodes[2-i].Join(ctx, invite)
			wantRefused(t, err, UsedInvite)
		}
		w.agreeWithin(t, 20*time.Second, g, 3)

		before, err := g[0].Seal([]byte("before"))
		if err != nil {
			t.Fatal(err)
		}
		if e, err := g[2].Unseal(before); err != nil || string(e.Payload) != "before" {
			t.Fatalf("a member cannot read: %v", err)
		}
		if err := g[0].Expel(bert.id.PeerID()); err != nil {
			t.Fatal(err)
		}
		w.agreeWithin(t, 10*time.Second, g[:2], 2)
		after, err := g[0].Seal([]byte("after"))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := g[1].Unseal(after); err != nil {
			t.Errorf("a member cannot read: %v", err)
		}
		if _, err := g[2].Unseal(after); ReasonOf(err) != UnknownKey {
			t.Errorf("who was expelled: %v", err)
		}
		_, err = g[2].exchange(ctx, founder.id.PeerID())
		wantRefused(t, err, Expelled)
		// A stranger is told nothing, not even that there is such a group.
		_, err = anna.dial(ctx, helloTime, Ask{Peer: founder.id.PeerID()}, &hello{purpose: forSync, group: ID{1}})
		if err == nil || ReasonOf(err) != Fine {
			t.Errorf("a stranger was answered: %v", err)
		}
	})
}
