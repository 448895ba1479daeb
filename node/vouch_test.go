package node_test

import (
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"filbert/nat"
	"filbert/node"
	"filbert/node/contacts"
	"filbert/overlay"
	"filbert/overlay/handshake"
	"filbert/overlay/identity"
	"filbert/query"
	"filbert/query/flood"
	"filbert/testnet/fabric"
	"filbert/transfer"
	"filbert/transfer/download"
)

func inTLS(c *node.Config) { c.TLS = true }

// TestVouched: a hit says who vouches for it, and the file comes from the owner of that key,
// in TLS except between programs of one machine.
func TestVouched(t *testing.T) {
	on(t, func(t *testing.T, tn *town) {
		anna := tn.movesAs(fstest.MapFS{"Blue Sky.txt": file("la la la")}, inTLS)
		plain := tn.movesAs(fstest.MapFS{"Red Sky.txt": file("la la")}, func(*node.Config) {}, anna)
		boris := tn.movesAs(nil, inTLS, anna, plain)
		tn.linked(boris, 2)
		tn.shares(anna, 1)
		tn.shares(plain, 1)
		blue, red := tn.finds(boris, "blue sky", 1), tn.finds(boris, "red sky", 1)
		if src := blue.Sources[0]; !src.Vouched || identity.PeerID(src.Peer) != anna.PeerID() {
			t.Errorf("anna does not vouch for hers: %+v", src)
		}
		if src := red.Sources[0]; src.Vouched || src.Peer != [32]byte{} {
			t.Errorf("one without TLS vouches: %+v", src)
		}
		before := anna.port(t).TLS
		for _, r := range []query.Result{blue, red} {
			if _, err := boris.Get(r, "", download.Terms{}); err != nil {
				t.Fatal(err)
			}
			if last := tn.finish(boris, r); last.State != download.Complete {
				t.Errorf("%s: %v, %v", r.File.Name, last.State, last.Err)
			}
		}
		if got, err := os.ReadFile(filepath.Join(boris.downloads, "Blue Sky.txt")); err != nil || string(got) != "la la la" {
			t.Errorf("what came is %q, %v", got, err)
		}
		if secret := anna.port(t).TLS > before; secret == anna.Addr().Addr().IsLoopback() {
			t.Errorf("fetched in TLS: %t at %v", secret, anna.Addr())
		}
		if s, err := boris.Status(t.Context()); err != nil || s.Vouched.Good == 0 || s.Vouched.Wrong+s.Vouched.Unchecked > 0 {
			t.Errorf("%+v, %v", s.Vouched, err)
		}
	})
}

// TestVouchedElsewhere: who is at another address than the one that vouches is not fetched
// from, whatever a hit says, and the reason is told.
func TestVouchedElsewhere(t *testing.T) {
	onFabric(t, func(t *testing.T, tn *town) {
		files := fstest.MapFS{"Blue Sky.txt": file("la la la")}
		anna, clara := tn.movesAs(files, inTLS), tn.movesAs(files, inTLS)
		plain := tn.moves(files)
		boris := tn.movesAs(nil, inTLS, anna)
		tn.linked(boris, 1)
		tn.shares(anna, 1)
		for _, test := range []struct {
			name string
			at   *citizen
			key  identity.PeerID
			want string
		}{
			{"clara in place of anna", clara, anna.PeerID(), identity.ErrWrongPeer.Error()},
			{"one without TLS", plain, anna.PeerID(), "EOF"},
			{"anna", anna, anna.PeerID(), ""},
		} {
			src := transfer.Source{Addr: test.at.Addr(), Servent: test.key.GUID(), Peer: test.key, Vouched: true}
			listed, err := tn.browses(boris, src)
			if test.want == "" {
				if err != nil || len(listed) != 1 || !listed[0].Sources[0].Vouched {
					t.Errorf("%s: %d files, %v", test.name, len(listed), err)
				}
				continue
			}
			if err == nil {
				t.Errorf("%s: %d files", test.name, len(listed))
			}
			e, err := boris.Explain(t.Context(), src)
			if err != nil || len(e.Attempts) == 0 || e.Attempts[0].Rung != nat.Direct4 || !strings.Contains(e.Attempts[0].Reason, test.want) {
				t.Errorf("%s: %+v, %v", test.name, e.Attempts, err)
			}
		}
	})
}

// TestBlocked: who is blocked is no neighbor any more, and is given nothing; who is forgotten
// is a stranger again.
func TestBlocked(t *testing.T) {
	onFabric(t, func(t *testing.T, tn *town) {
		anna := tn.movesAs(fstest.MapFS{"Blue Sky.txt": file("la la la")}, inTLS)
		boris := tn.movesAs(nil, inTLS, anna)
		tn.linked(boris, 1)
		tn.shares(anna, 1)
		found := tn.finds(boris, "blue sky", 1)
		blocked := contacts.Blocked
		if _, err := anna.SetContact(boris.PeerID(), contacts.Change{Trust: &blocked}); err != nil {
			t.Fatal(err)
		}
		if err := anna.Part(t.Context(), boris.PeerID()); err != nil {
			t.Fatal(err)
		}
		for _, c := range []*citizen{anna, boris} {
			tn.until("the link is gone", func() bool {
				s, err := c.Status(t.Context())
				return err == nil && len(s.Overlay.Neighbors) == 0
			})
		}
		var refused *handshake.RefusedError
		if err := boris.Connect(t.Context(), anna.Addr()); !errors.As(err, &refused) || refused.Code != handshake.Forbidden || refused.Text != "Not wanted" {
			t.Errorf("a link: %v", err)
		}
		if err := anna.Connect(t.Context(), boris.Addr()); err == nil {
			t.Error("she links with him herself")
		}
		var answered *flood.BrowseError
		if _, err := tn.browses(boris, found.Sources[0]); !errors.As(err, &answered) || answered.Status != http.StatusForbidden {
			t.Errorf("browsing: %v", err)
		}
		if p := anna.port(t); p.Blocked != 1 {
			t.Errorf("%d requests of blocked peers", p.Blocked)
		}
		if known, err := anna.Contacts().Forget(boris.PeerID()); !known || err != nil {
			t.Errorf("forgotten: %t, %v", known, err)
		}
		if listed, err := tn.browses(boris, found.Sources[0]); err != nil || len(listed) != 1 {
			t.Errorf("browsing again: %v", err)
		}
		if err := boris.Connect(t.Context(), anna.Addr()); err != nil {
			t.Errorf("a link again: %v", err)
		}
	})
}

// TestWhoFetches: a servent knows who fetches from it in TLS.
func TestWhoFetches(t *testing.T) {
	onFabric(t, func(t *testing.T, tn *town) {
		anna := tn.movesAs(fstest.MapFS{"Blue Sky.txt": file(noise(1 << 20))}, func(c *node.Config) { c.TLS, c.UploadLimit = true, 100<<10 })
		boris := tn.movesAs(nil, inTLS, anna)
		tn.linked(boris, 1)
		tn.shares(anna, 1)
		if _, err := boris.Get(tn.finds(boris, "blue sky", 1), "", download.Terms{}); err != nil {
			t.Fatal(err)
		}
		tn.until("he fetches", func() bool { return len(anna.Uploads()) == 1 })
		if u := anna.Uploads()[0]; u.By != boris.PeerID() {
			t.Errorf("it is %x who fetches", u.By)
		}
	})
}

// TestVouchedByPush: who cannot be connected to and vouches is held to its key on the
// connection that it opens as well.
func TestVouchedByPush(t *testing.T) {
	amongNATs(t, 2, fabric.Symmetric(), func(t *testing.T, tn *town) {
		boris := tn.movesAs(nil, func(c *node.Config) { c.TLS, c.Mode = true, overlay.ModeUltrapeer })
		anna := tn.movesAs(nil, func(c *node.Config) { asLeaf(c); inTLS(c) }, boris)
		clara := tn.movesAs(fstest.MapFS{"Blue Sky.txt": file("la la la")}, func(c *node.Config) { asLeaf(c); inTLS(c) }, boris)
		tn.linked(anna, 1)
		tn.linked(clara, 1)
		tn.shares(clara, 1)
		tn.open(anna)
		blue := tn.finds(anna, "blue sky", 1)
		src := blue.Sources[0]
		if !src.Push || !src.Vouched || identity.PeerID(src.Peer) != clara.PeerID() {
			t.Fatalf("the source is %+v", src)
		}
		if _, err := anna.Get(blue, "", download.Terms{}); err != nil {
			t.Fatal(err)
		}
		if last := tn.finish(anna, blue); last.State != download.Complete {
			t.Errorf("%v, %v", last.State, last.Err)
		}
		if e, err := anna.Explain(t.Context(), src); err != nil || e.Attempts[0].Rung != nat.Push || e.Attempts[0].Outcome != nat.Worked {
			t.Errorf("%+v, %v", e.Attempts, err)
		}
		if p := clara.port(t); p.TLS == 0 || p.Calls == 0 {
			t.Errorf("she gave it in the clear: %+v", p)
		}
		// Somebody else's key: nothing comes.
		src.Peer, src.Servent = anna.PeerID(), clara.PeerID().GUID()
		if _, err := tn.browses(anna, src); !errors.Is(err, identity.ErrWrongPeer) {
			t.Errorf("clara in place of anna: %v", err)
		}
	})
}
