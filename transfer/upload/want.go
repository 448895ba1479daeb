package upload

import (
	"filbert/transfer/merkle"
	"filbert/transfer/picker"
	"filbert/transfer/ranges"
	"filbert/transfer/urn"
)

// given is how often the parts of a file were given.
type given struct {
	urn.SHA1
	*picker.Given
}

// givenOf is that of a file; the one that was not given for the longest time is
// forgotten if there are too many. s.mu is held.
func (s *Server) givenOf(sum urn.SHA1, size int64) *picker.Given {
	for i, g := range s.given {
		if g.SHA1 == sum {
			copy(s.given[1:], s.given[:i])
			s.given[0] = g
			return g.Given
		}
	}
	s.given = append(s.given[:min(len(s.given), maxGiven-1)], given{})
	copy(s.given[1:], s.given)
	s.given[0] = given{sum, picker.NewGiven(size, merkle.SliceSize(merkle.Blake3, size))}
	return s.given[0].Given
}

// readWant reads what the peer lets us choose from (X-Want), nothing if it does not.
func (a *answer) readWant() {
	if a.r.Header.Get("Range") != "" && a.entry.Size >= manySlices {
		a.want, _ = ranges.ParseList(a.r.Header.Get(headerWant), a.entry.Size, maxWant)
	}
}

// choose gives a peer that leaves it to us what was given least often of what it
// wants and is in have, nil for all; no more than it asked for. It counts what is
// given.
func (a *answer) choose(u *upload, have *ranges.Set) {
	want := a.want
	if want != nil && have != nil {
		want = want.And(have)
	}
	s := a.server
	s.mu.Lock()
	defer s.mu.Unlock()
	u.Range = a.span
	if a.entry.Size < manySlices {
		return
	}
	g := s.givenOf(a.entry.SHA1, a.entry.Size)
	if want != nil && (have != nil || s.swarms(u)) {
		if part, ok := g.Least(want, a.span.Len(), s.cfg.Rand); ok {
			a.span, u.Range = part, part
		}
	}
	g.Add(u.Range)
}

// swarms reports whether others fetch the file at the same time, or wait. Who is alone
// gets what it asks for, in its order. s.mu is held.
func (s *Server) swarms(u *upload) bool {
	for o := range s.uploads {
		if o != u && o.File.SHA1 == u.File.SHA1 && o.Peer.Addr() != u.Peer.Addr() {
			return true
		}
	}
	return len(s.queue.Waiting()) > 0
}

// untally takes back what choose counted and did not go out. s.mu is held.
func (s *Server) untally(u *upload) {
	at := u.Range.Start + u.sent.Load()
	if u.File.Size >= manySlices && at < u.Range.End {
		s.givenOf(u.File.SHA1, u.File.Size).Undo(ranges.Range{Start: at, End: u.Range.End})
	}
}
