package library

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// folder makes a folder with files that were changed an hour ago.
func folder(t testing.TB, files map[string]string) string {
	t.Helper()
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	for rel, content := range files {
		put(t, filepath.Join(dir, rel), content)
	}
	return dir
}

func put(t testing.TB, path, content string) {
	t.Helper()
	if err := errors.Join(
		os.MkdirAll(filepath.Dir(path), 0o755),
		os.WriteFile(path, []byte(content), 0o644),
		os.Chtimes(path, time.Time{}, time.Now().Add(-time.Hour)),
	); err != nil {
		t.Fatal(err)
	}
}

// run runs a library on the real clock until the test ends. Nothing has to be
// left alone for long.
func run(t *testing.T, cfg Config) *Library {
	t.Helper()
	cfg.Quiet = 10 * time.Millisecond
	l := New(cfg)
	ctx, cancel := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	wg.Go(func() {
		if err := l.Run(ctx); err != nil {
			t.Errorf("Run: %v", err)
		}
	})
	t.Cleanup(wg.Wait)
	t.Cleanup(cancel)
	return l
}

// await follows the changes until exactly these paths are shared.
func await(t *testing.T, l *Library, rels ...string) {
	t.Helper()
	slices.Sort(rels)
	if len(rels)+l.Len() == 0 {
		return
	}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	var now []string
	for c := range l.Changes(ctx) {
		for _, e := range c.Removed {
			i, _ := slices.BinarySearch(now, e.Rel)
			now = slices.Delete(now, i, i+1)
		}
		for _, e := range c.Added {
			i, _ := slices.BinarySearch(now, e.Rel)
			now = slices.Insert(now, i, e.Rel)
		}
		if slices.Equal(now, rels) {
			return
		}
	}
	t.Fatalf("shared are %q, want %q; status %+v", now, rels, l.Shares())
}

func TestShareFolderOnDisk(t *testing.T) {
	files := map[string]string{"readme.txt": "abc", "album/01 song.ogg": "la la"}
	dir := folder(t, files)
	put(t, filepath.Join(dir, ".hidden"), "x")
	l := run(t, Config{Shares: []Share{{Dir: dir + "/"}}})
	await(t, l, "readme.txt", "album/01 song.ogg")
	want(t, l, files)
	e, err := l.BySHA1(sum("abc"))
	if err != nil {
		t.Fatal(err)
	}
	f, err := l.Open(e)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if _, ok := f.(*os.File); !ok {
		t.Errorf("a file on disk is opened as %T, which cannot leave by sendfile", f)
	}
}

func TestNamesThatAreNoUTF8(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("only Linux stores any bytes as a name")
	}
	dir := folder(t, map[string]string{"gr\xfc\xdfe\n.txt": "abc", "back\\slash": "x"})
	l := run(t, Config{Shares: []Share{{Dir: dir}}})
	await(t, l, "gr\xfc\xdfe\n.txt", "back\\slash")
	if e, err := l.BySHA1(sum("abc")); err != nil || e.Name != "gr_e_.txt" {
		t.Errorf("announced as %+v, %v", e, err)
	}
	if e, err := l.BySHA1(sum("x")); err != nil || e.Name != "back_slash" {
		t.Errorf("announced as %+v, %v", e, err)
	}
}

func TestSymbolicLinksAreNotFollowed(t *testing.T) {
	outside := folder(t, map[string]string{"secret": "secret", "dir/secret": "secret"})
	dir := folder(t, map[string]string{"inside": "inside"})
	for name, target := range map[string]string{
		"file": filepath.Join(outside, "secret"), "dir": outside, "loop": ".", "relative": "../" + filepath.Base(outside) + "/secret", "here": "inside",
	} {
		if err := os.Symlink(target, filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
	}
	l := run(t, Config{Shares: []Share{{Dir: dir}}})
	await(t, l, "inside")
	if n := l.Shares()[0].Skipped[SkipLink]; n != 5 {
		t.Errorf("%d links were left out, want 5", n)
	}

	// A file that is exchanged for a link after it was hashed.
	e, err := l.BySHA1(sum("inside"))
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(
		os.Remove(filepath.Join(dir, "inside")),
		os.Symlink(filepath.Join(outside, "secret"), filepath.Join(dir, "inside")),
	); err != nil {
		t.Fatal(err)
	}
	if f, err := l.Open(e); !errors.Is(err, ErrChanged) {
		t.Errorf("a link to outside was opened: %v, %v", f, err)
	}
}

// TestLinksSwappedInARace exchanges a file, and the folder above another, for
// links to outside and back as fast as it goes, while both are opened.
func TestLinksSwappedInARace(t *testing.T) {
	outside := folder(t, map[string]string{"f": "secret", "sub/f": "secret"})
	dir := folder(t, map[string]string{"f": "public", "sub/f": "public"})
	l := run(t, Config{Shares: []Share{{Dir: dir}}, Rescan: time.Hour})
	await(t, l, "f", "sub/f")

	ctx, cancel := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	for _, name := range []string{"f", "sub"} {
		here, away, link := filepath.Join(dir, name), filepath.Join(dir, ".away-"+name), filepath.Join(dir, ".link-"+name)
		if err := os.Symlink(filepath.Join(outside, name), link); err != nil {
			t.Fatal(err)
		}
		wg.Go(func() {
			for ctx.Err() == nil {
				if err := errors.Join(os.Rename(here, away), os.Rename(link, here), os.Rename(here, link), os.Rename(away, here)); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	entries := l.Entries()
	if len(entries) == 0 {
		t.Fatal("nothing is shared")
	}
	opened := 0
	for range 5000 {
		for _, e := range entries {
			f, err := l.Open(e)
			if err != nil {
				continue
			}
			buf := make([]byte, 16)
			n, _ := f.Read(buf)
			f.Close()
			if opened++; string(buf[:n]) != "public" {
				t.Errorf("%s gave %q", e.Rel, buf[:n])
			}
		}
	}
	cancel()
	wg.Wait()
	if opened == 0 {
		t.Error("no open succeeded: the race was not run")
	}
}

func TestUnreadableOnDisk(t *testing.T) {
	dir := folder(t, map[string]string{"good": "good", "bad": "bad", "dir/inside": "inside"})
	if err := errors.Join(os.Chmod(filepath.Join(dir, "bad"), 0), os.Chmod(filepath.Join(dir, "dir"), 0)); err != nil {
		t.Fatal(err)
	}
	defer os.Chmod(filepath.Join(dir, "dir"), 0o755)
	l := run(t, Config{Shares: []Share{{Dir: dir}}})
	if os.Geteuid() == 0 { // to whom nothing is unreadable
		await(t, l, "good", "bad", "dir/inside")
		return
	}
	await(t, l, "good")
	if st := l.Shares()[0]; st.Unread == 0 || !errors.Is(st.Problems[0].Err, os.ErrPermission) {
		t.Errorf("status %+v", st)
	}
}

func TestFolderThatIsNotThere(t *testing.T) {
	dir := filepath.Join(folder(t, nil), "later")
	l := run(t, Config{Shares: []Share{{Dir: dir}}, Rescan: 20 * time.Millisecond})
	if err := l.Add(t.Context(), dir+"-other", false); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("Add of a folder that is not there: %v", err)
	}
	put(t, filepath.Join(dir, "f"), "abc")
	await(t, l, "f")
	if err := os.Rename(dir, dir+"-away"); err != nil {
		t.Fatal(err)
	}
	await(t, l)
	if err := os.Rename(dir+"-away", dir); err != nil {
		t.Fatal(err)
	}
	await(t, l, "f")
}

func TestAddRefuses(t *testing.T) {
	home := folder(t, map[string]string{"f": "abc", "Music/song": "la", ".config/x": "x", "Desktop/y": "y"})
	l := run(t, Config{Homes: []string{home}, Shares: []Share{{Dir: filepath.Join(home, "Desktop")}}})
	link := filepath.Join(folder(t, nil), "link")
	if err := os.Symlink(home, link); err != nil {
		t.Fatal(err)
	}
	for dir, reason := range map[string]Refusal{
		home: RefusedHome, link: RefusedHome, filepath.Dir(home): RefusedHomes, filepath.Join(home, ".config"): RefusedHidden,
	} {
		err := l.Add(t.Context(), dir, false)
		if refused := (*RefusedError)(nil); !errors.As(err, &refused) || refused.Reason != reason {
			t.Errorf("Add(%s): %v, want %v", dir, err, reason)
		} else if !strings.Contains(err.Error(), reason.String()) || !strings.Contains(err.Error(), dir) {
			t.Errorf("the error does not say why: %v", err)
		}
	}
	if err := l.Add(t.Context(), filepath.Join(home, "Music"), false); err != nil {
		t.Fatal(err)
	}
	await(t, l, "song") // and nothing of the desktop, which the configuration names
	if refused := (*RefusedError)(nil); !errors.As(l.Shares()[0].Err, &refused) || refused.Reason != RefusedDesktop {
		t.Errorf("status of the desktop: %+v", l.Shares()[0])
	}
	if err := l.Add(t.Context(), home, true); !errors.Is(err, ErrOverlap) {
		t.Errorf("Add of a folder around a shared one: %v", err)
	}
	for _, dir := range []string{"Music", "Desktop"} {
		if err := l.Remove(t.Context(), filepath.Join(home, dir)); err != nil {
			t.Fatal(err)
		}
	}
	if err := l.Add(t.Context(), home, true); err != nil {
		t.Fatal(err)
	}
	await(t, l, "f", "Music/song", "Desktop/y") // what is hidden stays hidden
}

func TestKillAndRestart(t *testing.T) {
	files := map[string]string{}
	for _, name := range strings.Split("abcdefghijklmnopqrstuvwxyz", "") {
		files[name] = strings.Repeat(name, 100_000)
	}
	dir, cache := folder(t, files), &MemoryCache{}
	for range 5 { // each time killed somewhere on the way
		l := New(Config{Shares: []Share{{Dir: dir}}, Cache: cache})
		ctx, kill := context.WithCancel(t.Context())
		var wg sync.WaitGroup
		wg.Go(func() { l.Run(ctx) })
		for l.Progress().FilesSeen == 0 {
			runtime.Gosched()
		}
		kill()
		wg.Wait()
	}
	l := run(t, Config{Shares: []Share{{Dir: dir}}, Cache: cache})
	rels := make([]string, 0, len(files))
	for rel := range files {
		rels = append(rels, rel)
	}
	await(t, l, rels...)
	want(t, l, files)
}

func BenchmarkHash(b *testing.B) {
	dir := folder(b, map[string]string{"f": strings.Repeat("0123456789abcdef", 4<<20)})
	sh := &share{Share: Share{Dir: dir}}
	info, err := os.Stat(filepath.Join(dir, "f"))
	if err != nil {
		b.Fatal(err)
	}
	f := &file{share: sh, rel: "f", id: identOf(info)}
	h := &hasher{cache: &MemoryCache{}, progress: &progress{}, buf: make([]byte, hashBlock)}
	b.SetBytes(f.id.size)
	b.ReportAllocs()
	for b.Loop() {
		d := newDigest(f.id.size)
		if _, err := h.read(b.Context(), f, d); err != nil {
			b.Fatal(err)
		}
		d.end()
		if _, _, _, err := d.sums(); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkScan(b *testing.B) {
	dir := folder(b, nil)
	for i := range 100 {
		for j := range 100 {
			if err := os.MkdirAll(filepath.Join(dir, string(rune('a'+i/26))+string(rune('a'+i%26))), 0o755); err != nil {
				b.Fatal(err)
			}
			name := filepath.Join(dir, string(rune('a'+i/26))+string(rune('a'+i%26)), string(rune('a'+j/26))+string(rune('a'+j%26))+" some song.mp3")
			if err := os.WriteFile(name, []byte("x"), 0o644); err != nil {
				b.Fatal(err)
			}
		}
	}
	b.ReportAllocs()
	for b.Loop() {
		out, err := (&scanner{share: &Share{Dir: dir}}).scan(b.Context())
		if err != nil || len(out.files) != 10_000 {
			b.Fatal(len(out.files), err)
		}
	}
}
