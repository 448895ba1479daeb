package group

import (
	"crypto/ecdh"

	"filbert/overlay/identity"
)

// EpochKey is a key with what tells it from others.
type EpochKey struct {
	Number uint32 // of the epoch
	Of     Hash   // the record of the rotation
	Key    Key
}

// CurrentKey opens the key in use. It is false if there is none that is safe, or none for us.
func (s *State) CurrentKey(self Signer) (EpochKey, bool) { return s.openEpoch(self, s.view.current) }

func (s *State) openEpoch(self Signer, e *epoch) (EpochKey, bool) {
	if e == nil {
		return EpochKey{}, false
	}
	sealed, ok := e.sealed(self.PeerID())
	if !ok {
		return EpochKey{}, false
	}
	key, ok := open(s.id, s.box(self), sealed)
	return EpochKey{Number: e.number, Of: e.record.hash, Key: key}, ok
}

// box is our box key in the group.
func (s *State) box(self Signer) *ecdh.PrivateKey {
	if self.PeerID() == s.Founder() {
		return foundingBox(self, s.genesis.Body.(*Genesis).Nonce)
	}
	return boxKey(self, s.id)
}

// SealTo closes a letter to one member, which others may pass on. It does not tell who wrote it:
// what is in it must.
func (s *State) SealTo(p identity.PeerID, letter []byte) ([]byte, error) {
	m, ok := s.Member(p)
	switch {
	case !ok:
		return nil, refused(NotMember)
	case len(letter) > maxPayload:
		return nil, refused(TooMany)
	}
	return sealLetter(s.id, m.Box, letter)
}

// OpenLetter opens what somebody sealed to us.
func (s *State) OpenLetter(self Signer, b []byte) ([]byte, bool) {
	if len(b) > letterOverhead+maxPayload {
		return nil, false
	}
	return openLetter(s.id, s.box(self), b)
}

// sealFor closes a new key for all members but one.
func (s *State) sealFor(key Key, but identity.PeerID) Rotation {
	var out Rotation
	for _, m := range s.Members() {
		if m.Peer == but {
			continue
		}
		sealed, err := seal(s.id, m.Box, key)
		if err != nil {
			continue // its box key is no key: it cannot be helped, the others can
		}
		out.Sealed = append(out.Sealed, SealedKey{Peer: m.Peer, Key: sealed})
	}
	return out
}
