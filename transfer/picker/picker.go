// Package picker decides which bytes of a file to ask of which source. It knows
// what is missing, what each source is working on and how fast it is, and
// nothing else: no clock, no state.
package picker

import (
	"iter"
	"slices"
	"time"

	"filbert/transfer/ranges"
)

// Job is what one source is working on.
type Job struct {
	At, End int64         // the next byte to come from it, and where its part ends
	Rate    int64         // bytes per second of late, 0 if unknown
	Idle    time.Duration // since the last byte, or since it was asked
}

// Left is the bytes still to come.
func (j Job) Left() int64 { return max(0, j.End-j.At) }

// Of is the job without what of its beginning is not missing any more.
func (j Job) Of(missing []ranges.Range) Job {
	for _, gap := range missing {
		if gap.End > j.At {
			j.At = max(j.At, min(gap.Start, j.End))
			return j
		}
	}
	j.At = max(j.At, j.End)
	return j
}

// Picker is what the parts of a file are cut by. A source is given seconds of
// work, not bytes, so that a fast one is not asked all the time and a slow one
// holds nothing up.
type Picker struct {
	Size   int64         // of the file, in bytes
	Slice  int64         // parts begin and end where a slice does (bytes; 1: anywhere)
	Ahead  time.Duration // what one part should take
	First  int64         // what a source of unknown rate is asked for (bytes)
	Min    int64         // the least that is asked for (bytes)
	Split  int64         // the least that is taken over from another (bytes)
	Worth  time.Duration // what another must still need for that to be worth it
	Stuck  time.Duration // of silence, after which all of a part is taken over
	Faster int64         // how many times as fast one must be to take over what is too little to share; 0: nobody does
	Max    int64         // the most that is asked for at once (bytes)
	From   int64         // of what equally few have, this byte and those behind come first
}

// Next is the bytes to ask next of a source of the given rate (bytes per second,
// 0 if unknown), and free, the missing bytes from there on that nobody works on.
// have is what the source has, nil for everything, and others what each of the
// other sources has that do not have everything: what fewest have comes first,
// of that the first bytes from From on. It reports false if there is nothing for
// the source.
func (p Picker) Next(missing []ranges.Range, jobs []Job, have *ranges.Set, others []*ranges.Set, rate int64) (part, free ranges.Range, ok bool) {
	if free, ok := p.rarest(missing, jobs, have, others); ok {
		end := min(free.End, p.up(free.Start+p.Length(rate)))
		if free.End-end < p.Min && free.End-free.Start < p.Max {
			end = free.End // the rest is too little to be asked for by itself
		}
		return ranges.Range{Start: free.Start, End: end}, free, true
	}
	return ranges.Range{}, ranges.Range{}, false
}

// rarest is the first of the free ranges, from From on and around the end, that
// fewest of the others have.
func (p Picker) rarest(missing []ranges.Range, jobs []Job, have *ranges.Set, others []*ranges.Set) (rare ranges.Range, ok bool) {
	fewest, behind := len(others)+1, false
	for free := range p.Free(missing, jobs, have) {
		cuts := []int64{free.Start, free.End}
		for _, o := range others {
			for r := range o.All() {
				cuts = append(cuts, min(max(p.up(r.Start), free.Start), free.End), min(max(p.Down(r.End), free.Start), free.End))
			}
		}
		slices.Sort(cuts)
		cuts = slices.Compact(cuts)
		for i, from := range cuts[:len(cuts)-1] {
			r := ranges.Range{Start: from, End: cuts[i+1]}
			holders := 0
			for _, o := range others {
				if o.Contains(r) {
					holders++
				}
			}
			if holders < fewest || holders == fewest && !behind && r.End > p.From {
				rare, fewest, ok, behind = r, holders, true, r.End > p.From
			}
		}
		if fewest == 0 && behind { // nothing after it is rarer
			break
		}
	}
	if behind {
		rare.Start = max(rare.Start, p.Down(p.From))
	}
	return rare, ok
}

// Free yields, in order, the whole slices that are missing in part, that nobody
// works on and that have holds.
func (p Picker) Free(missing []ranges.Range, jobs []Job, have *ranges.Set) iter.Seq[ranges.Range] {
	return func(yield func(ranges.Range) bool) {
		var left ranges.Set
		for _, gap := range missing {
			left.Add(ranges.Range{Start: p.Down(gap.Start), End: p.up(gap.End)})
		}
		for _, j := range jobs {
			left.Remove(ranges.Range{Start: p.Down(j.At), End: p.up(j.End)})
		}
		for gap := range left.All() {
			if have == nil {
				if !yield(gap) {
					return
				}
				continue
			}
			for part := range have.All() {
				part = ranges.Range{Start: p.up(max(part.Start, gap.Start)), End: min(part.End, gap.End)}
				if part.End < p.Size {
					part.End = p.Down(part.End)
				}
				if !part.Empty() && !yield(part) {
					return
				}
			}
		}
	}
}

// Length is how much a source of that rate is asked for.
func (p Picker) Length(rate int64) int64 {
	if rate == 0 {
		return p.First
	}
	return min(max(int64(float64(rate)*p.Ahead.Seconds()), p.Min), p.Max)
}

// Steal is which of the jobs a source of the given rate that has nothing else to
// do should take the end of, and from which byte on, so that both end at the
// same time. Where too little is left to share, one that is much faster takes all
// of it. It reports false if there is no such.
func (p Picker) Steal(jobs []Job, have *ranges.Set, rate int64) (victim int, from int64, ok bool) {
	most := time.Duration(0)
	for i, j := range jobs {
		mine, theirs := max(rate, 1), max(j.Rate, 1)
		switch { // nobody knows: half
		case rate == 0:
			mine = theirs
		case j.Rate == 0: // it was only just asked, or is stuck
			theirs = mine
		}
		cut := p.up(j.At + int64(float64(j.Left())*float64(theirs)/float64(mine+theirs)))
		cut = max(cut, p.Down(j.At)+p.Slice) // some of this slice is here
		if j.Idle >= p.Stuck {
			cut = p.Down(j.At) + p.Slice
			if j.End-cut < p.Split {
				cut = p.Down(j.At)
			}
		}
		mineAlone := p.Takes(Job{At: p.Down(j.At), End: j.End, Rate: rate})
		if j.End-cut < p.Split && j.Rate > 0 && rate > 0 && p.Faster > 0 && p.Takes(j) > p.Stuck+time.Duration(p.Faster)*mineAlone {
			cut = p.Down(j.At) // it would hold up what is all but whole
		}
		if cut > j.At && j.End-cut < p.Split || cut >= j.End || p.Takes(j) < p.Worth || have != nil && !have.Contains(ranges.Range{Start: cut, End: j.End}) {
			continue
		}
		if takes := p.Takes(j); takes > most {
			most, victim, from, ok = takes, i, cut, true
		}
	}
	return victim, from, ok
}

// Takes is how long a job will take at its rate; an hour if that is unknown.
func (p Picker) Takes(j Job) time.Duration {
	if j.Rate == 0 {
		return time.Hour
	}
	return time.Duration(min(float64(j.Left())/float64(j.Rate), 3600) * float64(time.Second))
}

// Down is where the slice that a byte is in begins.
func (p Picker) Down(at int64) int64 { return at - at%p.Slice }

// up is where the slice ends that the byte before is in.
func (p Picker) up(at int64) int64 { return min(p.Size, p.Down(at+p.Slice-1)) }
