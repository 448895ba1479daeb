package group

import (
	"crypto/ed25519"
	"encoding/binary"
	"slices"
	"time"

	"filbert/overlay/identity"
)

// Record is one change of a group, signed by who made it.
//
//	0    version, 1
//	1    kind
//	2    group, 32 bytes; zero in the first record of all, whose hash it is
//	34   issuer, 32 bytes
//	66   number in the issuer's chain, from 1; 0 for a leave
//	70   hash of the issuer's record before, 32 bytes, or zero
//	102  clock
//	110  time, milliseconds of Unix, by the issuer's watch
//	118  length of the body; the body
//	     signature of recordDomain and all before it, 64 bytes
//
// Numbers are big endian.
type Record struct {
	Group  ID
	Issuer identity.PeerID
	Number uint32
	Prev   Hash
	Clock  uint64
	Time   time.Time
	Body   Body

	raw  []byte // as signed, with the signature
	hash Hash
}

// Hash names the record.
func (r *Record) Hash() Hash { return r.hash }

// Bytes are the record as it travels; not to be changed.
func (r *Record) Bytes() []byte { return r.raw }

// sign fills in what Bytes and Hash return.
func (r *Record) sign(s Signer) {
	b := make([]byte, 0, recordHeader+128+signatureLen)
	b = append(b, recordVersion, byte(r.Body.kind()))
	b = append(b, r.Group[:]...)
	b = append(b, r.Issuer[:]...)
	b = binary.BigEndian.AppendUint32(b, r.Number)
	b = append(b, r.Prev[:]...)
	b = binary.BigEndian.AppendUint64(b, r.Clock)
	b = binary.BigEndian.AppendUint64(b, uint64(r.Time.UnixMilli()))
	b = binary.BigEndian.AppendUint32(b, 0)
	b = r.Body.appendTo(b)
	binary.BigEndian.PutUint32(b[recordHeader-4:], uint32(len(b)-recordHeader))
	r.hash = digest(recordDomain, b)
	r.raw = append(b, s.Sign(append([]byte(recordDomain), b...))...)
}

// ParseRecord reads a record and verifies its signature. It keeps no part of b.
func ParseRecord(b []byte) (*Record, error) {
	if len(b) > maxRecord {
		return nil, refused(TooMany)
	}
	c := cursor{b: slices.Clone(b)}
	raw := c.b
	r := &Record{raw: raw}
	version, kind := c.byte(), Kind(c.byte())
	c.fill(r.Group[:])
	c.fill(r.Issuer[:])
	r.Number = c.uint32()
	c.fill(r.Prev[:])
	r.Clock = c.uint64()
	r.Time = time.UnixMilli(int64(c.uint64()))
	body := c.take(int(min(c.uint32(), maxRecord)))
	signature := c.take(signatureLen)
	if !c.done() || version != recordVersion {
		return nil, refused(Malformed)
	}
	var ok bool
	if r.Body, ok = parseBody(kind, body); !ok || !r.plausible() {
		return nil, refused(Malformed)
	}
	signed := raw[:len(raw)-signatureLen]
	if !ed25519.Verify(r.Issuer[:], append([]byte(recordDomain), signed...), signature) {
		return nil, refused(BadSignature)
	}
	r.hash = digest(recordDomain, signed)
	if a, ok := r.Body.(*Add); ok && !a.Card.verify(r.Group) {
		return nil, refused(BadSignature)
	}
	return r, nil
}

// plausible tells whether the header can belong to the body.
func (r *Record) plausible() bool {
	if r.Clock == 0 || r.Clock > maxClock || r.Number > maxChain {
		return false
	}
	switch r.Body.(type) {
	case *Genesis:
		return r.Number == 1 && r.Prev == Hash{} && r.Group == ID{} && r.Clock == 1
	case *Leave:
		return r.Number == 0 && r.Prev == Hash{} && r.Group != ID{}
	}
	return r.Number > 0 && (r.Number == 1) == (r.Prev == Hash{}) && r.Group != ID{}
}

// before is the order in which records are applied.
func (r *Record) before(o *Record) int {
	switch {
	case r.Clock < o.Clock:
		return -1
	case r.Clock > o.Clock:
		return 1
	}
	return slices.Compare(r.hash[:], o.hash[:])
}
