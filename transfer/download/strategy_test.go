package download

import (
	"errors"
	"slices"
	"testing"
	"time"

	"filbert/transfer"
	"filbert/transfer/picker"
)

// whole is how much of the file is here before the first gap, as far as its map tells.
func whole(s Status) int64 {
	cells := slices.IndexFunc(s.Map, func(cell byte) bool { return cell < 255 })
	if cells < 0 {
		cells = len(s.Map)
	}
	return s.File.Size * int64(cells) / max(1, int64(len(s.Map)))
}

// seconds is how long bytes take at a rate.
func seconds(n, rate int64) time.Duration {
	return time.Duration(float64(n) / float64(rate) * float64(time.Second))
}

// TestSequential fetches from two sources of which one becomes slow with a large part
// before it. In order, the other takes over soon, and the beginning is whole nearly as
// fast as one alone gives it, all along; else that comes at the end.
func TestSequential(t *testing.T) {
	const size = 40 * mb
	file, b := content(1, size)
	trees := treesOf(b)
	late := map[picker.Strategy]time.Duration{} // behind one good source, at the worst
	for _, strategy := range []picker.Strategy{picker.Auto, picker.Sequential} {
		inBubble(t, func(t *testing.T, n *pipes) {
			var sources []transfer.Source
			for i := range 2 {
				s := plant(t, n, file, b, trees)
				s.rate = steady(fullRate)
				if i == 0 {
					s.rate = func(sent int64) int64 {
						if sent > 3*mb {
							return fullRate / 50
						}
						return fullRate
					}
				}
				sources = append(sources, s.Source)
			}
			d := open(t, folder(), Config{Connector: n})
			began := time.Now()
			if _, err := d.Add(Request{File: file, Sources: sources, Terms: Terms{Strategy: strategy}}); err != nil {
				t.Fatal(err)
			}
			for s := range d.Watch(t.Context(), file.SHA1) {
				if s.State == Downloading {
					late[strategy] = max(late[strategy], time.Since(began)-seconds(whole(s), fullRate))
				}
			}
			d.wantFile(file.Name, b)
			if took := time.Since(began); took > seconds(size, fullRate)*11/10 {
				t.Errorf("%s: took %v, one source can do it in %v", strategy, took, seconds(size, fullRate))
			}
		})
	}
	if late[picker.Sequential] > 5*time.Second || late[picker.Auto] < late[picker.Sequential] {
		t.Errorf("the beginning was late by %v", late)
	}
}

// TestRarestBeginsAnywhere: somebody who wants to have something for others does not
// begin at the beginning, though nobody else is seen.
func TestRarestBeginsAnywhere(t *testing.T) {
	file, b := content(1, 8*mb)
	trees := treesOf(b)
	for _, strategy := range []picker.Strategy{picker.Auto, picker.Rarest, picker.Sequential} {
		inBubble(t, func(t *testing.T, n *pipes) {
			s := plant(t, n, file, b, trees)
			s.rate = steady(fullRate / 4)
			back, last := false, int64(0)
			s.spoil = func(b []byte, at, _ int64) ([]byte, bool) { // one connection: one at a time
				back, last = back || at < last, at
				return b, true
			}
			d := open(t, folder(), Config{Connector: n})
			if _, err := d.Add(Request{File: file, Sources: []transfer.Source{s.Source}, Terms: Terms{Strategy: strategy}}); err != nil {
				t.Fatal(err)
			}
			d.want(file, Complete)
			d.wantFile(file.Name, b)
			if back != (strategy == picker.Rarest) {
				t.Errorf("%s: it went back %v", strategy, back)
			}
		})
	}
}

// TestTermsAreKept between starts, and may be changed.
func TestTermsAreKept(t *testing.T) {
	inBubble(t, func(t *testing.T, n *pipes) {
		file, _ := content(1, 2*mb)
		f := folder()
		d := open(t, f, Config{Connector: n})
		d.add(file)
		if s := d.status(file); s.Strategy != picker.Auto {
			t.Errorf("nobody said, and it is %q", s.Strategy)
		}
		for _, strategy := range []picker.Strategy{picker.Rarest, "", picker.Sequential} {
			if _, err := d.Add(Request{File: file, Terms: Terms{Strategy: strategy}}); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := d.Add(Request{File: file, Terms: Terms{Strategy: "backwards"}}); !errors.Is(err, ErrTerms) {
			t.Errorf("an unknown strategy: %v", err)
		}
		d.until(file, "waiting", waiting)
		d.stop()
		d = open(t, f, Config{Connector: n})
		d.add(file)
		if s := d.status(file); s.Strategy != picker.Sequential {
			t.Errorf("after a restart it is %q", s.Strategy)
		}
	})
}
