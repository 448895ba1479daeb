package overlay

import (
	"net/netip"
	"slices"

	"filbert/overlay/hostcache"
)

const (
	// agreeing is how many independent groups of observers must see us at one
	// address before it is believed (one peer alone could make us announce
	// anybody); they must be more than half of all that were heard, too.
	agreeing = 3
	// maxVotes bounds how many groups count, the newest of each family: who has
	// moved is believed elsewhere after five.
	maxVotes = 9
	// maxOwn bounds the addresses known to be our own.
	maxOwn = 32
)

// selfAddress finds out where others reach us. Each link may know us under
// another address: on a loopback or private network it is our end of the
// connection; towards the world it is what several independent peers see.
type selfAddress struct {
	port     uint16
	external netip.Addr       // told by the user; settles it
	mapped   netip.Addr       // of a router that forwards our port, as somebody outside has tried
	votes    []addressVote    // newest last, one of a group and family
	own      []netip.AddrPort // addresses that led back to us
}

// addressVote is what one group of observers says it sees us at; invalid while one
// that was asked says nothing.
type addressVote struct {
	group netip.Prefix
	is4   bool // the family it is about
	seen  netip.Addr
}

// saw takes the Remote-IP of a handshake and our end of the connection.
func (s *selfAddress) saw(ev *Applied) {
	s.learn(netip.AddrPortFrom(ev.Local, s.port))
	if ev.Peer.RemoteIP.IsValid() {
		s.observed(ev.Remote.Addr(), ev.Peer.RemoteIP)
	}
}

// observed takes what an observer says it sees us at; the invalid address if it was
// asked and says nothing, which takes back nothing that its group said.
func (s *selfAddress) observed(by, seen netip.Addr) {
	if hostcache.Class(by).Local() || seen.IsValid() && hostcache.Class(seen).Local() {
		return
	}
	v := addressVote{hostcache.Group(by), by.Is4(), seen}
	if seen.IsValid() {
		v.is4 = seen.Is4()
	}
	old := slices.IndexFunc(s.votes, func(o addressVote) bool { return o.group == v.group && o.is4 == v.is4 })
	switch {
	case old >= 0 && !seen.IsValid():
		return
	case old < 0 && s.heard(v.is4) == maxVotes:
		old = slices.IndexFunc(s.votes, func(o addressVote) bool { return o.is4 == v.is4 })
	}
	if old >= 0 {
		s.votes = slices.Delete(s.votes, old, old+1)
	}
	s.votes = append(s.votes, v)
}

// heard is how many groups count in what is said of one family.
func (s *selfAddress) heard(is4 bool) (n int) {
	for _, v := range s.votes {
		if v.is4 == is4 {
			n++
		}
	}
	return n
}

// learn remembers an address that is ours.
func (s *selfAddress) learn(addr netip.AddrPort) {
	if addr.Port() == 0 || !addr.IsValid() || s.is(addr) {
		return
	}
	if len(s.own) == maxOwn {
		s.own = s.own[:copy(s.own, s.own[1:])]
	}
	s.own = append(s.own, addr)
}

// is reports whether an address is known to be our own.
func (s *selfAddress) is(addr netip.AddrPort) bool {
	if addr.Port() == s.port && s.port != 0 && (addr.Addr() == s.external || addr.Addr() == s.known(addr.Addr().Is4())) {
		return true
	}
	for _, own := range s.own {
		if own == addr {
			return true
		}
	}
	return false
}

// on is the address our hits give on a link.
func (s *selfAddress) on(n *neighbor) netip.AddrPort {
	addr, _ := s.both(n.local, n.remote.Addr())
	return addr
}

// towards is the address we give to a peer, our end of whose connection is
// local.
func (s *selfAddress) towards(local, remote netip.Addr) netip.AddrPort {
	addr := local
	if !hostcache.Class(remote).Local() {
		if seen := s.known(remote.Is4()); seen.IsValid() { // local may be that of any family
			addr = seen
		}
	}
	return netip.AddrPortFrom(addr, s.port)
}

// known is our address of one family as the world sees it, the invalid one
// while that is not known.
func (s *selfAddress) known(is4 bool) netip.Addr {
	if s.external.IsValid() && s.external.Is4() == is4 {
		return s.external
	}
	if s.mapped.IsValid() && s.mapped.Is4() == is4 {
		return s.mapped
	}
	return s.agreed(is4)
}

// both is where we say we are to a peer, our end of whose connection is local:
// the IPv4 address if there is one, and the IPv6 address if there is one.
func (s *selfAddress) both(local, remote netip.Addr) (addr netip.AddrPort, ip6 netip.Addr) {
	addr = s.towards(local, remote)
	world := !hostcache.Class(remote).Local()
	switch ip := addr.Addr(); {
	case ip.Is6():
		ip6 = ip
		if ip4 := s.known(true); world && ip4.IsValid() {
			addr = netip.AddrPortFrom(ip4, s.port)
		}
	case world:
		ip6 = s.known(false)
	}
	return addr, ip6
}

// agreed is the address of one family that enough groups see us at, the invalid one
// while they do not agree.
func (s *selfAddress) agreed(is4 bool) netip.Addr {
	heard := s.heard(is4)
	for _, candidate := range s.votes {
		if candidate.is4 != is4 || !candidate.seen.IsValid() {
			continue
		}
		n := 0
		for _, v := range s.votes {
			if v.seen == candidate.seen {
				n++
			}
		}
		if n >= agreeing && 2*n > heard {
			return candidate.seen
		}
	}
	return netip.Addr{}
}

// usable reports whether an address that a neighbor tells can be a host's.
func (c *Core) usable(addr netip.AddrPort, teller *neighbor) bool {
	return c.cfg.Hosts.Acceptable(addr, teller.remote.Addr()) == hostcache.Kept
}

// usableTo reports whether a neighbor would take an address from us.
func (c *Core) usableTo(addr netip.AddrPort, to *neighbor) bool {
	return c.cfg.Hosts.Acceptable(addr, to.local) == hostcache.Kept
}
