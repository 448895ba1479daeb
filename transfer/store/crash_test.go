package store_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"syscall"
	"testing"
	"time"

	"filbert/transfer"
	"filbert/transfer/ranges"
	"filbert/transfer/store"
	"filbert/transfer/store/faultfs"
)

// crashing is a disk in memory whose store flushes only when it is told to, so
// that the calls it makes are the same every time.
func crashing(seed uint64, noLinks bool) (*faultfs.FS, func() (*store.Store, error)) {
	f := faultfs.New(faultfs.Config{Seed: seed, NoLinks: noLinks})
	return f, func() (*store.Store, error) {
		return store.New(store.Config{FS: f, Folder: "/", FlushAfter: time.Hour, FlushBytes: 1 << 30})
	}
}

// sitting downloads a file from wherever it stands until it is complete or
// something fails, and says what was durable by then.
func sitting(start func() (*store.Store, error), file transfer.File, b []byte, rng *rand.Rand) (have ranges.Set, err error) {
	s, err := start()
	if err != nil {
		return have, err
	}
	p, err := s.Open(file, "")
	if err != nil {
		return have, err
	}
	defer func() { have = p.Have(); p.Close() }()
	for missing := p.Missing(); len(missing) > 0; missing = p.Missing() {
		r := missing[rng.IntN(len(missing))]
		r.Start += rng.Int64N(r.Len()+1) / 2
		r.End = r.Start + 1 + rng.Int64N(r.Len())
		if _, err := p.WriteAt(b[r.Start:r.End], r.Start); err != nil {
			return have, err
		}
		if rng.IntN(2) == 0 {
			if err := p.Flush(); err != nil {
				return have, err
			}
			if err := p.SetNote(r.String()); err != nil {
				return have, err
			}
		}
	}
	_, err = p.Complete(context.Background(), nil)
	return have, err
}

// finish goes on after a crash, with no more faults: what was durable must be
// there, and the file must become the right one.
func finish(t *testing.T, f *faultfs.FS, start func() (*store.Store, error), file transfer.File, b []byte, durable ranges.Set, rng *rand.Rand) {
	t.Helper()
	if !isComplete(f, file) {
		s, err := start()
		if err != nil {
			t.Fatal(err)
		}
		p := open(t, s, file, "")
		have := p.Have()
		for r := range durable.All() {
			if !have.Contains(r) {
				t.Fatalf("%v was durable, now there is %v", r, &have)
			}
		}
		if p.Missing() != nil {
			mustBeTrue(t, f, p, b)
		}
		p.Close()
		if _, err := sitting(start, file, b, rng); err != nil {
			t.Fatal(err)
		}
	}
	wantFile(t, f, file.Name, b)
}

// isComplete reports whether a file is there and no journal wants it any more.
func isComplete(f *faultfs.FS, file transfer.File) bool {
	_, err := f.Open(journalName(file.SHA1))
	_, there := f.Open(file.Name)
	return err != nil && there == nil
}

// everyCall counts the calls of a download, and runs test once for each of
// them on a fresh disk.
func everyCall(t *testing.T, test func(t *testing.T, call int, noLinks bool)) {
	for _, noLinks := range []bool{false, true} {
		f, start := crashing(0, noLinks)
		file, b := content(1, 2000)
		if _, err := sitting(start, file, b, rand.New(rand.NewPCG(1, 1))); err != nil {
			t.Fatal(err)
		}
		if f.Calls() < 60 {
			t.Fatalf("a download of %d calls tests nothing", f.Calls())
		}
		for call := range f.Calls() {
			t.Run(fmt.Sprintf("call %d no links %v", call+1, noLinks), func(t *testing.T) { test(t, call+1, noLinks) })
		}
	}
}

func TestPowerCutAtEveryCall(t *testing.T) {
	file, b := content(1, 2000)
	everyCall(t, func(t *testing.T, call int, noLinks bool) {
		for seed := range uint64(20) {
			f, start := crashing(seed, noLinks)
			f.Inject(faultfs.Fault{Call: call, Cut: true})
			rng := rand.New(rand.NewPCG(1, 1))
			durable, err := sitting(start, file, b, rng)
			if err != nil && !errors.Is(err, faultfs.ErrPower) || f.Calls() < call {
				t.Fatalf("seed %d: the cut went by: %v", seed, err)
			}
			f.Restart()
			finish(t, f, start, file, b, durable, rng)
		}
	})
}

func TestKillAtEveryCall(t *testing.T) {
	file, b := content(1, 2000)
	everyCall(t, func(t *testing.T, call int, noLinks bool) {
		f, start := crashing(1, noLinks)
		f.Inject(faultfs.Fault{Call: call, Cut: true})
		rng := rand.New(rand.NewPCG(1, 1))
		durable, _ := sitting(start, file, b, rng)
		f.Kill()
		finish(t, f, start, file, b, durable, rng)
	})
}

// TestErrorAtEveryCall lets each call fail once: the download goes on after it,
// with the same or a new Partial, and a power cut later finds nothing wrong.
func TestErrorAtEveryCall(t *testing.T) {
	file, b := content(1, 2000)
	for _, cause := range []error{syscall.EIO, syscall.ENOSPC} {
		everyCall(t, func(t *testing.T, call int, noLinks bool) {
			for seed := range uint64(5) {
				f, start := crashing(seed, noLinks)
				f.Inject(faultfs.Fault{Call: call, Err: cause, Wrote: 7})
				rng := rand.New(rand.NewPCG(1, 1))
				durable, err := sitting(start, file, b, rng)
				if err != nil && !errors.Is(err, cause) {
					t.Fatalf("seed %d: %v", seed, err)
				}
				if err != nil && cause == syscall.ENOSPC && !errors.Is(err, store.ErrNoSpace) {
					t.Fatalf("seed %d: not told that the disk is full: %v", seed, err)
				}
				f.Restart()
				finish(t, f, start, file, b, durable, rng)
			}
		})
	}
}

// TestManyFaults throws all of it at one download, many times.
func TestManyFaults(t *testing.T) {
	file, b := content(1, 2000)
	for seed := range uint64(1500) {
		t.Logf("seed %d", seed)
		rng := rand.New(rand.NewPCG(seed, 2))
		f, start := crashing(seed, seed%3 == 0)
		var durable ranges.Set
		for range 6 {
			for range rng.IntN(4) {
				f.Inject(faultfs.Fault{Call: 1 + rng.IntN(80), Err: []error{syscall.EIO, syscall.ENOSPC}[rng.IntN(2)], Wrote: rng.IntN(2000)})
			}
			f.Inject(faultfs.Fault{Op: faultfs.Sync, Call: 1 + rng.IntN(10), Err: syscall.EIO})
			f.Inject(faultfs.Fault{Call: 1 + rng.IntN(120), Cut: true})
			if isComplete(f, file) {
				break
			}
			if have, err := sitting(start, file, b, rng); err == nil || have.Len() > 0 {
				durable = have
			}
			if rng.IntN(3) == 0 {
				f.Kill()
			} else {
				f.Restart()
			}
		}
		f.Restart()
		finish(t, f, start, file, b, durable, rng)
	}
}
