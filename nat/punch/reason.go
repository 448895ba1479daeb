package punch

import "fmt"

// Reason is why a candidate did not win, or why there is no connection.
type Reason byte

const (
	None Reason = iota
	// Of a candidate.
	BadAddress       // not an address of another host
	LoopbackAddress  //
	MulticastAddress //
	PrivateAddress   // and the peers are not in the same network
	ServicePort      // 0, or below 1024
	TooMany          // better ones were tried
	Silent           // nothing came from there
	OneWay           // the peer was heard, but heard nothing: the first packets were lost both ways
	Slower           // another was first
	// Of an attempt.
	NoSignal      // the messages did not arrive: no relay, or its limit
	NoCandidates  // the peer named no address that may be tried
	BothSymmetric // ports of both NATs depend on the destination
	BadTiming     // the round trips differed too much
	NoHandshake   // probes passed, QUIC did not
	WrongKey      // the peer is not who was promised
	Busy          // too many attempts, or one with this peer
)

var reasons = map[Reason]string{
	None: "none", BadAddress: "bad address", LoopbackAddress: "loopback address", MulticastAddress: "multicast address",
	PrivateAddress: "private address", ServicePort: "service port", TooMany: "too many", Silent: "silent", OneWay: "one way",
	Slower: "slower", NoSignal: "no signal", NoCandidates: "no candidates", BothSymmetric: "both symmetric", BadTiming: "bad timing",
	NoHandshake: "no handshake", WrongKey: "wrong key", Busy: "busy",
}

func (r Reason) String() string {
	if s, ok := reasons[r]; ok {
		return s
	}
	return fmt.Sprintf("Reason(%#02x)", byte(r))
}
