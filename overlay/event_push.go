package overlay

import (
	"net/netip"

	"filbert/overlay/wire"
)

// Reached is a TCP connection, of whatever kind, that somebody opened to our
// port.
type Reached struct{ From netip.Addr }

// CallFailed says that nobody took the connection of a Call effect.
type CallFailed struct{ To netip.AddrPort }

// AskPush asks a servent to connect to us or, as its push proxy, to somebody
// else. PushAsked answers it.
type AskPush struct {
	Servent wire.GUID
	Index   uint32         // of the file that is wanted
	For     netip.AddrPort // whom to connect to, as proven by a connection; invalid: us
}

func (*Reached) event()    {}
func (*CallFailed) event() {}
func (*AskPush) event()    {}

// Probe opens a connection, writes an empty line and closes it: somebody wants
// to know whether he can be reached.
type Probe struct{ To netip.AddrPort }

// Call connects to somebody who wants a file of ours and cannot connect to us.
type Call struct {
	To    netip.AddrPort
	Index uint32
}

// PushAsked answers AskPush.
type PushAsked struct{ Result PushResult }

func (*Probe) effect()     {}
func (*Call) effect()      {}
func (*PushAsked) effect() {}

// PushResult says what became of an AskPush.
type PushResult int

// Results.
const (
	PushSent    PushResult = iota
	PushUnknown            // no way to that servent is known
	PushRefused            // too many of late
)
