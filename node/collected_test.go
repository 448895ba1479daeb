package node_test

import (
	"crypto/sha1"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"filbert/node"
	"filbert/overlay/identity"
	"filbert/transfer/collection"
	"filbert/transfer/library"
	"filbert/transfer/urn"
)

// keeper has folders on the disk shared by a node that keeps collections.
func (tn *town) keeper(dirs ...string) func(cfg *node.Config) {
	return func(cfg *node.Config) {
		cfg.Collections = filepath.Join(tn.dir, "collections")
		for _, dir := range dirs {
			cfg.Shares = append(cfg.Shares, library.Share{Dir: dir, Forced: true})
		}
	}
}

// TestCollectAway: who published leaves after one has it all, and another gets it from
// that one, whom nobody named, across a start of her own. Of the next version nobody
// fetches again what is there.
func TestCollectAway(t *testing.T) {
	onFabric(t, func(t *testing.T, tn *town) {
		song := make([]byte, 300_000)
		rand.NewChaCha8([32]byte{7}).Read(song)
		files := map[string]string{"disc/song.ogg": string(song), "notes.txt": "first"}
		dir := tn.onDisk("Album", files)
		dora := tn.moves(nil)
		self, err := identity.New(rand.NewChaCha8([32]byte{8}))
		if err != nil {
			t.Fatal(err)
		}
		publisher := func(cfg *node.Config) {
			tn.keeper(dir)(cfg)
			cfg.Identity = self
		}
		anna := tn.movesAs(nil, publisher, dora)
		boris, clara := tn.moves(nil, dora), tn.moves(nil, dora)
		tn.linked(boris, 1)
		tn.linked(clara, 1)
		first := tn.collects(anna, dir, "")
		tn.fetchesCollection(boris, first)
		anna.stop()

		tn.fetchesList(clara, first)
		begun, err := clara.AddCollection(first, "")
		if err != nil {
			t.Fatal(err)
		}
		clara.stop()
		clara = tn.movesAs(nil, func(cfg *node.Config) { cfg.State, cfg.Downloads = clara.state, clara.downloads }, dora)
		f := tn.over(clara, begun.Name)
		if got := tree(t, f.Dir); fmt.Sprint(got) != fmt.Sprint(files) || f.By != anna.PeerID() {
			t.Errorf("%s, by %v, has %d files: %+v", f.Name, f.By, len(got), f.Files)
		}
		if again, err := clara.AddCollection(first, ""); err != nil || again.Name != begun.Name {
			t.Errorf("asked for again: %+v, %v", again, err)
		}

		files["notes.txt"] = "second"
		tn.onDisk("Album", map[string]string{"notes.txt": "second"})
		anna = tn.movesAs(nil, func(cfg *node.Config) {
			publisher(cfg)
			cfg.State = anna.state
		}, dora)
		tn.shares(anna, 3) // with the first collection
		second := tn.collects(anna, dir, "")
		if second.SHA1 == first.SHA1 || second.By != first.By {
			t.Errorf("of what changed %v, then %v", first, second)
		}
		for _, c := range []*citizen{boris, clara} {
			f = tn.fetchesCollection(c, second)
			if got := tree(t, f.Dir); fmt.Sprint(got) != fmt.Sprint(files) || f.Name != "Album (2)" {
				t.Errorf("%s has %d files: %+v", f.Name, len(got), f.Files)
			}
		}
		if s, err := anna.Status(t.Context()); err != nil || s.Uploaded > 20_000 {
			t.Errorf("of the second version she gave %d bytes, %v", s.Uploaded, err)
		}
		if err := os.Remove(filepath.Join(f.Dir, "notes.txt")); err != nil {
			t.Fatal(err)
		}
		if again, err := clara.AddCollection(second, ""); err != nil || again.Name != "Album (3)" {
			t.Errorf("once a file is gone: %+v, %v", again, err)
		}
		f = tn.over(clara, "Album (3)")
		if again, err := clara.AddCollection(second, ""); err != nil || again.Name != f.Name || fmt.Sprint(tree(t, f.Dir)) != fmt.Sprint(files) {
			t.Errorf("then: %+v, %v", again, err)
		}
	})
}

// TestCollectSigned holds collections against who is said to have made them.
func TestCollectSigned(t *testing.T) {
	onFabric(t, func(t *testing.T, tn *town) {
		anna, err := identity.New(rand.NewChaCha8([32]byte{1}))
		if err != nil {
			t.Fatal(err)
		}
		other, err := identity.New(rand.NewChaCha8([32]byte{2}))
		if err != nil {
			t.Fatal(err)
		}
		c := collection.Collection{Name: "Sky", Files: []collection.File{{Path: "../a", Size: 3, URN: urn.URN{SHA1: urn.SHA1(sha1.Sum([]byte("one"))), HasSHA1: true}}}}
		plain := c.AppendTo(nil)
		signed := collection.Seal(c.AppendTo(nil), anna.String(), anna.Sign)
		lists := map[string]string{
			"plain": string(plain), "signed": string(signed), "changed": strings.Replace(string(signed), "Sky", "Sea", 1),
			"forged": string(collection.Seal(c.AppendTo(nil), anna.String(), other.Sign)), "odd": string(plain) + "#signed me AAAA\n",
			"none": "#filbert-collection 1\n", "newer": "#filbert-collection 2\n", "text": "hello", "long": strings.Repeat("#\n", collection.MaxText),
		}
		boris := tn.movesAs(nil, tn.keeper(tn.onDisk("lists", lists)))
		tn.shares(boris, len(lists))
		for _, test := range []struct {
			list, by string
			want     error
		}{
			{"plain", "", nil},
			{"plain", anna.String(), node.ErrNotSigned},
			{"signed", "", nil},
			{"signed", strings.ToUpper(anna.String()), nil},
			{"signed", other.String(), node.ErrNotSigned},
			{"changed", anna.String(), node.ErrNotSigned},
			{"changed", "", node.ErrNotSigned},
			{"forged", anna.String(), node.ErrNotSigned},
			{"odd", "", node.ErrNotSigned},
			{"none", "", node.ErrNoCollection},
			{"newer", "", node.ErrNoCollection},
			{"text", anna.String(), node.ErrNoCollection},
			{"long", "", node.ErrNoCollection},
			{"not here", "", node.ErrNotHere},
		} {
			m := urn.Magnet{URN: urn.URN{SHA1: urn.SHA1(sha1.Sum([]byte(lists[test.list]))), HasSHA1: true}, Size: -1, By: test.by}
			f, err := boris.AddCollection(m, test.list+" of "+test.by)
			if !errors.Is(err, test.want) {
				t.Errorf("%s, by %.8s: %v, want %v", test.list, test.by, err, test.want)
			}
			if want := test.list == "signed"; err == nil && (f.By == anna.PeerID()) != want {
				t.Errorf("%s is by %v", test.list, f.By)
			}
		}
	})
}

// TestCollectTakenBack: a collection is there as long as its folder is shared.
func TestCollectTakenBack(t *testing.T) {
	onFabric(t, func(t *testing.T, tn *town) {
		sky, sea := tn.onDisk("sky", map[string]string{"a/a": "a"}), tn.onDisk("sea", map[string]string{"b": "b"})
		anna := tn.movesAs(nil, tn.keeper(sky, sea))
		tn.shares(anna, 2)
		tn.collects(anna, filepath.Join(sky, "a"), "one")
		tn.collects(anna, sky, "two")
		last := tn.collects(anna, sea, "three")
		left := func() (n int) {
			entries, err := os.ReadDir(filepath.Join(tn.dir, "collections"))
			if err != nil {
				t.Fatal(err)
			}
			return len(entries)
		}
		if got := left(); got != 3 {
			t.Errorf("there are %d", got)
		}
		if err := anna.Unshare(t.Context(), sky); err != nil || left() != 1 {
			t.Errorf("after one folder is not shared any more there are %d, %v", left(), err)
		}
		tn.shares(anna, 2)
		if l, err := anna.MagnetOf(t.Context(), last.SHA1); err != nil || !l.Shared {
			t.Errorf("the other: %+v, %v", l, err)
		}
		if err := anna.Unshare(t.Context(), sky); !errors.Is(err, library.ErrNotShare) {
			t.Errorf("once more: %v", err)
		}
		anna.stop()
		anna = tn.movesAs(nil, func(cfg *node.Config) {
			tn.keeper(sky)(cfg)
			cfg.State = anna.state
		})
		tn.shares(anna, 1)
		if left() != 0 {
			t.Errorf("after a start without the other folder there are %d", left())
		}
		tn.until("it is collected again", func() bool {
			c, err := anna.Collect(t.Context(), sky, "")
			return err == nil && c.Ready
		})
	})
}

// TestCollectAgain: what did not come of a collection is tried once more when it is asked
// for again.
func TestCollectAgain(t *testing.T) {
	onFabric(t, func(t *testing.T, tn *town) {
		dir := tn.onDisk("Album", map[string]string{"a": "one", "b": "two"})
		anna := tn.movesAs(nil, tn.keeper(dir))
		tn.shares(anna, 2)
		link := tn.collects(anna, dir, "")
		boris := tn.moves(nil)
		tn.fetchesList(boris, link)
		taken := filepath.Join(boris.downloads, "Album", "b")
		begun, err := boris.AddCollection(link, "")
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(taken, []byte("mine"), 0o600); err != nil {
			t.Fatal(err)
		}
		f := tn.over(boris, begun.Name)
		if f.Files[0].Reason != "" || f.Files[1].Reason == "" {
			t.Fatalf("%+v", f.Files)
		}
		if err := os.Remove(taken); err != nil {
			t.Fatal(err)
		}
		if again, err := boris.AddCollection(link, ""); err != nil || again.Name != begun.Name || again.Files[1].Reason != "" {
			t.Errorf("%+v, %v", again, err)
		}
		if f = tn.over(boris, begun.Name); f.Files[1].Reason != "" {
			t.Errorf("%+v", f.Files)
		}
	})
}
