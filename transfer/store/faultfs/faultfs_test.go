package faultfs

import (
	"bytes"
	"errors"
	"io/fs"
	"slices"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"filbert/transfer/store"
)

func create(t *testing.T, f *FS, name string, b []byte) store.Handle {
	t.Helper()
	h, err := f.Create(name)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := h.WriteAt(b, 0); err != nil {
		t.Fatal(err)
	}
	return h
}

// content is the bytes of a file; nil if there is none.
func content(t *testing.T, f *FS, name string) []byte {
	t.Helper()
	h, err := f.Open(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		t.Fatal(err)
	}
	size, err := h.Size()
	if err != nil {
		t.Fatal(err)
	}
	b := make([]byte, size)
	if n, err := h.ReadAt(b, 0); int64(n) < size {
		t.Fatal(err)
	}
	return b
}

func must(t *testing.T, errs ...error) {
	t.Helper()
	if err := errors.Join(errs...); err != nil {
		t.Fatal(err)
	}
}

var old, young = bytes.Repeat([]byte("o"), 10*sectorBytes), bytes.Repeat([]byte("y"), 10*sectorBytes)

// TestPowerCut: what was synced is always there, of the rest any sectors.
func TestPowerCut(t *testing.T) {
	outcomes := map[string]int{}
	for seed := range uint64(200) {
		f := New(Config{Seed: seed})
		h := create(t, f, "a", old)
		must(t, h.Sync(), f.SyncDir("."))
		_, err := h.WriteAt(young, 0)
		must(t, err)
		f.Restart()
		got := content(t, f, "a")
		if len(got) != len(old) {
			t.Fatalf("seed %d: %d bytes are left of %d", seed, len(got), len(old))
		}
		kept := 0
		for sector := range slices.Chunk(got, sectorBytes) {
			switch {
			case bytes.Equal(sector, young[:sectorBytes]):
				kept++
			case !bytes.Equal(sector, old[:sectorBytes]):
				t.Fatalf("seed %d: a sector is neither old nor new", seed)
			}
		}
		outcomes[map[bool]string{true: "nothing", false: "part"}[kept == 0]]++
		if kept == 10 {
			outcomes["all"]++
		}
		if _, err := h.WriteAt(young, 0); !errors.Is(err, ErrPower) {
			t.Fatalf("a handle survived the power cut: %v", err)
		}
	}
	for _, outcome := range []string{"nothing", "part", "all"} {
		if outcomes[outcome] < 10 {
			t.Errorf("%s of the new bytes survived %d of 200 times", outcome, outcomes[outcome])
		}
	}
}

// TestNamesNeedTheirFolderSynced: a rename is there as a whole or not at all.
func TestNamesNeedTheirFolderSynced(t *testing.T) {
	lost, kept := 0, 0
	for seed := range uint64(100) {
		f := New(Config{Seed: seed})
		must(t, f.Mkdir("sub"), f.SyncDir("."))
		must(t, create(t, f, "sub/a", old).Sync(), create(t, f, "sub/b", young).Sync(), f.SyncDir("sub"))
		must(t, f.Rename("sub/a", "sub/b"))
		f.Restart()
		switch a, b := content(t, f, "sub/a"), content(t, f, "sub/b"); {
		case bytes.Equal(a, old) && bytes.Equal(b, young):
			lost++
		case a == nil && bytes.Equal(b, old):
			kept++
		default:
			t.Fatalf("seed %d: a has %d bytes and b %d", seed, len(a), len(b))
		}
	}
	if lost < 10 || kept < 10 {
		t.Errorf("the rename was lost %d times and kept %d", lost, kept)
	}
	f := New(Config{})
	must(t, create(t, f, "a", old).Sync(), f.SyncDir("."), f.Remove("a"), f.SyncDir("."))
	f.Restart()
	if content(t, f, "a") != nil {
		t.Error("a removal that was synced is undone")
	}
}

// TestFailedSync: the system forgets that the bytes are not on disk.
func TestFailedSync(t *testing.T) {
	lost := 0
	for seed := range uint64(50) {
		f := New(Config{Seed: seed})
		h := create(t, f, "a", old)
		must(t, h.Sync(), f.SyncDir("."))
		_, err := h.WriteAt(young, 0)
		must(t, err)
		f.Inject(Fault{Op: Sync, Call: 1, Err: syscall.EIO})
		if err := h.Sync(); !errors.Is(err, syscall.EIO) {
			t.Fatal(err)
		}
		if !bytes.Equal(content(t, f, "a"), young) {
			t.Fatal("reads no longer give what was written")
		}
		must(t, h.Sync())
		f.Restart()
		if !bytes.Equal(content(t, f, "a"), young) {
			lost++
		}
	}
	if lost < 10 {
		t.Errorf("bytes were lost %d of 50 times", lost)
	}
}

func TestKillLosesNothing(t *testing.T) {
	f := New(Config{})
	h := create(t, f, "a", old)
	f.Kill()
	if !bytes.Equal(content(t, f, "a"), old) {
		t.Error("a kill lost bytes")
	}
	if err := h.Sync(); !errors.Is(err, ErrPower) {
		t.Errorf("a handle survived the kill: %v", err)
	}
}

func TestSameSeedLosesTheSame(t *testing.T) {
	after := func(seed uint64) []byte {
		f := New(Config{Seed: seed})
		h := create(t, f, "a", old)
		must(t, h.Sync(), f.SyncDir("."))
		for i := range int64(5) {
			_, err := h.WriteAt(young[:700], 900*i)
			must(t, err)
		}
		f.Restart()
		return content(t, f, "a")
	}
	differ := false
	for seed := range uint64(20) {
		if !bytes.Equal(after(seed), after(seed)) {
			t.Fatalf("seed %d: two runs differ", seed)
		}
		differ = differ || !bytes.Equal(after(seed), after(seed+1))
	}
	if !differ {
		t.Error("all seeds lose the same")
	}
}

// TestFaults injects one of each kind.
func TestFaults(t *testing.T) {
	f := New(Config{Capacity: 1000})
	h := create(t, f, "a", nil)

	f.Inject(Fault{Op: Write, Suffix: "a", Call: 2, Err: syscall.EIO, Wrote: 3})
	if n, err := h.WriteAt([]byte("alpha"), 0); n != 5 || err != nil {
		t.Fatalf("first write: %d, %v", n, err)
	}
	if n, err := h.WriteAt([]byte("BRAVO"), 0); n != 3 || !errors.Is(err, syscall.EIO) {
		t.Fatalf("second write: %d, %v", n, err)
	}
	if got := content(t, f, "a"); string(got) != "BRAha" {
		t.Fatalf("%q", got)
	}

	if n, err := h.WriteAt(make([]byte, 2000), 0); n != 1000 || !errors.Is(err, syscall.ENOSPC) {
		t.Fatalf("write on a full disk: %d, %v", n, err)
	}
	if err := h.Reserve(1001); !errors.Is(err, syscall.ENOSPC) {
		t.Fatalf("reserve on a full disk: %v", err)
	}
	must(t, h.Truncate(100))
	if free, err := f.Free(); free != 900 || err != nil {
		t.Fatalf("free %d, %v", free, err)
	}

	f.Inject(Fault{Op: Open, Err: syscall.EMFILE})
	for range 2 {
		if _, err := f.Open("a"); !errors.Is(err, syscall.EMFILE) || !strings.Contains(err.Error(), "open a") {
			t.Fatal(err)
		}
	}
	f.Heal()
	must(t, h.Close())
	if _, err := h.ReadAt(nil, 0); !errors.Is(err, fs.ErrClosed) {
		t.Fatalf("read of a closed file: %v", err)
	}

	before := f.Calls()
	f.Inject(Fault{Call: 2, Cut: true})
	content(t, f, "b") // opens nothing: one call
	if err := f.Remove("a"); !errors.Is(err, ErrPower) {
		t.Fatalf("the call in which the power goes: %v", err)
	}
	if _, err := f.List("."); !errors.Is(err, ErrPower) {
		t.Fatalf("after the power went: %v", err)
	}
	if n := f.Calls() - before; n != 3 {
		t.Fatalf("%d calls counted, want 3", n)
	}
}

func TestDelay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := New(Config{})
		f.Inject(Fault{Op: SyncDir, Delay: time.Minute})
		begin := time.Now()
		must(t, f.SyncDir("."))
		if took := time.Since(begin); took != time.Minute {
			t.Errorf("took %v", took)
		}
	})
}

func TestOpString(t *testing.T) {
	if Any.String() != "any" || Close.String() != "close" || Op(0x42).String() != "Op(0x42)" {
		t.Errorf("%v %v %v", Any, Close, Op(0x42))
	}
}

// TestCounts: calls are counted by kind, and the power goes once.
func TestCounts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := New(Config{})
		begin := time.Now()
		create(t, f, "a", young)
		f.Inject(Fault{Op: Write, Cut: true})
		time.Sleep(time.Second)
		if h, err := f.Open("a"); err != nil {
			t.Fatal(err)
		} else if _, err := h.WriteAt(old, 0); !errors.Is(err, ErrPower) {
			t.Fatal(err)
		}
		time.Sleep(time.Second)
		f.Cut()
		if creates, writes := f.CallsOf(Create), f.CallsOf(Write); creates != 1 || writes != 2 || f.CutAt().Sub(begin) != time.Second {
			t.Errorf("%d creates, %d writes, cut after %v", creates, writes, f.CutAt().Sub(begin))
		}
	})
}
