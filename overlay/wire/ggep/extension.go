package ggep

import (
	"bytes"

	"filbert/overlay/deflate"
)

// Extension is one extension of a block. The zero encoding is the plain one:
// Extension{ID: ggep.UP, Data: []byte{1, 10, 3}} is ready to be appended.
type Extension struct {
	ID   string // 1–15 bytes, no NUL
	Data []byte // payload, encoded as the two flags say; parsed data aliases the block

	COBS     bool // Data is COBS encoded
	Deflated bool // the payload is a zlib stream (below COBS)
}

// NewDeflated returns an extension with a deflated payload, or a plain one if
// deflating does not shorten it. A caller that sends the same payload often keeps
// the result.
func NewDeflated(id string, payload []byte) Extension {
	if len(payload) >= minDeflate {
		if z := deflate.Deflate(nil, payload); len(z) < len(payload) {
			return Extension{ID: id, Data: z, Deflated: true}
		}
	}
	return Extension{ID: id, Data: payload}
}

// Payload undoes COBS, then inflates. A payload that needs neither aliases
// Data. The errors are ErrCOBS, ErrDeflate and ErrInflated.
func (e Extension) Payload() ([]byte, error) {
	data := e.Data
	if e.COBS {
		var err error
		if data, err = DecodeCOBS(make([]byte, 0, len(data)), data); err != nil {
			return nil, err
		}
	}
	if e.Deflated {
		return inflate(data)
	}
	return data, nil
}

// Lookup returns the first extension called id.
func Lookup(exts []Extension, id string) (Extension, bool) {
	for _, e := range exts {
		if e.ID == id {
			return e, true
		}
	}
	return Extension{}, false
}

// Append appends a block of the given extensions; none make no block. Data that
// holds a zero byte is COBS encoded on the way, so that the block never contains
// one and may stand in a query or a record. An id or data outside MaxID and
// MaxData is a fault of the program and panics.
func Append(b []byte, exts ...Extension) []byte { return appendBlock(b, exts, true) }

// AppendPlain is Append without COBS, for pings, pongs and other messages where
// a zero byte ends nothing; servents write those so.
func AppendPlain(b []byte, exts ...Extension) []byte { return appendBlock(b, exts, false) }

func appendBlock(b []byte, exts []Extension, stuff bool) []byte {
	if len(exts) == 0 {
		return b
	}
	b = append(b, Magic)
	for i, e := range exts {
		if stuff && !e.COBS && bytes.IndexByte(e.Data, 0) >= 0 {
			e.Data, e.COBS = EncodeCOBS(nil, e.Data), true
		}
		b = e.appendTo(b, i == len(exts)-1)
	}
	return b
}

func (e Extension) appendTo(b []byte, last bool) []byte {
	if len(e.ID) == 0 || len(e.ID) > MaxID || len(e.Data) > MaxData {
		panic("ggep: extension " + e.ID + " cannot be encoded")
	}
	flags := byte(len(e.ID))
	if last {
		flags |= flagLast
	}
	if e.COBS {
		flags |= flagCOBS
	}
	if e.Deflated {
		flags |= flagDeflate
	}
	b = append(b, flags)
	b = append(b, e.ID...)
	b = appendLength(b, len(e.Data))
	return append(b, e.Data...)
}

func appendLength(b []byte, n int) []byte {
	const mask = 1<<lengthBits - 1
	if n > mask<<lengthBits|mask {
		b = append(b, lengthMore|byte(n>>(2*lengthBits)))
	}
	if n > mask {
		b = append(b, lengthMore|byte(n>>lengthBits)&mask)
	}
	return append(b, lengthLast|byte(n)&mask)
}
