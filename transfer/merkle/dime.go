package merkle

import (
	"encoding/binary"
	"fmt"
)

// A DIME message is records, each with a header of 12 bytes and then options,
// id, type and data, padded to 4 bytes one by one (transfer.md §6).
const (
	dimeHeader  = 12
	dimeVersion = 1 << 3
	dimeFirst   = 0x04
	dimeLast    = 0x02
	dimeChunked = 0x01 // the next record goes on with this one's data
	dimeMedia   = 1 << 4
	dimeURI     = 2 << 4
)

// dimeRecord is one record; of a chunked one, all of it.
type dimeRecord struct{ id, kind, data []byte }

func appendDIME(b []byte, flags, format byte, r dimeRecord) []byte {
	b = append(b, dimeVersion|flags, format)
	b = binary.BigEndian.AppendUint16(b, 0)
	b = binary.BigEndian.AppendUint16(b, uint16(len(r.id)))
	b = binary.BigEndian.AppendUint16(b, uint16(len(r.kind)))
	b = binary.BigEndian.AppendUint32(b, uint32(len(r.data)))
	for _, part := range [...][]byte{r.id, r.kind, r.data} {
		b = append(b, part...)
		b = append(b, make([]byte, padding(len(part)))...)
	}
	return b
}

func padding(n int) int { return -n & 3 }

// nextDIME reads the first record of b and returns what is behind it. It is
// lenient in what others are known to get wrong: flags, and the padding of the
// last record.
func nextDIME(b []byte) (r dimeRecord, rest []byte, err error) {
	for first := true; ; first = false {
		part, chunked, behind, err := dimePart(b)
		if err != nil {
			return dimeRecord{}, nil, err
		}
		if first {
			r = part
		} else {
			r.data = append(r.data[:len(r.data):len(r.data)], part.data...)
		}
		if b = behind; !chunked {
			return r, b, nil
		}
	}
}

func dimePart(b []byte) (r dimeRecord, chunked bool, rest []byte, err error) {
	if len(b) < dimeHeader {
		return r, false, nil, fmt.Errorf("DIME record cut at %d bytes: %w", len(b), ErrShape)
	}
	lengths := [...]uint32{
		uint32(binary.BigEndian.Uint16(b[2:])), uint32(binary.BigEndian.Uint16(b[4:])),
		uint32(binary.BigEndian.Uint16(b[6:])), binary.BigEndian.Uint32(b[8:]),
	}
	if b[0]&^7 != dimeVersion {
		return r, false, nil, fmt.Errorf("DIME version %d: %w", b[0]>>3, ErrShape)
	}
	chunked, rest = b[0]&dimeChunked != 0, b[dimeHeader:]
	var parts [len(lengths)][]byte
	for i, n := range lengths {
		if uint64(n) > uint64(len(rest)) {
			return r, false, nil, fmt.Errorf("DIME record of %d bytes in %d: %w", n, len(rest), ErrShape)
		}
		parts[i] = rest[:n]
		rest = rest[min(int(n)+padding(int(n)), len(rest)):]
	}
	return dimeRecord{id: parts[1], kind: parts[2], data: parts[3]}, chunked, rest, nil
}
