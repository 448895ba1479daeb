package group

import (
	"context"
	"sync"
	"testing"
	"time"

	"filbert/testnet/fabric"
)

// TestJoinBurst: twenty join at once, each by an invite of its own. None sees that the founder
// lets in only so many at a time.
func TestJoinBurst(t *testing.T) {
	const many = 20
	inWorld(t, 1+many, fabric.Config{}, func(t *testing.T, w *world) {
		founder := w.nodes[0]
		s, err := Found(founder.id, "lab", seeded(1), time.Now())
		if err != nil {
			t.Fatal(err)
		}
		g := make([]*Group, 1+many)
		if g[0], err = founder.Open(s); err != nil {
			t.Fatal(err)
		}
		began := time.Now()
		var joining sync.WaitGroup
		for n := 1; n <= many; n++ {
			i, err := g[0].Invite(Ordinary, time.Hour, []Ask{{Peer: founder.id.PeerID()}})
			if err != nil {
				t.Fatal(err)
			}
			joining.Go(func() {
				var err error
				if g[n], err = w.nodes[n].Join(context.Background(), i); err != nil {
					t.Errorf("%d after %v: %v", n, time.Since(began), err)
				}
			})
		}
		joining.Wait()
		t.Logf("the last is in after %v, %d were told to come again", time.Since(began), g[0].Refused()[Busy])
		if busy := g[0].Refused()[Busy]; busy < many-streamBurst-2 {
			t.Errorf("the founder let in more at once than it should: %d were told to come again", busy)
		}
		if members := len(g[0].State().Members()); members != 1+many {
			t.Errorf("there are %d members", members)
		}
	})
}
