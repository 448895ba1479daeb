package token

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/binary"
	"math/rand/v2"
	"net/netip"
	"strconv"
	"time"
)

// Purpose keeps tokens of one use from being shown for another.
type Purpose uint8

// The purposes.
const (
	OutOfBand Purpose = 1 + iota // hits of a query, sent by UDP; bound to its GUID
	QueryKey                     // queries sent by UDP; bound to no GUID
)

// String names the purpose.
func (p Purpose) String() string {
	switch p {
	case OutOfBand:
		return "out-of-band"
	case QueryKey:
		return "query-key"
	}
	return "Purpose(" + strconv.Itoa(int(p)) + ")"
}

func (p Purpose) period() time.Duration {
	if p == QueryKey {
		return queryKeyPeriod
	}
	return outOfBandPeriod
}

// Token is one proof.
type Token [Len]byte

// Issuer makes tokens and knows its own again. Time counts from the first call,
// so that a wall clock that is set changes nothing while the process runs.
type Issuer struct {
	secret [32]byte
	began  time.Time
}

// NewIssuer returns an issuer with a secret drawn from r, which must not be
// predictable to those who see other numbers drawn from it.
func NewIssuer(r *rand.Rand) *Issuer {
	var i Issuer
	for at := 0; at < len(i.secret); at += 8 {
		binary.LittleEndian.PutUint64(i.secret[at:], r.Uint64())
	}
	return &i
}

// Issue makes the token for an address.
func (i *Issuer) Issue(now time.Time, p Purpose, addr netip.AddrPort, guid [16]byte) Token {
	return i.make(i.epoch(now, p), p, addr, guid)
}

// Valid reports whether data is a token that was issued for the same address,
// purpose and GUID, one or two periods ago at most. It takes the same time for
// every wrong one of the right length.
func (i *Issuer) Valid(now time.Time, p Purpose, addr netip.AddrPort, guid [16]byte, data []byte) bool {
	if len(data) != Len {
		return false
	}
	epoch := i.epoch(now, p)
	present, past := i.make(epoch, p, addr, guid), i.make(epoch-1, p, addr, guid)
	return subtle.ConstantTimeCompare(present[:], data)|subtle.ConstantTimeCompare(past[:], data) == 1
}

// epoch counts the keys of a purpose. A clock that goes back stays in the first.
func (i *Issuer) epoch(now time.Time, p Purpose) int64 {
	if i.began.IsZero() {
		i.began = now
	}
	return int64(max(0, now.Sub(i.began)) / p.period())
}

// make is the keyed hash. Its input has one length and its output is cut, so the
// plain hash of key and message is a sound MAC; it allocates nothing.
func (i *Issuer) make(epoch int64, p Purpose, addr netip.AddrPort, guid [16]byte) Token {
	var buf [32 + 8 + 1 + 16 + 2 + 16]byte
	ip := addr.Addr().As16()
	b := append(buf[:0], i.secret[:]...)
	b = binary.BigEndian.AppendUint64(b, uint64(epoch))
	b = append(b, byte(p))
	b = append(b, ip[:]...)
	b = binary.BigEndian.AppendUint16(b, addr.Port())
	b = append(b, guid[:]...)
	sum := sha256.Sum256(b)
	return Token(sum[:Len])
}
