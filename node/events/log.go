// Package events is a bounded log of what happened to a node, and why: what a user would ask for
// who finds that something is not as before. It is in memory alone. Nothing is decided by it; who
// knows a cause writes it down where it becomes known.
package events

import (
	"cmp"
	"slices"
	"strings"
	"sync"
	"time"
)

// Event is something that happened. Texts of others are escaped by who shows them.
type Event struct {
	Number uint64 // in the order in which they happened, from 1
	Time   time.Time
	Kind   Kind
	Who    string // whom it is about: an address, a peer ID, the name of a file
	Peer   string // the peer ID, if that was proven
	In     string // the group
	Cause  string
}

// Log keeps events. The zero value is ready. It is safe for concurrent use, and adding blocks on
// nothing but its own mutex.
type Log struct {
	mu      sync.Mutex
	last    uint64
	kept    [kinds][]Event // of each kind the latest
	changed chan struct{}
}

// Add writes an event down. Its number and time are given here.
func (l *Log) Add(e Event) {
	if e.Kind >= kinds {
		return
	}
	e.Who, e.In, e.Cause = cut(e.Who, maxWho), cut(e.In, maxIn), cut(e.Cause, maxCause)
	e.Peer = cut(e.Peer, maxWho)
	l.mu.Lock()
	defer l.mu.Unlock()
	l.last++
	e.Number, e.Time = l.last, time.Now()
	kept := &l.kept[e.Kind]
	if len(*kept) == keptEach {
		*kept = slices.Delete(*kept, 0, 1)
	}
	*kept = append(*kept, e)
	if l.changed != nil {
		close(l.changed)
		l.changed = nil
	}
}

// cut keeps the beginning of a text, whole runes of it, as a copy: what it was cut from is not held.
func cut(text string, most int) string {
	if len(text) <= most {
		return text
	}
	return strings.ToValidUTF8(strings.Clone(text[:most]), "")
}

// After is what is kept of the events after one of that number, in order, and a channel that is
// closed when there are more.
func (l *Log) After(number uint64) ([]Event, <-chan struct{}) {
	l.mu.Lock()
	defer l.mu.Unlock()
	var out []Event
	for _, kept := range l.kept {
		i, _ := slices.BinarySearchFunc(kept, number+1, func(e Event, n uint64) int { return cmp.Compare(e.Number, n) })
		out = append(out, kept[i:]...)
	}
	slices.SortFunc(out, func(a, b Event) int { return cmp.Compare(a.Number, b.Number) })
	if l.changed == nil {
		l.changed = make(chan struct{})
	}
	return out, l.changed
}
