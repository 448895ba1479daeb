package socket

import "strconv"

// DropReason is why a datagram found no reader.
type DropReason uint8

// The reasons.
const (
	DropDatagrams DropReason = 1 + iota // too many wait in the view
	DropBytes                           // likewise, in bytes
	DropUnread                          // nobody has asked for the view, or it is closed
	DropLong                            // longer than any datagram of ours
)

var reasons = [...]string{DropDatagrams: "datagrams", DropBytes: "bytes", DropUnread: "unread", DropLong: "long"}

// String names the reason.
func (r DropReason) String() string {
	if r > 0 && int(r) < len(reasons) {
		return reasons[r]
	}
	return "DropReason(" + strconv.Itoa(int(r)) + ")"
}

// Stats is what the socket received and sent.
type Stats struct {
	Kinds  [kinds]KindStats `json:"kinds"` // by Kind
	Errors uint64           `json:"errors"`
}

// KindStats is what came and went of one kind; Bytes are of those that came and were not
// dropped.
type KindStats struct {
	Received  uint64 `json:"received"`
	Bytes     uint64 `json:"bytes"`
	Sent      uint64 `json:"sent"`
	SentBytes uint64 `json:"sent_bytes"`

	DroppedDatagrams uint64 `json:"dropped_datagrams"`
	DroppedBytes     uint64 `json:"dropped_bytes"`
	DroppedUnread    uint64 `json:"dropped_unread"`
	DroppedLong      uint64 `json:"dropped_long"`
}

// Dropped returns how many were dropped for a reason.
func (s *KindStats) Dropped(r DropReason) uint64 {
	if n := s.counter(r); n != nil {
		return *n
	}
	return 0
}

func (s *KindStats) counter(r DropReason) *uint64 {
	switch r {
	case DropDatagrams:
		return &s.DroppedDatagrams
	case DropBytes:
		return &s.DroppedBytes
	case DropUnread:
		return &s.DroppedUnread
	case DropLong:
		return &s.DroppedLong
	}
	return nil
}

// Stats returns a copy of the counters.
func (s *Socket) Stats() Stats {
	out := Stats{Errors: s.errors.Load()}
	for k, v := range s.views {
		v.mu.Lock()
		out.Kinds[k] = v.stats
		v.mu.Unlock()
	}
	return out
}
