package node_test

import (
	"crypto/sha1"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"filbert/node"
	"filbert/node/events"
	"filbert/node/space"
	"filbert/overlay/group"
	"filbert/overlay/identity"
	"filbert/testnet/fabric"
	"filbert/transfer"
	"filbert/transfer/download"
	"filbert/transfer/library"
	"filbert/transfer/upload"
	"filbert/transfer/urn"
)

// folder makes a folder of files that have not changed for long.
func (tn *town) folder(name string, files map[string][]byte) string {
	tn.t.Helper()
	dir := filepath.Join(tn.dir, name)
	for file, content := range files {
		path := filepath.Join(dir, filepath.FromSlash(file))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			tn.t.Fatal(err)
		}
		if err := os.WriteFile(path, content, 0o644); err != nil {
			tn.t.Fatal(err)
		}
		if err := os.Chtimes(path, time.Time{}, time.Unix(9e8, 0)); err != nil {
			tn.t.Fatal(err)
		}
	}
	return dir
}

// space is what somebody has of a group.
func (tn *town) space(c *citizen, name string) *space.Space {
	tn.t.Helper()
	g, err := c.Group(name)
	if err != nil {
		tn.t.Fatal(err)
	}
	sp, err := c.Space(g)
	if err != nil {
		tn.t.Fatal(err)
	}
	return sp
}

// sharesWith lets somebody share a folder with a group, and waits until its files are known.
func (tn *town) sharesWith(c *citizen, name, dir string, files int) {
	tn.t.Helper()
	sp := tn.space(c, name)
	if err := sp.Share(tn.t.Context(), dir, false); err != nil {
		tn.t.Fatal(err)
	}
	tn.until("it is hashed", func() bool { return sp.Library().Len() == files })
}

// gets waits until somebody has fetched a file from a group.
func (tn *town) gets(c *citizen, name string, h urn.SHA1) download.Status {
	tn.t.Helper()
	var last download.Status
	for last = range tn.space(c, name).Downloads().Watch(tn.t.Context(), h) {
	}
	if last.State != download.Complete {
		tn.t.Fatalf("fetched: %+v", last)
	}
	in := tn.space(c, name).Group().ID().String()
	tn.until("it is written down", func() bool {
		list, _ := c.Events().After(0)
		return slices.ContainsFunc(list, func(e events.Event) bool {
			return e.Kind == events.DownloadComplete && e.In == in && e.Who == last.File.Name && e.Cause == last.Path
		})
	})
	return last
}

func random(seed byte, size int) ([]byte, urn.SHA1) {
	b := make([]byte, size)
	rand.NewChaCha8([32]byte{seed}).Read(b)
	return b, sha1.Sum(b)
}

// TestSpace: what anna shares with the family its members fetch from her, into a folder of
// the family, and give on while it comes. Who is no member gets nothing.
func TestSpace(t *testing.T) {
	onFabric(t, func(t *testing.T, tn *town) {
		tn.grouped()
		slow := func(cfg *node.Config) { cfg.UploadLimit = 200_000 }
		anna, boris, clara, dora := tn.movesAs(nil, slow), tn.moves(nil), tn.moves(nil), tn.moves(nil)
		if _, err := anna.FoundGroup("family"); err != nil {
			t.Fatal(err)
		}
		tn.invites(anna, boris, "family")
		tn.invites(anna, clara, "family")
		for _, c := range []*citizen{anna, boris, clara} {
			tn.online(c, "family", 3)
		}
		film, h := random(7, 3<<20)
		tn.sharesWith(anna, "family", tn.folder("films", map[string][]byte{"film.mp4": film}), 1)
		file := transfer.File{Name: "film.mp4", Size: int64(len(film)), SHA1: h}

		theirs := tn.space(boris, "family")
		if _, err := theirs.Fetch(download.Request{File: file}); err != nil {
			t.Fatal(err)
		}
		tn.until("boris has a part", func() bool { return theirs.Downloads().List()[0].Have > 500_000 })
		hers := tn.space(clara, "family")
		from := download.Request{File: file, Sources: []transfer.Source{space.SourceOf(boris.PeerID())}}
		if _, err := hers.Downloads().Add(from); err != nil {
			t.Fatal(err)
		}
		tn.until("clara has a part from boris", func() bool { return hers.Downloads().List()[0].Have > 400_000 })
		if s := theirs.Downloads().List()[0]; s.State != download.Downloading || s.Verify != "BLAKE3" {
			t.Errorf("boris has it already, or does not verify it: %+v", s)
		}
		for _, c := range []*citizen{boris, clara} {
			st := tn.gets(c, "family", h)
			got, err := os.ReadFile(st.Path)
			if err != nil || urn.SHA1(sha1.Sum(got)) != h || filepath.Dir(st.Path) != tn.space(c, "family").Folder() {
				t.Errorf("%d bytes in %s, %v", len(got), st.Path, err)
			}
			if within, err := filepath.Rel(c.downloads, st.Path); err == nil && filepath.IsLocal(within) {
				t.Errorf("%s is in the folder of what everybody may have", st.Path)
			}
		}
		for _, c := range []*citizen{anna, boris, clara} {
			if c.Library().Len() > 0 || len(c.Downloads()) > 0 || len(c.Uploads()) > 0 {
				t.Error("it shows among what everybody may see")
			}
		}
		sp := tn.space(anna, "family")
		if _, err := dora.Line(t.Context(), anna.PeerID(), anna.Addr(), space.Service); err != nil {
			t.Fatal(err) // the service is no secret
		}
		if said := fetchesRaw(tn, dora, anna, sp.ID(), "/uri-res/N2R?"+h.URN()); said != "NO\r\n" {
			t.Errorf("a stranger hears %.80q", said)
		}
		if said := fetchesRaw(tn, dora, anna, group.ID{1}, "/"); said != "NO\r\n" {
			t.Errorf("of a group that is none a stranger hears %.80q", said)
		}
		if said := fetchesRaw(tn, boris, anna, sp.ID(), "/uri-res/N2R?"+h.URN()); len(said) < len(film) {
			t.Errorf("a member hears %d bytes", len(said))
		}
	})
}

// fetchesRaw says on a line what a member does, and returns all that it hears.
func fetchesRaw(tn *town, from, at *citizen, id group.ID, path string) string {
	tn.t.Helper()
	line := knocks(tn, from, at, id)
	defer line.Close()
	fmt.Fprintf(line, "GET %s HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n", path)
	said, _ := io.ReadAll(line) // it may be cut
	return string(said)
}

// knocks opens a line to the files of a group.
func knocks(tn *town, from, at *citizen, id group.ID) net.Conn {
	tn.t.Helper()
	line, err := from.Line(tn.t.Context(), at.PeerID(), at.Addr(), space.Service)
	if err != nil {
		tn.t.Fatal(err)
	}
	fmt.Fprintf(line, "%s\r\n", id)
	return line
}

// TestSpaceOfExpelled: who is expelled gets nothing more, on connections that are open too,
// and is given nothing to be asked.
func TestSpaceOfExpelled(t *testing.T) {
	onFabric(t, func(t *testing.T, tn *town) {
		tn.grouped()
		slow := func(cfg *node.Config) { cfg.UploadLimit = 100_000 }
		anna, boris := tn.movesAs(nil, slow), tn.moves(nil)
		g, err := anna.FoundGroup("family")
		if err != nil {
			t.Fatal(err)
		}
		tn.invites(anna, boris, "family")
		tn.online(anna, "family", 2)
		tn.online(boris, "family", 2)
		film, h := random(7, 3<<20)
		tn.sharesWith(anna, "family", tn.folder("films", map[string][]byte{"film.mp4": film}), 1)
		theirs := tn.space(boris, "family")
		if _, err := theirs.Fetch(download.Request{File: transfer.File{Name: "film.mp4", Size: int64(len(film)), SHA1: h}}); err != nil {
			t.Fatal(err)
		}
		idle := knocks(tn, boris, anna, g.ID())
		defer idle.Close()
		tn.until("boris has a part", func() bool { return theirs.Downloads().List()[0].Have > 300_000 })
		if err := g.Expel(boris.PeerID()); err != nil {
			t.Fatal(err)
		}
		began := time.Now()
		if said, err := io.ReadAll(idle); string(said) != "OK\r\n" || err != nil && !errors.Is(err, net.ErrClosed) {
			t.Logf("an idle line ends with %q, %v", said, err)
		}
		if took := time.Since(began); took > 2*time.Second {
			t.Errorf("a line that says nothing is open for %v", took)
		}
		<-time.After(time.Second) // what was sent before is there
		sent := tn.space(anna, "family").Uploads().Sent()
		<-time.After(20 * time.Second)
		if now := tn.space(anna, "family").Uploads().Sent(); now != sent || len(tn.space(anna, "family").Uploads().Uploads()) > 0 {
			t.Errorf("who was expelled got %d bytes more", now-sent)
		}
		if said := fetchesRaw(tn, boris, anna, g.ID(), "/uri-res/N2R?"+h.URN()); said != "NO\r\n" {
			t.Errorf("who was expelled hears %.80q", said)
		}
		if _, err := tn.space(anna, "family").Fetch(download.Request{
			File: transfer.File{Name: "x", Size: 1, SHA1: urn.SHA1{1}}, Sources: []transfer.Source{space.SourceOf(boris.PeerID())},
		}); err != nil {
			t.Fatal(err)
		}
		tn.until("she does not ask him", func() bool {
			for _, p := range tn.space(anna, "family").Downloads().List()[0].Peers {
				if p.State == download.Resting || p.State == download.Dropped {
					return true
				}
			}
			return false
		})
	})
}

// TestSpaceAfterRestart: what was shared with a group is shared with it again, and what was
// being fetched goes on when a member comes who has it.
func TestSpaceAfterRestart(t *testing.T) {
	onFabric(t, func(t *testing.T, tn *town) {
		tn.grouped()
		anna, boris := tn.moves(nil), tn.moves(nil)
		if _, err := anna.FoundGroup("family"); err != nil {
			t.Fatal(err)
		}
		tn.invites(anna, boris, "family")
		tn.online(anna, "family", 2)
		tn.online(boris, "family", 2)
		film, h := random(7, 100_000)
		tn.sharesWith(anna, "family", tn.folder("films", map[string][]byte{"film.mp4": film}), 1)
		<-time.After(10 * time.Second) // addresses are kept
		anna.stop()
		tn.online(boris, "family", 1)
		if _, err := tn.space(boris, "family").Fetch(download.Request{File: transfer.File{Name: "film.mp4", Size: int64(len(film)), SHA1: h}}); err != nil {
			t.Fatal(err)
		}
		<-time.After(time.Minute)
		tn.count -= 2
		again := tn.movesAs(nil, func(cfg *node.Config) { cfg.State = anna.state })
		began := time.Now()
		tn.gets(boris, "family", h)
		t.Logf("fetched %v after she is back", time.Since(began))
		if shares := tn.space(again, "family").Shares(); len(shares) != 1 || shares[0].Files != 1 {
			t.Errorf("she shares %+v", shares)
		}
	})
}

// TestSpaceFolders: a folder is a group's or everybody's.
func TestSpaceFolders(t *testing.T) {
	onFabric(t, func(t *testing.T, tn *town) {
		tn.grouped()
		public := tn.folder("public", map[string][]byte{"sub/a.txt": []byte("a")})
		private := tn.folder("private", map[string][]byte{"sub/b.txt": []byte("b")})
		link := filepath.Join(tn.dir, "link")
		if err := os.Symlink(private, link); err != nil {
			t.Fatal(err)
		}
		anna := tn.moves(nil)
		for _, name := range []string{"family", "lab"} {
			if _, err := anna.FoundGroup(name); err != nil {
				t.Fatal(err)
			}
		}
		if err := anna.Share(t.Context(), public, false); err != nil {
			t.Fatal(err)
		}
		family, lab := tn.space(anna, "family"), tn.space(anna, "lab")
		if err := family.Share(t.Context(), private, false); err != nil {
			t.Fatal(err)
		}
		everybody := func(dir string) error { return anna.Share(t.Context(), dir, true) }
		with := func(sp *space.Space) func(string) error {
			return func(dir string) error { return sp.Share(t.Context(), dir, true) }
		}
		for _, test := range []struct {
			name  string
			share func(string) error
			dir   string
			want  error
		}{
			{"a group's, with everybody", everybody, private, space.ErrPrivate},
			{"what is in it, with everybody", everybody, filepath.Join(private, "sub"), space.ErrPrivate},
			{"what it is in, with everybody", everybody, tn.dir, space.ErrPrivate},
			{"by another name, with everybody", everybody, link, space.ErrPrivate},
			{"what a group fetches, with everybody", everybody, family.Folder(), space.ErrPrivate},
			{"everybody's, with a group", with(family), public, space.ErrPublic},
			{"what is in it, with a group", with(family), filepath.Join(public, "sub"), space.ErrPublic},
			{"what it is in, with a group", with(lab), tn.dir, space.ErrPublic},
			{"what one group fetches, with another", with(lab), family.Folder(), space.ErrPrivate},
			{"what all groups fetch, with one", with(lab), filepath.Dir(family.Folder()), space.ErrPrivate},
			{"twice, with one group", with(family), private, library.ErrOverlap},
			{"what a group fetches, with itself", with(family), family.Folder(), nil},
			{"one group's, with another", with(lab), private, nil},
		} {
			if err := test.share(test.dir); !errors.Is(err, test.want) {
				t.Errorf("%s: %v, want %v", test.name, err, test.want)
			} else if err != nil {
				t.Logf("%s: %v", test.name, err)
			}
		}
		file := transfer.File{Name: "x", Size: 1, SHA1: urn.SHA1{1}}
		if _, err := family.Fetch(download.Request{File: file, Output: filepath.Join(public, "x")}); !errors.Is(err, space.ErrPublic) {
			t.Errorf("fetched to where everybody gets it: %v", err)
		}
		if err := family.Unshare(t.Context(), private); err != nil {
			t.Fatal(err)
		}
		if err := lab.Unshare(t.Context(), private); err != nil {
			t.Fatal(err)
		}
		if err := anna.Share(t.Context(), private, false); err != nil {
			t.Errorf("what no group has any more: %v", err)
		}
	})
}

// TestSpaceInPublicFolder: nothing is fetched into a folder that everybody gets.
func TestSpaceInPublicFolder(t *testing.T) {
	onFabric(t, func(t *testing.T, tn *town) {
		tn.grouped()
		public := tn.folder("public", map[string][]byte{"a.txt": []byte("a")})
		anna := tn.movesAs(nil, func(cfg *node.Config) {
			cfg.Shares, cfg.Groups = []library.Share{{Dir: public}}, filepath.Join(public, "groups")
		})
		if _, err := anna.FoundGroup("family"); err != nil {
			t.Fatal(err)
		}
		sp := tn.space(anna, "family")
		_, err := sp.Fetch(download.Request{File: transfer.File{Name: "x", Size: 1, SHA1: urn.SHA1{1}}})
		if !errors.Is(err, space.ErrNoDownloads) || !errors.Is(err, space.ErrPublic) {
			t.Errorf("fetched there: %v", err)
		}
	})
}

// provider gives one file.
type provider struct {
	file    transfer.File
	content []byte
	holders []identity.PeerID
}

func (p provider) Part(sum urn.SHA1) (upload.Partial, bool) {
	if sum != p.file.SHA1 {
		return upload.Partial{}, false
	}
	return upload.Whole(p.file, nil, bytesAt(p.content)), true
}

func (p provider) Holders(sum urn.SHA1) ([]identity.PeerID, bool) {
	return p.holders, sum == p.file.SHA1 && len(p.holders) > 0
}

type bytesAt []byte

func (b bytesAt) ReadAt(p []byte, off int64) (int, error) { return copy(p, b[off:]), nil }

// TestSpaceProvider: a part of the node gives members what is in no folder, and says who has
// it.
func TestSpaceProvider(t *testing.T) {
	onFabric(t, func(t *testing.T, tn *town) {
		tn.grouped()
		anna, boris := tn.moves(nil), tn.moves(nil)
		if _, err := anna.FoundGroup("family"); err != nil {
			t.Fatal(err)
		}
		tn.invites(anna, boris, "family")
		tn.online(boris, "family", 2)
		content, h := random(3, 200_000)
		p := provider{file: transfer.File{Name: "bundle", Size: int64(len(content)), SHA1: h}, content: content}
		if err := tn.space(anna, "family").Serve(p); err != nil {
			t.Fatal(err)
		}
		theirs := tn.space(boris, "family")
		if err := theirs.Serve(provider{file: p.file, holders: []identity.PeerID{anna.PeerID()}}); err != nil {
			t.Fatal(err)
		}
		if _, err := theirs.Fetch(download.Request{File: p.file}); err != nil {
			t.Fatal(err)
		}
		if st := tn.gets(boris, "family", h); len(st.Peers) != 1 {
			t.Errorf("asked %+v", st.Peers)
		}
	})
}

// TestSpaceThroughNATs: members behind NATs fetch from one another over relays, or the paths
// that are punched meanwhile.
func TestSpaceThroughNATs(t *testing.T) {
	for _, test := range []struct {
		name string
		nat  fabric.NATConfig
	}{{"path", fabric.PortRestricted()}, {"relay", fabric.Symmetric()}} {
		t.Run(test.name, func(t *testing.T) {
			amongNATs(t, 2, test.nat, func(t *testing.T, tn *town) {
				_, boris, clara := tn.familyOverRelay()
				film, h := random(7, 3<<20)
				tn.sharesWith(boris, "family", tn.folder("films", map[string][]byte{"film.mp4": film}), 1)
				began := time.Now()
				if _, err := tn.space(clara, "family").Fetch(download.Request{File: transfer.File{Name: "film.mp4", Size: int64(len(film)), SHA1: h}}); err != nil {
					t.Fatal(err)
				}
				st := tn.gets(clara, "family", h)
				t.Logf("fetched in %v, %d bytes wasted", time.Since(began), st.Wasted)
			})
		})
	}
}
