package overlay

import (
	"net/netip"

	"filbert/overlay/hostcache"
)

const (
	// agreeing is how many independent networks must see us at one address
	// before it is believed (one peer alone could make us announce anybody).
	agreeing = 3
	// maxVotes bounds how many networks' words are remembered.
	maxVotes = 32
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
	votes    []addressVote    // newest last, one of a network
	own      []netip.AddrPort // addresses that led back to us
}

// addressVote is what one network says it sees us at.
type addressVote struct {
	network netip.Prefix
	seen    netip.Addr
}

// saw takes the Remote-IP of a handshake and our end of the connection.
func (s *selfAddress) saw(ev *Applied) {
	s.learn(netip.AddrPortFrom(ev.Local, s.port))
	seen := ev.Peer.RemoteIP
	if !seen.IsValid() || hostcache.Class(seen).Local() || hostcache.Class(ev.Remote.Addr()).Local() {
		return
	}
	network := hostcache.Net(ev.Remote.Addr())
	for i := range s.votes {
		if s.votes[i].network == network {
			s.votes = append(s.votes[:i], s.votes[i+1:]...)
			break
		}
	}
	if len(s.votes) == maxVotes {
		s.votes = s.votes[:copy(s.votes, s.votes[1:])]
	}
	s.votes = append(s.votes, addressVote{network, seen})
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

// agreed is the address of one family that enough networks see us at, the
// invalid one while they do not agree.
func (s *selfAddress) agreed(is4 bool) netip.Addr {
	for i := len(s.votes) - 1; i >= 0; i-- {
		seen, n := s.votes[i].seen, 0
		if seen.Is4() != is4 {
			continue
		}
		for _, v := range s.votes {
			if v.seen == seen {
				n++
			}
		}
		if n >= agreeing {
			return seen
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
