package wire

import (
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"net/netip"
)

// GUID identifies a message (then also called MUID) or a servent.
type GUID [16]byte

// NewGUID makes the GUID of a new message or servent: random, byte 8 = FF,
// byte 15 = 00 (Gnutella 0.6 §2.2.1).
func NewGUID(r *rand.Rand) GUID {
	var g GUID
	binary.LittleEndian.PutUint64(g[:8], r.Uint64())
	binary.LittleEndian.PutUint64(g[8:], r.Uint64())
	g[guidModern] = 0xFF
	g[guidFlags] = 0
	return g
}

// NewPingGUID makes the GUID of a PING: as NewGUID, with byte 15 = 01 to say
// that its sender caches pongs.
func NewPingGUID(r *rand.Rand) GUID {
	g := NewGUID(r)
	g[guidFlags] = 1
	return g
}

// ParseGUID reads 32 hex digits of either case.
func ParseGUID(s string) (GUID, error) {
	var g GUID
	if len(s) != hex.EncodedLen(len(g)) {
		return GUID{}, fmt.Errorf("wire: GUID of %d characters, not 32", len(s))
	}
	if _, err := hex.Decode(g[:], []byte(s)); err != nil {
		return GUID{}, fmt.Errorf("wire: GUID: %w", err)
	}
	return g, nil
}

// String returns g as 32 lower-case hex digits.
func (g GUID) String() string { return hex.EncodeToString(g[:]) }

// IsZero reports whether g is blank.
func (g GUID) IsZero() bool { return g == GUID{} }

// WithOOBAddr returns g with the address to which out-of-band hits shall go
// written into it: IPv4 in bytes 0–3, UDP port LE in bytes 13–14. An IPv6
// address becomes 127.0.0.0; it is told in GGEP.
func (g GUID) WithOOBAddr(a netip.AddrPort) GUID {
	copy(g[:4], appendIP4(nil, a.Addr()))
	binary.LittleEndian.PutUint16(g[guidOOBPort:], a.Port())
	return g
}

// OOBAddr returns the address that the GUID of a query with FlagOOB carries.
func (g GUID) OOBAddr() netip.AddrPort {
	return addrPort4(g[:4], g[guidOOBPort:])
}
