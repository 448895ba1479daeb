package socket

import "time"

// Layout of STUN (RFC 8489 §5).
const (
	stunHeader = 20 // bytes
	stunCookie = 0x2112a442
)

// Layout of QUIC (RFC 8999, RFC 9000 §17).
const (
	longForm   = 0x80 // first bit of the first byte
	fixedBit   = 0x40 // the second, set in versions 1 and 2
	maxID      = 20   // bytes of a connection ID
	longHeader = 7    // bytes of a long header without connection IDs
	shortest   = 21   // bytes of the shortest packet with a short header that is not dropped (RFC 9000 §10.3)

	negotiation = 0          // version of the packets that negotiate one
	version1    = 1          // RFC 9000
	version2    = 0x6b3343cf // RFC 9369
)

const (
	// IDLen is the length of our connection IDs in bytes: randomLen of them are
	// random, the others a keyed check of these.
	IDLen     = 8
	randomLen = 4
)

// errorPause is how long the read loop waits after an error of the socket that is
// not its end: long enough not to spin, too short to be missed.
const errorPause = 10 * time.Millisecond
