package download

import (
	"strings"
	"sync"
	"testing"
	"time"

	"filbert/transfer"
	"filbert/transfer/ranges"
	"filbert/transfer/store"
	"filbert/transfer/store/faultfs"
)

// crowd is sources of one file: three honest ones, one that sends wrong bytes, one
// that stalls and one that breaks off.
type crowd struct {
	file  transfer.File
	bytes []byte
	seeds []*seed
}

// gather makes a crowd whose members give at some rate (bytes per second).
func gather(t *testing.T, n network, of byte, size int, rate int64) *crowd {
	c := &crowd{}
	c.file, c.bytes = content(of, size)
	trees := treesOf(c.bytes)
	for i := range 6 {
		s := &seed{t: t, file: c.file, bytes: c.bytes, trees: trees, rate: steady(rate)}
		if what := []string{"wrong bytes", "stall", "cut", "", "", ""}[i]; what != "" {
			lies[what](s, int64(i)*100_000)
		}
		s.Source = n.listen(t, s.serve) // now it must not change any more
		c.seeds = append(c.seeds, s)
	}
	return c
}

// witness is a disk that remembers when which bytes of partial files were written.
type witness struct {
	*faultfs.FS
	mu    sync.Mutex
	notes []note
}

// note is bytes and when they had been written.
type note struct {
	at time.Time
	ranges.Range
}

func (w *witness) Open(name string) (store.Handle, error) {
	h, err := w.FS.Open(name)
	return w.watch(name, h), err
}

func (w *witness) Create(name string) (store.Handle, error) {
	h, err := w.FS.Create(name)
	return w.watch(name, h), err
}

func (w *witness) Link(from string, _ store.FS, to string) error { return w.FS.Link(from, w.FS, to) }

func (w *witness) watch(name string, h store.Handle) store.Handle {
	if h == nil || !strings.HasSuffix(name, ".partial") {
		return h
	}
	return watched{h, w}
}

// written is what was written since the last call.
func (w *witness) written() []note {
	w.mu.Lock()
	defer w.mu.Unlock()
	notes := w.notes
	w.notes = nil
	return notes
}

type watched struct {
	store.Handle
	by *witness
}

func (h watched) WriteAt(b []byte, off int64) (int, error) {
	n, err := h.Handle.WriteAt(b, off)
	if n > 0 && err == nil {
		h.by.mu.Lock()
		h.by.notes = append(h.by.notes, note{time.Now(), ranges.Range{Start: off, End: off + int64(n)}})
		h.by.mu.Unlock()
	}
	return n, err
}
