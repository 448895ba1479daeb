package state

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// onBoth runs a test on a store on disk and on one in memory.
func onBoth(t *testing.T, test func(t *testing.T, db *DB)) {
	t.Run("disk", func(t *testing.T) { test(t, openAt(t, filepath.Join(t.TempDir(), "state.db"))) })
	t.Run("memory", func(t *testing.T) { test(t, Memory()) })
}

func openAt(t testing.TB, path string) *DB {
	t.Helper()
	db, err := Open(path, Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	return db
}

// contents is all a bucket holds.
func contents(t testing.TB, b Bucket) map[string]string {
	t.Helper()
	all := map[string]string{}
	if err := b.ForEach(func(key string, value []byte) error {
		all[key] = string(value)
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	return all
}

func put(t testing.TB, b Bucket, key, value string) {
	t.Helper()
	if err := b.Put(key, []byte(value)); err != nil {
		t.Fatal(err)
	}
}

func TestBucket(t *testing.T) {
	onBoth(t, func(t *testing.T, db *DB) {
		hosts, files := db.Bucket("hosts"), db.Bucket("files")
		if _, err := hosts.Get("a"); !errors.Is(err, ErrNotFound) {
			t.Errorf("get before put: %v", err)
		}
		if err := hosts.Delete("a"); err != nil {
			t.Errorf("delete before put: %v", err)
		}
		put(t, hosts, "b", "2")
		put(t, hosts, "a", "1")
		put(t, hosts, "empty", "")
		put(t, hosts, "a", "3")
		put(t, files, "a", "another bucket")
		if got, err := hosts.Get("empty"); err != nil || got == nil || len(got) != 0 {
			t.Errorf("an empty value: %v %v", got, err)
		}
		if got := contents(t, hosts); !maps.Equal(got, map[string]string{"a": "3", "b": "2", "empty": ""}) {
			t.Errorf("hosts: %v", got)
		}
		if err := hosts.Delete("b"); err != nil {
			t.Error(err)
		}
		if _, err := hosts.Get("b"); !errors.Is(err, ErrNotFound) {
			t.Errorf("get after delete: %v", err)
		}
		if got := contents(t, files); len(got) != 1 {
			t.Errorf("files: %v", got)
		}
		if aside, why := db.Recovered(); aside != "" || why != nil {
			t.Errorf("recovered: %q %v", aside, why)
		}
	})
}

func TestForEachInOrderWhileTheBucketChanges(t *testing.T) {
	onBoth(t, func(t *testing.T, db *DB) {
		b := db.Bucket("b")
		for _, key := range []string{"d", "a", "c", "b"} {
			put(t, b, key, "v")
		}
		var seen []string
		visit := func(key string, drop func(string) error, add func(string, []byte) error) error {
			seen = append(seen, key)
			return errors.Join(drop("c"), add("aa", nil))
		}
		if err := b.ForEach(func(key string, _ []byte) error { return visit(key, b.Delete, b.Put) }); err != nil {
			t.Fatal(err)
		}
		if want := []string{"a", "b", "d"}; !slices.Equal(seen, want) {
			t.Errorf("saw %v, want %v", seen, want)
		}
		seen = nil
		if err := db.Update(func(tx *Tx) error {
			return tx.ForEach("b", func(key string, _ []byte) error {
				return visit(key, func(string) error { return tx.Delete("b", "b") }, func(string, []byte) error { return tx.Put("b", "e", nil) })
			})
		}); err != nil {
			t.Fatal(err)
		}
		if want := []string{"a", "aa", "d"}; !slices.Equal(seen, want) {
			t.Errorf("saw %v, want %v", seen, want)
		}
		stop := errors.New("enough")
		if err := b.ForEach(func(string, []byte) error { return stop }); err != stop {
			t.Errorf("for each that stops: %v", err)
		}
	})
}

func TestUpdateIsAllOrNothing(t *testing.T) {
	onBoth(t, func(t *testing.T, db *DB) {
		a, b := db.Bucket("a"), db.Bucket("b")
		put(t, a, "kept", "old")
		put(t, a, "gone", "old")
		before := contents(t, a)
		stop := errors.New("changed my mind")
		change := func(tx *Tx) error {
			return errors.Join(tx.Put("a", "kept", []byte("new")), tx.Delete("a", "gone"),
				tx.Put("a", "kept", []byte("newer")), tx.Put("b", "made", nil))
		}
		err := db.Update(func(tx *Tx) error {
			if err := change(tx); err != nil {
				return err
			}
			if got, err := tx.Get("a", "kept"); err != nil || string(got) != "newer" {
				t.Errorf("its own write reads as %q %v", got, err)
			}
			return stop
		})
		if !errors.Is(err, stop) || !maps.Equal(contents(t, a), before) || len(contents(t, b)) != 0 {
			t.Errorf("after an error: %v, %v %v", err, contents(t, a), contents(t, b))
		}
		func() {
			defer func() {
				if r := recover(); r != "oops" {
					t.Errorf("the caller's panic arrived as %v", r)
				}
			}()
			_ = db.Update(func(tx *Tx) error {
				if err := change(tx); err != nil {
					t.Error(err)
				}
				panic("oops")
			})
		}()
		if !maps.Equal(contents(t, a), before) || len(contents(t, b)) != 0 {
			t.Errorf("after a panic: %v %v", contents(t, a), contents(t, b))
		}
		var kept *Tx
		if err := db.Update(func(tx *Tx) error { kept = tx; return change(tx) }); err != nil {
			t.Fatal(err)
		}
		if got := contents(t, a); !maps.Equal(got, map[string]string{"kept": "newer"}) {
			t.Errorf("after success: %v", got)
		}
		_, getErr := kept.Get("a", "kept")
		for _, err := range []error{getErr, kept.Put("a", "k", nil), kept.Delete("a", "k"), kept.ForEach("a", nil)} {
			if !errors.Is(err, ErrClosed) {
				t.Errorf("a transaction used after its end: %v", err)
			}
		}
	})
}

func TestSizesAtTheirCaps(t *testing.T) {
	onBoth(t, func(t *testing.T, db *DB) {
		for _, size := range []struct {
			name, key, value int
			ok               bool
		}{
			{0, 1, 0, false}, {1, 0, 0, false}, {1, 1, 0, true},
			{MaxName - 1, 1, 0, true}, {MaxName, 1, 0, true}, {MaxName + 1, 1, 0, false},
			{1, MaxKey - 1, 0, true}, {1, MaxKey, 0, true}, {1, MaxKey + 1, 0, false},
			{1, 1, MaxValue - 1, true}, {1, 1, MaxValue, true}, {1, 1, MaxValue + 1, false},
			{MaxName, MaxKey, MaxValue, true},
		} {
			b, key := db.Bucket(strings.Repeat("n", size.name)), strings.Repeat("k", size.key)
			if err := b.Delete(key); err != nil {
				t.Error(err)
			}
			value := bytes.Repeat([]byte{0xA5}, size.value)
			err := b.Put(key, value)
			if !size.ok {
				if !errors.Is(err, ErrTooLarge) {
					t.Errorf("%v was taken: %v", size, err)
				}
				if _, err := b.Get(key); !errors.Is(err, ErrNotFound) {
					t.Errorf("%v: %v", size, err)
				}
				continue
			}
			if err != nil {
				t.Errorf("%v: %v", size, err)
			}
			if got, err := b.Get(key); err != nil || !bytes.Equal(got, value) {
				t.Errorf("%v: read %d bytes back, %v", size, len(got), err)
			}
		}
	})
}

func TestValuesAreCopies(t *testing.T) {
	onBoth(t, func(t *testing.T, db *DB) {
		b, mine := db.Bucket("b"), []byte("value")
		if err := b.Put("k", mine); err != nil {
			t.Fatal(err)
		}
		mine[0] = 'V'
		first, err := b.Get("k")
		if err != nil || string(first) != "value" {
			t.Fatalf("%q %v", first, err)
		}
		first[0] = 'X'
		_ = append(first, "more"...)
		if again, err := b.Get("k"); err != nil || string(again) != "value" {
			t.Errorf("%q %v", again, err)
		}
	})
}

func TestClosed(t *testing.T) {
	onBoth(t, func(t *testing.T, db *DB) {
		put(t, db.Bucket("b"), "k", "v")
		for range 2 {
			if err := db.Close(); err != nil {
				t.Errorf("close: %v", err)
			}
		}
		_, getErr := db.Bucket("b").Get("k")
		for _, err := range []error{getErr, db.Bucket("b").Put("k", nil), db.Bucket("b").ForEach(nil)} {
			if !errors.Is(err, ErrClosed) {
				t.Errorf("after close: %v", err)
			}
		}
	})
}

func TestOpenAgain(t *testing.T) {
	path := filepath.Join(t.TempDir(), "state.db")
	want := map[string]string{}
	for round := range 5 {
		db := openAt(t, path)
		if got := contents(t, db.Bucket("b")); !maps.Equal(got, want) {
			t.Fatalf("round %d: %v, want %v", round, got, want)
		}
		key := fmt.Sprint(round)
		put(t, db.Bucket("b"), key, strings.Repeat(key, 1000*round))
		want[key] = strings.Repeat(key, 1000*round)
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

// TestNewerValue is a value that a later release wrote: it is whole, so the file
// is kept, and it is not mistaken for ours.
func TestNewerValue(t *testing.T) {
	onBoth(t, func(t *testing.T, db *DB) {
		framed := frame("b", "k", []byte("from the future"))
		framed[0]++
		sum := checksum(framed[0], "b", "k", framed[frameHeader:])
		framed = append([]byte{framed[0], byte(sum >> 24), byte(sum >> 16), byte(sum >> 8), byte(sum)}, framed[frameHeader:]...)
		if err := db.b.update(func(t txn) error { return t.put("b", "k", framed) }); err != nil {
			t.Fatal(err)
		}
		if _, err := db.Bucket("b").Get("k"); !errors.Is(err, ErrVersion) {
			t.Errorf("get: %v", err)
		}
		put(t, db.Bucket("b"), "k", "ours")
		if got, err := db.Bucket("b").Get("k"); err != nil || string(got) != "ours" {
			t.Errorf("after writing it anew: %q %v", got, err)
		}
	})
}

func BenchmarkPut(b *testing.B) {
	for name, db := range map[string]*DB{"disk": openAt(b, filepath.Join(b.TempDir(), "state.db")), "memory": Memory()} {
		b.Run(name, func(b *testing.B) {
			value := make([]byte, 200)
			b.ReportAllocs()
			for i := range b.N {
				if err := db.Bucket("b").Put(fmt.Sprint(i%1000), value); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkGet(b *testing.B) {
	for name, db := range map[string]*DB{"disk": openAt(b, filepath.Join(b.TempDir(), "state.db")), "memory": Memory()} {
		b.Run(name, func(b *testing.B) {
			put(b, db.Bucket("b"), "k", strings.Repeat("v", 200))
			b.ReportAllocs()
			for b.Loop() {
				if _, err := db.Bucket("b").Get("k"); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
