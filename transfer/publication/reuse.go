package publication

import (
	"errors"
	"io"
)

// ErrNew: no version that is here has the bytes.
var ErrNew = errors.New("publication: the bytes are new")

// Old is a version that is here, or part of one: what its bundle has, as far as it can be
// read.
type Old struct {
	Manifest *Manifest
	io.ReaderAt
}

// Reuse reads of a bundle what versions that are here may have of it: the bytes of files
// with the same content, whatever their path, and of those with the same path. Of these
// it cannot say that they are right. It has one user.
type Reuse struct {
	all  index
	from []place // of each file; nil where there is nothing
	old  []Old
}

// place is a file of an old version.
type place struct {
	old         io.ReaderAt // nil: nowhere
	start, size int64
}

// NewReuse finds what a version may have in common with others; of two that have the same
// the first is read.
func NewReuse(m *Manifest, old ...Old) *Reuse {
	r := &Reuse{all: newIndex(m), from: make([]place, len(m.Files)), old: old}
	type content struct {
		hash Hash
		size int64
	}
	same, named := map[content]place{}, map[string]place{}
	for _, o := range old {
		x := newIndex(o.Manifest)
		for i, f := range x.Files {
			at := place{o.ReaderAt, x.starts[i], f.Size}
			if _, ok := same[content{f.Hash, f.Size}]; !ok {
				same[content{f.Hash, f.Size}] = at
			}
			if _, ok := named[f.Path]; !ok {
				named[f.Path] = at
			}
		}
	}
	for i, f := range m.Files {
		if at, ok := same[content{f.Hash, f.Size}]; ok {
			r.from[i] = at
		} else if at, ok := named[f.Path]; ok {
			r.from[i] = at
		}
	}
	return r
}

// ReadAt implements io.ReaderAt. The error wraps ErrNew where nothing is known to have
// the bytes.
func (r *Reuse) ReadAt(b []byte, off int64) (int, error) {
	return r.all.read(b, off, func(i int, b []byte, at int64) error {
		from := r.from[i]
		if from.old == nil || at+int64(len(b)) > from.size {
			return ErrNew
		}
		n, err := from.old.ReadAt(b, from.start+at)
		if n == len(b) {
			return nil
		}
		return err
	})
}

// Close closes the old versions that can be.
func (r *Reuse) Close() error {
	var errs []error
	for _, o := range r.old {
		if c, ok := o.ReaderAt.(io.Closer); ok {
			errs = append(errs, c.Close())
		}
	}
	return errors.Join(errs...)
}
