package group

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"encoding/binary"

	"github.com/hashicorp/go-msgpack/v2/codec"
)

// memberlist trusts whoever has the key: it inflates, allocates what a header says, and
// starts a goroutine for each of many messages in a datagram. So what comes is looked into
// before it sees it. These are its message types, of which the others are refused.
const (
	swimPing         = 0
	swimIndirectPing = 1
	swimAck          = 2
	swimSuspect      = 3
	swimAlive        = 4
	swimDead         = 5
	swimPushPull     = 6
	swimCompound     = 7
	swimEncrypted    = 10
	swimNack         = 11
	swimChecked      = 12
	swimError        = 13
	swimLabel        = 244

	swimVersion = 1 // AES-GCM without padding
	swimNonce   = 12

	swimChecksum = 5 // bytes that memberlist puts before a message without counting them
)

// ring is the keys that memberlist has, as ciphers, and its label.
type ring struct {
	label string
	keys  []cipher.AEAD
}

// swimKey is the key that memberlist has for one of the group.
func swimKey(k Key) []byte {
	key := k.derive(swimDomain)
	return key[:]
}

func newRing(label string, keys []EpochKey) *ring {
	r := &ring{label: label}
	for _, k := range keys {
		block, err := aes.NewCipher(swimKey(k.Key))
		if err != nil { // the key has the right length
			panic(err)
		}
		aead, err := cipher.NewGCM(block)
		if err != nil {
			panic(err)
		}
		r.keys = append(r.keys, aead)
	}
	return r
}

// open decrypts
//
//	0   version, 1
//	1   nonce, 12 bytes
//	13  ciphertext and tag
func (r *ring) open(b, with []byte) ([]byte, bool) {
	if len(b) < 1+swimNonce || b[0] != swimVersion {
		return nil, false
	}
	for _, k := range r.keys {
		if plain, err := k.Open(nil, b[1:1+swimNonce], b[1+swimNonce:], with); err == nil {
			return plain, len(plain) > 0
		}
	}
	return nil, false
}

// packet tells whether a datagram may go to memberlist: a label, then encrypted one message
// or several in a compound, of which at most one wants an answer. Byes are who says goodbye in
// it, by their names.
func (r *ring) packet(b []byte) (byes []string, why Reason) {
	n := 2 + len(r.label)
	if len(b) < n || b[0] != swimLabel || int(b[1]) != len(r.label) || string(b[2:n]) != r.label {
		return nil, OtherGroup
	}
	plain, ok := r.open(b[n:], []byte(r.label))
	if !ok {
		return nil, Damaged
	}
	if plain[0] == swimChecked && len(plain) > swimChecksum {
		plain = plain[swimChecksum:]
	}
	if plain[0] != swimCompound {
		return messages([][]byte{plain})
	}
	parts, ok := compound(plain[1:])
	if !ok {
		return nil, Malformed
	}
	return messages(parts)
}

// compound cuts: how many parts, the length of each in 2 bytes, the parts.
func compound(b []byte) ([][]byte, bool) {
	c := cursor{b: b}
	n := int(c.byte())
	if n > maxCompound {
		return nil, false
	}
	lengths := cursor{b: c.take(2 * n)}
	parts := make([][]byte, n)
	for i := range parts {
		if parts[i] = c.take(lengths.uint16()); len(parts[i]) == 0 {
			return nil, false
		}
	}
	return parts, c.done()
}

// messages tells whether these may stand in one datagram, and who says goodbye in them.
func messages(parts [][]byte) (byes []string, why Reason) {
	asks := 0
	for _, p := range parts {
		switch p[0] {
		case swimPing, swimIndirectPing, swimAck, swimNack:
			asks++
		case swimDead:
			var dead struct{ Node, From string }
			err := codec.NewDecoder(bytes.NewReader(p[1:]), &codec.MsgpackHandle{}).Decode(&dead)
			if err == nil && dead.Node == dead.From { // who calls itself dead
				byes = append(byes, dead.Node)
			}
		case swimSuspect, swimAlive:
		default:
			return nil, Malformed
		}
	}
	if asks > 1 {
		return nil, TooMany
	}
	return byes, Fine
}

// stream tells whether the one message of a stream may go to memberlist: b is what follows
// the label, from the type on.
//
//	0  encrypted, 10
//	1  length of the rest
//	5  as open has it, with the 5 bytes before and the label
func (r *ring) stream(b []byte) Reason {
	if len(b) < 5 || b[0] != swimEncrypted || int(binary.BigEndian.Uint32(b[1:])) != len(b)-5 {
		return Malformed
	}
	plain, ok := r.open(b[5:], append(bytes.Clone(b[:5]), r.label...))
	if !ok {
		return Damaged
	}
	switch plain[0] {
	case swimPing, swimAck, swimError:
		return Fine
	case swimPushPull:
		return state(plain[1:])
	}
	return Malformed
}

// state looks at the header of a state: how many nodes come, and no other data.
func state(b []byte) Reason {
	var header struct {
		Nodes        int
		UserStateLen int
		Join         bool
	}
	if err := codec.NewDecoder(bytes.NewReader(b), &codec.MsgpackHandle{}).Decode(&header); err != nil {
		return Malformed
	}
	if header.Nodes < 0 || header.Nodes > maxNodes || header.UserStateLen != 0 {
		return TooMany
	}
	return Fine
}
