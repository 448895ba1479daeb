package group

import (
	"fmt"
	"io"
	"time"

	"filbert/overlay/identity"
)

// What owners and members say. Each of these makes a record, merges it, and returns it to be
// kept on disk and told to others, in this order: a record that is lost after others have
// it makes the issuer's next one the second of its number.

// Found makes a group with its founder and a first key.
func Found(self Signer, name string, rand io.Reader, now time.Time) (*State, error) {
	if !validName(name) {
		return nil, fmt.Errorf("group: found %q: %w", name, refused(Malformed))
	}
	g := &Genesis{Name: name}
	if _, err := io.ReadFull(rand, g.Nonce[:]); err != nil {
		return nil, fmt.Errorf("group: found: %w", err)
	}
	// The box key belongs to a group that has no ID yet: its nonce stands for it.
	g.Box = [boxLen]byte(foundingBox(self, g.Nonce).PublicKey().Bytes())
	r := &Record{Issuer: self.PeerID(), Number: 1, Clock: 1, Time: now, Body: g}
	r.sign(self)
	s, err := Open(r)
	if err != nil {
		return nil, err
	}
	_, err = s.Rotate(self, rand, now)
	return s, err
}

// Rotate gives the group a new key.
func (s *State) Rotate(self Signer, rand io.Reader, now time.Time) (*Record, error) {
	keys, err := s.rotation(rand, identity.PeerID{})
	if err != nil {
		return nil, err
	}
	return s.issue(self, &Rotate{keys}, now)
}

// Expel removes a member and gives the others a new key.
func (s *State) Expel(self Signer, peer identity.PeerID, rand io.Reader, now time.Time) (*Record, error) {
	keys, err := s.rotation(rand, peer)
	if err != nil {
		return nil, err
	}
	return s.issue(self, &Expel{Peer: peer, Cut: s.cutOf(peer), Rotation: keys}, now)
}

// SetRole gives a member another role.
func (s *State) SetRole(self Signer, peer identity.PeerID, role Role, now time.Time) (*Record, error) {
	b := &SetRole{Peer: peer, Role: role}
	if role != Owner {
		b.Cut = s.cutOf(peer)
	}
	return s.issue(self, b, now)
}

// Leave says that we are no member any more.
func (s *State) Leave(self Signer, now time.Time) (*Record, error) {
	return s.issue(self, &Leave{}, now)
}

// add makes a peer a member, with the key in use.
func (s *State) add(self Signer, card Card, role Role, invite Hash, now time.Time) (*Record, error) {
	b := &Add{Card: card, Role: role, Invite: invite}
	if key, ok := s.CurrentKey(self); ok {
		sealed, err := seal(s.id, card.Box, key.Key)
		if err != nil {
			return nil, err
		}
		b.Of, b.Sealed = key.Of, sealed
	}
	return s.issue(self, b, now)
}

func (s *State) rotation(rand io.Reader, but identity.PeerID) (Rotation, error) {
	var key Key
	if _, err := io.ReadFull(rand, key[:]); err != nil {
		return Rotation{}, fmt.Errorf("group: rotate: %w", err)
	}
	return s.sealFor(key, but), nil
}

// cutOf ends the chain of an owner with what is known of it, or nothing if it is none. What it
// signed with a clock far before all others' does not count.
func (s *State) cutOf(peer identity.PeerID) Cut {
	if m := s.view.members[peer]; m == nil || m.Role != Owner {
		return Cut{}
	}
	c := Cut{Ends: true}
	if o := s.authority.owners[peer]; o != nil {
		sane := s.clockWithout(peer, 0) + maxAhead
		for _, r := range o.chain {
			if r.Clock <= sane {
				c.Number, c.Hash = r.Number, r.hash
			}
		}
	}
	return c
}

// clockWithout is the highest clock of what counts, but for what a peer signed after some
// number.
func (s *State) clockWithout(peer identity.PeerID, after uint32) (clock uint64) {
	for _, r := range s.view.applied {
		if r.Issuer != peer || r.Number > 0 && r.Number <= after {
			clock = max(clock, r.Clock)
		}
	}
	return clock
}

// nextClock is that of a record which is made now.
func (s *State) nextClock(body Body) uint64 {
	switch b := body.(type) {
	case *Expel:
		if b.Cut.Ends {
			return s.clockWithout(b.Peer, b.Cut.Number) + 1
		}
	case *SetRole:
		if b.Cut.Ends {
			return s.clockWithout(b.Peer, b.Cut.Number) + 1
		}
	}
	return s.view.clock + 1
}

// issue makes a record that has its effect, and merges it.
func (s *State) issue(self Signer, body Body, now time.Time) (*Record, error) {
	r := &Record{Group: s.id, Issuer: self.PeerID(), Clock: s.nextClock(body), Time: now, Body: body}
	if _, leaves := body.(*Leave); !leaves {
		r.Number = 1
		if o := s.authority.owners[r.Issuer]; o != nil && len(o.chain) > 0 {
			last := o.chain[len(o.chain)-1]
			r.Number, r.Prev = last.Number+1, last.hash
		}
	}
	if why := s.view.check(&s.authority, r, s.view.owners()); why != Fine {
		return nil, fmt.Errorf("group: %v: %w", body.kind(), refused(why))
	}
	if r.Number > maxChain || r.Clock > maxClock || s.crowded(r) {
		return nil, fmt.Errorf("group: %v: %w", body.kind(), refused(TooMany))
	}
	r.sign(self)
	if _, why := s.Merge(r); why != Fine {
		return nil, fmt.Errorf("group: %v: %w", body.kind(), refused(why))
	}
	return r, nil
}

// crowded tells whether a record that brings somebody in would take of what its issuer keeps
// for getting somebody out.
func (s *State) crowded(r *Record) bool {
	switch b := r.Body.(type) {
	case *Offer:
		if s.view.tokens[b.Token] != nil { // it takes an invite back
			return false
		}
	case *Add:
	default:
		return false
	}
	return s.Used(r.Issuer) >= 1-1.0/keptShare
}

// Used is how much an owner has signed of what it can, from 0 to 1.
func (s *State) Used(p identity.PeerID) float64 {
	c, o := s.chains[p], s.authority.owners[p]
	if c == nil || o == nil {
		return 0
	}
	return max(float64(len(o.chain))/maxChain, float64(c.bytes)/maxChainBytes)
}
