package node_test

import (
	"bytes"
	"errors"
	"math/rand/v2"
	"testing"
	"testing/fstest"

	"filbert/node"
	"filbert/overlay/identity"
	"filbert/overlay/wire"
)

// TestFreshID: who wants to be somebody new at each start tells nobody who it was: not by
// its GUID, its links, its hits, nor by a certificate; and everything works as ever.
func TestFreshID(t *testing.T) {
	on(t, func(t *testing.T, tn *town) {
		anna := tn.movesAs(nil, inTLS)
		files := fstest.MapFS{"Blue Sky.txt": file("la la la")}
		lasting, err := identity.New(bytes.NewReader(bytes.Repeat([]byte{9}, 32)))
		if err != nil {
			t.Fatal(err)
		}
		seen := map[identity.PeerID]bool{lasting.PeerID(): true}
		for run := range uint64(2) {
			boris := tn.movesAs(files, func(c *node.Config) {
				c.TLS, c.FreshID, c.Identity, c.Rand = true, true, lasting, rand.New(rand.NewPCG(run, 7))
			}, anna)
			tn.linked(boris, 1)
			tn.linked(anna, 1)
			tn.shares(boris, 1)
			face := boris.Face()
			if boris.PeerID() != lasting.PeerID() || seen[face] {
				t.Errorf("run %d: he is %v, and shows %v", run, boris.PeerID(), face)
			}
			seen[face] = true
			s, err := anna.Status(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if n := s.Overlay.Neighbors[0]; n.Terms.ID != face || n.GUID != wire.GUID(face.GUID()) {
				t.Errorf("run %d: to his neighbor he is %v, %v", run, n.Terms.ID, n.GUID)
			}
			for _, src := range tn.finds(anna, "blue sky", int(run)+1).Sources {
				if !src.Vouched || !seen[src.Peer] || src.Servent != identity.PeerID(src.Peer).GUID() || identity.PeerID(src.Peer) == lasting.PeerID() {
					t.Errorf("run %d: his hit says %+v", run, src)
				}
			}
			listed, err := tn.browses(anna, anna.SourceOf(face))
			if err != nil || len(listed) != 1 {
				t.Errorf("run %d: %d files listed, %v", run, len(listed), err)
			}
			boris.stop()
			tn.until("he is gone", func() bool {
				s, err := anna.Status(t.Context())
				return err == nil && len(s.Overlay.Neighbors) == 0
			})
		}
	})
}

// TestFreshIDOnLines: who is somebody new to the network opens lines as who he is, shown to
// the peer that he means alone, and takes them as who he seems to be.
func TestFreshIDOnLines(t *testing.T) {
	on(t, func(t *testing.T, tn *town) {
		anna := tn.movesAs(nil, inTLS)
		boris := tn.movesAs(nil, func(c *node.Config) { c.TLS, c.FreshID = true, true })
		echoes(anna)
		echoes(boris)
		conn, err := boris.DialLine(t.Context(), anna.PeerID(), anna.Addr(), "echo")
		if err != nil {
			t.Fatal(err)
		}
		tn.says(conn, boris)
		if _, err := anna.DialLine(t.Context(), boris.PeerID(), boris.Addr(), "echo"); !errors.Is(err, identity.ErrWrongPeer) || boris.Face() == boris.PeerID() {
			t.Errorf("a line to who he is: %v", err)
		}
		if conn, err = anna.DialLine(t.Context(), boris.Face(), boris.Addr(), "echo"); err != nil {
			t.Fatal(err)
		}
		tn.says(conn, anna)
	})
}
