package stun

import (
	"net/netip"
	"slices"
	"strconv"
	"time"
)

// Kind is how an observer comes to see us.
type Kind uint8

// The kinds.
const (
	ByHandshake Kind = iota // Remote-IP of a Gnutella handshake
	BySTUN                  // a binding that it answered
	ByPong                  // GGEP "IP" of a pong by UDP
)

// String names the kind.
func (k Kind) String() string {
	return name("Kind", []string{"handshake", "stun", "pong"}, uint8(k))
}

// MarshalText gives the name.
func (k Kind) MarshalText() ([]byte, error) { return []byte(k.String()), nil }

// Agreement finds out by which address others see us, from what they say. Any of them
// may lie, so an address is adopted only
//
//   - if three groups of observers at least agree on it, and
//   - if these are more than half of all groups that were asked.
//
// A group is what one owner likely has; its last observer speaks for it, whatever his
// kind. Who was asked counts from then on, with or without an answer: of the groups
// asked at once, no number below half can have a lie adopted, in whichever order the
// answers come. Of observers that come one by one, unasked, the first three may all be
// liars, and are believed until others contradict. IPv4 and IPv6 are separate matters.
//
// An Agreement decides and does nothing. Its zero value is ready.
type Agreement struct {
	votes []vote // oldest first
}

type vote struct {
	group netip.Prefix
	is4   bool // the family the vote is about
	kind  Kind
	at    time.Time
	seen  netip.Addr // invalid while there is no answer
}

// Support is what an adopted address stands on.
type Support struct {
	Address netip.Addr     `json:"address"`
	Agree   int            `json:"agree"`  // groups
	Groups  int            `json:"groups"` // that were asked
	Kinds   []Kind         `json:"kinds"`  // of those that agree
	By      []netip.Prefix `json:"by"`     // likewise
}

// String explains it.
func (s Support) String() string {
	if !s.Address.IsValid() {
		return "no address that enough observers agree on"
	}
	return s.Address.String() + ", seen by " + strconv.Itoa(s.Agree) + " of " + strconv.Itoa(s.Groups) + " groups of observers"
}

// Ask counts an observer that was asked just now how it sees us.
func (a *Agreement) Ask(now time.Time, kind Kind, observer netip.Addr) {
	observer = observer.Unmap()
	if i := a.find(observer, observer.Is4()); i < 0 {
		a.put(vote{group: group(observer), is4: observer.Is4(), kind: kind, at: now})
	}
}

// Observe takes what an observer says, and reports whether it counts: what cannot be
// the address of a host in its own network does not.
func (a *Agreement) Observe(now time.Time, kind Kind, observer, seen netip.Addr) bool {
	observer, seen = observer.Unmap(), seen.Unmap()
	if !observer.IsValid() || !public(seen) && public(observer) || seen.IsLoopback() != observer.IsLoopback() ||
		!seen.IsValid() || seen.IsUnspecified() || seen.IsMulticast() || seen.IsLinkLocalUnicast() {
		return false
	}
	if i := a.find(observer, seen.Is4()); i >= 0 {
		a.votes = slices.Delete(a.votes, i, i+1)
	}
	a.put(vote{group: group(observer), is4: seen.Is4(), kind: kind, at: now, seen: seen})
	return true
}

// Adopted returns the address of a family that is believed; without one, Support.Address
// is invalid.
func (a *Agreement) Adopted(now time.Time, is4 bool) Support {
	counts := map[netip.Addr]int{}
	groups := 0
	for _, v := range a.votes {
		if v.is4 == is4 && v.alive(now) {
			groups++
			counts[v.seen]++
		}
	}
	for _, v := range a.votes {
		if n := counts[v.seen]; v.seen.IsValid() && v.is4 == is4 && v.alive(now) && n >= agreeing && 2*n > groups {
			return a.support(now, v.seen, groups)
		}
	}
	return Support{Groups: groups}
}

func (a *Agreement) support(now time.Time, addr netip.Addr, groups int) Support {
	s := Support{Address: addr, Groups: groups}
	for _, v := range a.votes {
		if v.seen != addr || !v.alive(now) {
			continue
		}
		s.Agree++
		s.By = append(s.By, v.group)
		if !slices.Contains(s.Kinds, v.kind) {
			s.Kinds = append(s.Kinds, v.kind)
		}
	}
	slices.Sort(s.Kinds)
	return s
}

// Forget drops all votes, for a host that has moved.
func (a *Agreement) Forget() { a.votes = nil }

func (a *Agreement) find(observer netip.Addr, is4 bool) int {
	g := group(observer)
	return slices.IndexFunc(a.votes, func(v vote) bool { return v.group == g && v.is4 == is4 })
}

// put adds a vote; the expired ones, and if need be the oldest, make room.
func (a *Agreement) put(v vote) {
	a.votes = slices.DeleteFunc(a.votes, func(old vote) bool { return !old.alive(v.at) })
	if len(a.votes) >= maxGroups {
		a.votes = slices.Delete(a.votes, 0, 1)
	}
	a.votes = append(a.votes, v)
}

// alive reports whether a vote counts still. A clock that goes back changes nothing.
func (v *vote) alive(now time.Time) bool { return now.Sub(v.at) < voteLife }

// group is the network that counts as one observer.
func group(observer netip.Addr) netip.Prefix {
	bits := group6
	if observer.Is4() {
		bits = group4
	}
	p, _ := observer.Prefix(bits)
	return p
}

// carrier is the network between customers and the NAT of a carrier (RFC 6598).
var carrier = netip.MustParsePrefix("100.64.0.0/10")

// public reports whether an address means the same host everywhere.
func public(a netip.Addr) bool {
	return a.IsGlobalUnicast() && !a.IsPrivate() && !carrier.Contains(a)
}
