package download

import (
	"fmt"
	"path/filepath"
	"strings"

	"filbert/transfer/store"
)

// Terms is how the user wants a file to be fetched. They are kept with what
// arrived. The zero value asks for nothing special.
type Terms struct {
	// Adopt is the absolute path of a file on this machine, "" for none, of which
	// what fits is taken instead of being fetched. The file is only read.
	Adopt string
}

// The lines of a note. The path comes last, since it may have any bytes in it.
const noteAdopt = "adopt "

// note is the terms as they are kept: a line for each.
func (t Terms) note() string {
	if t.Adopt == "" {
		return ""
	}
	return noteAdopt + t.Adopt
}

// parseTerms reads a note. What it does not know is left out.
func parseTerms(note string) (t Terms) {
	for note != "" {
		if path, ok := strings.CutPrefix(note, noteAdopt); ok {
			t.Adopt = path
			break
		}
		_, note, _ = strings.Cut(note, "\n")
	}
	return t
}

// check says why the terms cannot be met.
func (t Terms) check() error {
	if t.Adopt == "" {
		return nil
	}
	if !filepath.IsAbs(t.Adopt) || len(t.Adopt) > maxAdoptPath {
		return fmt.Errorf("%w: %.64q is not an absolute path of at most %d bytes", ErrTerms, t.Adopt, maxAdoptPath)
	}
	f, _, err := store.OpenLocal(t.Adopt)
	if err != nil {
		return fmt.Errorf("%w: adopt: %w", ErrTerms, err)
	}
	return f.Close()
}

// take takes up what other terms say.
func (t *Terms) take(o Terms) {
	if o.Adopt != "" {
		t.Adopt = o.Adopt
	}
}

// tellTerms tells what is asked for and has not happened yet.
func (s *Status) tellTerms(t Terms) {
	if t.Adopt != "" {
		s.Adopted = Adoption{Path: t.Adopt, Reason: reasonPending}
	}
}

// change takes up terms that the user gave for a download that goes on.
func (d *download) change(t Terms) {
	if t == (Terms{}) {
		return
	}
	d.mu.Lock()
	d.terms.take(t)
	d.unkept = true
	d.mu.Unlock()
	d.update(func(s *Status) { s.tellTerms(t) })
	d.poke()
}

// meetTerms keeps terms that changed, and does what they ask for and can be done
// now. The error is that of the disk.
func (c *crew) meetTerms() error {
	d := c.d
	d.mu.Lock()
	unkept, terms := d.unkept, d.terms
	d.unkept = false
	d.mu.Unlock()
	if unkept {
		if err := c.partial.SetNote(terms.note()); err != nil {
			d.mu.Lock()
			d.unkept = true
			d.mu.Unlock()
			return err
		}
	}
	return c.adoptFile(terms.Adopt)
}
