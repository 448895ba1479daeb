package relay

import (
	"maps"
	"strconv"
)

// End is how a circuit ended.
type End uint8

// The ends.
const (
	EndClosed  End = 1 + iota // both sides were through
	EndFailed                 // a connection broke
	EndBytes                  // it has carried what it may
	EndTime                   // likewise
	EndIdle                   // nothing moved
	EndStopped                // the relay stops
)

var ends = [...]string{EndClosed: "closed", EndFailed: "failed", EndBytes: "bytes", EndTime: "time", EndIdle: "idle", EndStopped: "stopped"}

// String names the end.
func (e End) String() string {
	if e > 0 && int(e) < len(ends) {
		return ends[e]
	}
	return "End(" + strconv.Itoa(int(e)) + ")"
}

// Stats is what a relay does and did.
type Stats struct {
	Handshakes, Reservations, Circuits int // now
	Friends                            int // of the reservations, those that are for friends alone

	Reserved, Renewed, Opened uint64
	Bytes                     uint64 // of circuits that are over, both ways together
	Overruns                  uint64 // control lines that found no room: the reservation ended

	Refused map[Status]uint64 // conversations and reservations, by what the other side was told
	Broken  uint64            // conversations that ended before an answer: too slow, or gone
	Ended   map[End]uint64    // circuits
}

// Stats returns a copy of the counters.
func (s *Server) Stats() Stats {
	s.mu.Lock()
	defer s.mu.Unlock()
	st := s.stats
	st.Handshakes, st.Reservations, st.Circuits = s.budget.handshakes, len(s.budget.reservations), s.budget.circuits+s.budget.friends.circuits
	st.Friends = s.budget.friends.reservations
	st.Refused, st.Ended = maps.Clone(st.Refused), maps.Clone(st.Ended)
	return st
}
