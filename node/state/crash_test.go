package state

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// crashKeys is how many keys each transaction of a writer sets, to one number.
const crashKeys = 20

// crashValue is what key i holds after transaction n; the lengths differ so that
// pages come and go.
func crashValue(n, i int) string {
	return strconv.Itoa(n) + strings.Repeat(".", (n*7+i*131)%900)
}

// beWriter writes transactions one after the other and says the number of each
// that is done, until it is killed.
func beWriter(path string) {
	db, err := Open(path, Options{})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	if _, why := db.Recovered(); why != nil {
		fmt.Fprintln(os.Stderr, "a kill damaged the file:", why)
		os.Exit(1)
	}
	n := lastWritten(db)
	for {
		n++
		if err := db.Update(func(tx *Tx) error {
			var errs []error
			for i := range crashKeys {
				key := fmt.Sprint("key", i)
				if (n+i)%5 == 0 {
					errs = append(errs, tx.Delete("b", key), tx.Delete("b", key+"-twin"))
					continue
				}
				errs = append(errs, tx.Put("b", key, []byte(crashValue(n, i))), tx.Put("b", key+"-twin", []byte(crashValue(n, i))))
			}
			return errors.Join(append(errs, tx.Put("last", "n", []byte(strconv.Itoa(n))))...)
		}); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		fmt.Println(n)
	}
}

// lastWritten is the number of the last transaction in a store.
func lastWritten(db *DB) int {
	b, _ := db.Bucket("last").Get("n")
	n, _ := strconv.Atoi(string(b))
	return n
}

// TestKilledWhileWriting kills a writer at any moment, dozens of times on one
// file: each time the file holds one transaction whole, and none is lost of
// which the writer said that it was done.
func TestKilledWhileWriting(t *testing.T) {
	path := filepath.Join(t.TempDir(), "state.db")
	rng := rand.New(rand.NewPCG(1, 1))
	said := 0
	for kill := range 40 {
		writer := begin(t, "writer", path)
		for range 1 + rng.IntN(20) {
			line := writer.line()
			n, err := strconv.Atoi(line)
			if err != nil || n != said+1 {
				t.Fatalf("kill %d: the writer said %q after %d", kill, line, said)
			}
			said = n
		}
		for range rng.IntN(50_000) { // so that the kill comes anywhere in a transaction
		}
		for _, line := range writer.kill() {
			if n, err := strconv.Atoi(line); err == nil {
				said = n
			}
		}

		db := openAt(t, path)
		if _, why := db.Recovered(); why != nil {
			t.Fatalf("kill %d damaged the file: %v", kill, why)
		}
		n := lastWritten(db)
		if n != said && n != said+1 {
			t.Fatalf("kill %d: the writer said %d, the file holds %d", kill, said, n)
		}
		said = n
		got := contents(t, db.Bucket("b"))
		present := 0
		for i := range crashKeys {
			key := fmt.Sprint("key", i)
			if (n+i)%5 == 0 {
				continue
			}
			present += 2
			if want := crashValue(n, i); got[key] != want || got[key+"-twin"] != want {
				t.Fatalf("kill %d: %s is not of transaction %d", kill, key, n)
			}
		}
		if len(got) != present {
			t.Fatalf("kill %d: %d keys, want %d", kill, len(got), present)
		}
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
	}
	t.Logf("40 kills in %d transactions", said)
}
