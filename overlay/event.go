package overlay

import (
	"net/netip"
	"time"

	"filbert/overlay/handshake"
	"filbert/overlay/identity"
	"filbert/overlay/link"
	"filbert/overlay/qrp"
	"filbert/overlay/wire"
)

// Event is what the Core learns: one of the types below.
type Event interface{ event() }

// Applied is a peer in the middle of a handshake; a Verdict answers it. A link
// that we opened was announced by a Dial effect.
type Applied struct {
	Link    link.ID
	Remote  netip.AddrPort // as the connection has it
	Local   netip.Addr     // our end of the connection
	Inbound bool
	Offered handshake.Role // what we said we are; nothing yet on an inbound link
	Peer    *handshake.Peer
}

// Up is a link whose handshake succeeded; it was Applied before. Peer is as it
// became by the last block of the handshake: guided to be a leaf, it is one now.
type Up struct {
	Link  link.ID
	Peer  *handshake.Peer // nil = as Applied
	Terms handshake.Terms // what was agreed on
}

// Failed is a link that never came up: the dial or the handshake failed after
// a Dial effect or an accepting Verdict.
type Failed struct {
	Link link.ID
	Err  error // a *handshake.RefusedError tells what the other side said
}

// Batch is whole frames that a link received, back to back. The Core may patch
// them in place; effects refer to them until the next Step.
type Batch struct {
	Link   link.ID
	Frames []byte
}

// Stalled is a link whose other side does not take what it is sent.
type Stalled struct{ Link link.ID }

// Ended is a link that receives nothing any more.
type Ended struct {
	Link link.ID
	Err  error // a *wire.FormatError when its bytes were no messages
}

// Datagram is a UDP packet. Local is the address of the socket, which may be
// unspecified.
type Datagram struct {
	From    netip.AddrPort
	Local   netip.Addr
	Payload []byte
	// Solicited says that others who share the port wrote to the sender of late.
	Solicited bool
}

// Transmit sends a datagram for somebody outside; pongs of a ping come back as
// Ponged effects.
type Transmit struct {
	To    netip.AddrPort
	Frame wire.Frame
}

// Matched answers a Match effect.
type Matched struct {
	Link    link.ID
	GUID    wire.GUID
	Hops    wire.Hops
	OOB     OOB
	Records []wire.Record // at most maxRecords are used
}

// Search begins a search of our own; hits come as Deliver effects.
type Search struct {
	ID    SearchID
	Query wire.Query
	TTL   wire.TTL // 0 = the configured one
}

// EndSearch ends a search: later hits are still routed, but not delivered.
type EndSearch struct{ ID SearchID }

// Connect asks for a link to a host, whatever the number of neighbors.
type Connect struct {
	Addr netip.AddrPort
	TLS  bool            // open it with TLS
	Peer identity.PeerID // who is wanted there; zero: anybody
}

// Learned is hosts that were found beside the overlay: by a host cache, a web
// cache, or on the local network. Teller is who told of them.
type Learned struct {
	Hosts  []netip.AddrPort
	Teller netip.Addr
}

// Disconnect ends the link to a host with a BYE.
type Disconnect struct{ Addr netip.AddrPort }

// Want sets how many neighbors the node dials for.
type Want struct{ Neighbors int }

// Recheck says that what kept others from calling us may be gone.
type Recheck struct{}

// Mapped is the address of a router that forwards our port, and the port is ours:
// somebody outside has used it. The invalid one: it does so no longer.
type Mapped struct{ Addr netip.Addr }

// Doubt says that a connection we had opened broke: others may have.
type Doubt struct{}

// Retry says that what failed may not fail any more: this machine has other addresses, or was
// away.
type Retry struct{}

// Moved says that this machine, or its router, has another address than before.
type Moved struct{}

// Thrift says whether bytes are to be saved: what can wait is done less often.
type Thrift struct{ On bool }

// Observed is what somebody outside said, when asked, of where he sees us; without Seen
// he was asked and said nothing.
type Observed struct{ By, Seen netip.Addr }

// Relayed is how the node is reached over relays, for its hits; the zero value: not at
// all.
type Relayed struct{ wire.Relayed }

// Sharing tells what the node shares, for its pongs. A node that shares
// nothing is asked to match nothing.
type Sharing struct {
	Files int
	KiB   int64
}

// Routing tells the words of what the node shares, as a table that nobody
// changes any more; nil when it shares nothing.
type Routing struct{ Table *qrp.Table }

// Tick lets time pass; it is due at Core.Due.
type Tick struct{}

// Shutdown says BYE to everybody and lets nobody in any more.
type Shutdown struct{}

func (*Applied) event()    {}
func (*Up) event()         {}
func (*Failed) event()     {}
func (*Batch) event()      {}
func (*Stalled) event()    {}
func (*Ended) event()      {}
func (*Datagram) event()   {}
func (*Transmit) event()   {}
func (*Matched) event()    {}
func (*Search) event()     {}
func (*EndSearch) event()  {}
func (*Connect) event()    {}
func (*Learned) event()    {}
func (*Disconnect) event() {}
func (*Recheck) event()    {}
func (*Mapped) event()     {}
func (*Moved) event()      {}
func (*Doubt) event()      {}
func (*Retry) event()      {}
func (*Thrift) event()     {}
func (*Observed) event()   {}
func (*Relayed) event()    {}
func (*Want) event()       {}
func (*Sharing) event()    {}
func (*Routing) event()    {}
func (*Tick) event()       {}
func (*Shutdown) event()   {}

// SearchID names a search of our own.
type SearchID uint64

// Effect is what the engine is asked to do: one of the types below, in order.
// Whatever an effect points to is valid until the next Step.
type Effect interface{ effect() }

// Send queues a frame on a link.
type Send struct {
	Link  link.ID
	Frame wire.Frame
}

// Close ends a link after what was sent on it.
type Close struct{ Link link.ID }

// Dial opens a connection and the handshake on it under the name Link.
type Dial struct {
	Link link.ID
	Addr netip.AddrPort
	TLS  bool            // TLS from the first byte on, for hosts known to take it; plain when it fails
	Peer identity.PeerID // who must prove to be there; zero: anybody
}

// Judged answers Applied.
type Judged struct {
	Link    link.ID
	Verdict handshake.Verdict
}

// Match asks which shared files answer a query; Matched brings the answer.
type Match struct {
	Link    link.ID
	GUID    wire.GUID
	Hops    wire.Hops
	OOB     OOB    // as Matched shall say it
	Payload []byte // of the query
}

// Deliver is a hit for a search of our own.
type Deliver struct {
	Search SearchID
	Hit    *Hit
}

// Reply sends a datagram.
type Reply struct {
	To    netip.AddrPort
	Frame wire.Frame
	Aside bool // from another port: no NAT lets its receiver in at ours for that
}

// Ponged is a pong that answers a ping of a Transmit event.
type Ponged struct {
	From  netip.AddrPort
	Frame wire.Frame
}

func (*Send) effect()    {}
func (*Close) effect()   {}
func (*Dial) effect()    {}
func (*Judged) effect()  {}
func (*Match) effect()   {}
func (*Deliver) effect() {}
func (*Reply) effect()   {}
func (*Ponged) effect()  {}

// Hit is one query hit message as it reached us.
type Hit struct {
	wire.QueryHit
	Hops wire.Hops
	Via  netip.AddrPort // the neighbor that brought it
	At   time.Time
	// Proxies are those through whom its servent can be asked to call, as far as
	// they can be hosts.
	Proxies []netip.AddrPort
	// Relayed is how its servent is reached over relays, as far as they can be hosts.
	Relayed wire.Relayed
	// Punched is by which push proxies words about a path reach it, likewise.
	Punched wire.Relayed
}
