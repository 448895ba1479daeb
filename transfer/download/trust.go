package download

import (
	"time"

	"filbert/transfer/merkle"
	"filbert/transfer/ranges"
)

// undecided reports whether it is not known yet what slices are verified by.
func (c *crew) undecided() bool { return c.wanted && c.d.tree == nil }

// decide has a tree fetched as soon as one is named, and does without if nobody
// who answered names one and nobody else is about to answer.
func (c *crew) decide() {
	if !c.undecided() || c.fetching != nil {
		return
	}
	answering := false
	var from *worker
	var fetch job
	kin := 0
	for _, w := range c.workers {
		if w.busy || w.sent {
			answering = true
			continue
		}
		k, root, ok := w.names.choose(c.d.file.Size, c.d.wrong, c.d.bound)
		if n := c.d.sources.kin(w.names); ok && (from == nil || n > kin) {
			from, fetch, kin = w, job{fetch: &k, root: root}, n
		}
	}
	if from != nil {
		c.fetching, from.busy = from, true
		from.jobs <- fetch
		return
	}
	c.wanted = answering || len(c.workers) == 0
}

// trust verifies by a tree from now on that a source of w named, also what is here
// already. A tree that this contradicts is left, with who named it.
func (c *crew) trust(w *worker, t *merkle.Tree) error {
	if c.d.sources.total() > 0 || c.d.sources.inherited > 0 {
		switch ok, err := c.adopt(t, w.names); {
		case err != nil:
			return err
		case !ok:
			c.part(w)
			c.d.sources.refused(w.source, refuse(other, "names a hash tree that what is here contradicts"), time.Now())
			return nil
		}
	}
	c.d.tree = t
	c.d.setVerified(true)
	c.d.sources.welcome(t)
	c.d.share(c.partial, t)
	c.d.log.Debug().Stringer("kind", t.Kind()).Str("source", w.source.name()).Int("slices", t.Slices()).Msg("hash tree is here")
	return nil
}

// adopt verifies what was here before there was a tree, and drops the rest. It reports
// false if that contradicts the tree.
func (c *crew) adopt(t *merkle.Tree, of names) (bool, error) {
	present := c.partial.Present()
	var keep ranges.Set
	h := merkle.NewSliceHasher(t)
	b := make([]byte, readBytes)
	for r := range present.All() {
		for i := t.Slice(r.Start); i < t.Slices() && t.Span(i).Start < r.End; i++ {
			if c.ctx.Err() != nil {
				return false, c.ctx.Err()
			}
			span := t.Span(i)
			if !r.Contains(span) {
				continue
			}
			h.Reset(i)
			for at := span.Start; at < span.End; {
				n, err := c.partial.ReadAt(b[:min(int64(len(b)), span.End-at)], at)
				if err != nil {
					return false, err
				}
				h.Write(b[:n])
				at += int64(n)
			}
			if h.OK() {
				keep.Add(span) // what does not fit is fetched again
			}
		}
	}
	if c.d.contradicted(of, keep.Len(), present.Len()) {
		return false, nil
	}
	c.d.sources.clear()
	if keep.Len() == present.Len() {
		return true, nil
	}
	c.d.wasted += present.Len() - keep.Len()
	return true, c.partial.Keep(&keep)
}
