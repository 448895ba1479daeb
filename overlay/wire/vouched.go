package wire

import (
	"encoding/binary"

	"filbert/overlay/wire/ggep"
)

// Vouched is who vouches for the files of a hit: a peer ID, and its signature over Signed.
// It is an extension of a hit's trailer that only filberts send which take HTTP in TLS with
// that key.
//
//	offset  bytes  what
//	     0     32  Ed25519 public key of the servent
//	    32     64  Ed25519 signature (RFC 8032)
type Vouched struct {
	Peer      [peerIDLen]byte
	Signature [signatureLen]byte
}

// signatureLen is the length of an Ed25519 signature in bytes.
const signatureLen = 64

// VouchedLen is how much longer a hit is with it, at most: the data, two more bytes of
// COBS, and the head of the extension.
const VouchedLen = peerIDLen + signatureLen + 2 + 5

// signedDomain keeps these signatures apart from all others that the key makes.
const signedDomain = "filbert hit 1\x00"

// Extension is the extension that says so.
func (v *Vouched) Extension() ggep.Extension {
	return ggep.Extension{ID: ggep.Vouched, Data: append(v.Peer[:], v.Signature[:]...)}
}

// Vouched reads who vouches for a hit, by its word; ok is false if nobody does.
func (t *Trailer) Vouched() (v Vouched, ok bool) {
	if !t.Has(HitGGEP) {
		return v, false
	}
	e, ok := ggep.Find(t.block(), ggep.Vouched)
	if !ok {
		return v, false
	}
	b := smallPayload(e, nil)
	if len(b) != peerIDLen+signatureLen {
		return v, false
	}
	copy(v.Peer[:], b)
	copy(v.Signature[:], b[peerIDLen:])
	return v, true
}

// AppendSigned appends what who vouches for files signs: the words of signedDomain, the
// servent GUID, and of each record
//
//	bytes  what
//	    8  size, big endian
//	   20  SHA-1, zeros where it has none
//	   24  root of the Tiger tree, likewise
//	   32  root of the BLAKE3 tree, likewise
//	    2  length of the name, big endian
//	    …  name, as in the record
//
// Not the address: it differs by who is told, and a connection there is to the key or fails.
func AppendSigned(b []byte, servent GUID, records []Record) []byte {
	b = append(b, signedDomain...)
	b = append(b, servent[:]...)
	for i := range records {
		r := &records[i]
		var sum [sha1Len]byte
		for sum = range SHA1s(r.Ext) {
			break
		}
		roots := ReadRoots(r.Ext)
		b = binary.BigEndian.AppendUint64(b, uint64(r.Size))
		b = append(b, sum[:]...)
		b = append(b, roots.Tiger[:]...)
		b = append(b, roots.Blake3[:]...)
		b = binary.BigEndian.AppendUint16(b, uint16(len(r.Name)))
		b = append(b, r.Name...)
	}
	return b
}
