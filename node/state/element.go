package state

import (
	"bytes"
	"encoding/binary"
)

// element is an element of a branch page (key, child) or of a leaf page (flags,
// key, value). Its slices belong to the page.
type element struct {
	flags      uint32
	child      uint64
	key, value []byte
}

// parseElements returns the elements of a branch or leaf page. bbolt writes
// their bytes one after the other behind the last element: a count that lost a
// bit shows there, or, if it became zero, in bytes that belong to nothing.
func parseElements(id uint64, p page) ([]element, error) {
	if f := p.flags(); f != pageBranch && f != pageLeaf {
		return nil, damaged(id, "type %#x in a tree", f)
	}
	first := pageHeader + p.count()*elementSize // where their bytes may begin
	if first > len(p) {
		return nil, damaged(id, "%d elements do not fit", p.count())
	}
	if p.count() == 0 && len(bytes.TrimLeft(p[pageHeader:], "\x00")) > 0 {
		return nil, damaged(id, "it is empty, yet there is something in it")
	}
	elements := make([]element, p.count())
	next := uint64(first)
	for i := range elements {
		e := &elements[i]
		at := pageHeader + i*elementSize
		b := p[at : at+elementSize]
		var pos, keySize, valueSize uint32
		if p.flags() == pageBranch {
			pos, keySize = binary.NativeEndian.Uint32(b), binary.NativeEndian.Uint32(b[4:])
			e.child = binary.NativeEndian.Uint64(b[8:])
		} else {
			e.flags = binary.NativeEndian.Uint32(b)
			pos, keySize = binary.NativeEndian.Uint32(b[4:]), binary.NativeEndian.Uint32(b[8:])
			valueSize = binary.NativeEndian.Uint32(b[12:])
		}
		begin := uint64(at) + uint64(pos)
		middle := begin + uint64(keySize)
		end := middle + uint64(valueSize)
		if begin != next || end > uint64(len(p)) || keySize == 0 {
			return nil, damaged(id, "element %d is not in its place", i)
		}
		next = end
		e.key, e.value = p[begin:middle], p[middle:end]
	}
	return elements, nil
}
