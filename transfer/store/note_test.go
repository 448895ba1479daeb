package store_test

import (
	"errors"
	"strings"
	"testing"

	"filbert/transfer/ranges"
	"filbert/transfer/store"
)

// TestNote keeps a note between sittings, through everything that writes the
// journal anew.
func TestNote(t *testing.T) {
	onDisks(t, func(t *testing.T, d *disk) {
		file, b := content(1, 300000)
		p := open(t, d.open(t), file, "")
		for _, note := range []string{"first", strings.Repeat("x", 8192), "a note"} {
			if err := p.SetNote(note); err != nil || p.Note() != note {
				t.Fatalf("%.10q: %v, it is %.10q", note, err, p.Note())
			}
		}
		if err := p.SetNote(strings.Repeat("x", 8193)); err == nil || p.Note() != "a note" {
			t.Fatalf("a note that is too long: %v, it is %.10q", err, p.Note())
		}
		writeAt(t, p, b, ranges.Range{End: 200000})
		if err := p.Keep(&ranges.Set{}); err != nil {
			t.Fatal(err)
		}
		writeAt(t, p, b, ranges.Range{End: 100000})
		if err := p.Close(); err != nil {
			t.Fatal(err)
		}
		if err := p.SetNote("late"); !errors.Is(err, store.ErrClosed) {
			t.Errorf("of a closed one: %v", err)
		}

		s := d.open(t)
		entries, err := s.List()
		if err != nil || len(entries) != 1 || entries[0].Note != "a note" {
			t.Fatalf("%+v, %v", entries, err)
		}
		p = open(t, s, file, "")
		if err := p.SetNote(""); err != nil {
			t.Fatal(err)
		}
		if err := p.Close(); err != nil {
			t.Fatal(err)
		}
		p = open(t, d.open(t), file, "")
		if p.Note() != "" {
			t.Errorf("it was taken back, and is %q", p.Note())
		}
		wantHave(t, p, ranges.Range{End: 100000})
	})
}
