package download

import (
	"errors"
	"math"
	"testing"
	"time"

	"filbert/transfer"
	"filbert/transfer/limit"
)

// TestLimit fetches two files at once, at the limit for both together, and never
// takes a source for slow because of it.
func TestLimit(t *testing.T) {
	const size, perSecond = 200_000, 3_000 // less than slowRate for each
	inBubble(t, func(t *testing.T, n *pipes) {
		d := open(t, folder(), Config{Connector: n, Limit: limit.New(perSecond, false)})
		began := time.Now()
		var asked []*servent
		for seed := range byte(2) {
			file, b := content(seed, size)
			first, second := newServent(t, n, file, honest(b)), newServent(t, n, file, honest(b))
			d.add(file, first.Source, second.Source)
			asked = append(asked, first, second)
		}
		for seed := range byte(2) {
			file, _ := content(seed, size)
			d.want(file, Complete)
		}
		for i := 0; i < len(asked); i += 2 {
			if requests := len(asked[i].requests()) + len(asked[i+1].requests()); requests != 1 {
				t.Errorf("asked %d times for file %d, want once", requests, i/2)
			}
		}
		want := 2 * size / float64(perSecond)
		if took := time.Since(began).Seconds(); math.Abs(took-want) > want/50 {
			t.Errorf("took %.1f s, want %.1f", took, want)
		}
	})
}

// TestLimitOfOneFile fetches two files at once of which one has a limit of its own,
// which is changed on the way and kept between starts.
func TestLimitOfOneFile(t *testing.T) {
	const size, rate = 1_000_000, 50_000
	held := func(began time.Time, n, perSecond int64) {
		t.Helper()
		want := float64(n) / float64(perSecond)
		if took := time.Since(began).Seconds(); math.Abs(took-want) > want/50 {
			t.Errorf("%d bytes took %.2f s, want %.2f", n, took, want)
		}
	}
	inBubble(t, func(t *testing.T, n *pipes) {
		f := folder()
		d := open(t, f, Config{Connector: n})
		one, b := content(1, size)
		other, c := content(2, size)
		source := newServent(t, n, one, honest(b)).Source
		began := time.Now()
		if _, err := d.Add(Request{File: one, Sources: []transfer.Source{source}, Terms: Terms{Rate: rate}}); err != nil {
			t.Fatal(err)
		}
		d.add(other, newServent(t, n, other, honest(c)).Source)
		d.want(other, Complete)
		if took := time.Since(began); took > time.Second {
			t.Errorf("a file without a limit took %v", took)
		}
		s := d.until(one, "half here", func(s Status) bool { return s.Have >= size/2 })
		held(began, s.Have, rate)
		if s.Limit != rate {
			t.Errorf("it is limited to %d", s.Limit)
		}
		began = time.Now()
		if s, err := d.Add(Request{File: one, Terms: Terms{Rate: 2 * rate}}); err != nil || s.Limit != 2*rate {
			t.Errorf("%+v, %v", s, err)
		}
		then := d.until(one, "nearly here", func(s Status) bool { return s.Have >= size*9/10 })
		held(began, then.Have-s.Have, 2*rate)
		d.stop()
		d = open(t, f, Config{Connector: n})
		d.add(one)
		s = d.status(one)
		if s.Limit != 2*rate {
			t.Errorf("after a restart it is limited to %d", s.Limit)
		}
		began = time.Now()
		d.add(one, source)
		d.want(one, Complete)
		held(began, size-s.Have, 2*rate)
		if _, err := d.Add(Request{File: one, Terms: Terms{Rate: limit.Least - 1}}); !errors.Is(err, ErrTerms) {
			t.Errorf("a limit that is too low: %v", err)
		}
	})
}
