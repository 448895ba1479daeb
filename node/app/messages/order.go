package messages

import (
	"slices"
	"strconv"
	"time"
)

// Verdict is what becomes of a message that came.
type Verdict int

// The verdicts. The first three keep it.
const (
	Next  Verdict = iota // it is shown
	Early                // it is held until what is before it comes, or is given up
	Late                 // what comes after it was shown already; it is shown as late
	Known                // it came before
	Old                  // it is older than what may come, or than what was forgotten
	Ahead                // its author's clock is ahead
)

var verdictNames = [...]string{"next", "early", "late", "known", "old", "ahead"}

func (v Verdict) String() string {
	if v < 0 || int(v) >= len(verdictNames) {
		return "Verdict(" + strconv.Itoa(int(v)) + ")"
	}
	return verdictNames[v]
}

// Stream is the order of one author's messages in one conversation. The zero value has
// seen none.
type Stream struct {
	last  uint64 // the highest that was shown
	floor uint64 // what is not above it was forgotten
	held  []held // by sequence
}

type held struct {
	previous, sequence uint64
	since              time.Time
}

// Take judges a message, whose signature was verified. Has tells whether one came before,
// of those not above the last that was shown. What is then to be shown, Ready tells.
func (s *Stream) Take(previous, sequence uint64, has func(sequence uint64) bool, now time.Time) Verdict {
	at, found := slices.BinarySearchFunc(s.held, sequence, func(h held, n uint64) int {
		switch {
		case h.sequence < n:
			return -1
		case h.sequence > n:
			return 1
		}
		return 0
	})
	switch {
	case found || sequence <= s.last && has(sequence):
		return Known
	case sequence > uint64(now.Add(maxAhead).UnixMicro()):
		return Ahead
	case sequence <= s.floor || sequence < uint64(now.Add(-maxAge).UnixMicro()):
		return Old
	case sequence <= s.last:
		return Late
	}
	s.held = slices.Insert(s.held, at, held{previous, sequence, now})
	if at == 0 && s.follows(previous) {
		return Next
	}
	return Early
}

// follows reports whether nothing is missing between what was shown and a message.
func (s *Stream) follows(previous uint64) bool { return previous <= max(s.last, s.floor) }

// Ready is the messages that are to be shown now, in order. They are not held any more.
func (s *Stream) Ready(now time.Time) []uint64 {
	var out []uint64
	for len(s.held) > 0 {
		h := s.held[0]
		if !s.follows(h.previous) && now.Before(s.Due()) && len(s.held) <= maxHeld {
			break
		}
		s.held, s.last = s.held[1:], h.sequence
		out = append(out, h.sequence)
	}
	return out
}

// Due is when the gap before what is held is given up; zero if nothing is held. The one
// that waits longest decides, so that what comes after it does not put it off.
func (s *Stream) Due() time.Time {
	var due time.Time
	for _, h := range s.held {
		if due.IsZero() || h.since.Before(due) {
			due = h.since
		}
	}
	if due.IsZero() {
		return due
	}
	return due.Add(holdFor)
}

// holds reports whether a message is held.
func (s *Stream) holds(sequence uint64) bool {
	return slices.ContainsFunc(s.held, func(h held) bool { return h.sequence == sequence })
}
