package tlslink

import "time"

const (
	// beforeAnswer is how long each side waits before it answers the other's part
	// of the handshake. gtk-gnutella looks for the answer right after it spoke, as
	// client and as server of an upgrade, and gives up when all of it is there
	// already: it takes that for impossible, and on a fast network it is not.
	beforeAnswer = 20 * time.Millisecond

	// maxCertificate bounds what the other side shows for certificates, in bytes
	// (THREATS T31); those of servents have less than 2 KiB.
	maxCertificate = 16 << 10

	// maxHandshake bounds all that is read until a handshake is over, in bytes:
	// the certificates and, generously, everything else in it. What is read ahead
	// counts too, but only what is missing fails.
	maxHandshake = maxCertificate + 4<<10

	// processorShare is the part of the processors that handshakes may use which we begin
	// ourselves. Those that others begin have half of one: they compute one at a time, and
	// nobody does for as long as that took (THREATS T31), but no longer than maxRest.
	processorShare = 2
	maxRest        = 100 * time.Millisecond
)

// The first two bytes of a TLS record that opens a handshake: its type, and the
// major version that never changed (RFC 8446 §5.1).
const (
	recordHandshake = 0x16
	recordMajor     = 0x03
)

// HelloLen is how many bytes IsHello looks at.
const HelloLen = 2
