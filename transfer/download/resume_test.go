package download

import (
	"errors"
	"math/rand/v2"
	"net"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"filbert/transfer"
	"filbert/transfer/ranges"
	"filbert/transfer/store"
	"filbert/transfer/store/faultfs"
)

// finds is a Finder that knows.
func finds(sources ...transfer.Source) *searching {
	return &searching{find: func() []transfer.Source { return sources }}
}

// TestResume stops a manager in the middle and starts another one on the same
// folder: it searches for sources by itself, and fetches what was not there.
func TestResume(t *testing.T) {
	for _, killed := range []bool{false, true} {
		inBubble(t, func(t *testing.T, n *pipes) {
			file, b := content(1, 300000)
			file.Name = "resumed.bin"
			fs := folder()
			silent := func(c net.Conn, r *http.Request, asked ranges.Range, count int) bool {
				breaksOff(b, 200000)(c, r, asked, count)
				c.Read(make([]byte, 1))
				return false
			}
			d := open(t, fs, Config{Connector: n})
			d.add(file, newServent(t, n, file, silent).Source)
			if killed { // what arrived was flushed by then
				time.Sleep(store.DefaultFlushAfter + time.Second)
				fs.Kill()
			} else {
				synctest.Wait()
			}
			d.stop()

			source := newServent(t, n, file, honest(b))
			d = open(t, fs, Config{Connector: n, Finder: finds(source.Source)})
			synctest.Wait()
			s := d.List()
			if len(s) != 1 || s[0].File != file {
				t.Fatalf("taken up: %+v", s)
			}
			d.want(file, Complete)
			d.wantFile(file.Name, b)
			if got := source.requests(); !slices.Equal(got, []ranges.Range{{Start: 200000, End: 300000}}) {
				t.Errorf("killed %v: fetched %v after the restart", killed, got)
			}
		})
	}
}

// TestResumeOfWhatOnlyLacksItsName needs no source at all.
func TestResumeOfWhatOnlyLacksItsName(t *testing.T) {
	inBubble(t, func(t *testing.T, n *pipes) {
		file, b := content(1, 5000)
		fs := folder()
		fs.Inject(faultfs.Fault{Op: faultfs.List, Suffix: ".", Err: errIO})
		d := open(t, fs, Config{Connector: n})
		d.add(file, newServent(t, n, file, honest(b)).Source)
		d.until(file, "waiting", waiting)
		fs.Kill()
		d.stop()
		d = open(t, fs, Config{Connector: n})
		synctest.Wait()
		d.wantFile(file.Name, b)
	})
}

// TestWrongBytesOfSeveral: two liars and an honest source give parts of a file.
// Then each is asked alone, until the honest one is found.
func TestWrongBytesOfSeveral(t *testing.T) {
	onNetworks(t, func(t *testing.T, n network) {
		file, b := content(1, 300000)
		_, wrong := content(2, 300000)
		partly := func(b []byte) answer { // gives a third, then has it no more, then all
			return after(2, after(1, breaksOff(b, 100000), says("404 Not Found")), honest(b))
		}
		finder := finds(
			newServent(t, n, file, partly(wrong)).Source,
			newServent(t, n, file, partly(b)).Source,
			newServent(t, n, file, honest(b)).Source,
		)
		d := open(t, folder(), Config{Connector: n, Finder: finder})
		d.add(file)
		d.want(file, Complete)
		d.wantFile(file.Name, b)
	})
}

// TestAloneMeansFromTheBeginning: the bytes of two were wrong together. The
// first to be asked alone breaks down; the second is asked for all of it.
func TestAloneMeansFromTheBeginning(t *testing.T) {
	inBubble(t, func(t *testing.T, n *pipes) {
		file, b := content(1, 300000)
		_, wrong := content(2, 300000)
		third := func(c net.Conn, _ *http.Request, asked ranges.Range, _ int) bool {
			part(c, wrong, ranges.Range{Start: asked.Start, End: asked.Start + 100000})
			return true
		}
		first := newServent(t, n, file, after(1, third, after(2, says("503 Busy", "Retry-After: 1"), after(3, third, says("404 Not Found")))))
		second := newServent(t, n, file, after(1, func(c net.Conn, r *http.Request, asked ranges.Range, count int) bool {
			time.Sleep(5 * time.Second) // the first can be asked again when the bytes turn out wrong
			return honest(b)(c, r, asked, count)
		}, honest(b)))
		d := open(t, folder(), Config{Connector: n, Rand: rand.New(rand.NewPCG(5, 2))}) // prefers the first
		d.add(file, first.Source)
		d.until(file, "waiting", waiting)
		d.AddSources(file.SHA1, []transfer.Source{second.Source})
		d.want(file, Complete)
		d.wantFile(file.Name, b)
		all := ranges.Range{End: 300000}
		rest := ranges.Range{Start: 100000, End: 300000}
		if got := first.requests(); !slices.Equal(got, []ranges.Range{all, rest, all, rest}) {
			t.Errorf("the first was asked for %v", got)
		}
		if got := second.requests(); !slices.Equal(got, []ranges.Range{rest, all}) {
			t.Errorf("the second was asked for %v", got)
		}
	})
}

// TestResumedWrongBytes: what came before the restart was wrong. The only
// source now gets a chance to give all of it.
func TestResumedWrongBytes(t *testing.T) {
	inBubble(t, func(t *testing.T, n *pipes) {
		file, b := content(1, 300000)
		_, wrong := content(2, 300000)
		fs := folder()
		d := open(t, fs, Config{Connector: n})
		d.add(file, newServent(t, n, file, breaksOff(wrong, 100000)).Source)
		d.until(file, "waiting", waiting)
		d.stop()
		source := newServent(t, n, file, honest(b))
		d = open(t, fs, Config{Connector: n})
		d.add(file, source.Source)
		d.want(file, Complete)
		d.wantFile(file.Name, b)
		if got := source.requests(); !slices.Equal(got, []ranges.Range{{Start: 100000, End: 300000}, {Start: 0, End: 300000}}) {
			t.Errorf("asked for %v", got)
		}
	})
}

// TestEmptyFile needs no source, and nobody can help one with another hash.
func TestEmptyFile(t *testing.T) {
	inBubble(t, func(t *testing.T, n *pipes) {
		empty, _ := content(1, 0)
		other, b := content(2, 5)
		other.Size = 0
		d := open(t, folder(), Config{Connector: n})
		d.add(empty)
		d.want(empty, Complete)
		d.wantFile(empty.Name, nil)
		d.add(other, newServent(t, n, other, honest(b)).Source)
		if s := d.want(other, Failed); !errors.Is(s.Err, store.ErrVerification) {
			t.Error(s.Err)
		}
	})
}

// TestWrongBytesOnAFailingDisk: the file is wrong and cannot be emptied. That
// is the disk's fault, until it can.
func TestWrongBytesOnAFailingDisk(t *testing.T) {
	inBubble(t, func(t *testing.T, n *pipes) {
		file, _ := content(1, 5000)
		_, wrong := content(2, 5000)
		fs := folder()
		d := open(t, fs, Config{Connector: n})
		d.add(file, newServent(t, n, file, func(c net.Conn, r *http.Request, asked ranges.Range, count int) bool {
			fs.Inject(faultfs.Fault{Op: faultfs.Rename, Err: errIO})
			return honest(wrong)(c, r, asked, count)
		}).Source)
		if s := d.until(file, "waiting", waiting); !strings.Contains(s.Reason, errIO.Error()) {
			t.Errorf("%+v", s)
		}
		fs.Heal()
		if s := d.want(file, Failed); !errors.Is(s.Err, store.ErrVerification) {
			t.Error(s.Err)
		}
	})
}

// TestScatteredPieces: a source must not break a file into more pieces than are
// kept. One that would is dropped.
func TestScatteredPieces(t *testing.T) {
	inBubble(t, func(t *testing.T, n *pipes) {
		file, b := content(1, 1000+2*ranges.MaxIntervals)
		fs := folder()
		s, err := store.New(store.Config{FS: fs, Folder: "/"})
		if err != nil {
			t.Fatal(err)
		}
		p, err := s.Open(file, "")
		if err != nil {
			t.Fatal(err)
		}
		for i := range int64(ranges.MaxIntervals) {
			at := 1000 + 2*i
			if _, err := p.WriteAt(b[at:at+1], at); err != nil {
				t.Fatal(err)
			}
		}
		if err := p.Close(); err != nil {
			t.Fatal(err)
		}
		d := open(t, fs, Config{Connector: n})
		d.add(file, newServent(t, n, file, func(c net.Conn, _ *http.Request, _ ranges.Range, _ int) bool {
			part(c, b, ranges.Range{Start: 500, End: 501})
			return true
		}).Source)
		got := d.until(file, "refused", func(s Status) bool { return s.State == Waiting && s.Sources == 0 })
		if !strings.Contains(got.Reason, store.ErrFragmented.Error()) {
			t.Errorf("%+v", got)
		}
	})
}
