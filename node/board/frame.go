package board

import (
	"encoding/binary"
	"io"

	"filbert/overlay/group"
	"filbert/overlay/identity"
)

// On a line of the service "board" first the side that dialed asks, then, if it wants, the
// other:
//
//	asks      ask
//	answers   item, as often as there are; end. If that says that there is more, from the top
//	asks      turn: it is the other side's to ask
//
// What is sent are frames:
//
//	0  kind, 1 byte
//	1  length of the body, 4
//	5  body
type frameKind byte

const (
	frameAsk  frameKind = 1 // ask
	frameItem frameKind = 2 // entry
	frameEnd  frameKind = 3 // more, 1 byte; reason, 1 byte
	frameTurn frameKind = 4 // nothing
)

const frameHeader = 5

// longest is the longest body of a frame; of what is not known it is none.
func (k frameKind) longest() int {
	switch k {
	case frameAsk:
		return maxAsk
	case frameItem:
		return maxEntry
	case frameEnd:
		return 2
	}
	return 0
}

func appendFrame(b []byte, kind frameKind, body []byte) []byte {
	b = append(b, byte(kind))
	b = binary.BigEndian.AppendUint32(b, uint32(len(body)))
	return append(b, body...)
}

// readFrame reads one frame. The body is in buf, which is grown if need be.
func readFrame(r io.Reader, buf []byte) (frameKind, []byte, error) {
	var head [frameHeader]byte
	if _, err := io.ReadFull(r, head[:]); err != nil {
		return 0, buf[:0], err
	}
	kind, n := frameKind(head[0]), binary.BigEndian.Uint32(head[1:])
	if n > uint32(kind.longest()) || kind < frameAsk || kind > frameTurn || kind == frameEnd && n < 2 {
		return kind, buf[:0], refused(Malformed)
	}
	if cap(buf) < int(n) {
		buf = make([]byte, n)
	}
	_, err := io.ReadFull(r, buf[:n])
	return kind, buf[:n], err
}

// mark is the number of the last item of an author that who asks has.
type mark struct {
	author identity.PeerID
	after  uint64
}

const markLen = 32 + 8

// nothing is the mark of an author of whom nothing is wanted.
const nothing = 1<<64 - 1

// ask is what is wanted.
//
//	0   group, 32 bytes
//	32  digest of its records, as who asks has them, 32
//	64  of each author, by their IDs: its ID, 32; the mark, 8
type ask struct {
	group   group.ID
	records group.Hash
	marks   []mark
}

const askHeader = 32 + 32

func (a *ask) appendTo(b []byte) []byte {
	b = append(b, a.group[:]...)
	b = append(b, a.records[:]...)
	for _, m := range a.marks {
		b = append(b, m.author[:]...)
		b = binary.BigEndian.AppendUint64(b, m.after)
	}
	return b
}

func parseAsk(b []byte) (*ask, error) {
	if len(b) < askHeader || len(b) > maxAsk || (len(b)-askHeader)%markLen != 0 {
		return nil, refused(Malformed)
	}
	a := &ask{group: group.ID(b[:32]), records: group.Hash(b[32:64])}
	for b = b[askHeader:]; len(b) > 0; b = b[markLen:] {
		m := mark{identity.PeerID(b[:32]), binary.BigEndian.Uint64(b[32:])}
		if n := len(a.marks); n > 0 && string(a.marks[n-1].author[:]) >= string(m.author[:]) {
			return nil, refused(Malformed)
		}
		a.marks = append(a.marks, m)
	}
	return a, nil
}

func appendEnd(b []byte, more bool, why Reason) []byte {
	body := []byte{0, byte(why)}
	if more {
		body[0] = 1
	}
	return appendFrame(b, frameEnd, body)
}
