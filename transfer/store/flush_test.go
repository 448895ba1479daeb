package store_test

import (
	"context"
	"errors"
	"math/rand/v2"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"filbert/transfer/ranges"
	"filbert/transfer/store"
	"filbert/transfer/store/faultfs"
)

// TestKillLosesFiveSeconds writes a slow file and kills at random moments: what
// was written five seconds before is always there.
func TestKillLosesFiveSeconds(t *testing.T) {
	file, b := content(1, 20000)
	for seed := range uint64(30) {
		synctest.Test(t, func(t *testing.T) {
			rng := rand.New(rand.NewPCG(seed, 3))
			f := faultfs.New(faultfs.Config{Seed: seed})
			s, err := store.New(store.Config{FS: f, Folder: "/"})
			if err != nil {
				t.Fatal(err)
			}
			p := open(t, s, file, "")
			f.Inject(faultfs.Fault{Op: faultfs.Sync, Delay: 300 * time.Millisecond})
			written := map[time.Duration]ranges.Range{} // by the moment
			begin, life := time.Now(), time.Duration(rng.Int64N(int64(20*time.Second)))
			for at := int64(0); time.Since(begin) < life; at += 100 {
				r := ranges.Range{Start: at, End: at + 100}
				writeAt(t, p, b, r)
				written[time.Since(begin)] = r
				time.Sleep(time.Duration(rng.Int64N(int64(200 * time.Millisecond))))
			}
			killed := time.Since(begin)
			f.Restart()
			p.Close()

			s, err = store.New(store.Config{FS: f, Folder: "/"})
			if err != nil {
				t.Fatal(err)
			}
			p = open(t, s, file, "")
			mustBeTrue(t, f, p, b)
			have := p.Have()
			for at, r := range written {
				if killed-at > 5*time.Second && !have.Contains(r) {
					t.Fatalf("seed %d: %v, written %v before the kill, is lost", seed, r, killed-at)
				}
			}
			p.Close()
		})
	}
}

// TestManyBytesFlushAtOnce does not wait for the time if much was written.
func TestManyBytesFlushAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		file, b := content(1, 10000)
		s, err := store.New(store.Config{FS: faultfs.New(faultfs.Config{}), Folder: "/", FlushBytes: 1000})
		if err != nil {
			t.Fatal(err)
		}
		p := open(t, s, file, "")
		writeAt(t, p, b, ranges.Range{End: 999})
		synctest.Wait()
		wantHave(t, p)
		writeAt(t, p, b, ranges.Range{Start: 999, End: 1000})
		synctest.Wait()
		wantHave(t, p, ranges.Range{End: 1000})
		p.Close()
	})
}

// TestSlowDiskHoldsTheWriter lets no more than four flushes' worth wait for a
// disk that hangs for a minute.
func TestSlowDiskHoldsTheWriter(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		file, b := content(1, 10000)
		f := faultfs.New(faultfs.Config{})
		s, err := store.New(store.Config{FS: f, Folder: "/", FlushBytes: 1000})
		if err != nil {
			t.Fatal(err)
		}
		p := open(t, s, file, "")
		f.Inject(faultfs.Fault{Op: faultfs.Sync, Delay: time.Minute})
		begin := time.Now()
		for i := range int64(4) {
			writeAt(t, p, b, ranges.Range{Start: 1000 * i, End: 1000*i + 1000})
		}
		if waited := time.Since(begin); waited != 0 {
			t.Fatalf("the first 4000 bytes waited %v", waited)
		}
		writeAt(t, p, b, ranges.Range{Start: 4000, End: 4001})
		if waited := time.Since(begin); waited < time.Minute {
			t.Fatalf("byte 4001 waited %v", waited)
		}
		f.Heal()
		p.Close()
	})
}

// TestFailedSyncIsNeverDurable: bytes whose sync failed are missing again, even
// though the next sync succeeds.
func TestFailedSyncIsNeverDurable(t *testing.T) {
	file, b := content(1, 3000)
	for seed := range uint64(20) {
		f, start := crashing(seed, false)
		s, err := start()
		if err != nil {
			t.Fatal(err)
		}
		p := open(t, s, file, "")
		writeAt(t, p, b, ranges.Range{End: 1000})
		flush(t, p)
		writeAt(t, p, b, ranges.Range{Start: 1000, End: 2000})
		f.Inject(faultfs.Fault{Op: faultfs.Sync, Suffix: ".partial", Call: 1, Err: syscall.EIO})
		if err := p.Flush(); !errors.Is(err, syscall.EIO) {
			t.Fatal(err)
		}
		wantHave(t, p, ranges.Range{End: 1000})
		wantMissing(t, p, ranges.Range{Start: 1000, End: 3000})
		flush(t, p) // succeeds, and must claim nothing
		writeAt(t, p, b, ranges.Range{Start: 2000, End: 3000})
		flush(t, p)
		wantMissing(t, p, ranges.Range{Start: 1000, End: 2000})
		f.Restart()
		p.Close()
		s, err = start()
		if err != nil {
			t.Fatal(err)
		}
		p = open(t, s, file, "")
		wantHave(t, p, ranges.Range{End: 1000}, ranges.Range{Start: 2000, End: 3000})
		mustBeTrue(t, f, p, b)
	}
}

// TestWriteDuringFailedSync: what was written, and what was being written, while
// a sync failed is lost.
func TestWriteDuringFailedSync(t *testing.T) {
	for _, c := range []struct {
		name        string
		write, sync time.Duration // how long they take
	}{
		{"the write ends first", 0, time.Second},
		{"the sync ends first", time.Second, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				file, b := content(1, 3000)
				f, start := crashing(1, false)
				s, err := start()
				if err != nil {
					t.Fatal(err)
				}
				p := open(t, s, file, "")
				writeAt(t, p, b, ranges.Range{End: 1000})
				f.Inject(faultfs.Fault{Op: faultfs.Write, Suffix: ".partial", Call: 1, Delay: c.write})
				f.Inject(faultfs.Fault{Op: faultfs.Sync, Suffix: ".partial", Call: 1, Delay: c.sync, Err: syscall.EIO})
				var flushing sync.WaitGroup
				flushing.Go(func() {
					time.Sleep(c.write / 2)
					if err := p.Flush(); !errors.Is(err, syscall.EIO) {
						t.Error(err)
					}
				})
				synctest.Wait()
				_, err = p.WriteAt(b[1000:2000], 1000)
				if late := c.write > c.sync; (err != nil) != late {
					t.Errorf("a write that the failed sync overtook %v: %v", late, err)
				}
				flushing.Wait()
				wantMissing(t, p, ranges.Range{End: 3000})
				flush(t, p)
				wantHave(t, p)
				p.Close()
			})
		})
	}
}

// TestFailedSyncOfTheJournal: the bytes are good, and claimed in a new file.
func TestFailedSyncOfTheJournal(t *testing.T) {
	file, b := content(1, 3000)
	f, start := crashing(1, false)
	s, err := start()
	if err != nil {
		t.Fatal(err)
	}
	p := open(t, s, file, "")
	writeAt(t, p, b, ranges.Range{End: 1000})
	f.Inject(faultfs.Fault{Op: faultfs.Sync, Suffix: ".journal", Call: 1, Err: syscall.EIO})
	if err := p.Flush(); !errors.Is(err, syscall.EIO) {
		t.Fatal(err)
	}
	wantHave(t, p)
	wantMissing(t, p, ranges.Range{Start: 1000, End: 3000})
	f.Inject(faultfs.Fault{Op: faultfs.Rename, Call: 1, Err: syscall.EPERM})
	if err := p.Flush(); !errors.Is(err, syscall.EPERM) {
		t.Fatalf("the journal was not written anew: %v", err)
	}
	flush(t, p)
	wantHave(t, p, ranges.Range{End: 1000})
}

// TestFlushNobodyCalledIsToldOnce: the writer hears of it with its next write.
func TestFlushNobodyCalledIsToldOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		file, b := content(1, 3000)
		f := faultfs.New(faultfs.Config{})
		s, err := store.New(store.Config{FS: f, Folder: "/"})
		if err != nil {
			t.Fatal(err)
		}
		p := open(t, s, file, "")
		f.Inject(faultfs.Fault{Op: faultfs.Sync, Call: 1, Err: syscall.EIO})
		writeAt(t, p, b, ranges.Range{End: 1000})
		time.Sleep(store.DefaultFlushAfter + time.Second)
		if n, err := p.WriteAt(b[1000:2000], 1000); n != 0 || !errors.Is(err, syscall.EIO) {
			t.Fatalf("%d, %v", n, err)
		}
		writeAt(t, p, b, p.Missing()...)
		complete(t, p)
		wantFile(t, f, file.Name, b)
	})
}

// TestOnePartialThroughManyFaults goes on with the same Partial after every
// error, then cuts the power: all that it said was durable is there.
func TestOnePartialThroughManyFaults(t *testing.T) {
	file, b := content(1, 5000)
	for seed := range uint64(500) {
		rng := rand.New(rand.NewPCG(seed, 4))
		f, start := crashing(seed, false)
		s, err := start()
		if err != nil {
			t.Fatal(err)
		}
		p := open(t, s, file, "")
		for range 40 {
			switch missing := p.Missing(); {
			case rng.IntN(3) == 0 || len(missing) == 0:
				p.Flush() // may fail: that is what this is about
			default:
				r := missing[rng.IntN(len(missing))]
				r.Start += rng.Int64N(r.Len()+1) / 2
				r.End = r.Start + 1 + rng.Int64N(r.Len())/2
				p.WriteAt(b[r.Start:r.End], r.Start)
			}
			if rng.IntN(4) == 0 {
				f.Inject(faultfs.Fault{
					Op:   []faultfs.Op{faultfs.Any, faultfs.Sync, faultfs.Write}[rng.IntN(3)],
					Call: 1 + rng.IntN(5), Err: []error{syscall.EIO, syscall.ENOSPC}[rng.IntN(2)], Wrote: rng.IntN(1000),
				})
			}
		}
		durable := p.Have()
		if rng.IntN(2) == 0 {
			f.Restart()
			p.Close()
			finish(t, f, start, file, b, durable, rng)
			continue
		}
		f.Heal()
		for p.Missing() != nil {
			for _, r := range p.Missing() {
				p.WriteAt(b[r.Start:r.End], r.Start)
			}
			p.Flush()
		}
		if _, err := p.Complete(context.Background(), nil); err != nil {
			t.Fatalf("seed %d: %v", seed, err)
		}
		wantFile(t, f, file.Name, b)
	}
}

// TestJournalStaysShort flushes many times: the journal is written anew before
// it has grown far beyond what it must say.
func TestJournalStaysShort(t *testing.T) {
	file, b := content(1, 20000)
	f, start := crashing(1, false)
	s, err := start()
	if err != nil {
		t.Fatal(err)
	}
	p := open(t, s, file, "")
	longest := 0
	for i := range file.Size {
		writeAt(t, p, b, ranges.Range{Start: i, End: i + 1})
		flush(t, p)
		if i%100 == 0 {
			longest = max(longest, len(readFile(t, f, journalName(file.SHA1))))
		}
	}
	if longest < 32<<10 || longest > 68<<10 {
		t.Fatalf("the journal grew to %d bytes", longest)
	}
	complete(t, p)
	wantFile(t, f, file.Name, b)
}

// TestFullDisk: a new file that does not fit is refused with figures; one that
// is there goes on when there is room.
func TestFullDisk(t *testing.T) {
	f := faultfs.New(faultfs.Config{Capacity: 3 << 20})
	s, err := store.New(store.Config{FS: f, Folder: "/"})
	if err != nil {
		t.Fatal(err)
	}
	large, _ := content(1, 3<<20)
	_, err = s.Open(large, "")
	var space *store.SpaceError
	if !errors.As(err, &space) || !errors.Is(err, store.ErrNoSpace) || *space != (store.SpaceError{Need: 4 << 20, Have: 3 << 20}) {
		t.Fatal(err)
	}
	if left := list(t, f, ".filbert"); len(left) > 0 {
		t.Fatalf("left behind: %v", left)
	}

	file, b := content(2, 1<<20)
	p := open(t, s, file, "")
	f.SetCapacity(1<<20 + 64<<10) // no room left: but the file has its own, and so has the journal
	for i := range int64(64) {
		writeAt(t, p, b, ranges.Range{Start: i << 14, End: (i + 1) << 14})
		flush(t, p)
	}
	complete(t, p)
	wantFile(t, f, file.Name, b)
}

// TestClaimThatFailedOnce: the journal fails once in a flush that nobody called,
// and nobody writes after that. A kill five seconds after the write loses nothing,
// and the error is told all the same.
func TestClaimThatFailedOnce(t *testing.T) {
	for _, op := range []faultfs.Op{faultfs.Write, faultfs.Sync} {
		synctest.Test(t, func(t *testing.T) {
			file, b := content(1, 3000)
			f := faultfs.New(faultfs.Config{})
			s, err := store.New(store.Config{FS: f, Folder: "/"})
			if err != nil {
				t.Fatal(err)
			}
			p := open(t, s, file, "")
			writeAt(t, p, b, ranges.Range{End: 1000})
			f.Inject(faultfs.Fault{Op: op, Suffix: ".journal", Call: 1, Err: syscall.EIO})
			time.Sleep(5 * time.Second)
			wantHave(t, p, ranges.Range{End: 1000})
			if err := p.Flush(); !errors.Is(err, syscall.EIO) {
				t.Errorf("%v: told %v", op, err)
			}
			f.Restart()
			p.Close()
			if s, err = store.New(store.Config{FS: f, Folder: "/"}); err != nil {
				t.Fatal(err)
			}
			p = open(t, s, file, "")
			wantHave(t, p, ranges.Range{End: 1000})
			p.Close()
		})
	}
}
