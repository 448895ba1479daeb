package download

import (
	"time"

	"filbert/transfer/picker"
	"filbert/transfer/ranges"
)

// While the end of a part comes, a source is asked for what is behind it, so that
// the line is not idle for the time a request takes. The loop makes parts longer,
// and the worker asks.

// extend makes the part of a worker longer that has less than half of what is asked
// for at a time before it, by what is free behind it.
func (c *crew) extend(w *worker, missing []ranges.Range) {
	src := w.source
	if !w.extends.Load() || w.sent || !w.coming || w == c.fetching || c.d.tree == nil || src.partial || src.have != nil ||
		c.scatters() || c.d.strategy == picker.Sequential || c.sated(w) {
		return
	}
	cut, end := c.cut(), w.end.Load()
	most := cut.Length(w.pace.rate())
	if end-w.at.Load() > most/2 {
		return
	}
	for free := range cut.Free(missing, c.jobs(), nil) {
		if free.Start == end {
			w.end.Store(min(free.End, cut.Down(end+most)))
			return
		}
	}
}

// askBehind asks for what the loop has added to the part, when no more than the last
// quarter of the answer is to come from at on. What is taken away again then, by who
// is faster, costs the connection.
func (in *intake) askBehind(at int64) {
	c := in.client
	in.extends.Store(c.pipelines)
	end := in.end.Load()
	if !c.pipelines || !in.behind.Empty() || end <= in.span.End || in.span.End-at > in.span.Len()/4 {
		return
	}
	next := ranges.Range{Start: in.span.End, End: min(end, in.span.End+maxBytes)}
	in.d.tell(c, time.Now())
	if c.getBehind(next) {
		in.behind = next
	}
}
