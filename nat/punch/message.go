package punch

import (
	"encoding/binary"
	"fmt"
	"net/netip"
)

// ID names an attempt; it is random.
type ID [16]byte

// Nonce is a random number of one peer for one round.
type Nonce [16]byte

// Type is the kind of a message.
type Type byte

const (
	Offer  Type = 1
	Answer Type = 2
	Sync   Type = 3
)

func (t Type) String() string {
	switch t {
	case Offer:
		return "Offer"
	case Answer:
		return "Answer"
	case Sync:
		return "Sync"
	}
	return fmt.Sprintf("Type(%#02x)", byte(t))
}

// Dependence is what a mapping or a filter of a NAT depends on (RFC 4787).
type Dependence byte

const (
	Unknown     Dependence = 0
	Independent Dependence = 1
	OnAddress   Dependence = 2
	OnAddrPort  Dependence = 3
)

func (d Dependence) String() string {
	switch d {
	case Unknown:
		return "unknown"
	case Independent:
		return "independent"
	case OnAddress:
		return "on address"
	case OnAddrPort:
		return "on address and port"
	}
	return fmt.Sprintf("Dependence(%#02x)", byte(d))
}

// Behaviour is what a peer knows of its NAT.
type Behaviour struct {
	Mapping, Filtering Dependence
	Delta              int16 // from one port to the next, 0 if they are random
}

// Message is one of the three; a Sync has type, attempt and round only.
type Message struct {
	Type       Type
	ID         ID
	Round      uint8 // from 1 on
	Behaviour  Behaviour
	Nonce      Nonce
	Key        Fingerprint
	Candidates []Candidate
}

const (
	messageVersion = 1
	syncSize       = 19
	fixedSize      = 73
	ipv4Size       = 6 // address and port
	ipv6Size       = 18
)

// FormatError says where a message is malformed.
type FormatError struct {
	Field  string
	Offset int
}

func (e *FormatError) Error() string {
	return fmt.Sprintf("punch: malformed message: %s at %d", e.Field, e.Offset)
}

// AppendTo encodes a message; numbers are big endian.
//
//	0  version 1
//	1  type: 1 Offer, 2 Answer, 3 Sync
//	2  attempt, 16 bytes
//	18 round, from 1 on; a Sync ends here
//	19 what mappings depend on: 0 unknown, 1 nothing, 2 address, 3 address and port
//	20 what filters depend on, the same
//	21 distance of ports, signed, 2 bytes
//	23 nonce, 16 bytes
//	39 SHA-256 of the public key, 32 bytes
//	71 bytes of the candidates together, 2 bytes
//	73 candidates, each: kind, length of the rest (6 or 18), address, port of 2 bytes
//
// What follows is for later versions; they are ignored, as are candidates of other lengths.
func (m Message) AppendTo(b []byte) []byte {
	b = append(b, messageVersion, byte(m.Type))
	b = append(b, m.ID[:]...)
	b = append(b, m.Round)
	if m.Type == Sync {
		return b
	}
	b = append(b, byte(m.Behaviour.Mapping), byte(m.Behaviour.Filtering))
	b = binary.BigEndian.AppendUint16(b, uint16(m.Behaviour.Delta))
	b = append(b, m.Nonce[:]...)
	b = append(b, m.Key[:]...)
	at := len(b)
	b = append(b, 0, 0)
	for _, c := range m.Candidates[:min(len(m.Candidates), maxCandidates)] {
		ip := c.Addr.Addr().Unmap()
		raw := ip.AsSlice()
		if len(raw) == 0 {
			continue
		}
		b = append(b, byte(c.Kind), byte(len(raw)+2))
		b = append(b, raw...)
		b = binary.BigEndian.AppendUint16(b, c.Addr.Port())
	}
	binary.BigEndian.PutUint16(b[at:], uint16(len(b)-at-2))
	return b
}

// Parse decodes a message.
func Parse(p []byte) (m Message, err error) {
	switch {
	case len(p) > maxMessage:
		return m, &FormatError{"length", maxMessage}
	case len(p) < syncSize:
		return m, &FormatError{"length", len(p)}
	case p[0] != messageVersion:
		return m, &FormatError{"version", 0}
	}
	m.Type, m.ID, m.Round = Type(p[1]), ID(p[2:18]), p[18]
	switch {
	case m.Type < Offer || m.Type > Sync:
		return Message{}, &FormatError{"type", 1}
	case m.Round < 1 || m.Round > maxRounds:
		return Message{}, &FormatError{"round", 18}
	case m.Type == Sync:
		return m, nil
	case len(p) < fixedSize:
		return Message{}, &FormatError{"length", len(p)}
	}
	m.Behaviour = Behaviour{Dependence(p[19]), Dependence(p[20]), int16(binary.BigEndian.Uint16(p[21:]))}
	m.Nonce, m.Key = Nonce(p[23:39]), Fingerprint(p[39:71])
	end := fixedSize + int(binary.BigEndian.Uint16(p[71:]))
	if end > len(p) {
		return Message{}, &FormatError{"candidates", 71}
	}
	m.Candidates, err = parseCandidates(p[:end])
	if err != nil {
		return Message{}, err
	}
	return m, nil
}

func parseCandidates(p []byte) (out []Candidate, err error) {
	for at := fixedSize; at < len(p); {
		if at+2 > len(p) || at+2+int(p[at+1]) > len(p) {
			return nil, &FormatError{"candidate", at}
		}
		raw := p[at+2 : at+2+int(p[at+1])]
		kind := Kind(p[at])
		at += 2 + len(raw)
		if len(raw) != ipv4Size && len(raw) != ipv6Size {
			continue
		}
		if len(out) == maxCandidates {
			return nil, &FormatError{"number of candidates", at}
		}
		ip, _ := netip.AddrFromSlice(raw[:len(raw)-2])
		out = append(out, Candidate{kind, netip.AddrPortFrom(ip.Unmap(), binary.BigEndian.Uint16(raw[len(raw)-2:]))})
	}
	return out, nil
}
