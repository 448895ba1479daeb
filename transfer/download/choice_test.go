package download

import (
	"math"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"filbert/transfer"
	"filbert/transfer/limit"
	"filbert/transfer/picker"
	"filbert/transfer/ranges"
)

// TestChoice: two sources that choose give the file from its end to its beginning,
// as what they may choose from has it. Nothing is offered before they said so, and
// nothing comes twice.
func TestChoice(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newPipes(t)
		file, b := content(1, 8*mb)
		trees := treesOf(b)
		var seeds []*seed
		for range 2 {
			s := plant(t, n, file, b, trees)
			s.rate = steady(fullRate)
			asked := 0
			s.chooses = func(offer string, r ranges.Range) ranges.Range {
				asked++
				if asked == 1 && offer != "" {
					t.Errorf("offered %q to one who did not say that it chooses", offer)
				}
				want, ok := ranges.ParseList(offer, file.Size, 2<<10)
				if !ok {
					return r
				}
				var last ranges.Range
				for last = range want.All() {
				}
				if slice := trees[0].SliceSize(); last.Len() > r.Len() {
					last.Start = last.End - r.Len()
					last.Start += (slice - last.Start%slice) % slice
				}
				return last
			}
			seeds = append(seeds, s)
		}
		took, status := fetch(t, n, file, b, seeds...)
		gave := seeds[0].sent.Load() + seeds[1].sent.Load()
		t.Logf("%v, %d bytes given, %d for nothing", took, gave, status.Wasted)
		if gave > file.Size+file.Size/10 {
			t.Errorf("%d bytes were given of %d", gave, file.Size)
		}
	})
}

// TestChoiceElsewhere: a source that gives what it was not offered, or more than it
// was asked for, lies.
func TestChoiceElsewhere(t *testing.T) {
	for name, odd := range map[string]func(offer *ranges.Set, r ranges.Range) ranges.Range{
		"what is here": func(*ranges.Set, ranges.Range) ranges.Range { return ranges.Range{End: probeBytes} },
		"more":         func(_ *ranges.Set, r ranges.Range) ranges.Range { return ranges.Range{Start: r.Start - 1, End: r.End} },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				n := newPipes(t)
				file, b := content(1, 4*mb)
				trees := treesOf(b)
				liar, honest := plant(t, n, file, b, trees), plant(t, n, file, b, trees)
				liar.rate, honest.rate = steady(fullRate), steady(fullRate/4)
				lies := 0
				liar.chooses = func(offer string, r ranges.Range) ranges.Range {
					want, ok := ranges.ParseList(offer, file.Size, 2<<10)
					if !ok {
						return r
					}
					lies++
					return odd(want, r)
				}
				fetch(t, n, file, b, liar, honest)
				if lies != 1 {
					t.Errorf("it could lie %d times", lies)
				}
			})
		})
	}
}

// TestChosenInVain: sources that choose the same again and again keep their connections
// for the most part.
func TestChosenInVain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newPipes(t)
		file, b := content(1, 16*mb)
		trees := treesOf(b)
		var seeds []*seed
		for range 3 {
			s := plant(t, n, file, b, trees)
			s.rate, s.ahead = steady(fullRate), 20*time.Millisecond
			s.chooses = func(offer string, r ranges.Range) ranges.Range {
				want, ok := ranges.ParseList(offer, file.Size, 2<<10)
				if !ok {
					return r
				}
				for first := range want.All() {
					return ranges.Range{Start: first.Start, End: min(first.End, first.Start+min(r.Len(), trees[0].SliceSize()))}
				}
				return r
			}
			seeds = append(seeds, s)
		}
		took, status := fetch(t, n, file, b, seeds...)
		calls := seeds[0].calls.Load() + seeds[1].calls.Load() + seeds[2].calls.Load()
		t.Logf("%v, %d connections, %d bytes for nothing", took, calls, status.Wasted)
		// Each new connection comes after maxVain answers that were read in vain, but for some
		// of sources whose rate is not known yet.
		if vain := status.Wasted / trees[0].SliceSize(); calls-3 > 2*vain/maxVain+4 {
			t.Errorf("%d connections were made, %d answers were read in vain", calls, vain)
		}
	})
}

// TestSilentChoice: what a source is asked for that does not choose after all is
// fetched from the other.
func TestSilentChoice(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newPipes(t)
		file, b := content(1, 8*mb)
		trees := treesOf(b)
		first, silent := plant(t, n, file, b, trees), plant(t, n, file, b, trees)
		for _, s := range []*seed{first, silent} {
			asked := 0
			s.rate = steady(fullRate)
			s.chooses = func(_ string, r ranges.Range) ranges.Range {
				if asked++; asked == 2 && s == silent {
					pass(stallTimeout - time.Second)
				}
				return r
			}
		}
		took, _ := fetch(t, n, file, b, first, silent)
		if most := 6 * time.Second; took > most { // 4 s from one alone
			t.Errorf("took %v, want %v at most", took, most)
		}
	})
}

// TestClaim: what a source chose is wanted as far as it is missing and comes from
// nobody else.
func TestClaim(t *testing.T) {
	w, other, waits := &worker{source: &source{}}, &worker{busy: true, coming: true, source: &source{}}, &worker{busy: true, source: &source{}}
	other.from = 200
	other.end.Store(300)
	waits.end.Store(1000)
	free := func(missing ...ranges.Range) (claimed []ranges.Range) {
		c := &crew{workers: []*worker{w, other, waits}}
		p := picker.Picker{Size: 1000, Slice: 10}
		for _, span := range []ranges.Range{{Start: 0, End: 100}, {Start: 150, End: 250}, {Start: 200, End: 210}, {Start: 300, End: 400}, {Start: 590, End: 700}} {
			claimed = append(claimed, firstFree(p, missing, c.coming(w), span))
		}
		return claimed
	}
	want := []ranges.Range{{Start: 0, End: 100}, {Start: 150, End: 200}, {}, {Start: 300, End: 400}, {Start: 590, End: 600}}
	for i, got := range free(ranges.Range{End: 600}) {
		if got != want[i] {
			t.Errorf("%d: %v, want %v", i, got, want[i])
		}
	}
}

// TestSilence: neither who waits for our limit is silent, nor who lets others before
// us, as long as that takes.
func TestSilence(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := &worker{source: &source{}, jobs: make(chan job, 1)}
		w.start(time.Now(), job{})
		time.Sleep(lineTime - 1)
		if idle := w.job().Idle; idle != lineTime-1 {
			t.Errorf("silent for %v", idle)
		}
		w.source.crowded = true
		if idle := w.job().Idle; idle != 0 {
			t.Errorf("in line, and silent for %v", idle)
		}
		time.Sleep(2 * stuckTime)
		if idle := w.job().Idle; idle < stuckTime {
			t.Errorf("in line for ever, and silent for %v", idle)
		}
		w.start(time.Now(), <-w.jobs)
		time.Sleep(2 * time.Second)
		w.came.Store(2 * 800) // 512 bytes in 0.64 s, as one of four on a slow link
		w.heard.Store(time.Now().UnixNano())
		time.Sleep(stuckTime)
		if idle := w.job().Idle; idle != 0 {
			t.Errorf("it gives 800 bytes a second, and is silent for %v", idle)
		}
		time.Sleep(lineTime)
		if idle := w.job().Idle; idle < stuckTime {
			t.Errorf("it gave 800 bytes a second, and is silent for %v", idle)
		}
		w.came.Store(2 * mb)
		w.heard.Store(time.Now().UnixNano())
		time.Sleep(stuckTime)
		if idle := w.job().Idle; idle < stuckTime*9/10 {
			t.Errorf("it gave a megabyte a second, and is silent for %v", idle)
		}
		w.limited.Store(true)
		if idle := w.job().Idle; idle != 0 {
			t.Errorf("kept waiting, and silent for %v", idle)
		}
	})
}

// TestStrain: there are enough sources when they wait for us for most of the time.
func TestStrain(t *testing.T) {
	var s strain
	now := time.Unix(1e9, 0)
	second := func(giving int, waited time.Duration) {
		now = now.Add(time.Second)
		s.add(now, giving, waited)
	}
	s.add(now, 5, 0)
	if s.enough() {
		t.Error("enough before anything came")
	}
	for range 20 {
		second(5, 2*time.Second)
	}
	if s.enough() {
		t.Error("enough, though they wait for two fifths of the time")
	}
	for range 20 {
		second(5, 4*time.Second)
	}
	if !s.enough() {
		t.Error("not enough, though they wait for four fifths of the time")
	}
	for range 8 {
		second(5, 0)
	}
	if s.enough() {
		t.Error("enough, though nobody waits any more")
	}
}

// TestFull: sources are too many when enough others give, and wait for us.
func TestFull(t *testing.T) {
	c := &crew{}
	for range enoughSources {
		w := &worker{busy: true, coming: true, source: &source{}}
		w.heard.Store(1) // after it was asked, at 0
		w.started = time.Unix(0, 0)
		c.workers = append(c.workers, w)
	}
	if c.full(nil) {
		t.Error("full, though nobody waits")
	}
	c.strain.waited, c.strain.giving = 6, 10
	if !c.full(nil) || c.full(c.workers[0]) {
		t.Errorf("%d sources: full %t; without one of them %t", enoughSources, c.full(nil), c.full(c.workers[0]))
	}
	c.workers[0].coming = false
	if c.full(nil) {
		t.Error("full, though one waits in line")
	}
}

// TestLimitOfTrickles: sources that give a few bytes at a time use the limit up.
func TestLimitOfTrickles(t *testing.T) {
	const perSecond = 400_000 // which is taken in pieces of 20,000
	synctest.Test(t, func(t *testing.T) {
		n := newPipes(t)
		file, b := content(1, 4*mb)
		trees := treesOf(b)
		d := open(t, folder(), Config{Connector: n, Limit: limit.New(perSecond, false)})
		var sources []transfer.Source
		for range 8 {
			s := plant(t, n, file, b, trees)
			s.rate, s.piece = steady(perSecond/4), 1000
			sources = append(sources, s.Source)
		}
		began := time.Now()
		d.add(file, sources...)
		d.want(file, Complete)
		took, least := time.Since(began).Seconds(), 4*mb/float64(perSecond)
		t.Logf("%.1f s, at the limit %.1f", took, least)
		if math.Abs(took-least) > least/10 {
			t.Errorf("took %.1f s, want %.1f", took, least)
		}
	})
}

// TestReadChooses reads what a source can do.
func TestReadChooses(t *testing.T) {
	for value, want := range map[string]bool{
		"": false, "want": true, "queue/1.0,  WANT/0.1": true, "wants/1.0": false, "fwalt/0.1": false, strings.Repeat(",", 5000): false,
	} {
		if got := readChooses(map[string][]string{headerFeatures: {value}}); got != want {
			t.Errorf("%.40q: %t", value, got)
		}
	}
}
