package download

import (
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
	for _, w := range c.workers {
		if w.busy || w.sent {
			answering = true
			continue
		}
		if k, root, ok := w.names.choose(c.d.file.Size, c.d.wrong, c.d.bound); ok {
			c.fetching = w
			w.busy = true
			w.jobs <- job{fetch: &k, root: root}
			return
		}
	}
	c.wanted = answering || len(c.workers) == 0
}

// trust verifies by a tree from now on, also what is here already.
func (c *crew) trust(t *merkle.Tree) error {
	if c.d.sources.total() > 0 || c.d.sources.inherited > 0 {
		if err := c.adopt(t); err != nil {
			return err
		}
	}
	c.d.tree = t
	c.d.share(c.partial, t)
	return nil
}

// adopt verifies what was here before there was a tree, and drops the rest.
func (c *crew) adopt(t *merkle.Tree) error {
	present := c.partial.Present()
	var keep ranges.Set
	h := merkle.NewSliceHasher(t)
	b := make([]byte, readBytes)
	for r := range present.All() {
		for i := t.Slice(r.Start); i < t.Slices() && t.Span(i).Start < r.End; i++ {
			if c.ctx.Err() != nil {
				return c.ctx.Err()
			}
			span := t.Span(i)
			if !r.Contains(span) {
				continue
			}
			h.Reset(i)
			for at := span.Start; at < span.End; {
				n, err := c.partial.ReadAt(b[:min(int64(len(b)), span.End-at)], at)
				if err != nil {
					return err
				}
				h.Write(b[:n])
				at += int64(n)
			}
			if h.OK() {
				keep.Add(span) // what does not fit is fetched again
			}
		}
	}
	c.d.sources.clear()
	if keep.Len() == present.Len() {
		return nil
	}
	c.d.wasted += present.Len() - keep.Len()
	return c.partial.Keep(&keep)
}
