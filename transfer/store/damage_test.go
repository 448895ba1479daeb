package store_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"filbert/transfer"
	"filbert/transfer/ranges"
	"filbert/transfer/store"
	"filbert/transfer/store/faultfs"
)

// begun is a partial file of which every second of n pieces of 100 bytes is
// there, and the disk it is on.
func begun(t *testing.T, d *disk, n int) (*store.Store, transfer.File, []byte) {
	t.Helper()
	file, b := content(1, 200*n)
	s := d.open(t)
	p := open(t, s, file, "")
	for i := range int64(n) {
		writeAt(t, p, b, ranges.Range{Start: 200 * i, End: 200*i + 100})
	}
	if err := p.Close(); err != nil {
		t.Fatal(err)
	}
	return s, file, b
}

// fetchRest writes what is missing and completes the file.
func fetchRest(t *testing.T, d *disk, s *store.Store, file transfer.File, b []byte) {
	t.Helper()
	p := open(t, s, file, "")
	mustBeTrue(t, d.fs, p, b)
	writeAt(t, p, b, p.Missing()...)
	complete(t, p)
	wantFile(t, d.fs, file.Name, b)
}

// mustBeTrue holds what a partial file claims against what is on disk.
func mustBeTrue(t *testing.T, fsys store.FS, p *store.Partial, want []byte) {
	t.Helper()
	have := p.Have()
	if have.Len() == 0 {
		return
	}
	got := readFile(t, fsys, partialName(p.File().SHA1))
	for r := range have.All() {
		if r.End > int64(len(got)) || !slices.Equal(got[r.Start:r.End], want[r.Start:r.End]) {
			t.Fatalf("%v is claimed and not there", r)
		}
	}
}

// overwrite changes some bytes of a file.
func overwrite(t *testing.T, fsys store.FS, name string, at int64, b ...byte) {
	t.Helper()
	f, err := fsys.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	_, err = f.WriteAt(b, at)
	if err := errors.Join(err, f.Close()); err != nil {
		t.Fatal(err)
	}
}

func truncate(t *testing.T, fsys store.FS, name string, size int64) {
	t.Helper()
	f, err := fsys.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(f.Truncate(size), f.Close()); err != nil {
		t.Fatal(err)
	}
}

func setAside(t *testing.T, fsys store.FS) int {
	t.Helper()
	n := 0
	for _, name := range list(t, fsys, ".filbert") {
		if strings.Contains(name, ".journal.corrupt-") {
			n++
		}
	}
	return n
}

func TestCorruptHeaderIsSetAside(t *testing.T) {
	onDisks(t, func(t *testing.T, d *disk) {
		s, file, b := begun(t, d, 10)
		overwrite(t, d.fs, journalName(file.SHA1), 12, 0xff)
		if entries, err := s.List(); !errors.Is(err, store.ErrCorrupt) || len(entries) > 0 {
			t.Fatalf("%+v, %v", entries, err)
		}
		if n := setAside(t, d.fs); n != 1 {
			t.Fatalf("%d journals set aside", n)
		}
		s = d.open(t) // must leave the bytes of the journal that was set aside alone
		if len(readFile(t, d.fs, partialName(file.SHA1))) != len(b) {
			t.Fatal("the partial file was touched")
		}
		p := open(t, s, file, "")
		wantMissing(t, p, ranges.Range{End: file.Size})
		p.Close()
		fetchRest(t, d, s, file, b)
	})
}

func TestJournalOfAnotherFileIsSetAside(t *testing.T) {
	onDisks(t, func(t *testing.T, d *disk) {
		s, file, _ := begun(t, d, 10)
		other, b := content(2, int(file.Size))
		if err := d.fs.Rename(journalName(file.SHA1), journalName(other.SHA1)); err != nil {
			t.Fatal(err)
		}
		fetchRest(t, d, s, other, b)
		if n := setAside(t, d.fs); n != 1 {
			t.Fatalf("%d journals set aside", n)
		}
	})
}

// TestDamageKeepsWhatStoodBefore breaks a long journal in its second record of
// claims: the first still holds.
func TestDamageKeepsWhatStoodBefore(t *testing.T) {
	onDisks(t, func(t *testing.T, d *disk) {
		s, file, b := begun(t, d, 1200)
		overwrite(t, d.fs, journalName(file.SHA1), 6000, 0xff, 0xff)
		p := open(t, s, file, "")
		have := p.Have()
		if have.Intervals() != 256 {
			t.Fatalf("%d ranges survive, want 256", have.Intervals())
		}
		p.Close()
		if err := d.fs.Link("none", d.fs, "none 2"); !errors.Is(err, errors.ErrUnsupported) && setAside(t, d.fs) != 1 {
			t.Fatal("the damaged journal was not kept aside")
		}
		fetchRest(t, d, s, file, b)
	})
}

// TestEveryByteOfTheJournalFlipped never finds a byte claimed that is not there.
func TestEveryByteOfTheJournalFlipped(t *testing.T) {
	size := 1
	for i := 0; i < size; i++ {
		d := &disk{folder: "/", fs: faultfs.New(faultfs.Config{})}
		s, file, b := begun(t, d, 10)
		journal := readFile(t, d.fs, journalName(file.SHA1))
		size = len(journal)
		overwrite(t, d.fs, journalName(file.SHA1), int64(i), journal[i]^0x10)
		fetchRest(t, d, s, file, b)
	}
}

func TestJournalCutAnywhere(t *testing.T) {
	size := 1
	for i := 0; i < size; i++ {
		d := &disk{folder: "/", fs: faultfs.New(faultfs.Config{})}
		s, file, b := begun(t, d, 10)
		size = len(readFile(t, d.fs, journalName(file.SHA1)))
		truncate(t, d.fs, journalName(file.SHA1), int64(i))
		fetchRest(t, d, s, file, b)
	}
}

func TestPartialShorterThanClaimed(t *testing.T) {
	onDisks(t, func(t *testing.T, d *disk) {
		s, file, b := begun(t, d, 3)
		truncate(t, d.fs, partialName(file.SHA1), 250)
		p := open(t, s, file, "")
		wantHave(t, p, ranges.Range{Start: 0, End: 100}, ranges.Range{Start: 200, End: 250})
		p.Close()
		p = open(t, s, file, "") // it has its full length again, and claims no more
		wantHave(t, p, ranges.Range{Start: 0, End: 100}, ranges.Range{Start: 200, End: 250})
		p.Close()
		truncate(t, d.fs, partialName(file.SHA1), 5000)
		fetchRest(t, d, s, file, b)
	})
}

func TestPartialGone(t *testing.T) {
	onDisks(t, func(t *testing.T, d *disk) {
		s, file, b := begun(t, d, 3)
		if err := d.fs.Remove(partialName(file.SHA1)); err != nil {
			t.Fatal(err)
		}
		p := open(t, s, file, "")
		wantMissing(t, p, ranges.Range{End: file.Size})
		p.Close()
		fetchRest(t, d, s, file, b)
	})
}

// TestTooManyPieces writes every second byte until the set of ranges is full.
func TestTooManyPieces(t *testing.T) {
	d := &disk{folder: "/", fs: faultfs.New(faultfs.Config{})}
	file, b := content(1, 2*ranges.MaxIntervals+10)
	s := d.open(t)
	p := open(t, s, file, "")
	for i := range int64(ranges.MaxIntervals) {
		writeAt(t, p, b, ranges.Range{Start: 2 * i, End: 2*i + 1})
	}
	if _, err := p.WriteAt(b[file.Size-1:], file.Size-1); !errors.Is(err, store.ErrFragmented) {
		t.Fatalf("one piece too many: %v", err)
	}
	writeAt(t, p, b, ranges.Range{Start: 1, End: 2}) // closes a gap
	writeAt(t, p, b, ranges.Range{Start: file.Size - 1, End: file.Size})
	p.Close()
	p = open(t, s, file, "")
	if have := p.Have(); have.Intervals() != ranges.MaxIntervals {
		t.Fatalf("%d pieces after the restart", have.Intervals())
	}
	mustBeTrue(t, d.fs, p, b)
}
