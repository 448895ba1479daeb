package upload

import (
	"maps"
	"net/http"
	"net/netip"
	"slices"
	"sync/atomic"
	"time"
	"unicode/utf8"

	"filbert/transfer"
	"filbert/transfer/library"
	"filbert/transfer/queue"
	"filbert/transfer/ranges"
)

// Status is one upload that is going on.
type Status struct {
	Peer  netip.AddrPort
	By    [32]byte // key that the peer has proven; zero if none
	Agent string   // User-Agent of the peer, fit for display
	File  transfer.File
	Range ranges.Range // bytes asked for
	Sent  int64        // bytes of them given to the network
	Rate  float64      // bytes per second since it began
	Since time.Time
}

// upload is an upload that is going on.
type upload struct {
	Status              // Range is guarded by Server.mu, the rest never changes; Sent and Rate are not set
	sent   atomic.Int64 // bytes
	turn   queue.Turn

	crowded bool // others wait; of the goroutine that sends
}

func newUpload(r *http.Request, e *library.Entry, span ranges.Range) *upload {
	return &upload{Status: Status{
		Peer:  addrOf(r.RemoteAddr),
		Agent: transfer.Display(cut(r.UserAgent(), maxAgent)),
		File:  transfer.File{Name: e.Name, Size: e.Size, SHA1: e.SHA1},
		Range: span,
		Since: time.Now(),
	}}
}

// cut is the first n bytes of s, or some less, so as not to end in the middle of
// a character.
func cut(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n]
}

// Uploads lists what is being sent, oldest first.
func (s *Server) Uploads() []Status {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := time.Now()
	out := make([]Status, 0, len(s.uploads))
	for u := range s.uploads {
		st := u.Status
		st.Sent = u.sent.Load()
		if took := now.Sub(st.Since).Seconds(); took > 0 {
			st.Rate = float64(st.Sent) / took
		}
		out = append(out, st)
	}
	slices.SortFunc(out, func(a, b Status) int { return a.Since.Compare(b.Since) })
	return out
}

// Stats counts since the start.
type Stats struct {
	Answers map[int]uint64    // requests by the status of their answer; not those net/http refuses to parse
	Refused map[Reason]uint64 // requests, connections and uploads by why they failed
	Bytes   uint64            // of files, given to the network
}

func newStats() Stats {
	return Stats{Answers: map[int]uint64{}, Refused: map[Reason]uint64{}}
}

// Stats is a copy of the counters.
func (s *Server) Stats() Stats {
	s.mu.Lock()
	defer s.mu.Unlock()
	return Stats{maps.Clone(s.stats.Answers), maps.Clone(s.stats.Refused), s.stats.Bytes}
}

// Sent is the bytes of files given to the network since the start.
func (s *Server) Sent() uint64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.stats.Bytes
}

// count counts something that failed.
func (s *Server) count(reason Reason) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.stats.Refused[reason]++
}

// answered counts an answer.
func (s *Server) answered(status int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.stats.Answers[status]++
}

// progress counts bytes that were sent.
func (s *Server) progress(u *upload, n int64) {
	u.sent.Add(n)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.stats.Bytes += uint64(n)
}
