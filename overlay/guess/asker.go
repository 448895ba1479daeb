package guess

import (
	"net/netip"
	"slices"
	"time"

	"filbert/overlay/hostcache"
	"filbert/overlay/wire"
)

// Asker asks GUESS ultrapeers. The zero value knows none.
type Asker struct {
	hosts    []*host // those known longest first
	searches []*search
	waits    []wait // for answers, oldest first
}

// host is one ultrapeer that speaks GUESS, as far as we know.
type host struct {
	addr     netip.AddrPort
	key      []byte // nil: none yet
	keyed    time.Time
	asked    time.Time // for a key, last
	timeouts int       // in a row
	seen     time.Time // it spoke to us
}

// search is one search under way.
type search struct {
	guid    wire.GUID
	asked   map[netip.AddrPort]struct{}
	next    time.Time // no query before
	acked   int
	waiting int
	results int
}

// wait is an answer that is due.
type wait struct {
	from  netip.AddrPort
	guid  wire.GUID // of the query; zero: a key
	until time.Time
}

// Step is the next thing to do: a query with a key, or, without a search, a ping
// that asks for one.
type Step struct {
	To    netip.AddrPort
	Key   []byte
	Query wire.GUID // zero: the ping
}

// Learn takes a host that may speak GUESS and reports whether it is known now.
func (a *Asker) Learn(addr netip.AddrPort) bool {
	if a.find(addr) != nil {
		return true
	}
	if !hostcache.Class(addr.Addr()).Local() {
		near := 0
		for _, h := range a.hosts {
			if hostcache.Net(h.addr.Addr()) == hostcache.Net(addr.Addr()) {
				near++
			}
		}
		if near >= perNet {
			return false
		}
	}
	if len(a.hosts) >= maxHosts {
		i := slices.IndexFunc(a.hosts, func(h *host) bool { return h.timeouts > 0 })
		if i < 0 {
			return false
		}
		a.hosts = slices.Delete(a.hosts, i, i+1)
	}
	a.hosts = append(a.hosts, &host{addr: addr})
	return true
}

// Introduced takes a host's own word that it speaks GUESS.
func (a *Asker) Introduced(now time.Time, addr netip.AddrPort) {
	if a.Learn(addr) {
		a.find(addr).seen = now
	}
}

// Known returns up to n hosts that spoke to us lately, the newest first. Those
// that others told us of are not passed on.
func (a *Asker) Known(now time.Time, n int) []netip.AddrPort {
	var out []netip.AddrPort
	for _, h := range slices.Backward(a.hosts) {
		if len(out) < n && !h.seen.IsZero() && now.Sub(h.seen) < freshFor && h.timeouts == 0 {
			out = append(out, h.addr)
		}
	}
	return out
}

// Begin begins a search under a GUID and reports whether there is room for it.
func (a *Asker) Begin(now time.Time, guid wire.GUID) bool {
	if len(a.searches) >= MaxSearches {
		return false
	}
	a.searches = append(a.searches, &search{guid: guid, asked: make(map[netip.AddrPort]struct{}), next: now})
	return true
}

// End ends a search.
func (a *Asker) End(guid wire.GUID) {
	a.searches = slices.DeleteFunc(a.searches, func(s *search) bool { return s.guid == guid })
}

// Asked reports whether a host was sent the query of a search that runs.
func (a *Asker) Asked(guid wire.GUID, addr netip.AddrPort) bool {
	s := a.search(guid)
	if s == nil {
		return false
	}
	_, ok := s.asked[addr]
	return ok
}

// Key takes the key that a host gave; an empty one says it speaks no GUESS.
func (a *Asker) Key(now time.Time, from netip.AddrPort, key []byte) {
	a.answered(from, wire.GUID{})
	h := a.find(from)
	switch {
	case h == nil:
	case len(key) == 0:
		a.forget(h)
	default:
		h.key, h.keyed, h.asked, h.seen, h.timeouts = slices.Clone(key), now, now, now, 0
	}
}

// Acked takes a host's word that it has the query. It reports whether the host
// was asked.
func (a *Asker) Acked(guid wire.GUID, from netip.AddrPort) bool {
	if !a.Asked(guid, from) {
		return false
	}
	if a.answered(from, guid) {
		a.search(guid).acked++
	}
	if h := a.find(from); h != nil {
		h.timeouts = 0
	}
	return true
}

// Results counts what was found for a search and reports whether it is to be
// taken: what is still under way when there is enough is, but not for ever.
func (a *Asker) Results(guid wire.GUID, n int) bool {
	s := a.search(guid)
	if s == nil || s.results >= 2*enough {
		return false
	}
	s.results += n
	return true
}

func (a *Asker) find(addr netip.AddrPort) *host {
	for _, h := range a.hosts {
		if h.addr == addr {
			return h
		}
	}
	return nil
}

func (a *Asker) forget(gone *host) {
	a.hosts = slices.DeleteFunc(a.hosts, func(h *host) bool { return h == gone })
}

func (a *Asker) search(guid wire.GUID) *search {
	for _, s := range a.searches {
		if s.guid == guid {
			return s
		}
	}
	return nil
}

// answered ends a wait and reports whether there was one.
func (a *Asker) answered(from netip.AddrPort, guid wire.GUID) bool {
	i := slices.IndexFunc(a.waits, func(w wait) bool { return w.from == from && w.guid == guid })
	if i < 0 {
		return false
	}
	a.waits = slices.Delete(a.waits, i, i+1)
	if s := a.search(guid); s != nil {
		s.waiting--
	}
	return true
}
