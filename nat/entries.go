package nat

import (
	"net/netip"
	"time"
)

// Entries is what a router is thought to hold in its table for this machine: one entry
// for each connection that we opened, until some time after its end, and one for each
// address that a UDP port of ours wrote to, until some time after the last datagram. At
// most maxEntries. Methods take the time as now. It is not safe for concurrent use.
type Entries struct {
	open    int         // connections, those being opened too
	closing []time.Time // when those that ended are forgotten, oldest first
	remotes map[remote]time.Time
	swept   time.Time // when remotes were last looked through

	heard, before map[remote]struct{} // wrote to us, two generations
	turned        time.Time

	most    int
	refused uint64
}

// remote is an address as a UDP port of ours knows it.
type remote struct {
	port int // of ours, by number of appearance
	addr netip.AddrPort
}

// EntryCounts tells of the entries.
type EntryCounts struct {
	Now     int
	Most    int // at a time, so far
	Limit   int
	Refused uint64 // datagrams to new addresses, and connections that waited in vain
}

// NewEntries is empty.
func NewEntries() *Entries {
	return &Entries{remotes: make(map[remote]time.Time), heard: make(map[remote]struct{}), before: make(map[remote]struct{})}
}

// Open takes an entry for a connection, if there is room. Link is for those that the
// node lives on: what is kept for them nobody else gets.
func (e *Entries) Open(now time.Time, link bool) bool {
	limit := maxEntries - keptEntries
	if link {
		limit = maxEntries
	}
	if e.count(now) >= limit {
		return false
	}
	e.open++
	e.most = max(e.most, e.count(now))
	return true
}

// Close ends a connection that has an entry.
func (e *Entries) Close(now time.Time) {
	e.open--
	e.closing = append(e.closing, now.Add(endedLifetime))
}

// Write reports whether a datagram may leave: its way has an entry already, or it gets
// one. Whoever wrote to us has made one.
func (e *Entries) Write(now time.Time, to remote) bool {
	if at, ok := e.remotes[to]; ok && now.Sub(at) < entryLifetime {
		e.remotes[to] = now
		return true
	}
	e.turn(now)
	if _, ok := e.heard[to]; ok {
		return true
	}
	if _, ok := e.before[to]; ok {
		return true
	}
	if e.count(now) >= maxEntries-keptEntries {
		e.refused++
		return false
	}
	e.remotes[to] = now
	e.most = max(e.most, e.count(now))
	return true
}

// Read notes that somebody wrote to us.
func (e *Entries) Read(now time.Time, from remote) {
	if _, ok := e.remotes[from]; ok {
		return // the entry is ours
	}
	e.turn(now)
	if _, ok := e.heard[from]; ok {
		return
	}
	if len(e.heard) == maxEntries {
		e.turned = now
		e.heard, e.before = e.before, e.heard
		clear(e.heard)
	}
	e.heard[from] = struct{}{}
}

// Counts tells how things stand.
func (e *Entries) Counts(now time.Time) EntryCounts {
	e.swept = time.Time{}
	return EntryCounts{Now: e.count(now), Most: e.most, Limit: maxEntries, Refused: e.refused}
}

// count is how many entries there are. Remotes are looked through once a second: those
// that are over meanwhile count.
func (e *Entries) count(now time.Time) int {
	for len(e.closing) > 0 && !now.Before(e.closing[0]) {
		e.closing = e.closing[1:]
	}
	if now.Sub(e.swept) >= time.Second {
		e.swept = now
		for to, at := range e.remotes {
			if now.Sub(at) >= entryLifetime {
				delete(e.remotes, to)
			}
		}
	}
	return e.open + len(e.closing) + len(e.remotes)
}

// turn forgets who wrote to us long ago.
func (e *Entries) turn(now time.Time) {
	switch age := now.Sub(e.turned); {
	case age >= 2*entryLifetime:
		clear(e.heard)
		clear(e.before)
	case age >= entryLifetime:
		e.heard, e.before = e.before, e.heard
		clear(e.heard)
	default:
		return
	}
	e.turned = now
}
