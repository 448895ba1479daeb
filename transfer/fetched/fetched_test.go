package fetched

import (
	"os"
	"path/filepath"
	"testing"

	"filbert/transfer"
	"filbert/transfer/urn"
)

// TestNewestAreKept: as many files as fit are found, the newest.
func TestNewestAreKept(t *testing.T) {
	at := filepath.Join(t.TempDir(), "a")
	if err := os.WriteFile(at, []byte("a"), 0o600); err != nil {
		t.Fatal(err)
	}
	var f Files
	sum := func(i int) urn.SHA1 { return urn.SHA1{byte(i), byte(i >> 8)} }
	for i := range maxFiles + 3 {
		if err := f.Add(transfer.File{SHA1: sum(i), Size: 1}, at, nil); err != nil {
			t.Fatal(err)
		}
	}
	for i, want := range map[int]bool{0: false, 2: false, 3: true, maxFiles + 2: true, maxFiles + 3: false} {
		if _, ok := f.Find(sum(i)); ok != want {
			t.Errorf("file %d is found: %v", i, ok)
		}
	}
	if got := f.Hashes(); len(got) != maxFiles || got[0] != sum(3) {
		t.Errorf("%d hashes, the first %x", len(got), got[0])
	}
	if err := f.Add(transfer.File{}, at+"b", nil); err == nil {
		t.Error("a file that is not there is given on")
	}
}
