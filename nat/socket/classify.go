package socket

import "encoding/binary"

// Classify tells what a datagram is. It reads the header only and allocates
// nothing. Without ids no packet of an established QUIC connection is known.
func Classify(b []byte, ids *IDs) Kind {
	switch {
	case isSTUN(b):
		return STUN
	case isLong(b, ids), isShort(b, ids):
		return QUIC
	}
	return Gnutella
}

// isSTUN knows a STUN message by its first two bits, its cookie, and a length that
// is that of the datagram.
//
//	0  two bits of zero, type
//	2  length of what follows the header, a multiple of 4, big endian
//	4  0x2112A442
//	8  transaction, 12 bytes
func isSTUN(b []byte) bool {
	return len(b) >= stunHeader && b[0] < 0x40 && binary.BigEndian.Uint32(b[4:]) == stunCookie &&
		int(binary.BigEndian.Uint16(b[2:])) == len(b)-stunHeader && len(b)%4 == 0
}

// isLong knows a QUIC packet with a long header by its version, and by connection
// IDs that have their place. Packets that negotiate a version answer to an ID of
// ours.
//
//	0  bits: 1 long, 1 fixed, 6 of the type
//	1  version, big endian
//	5  length of the destination's ID, at most 20; the ID
//	   length of the source's ID, at most 20; the ID
func isLong(b []byte, ids *IDs) bool {
	if len(b) < longHeader || b[0]&longForm == 0 {
		return false
	}
	version := binary.BigEndian.Uint32(b[1:])
	if version != negotiation && (version != version1 && version != version2 || b[0]&fixedBit == 0) {
		return false
	}
	to, rest, ok := connectionID(b[5:])
	if !ok {
		return false
	}
	_, rest, ok = connectionID(rest)
	if !ok || len(rest) == 0 {
		return false
	}
	return version != negotiation || len(rest)%4 == 0 && len(to) == IDLen && ids.ours(to)
}

func connectionID(b []byte) (id, rest []byte, ok bool) {
	if len(b) == 0 || b[0] > maxID || int(b[0]) >= len(b) {
		return nil, nil, false
	}
	return b[1 : 1+b[0]], b[1+b[0]:], true
}

// isShort knows a packet of an established connection by an ID of ours.
//
//	0  bits: 0 short, 1 fixed, 6 encrypted
//	1  the destination's ID, 8 bytes
func isShort(b []byte, ids *IDs) bool {
	return len(b) >= shortest && b[0]&(longForm|fixedBit) == fixedBit && ids.ours(b[1:1+IDLen])
}
