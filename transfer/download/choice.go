package download

import (
	"context"
	"net/http"
	"strings"

	"filbert/transfer/picker"
	"filbert/transfer/ranges"
)

// A source that says so chooses what it gives of what we offer it, X-Want, and not
// longer than what we ask for. It knows best what it has by the time our turn comes,
// and what it gave to others already.

// readChooses reports whether a source says that it chooses.
func readChooses(h http.Header) bool {
	for _, value := range h.Values(headerFeatures) {
		for feature := range strings.SplitSeq(value, ",") {
			name, _, _ := strings.Cut(strings.TrimSpace(feature), "/")
			if strings.EqualFold(name, featureWant) {
				return true
			}
		}
	}
	return false
}

// offer is what the source of w may choose from: what is missing and does not come
// from anybody else, nil if it does not choose. One that chose in vain is not offered
// what others were asked for either.
func (c *crew) offer(w *worker, missing []ranges.Range) *ranges.Set {
	if !c.chooses(w) {
		return nil
	}
	offer := new(ranges.Set)
	jobs := c.coming(w)
	if w.vain > 0 {
		jobs = c.jobsOf(func(o *worker) bool { return o != w })
	}
	for r := range c.cut().Free(missing, jobs, nil) {
		offer.Add(r)
	}
	return offer
}

// chooses reports whether the source of w may choose, unless the order is the user's.
// It does if others want the file too.
func (c *crew) chooses(w *worker) bool {
	return w.source.chooses && c.d.tree != nil && c.d.strategy != picker.Sequential
}

// sinks is how much is read of what the source of w, of the given rate, chooses in vain: it
// is on its way already, and to connect again takes longer. One that does so again and
// again rests instead.
func (w *worker) sinks(rate int64) int64 {
	if w.vain >= maxVain {
		return 0
	}
	return max(maxSunkBytes, int64(float64(rate)*sinkTime.Seconds()))
}

// claim decides whether what a source chose is wanted still: it is up to what
// somebody else is at by now, or what is here.
func (c *crew) claim(w *worker, span ranges.Range) bool {
	first := firstFree(c.cut(), c.missing(), c.coming(w), span)
	if first.Empty() || c.sated(w) {
		return false
	}
	w.from = first.Start
	w.at.Store(first.Start)
	w.end.Store(first.End)
	w.right.Store(first.Start)
	w.coming = true
	return true
}

// firstFree is the beginning of span up to what is here or comes from another.
func firstFree(cut picker.Picker, missing []ranges.Range, coming []picker.Job, span ranges.Range) ranges.Range {
	for free := range cut.Free(missing, coming, nil) {
		if free.Start <= span.Start && span.Start < free.End {
			return ranges.Range{Start: span.Start, End: min(span.End, free.End)}
		}
	}
	return ranges.Range{}
}

// chosen asks the loop whether what the source chose is wanted still.
func (w *worker) chosen(ctx context.Context, span ranges.Range) error {
	select {
	case w.events <- event{worker: w, claim: span}:
	case <-ctx.Done():
		return blame(ctx, "", ctx.Err())
	}
	select {
	case ok := <-w.claimed:
		if !ok {
			late := refuse(busy, "gives what came from another")
			late.notYet, late.after = true, partWait
			return late
		}
		return nil
	case <-ctx.Done():
		return blame(ctx, "", ctx.Err())
	}
}
