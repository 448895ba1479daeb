package group

import (
	"slices"
	"time"

	"filbert/overlay/identity"
)

// Member is a peer in a group.
type Member struct {
	Peer  identity.PeerID
	Role  Role
	Box   [boxLen]byte
	Since time.Time       // when it was added, by the watch of who added it
	By    identity.PeerID // who added it
}

// view is what the effective records say.
type view struct {
	members map[identity.PeerID]*Member
	gone    map[identity.PeerID]Reason // who was a member: Expelled, or NotMember of who left
	former  map[identity.PeerID]bool   // whose chain of an owner was ended
	offers  map[Hash]*Opened
	tokens  map[[32]byte]*Opened
	epochs  []*epoch
	current *epoch // the last that nobody expelled can open, or nil
	clock   uint64 // the highest
	applied []*Record
}

// epoch is a key by the record that carries it, and who can open it.
type epoch struct {
	number uint32 // in the order in which they were applied, from 1
	record *Record
	keys   []SealedKey // those of the rotation, and of who was added since
}

// project applies what counts of all chains, and the leaves, in order.
func project(genesis *Record, a *authority, leaves []*Record) *view {
	founding := genesis.Body.(*Genesis)
	v := &view{
		members: map[identity.PeerID]*Member{genesis.Issuer: {
			Peer: genesis.Issuer, Role: Owner, Box: founding.Box, Since: genesis.Time, By: genesis.Issuer,
		}},
		gone:   map[identity.PeerID]Reason{},
		former: map[identity.PeerID]bool{},
		offers: map[Hash]*Opened{},
		tokens: map[[32]byte]*Opened{},
	}
	for _, o := range a.order {
		v.applied = append(v.applied, o.chain...)
	}
	top := uint64(0)
	for _, r := range v.applied {
		top = max(top, r.Clock)
	}
	for _, r := range leaves {
		if r.Clock <= top+maxAhead {
			v.applied = append(v.applied, r)
		}
	}
	slices.SortFunc(v.applied, (*Record).before)
	owners := 1
	for _, r := range v.applied {
		v.clock = max(v.clock, r.Clock)
		if v.check(a, r, owners) != Fine {
			continue
		}
		owners += v.apply(r)
	}
	v.choose()
	return v
}

func (v *view) owners() int {
	n := 0
	for _, m := range v.members {
		if m.Role == Owner {
			n++
		}
	}
	return n
}

// check tells why a record has no effect where it stands, or Fine.
func (v *view) check(a *authority, r *Record, owners int) Reason {
	issuer := v.members[r.Issuer]
	if _, ok := r.Body.(*Leave); ok {
		switch {
		case issuer == nil:
			return NotMember
		case a.owners[r.Issuer] != nil && a.owners[r.Issuer].parent == nil:
			return IsFounder
		}
		return Fine
	}
	if issuer == nil || issuer.Role != Owner {
		return NotOwner
	}
	switch b := r.Body.(type) {
	case *Add:
		o := v.offers[b.Invite]
		switch {
		case v.members[b.Card.Peer] != nil:
			return IsMember
		case len(v.members) >= maxMembers:
			return Full
		case b.Invite == Hash{}:
			return Fine
		case o == nil:
			return UnknownInvite
		case o.Used != identity.PeerID{}:
			return UsedInvite
		case r.Time.After(o.Expires):
			return ExpiredInvite
		case b.Role != o.Role:
			return UnknownInvite
		}
	case *SetRole:
		return v.checkRole(a, r.Issuer, b, owners)
	case *Expel:
		return v.checkExpel(a, r.Issuer, b.Peer, b.Cut)
	}
	return Fine
}

func (v *view) checkRole(a *authority, issuer identity.PeerID, b *SetRole, owners int) Reason {
	m := v.members[b.Peer]
	switch {
	case m == nil:
		return NotMember
	case b.Role != Owner:
		return v.checkExpel(a, issuer, b.Peer, b.Cut)
	case v.former[b.Peer]:
		return FormerOwner
	case m.Role != Owner && owners >= maxOwners:
		return TooMany
	}
	return Fine
}

// checkExpel tells whether a member may lose its place or role.
func (v *view) checkExpel(a *authority, issuer, target identity.PeerID, cut Cut) Reason {
	m, o := v.members[target], a.owners[target]
	switch {
	case m == nil:
		return NotMember
	case o != nil && o.parent == nil:
		return IsFounder
	case m.Role == Owner && !(cut.Ends && a.mayCut(issuer, target)):
		return NotBelow
	}
	return Fine
}

// apply makes a record that was checked have its effect, and tells by how many the owners
// became more.
func (v *view) apply(r *Record) (owners int) {
	switch b := r.Body.(type) {
	case *Add:
		v.members[b.Card.Peer] = &Member{Peer: b.Card.Peer, Role: b.Role, Box: b.Card.Box, Since: r.Time, By: r.Issuer}
		delete(v.gone, b.Card.Peer)
		if o := v.offers[b.Invite]; o != nil {
			o.Used, o.Joined = b.Card.Peer, r.Time
		}
		if i := slices.IndexFunc(v.epochs, func(e *epoch) bool { return e.record.hash == b.Of }); i >= 0 {
			v.epochs[i].keys = append(v.epochs[i].keys, SealedKey{Peer: b.Card.Peer, Key: b.Sealed})
		}
	case *SetRole:
		m := v.members[b.Peer]
		v.former[b.Peer] = v.former[b.Peer] || b.Cut.Ends
		if m.Role == Owner {
			owners--
		}
		if b.Role == Owner {
			owners++
		}
		m.Role = b.Role
	case *Expel:
		v.former[b.Peer] = v.former[b.Peer] || b.Cut.Ends
		owners = v.remove(b.Peer, Expelled)
		v.rotate(r, &b.Rotation)
	case *Leave:
		owners = v.remove(r.Issuer, NotMember)
	case *Rotate:
		v.rotate(r, &b.Rotation)
	case *Offer:
		v.offer(r, b)
	}
	return owners
}

func (v *view) remove(p identity.PeerID, why Reason) (owners int) {
	if v.members[p].Role == Owner {
		owners = -1
	}
	delete(v.members, p)
	v.gone[p] = why
	return owners
}

func (v *view) rotate(r *Record, keys *Rotation) {
	if len(keys.Sealed) > 0 {
		v.epochs = append(v.epochs, &epoch{number: uint32(len(v.epochs) + 1), record: r, keys: slices.Clip(keys.Sealed)})
	}
}

// choose finds the key in use. Who left by itself could have told what it knew at any time;
// its old key is used until the next rotation.
func (v *view) choose() {
	for _, e := range slices.Backward(v.epochs) {
		if !slices.ContainsFunc(e.keys, func(k SealedKey) bool { return v.members[k.Peer] == nil && v.gone[k.Peer] != NotMember }) {
			v.current = e
			return
		}
	}
}

// stale tells whether the key in use should be replaced: there is none, a member lacks it, or
// one that left has it.
func (v *view) stale() bool {
	if v.current == nil {
		return true
	}
	has := make(map[identity.PeerID]bool, len(v.current.keys))
	for _, k := range v.current.keys {
		if v.members[k.Peer] == nil {
			return true
		}
		has[k.Peer] = true
	}
	return len(has) != len(v.members)
}

// sealed is the key of an epoch as a peer can open it: the last, if it was added again.
func (e *epoch) sealed(p identity.PeerID) (key [sealedLen]byte, ok bool) {
	for _, k := range slices.Backward(e.keys) {
		if k.Peer == p {
			return k.Key, true
		}
	}
	return key, false
}
