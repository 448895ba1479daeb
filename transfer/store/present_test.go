package store_test

import (
	"bytes"
	"errors"
	"testing"

	"filbert/transfer/ranges"
	"filbert/transfer/store"
)

// TestPresent: what was written can be read at once, what was not cannot, and
// what is not kept is missing again, also for the next process.
func TestPresent(t *testing.T) {
	onDisks(t, func(t *testing.T, d *disk) {
		file, b := content(3, 1000)
		p, err := d.open(t).Open(file, "")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := p.WriteAt(b[100:600], 100); err != nil {
			t.Fatal(err)
		}
		got := make([]byte, 500)
		if n, err := p.ReadAt(got, 100); err != nil || !bytes.Equal(got[:n], b[100:600]) {
			t.Errorf("read %d bytes, %v", n, err)
		}
		for _, off := range []int64{99, 101, 599, 2000} {
			if n, err := p.ReadAt(got, off); !errors.Is(err, store.ErrIncomplete) {
				t.Errorf("500 bytes at %d: %d, %v", off, n, err)
			}
		}
		present := p.Present()
		if !p.Contains(ranges.Range{Start: 100, End: 600}) || p.Contains(ranges.Range{Start: 100, End: 601}) || present.Len() != 500 {
			t.Errorf("present is %v", &present)
		}
		var keep ranges.Set
		keep.Add(ranges.Range{Start: 50, End: 200})
		keep.Add(ranges.Range{Start: 300, End: 310})
		if err := p.Keep(&keep); err != nil {
			t.Fatal(err)
		}
		const want = "[100,200) [300,310)"
		if present := p.Present(); present.String() != want {
			t.Errorf("kept %v, want %s", &present, want)
		}
		if err := p.Close(); err != nil {
			t.Fatal(err)
		}
		if _, err := p.ReadAt(got[:1], 100); !errors.Is(err, store.ErrClosed) {
			t.Errorf("read when closed: %v", err)
		}
		if err := p.Keep(&keep); !errors.Is(err, store.ErrClosed) {
			t.Errorf("keep when closed: %v", err)
		}
		if p, err = d.open(t).Open(file, ""); err != nil {
			t.Fatal(err)
		}
		defer p.Close()
		if have := p.Have(); have.String() != want {
			t.Errorf("after a restart there is %v, want %s", &have, want)
		}
	})
}
