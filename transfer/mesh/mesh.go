package mesh

import (
	"container/list"
	"math/rand/v2"
	"net/netip"
	"slices"
	"time"

	"filbert/transfer/urn"
)

// Addresses decides about addresses, as the overlay does for its own.
type Addresses interface {
	// Usable reports whether an address can be a host's when teller tells it, and
	// whether a peer at teller would take it from us: never a reserved one or our
	// own, and a private one only between hosts of the same private network. The
	// zero teller is ourselves. It must not block.
	Usable(addr netip.AddrPort, teller netip.Addr) bool
	// Network is what one owner usually has of the addresses around addr; two
	// addresses in it are one witness.
	Network(addr netip.Addr) netip.Prefix
}

// Mesh is what is known of who has which files. Methods take the time as now,
// which must not go back. It is not safe for concurrent use.
type Mesh struct {
	addresses Addresses
	rand      *rand.Rand
	files     map[urn.SHA1]*list.Element // of *file
	recent    list.List                  // of *file, the one talked of last first
	total     int                        // sources of all files
}

// file is the sources of one file.
type file struct {
	sha1    urn.SHA1
	sources []*source // at most MaxSources
}

// New builds an empty mesh. rand decides who is offered to whom.
func New(addresses Addresses, rand *rand.Rand) *Mesh {
	return &Mesh{addresses: addresses, rand: rand, files: make(map[urn.SHA1]*list.Element)}
}

// Len is how many files and how many sources of them are known.
func (m *Mesh) Len() (files, sources int) { return len(m.files), m.total }

// Heard takes the sources of a file that the host from named. Those that nobody
// can have are not kept; nor more than a share of the table from one network.
func (m *Mesh) Heard(now time.Time, sha1 urn.SHA1, from netip.Addr, alts []AltLoc) {
	teller := m.addresses.Network(from)
	for _, alt := range alts[:min(len(alts), maxNamed)] {
		if alt, ok := m.usable(alt, from); ok {
			m.heard(now, sha1, from, teller, alt)
		}
	}
}

func (m *Mesh) heard(now time.Time, sha1 urn.SHA1, from netip.Addr, teller netip.Prefix, alt AltLoc) {
	f := m.file(now, sha1)
	if s := f.find(&alt); s != nil {
		if !s.isBanned(now) {
			s.named(now, from, teller)
		}
		return
	}
	if !m.room(f, &alt, teller) {
		return
	}
	if s := m.add(now, f, alt, from); s != nil {
		s.named(now, from, teller)
	}
}

// room reports whether another rumour of teller's, of a source in the network
// of alt, may be kept: neither may one network fill the table, nor may many be
// sent to one.
func (m *Mesh) room(f *file, alt *AltLoc, teller netip.Prefix) bool {
	brought, there := 0, 0
	for _, s := range f.sources {
		if s.hasWorked() {
			continue
		}
		if len(s.tellers) > 0 && s.tellers[0] == teller {
			brought++
		}
		if !alt.Firewalled && !s.alt.Firewalled && m.addresses.Network(s.alt.Addr.Addr()) == m.addresses.Network(alt.Addr.Addr()) {
			there++
		}
	}
	return brought < maxPerTeller && there < maxPerNetwork
}

// Worked notes that we fetched verified bytes of a file from a source.
func (m *Mesh) Worked(now time.Time, sha1 urn.SHA1, alt AltLoc) {
	alt, ok := m.usable(alt, netip.Addr{})
	if !ok {
		return
	}
	f := m.file(now, sha1)
	s := f.find(&alt)
	if s == nil {
		if s = m.add(now, f, alt, netip.Addr{}); s == nil {
			return
		}
	}
	if len(alt.Proxies) > 0 {
		s.alt.Proxies = alt.Proxies
	}
	s.seen, s.worked = now, now
	s.banned, s.failed, s.reports = time.Time{}, false, nil
}

// Failed notes that a source could not be reached, did not have the file or
// lied: what others say of it does not count for a while.
func (m *Mesh) Failed(now time.Time, sha1 urn.SHA1, alt AltLoc) {
	alt, ok := m.usable(alt, netip.Addr{})
	if !ok {
		return
	}
	f := m.file(now, sha1)
	s := f.find(&alt)
	if s == nil {
		if s = m.add(now, f, alt, netip.Addr{}); s == nil {
			return
		}
	}
	s.ban(now)
	s.failed = true
}

// Reported takes the sources of a file that the host from calls failed. Enough
// networks saying so end a source that did not work for us of late.
func (m *Mesh) Reported(now time.Time, sha1 urn.SHA1, from netip.Addr, alts []AltLoc) {
	e, ok := m.files[sha1]
	if !ok {
		return
	}
	teller := m.addresses.Network(from)
	for i := range alts[:min(len(alts), maxNamed)] {
		s := e.Value.(*file).find(&alts[i])
		if s == nil || s.isBanned(now) || s.hasWorked() && now.Sub(s.worked) < unprovenLife {
			continue
		}
		if !slices.Contains(s.reports, teller) {
			s.reports = append(s.reports, teller)
		}
		if len(s.reports) >= enoughReports {
			s.ban(now)
		}
	}
}

// usable is alt with those of its addresses that can be used when teller names
// them, and reports whether it is of use then.
func (m *Mesh) usable(alt AltLoc, teller netip.Addr) (AltLoc, bool) {
	if !alt.Firewalled {
		return alt, alt.Addr.IsValid() && m.addresses.Usable(alt.Addr, teller)
	}
	if alt.Addr.IsValid() && !m.addresses.Usable(alt.Addr, teller) {
		alt.Addr = netip.AddrPort{}
	}
	var proxies []netip.AddrPort
	for _, p := range alt.Proxies {
		if len(proxies) < maxProxies && m.addresses.Usable(p, teller) {
			proxies = append(proxies, p)
		}
	}
	alt.Proxies = proxies
	return alt, len(proxies) > 0 && alt.Servent != [16]byte{}
}

// file finds or makes room for a file, and drops those of its sources that
// nobody spoke of for too long.
func (m *Mesh) file(now time.Time, sha1 urn.SHA1) *file {
	e, ok := m.files[sha1]
	if !ok {
		if len(m.files) == MaxFiles {
			m.forget(m.recent.Back())
		}
		f := &file{sha1: sha1}
		m.files[sha1] = m.recent.PushFront(f)
		return f
	}
	m.recent.MoveToFront(e)
	f := e.Value.(*file)
	m.expire(now, f)
	return f
}

// expire drops the sources of a file whose time is over.
func (m *Mesh) expire(now time.Time, f *file) {
	before := len(f.sources)
	f.sources = slices.DeleteFunc(f.sources, func(s *source) bool { return s.expired(now) })
	m.total -= before - len(f.sources)
}

func (m *Mesh) forget(e *list.Element) {
	f := m.recent.Remove(e).(*file)
	delete(m.files, f.sha1)
	m.total -= len(f.sources)
}

// add puts a source in, in the place of the least worth if there is no room, or
// returns nil if all the others are worth more.
func (m *Mesh) add(now time.Time, f *file, alt AltLoc, from netip.Addr) *source {
	alt.Proxies = slices.Clone(alt.Proxies)
	s := &source{alt: alt, from: from, seen: now}
	if len(f.sources) == MaxSources {
		least := 0
		for i, other := range f.sources {
			if other.worth(now) < f.sources[least].worth(now) || other.worth(now) == f.sources[least].worth(now) && other.seen.Before(f.sources[least].seen) {
				least = i
			}
		}
		if f.sources[least].worth(now) > s.worth(now) {
			return nil
		}
		f.sources[least] = s
		return s
	}
	for m.total >= maxTotal {
		oldest := m.recent.Back()
		if oldest.Value.(*file) == f { // the others have none
			return nil
		}
		m.forget(oldest)
	}
	f.sources = append(f.sources, s)
	m.total++
	return s
}

func (f *file) find(alt *AltLoc) *source {
	for _, s := range f.sources {
		if s.alt.same(alt) {
			return s
		}
	}
	return nil
}
