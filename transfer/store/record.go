package store

import (
	"encoding/binary"
	"fmt"
	"hash/crc32"

	"filbert/transfer"
	"filbert/transfer/ranges"
)

// contents is what a journal says.
type contents struct {
	file   transfer.File
	output string     // where the user wants the file, "" for the download folder
	have   ranges.Set // bytes that are durable
	target string     // name under which the complete file was about to appear, or has
	note   string     // what the user of the store wants kept with it
}

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// A journal is a run of frames, numbers little-endian:
//
//	 0       4        8
//	+-------+--------+----------------+
//	| bytes | CRC-32C| record         |
//	+-------+--------+----------------+
//
// bytes is the length of the record, the checksum is over the length and the
// record. Records start with their kind:
//
//	header  1 | version 1 | size 8 | SHA-1 20 | length 2 | name | length 2 | output path
//	have    2 | start 8, end 8 | start 8, end 8 | ...
//	target  3 | name
//	note    4 | bytes, of which the store knows nothing; the last one counts
//
// The header comes first, once. The others add to what stood before, so a
// journal cut anywhere behind its header claims less than the whole one and is
// right. To claim less the journal is written anew, in place of the old one.

// appendFrame appends a record put together by body to b.
func appendFrame(b []byte, kind byte, body func([]byte) []byte) []byte {
	start := len(b)
	b = append(b, make([]byte, frameBytes)...)
	b = body(append(b, kind))
	frame := b[start:]
	binary.LittleEndian.PutUint32(frame, uint32(len(frame)-frameBytes))
	binary.LittleEndian.PutUint32(frame[4:], checksum(frame))
	return b
}

// checksum is that of a whole frame, its own four bytes left out.
func checksum(frame []byte) uint32 {
	return crc32.Update(crc32.Checksum(frame[:4], castagnoli), castagnoli, frame[frameBytes:])
}

// appendHave appends claims for the ranges of s.
func appendHave(b []byte, s *ranges.Set) []byte {
	batch := make([]ranges.Range, 0, min(s.Intervals(), maxRecordRanges))
	flush := func() {
		b = appendFrame(b, kindHave, func(b []byte) []byte {
			for _, r := range batch {
				b = binary.LittleEndian.AppendUint64(b, uint64(r.Start))
				b = binary.LittleEndian.AppendUint64(b, uint64(r.End))
			}
			return b
		})
		batch = batch[:0]
	}
	for r := range s.All() {
		if batch = append(batch, r); len(batch) == maxRecordRanges {
			flush()
		}
	}
	if len(batch) > 0 {
		flush()
	}
	return b
}

// appendTarget appends the name the complete file is about to take.
func appendTarget(b []byte, name string) []byte {
	return appendFrame(b, kindTarget, func(b []byte) []byte { return append(b, name...) })
}

// appendNote appends a note.
func appendNote(b []byte, note string) []byte {
	return appendFrame(b, kindNote, func(b []byte) []byte { return append(b, note...) })
}

// append appends the journal that says c and nothing else.
func (c *contents) append(b []byte) []byte {
	b = appendFrame(b, kindHeader, func(b []byte) []byte {
		b = append(b, journalVersion)
		b = binary.LittleEndian.AppendUint64(b, uint64(c.file.Size))
		b = append(b, c.file.SHA1[:]...)
		for _, s := range []string{c.file.Name, c.output} {
			b = binary.LittleEndian.AppendUint16(b, uint16(len(s)))
			b = append(b, s...)
		}
		return b
	})
	b = appendHave(b, &c.have)
	if c.target != "" {
		b = appendTarget(b, c.target)
	}
	if c.note != "" {
		b = appendNote(b, c.note)
	}
	return b
}

// parseJournal reads a journal up to the first frame that is not whole, of
// which nothing and behind which nothing counts; good is the length read. The
// error wraps ErrCorrupt if not even the header is readable.
func parseJournal(b []byte) (c contents, good int64, err error) {
	record := nextRecord(b)
	if err := c.parseHeader(record); err != nil {
		return contents{}, 0, err
	}
	for {
		good += int64(frameBytes + len(record))
		record = nextRecord(b[good:])
		if record == nil || !c.parse(record) {
			return c, good, nil
		}
	}
}

// nextRecord is the record in the frame at the start of b, nil if that is torn.
func nextRecord(b []byte) []byte {
	if len(b) < frameBytes {
		return nil
	}
	n := binary.LittleEndian.Uint32(b)
	if n == 0 || n > maxRecordBytes || int(n) > len(b)-frameBytes {
		return nil
	}
	frame := b[:frameBytes+int(n)]
	if checksum(frame) != binary.LittleEndian.Uint32(frame[4:]) {
		return nil
	}
	return frame[frameBytes:]
}

// parseHeader reads the first record.
func (c *contents) parseHeader(record []byte) error {
	if len(record) < headerFixedBytes || record[0] != kindHeader {
		return fmt.Errorf("%w: no header", ErrCorrupt)
	}
	if version := record[1]; version != journalVersion {
		return fmt.Errorf("%w: version %d", ErrCorrupt, version)
	}
	rest := record[2:]
	c.file.Size = int64(binary.LittleEndian.Uint64(rest))
	rest = rest[8+copy(c.file.SHA1[:], rest[8:]):]
	for _, field := range []*string{&c.file.Name, &c.output} {
		if len(rest) < 2 {
			return fmt.Errorf("%w: short header", ErrCorrupt)
		}
		n := int(binary.LittleEndian.Uint16(rest))
		if rest = rest[2:]; n > len(rest) {
			return fmt.Errorf("%w: short header", ErrCorrupt)
		}
		*field, rest = string(rest[:n]), rest[n:]
	}
	if c.file.Size < 0 || len(rest) > 0 {
		return fmt.Errorf("%w: bad header", ErrCorrupt)
	}
	return nil
}

// parse reads a record behind the header. It reports false for one that this
// version would not have written.
func (c *contents) parse(record []byte) bool {
	kind, rest := record[0], record[1:]
	switch kind {
	case kindHave:
		if len(rest) == 0 || len(rest)%rangeBytes != 0 {
			return false
		}
		whole := ranges.Range{End: c.file.Size}
		for ; len(rest) > 0; rest = rest[rangeBytes:] {
			r := ranges.Range{
				Start: int64(binary.LittleEndian.Uint64(rest)),
				End:   int64(binary.LittleEndian.Uint64(rest[8:])),
			}
			if r.Empty() || !whole.Contains(r) {
				return false
			}
			c.have.Add(r) // one too many is not claimed, and so fetched again
		}
		return true
	case kindTarget:
		if len(rest) == 0 || len(rest) > maxFileNameBytes {
			return false
		}
		c.target = string(rest)
		return true
	case kindNote:
		if len(rest) > maxNoteBytes {
			return false
		}
		c.note = string(rest)
		return true
	default:
		return false
	}
}
