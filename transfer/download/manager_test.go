package download

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"filbert/transfer"
	"filbert/transfer/ranges"
	"filbert/transfer/store"
	"filbert/transfer/store/faultfs"
	"filbert/transfer/urn"
)

func states(list []Status) (out []State) {
	for _, s := range list {
		out = append(out, s.State)
	}
	return out
}

func TestSameFileJoins(t *testing.T) {
	inBubble(t, func(t *testing.T, n *pipes) {
		file, b := content(1, 5000)
		d := open(t, folder(), Config{Connector: n})
		d.add(file)
		d.until(file, "waiting", waiting)
		otherSize, otherPlace := file, filepath.Join(string(filepath.Separator), "other")
		otherSize.Size++
		if _, err := d.Add(Request{File: otherSize}); !errors.Is(err, ErrConflict) {
			t.Errorf("another size: %v", err)
		}
		if _, err := d.Add(Request{File: file, Output: otherPlace}); !errors.Is(err, ErrConflict) {
			t.Errorf("another place: %v", err)
		}
		d.add(file, newServent(t, n, file, honest(b)).Source)
		d.want(file, Complete)
		if got := states(d.List()); !slices.Equal(got, []State{Complete}) {
			t.Errorf("%v", got)
		}
	})
}

func TestAddBeforeRun(t *testing.T) {
	inBubble(t, func(t *testing.T, n *pipes) {
		file, b := content(1, 5000)
		idle, _ := content(2, 5000)
		fs := folder()
		s, err := store.New(store.Config{FS: fs, Folder: "/"})
		if err != nil {
			t.Fatal(err)
		}
		m := New(Config{Store: s, Connector: n})
		for _, f := range []transfer.File{file, idle} {
			if _, err := m.Add(Request{File: f, Sources: []transfer.Source{newServent(t, n, f, honest(b)).Source}}); err != nil {
				t.Fatal(err)
			}
		}
		if err := m.Cancel(context.Background(), idle.SHA1, true); err != nil {
			t.Fatal(err)
		}
		if got := states(m.List()); !slices.Equal(got, []State{Queued}) {
			t.Errorf("%v", got)
		}
		stop := running(m)
		defer stop()
		if s, err := m.Wait(context.Background(), file.SHA1); err != nil || s.State != Complete {
			t.Errorf("%+v, %v", s, err)
		}
		if names, _ := fs.List(".filbert"); len(names) > 0 {
			t.Errorf("left behind: %v", names)
		}
	})
}

func TestCancel(t *testing.T) {
	for _, remove := range []bool{false, true} {
		inBubble(t, func(t *testing.T, n *pipes) {
			file, b := content(1, 300000)
			fs := folder()
			d := open(t, fs, Config{Connector: n})
			d.add(file, newServent(t, n, file, func(c net.Conn, r *http.Request, asked ranges.Range, count int) bool {
				breaksOff(b, 100000)(c, r, asked, count)
				c.Read(make([]byte, 1))
				return false
			}).Source)
			synctest.Wait()
			if err := d.Cancel(context.Background(), file.SHA1, remove); err != nil {
				t.Fatal(err)
			}
			s := d.want(file, Cancelled)
			if s.Source != "" || s.Rate != 0 {
				t.Errorf("%+v", s)
			}
			want := map[bool]int{true: 0, false: 2}[remove]
			if names, _ := fs.List(".filbert"); len(names) != want {
				t.Errorf("removed %v: there are %v", remove, names)
			}
			// Asked for again it goes on, or starts anew.
			source := newServent(t, n, file, honest(b))
			d.add(file, source.Source)
			d.want(file, Complete)
			start := map[bool]int64{true: 0, false: 100000}[remove]
			if got := source.requests(); !slices.Equal(got, []ranges.Range{{Start: start, End: 300000}}) {
				t.Errorf("removed %v: asked for %v", remove, got)
			}
			// Cancelling what has ended forgets it.
			if err := d.Cancel(context.Background(), file.SHA1, true); err != nil || len(d.List()) != 0 {
				t.Errorf("%v, %v", err, d.List())
			}
			d.wantFile(file.Name, b)
		})
	}
}

func TestUnknown(t *testing.T) {
	inBubble(t, func(t *testing.T, n *pipes) {
		d := open(t, folder(), Config{Connector: n})
		_, err := d.Status(urn.SHA1{})
		_, waitErr := d.Wait(context.Background(), urn.SHA1{})
		for i, err := range []error{err, waitErr, d.AddSources(urn.SHA1{}, nil), d.Cancel(context.Background(), urn.SHA1{}, true)} {
			if !errors.Is(err, ErrUnknown) {
				t.Errorf("%d: %v", i, err)
			}
		}
	})
}

// TestNoRoomForTheFile is told at once, with figures, and leaves nothing.
func TestNoRoomForTheFile(t *testing.T) {
	inBubble(t, func(t *testing.T, n *pipes) {
		file, _ := content(1, 3<<20)
		d := open(t, faultfs.New(faultfs.Config{Capacity: 1 << 20}), Config{Connector: n})
		_, err := d.Add(Request{File: file})
		var space *store.SpaceError
		if !errors.As(err, &space) || space.Need < file.Size || space.Have > 1<<20 {
			t.Errorf("%v", err)
		}
		if len(d.List()) > 0 {
			t.Errorf("%v", d.List())
		}
	})
}

// TestTransfers: no more downloads go on at a time than are allowed, and the
// others say what they wait for.
func TestTransfers(t *testing.T) {
	inBubble(t, func(t *testing.T, n *pipes) {
		d := open(t, folder(), Config{Connector: n, Transfers: 2})
		var files []transfer.File
		for i := range 5 {
			file, b := content(byte(i), 5000)
			file.Name = fmt.Sprint(i)
			files = append(files, file)
			d.add(file, newServent(t, n, file, func(c net.Conn, r *http.Request, asked ranges.Range, count int) bool {
				time.Sleep(10 * time.Second)
				return honest(b)(c, r, asked, count)
			}).Source)
			synctest.Wait()
		}
		if got := states(d.List()); !slices.Equal(got, []State{Downloading, Downloading, Queued, Queued, Queued}) {
			t.Errorf("%v", got)
		}
		if s, err := d.Status(files[4].SHA1); err != nil || s.Reason == "" {
			t.Errorf("%+v, %v", s, err)
		}
		begin := time.Now()
		for _, file := range files {
			d.want(file, Complete)
		}
		if took := time.Since(begin); took != 30*time.Second {
			t.Errorf("five downloads, two at a time, took %v", took)
		}
	})
}

// TestCaps: MaxDownloads unfinished ones, maxFinished finished ones.
func TestCaps(t *testing.T) {
	inBubble(t, func(t *testing.T, n *pipes) {
		d := open(t, folder(), Config{Connector: n})
		numbered := func(i int) transfer.File {
			return transfer.File{Name: "x", Size: 1, SHA1: urn.SHA1{byte(i >> 8), byte(i)}}
		}
		for i := range MaxDownloads {
			d.add(numbered(i))
		}
		if _, err := d.Add(Request{File: numbered(MaxDownloads)}); !errors.Is(err, ErrTooMany) {
			t.Errorf("one too many: %v", err)
		}
		d.add(numbered(0)) // joins
		for i := range maxFinished + 1 {
			if err := d.Cancel(context.Background(), numbered(i).SHA1, true); err != nil {
				t.Fatal(err)
			}
		}
		if got := len(d.List()); got != MaxDownloads-1 {
			t.Errorf("%d are listed, want the unfinished and %d others", got, maxFinished)
		}
		if _, err := d.Status(numbered(0).SHA1); !errors.Is(err, ErrUnknown) {
			t.Errorf("the one that ended first: %v", err)
		}
		d.add(numbered(MaxDownloads))
	})
}

// TestWatch: a watcher sees the states in order, ending with the final one.
func TestWatch(t *testing.T) {
	onNetworks(t, func(t *testing.T, n network) {
		file, b := content(1, 300000)
		d := open(t, folder(), Config{Connector: n})
		d.add(file)
		var seen []State
		for s := range d.Watch(context.Background(), file.SHA1) {
			if len(seen) == 0 || seen[len(seen)-1] != s.State {
				seen = append(seen, s.State)
			}
			if s.State == Waiting {
				d.AddSources(file.SHA1, []transfer.Source{newServent(t, n, file, honest(b)).Source})
			}
		}
		if !slices.Contains(seen, Waiting) || seen[len(seen)-1] != Complete || !slices.IsSorted(seen[slices.Index(seen, Waiting):]) {
			t.Errorf("%v", seen)
		}
		ctx, cancel := context.WithCancel(context.Background())
		cancel()
		other, _ := content(2, 5)
		d.add(other)
		if _, err := d.Wait(ctx, other.SHA1); !errors.Is(err, context.Canceled) {
			t.Errorf("%v", err)
		}
	})
}

// TestOutput gives the file the path that was asked for.
func TestOutput(t *testing.T) {
	file, b := content(1, 5000)
	disk := t.TempDir()
	output := filepath.Join(t.TempDir(), "bravo.bin")
	fs, err := store.OpenDisk(disk)
	if err != nil {
		t.Fatal(err)
	}
	defer fs.Close()
	s, err := store.New(store.Config{FS: fs, Folder: disk})
	if err != nil {
		t.Fatal(err)
	}
	m := New(Config{Store: s, Connector: sockets{}})
	defer running(m)()
	if _, err := m.Add(Request{File: file, Output: output, Sources: []transfer.Source{newServent(t, sockets{}, file, honest(b)).Source}}); err != nil {
		t.Fatal(err)
	}
	if s, err := m.Wait(context.Background(), file.SHA1); err != nil || s.Path != output || s.Output != output {
		t.Errorf("%+v, %v", s, err)
	}
	if got, err := os.ReadFile(output); err != nil || !slices.Equal(got, b) {
		t.Errorf("%d bytes, %v", len(got), err)
	}
}

// TestLargeFileIsAskedForInChunks, over one connection: a little at first, to
// see whether there is a hash tree, then what a source of its rate is good for.
func TestLargeFileIsAskedForInChunks(t *testing.T) {
	onNetworks(t, func(t *testing.T, n network) {
		file, b := content(1, 25<<20)
		source := newServent(t, n, file, honest(b))
		d := open(t, folder(), Config{Connector: n})
		d.add(file, source.Source)
		d.want(file, Complete)
		got := source.requests()
		at := int64(0)
		for i, r := range got {
			if r.Start != at || r.Len() > chunkBytes || i == 0 && r.Len() != probeBytes || i > 0 && r.End < file.Size && r.Len() < minBytes {
				t.Errorf("asked for %v", got)
				break
			}
			at = r.End
		}
		if at != file.Size || source.conns != 1 {
			t.Errorf("asked for %v over %d connections", got, source.conns)
		}
	})
}

// BenchmarkDownload fetches 256 MiB over the loopback interface to a disk.
func BenchmarkDownload(b *testing.B) {
	b.ReportAllocs()
	const size = 256 << 20
	file, bytes := content(1, size)
	b.SetBytes(size)
	for b.Loop() {
		dir := b.TempDir()
		fs, err := store.OpenDisk(dir)
		if err != nil {
			b.Fatal(err)
		}
		s, err := store.New(store.Config{FS: fs, Folder: dir})
		if err != nil {
			b.Fatal(err)
		}
		source, stopSource := serve(b, bytes)
		m := New(Config{Store: s, Connector: sockets{}})
		stop := running(m)
		if _, err := m.Add(Request{File: file, Sources: []transfer.Source{source}}); err != nil {
			b.Fatal(err)
		}
		if s, err := m.Wait(context.Background(), file.SHA1); err != nil || s.State != Complete {
			b.Fatalf("%+v, %v", s, err)
		}
		stop()
		stopSource()
		fs.Close()
	}
}
