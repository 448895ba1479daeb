package qrp

import (
	"bytes"
	"compress/zlib"
	"math/bits"

	"filbert/overlay/wire"
)

// Sender makes the messages that tell neighbors of our table. It remembers no
// neighbor, only its workspace (about 1 MB for the compressor), so one serves
// all links. The zero value is ready.
//
// What it returns depends on nothing but the two tables: links that had the
// same one can be sent the same messages.
type Sender struct {
	entries []byte
	zipped  bytes.Buffer
	zip     *zlib.Writer
}

// Update returns the messages that turn last, the table a neighbor has, into
// next: a patch of what changed, or RESET and the whole table where that is
// shorter, where the size changed, or where the neighbor has none (last is nil).
// There are none if nothing changed, else one PATCH at least and maxSequence at
// most, of chunkBytes each. They may be sent slowly, in order, with nothing of a
// later Update between them.
func (s *Sender) Update(last, next *Table) []wire.Message {
	if last != nil && last.Equal(next) {
		return nil
	}
	whole := s.patch(nil, next)
	if last != nil && last.bits == next.bits {
		if change := s.patch(last, next); size(change) <= size(whole)+resetBytes {
			return change
		}
	}
	reset := &wire.RouteReset{Slots: uint32(next.Slots()), Infinity: sentInfinity}
	return append([]wire.Message{reset}, whole...)
}

// Change returns the messages of Update without a RESET, which neighbors take
// now and then only. The tables are of one size.
func (s *Sender) Change(last, next *Table) []wire.Message {
	if last.Equal(next) {
		return nil
	}
	return s.patch(last, next)
}

// resetBytes is what a RESET costs on the wire.
const resetBytes = wire.HeaderLen + 6

// size is the data of a patch; its headers hardly differ.
func size(patch []wire.Message) (n int) {
	for _, m := range patch {
		n += len(m.(*wire.RoutePatch).Data)
	}
	return n
}

// patch returns the parts of one patch, deflated if that is shorter.
func (s *Sender) patch(last, next *Table) []wire.Message {
	s.entries = appendEntries(s.entries[:0], last, next, nibblePresent, nibbleAbsent)
	data, compressor := s.deflate(s.entries), uint8(compressZlib)
	if len(data) >= len(s.entries) {
		data, compressor = s.entries, compressNone
	}
	data = bytes.Clone(data) // the workspace is used again
	chunk := max(chunkBytes, (len(data)+maxSequence-1)/maxSequence)
	count := (len(data) + chunk - 1) / chunk
	parts := make([]wire.Message, count)
	for i := range parts {
		end := min(len(data), (i+1)*chunk)
		parts[i] = &wire.RoutePatch{
			Seq: uint8(i + 1), Count: uint8(count), Compressor: compressor, Bits: sentBits, Data: data[i*chunk : end : end],
		}
	}
	return parts
}

// deflate returns b as a zlib stream, valid until the next call.
func (s *Sender) deflate(b []byte) []byte {
	s.zipped.Reset()
	if s.zip == nil {
		s.zip = zlib.NewWriter(&s.zipped)
	} else {
		s.zip.Reset(&s.zipped)
	}
	s.zip.Write(b) // a bytes.Buffer takes everything
	s.zip.Close()
	return s.zipped.Bytes()
}

// appendEntries appends entries of 4 bits, two a byte, the lower slot on top:
// what turns last, nil for an empty table, into next.
func appendEntries(b []byte, last, next *Table, present, absent byte) []byte {
	for i, now := range next.words {
		var was uint64
		if last != nil {
			was = last.words[i]
		}
		from := len(b)
		b = append(b, unchanged[:min(len(unchanged), next.Slots()/2)]...)
		for diff := now ^ was; diff != 0; {
			slot := bits.LeadingZeros64(diff)
			bit := mask(uint32(slot))
			diff &^= bit
			nibble := absent
			if now&bit != 0 {
				nibble = present
			}
			b[from+slot/2] |= nibble << (4 * (1 - slot&1))
		}
	}
	return b
}

// unchanged are the entries of the 64 slots of a word.
var unchanged [32]byte
