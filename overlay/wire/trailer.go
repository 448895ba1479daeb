package wire

import (
	"bytes"

	"filbert/overlay/wire/ggep"
)

const (
	trailerFlags = 5                // offset of the two flag bytes
	minTrailer   = trailerFlags + 2 // a shorter one says nothing
)

// Trailer is the part of a query hit between records and servent GUID, also
// called EQHD.
//
//	+-------------+-----------+--------+--------+----------------+-------+
//	| vendor code | open size | flags  | flags  | more open data | rest  |
//	| 4           | 1, ≥ 2    | A 1    | B 1    | open size - 2  |       |
//	+-------------+-----------+--------+--------+----------------+-------+
//
// With an open size of 4 the further open data is the LE16 size of XML that
// ends the rest. For push, bit B says that bit A is meaningful; for every other
// flag it is the other way round. Known and Set undo that.
//
// A trailer that is too short, cut or without a proper vendor code stays whole
// in Rest, Vendor then being blank.
type Trailer struct {
	Vendor VendorCode // blank: only Rest is sent
	Known  HitFlags   // flags the sender tells
	Set    HitFlags   // their values
	Open   []byte     // open data behind the flag bytes, at most 253 bytes
	Rest   []byte     // private data: GGEP block, in LimeWire's one byte before it, and XML
}

// HitFlags are the flags of a trailer.
type HitFlags byte

// Bits of HitFlags.
const (
	HitPush     HitFlags = 0x01 // servent is firewalled
	HitBusy     HitFlags = 0x04 // no upload slot is free
	HitUploaded HitFlags = 0x08 // has uploaded before
	HitMeasured HitFlags = 0x10 // speed was measured
	HitGGEP     HitFlags = 0x20 // a GGEP block follows the open data
)

// NewTrailer makes a trailer that tells push, busy, uploaded and measured, those
// in set being true, and the extensions, if any, in a block of its own.
func NewTrailer(vendor VendorCode, set HitFlags, exts ...ggep.Extension) Trailer {
	t := Trailer{
		Vendor: vendor,
		Known:  HitPush | HitBusy | HitUploaded | HitMeasured,
		Set:    set &^ HitGGEP,
		Rest:   ggep.Append(nil, exts...),
	}
	if len(exts) > 0 {
		t.Known |= HitGGEP
		t.Set |= HitGGEP
	}
	return t
}

// Has reports whether all of flags are known and set.
func (t *Trailer) Has(flags HitFlags) bool { return t.Known&t.Set&flags == flags }

// GGEP returns the extensions of the trailer; none and no error if it tells of
// no block.
func (t *Trailer) GGEP() ([]ggep.Extension, error) {
	if !t.Has(HitGGEP) {
		return nil, nil
	}
	exts, _, err := ggep.Parse(t.block())
	return exts, err
}

// Token returns the token that proves a hit to be asked for (GGEP "SO"), nil if
// there is none.
func (t *Trailer) Token() []byte {
	if !t.Has(HitGGEP) {
		return nil
	}
	e, ok := ggep.Find(t.block(), ggep.SecureOOB)
	if !ok {
		return nil
	}
	return smallPayload(e, nil)
}

// block is the GGEP block, if there is one, and what is behind it.
func (t *Trailer) block() []byte { return t.Rest[max(0, bytes.IndexByte(t.Rest, ggep.Magic)):] }

// appendTo appends the trailer; nothing for the zero value.
func (t *Trailer) appendTo(b []byte) []byte {
	if t.Vendor != (VendorCode{}) {
		known, set := swapPush(t.Known, t.Set)
		b = append(b, t.Vendor[:]...)
		b = append(b, byte(2+len(t.Open)), byte(known), byte(set))
		b = append(b, t.Open...)
	}
	return append(b, t.Rest...)
}

func parseTrailer(b []byte) Trailer {
	if len(b) < minTrailer || !VendorCode(b[:4]).valid() {
		return Trailer{Rest: tail(b, 0)}
	}
	open := trailerFlags + int(b[4])
	if open < minTrailer || open > len(b) {
		return Trailer{Rest: b}
	}
	known, set := swapPush(HitFlags(b[trailerFlags]), HitFlags(b[trailerFlags+1]))
	return Trailer{
		Vendor: VendorCode(b[:4]),
		Known:  known,
		Set:    set,
		Open:   tail(b[:open], minTrailer),
		Rest:   tail(b, open),
	}
}

// swapPush exchanges the push bits of the two flag bytes: the one bit in which
// the first byte holds the value and the second its meaningfulness.
func swapPush(a, b HitFlags) (HitFlags, HitFlags) {
	diff := (a ^ b) & HitPush
	return a ^ diff, b ^ diff
}
