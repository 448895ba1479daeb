package download

import (
	"context"
	"fmt"
	"slices"
	"time"

	"filbert/transfer/picker"
	"filbert/transfer/ranges"
	"filbert/transfer/urn"
)

// want is what somebody waits for.
type want struct {
	parts []ranges.Range // in the order in which they are to come
	here  chan struct{}  // closed by the loop when all of them are verified
}

// Await has parts of a file fetched, in their order, before what is asked for later
// and what nobody waits for, and blocks until all of them are verified, or the file
// complete. The error wraps ErrUnknown or is that of ctx, or of a download that ended
// without the file.
func (m *Manager) Await(ctx context.Context, sha1 urn.SHA1, parts ...ranges.Range) error {
	d := m.lookup(sha1)
	if d == nil {
		return fmt.Errorf("download: wait for %s: %w", sha1, ErrUnknown)
	}
	w := &want{parts: parts, here: make(chan struct{})}
	d.wish(w)
	defer d.unwish(w)
	for {
		s, changed := d.snapshot()
		switch {
		case s.State == Complete:
			return nil
		case s.Err != nil:
			return s.Err
		case s.State.Final():
			return fmt.Errorf("download: wait for %s: it is %v", sha1, s.State)
		}
		select {
		case <-w.here:
			return nil
		case <-changed:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// wish adds what somebody waits for. Beyond MaxWants they wait all the
// same, and nothing is fetched before its turn for them.
func (d *download) wish(w *want) {
	d.mu.Lock()
	if len(d.wants) < MaxWants {
		d.wants = append(d.wants, w)
	}
	d.mu.Unlock()
	d.poke()
}

func (d *download) unwish(w *want) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.wants = slices.DeleteFunc(d.wants, func(o *want) bool { return o == w })
}

// wished is the missing bytes that somebody waits for, those asked for first
// first. Who waits for what is here is told.
func (c *crew) wished(missing []ranges.Range) (first []ranges.Range) {
	d := c.d
	d.mu.Lock()
	defer d.mu.Unlock()
	verified := d.shared.partial != nil
	d.wants = slices.DeleteFunc(d.wants, func(w *want) bool {
		here := verified
		for _, part := range w.parts {
			here = here && c.partial.Contains(part)
		}
		if here {
			close(w.here)
			return true
		}
		for _, part := range w.parts {
			for _, gap := range missing {
				if r := (ranges.Range{Start: max(part.Start, gap.Start), End: min(part.End, gap.End)}); !r.Empty() {
					first = append(first, r)
				}
			}
		}
		return false
	})
	return first
}

// awaited is what to ask of w of the missing bytes that somebody waits for.
func (c *crew) awaited(cut picker.Picker, w *worker, first []ranges.Range, rate int64) (part, free ranges.Range, ok bool) {
	jobs := c.jobs()
	for len(first) > 0 && !ok {
		r := first[0]
		for first = first[1:]; len(first) > 0 && r.Start <= first[0].Start && first[0].Start <= r.End; first = first[1:] {
			r.End = max(r.End, first[0].End) // one request for what is asked for one after the other
		}
		part, free, ok = cut.Next([]ranges.Range{r}, jobs, w.source.have, nil, rate)
	}
	return part, free, ok
}

// hurry makes room for what somebody waits for: who works far before it leaves
// it to another, and if nobody is free, who has most to do does it next.
func (c *crew) hurry(first []ranges.Range) {
	if len(first) == 0 || c.undecided() {
		return
	}
	at := first[0].Start
	var longest *worker
	for _, w := range c.workers {
		if w.sent || w == c.fetching {
			continue
		}
		j := w.job()
		switch {
		case !w.busy, j.Left() == 0, j.At <= at && at < j.End && at-j.At <= c.near(j.Rate):
			return // it is free, or is about to be, or will be there at once
		case j.At < at && at < j.End:
			w.end.Store(c.cut().Down(at))
		}
		if j.End > j.At && (longest == nil || j.Left() > longest.job().Left()) {
			longest = w
		}
	}
	if longest != nil && (len(c.workers) >= c.most() || c.d.sources.next(time.Now()).source == nil) {
		longest.end.Store(longest.at.Load())
	}
}

// near is how far before its place a source of that rate may be for a wait for it
// to be short.
func (c *crew) near(rate int64) int64 { return max(rate/2, 2*c.cut().Slice) }
