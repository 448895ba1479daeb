package store

import (
	"bytes"
	"crypto/sha1"
	"errors"
	"slices"
	"strings"
	"testing"

	"filbert/transfer"
	"filbert/transfer/ranges"
)

// someContents is a journal's worth with every kind of record, several of one.
func someContents() contents {
	c := contents{
		file:   transfer.File{Name: "interop bravo medium.bin", Size: 300000, SHA1: sha1.Sum(nil)},
		output: "/tmp/bravo.bin",
		target: "bravo.bin",
		note:   "read me\n\x00",
	}
	for i := range int64(maxRecordRanges + 3) {
		c.have.Add(ranges.Range{Start: 100 * i, End: 100*i + 50})
	}
	return c
}

func journalOf(c contents) []byte { return c.append(nil) }

func sameContents(a, b *contents) bool {
	return a.file == b.file && a.output == b.output && a.target == b.target && a.note == b.note && a.have.Equal(&b.have)
}

func TestJournalRoundTrip(t *testing.T) {
	want := someContents()
	b := want.append(nil)
	got, good, err := parseJournal(b)
	if err != nil || good != int64(len(b)) || !sameContents(&got, &want) {
		t.Fatalf("read %+v, %d of %d bytes, %v", got, good, len(b), err)
	}
	longest := strings.Repeat("x", maxNameBytes)
	want = contents{file: transfer.File{Name: longest, Size: 1}, output: longest}
	if got, _, err := parseJournal(want.append(nil)); err != nil || !sameContents(&got, &want) {
		t.Fatalf("the longest header is not read: %v", err)
	}
}

// TestJournalTorn cuts a journal at every place: it must then claim a part of
// what the whole one claims.
func TestJournalTorn(t *testing.T) {
	whole := someContents()
	b := whole.append(nil)
	for n := range b {
		got, good, err := parseJournal(b[:n])
		if errors.Is(err, ErrCorrupt) {
			if n >= frameBytes+headerFixedBytes+len(whole.file.Name)+len(whole.output) {
				t.Fatalf("cut to %d bytes: %v", n, err)
			}
			continue
		}
		if err != nil || good > int64(n) {
			t.Fatalf("cut to %d bytes: %d good, %v", n, good, err)
		}
		mustBePart(t, &got, &whole)
	}
}

// TestJournalFlipped flips every bit of a journal.
func TestJournalFlipped(t *testing.T) {
	whole := someContents()
	b := whole.append(nil)
	for i := range 8 * len(b) {
		bad := slices.Clone(b)
		bad[i/8] ^= 1 << (i % 8)
		got, good, err := parseJournal(bad)
		if good > int64(i/8) {
			t.Fatalf("bit %d flipped: %d bytes found good", i, good)
		}
		if err == nil {
			mustBePart(t, &got, &whole)
		}
	}
}

func mustBePart(t *testing.T, part, whole *contents) {
	t.Helper()
	if part.file != whole.file || part.output != whole.output || part.target != "" && part.target != whole.target || part.note != "" && part.note != whole.note {
		t.Fatalf("%+v is not part of %+v", part, whole)
	}
	for r := range part.have.All() {
		if !whole.have.Contains(r) {
			t.Fatalf("%v is claimed, and was not", r)
		}
	}
}

func TestJournalRefuses(t *testing.T) {
	header := contents{file: transfer.File{Name: "a", Size: 100}}
	negative, foreign := header, journalOf(header)
	negative.file.Size = -1
	frame := func(kind byte, body ...byte) []byte {
		return appendFrame(nil, kind, func(b []byte) []byte { return append(b, body...) })
	}
	le := func(n byte) []byte { return []byte{n, 0, 0, 0, 0, 0, 0, 0} }
	claim := func(start, end byte) []byte { return frame(kindHave, append(le(start), le(end)...)...) }
	for _, c := range []struct {
		name    string
		journal []byte
		corrupt bool
		have    string
	}{
		{"empty", nil, true, ""},
		{"claims first", claim(0, 5), true, ""},
		{"negative size", negative.append(nil), true, ""},
		{"later version", frame(kindHeader, append([]byte{journalVersion + 1}, foreign[frameBytes+2:]...)...), true, ""},
		{"header with more behind", frame(kindHeader, append(slices.Clone(foreign[frameBytes+1:]), 0)...), true, ""},
		{"up to the end", append(journalOf(header), claim(90, 100)...), false, "[90,100)"},
		{"behind the end", append(journalOf(header), claim(90, 101)...), false, ""},
		{"backwards", append(journalOf(header), claim(90, 80)...), false, ""},
		{"half a range", append(journalOf(header), frame(kindHave, le(1)...)...), false, ""},
		{"no range", append(journalOf(header), frame(kindHave)...), false, ""},
		{"unknown kind", slices.Concat(journalOf(header), frame(9), claim(0, 5)), false, ""},
		{"zeros", slices.Concat(journalOf(header), claim(0, 5), make([]byte, 100)), false, "[0,5)"},
		{"long note", slices.Concat(journalOf(header), frame(kindNote, make([]byte, maxNoteBytes+1)...), claim(0, 5)), false, ""},
		{"longest note", slices.Concat(journalOf(header), frame(kindNote, make([]byte, maxNoteBytes)...), claim(0, 5)), false, "[0,5)"},
		{"long target", append(journalOf(header), frame(kindTarget, make([]byte, maxFileNameBytes+1)...)...), false, ""},
	} {
		got, _, err := parseJournal(c.journal)
		if errors.Is(err, ErrCorrupt) != c.corrupt || got.have.String() != c.have {
			t.Errorf("%s: %v, %v", c.name, &got.have, err)
		}
	}
}

// FuzzParseJournal asserts that what is read of anything, written again, reads
// the same, claims only bytes of the file, and took no more than it was long.
func FuzzParseJournal(f *testing.F) {
	f.Add(journalOf(someContents()))
	f.Add(journalOf(contents{file: transfer.File{Name: "empty", SHA1: sha1.Sum(nil)}}))
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, b []byte) {
		// A fuzzer does not find checksums: one in front of what it gives is made.
		for _, journal := range [][]byte{b, append(journalOf(contents{file: transfer.File{Size: 1 << 20}}), reframed(b)...)} {
			c, good, err := parseJournal(journal)
			if err != nil {
				continue
			}
			if good > int64(len(journal)) || c.have.Len() > c.file.Size {
				t.Fatalf("%d of %d bytes read, %d of %d claimed", good, len(journal), c.have.Len(), c.file.Size)
			}
			for r := range c.have.All() {
				if !(ranges.Range{End: c.file.Size}).Contains(r) {
					t.Fatalf("claims %v of %d bytes", r, c.file.Size)
				}
			}
			again, _, err := parseJournal(c.append(nil))
			if err != nil || !sameContents(&again, &c) {
				t.Fatalf("%+v written and read is %+v, %v", c, again, err)
			}
		}
	})
}

// reframed is b as one frame with a right checksum.
func reframed(b []byte) []byte {
	if len(b) == 0 {
		return nil
	}
	return appendFrame(nil, b[0], func(frame []byte) []byte { return append(frame, b[1:min(len(b), maxRecordBytes)]...) })
}

func BenchmarkParseJournal(b *testing.B) {
	b.ReportAllocs()
	journal := journalOf(someContents())
	b.SetBytes(int64(len(journal)))
	for b.Loop() {
		if _, _, err := parseJournal(journal); err != nil {
			b.Fatal(err)
		}
	}
	if !bytes.Equal(journal, journalOf(someContents())) {
		b.Fatal("the journal was changed")
	}
}
