package board

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"filbert/overlay/group"
	"filbert/overlay/identity"
)

// Item is what an author says under a topic and a name.
type Item struct {
	Author      identity.PeerID
	Topic, Name string
	Sequence    uint64
	Time        time.Time // by the author's watch, in milliseconds
	Value       []byte
}

// entry is an item as its author signed it.
//
//	0   author, 32 bytes
//	32  sequence, 8
//	40  time, milliseconds of Unix, 8
//	48  digest of all live items of the author after it, 32
//	80  signature of signDomain, hash and digest, 64
//	144 length of the topic, 1; the topic
//	    length of the name, 1; the name: none for the floor of the topic
//	    value: none in a tombstone; 8 bytes of a floor, what is below it is deleted
//
// The hash is the SHA-256 of itemDomain, group, author, sequence, time, topic and name with
// their lengths, and the SHA-256 of the value.
type entry struct {
	Item
	digest    sum
	signature [signatureLen]byte
	hash      sum
}

// Domains can never change.
const (
	itemDomain    = "filbert board item 1\x00"
	signDomain    = "filbert board signature 1\x00"
	latticeDomain = "filbert board lattice 1\x00"
	digestDomain  = "filbert board digest 1\x00"
)

const (
	signatureLen = 64
	entryHeader  = 32 + 8 + 8 + 32 + signatureLen
	maxEntry     = entryHeader + 1 + MaxTopic + 1 + MaxName + MaxValue
	floorLen     = 8
	maxMillis    = 1 << 48 // the year 10889
)

// validTopic and validName tell what users of the package may choose; a floor has no name.
func validTopic(topic string) bool {
	return topic != "" && len(topic) <= MaxTopic && strings.Trim(topic, "abcdefghijklmnopqrstuvwxyz-") == ""
}

func validName(name string) bool { return len(name) <= MaxName && utf8.ValidString(name) }

func checkNames(topic, name string) error {
	if !validTopic(topic) || !validName(name) || name == "" {
		return fmt.Errorf("board: %.80q %.80q: %w", topic, name, ErrName)
	}
	return nil
}

// seal fills in hash and signature.
func (e *entry) seal(self group.Signer, in group.ID) {
	e.hash = e.hashIn(in)
	e.signature = [signatureLen]byte(self.Sign(e.signed()))
}

func (e *entry) signed() []byte {
	return append(append([]byte(signDomain), e.hash[:]...), e.digest[:]...)
}

// genuine tells whether the author signed it in this group.
func (e *entry) genuine(in group.ID) bool {
	e.hash = e.hashIn(in)
	return e.Author.Signed(e.signed(), e.signature[:])
}

func (e *entry) hashIn(in group.ID) sum {
	b := append([]byte(itemDomain), in[:]...)
	b = append(b, e.Author[:]...)
	b = binary.BigEndian.AppendUint64(b, e.Sequence)
	b = binary.BigEndian.AppendUint64(b, uint64(e.Time.UnixMilli()))
	b = append(append(b, byte(len(e.Topic))), e.Topic...)
	b = append(append(b, byte(len(e.Name))), e.Name...)
	value := sha256.Sum256(e.Value)
	return sha256.Sum256(append(b, value[:]...))
}

// live tells that it is no tombstone.
func (e *entry) live() bool { return len(e.Value) > 0 }

// floor is what it deletes below, or 0.
func (e *entry) floor() uint64 {
	if e.Name == "" && len(e.Value) == floorLen {
		return binary.BigEndian.Uint64(e.Value)
	}
	return 0
}

// cost is what it counts of the bytes of its author.
func cost(topic, name string, value int) int { return itemCharge + len(topic) + len(name) + value }

func (e *entry) cost() int { return cost(e.Topic, e.Name, len(e.Value)) }

// appendTo appends the bytes of an entry.
func (e *entry) appendTo(b []byte) []byte {
	b = append(b, e.Author[:]...)
	b = binary.BigEndian.AppendUint64(b, e.Sequence)
	b = binary.BigEndian.AppendUint64(b, uint64(e.Time.UnixMilli()))
	b = append(b, e.digest[:]...)
	b = append(b, e.signature[:]...)
	b = append(append(b, byte(len(e.Topic))), e.Topic...)
	b = append(append(b, byte(len(e.Name))), e.Name...)
	return append(b, e.Value...)
}

// parseEntry reads an entry, of which it keeps no byte. Whether it is genuine, genuine tells.
func parseEntry(b []byte) (*entry, error) {
	if len(b) < entryHeader+2 || len(b) > maxEntry {
		return nil, refused(Malformed)
	}
	e := new(entry)
	copy(e.Author[:], b)
	e.Sequence = binary.BigEndian.Uint64(b[32:])
	millis := binary.BigEndian.Uint64(b[40:])
	copy(e.digest[:], b[48:])
	copy(e.signature[:], b[80:])
	rest := b[entryHeader:]
	for _, into := range []*string{&e.Topic, &e.Name} {
		if len(rest) == 0 || len(rest) < 1+int(rest[0]) {
			return nil, refused(Malformed)
		}
		*into, rest = string(rest[1:1+rest[0]]), rest[1+int(rest[0]):]
	}
	e.Time = time.UnixMilli(int64(millis))
	e.Value = append([]byte(nil), rest...)
	switch {
	case !validTopic(e.Topic), !validName(e.Name), len(e.Value) > MaxValue,
		e.Sequence == 0 || e.Sequence > maxSequence, millis > maxMillis,
		e.Name == "" && (len(e.Value) != floorLen || e.floor() > e.Sequence):
		return nil, refused(Malformed)
	}
	return e, nil
}

// appendFloor is the value of a floor.
func appendFloor(below uint64) []byte { return binary.BigEndian.AppendUint64(nil, below) }
