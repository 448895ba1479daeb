package picker

import (
	"testing"
	"time"

	"filbert/transfer/ranges"
)

const k = 1 << 10

func set(rs ...ranges.Range) *ranges.Set {
	var s ranges.Set
	for _, r := range rs {
		s.Add(r)
	}
	return &s
}

func span(from, to int64) ranges.Range { return ranges.Range{Start: from, End: to} }

// cut is 1,000 KiB in slices of 64, asked for in parts of two seconds.
var cut = Picker{Size: 1000 * k, Slice: 64 * k, Ahead: 2 * time.Second, First: 128 * k, Min: 64 * k, Max: 512 * k, Split: 64 * k, Worth: time.Second, Stuck: 5 * time.Second, Faster: 8}

func TestNext(t *testing.T) {
	all := []ranges.Range{span(0, cut.Size)}
	for name, c := range map[string]struct {
		missing    []ranges.Range
		jobs       []Job
		have       *ranges.Set
		rate       int64
		part, free ranges.Range
		ok         bool
	}{
		"the first of all": {missing: all, part: span(0, 128*k), free: span(0, 1000*k), ok: true},
		"two seconds":      {missing: all, rate: 100 * k, part: span(0, 256*k), free: span(0, 1000*k), ok: true},
		"a slow one":       {missing: all, rate: 1, part: span(0, 64*k), free: span(0, 1000*k), ok: true},
		"a fast one":       {missing: all, rate: 1 << 30, part: span(0, 512*k), free: span(0, 1000*k), ok: true},
		"behind another": {missing: all, jobs: []Job{{At: 10 * k, End: 128 * k}},
			part: span(128*k, 256*k), free: span(128*k, 1000*k), ok: true},
		"between others": {missing: all, jobs: []Job{{At: 0, End: 128 * k}, {At: 200 * k, End: 256 * k}},
			part: span(128*k, 192*k), free: span(128*k, 192*k), ok: true},
		"no rest too small": {missing: []ranges.Range{span(832*k, 1000*k)},
			part: span(832*k, 1000*k), free: span(832*k, 1000*k), ok: true},
		"whole slices": {missing: []ranges.Range{span(100*k, 101*k)},
			part: span(64*k, 128*k), free: span(64*k, 128*k), ok: true},
		"what it has": {missing: all, have: set(span(100*k, 300*k)),
			part: span(128*k, 256*k), free: span(128*k, 256*k), ok: true},
		"the end it has": {missing: all, have: set(span(950*k, 1000*k)),
			part: span(960*k, 1000*k), free: span(960*k, 1000*k), ok: true},
		"no whole slice": {missing: all, have: set(span(1, 64*k))},
		"nothing":        {},
		"all at work":    {missing: all, jobs: []Job{{At: 0, End: 1000 * k}}},
	} {
		part, free, ok := cut.Next(c.missing, c.jobs, c.have, nil, c.rate)
		if part != c.part || free != c.free || ok != c.ok {
			t.Errorf("%s: %v of %v, %t; want %v of %v, %t", name, part, free, ok, c.part, c.free, c.ok)
		}
	}
}

// TestRarest: what fewest of the others have comes first.
func TestRarest(t *testing.T) {
	missing := []ranges.Range{span(0, 512*k), span(700*k, 1000*k)}
	for name, c := range map[string]struct {
		have   *ranges.Set
		others []*ranges.Set
		free   ranges.Range
	}{
		"everybody has all":         {free: span(0, 512*k)},
		"another has the beginning": {others: []*ranges.Set{set(span(0, 256*k))}, free: span(256*k, 512*k)},
		"another has a piece":       {others: []*ranges.Set{set(span(128*k, 256*k))}, free: span(0, 128*k)},
		"others have all but one": {others: []*ranges.Set{set(span(0, 512*k)), set(span(0, 832*k), span(896*k, 1000*k))},
			free: span(832*k, 896*k)},
		"a slice in part":      {others: []*ranges.Set{set(span(0, 100*k))}, free: span(64*k, 512*k)},
		"it has not the rare":  {have: set(span(0, 256*k)), others: []*ranges.Set{set(span(0, 256*k))}, free: span(0, 256*k)},
		"all have all of it":   {others: []*ranges.Set{set(span(0, 1000*k)), set(span(0, 1000*k))}, free: span(0, 512*k)},
		"others have nothing":  {others: []*ranges.Set{set(), set()}, free: span(0, 512*k)},
		"one has less of both": {others: []*ranges.Set{set(span(0, 512*k)), set(span(0, 256*k))}, free: span(640*k, 1000*k)},
	} {
		if _, free, ok := cut.Next(missing, nil, c.have, c.others, 0); free != c.free || !ok {
			t.Errorf("%s: %v, %t; want %v", name, free, ok, c.free)
		}
	}
}

// TestFrom: of what equally few have, what lies behind From comes first.
func TestFrom(t *testing.T) {
	missing := []ranges.Range{span(0, 512*k), span(704*k, 1000*k)}
	for name, c := range map[string]struct {
		from   int64
		others []*ranges.Set
		free   ranges.Range
	}{
		"inside":            {from: 200 * k, free: span(192*k, 512*k)},
		"between":           {from: 600 * k, free: span(704*k, 1000*k)},
		"in the last slice": {from: 999 * k, free: span(960*k, 1000*k)},
		"what is rarer, before it": {from: 800 * k, others: []*ranges.Set{set(span(256*k, 1000*k))},
			free: span(0, 256*k)},
		"behind, of what is rare": {from: 300 * k, others: []*ranges.Set{set(span(0, 128*k), span(704*k, 1000*k))},
			free: span(256*k, 512*k)},
	} {
		p := cut
		p.From = c.from
		if _, free, ok := p.Next(missing, nil, nil, c.others, 0); free != c.free || !ok {
			t.Errorf("%s: %v, %t; want %v", name, free, ok, c.free)
		}
	}
	p := cut
	p.From = 900 * k
	if _, free, ok := p.Next(missing[:1], nil, nil, nil, 0); free != missing[0] || !ok {
		t.Errorf("nothing is missing behind it: %v, %t", free, ok)
	}
}

// TestOf: what is here already of a job is no work.
func TestOf(t *testing.T) {
	missing := []ranges.Range{span(100, 200), span(300, 400)}
	for want, j := range map[int64]Job{
		150: {At: 150, End: 350},
		100: {At: 50, End: 350},
		300: {At: 200, End: 350},
		250: {At: 210, End: 250},
		500: {At: 450, End: 500},
	} {
		if got := j.Of(missing); got.At != want || got.End != j.End {
			t.Errorf("%+v: %+v, want it from %d", j, got, want)
		}
	}
}

func TestSteal(t *testing.T) {
	for name, c := range map[string]struct {
		jobs   []Job
		have   *ranges.Set
		rate   int64
		victim int
		from   int64
		ok     bool
	}{
		"equals share":        {jobs: []Job{{At: 0, End: 512 * k, Rate: 100}}, rate: 100, from: 256 * k, ok: true},
		"unknown":             {jobs: []Job{{At: 0, End: 512 * k, Rate: 100}}, from: 256 * k, ok: true},
		"three times as fast": {jobs: []Job{{At: 0, End: 512 * k, Rate: 100}}, rate: 300, from: 128 * k, ok: true},
		"the one that takes longest": {jobs: []Job{{At: 0, End: 512 * k, Rate: 1000}, {At: 512 * k, End: 768 * k, Rate: 10}},
			rate: 100, victim: 1, from: 576 * k, ok: true},
		"nothing came yet":                    {jobs: []Job{{At: 512 * k, End: 1000 * k}}, rate: 100, from: 768 * k, ok: true},
		"it was only just asked for a little": {jobs: []Job{{At: 512 * k, End: 576 * k}}, rate: 1000 * k},
		"too little left":                     {jobs: []Job{{At: 400 * k, End: 512 * k, Rate: 100}}, rate: 100},
		"it is soon done":                     {jobs: []Job{{At: 0, End: 512 * k, Rate: 600 * k}}, rate: 100},
		"what it has not":                     {jobs: []Job{{At: 0, End: 512 * k, Rate: 100}}, have: set(span(0, 400*k)), rate: 100},
		"all of it":                           {jobs: []Job{{At: 140 * k, End: 160 * k, Rate: 1, Idle: 5 * time.Second}}, rate: 100, from: 128 * k, ok: true},
		"all but the slice that is coming": {jobs: []Job{{At: 128 * k, End: 512 * k, Rate: 100, Idle: 5 * time.Second}}, rate: 100,
			from: 192 * k, ok: true},
		"the last slice of one that trickles": {jobs: []Job{{At: 960 * k, End: 1000 * k, Rate: 100}}, rate: 100 * k, from: 960 * k, ok: true},
		"of one that is slow":                 {jobs: []Job{{At: 960 * k, End: 1000 * k, Rate: 50}}, rate: 100},
		"nothing left":                        {jobs: []Job{{At: 128 * k, End: 128 * k, Idle: time.Hour}}, rate: 100},
		"nobody":                              {},
	} {
		victim, from, ok := cut.Steal(c.jobs, c.have, c.rate)
		if victim != c.victim || from != c.from || ok != c.ok {
			t.Errorf("%s: job %d from %d, %t; want %d from %d, %t", name, victim, from, ok, c.victim, c.from, c.ok)
		}
	}
}
