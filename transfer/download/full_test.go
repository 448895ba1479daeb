package download

import (
	"strings"
	"testing"
	"time"

	"filbert/transfer/store"
	"filbert/transfer/store/faultfs"
)

// TestDiskFilledAndFreed fills the disk in the middle of a download and frees it, a
// hundred times (THREATS F4): each time the download says what it waits for, goes on by
// itself when there is room, and nothing that is here is lost; no source is blamed.
func TestDiskFilledAndFreed(t *testing.T) {
	const times, part = 100, 100_000
	inBubble(t, func(t *testing.T, n *pipes) {
		file, b := content(1, times*part+1_000_000)
		disk := folder()
		s := plant(t, n, file, b, treesOf(b))
		s.rate = steady(50_000)
		d := open(t, disk, Config{Connector: n})
		began := time.Now()
		d.add(file, s.Source)
		var here int64
		for i := range times {
			d.until(file, "further", func(s Status) bool { return s.Have >= int64(i)*part && s.State == Downloading })
			disk.SetCapacity(1)
			disk.Inject(faultfs.Fault{Op: faultfs.Write, Suffix: ".partial", Err: errFull, Wrote: 1000 * i})
			status := d.until(file, "waiting", waiting)
			if !strings.Contains(status.Reason, store.ErrNoSpace.Error()) || status.Have < here {
				t.Fatalf("time %d: %d bytes were here, and %+v", i, here, status)
			}
			here = status.Have
			pass(time.Duration(i%7) * time.Second)
			disk.Heal()
			disk.SetCapacity(1 << 30)
		}
		status := d.want(file, Complete)
		d.wantFile(file.Name, b)
		if src := d.came(file)[s.Addr]; src.failures > 0 || src.dropped || src.wasted > 0 || status.Wasted > times*(256<<10) {
			t.Errorf("%d bytes for nothing, %d by the source: %s", status.Wasted, src.wasted, src.reason)
		}
		t.Logf("%v, %d of %d bytes twice", time.Since(began), status.Wasted, file.Size)
	})
}
