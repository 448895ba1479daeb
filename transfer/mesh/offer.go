package mesh

import (
	"net/netip"
	"time"

	"filbert/transfer/urn"
)

// Offer returns at most n sources of a file that a peer at to may be sent to:
// those that worked for us, named themselves, or that two networks named, and that
// the peer would take from us. Which of them is by chance, so that no source is sent everybody.
func (m *Mesh) Offer(now time.Time, sha1 urn.SHA1, to netip.Addr, n int) []AltLoc {
	return m.choose(now, sha1, n, func(s *source) (AltLoc, bool) {
		if s.isBanned(now) || !s.proven() {
			return AltLoc{}, false
		}
		// Whoever named it must have been in the place to do so, and so are we.
		if _, ok := m.usable(s.alt, s.from); !ok {
			return AltLoc{}, false
		}
		return m.usable(s.alt, to)
	})
}

// Bad returns at most n sources that failed us, for a peer at to.
func (m *Mesh) Bad(now time.Time, sha1 urn.SHA1, to netip.Addr, n int) []AltLoc {
	return m.choose(now, sha1, n, func(s *source) (AltLoc, bool) {
		if !s.isBanned(now) || !s.failed {
			return AltLoc{}, false
		}
		return m.usable(s.alt, to)
	})
}

// Sources returns at most n sources for ourselves to try: the rumours as well,
// the better known first.
func (m *Mesh) Sources(now time.Time, sha1 urn.SHA1, n int) []AltLoc {
	var out []AltLoc
	for _, proven := range []bool{true, false} {
		out = append(out, m.choose(now, sha1, n-len(out), func(s *source) (AltLoc, bool) {
			if s.isBanned(now) || s.proven() != proven {
				return AltLoc{}, false
			}
			return m.usable(s.alt, s.from)
		})...)
	}
	return out
}

// choose returns at most n of the sources of a file as pick gives them, each as
// likely as another.
func (m *Mesh) choose(now time.Time, sha1 urn.SHA1, n int, pick func(*source) (AltLoc, bool)) []AltLoc {
	e, ok := m.files[sha1]
	if !ok || n <= 0 {
		return nil
	}
	f := e.Value.(*file)
	m.expire(now, f)
	var out []AltLoc
	for _, s := range f.sources {
		if alt, ok := pick(s); ok {
			out = append(out, alt)
		}
	}
	m.rand.Shuffle(len(out), func(i, j int) { out[i], out[j] = out[j], out[i] })
	return out[:min(n, len(out))]
}
