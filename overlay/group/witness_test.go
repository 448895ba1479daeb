package group

import (
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"filbert/overlay/identity"
	"filbert/testnet/fabric"
)

// diary is what machines heard of each other.
type diary struct {
	mu   sync.Mutex
	said []string // who: of whom, what
}

// witness is that of a machine.
type witness struct{ m *machine }

// Member implements Witness.
func (w witness) Member(_ ID, peer identity.PeerID, what Happening, cause string) {
	if (cause == "") != (what == There) {
		w.m.w.t.Errorf("%d because of %q", what, cause)
	}
	number := func(id identity.PeerID) int {
		return slices.IndexFunc(w.m.w.nodes, func(m *machine) bool { return m.id.PeerID() == id })
	}
	d := &w.m.w.heard
	d.mu.Lock()
	defer d.mu.Unlock()
	d.said = append(d.said, fmt.Sprintf("%d: %d %d", number(w.m.id.PeerID()), number(peer), what))
}

// of is what was heard since it was last asked, of some kinds, in an order of its own.
func (d *diary) of(kinds ...Happening) (out []string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, line := range d.said {
		if slices.ContainsFunc(kinds, func(k Happening) bool { return line[len(line)-1:] == fmt.Sprint(int(k)) }) {
			out = append(out, line)
		}
	}
	slices.Sort(out)
	d.said = nil
	return slices.Compact(out)
}

// TestWitness: what becomes of a member the others hear, and why.
func TestWitness(t *testing.T) {
	all := []Happening{Joined, Left, Removed, There, Suspected, Away, Dead}
	inWorld(t, 4, fabric.Config{}, func(t *testing.T, w *world) {
		want := func(what string, kinds []Happening, lines ...string) {
			t.Helper()
			if got := w.heard.of(kinds...); !slices.Equal(got, lines) {
				t.Errorf("%s: %q, want %q", what, got, lines)
			}
		}
		g := w.family(t, 3)
		want("they meet", all, "0: 1 3", "0: 2 3", "1: 0 3", "1: 2 3", "2: 0 3", "2: 1 3")

		w.nodes[2].kill()
		rest(10 * time.Second)
		want("one loses power", []Happening{Joined, Left, Removed, There, Away, Dead}, "0: 2 6", "1: 2 6")
		w.nodes[2].on()
		g[2] = w.nodes[2].reopen(t)
		w.agreeWithin(t, 10*time.Second, g, 3)
		want("it is back", []Happening{Joined, Left, Removed, Away, Dead, There}, "0: 2 3", "1: 2 3", "2: 0 3", "2: 1 3")

		w.nodes[1].kill()
		rest(10 * time.Second)
		said := slices.DeleteFunc(w.heard.of(Suspected), func(line string) bool { return line[0] == '1' }) // in its last moment
		if len(said) == 0 || len(said) > 2 {
			t.Errorf("another loses power: %q suspect it", said)
		}
		w.nodes[1].on()
		g[1] = w.nodes[1].reopen(t)
		w.agreeWithin(t, 10*time.Second, g, 3)
		w.heard.of()

		w.nodes[2].off()
		rest(5 * time.Second)
		want("it says that it goes", []Happening{Joined, Left, Removed, There, Away, Dead}, "0: 2 5", "1: 2 5")
		w.nodes[2].on()
		g[2] = w.nodes[2].reopen(t)
		w.agreeWithin(t, 10*time.Second, g, 3)
		w.heard.of()

		invite, err := g[0].Invite(Ordinary, time.Hour, []Ask{{Peer: w.nodes[0].id.PeerID(), Address: w.nodes[0].addr.String() + ":6347"}})
		if err != nil {
			t.Fatal(err)
		}
		last, err := w.nodes[3].Join(t.Context(), invite)
		if err != nil {
			t.Fatal(err)
		}
		w.agreeWithin(t, 10*time.Second, append(g, last), 4)
		want("another joins", []Happening{Joined, Left, Removed}, "0: 3 0", "1: 3 0", "2: 3 0")
		if err := last.Leave(t.Context()); err != nil {
			t.Fatal(err)
		}
		w.agreeWithin(t, 10*time.Second, g, 3)
		want("it leaves", []Happening{Joined, Left, Removed}, "0: 3 1", "1: 3 1", "2: 3 1", "3: 3 1")
		if err := g[0].Expel(w.nodes[1].id.PeerID()); err != nil {
			t.Fatal(err)
		}
		w.agreeWithin(t, 10*time.Second, []*Group{g[0], g[2]}, 2)
		said = slices.DeleteFunc(w.heard.of(Joined, Left, Removed), func(line string) bool { return line[0] == '1' }) // it may hear of it
		if !slices.Equal(said, []string{"0: 1 2", "2: 1 2"}) {
			t.Errorf("one is expelled: %q", said)
		}
	})
}
