package socket

import "strconv"

// Kind is what a datagram is.
type Kind uint8

// The kinds.
const (
	Gnutella Kind = iota
	STUN
	QUIC

	kinds = 3
)

// String names the kind.
func (k Kind) String() string {
	switch k {
	case Gnutella:
		return "gnutella"
	case STUN:
		return "stun"
	case QUIC:
		return "quic"
	}
	return "Kind(" + strconv.Itoa(int(k)) + ")"
}
