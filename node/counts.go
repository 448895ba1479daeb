package node

import "sync/atomic"

// muxCounts counts what came to the node's TCP port.
type muxCounts struct {
	accepted, crowded, evicted, links, requests, malformed, unknown, panics, tls, tlsFailed, unproven, blocked, relayed, words, lines atomic.Uint64

	probes, givs, givsUnknown, proxyRequests, calls, callsCrowded atomic.Uint64
}

// PortCounts is what came to the node's TCP port since the start: connections,
// of which some were refused for their number or made room for newer ones, what
// their first line was, and whether that came in TLS; and what we opened because
// somebody asked.
type PortCounts struct {
	Accepted, Crowded, Evicted                    uint64
	Links, Requests, Malformed, Unknown, Panicked uint64
	TLS, TLSFailed                                uint64 // opened with TLS; those of it that came to nothing
	TLSBusy                                       uint64 // microseconds that TLS of others computed
	Unproven                                      uint64 // links whose other end did not prove the ID that it promised
	Blocked                                       uint64 // requests of peers that the user blocked
	Probes                                        uint64 // whether we can be reached
	Givs, GivsUnknown                             uint64 // that we asked for by PUSH; that nobody waits for
	Relayed                                       uint64 // who wants us to relay
	Words                                         uint64 // who wants words about a path passed on
	Lines                                         uint64 // of peers that prove their IDs
	ProxyRequests                                 uint64 // pushes for neighbors
	Calls, CallsCrowded                           uint64 // connections others asked for by PUSH; too many at once
}

func (c *muxCounts) load() PortCounts {
	return PortCounts{
		Accepted: c.accepted.Load(), Crowded: c.crowded.Load(), Evicted: c.evicted.Load(),
		Links: c.links.Load(), Requests: c.requests.Load(), Malformed: c.malformed.Load(),
		Unknown: c.unknown.Load(), Panicked: c.panics.Load(),
		Relayed: c.relayed.Load(), Words: c.words.Load(), Lines: c.lines.Load(),
		TLS: c.tls.Load(), TLSFailed: c.tlsFailed.Load(), Unproven: c.unproven.Load(), Blocked: c.blocked.Load(),
		Probes: c.probes.Load(), Givs: c.givs.Load(), GivsUnknown: c.givsUnknown.Load(), ProxyRequests: c.proxyRequests.Load(),
		Calls: c.calls.Load(), CallsCrowded: c.callsCrowded.Load(),
	}
}
