package process

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"filbert/node/api"
)

var (
	publicationKills = flag.Int("publication-kills", 4, "kills of TestPublicationKills")
	publicationMiB   = flag.Int("publication-size", 16, "size of each version, in MiB")
)

// folder is files by their paths.
type folder map[string][]byte

// makeFolder is as many MiB in files of up to 800 KiB.
func makeFolder(mib int, seed byte) folder {
	f, rng := folder{}, rand.New(rand.NewPCG(uint64(seed), 1))
	content := rand.NewChaCha8([32]byte{seed})
	for left, i := mib<<20, 0; left > 0; i++ {
		b := make([]byte, min(left, 1+rng.IntN(800<<10)))
		content.Read(b)
		f[fmt.Sprintf("%d/%d", i%5, i)] = b
		left -= len(b)
	}
	return f
}

// put makes a folder be this one.
func (f folder) put(t *testing.T, dir string) {
	t.Helper()
	for name, b := range f {
		at := filepath.Join(dir, name)
		if old, err := os.ReadFile(at); err == nil && bytes.Equal(old, b) {
			continue
		}
		if err := errors.Join(os.MkdirAll(filepath.Dir(at), 0o755), os.WriteFile(at, b, 0o644)); err != nil {
			t.Fatal(err)
		}
	}
}

// differs says how a folder is not this one.
func (f folder) differs(dir string) error {
	n := 0
	err := fs.WalkDir(os.DirFS(dir), ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		n++
		b, err := os.ReadFile(filepath.Join(dir, name))
		if err == nil && !bytes.Equal(b, f[name]) {
			err = fmt.Errorf("%s is another one", name)
		}
		return err
	})
	if err == nil && n != len(f) {
		err = fmt.Errorf("%d files, want %d", n, len(f))
	}
	return err
}

// TestPublicationKills: a publisher and two followers are killed again and again, at any
// moment of three versions. All versions come, and there never is one that is not whole.
func TestPublicationKills(t *testing.T) {
	const group, name = "family", "album"
	dir := t.TempDir()
	// One copy of a version takes as long as a third of the kills.
	limit := *publicationMiB << 11 / *publicationKills
	args := []string{"--upload-limit-lan", fmt.Sprint(limit), "--limit-lan", "--upload-slots-per-host", "8"}
	nodes, at := make([]*Node, 3), make([]string, 3)
	begin := func(i int) {
		t.Helper()
		listen := at[i]
		if listen == "" {
			listen = "127.0.0.1:0"
		}
		nodes[i] = start(t, filepath.Join(dir, fmt.Sprint("home", i)), append([]string{"--listen", listen}, args...)...)
		at[i] = address(t, nodes[i])
	}
	link := func(i int) { // members are looked for among neighbors
		for j, to := range at {
			if j != i && to != "" {
				nodes[i].Connect(t.Context(), to, "") // one that fails is opened by the other
			}
		}
	}
	for i := range nodes {
		begin(i)
		link(i)
	}
	if _, err := nodes[0].FoundGroup(t.Context(), group); err != nil {
		t.Fatal(err)
	}
	for _, n := range nodes[1:] {
		invite, err := nodes[0].Invite(t.Context(), group, "member", time.Hour)
		if err == nil {
			_, err = n.JoinGroup(t.Context(), invite.Invite)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	source := filepath.Join(dir, "source")
	state := func(i int) (p api.Publication) {
		list, err := nodes[i].Publications(t.Context(), group)
		if err == nil && len(list) == 1 {
			p = list[0]
		}
		return p
	}
	// What was laid out is whole, whenever it is looked at.
	versions := map[string]folder{}
	look := func() {
		t.Helper()
		for i := 1; i < 3; i++ {
			into := filepath.Join(dir, fmt.Sprint("into", i))
			for v, f := range versions {
				if err := f.differs(filepath.Join(into, v)); err != nil && !errors.Is(err, fs.ErrNotExist) {
					t.Fatalf("version %s of node %d: %v", v, i, err)
				}
			}
			found, _ := os.ReadDir(into)
			for _, e := range found {
				if versions[e.Name()] == nil && !strings.HasPrefix(e.Name(), ".filbert-") {
					t.Fatalf("node %d has %s", i, e.Name())
				}
			}
		}
	}
	await := func(what string, holds func() bool) {
		t.Helper()
		tick := time.NewTicker(100 * time.Millisecond)
		defer tick.Stop()
		for range 1200 {
			if holds() {
				return
			}
			<-tick.C
		}
		t.Fatalf("waited in vain: %s: %+v", what, []api.Publication{state(0), state(1), state(2)})
	}
	rng := rand.New(rand.NewPCG(3, 3))
	kills, during := 0, map[string]int{}
	for number := 1; number <= 3; number++ {
		content := makeFolder(*publicationMiB, 1)
		for name, b := range makeFolder(*publicationMiB, byte(number)) {
			if number > 1 && rng.IntN(2) == 0 { // half of it is new
				content[name] = b
			}
		}
		for name, b := range versions[fmt.Sprint(number-1)] {
			if content[name] == nil {
				content[name] = b // nothing is taken away
			}
		}
		content.put(t, source)
		versions[fmt.Sprint(number)] = content
		await("published", func() bool {
			p, err := nodes[0].Publish(t.Context(), group, source, name, 5, false)
			if err != nil {
				t.Log(err)
			}
			return err == nil && p.Version == uint64(number)
		})
		if number == 1 {
			for i := 1; i < 3; i++ {
				await("announced", func() bool { return state(i).Version == 1 })
				if err := nodes[i].Follow(t.Context(), group, name, "", filepath.Join(dir, fmt.Sprint("into", i))); err != nil {
					t.Fatal(err)
				}
			}
		}
		for last := *publicationKills * number / 3; kills < last; kills++ {
			<-time.After(time.Duration(50+rng.IntN(1200)) * time.Millisecond)
			i := rng.IntN(3)
			if p := state(i); p.Own {
				during["while it publishes"]++
			} else {
				during[p.Stage]++
			}
			nodes[i].Kill()
			look()
			begin(i)
			link(i)
		}
		for i := 1; i < 3; i++ {
			await(fmt.Sprintf("version %d at node %d", number, i), func() bool {
				here := state(i).Here
				return len(here) > 0 && here[len(here)-1] == uint64(number)
			})
		}
		look()
	}
	t.Logf("%d kills: %v", kills, during)
	for i := 1; i < 3; i++ {
		if err := versions["3"].differs(filepath.Join(dir, fmt.Sprint("into", i), "3")); err != nil {
			t.Error(err)
		}
	}
}
