package node_test

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"testing"
	"time"

	"filbert/node"
	"filbert/node/publications"
	"filbert/overlay/group"
)

// family is a group of so many on the fabric; the first founded it.
func (tn *town) family(n int, change ...func(cfg *node.Config)) (all []*citizen) {
	tn.t.Helper()
	tn.grouped()
	for range n {
		c := tn.movesIn(tn.asMember(change...))
		all = append(all, c)
		if len(all) == 1 {
			if _, err := c.FoundGroup("family"); err != nil {
				tn.t.Fatal(err)
			}
			continue
		}
		tn.invites(all[0], c, "family")
		<-time.After(2 * time.Second) // a member takes no more than one stream a second of another
	}
	for _, c := range all {
		tn.online(c, "family", n)
	}
	return all
}

// asMember keeps the board of the one who moves in next.
func (tn *town) asMember(change ...func(cfg *node.Config)) func(cfg *node.Config) {
	return func(cfg *node.Config) {
		cfg.Boards = filepath.Join(tn.dir, fmt.Sprintf("boards-%d.db", tn.count))
		for _, change := range change {
			change(cfg)
		}
	}
}

// returns ends a member, and begins it again with what it kept.
func (tn *town) returns(c *citizen, change ...func(cfg *node.Config)) *citizen {
	tn.t.Helper()
	c.stop()
	last := tn.count
	if _, err := fmt.Sscanf(filepath.Base(c.downloads), "downloads-%d", &tn.count); err != nil {
		tn.t.Fatal(err)
	}
	tn.count--
	defer func() { tn.count = last }()
	return tn.movesIn(tn.asMember(append(change, func(cfg *node.Config) { cfg.State = c.state })...))
}

func (tn *town) groupOf(c *citizen) *group.Group {
	tn.t.Helper()
	g, err := c.Group("family")
	if err != nil {
		tn.t.Fatal(err)
	}
	return g
}

// desk is what somebody publishes and follows.
func (tn *town) desk(c *citizen) *publications.Desk {
	tn.t.Helper()
	d, err := c.Publications(tn.groupOf(c))
	if err != nil {
		tn.t.Fatal(err)
	}
	return d
}

// publication is how one stands with somebody; a zero Version if nothing is known of it yet.
func (tn *town) publication(c *citizen, name string) publications.Status {
	tn.t.Helper()
	g, err := c.Group("family")
	if err != nil {
		return publications.Status{}
	}
	d, err := c.Publications(g)
	if err != nil {
		return publications.Status{}
	}
	for _, s := range d.List() {
		if s.Name == name {
			return s
		}
	}
	return publications.Status{}
}

// follows waits until somebody knows of a publication, and has it followed.
func (tn *town) follows(c *citizen, name string) {
	tn.t.Helper()
	tn.until(name+" is announced", func() bool { return tn.publication(c, name).Version > 0 })
	id, err := c.FindPublication(tn.groupOf(c), name, "")
	if err == nil {
		err = c.Follow(tn.groupOf(c), id, "")
	}
	if err != nil {
		tn.t.Fatal(err)
	}
}

// has waits until somebody has a version, for as long as it takes, and tells where.
func (tn *town) has(c *citizen, name string, version uint64) string {
	tn.t.Helper()
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for range 100_000 {
		if s := tn.publication(c, name); slices.Contains(s.Held, version) {
			return filepath.Join(s.Dir, strconv.FormatUint(version, 10))
		}
		<-tick.C
	}
	tn.t.Fatalf("version %d does not come: %+v", version, tn.publication(c, name))
	return ""
}

// given is the bytes that somebody gave to members, and got of them.
func (tn *town) given(c *citizen) (sent, got uint64) {
	tn.t.Helper()
	sp, err := c.Space(tn.groupOf(c))
	if err != nil {
		tn.t.Fatal(err)
	}
	return sp.Uploads().Sent(), sp.Downloads().Received()
}

// album is files by their paths.
type album map[string][]byte

// newAlbum is files of different lengths, size bytes in all.
func newAlbum(files int, size int64, seed byte) album {
	a := album{"empty": nil}
	bytes, rng := rand.NewChaCha8([32]byte{seed}), rand.New(rand.NewPCG(uint64(seed), 1))
	left := size
	for i := range files {
		n := left
		if i < files-1 {
			n = min(left, size/int64(files)/2+rng.Int64N(size/int64(files)))
		}
		left -= n
		b := make([]byte, n)
		bytes.Read(b)
		a[fmt.Sprintf("disc %d/%04d", i%7, i)] = b
	}
	return a
}

func (a album) put(t *testing.T, dir string) string {
	t.Helper()
	for name, b := range a {
		at := filepath.Join(dir, filepath.FromSlash(name))
		if err := errors.Join(os.MkdirAll(filepath.Dir(at), 0o755), os.WriteFile(at, b, 0o644)); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func (a album) size() (size int64) {
	for _, b := range a {
		size += int64(len(b))
	}
	return size
}

// is fails unless a folder holds just these files.
func (a album) is(t *testing.T, dir string) {
	t.Helper()
	got := tree(t, dir)
	for name, b := range a {
		if got[name] != string(b) {
			t.Errorf("%s: %s has %d bytes, which are not those of %d", dir, name, len(got[name]), len(b))
		}
	}
	if len(got) != len(a) {
		t.Errorf("%s has %d files, want %d", dir, len(got), len(a))
	}
}

// TestPublish: one publishes a folder, four follow it and get all of it from one another,
// and of the next version only what changed. Who is expelled gets nothing more.
func TestPublish(t *testing.T) {
	onFabric(t, func(t *testing.T, tn *town) {
		all := tn.family(5)
		anna, rest := all[0], all[1:]
		one := newAlbum(40, 3<<20, 1)
		dir := one.put(t, filepath.Join(tn.dir, "album"))
		publish := func(keep int) uint64 {
			t.Helper()
			p, err := anna.Publish(t.Context(), tn.groupOf(anna), dir, "Blue Album", keep)
			if err != nil || p.Left.Count > 0 {
				t.Fatal(err, p)
			}
			return p.Version
		}
		if v := publish(2); v != 1 {
			t.Errorf("version %d", v)
		}
		if _, err := anna.Publish(t.Context(), tn.groupOf(anna), dir, "Blue Album", 2); !errors.Is(err, publications.ErrNothing) {
			t.Errorf("the same again: %v", err)
		}
		for _, c := range rest {
			tn.follows(c, "Blue Album")
		}
		for _, c := range rest {
			one.is(t, tn.has(c, "Blue Album", 1))
		}
		sent, _ := tn.given(anna)
		t.Logf("anna gave %.2f copies to 4", float64(sent)/float64(one.size()))
		tn.until("all tell that they have it", func() bool {
			s := tn.publication(anna, "Blue Album")
			return len(s.Members) == 4 && !slices.ContainsFunc(s.Members, func(m publications.Member) bool {
				return m != publications.Member{Peer: m.Peer, Version: 1, Percent: 100}
			})
		})

		two := maps.Clone(one)
		two["disc 1/0008"] = append(bytes.Clone(one["disc 1/0008"]), "and more"...)
		two["moved"] = one["disc 2/0002"]
		delete(two, "disc 2/0002")
		if err := os.Remove(filepath.Join(dir, "disc 2", "0002")); err != nil {
			t.Fatal(err)
		}
		album{"disc 1/0008": two["disc 1/0008"], "moved": two["moved"]}.put(t, dir)
		before := uint64(0)
		for _, c := range rest {
			_, got := tn.given(c)
			before += got
		}
		publish(2)
		for _, c := range rest {
			two.is(t, tn.has(c, "Blue Album", 2))
		}
		after := uint64(0)
		for _, c := range rest {
			_, got := tn.given(c)
			after += got
		}
		// The manifest, the hash tree, and the slices that have bytes of one file.
		each := (after - before) / 4
		if most := uint64(len(two["disc 1/0008"]) + 3*64<<10); each > most {
			t.Errorf("%d bytes went to each, want %d", each, most)
		}

		clara := rest[3]
		if err := tn.groupOf(anna).Expel(clara.PeerID()); err != nil {
			t.Fatal(err)
		}
		three := maps.Clone(two)
		three["disc 0/0000"] = one["disc 1/0001"]
		three.put(t, dir)
		publish(2)
		for _, c := range rest[:3] {
			at := tn.has(c, "Blue Album", 3)
			three.is(t, at)
			two.is(t, filepath.Join(filepath.Dir(at), "2"))
			if _, err := os.Stat(filepath.Join(filepath.Dir(at), "1")); err == nil {
				t.Error("version 1 is still there")
			}
		}
		<-time.After(time.Minute)
		if d, err := clara.Publications(tn.groupOf(clara)); err == nil {
			for _, s := range d.List() {
				if s.Version > 2 || slices.Contains(s.Held, 3) {
					t.Errorf("who was expelled has %+v", s)
				}
			}
		}
	})
}

// TestPublishNothing: a folder of empty files goes, too, and what is no folder or name does not.
func TestPublishNothing(t *testing.T) {
	onFabric(t, func(t *testing.T, tn *town) {
		all := tn.family(2)
		anna, boris := all[0], all[1]
		nothing := album{"a": nil, "b/c": nil}
		dir := nothing.put(t, filepath.Join(tn.dir, "nothing"))
		g := tn.groupOf(anna)
		if _, err := anna.Publish(t.Context(), g, dir, "nothing", 0); err != nil {
			t.Fatal(err)
		}
		tn.follows(boris, "nothing")
		nothing.is(t, tn.has(boris, "nothing", 1))
		for name, dir := range map[string]string{"a/b": dir, ".": dir, "": dir, "ok": "relative", "fine": filepath.Join(dir, "missing")} {
			if _, err := anna.Publish(t.Context(), g, dir, name, 0); err == nil {
				t.Errorf("%q is published from %s", name, dir)
			}
		}
		id, err := boris.FindPublication(tn.groupOf(boris), "nothing", "")
		if err != nil {
			t.Fatal(err)
		}
		if err := tn.desk(boris).Unfollow(t.Context(), id); err != nil {
			t.Error(err)
		}
		if err := tn.desk(anna).Unfollow(t.Context(), id); err != nil {
			t.Error(err)
		}
		tn.until("it is published no more", func() bool { return len(tn.desk(boris).List()) == 0 && len(tn.desk(anna).List()) == 0 })
	})
}

// TestPublishOnTheWay: a version that is announced while the one before is on its way takes
// what came of that, which then ends; also when its follower ended in between.
func TestPublishOnTheWay(t *testing.T) {
	onFabric(t, func(t *testing.T, tn *town) {
		one := newAlbum(30, 4<<20, 3)
		slow := func(cfg *node.Config) { cfg.UploadLimit = 40_000 }
		all := tn.family(2, slow)
		anna, boris := all[0], all[1]
		dir := one.put(t, filepath.Join(tn.dir, "album"))
		g := tn.groupOf(anna)
		if _, err := anna.Publish(t.Context(), g, dir, "Blue Album", 3); err != nil {
			t.Fatal(err)
		}
		tn.follows(boris, "Blue Album")
		half := func() bool { return tn.publication(boris, "Blue Album").Here > one.size()/2 }
		tn.until("half of version 1 is there", half)
		_, before := tn.given(boris)

		two := maps.Clone(one)
		two["disc 3/0003"] = slices.Clone(one["disc 4/0004"])[1:]
		two.put(t, dir)
		if _, err := anna.Publish(t.Context(), g, dir, "Blue Album", 3); err != nil {
			t.Fatal(err)
		}
		tn.until("version 2 takes of version 1", func() bool {
			s := tn.publication(boris, "Blue Album")
			return s.Version == 2 && s.Reused > one.size()/3
		})
		_, now := tn.given(boris)
		boris = tn.returns(boris, slow)
		at := tn.has(boris, "Blue Album", 2)
		two.is(t, at)
		_, after := tn.given(boris) // since it began again
		if got := int64(before + after + (now - before)); got > one.size()+one.size()/4 {
			t.Errorf("%d bytes came for a folder of %d", got, one.size())
		}
		if _, err := os.Stat(filepath.Join(filepath.Dir(at), "1")); err == nil {
			t.Error("version 1 was laid out")
		}
		sp, err := boris.Space(tn.groupOf(boris))
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range sp.Downloads().List() {
			if !s.State.Final() {
				t.Errorf("%v goes on", s.File)
			}
		}
		kept, err := filepath.Glob(filepath.Join(sp.Folder(), ".filbert-publications", "*", "*"))
		if err != nil || len(kept) != 2 { // the manifest of version 2, and its tree
			t.Errorf("what is kept: %v, %v", kept, err)
		}
	})
}
