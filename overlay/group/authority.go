package group

import "filbert/overlay/identity"

// authority is who may issue records and which of them count: the tree of owners, found from
// the founder down. Only who is above an owner can cut its chain, and all of those come first,
// so that nothing depends on the order in which records came.
type authority struct {
	owners map[identity.PeerID]*authorized
	order  []*authorized
}

// authorized is an owner, present or former.
type authorized struct {
	peer   identity.PeerID
	parent *authorized // who made it an owner; nil for the founder
	cut    *Cut        // where its chain was ended, or nil
	chain  []*Record   // what counts of it
	cuts   map[identity.PeerID]Cut
}

// below tells whether a is above o in the tree.
func (o *authorized) below(a *authorized) bool {
	for p := o.parent; p != nil; p = p.parent {
		if p == a {
			return true
		}
	}
	return false
}

// decided is the cut of an owner by those above it: the shortest, and of two that are as long
// that of the one who is nearest to the founder.
func (o *authorized) decided() *Cut {
	var best *Cut
	for p := o.parent; p != nil; p = p.parent {
		if c, ok := p.cuts[o.peer]; ok && (best == nil || c.Number <= best.Number) {
			best = &c
		}
	}
	return best
}

// judge finds the authority of a group from all chains.
func judge(founder identity.PeerID, chains map[identity.PeerID]*chain) authority {
	a := authority{owners: map[identity.PeerID]*authorized{}}
	a.admit(founder, nil)
	for i := 0; i < len(a.order); i++ {
		o := a.order[i]
		o.cut = o.decided()
		if c := chains[o.peer]; c == nil {
			continue
		} else if o.cut != nil {
			o.chain = c.upTo(*o.cut)
		} else {
			o.chain = c.free()
		}
		for _, r := range o.chain {
			switch b := r.Body.(type) {
			case *SetRole:
				if b.Role == Owner {
					a.admit(b.Peer, o)
				} else {
					o.note(b.Peer, b.Cut)
				}
			case *Expel:
				o.note(b.Peer, b.Cut)
			}
		}
	}
	return a
}

func (a *authority) admit(peer identity.PeerID, parent *authorized) {
	if a.owners[peer] == nil {
		o := &authorized{peer: peer, parent: parent, cuts: map[identity.PeerID]Cut{}}
		a.owners[peer] = o
		a.order = append(a.order, o)
	}
}

// note keeps the first word of an owner about another's chain: there is no second.
func (o *authorized) note(peer identity.PeerID, cut Cut) {
	if _, ok := o.cuts[peer]; !ok && cut.Ends {
		o.cuts[peer] = cut
	}
}

// mayCut tells whether one owner may take the role of another.
func (a *authority) mayCut(issuer, target identity.PeerID) bool {
	i, t := a.owners[issuer], a.owners[target]
	return i != nil && t != nil && t.below(i)
}
