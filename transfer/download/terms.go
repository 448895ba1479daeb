package download

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strconv"
	"strings"

	"filbert/transfer/limit"
	"filbert/transfer/picker"
	"filbert/transfer/store"
	"filbert/transfer/urn"
)

// Terms is how the user wants a file to be fetched. They are kept with what
// arrived. The zero value asks for nothing special.
type Terms struct {
	// Adopt is the absolute path of a file on this machine, "" for none, of which
	// what fits is taken instead of being fetched. The file is only read.
	Adopt string
	// From is what may have parts of the file, at their offsets in it, nil for nothing:
	// what can be read of it and is right is taken instead of being fetched. Unlike the
	// others it is gone after a restart. Its user is the download, until
	// Status.Adopted.Done.
	From io.ReaderAt
	// Strategy is in which order it is fetched, "" if nobody said.
	Strategy picker.Strategy
	// Rate is the most bytes per second it is fetched at, besides the limit of all
	// files together; 0 if nobody said, negative for no limit of its own.
	Rate int64
	// Tiger and Blake3 are the roots of its hash trees, zero where nobody said: what
	// has the SHA-1 and other trees is another file.
	Tiger  urn.Tiger
	Blake3 urn.Blake3

	verified bool // all that is here was verified by a tree
}

// ErrRoots: no file has the SHA-1 and the hash trees that were asked for together.
var ErrRoots = errors.New("the file's hash trees are not the wanted ones")

func (t Terms) roots() names { return names{tiger: t.Tiger, blake3: t.Blake3} }

// The lines of a note. The path comes last, since it may have any bytes in it.
const (
	noteStrategy = "strategy"
	noteRate     = "rate"
	noteTiger    = "tiger"
	noteBlake3   = "blake3"
	noteVerified = "verified"
	noteAdopt    = "adopt"
)

// note is the terms as they are kept: a line for each.
func (t Terms) note() string {
	var note strings.Builder
	line := func(key, value, end string) {
		if value != "" {
			note.WriteString(key + " " + value + end)
		}
	}
	line(noteStrategy, string(t.Strategy), "\n")
	if t.Rate != 0 {
		line(noteRate, strconv.FormatInt(t.Rate, 10), "\n")
	}
	if t.Tiger.Known() {
		line(noteTiger, t.Tiger.String(), "\n")
	}
	if t.Blake3.Known() {
		line(noteBlake3, t.Blake3.String(), "\n")
	}
	if t.verified {
		line(noteVerified, "yes", "\n")
	}
	line(noteAdopt, t.Adopt, "")
	return note.String()
}

// parseTerms reads a note. What it does not know is left out.
func parseTerms(note string) (t Terms) {
	for note != "" {
		if path, ok := strings.CutPrefix(note, noteAdopt+" "); ok {
			t.Adopt = path
			break
		}
		line, rest, _ := strings.Cut(note, "\n")
		note = rest
		switch key, value, _ := strings.Cut(line, " "); key {
		case noteStrategy:
			t.Strategy, _ = picker.ParseStrategy(value)
		case noteRate:
			t.Rate, _ = strconv.ParseInt(value, 10, 64)
		case noteTiger:
			t.Tiger, _ = urn.ParseTiger(value)
		case noteVerified:
			t.verified = value == "yes"
		case noteBlake3:
			t.Blake3, _ = urn.ParseBlake3(value)
		}
	}
	return t
}

// check says why the terms cannot be met.
func (t Terms) check() error {
	if t.Strategy != "" {
		if _, err := picker.ParseStrategy(string(t.Strategy)); err != nil {
			return fmt.Errorf("%w: %w", ErrTerms, err)
		}
	}
	if 0 < t.Rate && t.Rate < limit.Least {
		return fmt.Errorf("%w: %d bytes per second are less than %d", ErrTerms, t.Rate, limit.Least)
	}
	if t.Adopt == "" {
		return nil
	}
	if t.From != nil {
		return fmt.Errorf("%w: from a file and a reader", ErrTerms)
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
	if o.Adopt != "" || o.From != nil {
		t.Adopt, t.From = o.Adopt, o.From
	}
	if o.Strategy != "" {
		t.Strategy = o.Strategy
	}
	if o.Rate != 0 {
		t.Rate = o.Rate
	}
	if !t.Tiger.Known() {
		t.Tiger = o.Tiger
	}
	if !t.Blake3.Known() {
		t.Blake3 = o.Blake3
	}
}

// tellTerms tells what is asked for.
func (s *Status) tellTerms(t Terms) {
	s.Strategy, s.Limit = cmp.Or(t.Strategy, picker.Auto), max(0, t.Rate)
	s.Tiger, s.Blake3 = t.Tiger, t.Blake3
}

// tellPending tells that a file is to be adopted, and was not looked at yet.
func (s *Status) tellPending(t Terms) {
	if t.adopts() {
		s.Adopted = Adoption{Path: t.Adopt, Reason: reasonPending}
	}
}

// adopts reports whether there is something to take parts of the file from.
func (t Terms) adopts() bool { return t.Adopt != "" || t.From != nil }

// change takes up terms that the user gave for a download that goes on.
func (d *download) change(t Terms) {
	if t == (Terms{}) {
		return
	}
	d.update(func(s *Status) { // at once: the loop may see the terms at any time
		d.terms.take(t)
		d.unkept = true
		d.readopt = d.readopt || t.adopts()
		d.limit.Set(d.terms.Rate)
		s.tellTerms(d.terms)
		s.tellPending(t)
	})
	d.poke()
}

// meetTerms keeps terms that changed, and does what they ask for and can be done
// now. The error is that of the disk.
func (c *crew) meetTerms() error {
	terms, err := c.d.keepTerms(c.partial)
	if err != nil {
		return err
	}
	c.d.strategy, c.d.bound = terms.Strategy, terms.roots()
	c.d.mu.Lock()
	again := c.d.readopt
	c.d.readopt = false
	c.d.mu.Unlock()
	return c.adoptTerms(terms, again)
}

// keepTerms keeps terms that changed, and returns those that hold.
func (d *download) keepTerms(p *store.Partial) (Terms, error) {
	d.mu.Lock()
	unkept, terms := d.unkept, d.terms
	d.unkept = false
	d.mu.Unlock()
	if !unkept {
		return terms, nil
	}
	err := p.SetNote(terms.note())
	if err != nil {
		d.mu.Lock()
		d.unkept = true
		d.mu.Unlock()
	}
	return terms, err
}

// keepTermsLast keeps those that changed while no file was open, when the loop ends.
func (d *download) keepTermsLast() {
	d.mu.Lock()
	idle := !d.unkept || d.status.State.Final()
	d.mu.Unlock()
	if idle {
		return
	}
	p := d.resting
	if p == nil {
		var err error
		if p, err = d.manager.cfg.Store.Open(d.file, d.output); err != nil {
			d.log.Warn().Err(err).Msg("terms of a download are lost")
			return
		}
		defer p.Close()
	}
	if _, err := d.keepTerms(p); err != nil {
		d.log.Warn().Err(err).Msg("terms of a download are lost")
	}
}
