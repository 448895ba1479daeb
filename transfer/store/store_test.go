package store_test

import (
	"context"
	"errors"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"filbert/transfer"
	"filbert/transfer/ranges"
	"filbert/transfer/store"
)

func TestDownloadInTwoSittings(t *testing.T) {
	onDisks(t, func(t *testing.T, d *disk) {
		file, b := content(1, 300000)
		s := d.open(t)
		p := open(t, s, file, "")
		wantMissing(t, p, ranges.Range{Start: 0, End: 300000})
		writeAt(t, p, b, ranges.Range{Start: 0, End: 65536}, ranges.Range{Start: 131072, End: 300000})
		wantHave(t, p)
		wantMissing(t, p, ranges.Range{Start: 65536, End: 131072})
		if err := p.Close(); err != nil {
			t.Fatal(err)
		}

		s = d.open(t)
		entries, err := s.List()
		if err != nil || len(entries) != 1 || entries[0] != (store.Entry{File: file, Have: 300000 - 65536}) {
			t.Fatalf("%+v, %v", entries, err)
		}
		p = open(t, s, file, "")
		wantMissing(t, p, ranges.Range{Start: 65536, End: 131072})
		if _, err := p.Complete(context.Background(), nil); !errors.Is(err, store.ErrIncomplete) {
			t.Fatalf("complete with bytes missing: %v", err)
		}
		writeAt(t, p, b, ranges.Range{Start: 65536, End: 131072})
		var verified int64
		path, err := p.Complete(context.Background(), func(n int64) { verified = n })
		if err != nil || path != filepath.Join(d.folder, "interop medium.bin") || verified != file.Size {
			t.Fatalf("%s, %d verified, %v", path, verified, err)
		}
		wantFile(t, d.fs, "interop medium.bin", b)
		if left := list(t, d.fs, ".filbert"); len(left) > 0 {
			t.Fatalf("left behind: %v", left)
		}
		if _, err := p.WriteAt(b[:1], 0); !errors.Is(err, store.ErrClosed) {
			t.Fatalf("write after completion: %v", err)
		}
	})
}

func TestEmptyFile(t *testing.T) {
	onDisks(t, func(t *testing.T, d *disk) {
		file, _ := content(1, 0)
		p := open(t, d.open(t), file, "")
		wantMissing(t, p)
		complete(t, p)
		wantFile(t, d.fs, file.Name, nil)
	})
}

func TestNoNameIsTakenOver(t *testing.T) {
	onDisks(t, func(t *testing.T, d *disk) {
		writeFile(t, d.fs, "interop medium.bin", []byte("mine"))
		writeFile(t, d.fs, "interop medium (2).bin", []byte("mine too"))
		file, b := content(1, 1000)
		p := open(t, d.open(t), file, "")
		writeAt(t, p, b, ranges.Range{End: 1000})
		if path := complete(t, p); path != filepath.Join(d.folder, "interop medium (3).bin") {
			t.Fatal(path)
		}
		wantFile(t, d.fs, "interop medium (3).bin", b)
		wantFile(t, d.fs, "interop medium.bin", []byte("mine"))
		wantFile(t, d.fs, "interop medium (2).bin", []byte("mine too"))
	})
}

func TestNamesOfPeersDoNotLeaveTheFolder(t *testing.T) {
	onDisks(t, func(t *testing.T, d *disk) {
		file, b := content(1, 10)
		file.Name = "../../etc/" + strings.Repeat("x", 5000) + "\x00\u202e.conf"
		p := open(t, d.open(t), file, "")
		writeAt(t, p, b, ranges.Range{End: 10})
		path := complete(t, p)
		if filepath.Dir(path) != d.folder {
			t.Fatal(path)
		}
		wantFile(t, d.fs, filepath.Base(path), b)
	})
}

func TestOutputElsewhere(t *testing.T) {
	onDisks(t, func(t *testing.T, d *disk) {
		file, b := content(1, 1000)
		s := d.open(t)
		output := filepath.Join(d.elsewhere, "bravo.bin")
		for _, bad := range []string{"bravo.bin", filepath.Join(d.elsewhere, "none", "bravo.bin"), d.elsewhere + "/" + strings.Repeat("x", 5000)} {
			if _, err := s.Open(file, bad); err == nil {
				t.Fatalf("output %.40q was accepted", bad)
			}
		}
		p := open(t, s, file, output)
		writeAt(t, p, b, ranges.Range{End: 500})
		p.Close()
		if _, err := s.Open(file, ""); !errors.Is(err, store.ErrConflict) {
			t.Fatalf("opened for another place: %v", err)
		}
		if entries, err := s.List(); err != nil || len(entries) != 1 || entries[0].Output != output {
			t.Fatalf("%+v, %v", entries, err)
		}
		p = open(t, s, file, output)
		writeAt(t, p, b, ranges.Range{Start: 500, End: 1000})
		if path := complete(t, p); path != output {
			t.Fatal(path)
		}
		wantFile(t, d.other, "bravo.bin", b)
		if left := slices.Concat(list(t, d.fs, ".filbert"), list(t, d.fs, ".")); len(left) > 0 {
			t.Fatalf("left in the download folder: %v", left)
		}
		if left := list(t, d.other, "."); len(left) > 1 {
			t.Fatalf("left in the output folder: %v", left)
		}
		if _, err := s.Open(file, output); !errors.Is(err, fs.ErrExist) {
			t.Fatalf("an output that exists was accepted: %v", err)
		}
	})
}

func TestWrongBytesStartAgain(t *testing.T) {
	onDisks(t, func(t *testing.T, d *disk) {
		file, b := content(1, 1000)
		s := d.open(t)
		p := open(t, s, file, "")
		_, wrong := content(2, 1000)
		writeAt(t, p, wrong, ranges.Range{End: 1000})
		if _, err := p.Complete(context.Background(), nil); !errors.Is(err, store.ErrVerification) {
			t.Fatal(err)
		}
		wantMissing(t, p, ranges.Range{End: 1000})
		p.Close()
		p = open(t, s, file, "") // and so it is after a restart
		wantMissing(t, p, ranges.Range{End: 1000})
		writeAt(t, p, b, ranges.Range{End: 1000})
		complete(t, p)
		wantFile(t, d.fs, file.Name, b)
	})
}

func TestCompleteStopsWithItsContext(t *testing.T) {
	onDisks(t, func(t *testing.T, d *disk) {
		file, b := content(1, 3<<20+1) // the last byte is hashed by Complete in any case
		p := open(t, d.open(t), file, "")
		writeAt(t, p, b, ranges.Range{End: file.Size})
		ctx, cancel := context.WithCancel(context.Background())
		cancel() // at once: most of it may be hashed already
		_, err := p.Complete(ctx, nil)
		if !errors.Is(err, context.Canceled) {
			t.Fatal(err)
		}
		complete(t, p)
		wantFile(t, d.fs, file.Name, b)
	})
}

func TestOpenRefuses(t *testing.T) {
	onDisks(t, func(t *testing.T, d *disk) {
		file, b := content(1, 1000)
		s := d.open(t)
		p := open(t, s, file, "")
		if _, err := s.Open(file, ""); !errors.Is(err, store.ErrOpen) {
			t.Fatalf("second open: %v", err)
		}
		if err := s.Remove(file.SHA1); !errors.Is(err, store.ErrOpen) {
			t.Fatalf("remove while open: %v", err)
		}
		for _, off := range []int64{-1, 991} {
			if _, err := p.WriteAt(b[:10], off); err == nil {
				t.Fatalf("10 bytes at %d of 1000 were accepted", off)
			}
		}
		p.Close()
		larger := file
		larger.Size++
		if _, err := s.Open(larger, ""); !errors.Is(err, store.ErrConflict) {
			t.Fatalf("open with another size: %v", err)
		}
		if _, err := s.Open(transfer.File{Size: -1}, ""); err == nil {
			t.Fatal("a negative size was accepted")
		}
	})
}

func TestRemove(t *testing.T) {
	onDisks(t, func(t *testing.T, d *disk) {
		file, b := content(1, 1000)
		s := d.open(t)
		p := open(t, s, file, filepath.Join(d.elsewhere, "bravo.bin"))
		writeAt(t, p, b, ranges.Range{End: 10})
		p.Close()
		writeFile(t, d.other, ".filbert-"+file.SHA1.String()+".tmp", b) // as a kill leaves it
		for range 2 {
			if err := s.Remove(file.SHA1); err != nil {
				t.Fatal(err)
			}
		}
		if left := slices.Concat(list(t, d.fs, ".filbert"), list(t, d.other, ".")); len(left) > 0 {
			t.Fatalf("left behind: %v", left)
		}
	})
}

// TestNewClearsAway starts on a folder in which a kill left what nothing
// claims, and in which there is what is none of the store's business.
func TestNewClearsAway(t *testing.T) {
	onDisks(t, func(t *testing.T, d *disk) {
		file, _ := content(1, 1000)
		open(t, d.open(t), file, "").Close()
		orphan, _ := content(2, 1000)
		damaged, _ := content(3, 1000)
		for _, name := range []string{
			partialName(orphan.SHA1), journalName(orphan.SHA1) + ".tmp",
			partialName(damaged.SHA1), journalName(damaged.SHA1) + ".corrupt-20240101-000000.000",
			".filbert/notes.txt", ".filbert/notes.journal",
		} {
			writeFile(t, d.fs, name, []byte("x"))
		}
		s := d.open(t)
		want := []string{
			filepath.Base(partialName(file.SHA1)), filepath.Base(journalName(file.SHA1)),
			filepath.Base(partialName(damaged.SHA1)), filepath.Base(journalName(damaged.SHA1)) + ".corrupt-20240101-000000.000",
			"notes.txt", "notes.journal",
		}
		slices.Sort(want)
		if got := list(t, d.fs, ".filbert"); !slices.Equal(got, want) {
			t.Fatalf("after the start there are %v, want %v", got, want)
		}
		if entries, err := s.List(); err != nil || len(entries) != 1 {
			t.Fatalf("%+v, %v", entries, err)
		}
	})
}
