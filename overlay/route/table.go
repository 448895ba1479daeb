// Package route remembers which link a GUID came from: it suppresses duplicate
// messages and finds the way back for query hits and pushes (Gnutella 0.6,
// "Routing"). It decides nothing about TTL or about links that are down, and it
// does no I/O.
package route

import (
	"time"

	"filbert/overlay/wire"
)

// Table maps a GUID to the links it came from, first link first. It keeps two
// generations: the current one takes what is new or used again; when it is full
// or old it becomes the previous one, and what nobody used for a whole
// generation is forgotten at once. So a table holds at most twice the capacity
// of a generation, and an entry lives between one and two lifetimes after its
// last use.
//
// L names a link; its zero value means "no link" and is never stored as an
// alternative.
type Table[L comparable] struct {
	capacity int           // entries of one generation
	lifetime time.Duration // of one generation
	born     time.Time     // of the current generation; zero until first use
	current  map[wire.GUID]entry[L]
	previous map[wire.GUID]entry[L]
	early    uint64
}

// entry is where one GUID came from: the link of its first copy and, in case
// that link goes down, the link of the first copy that came another way.
type entry[L comparable] struct {
	first, other L
	level        uint8
}

// NewTable returns an empty table whose generations hold capacity entries
// (at least 1) and last lifetime. No memory is taken before it is needed.
func NewTable[L comparable](capacity int, lifetime time.Duration) *Table[L] {
	return &Table[L]{
		capacity: max(1, capacity),
		lifetime: lifetime,
		current:  make(map[wire.GUID]entry[L]),
		previous: make(map[wire.GUID]entry[L]),
	}
}

// Record notes that guid arrived over from. It reports whether this is the
// first copy, and if not, whether from is known to have brought one before. A
// later copy never takes the place of the first (a forger could otherwise steal
// the hits), it is only remembered as the other way back.
func (t *Table[L]) Record(now time.Time, guid wire.GUID, from L) (first, again bool) {
	return t.RecordAt(now, guid, from, 0)
}

// RecordAt is Record of a message that, if this is its first copy, is sent as far
// as level says; see Raise.
func (t *Table[L]) RecordAt(now time.Time, guid wire.GUID, from L, level uint8) (first, again bool) {
	t.rotate(now)
	e, current := t.current[guid]
	if !current {
		var ok bool
		if e, ok = t.previous[guid]; !ok {
			t.insert(now, guid, entry[L]{first: from, level: level})
			return true, false
		}
	}
	again = e.first == from || e.other == from
	if learned := t.learn(&e, from); learned || !current {
		t.insert(now, guid, e)
	}
	return false, again
}

// Set makes from the first way to guid, the former first becomes the other. It
// serves routes that follow the newest sighting, as those of pushes do.
func (t *Table[L]) Set(now time.Time, guid wire.GUID, from L) {
	t.rotate(now)
	e, ok := t.current[guid]
	if !ok {
		e = t.previous[guid]
	}
	if e.first == from {
		if !ok {
			t.insert(now, guid, e)
		}
		return
	}
	t.insert(now, guid, entry[L]{first: from, other: e.first, level: e.level})
}

// Raise notes how far a message was sent, as a level of the caller's. It
// returns the highest level before, and whether this one is higher: then the
// message has somewhere to go although it is not the first copy. A GUID that is
// not recorded is not raised.
func (t *Table[L]) Raise(now time.Time, guid wire.GUID, level uint8) (before uint8, higher bool) {
	t.rotate(now)
	e, ok := t.current[guid]
	if !ok {
		if e, ok = t.previous[guid]; !ok {
			return 0, false
		}
	}
	before = e.level
	if level <= before {
		return before, false
	}
	e.level = level
	t.insert(now, guid, e)
	return before, true
}

// Lookup returns the links guid came from; other is the zero L when there was
// but one. A found entry is as good as new: routes in use do not expire.
func (t *Table[L]) Lookup(now time.Time, guid wire.GUID) (first, other L, ok bool) {
	t.rotate(now)
	e, ok := t.current[guid]
	if !ok {
		if e, ok = t.previous[guid]; ok {
			t.insert(now, guid, e)
		}
	}
	return e.first, e.other, ok
}

// Len is the number of entries held, at most twice the capacity.
func (t *Table[L]) Len() int { return len(t.current) + len(t.previous) }

// Early counts the generations that ended because they were full: entries were
// then forgotten before their lifetime was over.
func (t *Table[L]) Early() uint64 { return t.early }

// learn fills in the other way back and reports whether the entry changed.
func (t *Table[L]) learn(e *entry[L], from L) bool {
	var none L
	if e.other != none || e.first == from || from == none {
		return false
	}
	e.other = from
	return true
}

func (t *Table[L]) insert(now time.Time, guid wire.GUID, e entry[L]) {
	if len(t.current) >= t.capacity {
		if _, ok := t.current[guid]; !ok {
			t.early++
			t.turn(now)
		}
	}
	t.current[guid] = e
}

// rotate begins a new generation when the current one is past its lifetime. A
// clock that was set back only delays it.
func (t *Table[L]) rotate(now time.Time) {
	if t.born.IsZero() {
		t.born = now
	}
	switch age := now.Sub(t.born); {
	case age < t.lifetime:
	case age < 2*t.lifetime:
		t.turn(now)
	default: // nobody called for so long that both generations are past
		t.turn(now)
		t.turn(now)
	}
}

// turn makes the current generation the previous one. The map of the forgotten
// generation is used again, unless it grew far beyond what is needed now.
func (t *Table[L]) turn(now time.Time) {
	t.born = now
	spent := t.previous
	t.previous = t.current
	if len(spent) > 1024 && len(spent) > 8*len(t.current) {
		spent = make(map[wire.GUID]entry[L])
	} else {
		clear(spent)
	}
	t.current = spent
}
