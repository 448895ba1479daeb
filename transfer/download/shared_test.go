package download

import (
	"bytes"
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"filbert/transfer"
	"filbert/transfer/ranges"
	"filbert/transfer/store"
	"filbert/transfer/urn"
)

// TestAwait: what somebody waits for comes next, wherever it is and whoever is
// busy elsewhere, and can be read while the rest arrives.
func TestAwait(t *testing.T) {
	for _, sources := range []int{1, 3} {
		inBubble(t, func(t *testing.T, n *pipes) {
			file, b := content(1, 12*mb)
			trees := treesOf(b)
			var all []transfer.Source
			for range sources {
				s := plant(t, n, file, b, trees)
				s.rate = steady(mb)
				all = append(all, s.Source)
			}
			d := open(t, folder(), Config{Connector: n})
			if _, ok := d.Shared(file.SHA1); ok {
				t.Error("a file is shared that nobody asked for")
			}
			d.add(file, all...)
			d.until(file, "under way", func(s Status) bool { return s.Have > mb })
			for _, at := range []int64{9 * mb, 11*mb + 999_990, 3 * mb, 0} {
				began := time.Now()
				r := ranges.Range{Start: at, End: min(at+200_000, file.Size)}
				if err := d.Await(t.Context(), file.SHA1, r); err != nil {
					t.Fatal(err)
				}
				if took := time.Since(began); took > 1500*time.Millisecond {
					t.Errorf("%d sources: %v came after %v", sources, r, took)
				}
				shared, ok := d.Shared(file.SHA1)
				got := make([]byte, r.Len())
				if _, err := shared.ReadAt(got, r.Start); !ok || err != nil || !bytes.Equal(got, b[r.Start:r.End]) {
					t.Errorf("%d sources: reading %v: %v", sources, r, err)
				}
			}
			if s := d.status(file); s.Have > 10*mb {
				t.Errorf("%d sources: %d bytes are here, so nothing came out of turn", sources, s.Have)
			}
			d.want(file, Complete)
			d.wantFile(file.Name, b)
			if err := d.Await(t.Context(), file.SHA1, ranges.Range{End: 1}); err != nil {
				t.Errorf("waiting for a complete file: %v", err)
			}
			if _, ok := d.Shared(file.SHA1); ok {
				t.Error("a complete file is shared as one that arrives")
			}
		})
	}
}

// TestAwaitInOrder: both ends of a film come before what is read ahead from its
// beginning, though that is asked for while they are not here yet.
func TestAwaitInOrder(t *testing.T) {
	inBubble(t, func(t *testing.T, n *pipes) {
		file, b := content(1, 12*mb)
		s := plant(t, n, file, b, treesOf(b))
		s.rate = steady(mb)
		d := open(t, folder(), Config{Connector: n})
		d.add(file, s.Source)
		const edge = 300_000
		ends := []ranges.Range{{End: edge}, {Start: file.Size - edge, End: file.Size}}
		var readers sync.WaitGroup
		wait := func(parts ...ranges.Range) {
			readers.Go(func() {
				if err := d.Await(t.Context(), file.SHA1, parts...); err != nil {
					t.Error(err)
				}
			})
			synctest.Wait() // it waits
		}
		wait(ends...)
		wait(ranges.Range{End: 8 * mb})
		if err := d.Await(t.Context(), file.SHA1, ends...); err != nil {
			t.Fatal(err)
		}
		// A slice at each end is cut, and what was on its way when they were asked for comes too.
		if s := d.status(file); s.Have > 2*edge+4*treesOf(b)[0].SliceSize() {
			t.Errorf("%d bytes are here when both ends of %d are", s.Have, edge)
		}
		readers.Wait()
		if s := d.status(file); s.Have > 10*mb {
			t.Errorf("%d bytes are here when 8 MB were waited for", s.Have)
		}
	})
}

// TestAwaitInVain: a wait ends with its context and with its download.
func TestAwaitInVain(t *testing.T) {
	inBubble(t, func(t *testing.T, n *pipes) {
		file, b := content(1, 3*mb)
		_, wrong := content(2, 3*mb)
		d := open(t, folder(), Config{Connector: n})
		if err := d.Await(t.Context(), urn.SHA1{1}, ranges.Range{End: 1}); !errors.Is(err, ErrUnknown) {
			t.Errorf("of nothing: %v", err)
		}
		d.add(file)
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		if err := d.Await(ctx, file.SHA1, ranges.Range{End: 1}); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("without sources: %v", err)
		}
		liar := plant(t, n, file, wrong, treesOf(b))
		d.AddSources(file.SHA1, []transfer.Source{liar.Source})
		ctx, cancel = context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		if err := d.Await(ctx, file.SHA1, ranges.Range{End: 1}); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("from a liar: %v", err)
		}
		d.AddSources(file.SHA1, []transfer.Source{plant(t, n, file, b, nil).Source})
		if err := d.Await(t.Context(), file.SHA1, ranges.Range{End: 1}); err != nil {
			t.Errorf("from an honest one: %v", err)
		}
	})
}

// TestAdopt: of what an earlier process left, the tree tells what is right; only
// the rest is fetched again.
func TestAdopt(t *testing.T) {
	inBubble(t, func(t *testing.T, n *pipes) {
		file, b := content(1, 4*mb)
		fs := folder()
		s, err := store.New(store.Config{FS: fs, Folder: "/"})
		if err != nil {
			t.Fatal(err)
		}
		p, err := s.Open(file, "")
		if err != nil {
			t.Fatal(err)
		}
		left := bytes.Clone(b[:2*mb])
		left[mb] ^= 1
		if _, err := p.WriteAt(left, 0); err != nil {
			t.Fatal(err)
		}
		if err := p.Close(); err != nil {
			t.Fatal(err)
		}
		good := plant(t, n, file, b, treesOf(b))
		d := open(t, fs, Config{Connector: n})
		d.add(file, good.Source)
		d.want(file, Complete)
		d.wantFile(file.Name, b)
		if sent := good.sent.Load(); sent < 2*mb || sent > 2*mb+3*good.trees[0].SliceSize() {
			t.Errorf("%d bytes were fetched for the %d that were missing and a slice that was wrong", sent, 2*mb)
		}
	})
}

// status is the download as it is now.
func (d *desk) status(f transfer.File) Status {
	d.t.Helper()
	s, err := d.Status(f.SHA1)
	if err != nil {
		d.t.Fatal(err)
	}
	return s
}
