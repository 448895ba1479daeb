package hostcache

import (
	"bytes"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"math/rand/v2"
	"net/netip"
	"testing"
	"time"
)

// lived is a cache with hosts of every kind.
func lived() *Cache {
	c := newCache(1)
	for i := range 300 {
		addr := nth(50+i%5, i, i%199)
		c.Add(epoch, addr, nth(90, i%200, 1).Addr(), FromPong)
		switch i % 4 {
		case 0:
			reach(c, epoch, addr)
		case 1:
			c.Attempt(epoch, addr)
			c.Failed(epoch, addr, codeSlow)
		}
	}
	for _, s := range []string{"[2a00:1:2::3]:6346", "127.0.0.1", "10.0.0.1"} {
		c.Add(epoch, host(s), netip.Addr{}, FromSaved)
	}
	c.Add(epoch, host("5.1.1.1"), peer("5.1.1.1"), FromHandshake)
	c.Add(epoch, host("5.2.1.1"), peer("2a00:7::1"), FromPong)
	return c
}

func restore(t testing.TB, now time.Time, snapshot []byte) *Cache {
	t.Helper()
	c := newCache(99)
	n, err := c.Restore(now, snapshot)
	if err != nil || n != c.Len() {
		t.Fatalf("restore: %d of %d, %v", n, c.Len(), err)
	}
	consistent(t, c)
	return c
}

func TestSnapshot(t *testing.T) {
	c := lived()
	snapshot := c.Snapshot()
	now := epoch.Add(time.Minute)
	again := restore(t, now, snapshot)
	if !bytes.Equal(again.Snapshot(), snapshot) {
		t.Error("a snapshot of what was restored differs")
	}
	for _, e := range c.list {
		want := e.Host
		want.Source = FromSaved
		got, ok := again.Lookup(e.Addr)
		if !ok || got.Addr != want.Addr || got.From != want.From || got.Failures != want.Failures || got.Source != FromSaved ||
			!got.LastSeen.Equal(want.LastSeen) || !got.LastTried.Equal(want.LastTried) || !got.LastSuccess.Equal(want.LastSuccess) {
			t.Errorf("%+v became %+v", want, got)
		}
		if r := again.known[e.Addr]; r.table != e.table || r.bucket != e.bucket || r.met != e.met {
			t.Errorf("%v changed its place", e.Addr)
		}
		if was, is := e.wait(now).Round(time.Second), again.known[e.Addr].wait(now).Round(time.Second); (was - is).Abs() > time.Second {
			t.Errorf("%v was due in %v, is in %v", e.Addr, was, is)
		}
	}
}

func TestRestoreReplacesWhatIsThere(t *testing.T) {
	c := lived()
	other := newCache(5)
	other.Add(epoch, host("77.1.1.1"), netip.Addr{}, FromSeed)
	n, err := c.Restore(epoch, other.Snapshot())
	consistent(t, c)
	if _, ok := c.Lookup(host("77.1.1.1")); err != nil || n != 1 || c.Len() != 1 || !ok {
		t.Errorf("%d hosts, %d known, %v", n, c.Len(), err)
	}
	if s := c.Stats(); s.Pinned != 0 {
		t.Error("a host is pinned that nobody named in this run")
	}
}

// TestClockAYearOff restores with a clock that jumped: nobody is lost, nothing
// lies in the future, nobody waits for long.
func TestClockAYearOff(t *testing.T) {
	c := lived()
	const year = 365 * 24 * time.Hour
	for _, off := range []time.Duration{-year, year, -50 * year, 50 * year} {
		now := epoch.Add(off)
		again := restore(t, now, c.Snapshot())
		if again.Len() != c.Len() {
			t.Errorf("off by %v: %d of %d hosts left", off, again.Len(), c.Len())
		}
		for _, e := range again.list {
			for _, at := range []time.Time{e.LastSeen, e.LastTried, e.LastSuccess} {
				if at.After(now) {
					t.Fatalf("off by %v: %+v lies in the future", off, e.Host)
				}
			}
			if e.wait(now) > 0 {
				t.Fatalf("off by %v: %v waits %v", off, e.Addr, e.wait(now))
			}
		}
		// One newcomer does not sweep the others away.
		again.Add(now, host("88.1.1.1"), peer("8.8.4.4"), FromPong)
		if again.Len() < c.Len() {
			t.Errorf("off by %v: %d of %d hosts left after one newcomer", off, again.Len(), c.Len())
		}
		back := restore(t, epoch.Add(time.Minute), again.Snapshot())
		if back.Len() < c.Len() {
			t.Errorf("off by %v and back: %d of %d hosts left", off, back.Len(), c.Len())
		}
	}
}

// TestThousandClockSteps lives with a clock that jumps all the time.
func TestThousandClockSteps(t *testing.T) {
	c := lived()
	rng := rand.New(rand.NewPCG(1, 1))
	before := c.Len()
	for range 1000 {
		now := epoch.Add(time.Duration(rng.Int64N(int64(2*365*24*time.Hour))) - 365*24*time.Hour)
		addr, ok := c.Pick(now, nobody, nil)
		if !ok {
			t.Fatal("nobody is due")
		}
		c.Attempt(now, addr)
		if rng.IntN(2) == 0 {
			c.Good(now, addr)
		} else {
			c.Failed(now, addr, codeBusy)
		}
		c.Some(now, 10, host("66.1.2.3"))
		if rng.IntN(20) == 0 {
			c = restore(t, now, c.Snapshot())
		}
	}
	consistent(t, c)
	if c.Len() != before {
		t.Errorf("%d of %d hosts left", c.Len(), before)
	}
}

func TestSnapshotLeavesOutTheSpent(t *testing.T) {
	c := newCache(1)
	c.Add(epoch, host("5.1.1.1"), peer("8.8.4.4"), FromPong)
	c.Add(epoch, host("5.2.1.1"), peer("8.8.4.4"), FromPong)
	now := epoch
	for range maxStrikes {
		reach(c, now.Add(time.Second), host("5.2.1.1"))
		now = now.Add(time.Hour)
		c.Attempt(now, host("5.1.1.1"))
		c.Failed(now, host("5.1.1.1"), noAnswer)
	}
	if again := restore(t, now, c.Snapshot()); again.Len() != 1 {
		t.Errorf("%d hosts, want 1", again.Len())
	}
}

func TestSnapshotAtItsCap(t *testing.T) {
	c := full(t)
	snapshot := c.Snapshot()
	if len(snapshot) > MaxSnapshot {
		t.Errorf("%d bytes, above %d", len(snapshot), MaxSnapshot)
	}
	if again := restore(t, epoch.Add(time.Minute), snapshot); again.Len() < c.Len()-MaxPinned {
		t.Errorf("%d of %d hosts restored", again.Len(), c.Len())
	}
	for size := MaxSnapshot - 1; size <= MaxSnapshot+1; size++ {
		if _, err := newCache(1).Restore(epoch, make([]byte, size)); !errors.Is(err, ErrSnapshot) {
			t.Errorf("%d zeros: %v", size, err)
		}
	}
}

func TestDamagedSnapshot(t *testing.T) {
	c := lived()
	before := c.Snapshot()
	refuse := func(what string, b []byte) {
		t.Helper()
		if n, err := c.Restore(epoch, b); !errors.Is(err, ErrSnapshot) || n != 0 {
			t.Fatalf("%s: %d hosts, %v", what, n, err)
		}
	}
	for i := range before {
		damaged := bytes.Clone(before)
		damaged[i] ^= 1 << (i % 8)
		refuse("a flipped bit", damaged)
	}
	for i := range before {
		refuse("cut", before[:i])
	}
	refuse("too long", append(bytes.Clone(before), 0))
	refuse("nothing", nil)
	newer := bytes.Clone(before[:len(before)-snapshotTrailer])
	newer[3]++
	refuse("a later version", binary.BigEndian.AppendUint32(newer, crc32.Checksum(newer, crc32.MakeTable(crc32.Castagnoli))))
	consistent(t, c)
	if !bytes.Equal(c.Snapshot(), before) {
		t.Error("what was refused changed the cache")
	}
}

// TestRestoreFilters: addresses that are not acceptable (any more) stay out.
func TestRestoreFilters(t *testing.T) {
	c := New(Config{AllowDocumentation: true}, rand.New(rand.NewPCG(1, 1)))
	c.Add(epoch, host("192.0.2.1"), netip.Addr{}, FromSaved)
	c.Add(epoch, host("5.1.1.1"), netip.Addr{}, FromSaved)
	if n, err := newCache(1).Restore(epoch, c.Snapshot()); n != 1 || err != nil {
		t.Errorf("%d hosts, %v; want the one that is no laboratory's", n, err)
	}
}

// FuzzRestore: whatever the bytes are, what is restored keeps the rules, and its
// snapshot restores the same.
func FuzzRestore(f *testing.F) {
	f.Add(lived().Snapshot())
	f.Add(newCache(1).Snapshot())
	small := newCache(2)
	small.Add(epoch, host("5.1.1.1"), peer("8.8.4.4"), FromPong)
	reach(small, epoch, host("5.1.1.1"))
	f.Add(small.Snapshot())
	f.Fuzz(func(t *testing.T, b []byte) {
		b = bytes.Clone(b)
		if n := len(b) - snapshotTrailer; n >= snapshotHeader { // let it in
			binary.BigEndian.PutUint32(b[snapshotHeader-4:], uint32((n-snapshotHeader)/recordSize))
			binary.BigEndian.PutUint32(b[n:], crc32.Checksum(b[:n], crc32.MakeTable(crc32.Castagnoli)))
		}
		c := newCache(1)
		n, err := c.Restore(epoch, b)
		if err != nil {
			if !errors.Is(err, ErrSnapshot) || n != 0 || c.Len() != 0 {
				t.Fatalf("%d hosts, %v", c.Len(), err)
			}
			return
		}
		consistent(t, c)
		if n != c.Len() || n > len(b)/recordSize {
			t.Fatalf("%d hosts of %d bytes", n, len(b))
		}
		spent := 0
		for _, e := range c.list {
			if Class(e.Addr.Addr()) == Bogon || e.Addr.Port() == 0 || e.LastSeen.After(epoch) || e.wait(epoch) > longestWait {
				t.Fatalf("restored %+v", e.Host)
			}
			if e.spent() {
				spent++
			}
		}
		if again := restore(t, epoch, c.Snapshot()); again.Len() != n-spent {
			t.Fatalf("%d of %d hosts restored again", again.Len(), n-spent)
		}
		c.Pick(epoch, nobody, nil)
		c.Some(epoch, 10, host("66.1.2.3"))
	})
}

func BenchmarkSnapshot(b *testing.B) {
	c := full(b)
	b.ReportAllocs()
	for b.Loop() {
		c.Snapshot()
	}
}

func BenchmarkRestore(b *testing.B) {
	c := full(b)
	snapshot := c.Snapshot()
	b.ReportAllocs()
	for b.Loop() {
		if _, err := c.Restore(epoch, snapshot); err != nil {
			b.Fatal(err)
		}
	}
}
