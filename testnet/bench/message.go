package bench

import (
	"bytes"
	"encoding/binary"
	"math/bits"
	"strings"

	"filbert/overlay/wire"
)

// messages makes and recognises the queries of one load. Each has a name: its
// sender and a number that counts up. The GUID is the name scrambled, so that it
// is as random to a relay as others are; the text begins with the name in
// letters, so that a payload that came under the wrong GUID is noticed. What
// follows are the words of a group of leaves, or words that are of none.
//
//	GUID     name × scramble LE 8 | FF | mixed name 6 | 00
//	payload  flags 2 | name, 16 letters | words | NUL
type messages struct {
	senders   int
	size      int      // in bytes, header included
	templates [][]byte // by group: as sent, of no name
}

// nameLen is the length of a name in letters, four bits each.
const nameLen = 16

// scramble is odd, so that unscramble, its inverse modulo 2^64, undoes it.
const (
	scramble   = 0x9E3779B97F4A7C15
	unscramble = 0xF1DE83E19937733D
)

// numberBits is how much of a name is the number.
const numberBits = 48

const (
	offGUIDRest = 8
	offName     = wire.HeaderLen + 2
	offWords    = offName + nameLen
)

// newMessages returns messages of size bytes, header included, for no leaf.
func newMessages(senders, size int) messages {
	const filler = "blue sky over a long river "
	room := textRoom(size)
	return messages{senders, size, [][]byte{template(strings.Repeat(filler, room/len(filler)+1)[:room])}}
}

// newGroupMessages returns messages for so many groups of leaves, in turn.
func newGroupMessages(senders, size, groups int) messages {
	m := messages{senders: senders, size: size}
	for g := range groups {
		m.templates = append(m.templates, template(" "+strings.Join(groupWords(g, textRoom(size)), " ")))
	}
	return m
}

// textRoom is what a message of size bytes has for words after its name.
func textRoom(size int) int { return size - minSize }

// template is a message of no name with the given words.
func template(words string) []byte {
	q := &wire.Query{Flags: wire.FlagMark, Text: strings.Repeat("a", nameLen) + words}
	return wire.AppendFrame(nil, wire.GUID{}, sentTTL, sentHops, q)
}

// group is the leaves that a message is for.
func (m *messages) group(sender int, number int64) int {
	return int((uint64(number) + uint64(sender)) % uint64(len(m.templates)))
}

// appendTo appends a message as it is sent.
func (m *messages) appendTo(b []byte, sender int, number int64) []byte {
	start := len(b)
	b = append(b, m.templates[m.group(sender, number)]...)
	name := uint64(sender)<<numberBits | uint64(number)
	lo, hi := guidOf(name)
	binary.LittleEndian.PutUint64(b[start:], lo)
	binary.LittleEndian.PutUint64(b[start+offGUIDRest:], hi)
	putName(b[start+offName:], name)
	return b
}

// recognise returns the name of a message that has made one hop. It reports
// false for what is not, to the byte, such a message.
func (m *messages) recognise(f wire.Frame) (sender int, number int64, ok bool) {
	if len(f) != m.size || f.TTL() != sentTTL-1 || f.Hops() != sentHops+1 {
		return 0, 0, false
	}
	name := binary.LittleEndian.Uint64(f) * unscramble
	sender, number = int(name>>numberBits), int64(name&(1<<numberBits-1))
	_, hi := guidOf(name)
	var letters [nameLen]byte
	putName(letters[:], name)
	template := m.templates[m.group(sender, number)]
	ok = sender < m.senders &&
		binary.LittleEndian.Uint64(f[offGUIDRest:]) == hi &&
		bytes.Equal(f[wire.HeaderLen:offName], template[wire.HeaderLen:offName]) &&
		string(f[offName:offWords]) == string(letters[:]) &&
		bytes.Equal(f[offWords:], template[offWords:])
	return sender, number, ok
}

// guidOf is the GUID of a name, with the marks of a modern servent: byte 8 is
// FF, byte 15 is 00 (Gnutella 0.6 §2.2.1).
func guidOf(name uint64) (lo, hi uint64) {
	lo = name * scramble
	hi = bits.RotateLeft64(lo, 32) * scramble
	return lo, hi&^(0xFF<<56) | 0xFF
}

// putName writes a name as 16 letters from a to p.
func putName(b []byte, name uint64) {
	binary.LittleEndian.PutUint64(b, letters(uint32(name)))
	binary.LittleEndian.PutUint64(b[8:], letters(uint32(name>>32)))
}

// letters spreads eight times four bits over eight bytes.
func letters(x uint32) uint64 {
	v := uint64(x)
	v = (v | v<<16) & 0x0000FFFF_0000FFFF
	v = (v | v<<8) & 0x00FF00FF_00FF00FF
	v = (v | v<<4) & 0x0F0F0F0F_0F0F0F0F
	return v + 'a'*0x01010101_01010101
}
