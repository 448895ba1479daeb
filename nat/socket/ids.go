package socket

import (
	"crypto/rand"
	"encoding/binary"
	"fmt"
	"io"

	"github.com/quic-go/quic-go"
)

// IDs makes connection IDs for quic.Transport.ConnectionIDGenerator, by which the
// packets of our connections are known. To whoever has not the key they are random,
// so that nobody can tell that two are of one connection.
type IDs struct {
	k0, k1 uint64
	random io.Reader
}

var _ quic.ConnectionIDGenerator = (*IDs)(nil)

// NewIDs draws a key. Random must be safe for concurrent use; nil is that of
// crypto/rand.
func NewIDs(random io.Reader) (*IDs, error) {
	if random == nil {
		random = rand.Reader
	}
	var key [16]byte
	if _, err := io.ReadFull(random, key[:]); err != nil {
		return nil, fmt.Errorf("socket: draw a key: %w", err)
	}
	return &IDs{
		k0: binary.LittleEndian.Uint64(key[:8]), k1: binary.LittleEndian.Uint64(key[8:]),
		random: random,
	}, nil
}

// GenerateConnectionID returns a new ID.
func (i *IDs) GenerateConnectionID() (quic.ConnectionID, error) {
	var id [IDLen]byte
	if _, err := io.ReadFull(i.random, id[:randomLen]); err != nil {
		return quic.ConnectionID{}, fmt.Errorf("socket: draw a connection ID: %w", err)
	}
	binary.LittleEndian.PutUint32(id[randomLen:], i.check(id[:]))
	return quic.ConnectionIDFromBytes(id[:]), nil
}

// ConnectionIDLen returns IDLen.
func (i *IDs) ConnectionIDLen() int { return IDLen }

// check is the keyed hash of the first half of an ID.
func (i *IDs) check(id []byte) uint32 {
	return uint32(sipHash(i.k0, i.k1, binary.LittleEndian.Uint32(id)))
}

// ours reports whether the key made an ID.
func (i *IDs) ours(id []byte) bool {
	return i != nil && binary.LittleEndian.Uint32(id[randomLen:]) == i.check(id)
}
