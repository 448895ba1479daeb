package race

import (
	"errors"
	"fmt"
	"slices"
	"time"
)

// Case is one measurement.
type Case string

// The cases.
const (
	One  Case = "one"  // from one source, as fast as it goes
	Four Case = "four" // from four sources of limited speed
	Fail Case = "fail" // the same, and one dies half way and one becomes slow
	THEX Case = "thex" // from a source that has a Tiger tree only, as servents have

	Serve Case = "serve" // to many, all of a file and small ranges of it
)

// Cases is all of them.
func Cases() []Case { return []Case{One, Four, Fail, Serve, THEX} }

// Config says what to measure.
type Config struct {
	Program string // path of filbert
	Dir     string // where everything is put, and taken away again; "" is a new temporary folder
	Cases   []Case // none is all
	Size    int64  // of the file in the cases One, Serve and THEX (bytes)
	Many    int64  // of the file in the others (bytes)
	Rate    int64  // of a source in these (bytes per second)
	Runs    int    // of each program
	Timeout time.Duration
}

const (
	// minSize is the smallest file that says anything, and maxSize the largest
	// (bytes): there are three of it on the disk at once.
	minSize = 2 << 20
	maxSize = 64 << 30

	maxRuns = 100

	// maxRequests is how many ranges are asked for in case Serve (count), if the file
	// has as many KiB, and serveLimit what filbert is limited to there: more than it
	// reaches (KiB/s).
	maxRequests = 100_000
	serveLimit  = 64 << 20

	// slowShare is what a source that becomes slow still gives.
	slowShare = 20
)

// errConfig: a value is out of bounds.
var errConfig = errors.New("out of bounds")

// Check says what cannot be measured.
func (c Config) Check() error {
	for _, one := range c.Cases {
		if !slices.Contains(Cases(), one) {
			return fmt.Errorf("race: case %q: want one of %v", one, Cases())
		}
	}
	for _, v := range []struct {
		name            string
		value, min, max int64
		unit            int64
		of              string
	}{
		{"size", c.Size, minSize, maxSize, 1 << 20, " MiB"}, {"many", c.Many, minSize, maxSize, 1 << 20, " MiB"},
		{"rate", c.Rate, 64 << 10, 100 << 30, 1 << 10, " KiB/s"}, {"runs", int64(c.Runs), 1, maxRuns, 1, ""},
	} {
		if v.value < v.min || v.value > v.max {
			return fmt.Errorf("race: %s %d%s: %w, want %d to %d", v.name, v.value/v.unit, v.of, errConfig, v.min/v.unit, v.max/v.unit)
		}
	}
	return nil
}

// size is that of the file in a case (bytes).
func (c Config) size(one Case) int64 {
	if one == Four || one == Fail {
		return c.Many
	}
	return c.Size
}

func (c Config) cases() []Case {
	if len(c.Cases) == 0 {
		return Cases()
	}
	return c.Cases
}
