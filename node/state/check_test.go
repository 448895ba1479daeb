package state

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/fnv"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
)

// TestCheckAcceptsWhatBboltWrites runs random transactions, keys of many lengths
// in buckets that grow and shrink, and wants every file of them accepted.
func TestCheckAcceptsWhatBboltWrites(t *testing.T) {
	for seed := range uint64(3) {
		path := filepath.Join(t.TempDir(), "state.db")
		db := openAt(t, path)
		rng := rand.New(rand.NewPCG(seed, 0))
		key := func() string {
			n := rng.IntN(600)
			return fmt.Sprintf("%03d%s", n, bytes.Repeat([]byte{'k'}, n*n%MaxKey/2))
		}
		for round := range 100 {
			shrink := round/25%2 == 1
			if err := db.Update(func(tx *Tx) error {
				var errs []error
				for range 1 + rng.IntN(60) {
					bucket := fmt.Sprint("bucket", rng.IntN(4))
					if shrink {
						errs = append(errs, tx.Delete(bucket, key()), tx.Delete(bucket, key()))
					} else {
						errs = append(errs, tx.Put(bucket, key(), make([]byte, 1<<rng.IntN(13))))
					}
				}
				return errors.Join(errs...)
			}); err != nil {
				t.Fatal(err)
			}
			file, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if err := checkFile(bytes.NewReader(file), int64(len(file))); err != nil {
				t.Fatalf("seed %d round %d: %v", seed, round, err)
			}
		}
	}
}

// FuzzCheckFile: whatever a file holds, the check ends, reads no page twice, and
// what it accepts bbolt can read and write. The checksums of the meta pages are
// made right first: they would stop the fuzzer at the door.
func FuzzCheckFile(f *testing.F) {
	path := filepath.Join(f.TempDir(), "state.db")
	db := openAt(f, path)
	put(f, db.Bucket("small"), "k", "v")
	for i := range 3 {
		put(f, db.Bucket("branch"), fmt.Sprint(i), string(make([]byte, 2000)))
	}
	put(f, db.Bucket("long"), "k", string(make([]byte, 2*pageSize)))
	file, err := os.ReadFile(path)
	if err != nil {
		f.Fatal(err)
	}
	for pages := 4; pages*pageSize < len(file); pages += 4 {
		f.Add(file[:pages*pageSize])
	}
	f.Fuzz(func(t *testing.T, file []byte) {
		file = bytes.Clone(file)
		for at := pageHeader; at+metaSize <= len(file) && at < 2*pageSize; at += pageSize {
			sum := fnv.New64a()
			sum.Write(file[at : at+metaSize-8])
			binary.NativeEndian.PutUint64(file[at+metaSize-8:], sum.Sum64())
		}
		r := &countingReader{Reader: bytes.NewReader(file)}
		err := checkFile(r, int64(len(file)))
		if r.n > len(file) {
			t.Fatalf("read %d bytes of %d", r.n, len(file))
		}
		if err != nil {
			if !errors.Is(err, ErrCorrupt) {
				t.Fatal(err)
			}
			return
		}
		path := filepath.Join(t.TempDir(), "state.db")
		if err := os.WriteFile(path, file, 0o600); err != nil {
			t.Fatal(err)
		}
		db, err := Open(path, Options{})
		if err != nil {
			t.Fatal(err)
		}
		defer db.Close()
		if _, why := db.Recovered(); why != nil {
			t.Fatalf("accepted, then set aside: %v", why)
		}
		before := everything(t, db)
		put(t, db.Bucket("after"), "k", string(make([]byte, 3*pageSize)))
		if !maps.Equal(everything(t, db), before) {
			t.Fatal("writing changed other values")
		}
	})
}

type countingReader struct {
	*bytes.Reader
	n int
}

func (r *countingReader) ReadAt(p []byte, at int64) (int, error) {
	r.n += len(p)
	return r.Reader.ReadAt(p, at)
}

func BenchmarkCheckFile(b *testing.B) {
	path := filepath.Join(b.TempDir(), "state.db")
	db := openAt(b, path)
	if err := db.Update(func(tx *Tx) error {
		for i := range 20_000 {
			if err := tx.Put("b", fmt.Sprint(i), make([]byte, 500)); err != nil {
				return err
			}
		}
		return nil
	}); err != nil {
		b.Fatal(err)
	}
	file, err := os.ReadFile(path)
	if err != nil {
		b.Fatal(err)
	}
	b.SetBytes(int64(len(file)))
	b.ReportAllocs()
	for b.Loop() {
		if err := checkFile(bytes.NewReader(file), int64(len(file))); err != nil {
			b.Fatal(err)
		}
	}
}
