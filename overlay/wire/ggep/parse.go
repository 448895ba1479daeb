package ggep

import (
	"bytes"
	"errors"
	"iter"
)

// Reasons to discard a block (Parse, Len) or one payload (Extension.Payload,
// DecodeCOBS).
var (
	ErrMagic      = errors.New("ggep: no block: first byte is not C3")
	ErrShort      = errors.New("ggep: block ends early")
	ErrFlags      = errors.New("ggep: reserved flag set")
	ErrID         = errors.New("ggep: id is empty or holds a NUL")
	ErrLength     = errors.New("ggep: malformed length")
	ErrExtensions = errors.New("ggep: too many extensions")
	ErrCOBS       = errors.New("ggep: malformed COBS")
	ErrDeflate    = errors.New("ggep: malformed zlib stream")
	ErrInflated   = errors.New("ggep: inflated payload too large")
)

// Parse reads the block at the beginning of b and returns its extensions in
// their order and the number of bytes it takes. Any fault of framing, ids,
// lengths or COBS discards the block: no extensions, n = 0 and one of the errors
// above. Deflated payloads are looked at by Extension.Payload only.
func Parse(b []byte) (exts []Extension, n int, err error) {
	count, n, err := check(b)
	if err != nil {
		return nil, 0, err
	}
	exts = make([]Extension, 0, count)
	for rest := b[1:n]; len(rest) > 0; {
		var r raw
		r, rest, _ = next(rest) // check went this way without a fault
		exts = append(exts, r.extension(string(r.id)))
	}
	return exts, n, nil
}

// Len returns how many bytes the block at the beginning of b takes. It fails
// where Parse fails and does not allocate.
func Len(b []byte) (int, error) {
	_, n, err := check(b)
	return n, err
}

// Each yields the extensions called id of the block at the beginning of b,
// without allocating. A block that Parse discards yields nothing.
func Each(b []byte, id string) iter.Seq[Extension] {
	return func(yield func(Extension) bool) {
		_, n, err := check(b)
		if err != nil {
			return
		}
		for rest := b[1:n]; len(rest) > 0; {
			var r raw
			r, rest, _ = next(rest)
			if string(r.id) == id && !yield(r.extension(id)) {
				return
			}
		}
	}
}

// Find returns the first extension called id of the block at the beginning of
// b, without allocating. In a block that Parse discards it finds nothing.
func Find(b []byte, id string) (Extension, bool) {
	for e := range Each(b, id) {
		return e, true
	}
	return Extension{}, false
}

// check walks the block at the beginning of b and returns how many extensions
// and bytes it has.
func check(b []byte) (count, n int, err error) {
	if len(b) == 0 || b[0] != Magic {
		return 0, 0, ErrMagic
	}
	rest := b[1:]
	for last := false; !last; count++ {
		if count == MaxExtensions {
			return 0, 0, ErrExtensions
		}
		var r raw
		if r, rest, err = next(rest); err != nil {
			return 0, 0, err
		}
		if r.flags&flagCOBS != 0 && !validCOBS(r.data) {
			return 0, 0, ErrCOBS
		}
		last = r.flags&flagLast != 0
	}
	return count, len(b) - len(rest), nil
}

// raw is one extension as it stands in a block.
type raw struct {
	flags    byte
	id, data []byte
}

func (r raw) extension(id string) Extension {
	return Extension{
		ID:       id,
		Data:     r.data[:len(r.data):len(r.data)],
		COBS:     r.flags&flagCOBS != 0,
		Deflated: r.flags&flagDeflate != 0,
	}
}

// next cuts one extension off b.
func next(b []byte) (r raw, rest []byte, err error) {
	if len(b) == 0 {
		return r, nil, ErrShort
	}
	r.flags, b = b[0], b[1:]
	if r.flags&flagReserved != 0 {
		return r, nil, ErrFlags
	}
	size := int(r.flags & flagIDLength)
	if len(b) < size {
		return r, nil, ErrShort
	}
	r.id, b = b[:size], b[size:]
	if size == 0 || bytes.IndexByte(r.id, 0) >= 0 {
		return r, nil, ErrID
	}
	length, b, err := cutLength(b)
	if err != nil {
		return r, nil, err
	}
	if len(b) < length {
		return r, nil, ErrShort
	}
	r.data = b[:length]
	return r, b[length:], nil
}

// cutLength reads the one to three bytes of a length; the result is at most
// MaxData.
func cutLength(b []byte) (length int, rest []byte, err error) {
	const maxBytes = 3
	for i := range maxBytes {
		if i == len(b) {
			return 0, nil, ErrShort
		}
		length = length<<lengthBits | int(b[i]&(1<<lengthBits-1))
		switch b[i] & (lengthMore | lengthLast) {
		case lengthLast:
			return length, b[i+1:], nil
		case lengthMore:
		default:
			return 0, nil, ErrLength
		}
	}
	return 0, nil, ErrLength
}
