package wire

import (
	"bytes"
	"encoding/binary"
	"math"

	"filbert/overlay/wire/ggep"
)

const (
	recordName = 8              // offset of the name
	minRecord  = recordName + 3 // a name of one byte, two NULs

	// sizeLarge in the size field sends the reader to GGEP "LF".
	sizeLarge = math.MaxUint32

	// minLarge is the size in bytes from which files are told by GGEP "LF", as
	// LimeWire and gtk-gnutella do.
	minLarge = 1 << 31
)

// Record is one file of a query hit.
//
//	+-------+------+------------+-----+----------------+-----+
//	| index | size | name UTF-8 | NUL | extension area | NUL |
//	| 4 LE  | 4 LE |            |     |                |     |
//	+-------+------+------------+-----+----------------+-----+
type Record struct {
	Index uint32 // unique at the servent, not FFFFFFFF
	Size  int64  // bytes; of 2 GiB and above needs a LargeFile in Ext
	Name  string // no NUL, not empty; other servents may send what is not UTF-8
	Ext   []byte // extension area, raw, no NUL; see Extensions
}

// LargeFile returns the extension that tells the size of a file, in bytes, too
// large for the size field.
func LargeFile(size int64) ggep.Extension {
	return ggep.Extension{ID: ggep.LargeFile, Data: AppendVL(nil, uint64(size))}
}

func (r *Record) appendTo(b []byte) []byte {
	size := uint32(sizeLarge)
	if r.Size < sizeLarge && !(r.Size >= minLarge && largeSize(r.Ext) == r.Size) {
		size = uint32(r.Size)
	}
	b = binary.LittleEndian.AppendUint32(b, r.Index)
	b = binary.LittleEndian.AppendUint32(b, size)
	b = append(b, r.Name...)
	b = append(b, nul)
	b = append(b, r.Ext...)
	return append(b, nul)
}

// parse reads the record at the beginning of b, which is offset bytes into the
// payload, and returns its length.
func (r *Record) parse(b []byte, offset int) (n int, err error) {
	name, ext, n, err := cutRecord(b, offset)
	if err != nil {
		return 0, err
	}
	r.Index = binary.LittleEndian.Uint32(b)
	r.Size = int64(binary.LittleEndian.Uint32(b[4:]))
	r.Name = string(name)
	r.Ext = tail(ext, 0)
	if large := largeSize(ext); r.Size == sizeLarge && large != 0 {
		r.Size = large
	}
	return n, nil
}

// cutRecord finds the name, the extension area and the length of the record at
// the beginning of b, which is offset bytes into the payload, without
// allocating.
func cutRecord(b []byte, offset int) (name, ext []byte, n int, err error) {
	if len(b) < minRecord {
		return nil, nil, 0, malformed(TypeQueryHit, "record", offset+len(b), reasonShort)
	}
	name, rest, ok := bytes.Cut(b[recordName:], []byte{nul})
	if !ok {
		return nil, nil, 0, malformed(TypeQueryHit, "record name", offset+recordName, reasonNoNUL)
	}
	if len(name) == 0 {
		return nil, nil, 0, malformed(TypeQueryHit, "record name", offset+recordName, "empty")
	}
	ext, rest, ok = bytes.Cut(rest, []byte{nul})
	if !ok {
		return nil, nil, 0, malformed(TypeQueryHit, "record extensions", offset+recordName+len(name)+1, reasonNoNUL)
	}
	return name, ext, len(b) - len(rest), nil
}

// largeSize returns the size told by GGEP "LF" in an extension area, 0 if there
// is none or it is no size of a large file.
func largeSize(area []byte) int64 {
	e, ok := FindGGEP(area, ggep.LargeFile)
	if !ok {
		return 0
	}
	var buf [16]byte
	v, ok := ParseVL(smallPayload(e, buf[:0]))
	if !ok || v < minLarge || v > math.MaxInt64 {
		return 0
	}
	return int64(v)
}
