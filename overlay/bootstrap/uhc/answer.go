package uhc

import (
	"net/netip"
	"slices"

	"filbert/overlay/hostcache"
	"filbert/overlay/wire"
)

// Request is a ping that asks for hosts.
type Request struct {
	GUID   wire.GUID
	From   netip.AddrPort
	Wishes wire.SCP
	Size   int  // of the datagram, bytes
	Proven bool // From is known to be where it came from
}

// Self is what a cache says of itself.
type Self struct {
	Pong wire.Pong     // Ext is made here
	Info wire.HostInfo // told if there is room for it; Hosts is made here

	// HostCache and Name say that it is a cache to come back to. Others answer
	// too, and do not say so.
	HostCache bool
	Name      string

	Hosts hostcache.Config // which addresses can be hosts
}

// AppendAnswer appends the answer to a request, nothing if none is due: a pong
// with up to MaxHosts candidates of each family that was asked for, in order. It
// never names the asker, what cannot be a host for it, or one host twice. It is
// not longer than the request, or MaxAnswer when the asker is proven: what is
// told of ourselves goes first, then hosts from the end.
func AppendAnswer(b []byte, r Request, self Self, candidates []wire.PackedHost) []byte {
	limit := min(r.Size, MaxAnswer)
	if r.Proven {
		limit = MaxAnswer
	}
	mark := wire.HostInfo{HostCache: self.HostCache, HostCacheName: self.Name}
	full := self.Info
	full.HostCache, full.HostCacheName = self.HostCache, self.Name
	full.Hosts = choose(r, self.Hosts, candidates)
	mark.Hosts = full.Hosts

	if fits(self.Pong, full) <= limit {
		return append(b, frame(r.GUID, self.Pong, full)...)
	}
	for ; len(mark.Hosts) > 0; mark.Hosts = mark.Hosts[:len(mark.Hosts)-1] {
		if fits(self.Pong, mark) <= limit {
			return append(b, frame(r.GUID, self.Pong, mark)...)
		}
	}
	for _, info := range []wire.HostInfo{mark, {}} {
		if fits(self.Pong, info) <= limit {
			return append(b, frame(r.GUID, self.Pong, info)...)
		}
	}
	return b
}

// choose is the candidates that are told.
func choose(r Request, hosts hostcache.Config, candidates []wire.PackedHost) []wire.PackedHost {
	var list4, list6 []wire.PackedHost
	for _, c := range candidates {
		addr := netip.AddrPortFrom(c.Addr.Addr().Unmap(), c.Addr.Port())
		same := addr == r.From || addr.Addr() == r.From.Addr() && !hostcache.Class(addr.Addr()).Local()
		if same || !r.From.IsValid() || hosts.Acceptable(addr, r.From.Addr()) != hostcache.Kept {
			continue
		}
		list, wanted := &list4, r.Wishes&wire.SCPNoIPv4 == 0
		if addr.Addr().Is6() {
			list, wanted = &list6, r.Wishes&(wire.SCPIPv6|wire.SCPNoIPv4) != 0
		}
		known := slices.ContainsFunc(*list, func(h wire.PackedHost) bool { return h.Addr == addr })
		if wanted && !known && len(*list) < MaxHosts {
			*list = append(*list, wire.PackedHost{Addr: addr, TLS: c.TLS})
		}
	}
	return append(list4, list6...)
}

func frame(guid wire.GUID, pong wire.Pong, info wire.HostInfo) []byte {
	pong.Ext = info.AppendTo(nil)
	return wire.AppendFrame(nil, guid, 1, 0, &pong)
}

// fits is the size of an answer in bytes.
func fits(pong wire.Pong, info wire.HostInfo) int { return len(frame(wire.GUID{}, pong, info)) }
