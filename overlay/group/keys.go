package group

import "filbert/overlay/identity"

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
	box := boxKey(self, s.id)
	if self.PeerID() == s.Founder() {
		box = foundingBox(self, s.genesis.Body.(*Genesis).Nonce)
	}
	key, ok := open(s.id, box, sealed)
	return EpochKey{Number: e.number, Of: e.record.hash, Key: key}, ok
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
