package group

import (
	"flag"
	"net/netip"
	"testing"
	"time"

	"filbert/testnet/fabric"
)

// churnMembers is how many members the tests of many have: few in the suite, 200 by hand
// (docs/testing.md).
var churnMembers = flag.Int("members", 16, "members of the group in the tests of churn and partition")

// TestChurn lets a tenth of the members lose power each minute, for two minutes, and come back
// after half a minute; the key is rotated meanwhile. Within 30 s of quiet all see all.
func TestChurn(t *testing.T) {
	n := *churnMembers
	inWorld(t, n, fabric.Config{Seed: 1}, func(t *testing.T, w *world) {
		g := w.family(t, n)
		minute := max(n/10, 1)
		var away []int
		next := 1
		for range 2 * minute {
			w.nodes[next].kill()
			away = append(away, next)
			next = 1 + next%(n-1)
			rest(time.Minute / time.Duration(minute))
			if len(away) > minute/2 {
				i := away[0]
				away = away[1:]
				w.nodes[i].on()
				g[i] = w.nodes[i].reopen(t)
			}
			if len(away) == minute/2 && next == n/10 {
				if err := g[0].Rotate(); err != nil {
					t.Fatal(err)
				}
			}
		}
		for _, i := range away {
			w.nodes[i].on()
			g[i] = w.nodes[i].reopen(t)
		}
		took := w.agreeWithin(t, 30*time.Second, g, n)
		t.Logf("%d members agree %v after the last came back", n, took)
	})
}

// TestPartition: two halves lose sight of each other for two minutes. Somebody is expelled in
// one and the key rotated in the other. 30 s after it heals all see all and have one key.
func TestPartition(t *testing.T) {
	n := *churnMembers
	inWorld(t, n, fabric.Config{Seed: 2}, func(t *testing.T, w *world) {
		g := w.family(t, n)
		if err := g[0].SetRole(w.nodes[1].id.PeerID(), Owner); err != nil {
			t.Fatal(err)
		}
		w.agreeWithin(t, 30*time.Second, g, n)
		var halves [2][]netip.Addr
		for i, m := range w.nodes {
			halves[i%2] = append(halves[i%2], m.addr)
		}
		w.net.At(time.Now(), fabric.Partition{Name: "cut", A: halves[0], B: halves[1]})
		took := w.within(t, 30*time.Second, "each half sees itself", func() bool {
			return online(g[0]) == (n+1)/2 && online(g[1]) == n/2
		})
		t.Logf("each half is alone after %v", took)
		rest(2 * time.Minute)
		if err := g[0].Expel(w.nodes[n-1].id.PeerID()); err != nil {
			t.Fatal(err)
		}
		if err := g[1].Rotate(); err != nil {
			t.Fatal(err)
		}
		rest(10 * time.Second)
		w.net.At(time.Now(), fabric.Heal{Name: "cut"})
		took = w.agreeWithin(t, 30*time.Second, g[:n-1], n-1)
		t.Logf("%d members agree %v after it healed", n-1, took)
		sealed, err := g[2].Seal([]byte("hello"))
		if err != nil {
			t.Fatal(err)
		}
		for i := range g {
			if _, err := g[i].Unseal(sealed); (err == nil) != (i != 2 && i != n-1) {
				t.Errorf("member %d opens it: %v", i, err)
			}
		}
	})
}
