package messages

import (
	"encoding/binary"
	"fmt"
	"io"
	"strconv"
)

// frameKind says what a frame on a line is.
//
//	0  kind, 1 byte
//	1  length of the body, 2 bytes
//	3  body
type frameKind byte

const (
	frameHello   frameKind = 1 // port at which the sender listens, 2 bytes
	frameMessage frameKind = 2 // Message
	frameAnswer  frameKind = 3 // sequence of a message that came, 8 bytes; answer, 1 byte
)

// answer is what the other side made of a message.
type answer byte

const (
	taken   answer = 0 // it is kept
	full    answer = 1 // there is no room for it now
	refused answer = 2 // it is never taken
)

func (a answer) String() string {
	switch a {
	case taken:
		return "taken"
	case full:
		return "no room for it"
	case refused:
		return "refused"
	}
	return "answer(" + strconv.Itoa(int(a)) + ")"
}

const frameHeader = 3

func appendFrame(b []byte, kind frameKind, body []byte) []byte {
	b = append(b, byte(kind))
	b = binary.BigEndian.AppendUint16(b, uint16(len(body)))
	return append(b, body...)
}

func appendHello(b []byte, port uint16) []byte {
	return appendFrame(b, frameHello, binary.BigEndian.AppendUint16(nil, port))
}

func appendAnswer(b []byte, sequence uint64, a answer) []byte {
	return appendFrame(b, frameAnswer, append(binary.BigEndian.AppendUint64(nil, sequence), byte(a)))
}

// readFrame reads one frame into buf, which holds the longest. Kinds that are unknown are
// for the caller to skip.
func readFrame(r io.Reader, buf []byte) (frameKind, []byte, error) {
	var head [frameHeader]byte
	if _, err := io.ReadFull(r, head[:]); err != nil {
		return 0, nil, err
	}
	n := int(binary.BigEndian.Uint16(head[1:]))
	kind := frameKind(head[0])
	switch {
	case n > maxMessage, kind == frameHello && n < 2, kind == frameAnswer && n < 9:
		return kind, nil, fmt.Errorf("messages: %w: frame %d of %d bytes", ErrMalformed, kind, n)
	}
	_, err := io.ReadFull(r, buf[:n])
	return kind, buf[:n], err
}
