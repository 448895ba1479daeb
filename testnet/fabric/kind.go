package fabric

import "fmt"

// Kind is what an event delivers.
type Kind uint8

// The kinds of events. Window is an acknowledgement that opens the sender's window again.
const (
	Syn Kind = 1 + iota
	SynAck
	Ack
	Data
	Window
	Fin
	Reset
	Datagram
	Faulted
	numKinds
)

var kindNames = [numKinds]string{
	Syn: "SYN", SynAck: "SYN-ACK", Ack: "ACK", Data: "DATA", Window: "WINDOW", Fin: "FIN", Reset: "RST", Datagram: "UDP",
	Faulted: "FAULT",
}

func (k Kind) String() string {
	if k > 0 && k < numKinds {
		return kindNames[k]
	}
	return fmt.Sprintf("Kind(%#x)", uint8(k))
}

// DropReason is why a segment or datagram was not received. The zero value is that it was.
type DropReason uint8

// The reasons of drops.
const (
	DropLoss      DropReason = 1 + iota // Config.Loss said so
	DropMTU                             // a datagram larger than Config.MTU
	DropLink                            // the queue of the link was full
	DropPartition                       // a partition was in the way, or too many datagrams waited in it
	DropPaused                          // too many datagrams waited for a paused host
	DropNoHost                          // nobody has the address
	DropClosed                          // the port or the connection is closed
	DropBacklog                         // too many connections waited for Accept
	DropQueue                           // the receive queue of the socket was full
	DropNAT                             // a NAT box had no room, or let it not pass
	numDropReasons
)

var dropNames = [numDropReasons]string{
	DropLoss: "loss", DropMTU: "mtu", DropLink: "link queue", DropPartition: "partition", DropPaused: "paused",
	DropNoHost: "no host", DropClosed: "closed", DropBacklog: "backlog", DropQueue: "receive queue", DropNAT: "nat",
}

func (r DropReason) String() string {
	switch {
	case r == 0:
		return "received"
	case r < numDropReasons:
		return dropNames[r]
	}
	return fmt.Sprintf("DropReason(%#x)", uint8(r))
}
