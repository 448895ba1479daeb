package node_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"filbert/node"
	"filbert/node/board"
	"filbert/overlay/group"
	"filbert/testnet/fabric"
)

// board is the board of somebody in a group.
func (tn *town) board(c *citizen, name string) *board.Board {
	tn.t.Helper()
	g, err := c.Group(name)
	if err != nil {
		tn.t.Fatal(err)
	}
	b, err := c.Board(g)
	if err != nil {
		tn.t.Fatal(err)
	}
	return b
}

// reads waits until somebody sees these values under a topic, in any order.
func (tn *town) reads(c *citizen, name, topic string, want ...string) {
	tn.t.Helper()
	tn.until(fmt.Sprintf("%q on the board", want), func() bool {
		list, err := tn.board(c, name).Items(topic)
		if err != nil {
			tn.t.Fatal(err)
		}
		var got []string
		for _, i := range list {
			got = append(got, string(i.Value))
		}
		slices.Sort(got)
		return slices.Equal(got, want)
	})
}

// TestBoard: members tell each other, over relays too, and who is away is spoken for; who is
// expelled gets nothing more, and who leaves keeps nothing.
func TestBoard(t *testing.T) {
	amongNATs(t, 2, fabric.PortRestricted(), func(t *testing.T, tn *town) {
		anna, boris, clara := tn.familyOverRelay()
		everybody := []*citizen{anna, boris, clara}
		for _, c := range everybody {
			if err := tn.board(c, "family").Put("files", "a", []byte(c.PeerID().String())); err != nil {
				t.Fatal(err)
			}
		}
		all := []string{anna.PeerID().String(), boris.PeerID().String(), clara.PeerID().String()}
		slices.Sort(all)
		for _, c := range everybody {
			tn.reads(c, "family", "files", all...)
		}
		g, err := anna.Group("family")
		if err != nil {
			t.Fatal(err)
		}
		if err := g.Expel(clara.PeerID()); err != nil {
			t.Fatal(err)
		}
		if err := tn.board(anna, "family").Put("messages", "1", []byte("she is gone")); err != nil {
			t.Fatal(err)
		}
		tn.reads(boris, "family", "messages", "she is gone")
		tn.reads(boris, "family", "files", slices.DeleteFunc(all, func(s string) bool { return s == clara.PeerID().String() })...)
		<-time.After(time.Minute)
		tn.reads(clara, "family", "messages")

		left, err := boris.Group("family")
		if err != nil {
			t.Fatal(err)
		}
		b := tn.board(boris, "family")
		if err := boris.LeaveGroup(t.Context(), left); err != nil {
			t.Fatal(err)
		}
		if list, err := b.Items("files"); err != nil || len(list) > 0 {
			t.Errorf("who left has %d items, %v", len(list), err)
		}
		if _, err := boris.Board(left); err == nil {
			t.Error("who left has a board")
		}
		tn.reads(anna, "family", "files", anna.PeerID().String())
	})
}

// TestBoardAfterRestart: a node that restarts has what it had, or gets it again if its disk was
// lost, and the author may be away.
func TestBoardAfterRestart(t *testing.T) {
	onFabric(t, func(t *testing.T, tn *town) {
		tn.grouped()
		anna, boris := tn.moves(nil), tn.moves(nil)
		if _, err := anna.FoundGroup("family"); err != nil {
			t.Fatal(err)
		}
		tn.invites(anna, boris, "family")
		tn.online(anna, "family", 2)
		tn.online(boris, "family", 2)
		if err := tn.board(boris, "family").Put("files", "a", []byte("x")); err != nil {
			t.Fatal(err)
		}
		tn.reads(anna, "family", "files", "x")
		<-time.After(10 * time.Second) // addresses are kept
		boris.stop()
		tn.online(anna, "family", 1)
		tn.count--
		again := tn.movesAs(nil, func(cfg *node.Config) { cfg.State = boris.state }) // boards are in memory here
		tn.until("the group is open", func() bool { return present(again, "family") > 0 })
		tn.reads(again, "family", "files", "x")
	})
}

var _ board.Group = (*group.Group)(nil)
