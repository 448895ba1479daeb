package download

import (
	"cmp"
	"crypto/sha1"
	"errors"
	"io"
	"time"

	"filbert/transfer/merkle"
	"filbert/transfer/ranges"
	"filbert/transfer/store"
	"filbert/transfer/urn"
)

// Adoption is what came of a file on this machine, or of Terms.From, that was to be made
// use of.
type Adoption struct {
	Path   string // "" if there is none
	Size   int64  // of that file (bytes), once it was looked at; of Terms.From that of the download
	Used   int64  // bytes that were taken from it
	Done   bool   // it was looked at by a hash tree, or is the whole file, or cannot be read
	Reason string // why not more of it was of use
}

// Why nothing was taken from a file yet, or not all.
const (
	reasonPending = "it was not looked at yet"
	reasonNoTree  = "it is not the whole file; its parts can be told right from wrong once a source names a hash tree"
	reasonNothing = "no part of it is of the file, or what is was here already"
	reasonParts   = "the rest is here already or is not of the file"
)

var errAdoptChanged = errors.New("it changed while it was read")

// adoption is how far a file was looked at. The loop's.
type adoption struct {
	path   string
	from   io.ReaderAt // instead of a file
	whole  bool        // it is not the whole file, by its SHA-1
	byTree bool        // it was looked at
	root   merkle.Hash // by that tree
	status Adoption
}

// adoptTerms takes what it can from the file that the terms name, or from Terms.From: by the
// hash tree if there is one, else all of it if it has the SHA-1. The error is that of the
// disk that the file is to be on. Again is to look at it anew: it may have grown.
func (c *crew) adoptTerms(t Terms, again bool) error {
	d := c.d
	a := &d.adoption
	if t.adopts() && (again || t.Adopt != a.path || t.From != a.from || a.status.Done) { // the last one is looked at again, should all have been wrong
		*a = adoption{path: t.Adopt, from: t.From, status: Adoption{Path: t.Adopt}}
	}
	switch {
	case a.path == "" && a.from == nil || a.status.Done && !a.byTree:
		return nil
	case d.tree == nil && a.whole, d.tree != nil && a.byTree && a.root == d.tree.Root():
		return nil
	}
	from, size, err := a.from, d.file.Size, error(nil)
	if from == nil {
		f, length, err := store.OpenLocal(a.path)
		if err != nil {
			return c.adopted(err)
		}
		defer f.Close()
		from, size = f, length
	}
	a.status.Size = size
	state := c.lookAt(0)
	if d.tree != nil {
		err = c.adoptSlices(from, size)
	} else {
		err = c.adoptWhole(from, size)
	}
	d.update(func(s *Status) { s.State, s.Verified = state, 0 })
	return c.adopted(err)
}

// adopted tells what came of it. An error of the file that was to be adopted ends
// that; others are returned.
func (c *crew) adopted(err error) error {
	d := c.d
	a := &d.adoption
	var disk *diskError
	switch {
	case errors.As(err, &disk):
		return disk.err // and once more later
	case err != nil && c.ctx.Err() != nil:
		return err
	case err != nil && a.from != nil && d.tree == nil: // it has not all
		a.whole, a.status.Reason = true, reasonNoTree
	case err != nil:
		a.status.Done, a.status.Reason = true, err.Error()
	case d.tree != nil:
		a.byTree, a.root = true, d.tree.Root()
		a.status.Done, a.status.Reason = true, ""
		switch {
		case a.status.Used == 0:
			a.status.Reason = reasonNothing
		case a.status.Used < a.status.Size:
			a.status.Reason = reasonParts
		}
	case len(c.partial.Missing()) == 0:
		a.status.Done, a.status.Reason = true, ""
	default:
		a.whole, a.status.Reason = true, reasonNoTree
	}
	d.update(func(s *Status) { s.Adopted = a.status })
	d.log.Info().Int64("used", a.status.Used).Int64("size", a.status.Size).Bool("done", a.status.Done).Msg("local file looked at")
	if !a.status.Done {
		return nil
	}
	d.mu.Lock()
	if d.terms.Adopt == a.path && d.terms.From == a.from && !d.readopt { // not asked for again after a restart
		d.terms.Adopt, d.terms.From, d.unkept = "", nil, true
	}
	d.mu.Unlock()
	return nil
}

// lookAt tells how far the file was read, and returns what was told before.
func (c *crew) lookAt(read int64) (state State) {
	c.d.update(func(s *Status) { state, s.State, s.Verified = s.State, Verifying, read })
	return state
}

// read reads the next bytes of the file.
func (c *crew) read(f io.ReaderAt, b []byte, at int64) error {
	if err := c.ctx.Err(); err != nil {
		return err
	}
	if c.d.due(time.Now()) {
		c.lookAt(at)
	}
	_, err := io.ReadFull(io.NewSectionReader(f, at, int64(len(b))), b)
	return err
}

// adoptSlices takes the slices that are missing and right.
func (c *crew) adoptSlices(f io.ReaderAt, size int64) error {
	t, a := c.d.tree, &c.d.adoption.status
	h := merkle.NewSliceHasher(t)
	b := make([]byte, min(t.SliceSize(), t.Size()))
	for _, gap := range c.partial.Missing() {
		for i := t.Slice(gap.Start); i < t.Slices() && t.Span(i).Start < gap.End; i++ {
			span := t.Span(i)
			if span.End > size {
				return nil
			}
			if c.partial.Contains(span) { // since the gap before
				continue
			}
			switch err := c.read(f, b[:span.Len()], span.Start); {
			case err != nil && c.ctx.Err() == nil && c.d.adoption.from != nil:
				continue
			case err != nil:
				return err
			}
			h.Reset(i)
			h.Write(b[:span.Len()])
			if !h.OK() {
				continue
			}
			if _, err := c.partial.WriteAt(b[:span.Len()], span.Start); err != nil {
				return &diskError{err}
			}
			a.Used += span.Len()
		}
	}
	return nil
}

// adoptWhole takes what is missing if the file as a whole has the SHA-1.
func (c *crew) adoptWhole(f io.ReaderAt, size int64) error {
	file := c.d.file
	if size != file.Size {
		return nil
	}
	c.dismiss() // nobody else may write
	if sum, err := c.sum(f, nil); err != nil || sum != file.SHA1 {
		return err
	}
	before := c.partial.Present()
	used := int64(0)
	sum, err := c.sum(f, func(b []byte, at int64) error {
		r := ranges.Range{Start: at, End: at + int64(len(b))}
		for _, gap := range c.partial.Missing() {
			if part := (ranges.Range{Start: max(gap.Start, r.Start), End: min(gap.End, r.End)}); !part.Empty() {
				if _, err := c.partial.WriteAt(b[part.Start-at:part.End-at], part.Start); err != nil {
					return &diskError{err}
				}
				used += part.Len()
			}
		}
		return nil
	})
	if err != nil || sum != file.SHA1 { // it was written to in between
		if lost := c.partial.Keep(&before); lost != nil {
			return &diskError{lost}
		}
		return cmp.Or(err, errAdoptChanged)
	}
	c.d.adoption.status.Used += used
	c.d.sources.inherited += used
	return nil
}

// sum reads the file from its start to its end, gives it to take, if any, and
// returns its SHA-1.
func (c *crew) sum(f io.ReaderAt, take func(b []byte, at int64) error) (sum urn.SHA1, err error) {
	h := sha1.New()
	b := make([]byte, min(readBytes, c.d.file.Size))
	for at := int64(0); at < c.d.file.Size; at += int64(len(b)) {
		b = b[:min(int64(len(b)), c.d.file.Size-at)]
		if err := c.read(f, b, at); err != nil {
			return sum, err
		}
		h.Write(b)
		if take != nil {
			if err := take(b, at); err != nil {
				return sum, err
			}
		}
	}
	h.Sum(sum[:0])
	return sum, nil
}
