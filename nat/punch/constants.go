package punch

import "time"

// ALPN names what is spoken over the QUIC connection: HTTP/1.1 in each stream.
const ALPN = "filbert/0.1"

const (
	// Gaps between two volleys of probes, random between them (DCUtR).
	minGap = 10 * time.Millisecond
	maxGap = 200 * time.Millisecond

	// roundTime is how long probes are waited for in one round. All of a round are
	// sent after maxPackets*maxGap at the latest, on average after half of that.
	roundTime = 3 * time.Second

	// relayedAfter is how long after its beginning a round sends to third parties:
	// what a hole takes to come about, were there one, with a round trip of 200 ms.
	relayedAfter = 500 * time.Millisecond

	// answerTime is how long the initiator waits for an Answer. A signalling channel
	// that is slower is of no use to time anything by.
	answerTime = 5 * time.Second

	// syncTime is how long the responder waits for the Sync after its Answer, or for
	// the Offer of another round if one of them got lost.
	syncTime = 2 * answerTime

	// handshakeTime is how long QUIC has to connect over a path that is proven. It
	// falls back to a relay within 5 s (nat.md §9).
	handshakeTime = 5 * time.Second

	// rttSpread is how far the round trips of two rounds may lie apart before the
	// timing is to blame (nat.md §11).
	rttSpread = 500 * time.Millisecond

	// idleTime ends a connection on which nothing arrives; KeepAlive keeps the
	// bindings of the NATs, some of which end after 30 s (nat.md §8, §9).
	idleTime  = 30 * time.Second
	KeepAlive = 15 * time.Second

	// packetSize is that of the first QUIC packets, in bytes: what every path takes
	// (RFC 9000 14).
	packetSize = 1200
)

// Codes that close connections and streams.
const (
	codeDone   = 0 // nothing wrong
	codeNobody = 1 // nobody waits for this connection
)
