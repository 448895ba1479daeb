package mesh

import (
	"net/netip"
	"slices"
	"time"
)

// source is one servent that is said to have a file.
type source struct {
	alt  AltLoc
	from netip.Addr // who named it first; the zero address is ourselves
	seen time.Time  // when it was last named, or last worked

	worked time.Time // when it last gave us bytes; zero: never
	banned time.Time // it is a failed one until then; zero: it is none
	failed bool      // it failed us, and not only others
	self   bool      // it named itself, from its own address

	tellers []netip.Prefix // the first enoughTellers networks that named it
	reports []netip.Prefix // networks that called it failed, fewer than enoughReports
}

// named notes that a host named the source, of the network teller.
func (s *source) named(now time.Time, from netip.Addr, teller netip.Prefix) {
	s.seen = now
	s.self = s.self || !s.alt.Firewalled && s.alt.Addr.Addr() == from.Unmap()
	if len(s.tellers) < enoughTellers && !slices.Contains(s.tellers, teller) {
		s.tellers = append(s.tellers, teller)
	}
}

// ban makes the source a failed one, whose witnesses no longer count.
func (s *source) ban(now time.Time) {
	s.seen, s.banned = now, now.Add(banned)
	s.worked, s.self, s.tellers, s.reports = time.Time{}, false, nil, nil
}

func (s *source) isBanned(now time.Time) bool { return now.Before(s.banned) }

func (s *source) hasWorked() bool { return !s.worked.IsZero() }

// proven reports whether the source may be passed on.
func (s *source) proven() bool { return s.hasWorked() || s.self || len(s.tellers) >= enoughTellers }

// expired reports whether the source is no longer worth a place. A failed one
// is remembered as such for as long as it is banned.
func (s *source) expired(now time.Time) bool {
	switch {
	case !s.banned.IsZero():
		return !s.isBanned(now)
	case s.hasWorked():
		return now.Sub(s.seen) >= provenLife
	}
	return now.Sub(s.seen) >= unprovenLife
}

// worth orders sources by what would be lost with them: a failed one keeps
// others from trying it again, which is more than a rumour.
func (s *source) worth(now time.Time) int {
	switch {
	case s.hasWorked():
		return 3
	case s.proven():
		return 2
	case s.isBanned(now):
		return 1
	}
	return 0
}
