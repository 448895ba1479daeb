package overlay

import (
	"io"
	"net/netip"
	"testing"

	"filbert/overlay/wire"
)

// TestManyLeaves floods queries past leaves that come, change their tables and
// go: asked are those whose words match, be they few or so many that their
// tables are indexed.
func TestManyLeaves(t *testing.T) {
	w := newWorld(t, Config{Hasher: letters{}})
	a := w.joins(alice)
	type leaf struct {
		*player
		word string
	}
	var leaves []*leaf
	come := func(n int) *leaf {
		addr := netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, byte(n), 1, 1}), uint16(7100+n))
		l := &leaf{word: string(rune('a' + n%10))}
		l.player = w.serves(addr, l.word, "x")
		leaves = append(leaves, l)
		return l
	}
	leave := func(i int) {
		w.step(&Ended{leaves[i].id, io.EOF})
		leaves = append(leaves[:i], leaves[i+1:]...)
	}
	queries := 0
	check := func(indexed bool) {
		t.Helper()
		if got := w.core.roster.indexed != nil; got != indexed {
			t.Fatalf("with %d leaves their tables are indexed: %v", len(leaves), got)
		}
		if got := len(w.core.roster.leaves); got != len(leaves) || len(w.core.neighbors) != 1+len(leaves) || len(w.core.roster.ultrapeers) != 1 {
			t.Fatalf("the roster has %d leaves of %d", got, len(leaves))
		}
		for n := range 12 {
			word := string(rune('a' + n))
			queries++
			a.sends(guidOf(byte(queries)), 4, 0, &wire.Query{Flags: wire.FlagMark, Text: word + " x"})
			for i, l := range leaves {
				if got := len(l.ofType(wire.TypeQuery)); got != 0 && l.word != word || got != 1 && l.word == word {
					t.Fatalf("leaf %d of %d, which has %q, got %d queries for %q", i, len(leaves), l.word, got, word)
				}
				l.inbox = nil
			}
		}
	}
	for n := range indexedLeaves - 1 {
		come(n)
	}
	check(false)
	for n := indexedLeaves - 1; n < 70; n++ {
		come(n)
	}
	check(true)

	l := leaves[7]
	l.tells(tableOf(l.word, "x"), tableOf("k", "x"))
	l.word = "k"
	check(true)

	leave(7)
	leave(40)
	check(true)
	come(70)
	come(71)
	if columns := len(w.core.roster.indexed.columns); columns != 70 {
		t.Errorf("%d leaves have %d columns", len(leaves), columns)
	}
	check(true)

	for len(leaves) >= indexedLeaves/2 {
		leave(0)
	}
	check(false)
}

// TestLeafWithoutTable: a RESET takes a leaf out at once, although the index has
// its words until the next table is complete.
func TestLeafWithoutTable(t *testing.T) {
	w := newWorld(t, Config{Hasher: letters{}})
	a := w.joins(alice)
	var players []*player
	for n := range indexedLeaves {
		addr := netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, byte(n), 1, 1}), uint16(7100+n))
		players = append(players, w.serves(addr, "blue", "sky"))
	}
	players[5].sends(guidOf(200), 1, 0, &wire.RouteReset{Slots: 1 << 16, Infinity: 7})
	a.sends(guidOf(1), 4, 0, blueSky)
	for n, p := range players {
		want := 1
		if n == 5 {
			want = 0
		}
		if got := len(p.ofType(wire.TypeQuery)); got != want {
			t.Errorf("leaf %d got %d queries, want %d", n, got, want)
		}
	}
}
