package library

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"reflect"
	"slices"
	"testing"
	"testing/fstest"
	"testing/synctest"
	"time"
)

// start runs a library in a bubble until the test ends.
func start(t *testing.T, cfg Config) *Library {
	t.Helper()
	l := New(cfg)
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- l.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("Run: %v", err)
		}
	})
	return l
}

// settle lets everything happen that is due within d.
func settle(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}

// want checks what is shared: paths and their content.
func want(t *testing.T, l *Library, contents map[string]string) {
	t.Helper()
	got := map[string]string{}
	for _, e := range l.Entries() {
		f, err := l.Open(e)
		if err != nil {
			t.Errorf("open %s: %v", e.Rel, err)
			continue
		}
		data, err := io.ReadAll(f)
		f.Close()
		if err != nil || sum(string(data)) != e.SHA1 || int64(len(data)) != e.Size {
			t.Errorf("%s has %d bytes %q, %v; its hash is %v of %d", e.Rel, len(data), data, err, e.SHA1, e.Size)
		}
		got[e.Rel] = string(data)
	}
	if !reflect.DeepEqual(got, contents) {
		t.Errorf("shared are %q, want %q", got, contents)
	}
}

func TestShareFolderInMemory(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		files := map[string]string{"readme.txt": "abc", "album/01 song.ogg": "la la", "album/b\u202ead.ogg": "x"}
		disk := newMemFS(files)
		disk.write(".hidden", "x")
		disk.write("id_rsa", "x")
		disk.write(".git/config", "x")
		disk.write("empty", "")
		l := start(t, Config{Shares: []Share{{Dir: "mem", FS: disk}}})
		settle(time.Second)

		want(t, l, files)
		e, err := l.BySHA1(sum("abc"))
		if err != nil || e.Name != "readme.txt" || e.Rel != "readme.txt" || e.Share != "mem" || e.Size != 3 {
			t.Errorf("the hash of abc finds %+v, %v", e, err)
		}
		if again, err := l.ByID(e.ID); again != e || err != nil {
			t.Errorf("its number finds %+v, %v", again, err)
		}
		if e, err := l.BySHA1(sum("x")); err != nil || e.Name != "bad.ogg" {
			t.Errorf("a name that hides something is announced: %+v, %v", e, err)
		}
		if _, err := l.BySHA1(sum("never")); !errors.Is(err, ErrNotShared) {
			t.Errorf("a hash of nothing: %v", err)
		}
		for _, id := range []uint32{0, 4, 1<<32 - 1} {
			if _, err := l.ByID(id); !errors.Is(err, ErrNotShared) {
				t.Errorf("number %d: %v", id, err)
			}
		}
		if got, want := l.Progress(), (Progress{FilesSeen: 3, FilesHashed: 3, BytesTotal: 9, BytesHashed: 9}); got != want {
			t.Errorf("progress %+v, want %+v", got, want)
		}
		st := l.Shares()[0]
		if st.Files != 3 || st.Bytes != 9 || st.Waiting != 0 || st.Err != nil || st.Unread != 0 || l.Len() != 3 {
			t.Errorf("status %+v", st)
		}
		if want := map[Skip]int{SkipHidden: 2, SkipKey: 1, SkipEmpty: 1}; !maps.Equal(st.Skipped, want) {
			t.Errorf("skipped %v, want %v", st.Skipped, want)
		}
	})
}

func TestAcceptSharesASlice(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		disk := newMemFS(map[string]string{"a/1": "one", "a/2": "two", "b/1": "three"})
		l := start(t, Config{Shares: []Share{{Dir: "mem", FS: disk, Accept: func(rel string) bool { return rel != "a/2" }}}})
		settle(time.Second)
		want(t, l, map[string]string{"a/1": "one", "b/1": "three"})
	})
}

func TestChangesAreFoundByRescan(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		disk := newMemFS(map[string]string{"same": "same", "edited": "old", "deleted": "deleted"})
		l := start(t, Config{Shares: []Share{{Dir: "mem", FS: disk}}, Rescan: time.Hour})
		settle(time.Second)
		same, err := l.BySHA1(sum("same"))
		if err != nil {
			t.Fatal(err)
		}
		old, err := l.BySHA1(sum("old"))
		if err != nil {
			t.Fatal(err)
		}

		disk.write("edited", "new")
		disk.write("added", "added")
		disk.remove("deleted")
		settle(time.Hour)

		want(t, l, map[string]string{"same": "same", "edited": "new", "added": "added"})
		if e, err := l.BySHA1(sum("same")); e != same || err != nil {
			t.Errorf("a file that did not change has another entry: %+v, %v", e, err)
		}
		for _, content := range []string{"old", "deleted"} {
			if _, err := l.BySHA1(sum(content)); !errors.Is(err, ErrGone) {
				t.Errorf("what was %q: %v, want ErrGone", content, err)
			}
		}
		if e, err := l.BySHA1(sum("new")); err != nil || e.ID == old.ID {
			t.Errorf("other content has the number of the old: %+v, %v", e, err)
		}
		if got, want := l.Progress(), (Progress{FilesSeen: 3, FilesHashed: 3, BytesTotal: 12, BytesHashed: 12}); got != want {
			t.Errorf("progress %+v, want %+v", got, want)
		}
	})
}

func TestRescanNow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		disk := newMemFS(map[string]string{"a": "a"})
		l := start(t, Config{Shares: []Share{{Dir: "mem", FS: disk}}, Rescan: time.Hour})
		settle(time.Second)
		disk.write("b", "b")
		if err := l.Rescan(t.Context()); err != nil {
			t.Fatal(err)
		}
		settle(time.Second)
		want(t, l, map[string]string{"a": "a", "b": "b"})
	})
}

func TestChangesDelivery(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		disk := newMemFS(map[string]string{"a": "a", "b": "b"})
		l := start(t, Config{Shares: []Share{{Dir: "mem", FS: disk}}, Rescan: time.Minute})
		settle(time.Second)

		// A consumer that is busy for an hour after each change: the library goes
		// on, and the consumer is told the sum.
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		rels := func(entries []*Entry) (out []string) {
			for _, e := range entries {
				out = append(out, e.Rel)
			}
			slices.Sort(out)
			return out
		}
		var added, removed [][]string
		for c := range l.Changes(ctx) {
			added, removed = append(added, rels(c.Added)), append(removed, rels(c.Removed))
			switch len(added) {
			case 1:
				disk.write("c", "c")
				settle(2 * time.Minute)
				disk.remove("c") // came and went while the consumer was busy
				disk.write("d", "d")
				settle(2 * time.Minute)
				disk.remove("a")
				disk.write("b", "b2")
				settle(time.Hour)
			case 2:
				cancel()
			}
		}
		if want := [][]string{{"a", "b"}, {"b", "d"}}; !reflect.DeepEqual(added, want) {
			t.Errorf("added %q, want %q", added, want)
		}
		if want := [][]string{nil, {"a", "b"}}; !reflect.DeepEqual(removed, want) {
			t.Errorf("removed %q, want %q", removed, want)
		}
	})
}

func TestChangedFileIsNotOpened(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		disk := newMemFS(map[string]string{"f": "old"})
		l := start(t, Config{Shares: []Share{{Dir: "mem", FS: disk}}, Rescan: 24 * time.Hour})
		settle(time.Second)
		e, err := l.BySHA1(sum("old"))
		if err != nil {
			t.Fatal(err)
		}
		f, err := l.Open(e)
		if err != nil {
			t.Fatal(err)
		}
		if info, err := f.Stat(); err != nil || !e.Matches(info) {
			t.Errorf("the file as it was hashed does not match: %v, %v", info, err)
		}
		f.Close()

		disk.write("f", "new")
		if _, err := l.Open(e); !errors.Is(err, ErrChanged) {
			t.Fatalf("open of a changed file: %v, want ErrChanged", err)
		}
		settle(defaultQuiet + time.Second) // it is hashed again long before the next rescan
		want(t, l, map[string]string{"f": "new"})

		e, _ = l.BySHA1(sum("new"))
		disk.remove("f")
		if _, err := l.Open(e); !errors.Is(err, ErrChanged) {
			t.Fatalf("open of a deleted file: %v, want ErrChanged", err)
		}
		settle(defaultQuiet + time.Second)
		want(t, l, map[string]string{})
	})
}

func TestFileBeingWrittenIsLeftAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		disk := newMemFS(nil)
		content := "start"
		disk.writeAt("f", content, time.Now())
		disk.writeAt("future", "x", time.Now().Add(time.Hour))
		l := start(t, Config{Shares: []Share{{Dir: "mem", FS: disk}}, Rescan: 24 * time.Hour})
		for range 10 {
			content += " more"
			disk.writeAt("f", content, time.Now())
			settle(time.Second)
		}
		want(t, l, map[string]string{"future": "x"})
		if read := disk.bytesRead.Load(); read != 2 { // hashed once, opened once above
			t.Errorf("%d bytes were read of a file that is being written", read-2)
		}
		settle(2 * defaultQuiet)
		want(t, l, map[string]string{"f": content, "future": "x"})
	})
}

func TestUnreadableIsNamedNotFatal(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		disk := newMemFS(map[string]string{"good": "good", "bad": "bad", "dir/inside": "inside"})
		disk.damage("bad", errBroken)
		disk.damage("dir", errBroken)
		l := start(t, Config{Shares: []Share{{Dir: "mem", FS: disk}}, Rescan: time.Hour})
		settle(time.Second)
		want(t, l, map[string]string{"good": "good"})
		st := l.Shares()[0]
		named := map[string]bool{}
		for _, p := range st.Problems {
			named[p.Rel] = errors.Is(p.Err, errBroken)
		}
		if !maps.Equal(named, map[string]bool{"bad": true, "dir": true}) || st.Unread != 2 || st.Err != nil {
			t.Errorf("status %+v", st)
		}
		if got, want := l.Progress(), (Progress{FilesSeen: 1, FilesHashed: 1, BytesTotal: 4, BytesHashed: 4}); got != want {
			t.Errorf("progress %+v, want %+v", got, want)
		}

		disk.damage("bad", nil)
		disk.damage("dir", nil)
		settle(time.Hour)
		want(t, l, map[string]string{"good": "good", "bad": "bad", "dir/inside": "inside"})

		disk.damage(".", errBroken) // the disk was unplugged
		settle(time.Hour)
		if st := l.Shares()[0]; !errors.Is(st.Err, errBroken) || l.Len() != 0 {
			t.Errorf("%d files are shared, status %+v", l.Len(), st)
		}
		read := disk.bytesRead.Load()
		disk.damage(".", nil)
		settle(time.Hour)
		if l.Len() != 3 || disk.bytesRead.Load() != read {
			t.Errorf("plugged in again: %d files, %d bytes hashed again", l.Len(), disk.bytesRead.Load()-read)
		}
	})
}

func TestProblemsAreBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, n := range []int{maxProblems - 1, maxProblems, maxProblems + 1} {
			disk := newMemFS(nil)
			for i := range n {
				disk.write(fmt.Sprint(i), "x")
				disk.damage(fmt.Sprint(i), errBroken)
			}
			l := start(t, Config{Shares: []Share{{Dir: "mem", FS: disk}}})
			settle(time.Second)
			if st := l.Shares()[0]; st.Unread != n || len(st.Problems) != min(n, maxProblems) {
				t.Errorf("%d broken files: %d counted, %d named", n, st.Unread, len(st.Problems))
			}
		}
	})
}

func TestDepthIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		disk := newMemFS(nil)
		dir := ""
		for depth := range maxDepth + 2 {
			disk.write(fmt.Sprintf("%sfile%d", dir, depth), "x")
			dir += "d/"
		}
		l := start(t, Config{Shares: []Share{{Dir: "mem", FS: disk}}})
		settle(time.Second)
		if st := l.Shares()[0]; st.Files != maxDepth+1 || st.Skipped[SkipDepth] != 1 {
			t.Errorf("%d files, %v skipped", st.Files, st.Skipped)
		}
	})
}

func TestCacheSavesHashing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		files := map[string]string{"a": "aaa", "b/c": "ccc"}
		disk, cache := newMemFS(files), &MemoryCache{}
		run := func(wantRead int64) {
			t.Helper()
			before := disk.bytesRead.Load()
			l := New(Config{Shares: []Share{{Dir: "mem", FS: disk}}, Cache: cache})
			ctx, kill := context.WithCancel(t.Context())
			ended := make(chan error)
			go func() { ended <- l.Run(ctx) }()
			settle(time.Second)
			if read := disk.bytesRead.Load() - before; read != wantRead || l.Len() != 2 {
				t.Errorf("%d bytes were read for %d files, want %d", read, l.Len(), wantRead)
			}
			want(t, l, files)
			kill()
			<-ended
		}
		run(6)
		run(0) // restarted

		for key, record := range cache.records {
			record[len(key)%len(record)] ^= 1
		}
		run(6) // the cache was damaged
		run(0)

		for key := range cache.records {
			cache.Put([]byte(key), []byte("garbage"))
		}
		run(6)

		files["a"] = "axa"
		disk.write("a", files["a"])
		run(3)
	})
}

func TestCacheForgetsDeletedFiles(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		disk, cache := newMemFS(map[string]string{"a": "a", "b": "b"}), &MemoryCache{}
		l := start(t, Config{Shares: []Share{{Dir: "mem", FS: disk}}, Cache: cache, Rescan: time.Hour})
		settle(time.Second)
		disk.remove("a")
		settle(time.Hour)
		if _, ok := cache.Get(cacheKey("mem", "a")); ok || l.Len() != 1 {
			t.Error("a deleted file is still in the cache")
		}
		if _, ok := cache.Get(cacheKey("mem", "b")); !ok {
			t.Error("the other file is not in the cache any more")
		}
	})
}

func TestHashingEndsWithTheContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		endless := endlessFS{fstest.MapFS{"f": {Data: []byte("x")}}}
		l := New(Config{Shares: []Share{{Dir: "mem", FS: endless}}})
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error)
		go func() { ended <- l.Run(ctx) }()
		for l.Progress().BytesHashed < 100*hashBlock {
			// the worker is busy, so that time stands still in the bubble
		}
		if p := l.Progress(); p.Current != "f" || p.FilesSeen != 1 || p.FilesHashed != 0 {
			t.Errorf("progress %+v", p)
		}
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("Run: %v", err)
		}
	})
}

func TestAddAndRemove(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		disk := newMemFS(map[string]string{"a": "a"})
		l := start(t, Config{Shares: []Share{{Dir: "mem", FS: disk}, {Dir: "mem", FS: disk}}})
		settle(time.Second)
		if st := l.Shares(); len(st) != 2 || !errors.Is(st[0].Err, ErrOverlap) || l.Len() != 1 {
			t.Errorf("one folder shared twice: %+v, %d files", st, l.Len())
		}
		for range 2 { // the one that was barred, then the one that is shared
			if err := l.Remove(t.Context(), "mem"); err != nil {
				t.Errorf("Remove: %v", err)
			}
		}
		if len(l.Shares()) != 0 || l.Len() != 0 {
			t.Errorf("%d shares are left, %d files", len(l.Shares()), l.Len())
		}
		if _, err := l.BySHA1(sum("a")); !errors.Is(err, ErrGone) {
			t.Errorf("its file: %v", err)
		}
		if err := l.Remove(t.Context(), "mem"); !errors.Is(err, ErrNotShare) {
			t.Errorf("Remove again: %v", err)
		}
		if got := l.Progress(); got != (Progress{}) {
			t.Errorf("progress of nothing: %+v", got)
		}
	})
}

func TestAskingAClosedLibrary(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := New(Config{})
		ctx, cancel := context.WithCancel(t.Context())
		if err := l.Rescan(expired(t)); !errors.Is(err, context.Canceled) {
			t.Errorf("before Run, with a context that has ended: %v", err)
		}
		cancel()
		if err := l.Run(ctx); err != nil {
			t.Errorf("Run: %v", err)
		}
		if err := l.Rescan(t.Context()); !errors.Is(err, ErrClosed) {
			t.Errorf("after Run: %v, want ErrClosed", err)
		}
		if err := l.Run(t.Context()); err == nil {
			t.Error("Run ran twice")
		}
	})
}

func expired(t *testing.T) context.Context {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	return ctx
}

func TestEntriesAreBounded(t *testing.T) {
	l := &loop{Library: New(Config{}), disks: newDisks(diskOf)}
	l.add(Share{Dir: "mem"}, time.Time{})
	s := l.shares[0]
	l.progress.filesSeen.Store(maxEntries - 2)
	for i, want := range []int{1, 2, 2} { // to one less than the cap, to the cap, beyond
		l.take(s, found{rel: fmt.Sprint(i)})
		if len(s.files) != want || s.status.Unread != i+1-want {
			t.Errorf("%d files beside %d: %d taken, %d reported", i+1, maxEntries-2, len(s.files), s.status.Unread)
		}
	}
}

func TestOverlap(t *testing.T) {
	l := &loop{}
	l.add(Share{Dir: "/srv/music"}, time.Time{})
	for dir, want := range map[string]bool{
		"/srv/music": true, "/srv/music/album": true, "/srv": true, "/": true,
		"/srv/musical": false, "/srv/films": false, "/srv/..music": false,
	} {
		if got := l.overlaps(&Share{Dir: dir}); got != want {
			t.Errorf("%s overlaps: %v, want %v", dir, got, want)
		}
	}
}

func TestIDsSkipWhatIsReservedOrUsed(t *testing.T) {
	l := &loop{Library: New(Config{})}
	l.current.Store(newSnapshot().with([]*Entry{testEntry(1, "a"), testEntry(1<<32-3, "b")}, nil))
	l.lastID = 1<<32 - 4
	if a, b := l.newID(), l.newID(); a != 1<<32-2 || b != 2 {
		t.Errorf("numbers %#x and %#x", a, b)
	}
}
