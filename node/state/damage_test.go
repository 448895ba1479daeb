package state

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

// sample writes a store with buckets of every shape (inline, one leaf, branches,
// long values, free pages) and returns its file and what the last transaction
// and the one before left in it.
func sample(t testing.TB) (file []byte, states []map[string]string) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "state.db")
	db := openAt(t, path)
	put(t, db.Bucket("small"), "k", "inline")
	if err := db.Update(func(tx *Tx) error {
		var errs []error
		for i := range 120 {
			errs = append(errs, tx.Put("branch", fmt.Sprintf("key-%04d", i), bytes.Repeat([]byte{byte(i)}, 100)))
		}
		errs = append(errs, tx.Put("long", "k", bytes.Repeat([]byte("long value "), 1000)))
		return errors.Join(errs...)
	}); err != nil {
		t.Fatal(err)
	}
	for i := range 20 {
		if err := db.Bucket("branch").Delete(fmt.Sprintf("key-%04d", 3*i)); err != nil {
			t.Fatal(err)
		}
	}
	states = append(states, everything(t, db))
	put(t, db.Bucket("small"), "k", "the last word")
	states = append(states, everything(t, db))
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	file, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return file, states
}

// everything is all a sample store holds.
func everything(t testing.TB, db *DB) map[string]string {
	t.Helper()
	all := map[string]string{}
	for _, name := range []string{"small", "branch", "long"} {
		for key, value := range contents(t, db.Bucket(name)) {
			all[name+"/"+key] = value
		}
	}
	return all
}

// start opens what a fault made of the file and demands: one of the two states
// whole, or damage that was noticed and a new store, which works.
func start(t *testing.T, what string, damaged []byte, states []map[string]string) (kept bool) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "state.db")
	if err := os.WriteFile(path, damaged, 0o600); err != nil {
		t.Fatal(err)
	}
	db, err := Open(path, Options{})
	if err != nil {
		t.Fatalf("%s: %v", what, err)
	}
	defer db.Close()
	got := everything(t, db)
	aside, why := db.Recovered()
	if why == nil && len(damaged) > 0 {
		kept = true
		if !maps.Equal(got, states[0]) && !maps.Equal(got, states[1]) {
			t.Fatalf("%s: wrong values went unnoticed", what)
		}
	} else if len(got) != 0 {
		t.Fatalf("%s: set aside (%v), yet it holds %d values", what, why, len(got))
	}
	if why != nil {
		if !errors.Is(why, ErrCorrupt) || !strings.HasPrefix(aside, path+".corrupt-") {
			t.Fatalf("%s: set aside as %q: %v", what, aside, why)
		}
		if old, err := os.ReadFile(aside); err != nil || !bytes.Equal(old, damaged) {
			t.Fatalf("%s: what was set aside is not what was there: %v", what, err)
		}
	}
	// A damaged freelist shows when pages are taken from it.
	for i := range 3 {
		put(t, db.Bucket("after"), fmt.Sprint(i), strings.Repeat("x", 3000))
	}
	if after := everything(t, db); !maps.Equal(after, got) {
		t.Fatalf("%s: writing changed other values", what)
	}
	if err := db.Close(); err != nil {
		t.Fatalf("%s: %v", what, err)
	}
	if now, err := os.ReadFile(path); err != nil || checkFile(bytes.NewReader(now), int64(len(now))) != nil {
		t.Fatalf("%s: writing damaged the file: %v", what, err)
	}
	return kept
}

// TestFlippedBytes changes bytes all over the file, every one of the page
// headers and elements and a sample of the rest.
func TestFlippedBytes(t *testing.T) {
	file, states := sample(t)
	rng := rand.New(rand.NewPCG(1, 2))
	tried, kept := 0, 0
	for at := range file {
		inHeader := at%pageSize < 96 && rng.IntN(6) == 0
		if !inHeader && rng.IntN(200) != 0 {
			continue
		}
		damaged := bytes.Clone(file)
		damaged[at] ^= 1 << rng.IntN(8)
		tried++
		if start(t, fmt.Sprintf("byte %d", at), damaged, states) {
			kept++
		}
	}
	t.Logf("%d of %d flips hit nothing that counts", kept, tried)
	if tried < 500 || kept == 0 || kept == tried {
		t.Errorf("%d of %d flips went unnoticed: the test looks at the wrong bytes", kept, tried)
	}
}

// TestEveryByteFlipped changes each byte of a tiny file. What the check does not
// notice hits nothing that counts, and it notices whatever hits a value, a key
// or what leads to them.
func TestEveryByteFlipped(t *testing.T) {
	path := filepath.Join(t.TempDir(), "state.db")
	db := openAt(t, path)
	put(t, db.Bucket("small"), "k", "the last but one")
	before := everything(t, db)
	if err := db.Update(func(tx *Tx) error {
		return errors.Join(tx.Put("small", "k", []byte("the last word")), tx.Put("long", "k", bytes.Repeat([]byte("long value "), 150)))
	}); err != nil {
		t.Fatal(err)
	}
	states := []map[string]string{before, everything(t, db)}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	file, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	unnoticed := 0
	for at := range file {
		file[at] ^= 1 << (at % 8)
		if checkFile(bytes.NewReader(file), int64(len(file))) == nil {
			if unnoticed++; file[at] != 1<<(at%8) || unnoticed%50 == 0 { // most are zeros that nobody reads
				start(t, fmt.Sprintf("byte %d", at), file, states)
			}
		}
		file[at] ^= 1 << (at % 8)
	}
	t.Logf("%d of %d bytes do not count", unnoticed, len(file))
}

func TestTruncated(t *testing.T) {
	file, states := sample(t)
	for size := 0; size < len(file); size += 512 {
		start(t, fmt.Sprintf("cut at %d", size), file[:size], states)
	}
	for _, size := range []int{1, 15, 4095, 4097, 8191, 8193, len(file) - 1} {
		start(t, fmt.Sprintf("cut at %d", size), file[:size], states)
	}
}

func TestPagesLost(t *testing.T) {
	file, states := sample(t)
	noise := make([]byte, pageSize)
	rand.NewChaCha8([32]byte{1}).Read(noise)
	for at := 0; at < len(file); at += pageSize {
		for what, lost := range map[string][]byte{
			"zero": make([]byte, pageSize), "noise": noise, "page 0": file[:pageSize],
			"the page before": file[max(0, at-pageSize):][:pageSize],
		} {
			damaged := bytes.Clone(file)
			copy(damaged[at:], lost)
			start(t, fmt.Sprintf("page %d is %s", at/pageSize, what), damaged, states)
		}
	}
}

func TestGarbage(t *testing.T) {
	_, states := sample(t)
	rng := rand.NewChaCha8([32]byte{2})
	for _, size := range []int{1, 100, 4096, 8192, 16384, 100_000} {
		noise := make([]byte, size)
		start(t, fmt.Sprintf("%d zeros", size), noise, states)
		rng.Read(noise)
		start(t, fmt.Sprintf("%d bytes of noise", size), noise, states)
	}
	start(t, "another program's file", []byte(strings.Repeat("SQLite format 3\x00", 1024)), states)
}

// TestDamagedWhileOpen lets the file go bad under an open store: calls fail, the
// process lives, and the next start sets the file aside.
func TestDamagedWhileOpen(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("a mapped file cannot be cut on Windows")
	}
	file, _ := sample(t)
	for what, damage := range map[string]func(f *os.File) error{
		"cut to nothing":  func(f *os.File) error { return f.Truncate(0) },
		"cut to the root": func(f *os.File) error { return f.Truncate(2 * pageSize) },
		"zeros":           func(f *os.File) error { _, err := f.WriteAt(make([]byte, len(file)), 0); return err },
		"noise": func(f *os.File) error {
			noise := bytes.Repeat([]byte{0xDB, 0x01, 0xFE}, len(file)/3)
			_, err := f.WriteAt(noise, 0)
			return err
		},
	} {
		t.Run(what, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "state.db")
			if err := os.WriteFile(path, file, 0o600); err != nil {
				t.Fatal(err)
			}
			db := openAt(t, path)
			put(t, db.Bucket("small"), "more", "value")
			f, err := os.OpenFile(path, os.O_RDWR, 0)
			if err != nil {
				t.Fatal(err)
			}
			if err := errors.Join(damage(f), f.Close()); err != nil {
				t.Fatal(err)
			}
			_, err = db.Bucket("branch").Get("key-0100")
			if !errors.Is(err, ErrCorrupt) {
				t.Errorf("get: %v", err)
			}
			for range 2 {
				if err := db.Bucket("small").Put("k", []byte("v")); !errors.Is(err, ErrCorrupt) {
					t.Errorf("put: %v", err)
				}
			}
			ignored := func(tx *Tx) error {
				_, _ = tx.Get("branch", "key-0100")
				return nil
			}
			if err := db.Update(ignored); !errors.Is(err, ErrCorrupt) {
				t.Errorf("an update that ignores the damage: %v", err)
			}
			if err := db.Close(); err != nil {
				t.Errorf("close: %v", err)
			}
			if what == "cut to nothing" {
				return // the same file, still locked by what bbolt left behind
			}
			again := openAt(t, path)
			if _, why := again.Recovered(); why == nil {
				t.Error("the next start noticed nothing")
			}
			put(t, again.Bucket("small"), "k", "v")
		})
	}
}

// TestOneValueRots damages a value under an open store: only that one is lost.
func TestOneValueRots(t *testing.T) {
	path := filepath.Join(t.TempDir(), "state.db")
	db := openAt(t, path)
	put(t, db.Bucket("b"), "good", "intact")
	put(t, db.Bucket("b"), "rotten", strings.Repeat("needle", 2000))
	file, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	at := bytes.LastIndex(file, []byte("needle"))
	_, err = f.WriteAt([]byte("N"), int64(at))
	if err := errors.Join(err, f.Close()); err != nil {
		t.Fatal(err)
	}
	if _, err := db.Bucket("b").Get("rotten"); !errors.Is(err, ErrCorrupt) {
		t.Errorf("the damaged value: %v", err)
	}
	if got, err := db.Bucket("b").Get("good"); err != nil || string(got) != "intact" {
		t.Errorf("its neighbor: %q %v", got, err)
	}
	put(t, db.Bucket("b"), "rotten", "written anew")
	if got, err := db.Bucket("b").Get("rotten"); err != nil || string(got) != "written anew" {
		t.Errorf("after writing it anew: %q %v", got, err)
	}
}
