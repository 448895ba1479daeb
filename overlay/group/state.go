package group

import (
	"encoding/binary"
	"maps"
	"slices"

	"filbert/overlay/identity"
)

// State is what a peer knows of a group: its records and what follows from them. It is not
// for several goroutines at once; Clone gives one that is another's.
type State struct {
	id      ID
	genesis *Record
	chains  map[identity.PeerID]*chain
	leaves  map[identity.PeerID][]*Record

	// What follows.
	authority authority
	view      *view
	settled   []*Record // what peers are to have: what counts, in order
	digest    Hash
}

// Open makes a state of the first record of a group.
func Open(genesis *Record) (*State, error) {
	if _, ok := genesis.Body.(*Genesis); !ok {
		return nil, refused(Malformed)
	}
	s := &State{
		id: ID(genesis.hash), genesis: genesis,
		chains: map[identity.PeerID]*chain{}, leaves: map[identity.PeerID][]*Record{},
	}
	s.chain(genesis.Issuer).put(genesis, maxVariants)
	s.settle()
	return s, nil
}

// Clone returns a state of its own with the same records.
func (s *State) Clone() *State {
	c := *s
	c.chains = make(map[identity.PeerID]*chain, len(s.chains))
	for p, o := range s.chains {
		slots := make(map[uint32][]*Record, len(o.slots))
		for n, slot := range o.slots {
			slots[n] = slices.Clone(slot)
		}
		c.chains[p] = &chain{slots: slots, bytes: o.bytes}
	}
	c.leaves = maps.Clone(s.leaves)
	c.settle()
	return &c
}

func (s *State) chain(p identity.PeerID) *chain {
	c := s.chains[p]
	if c == nil {
		c = new(chain)
		s.chains[p] = c
	}
	return c
}

// Merge takes records in, in any order, and returns how many are new and why the last that was
// refused was. A record may be kept whose issuer is not known to be an owner yet.
func (s *State) Merge(records ...*Record) (added int, why Reason) {
	unsettled := false
	for _, r := range records {
		reason := s.admit(r)
		if reason == TooMany && unsettled { // its issuer may be known by what came before
			s.settle()
			unsettled = false
			reason = s.admit(r)
		}
		switch reason {
		case Fine:
			added++
			unsettled = true
		case Replayed: // it is here
		default:
			why = reason
		}
	}
	if unsettled {
		s.settle()
	}
	return added, why
}

func (s *State) admit(r *Record) Reason {
	if _, ok := r.Body.(*Genesis); ok {
		if r.hash == s.genesis.hash {
			return Replayed
		}
		return OtherGroup
	}
	if r.Group != s.id {
		return OtherGroup
	}
	if _, ok := r.Body.(*Leave); ok {
		return s.admitLeave(r)
	}
	o := s.authority.owners[r.Issuer]
	if c := s.chains[r.Issuer]; c != nil && c.has(r) {
		return Replayed
	}
	if o == nil && s.waiting()+len(r.raw) > maxWaiting {
		return TooMany
	}
	most := maxVariants
	if o != nil && o.cut != nil {
		most = maxCutVariants
	}
	if !s.chain(r.Issuer).put(r, most) {
		return TooMany
	}
	return Fine
}

// admitLeave keeps the first leaves of a peer that is, or was, a member.
func (s *State) admitLeave(r *Record) Reason {
	have := s.leaves[r.Issuer]
	if slices.ContainsFunc(have, func(o *Record) bool { return o.hash == r.hash }) {
		return Replayed
	}
	if _, was := s.view.gone[r.Issuer]; !was && s.view.members[r.Issuer] == nil && s.waiting()+len(r.raw) > maxWaiting {
		return TooMany
	}
	have = append(slices.Clone(have), r)
	slices.SortFunc(have, (*Record).before)
	have = have[:min(len(have), maxLeaves)]
	s.leaves[r.Issuer] = have
	if !slices.Contains(have, r) {
		return TooMany
	}
	return Fine
}

// waiting is how many bytes are kept of records by who is not known.
func (s *State) waiting() int {
	n := 0
	for p, c := range s.chains {
		if s.authority.owners[p] == nil {
			n += c.bytes
		}
	}
	for p, rs := range s.leaves {
		if _, was := s.view.gone[p]; !was && s.view.members[p] == nil {
			for _, r := range rs {
				n += len(r.raw)
			}
		}
	}
	return n
}

// settle finds what follows from the records.
func (s *State) settle() {
	s.authority = judge(s.genesis.Issuer, s.chains)
	var leaves []*Record
	for _, rs := range s.leaves {
		leaves = append(leaves, rs...)
	}
	s.view = project(s.genesis, &s.authority, leaves)
	s.settled = s.settled[:0:0]
	h := make([]byte, 0, len(s.view.applied)*hashLen)
	for _, r := range s.view.applied {
		if _, ok := r.Body.(*Leave); ok {
			if _, was := s.view.gone[r.Issuer]; !was && s.view.members[r.Issuer] == nil {
				continue
			}
		}
		s.settled = append(s.settled, r)
		h = append(h, r.hash[:]...)
	}
	s.digest = digest(digestDomain, h)
}

// ID names the group.
func (s *State) ID() ID { return s.id }

// Name is what the founder called the group. It is a peer's word: escape it.
func (s *State) Name() string { return s.genesis.Body.(*Genesis).Name }

// Founder is who made the group.
func (s *State) Founder() identity.PeerID { return s.genesis.Issuer }

// Digest is equal for two peers that have the same records.
func (s *State) Digest() Hash { return s.digest }

// Records are all that count, in an order in which another state takes them in; the first is
// the genesis. Not to be changed.
func (s *State) Records() []*Record { return s.settled }

// Member returns a member.
func (s *State) Member(p identity.PeerID) (Member, bool) {
	if m := s.view.members[p]; m != nil {
		return *m, true
	}
	return Member{}, false
}

// Members are all members, by their IDs.
func (s *State) Members() []Member {
	out := make([]Member, 0, len(s.view.members))
	for _, m := range s.view.members {
		out = append(out, *m)
	}
	slices.SortFunc(out, func(a, b Member) int { return slices.Compare(a.Peer[:], b.Peer[:]) })
	return out
}

// Gone tells why a peer is a member no more: Expelled, NotMember if it left, or Fine if it
// never was one.
func (s *State) Gone(p identity.PeerID) Reason { return s.view.gone[p] }

// Epoch is the number of the key in use; 0 if there is none that is safe.
func (s *State) Epoch() uint32 {
	if s.view.current == nil {
		return 0
	}
	return s.view.current.number
}

// NeedsRotation tells whether an owner should give the group a new key: the one in use is not
// safe, or not every member has it.
func (s *State) NeedsRotation() bool { return s.view.stale() }

// Encode writes the records as DecodeState reads them: each after its length of 4 bytes.
func (s *State) Encode() []byte {
	var b []byte
	for _, r := range s.settled {
		b = binary.BigEndian.AppendUint32(b, uint32(len(r.raw)))
		b = append(b, r.raw...)
	}
	return b
}

// DecodeState reads what Encode wrote. A record that does not belong is an error.
func DecodeState(b []byte) (*State, error) {
	records, err := decodeRecords(b)
	if err != nil {
		return nil, err
	}
	if len(records) == 0 {
		return nil, refused(Malformed)
	}
	s, err := Open(records[0])
	if err != nil {
		return nil, err
	}
	if _, why := s.Merge(records[1:]...); why != Fine {
		return nil, refused(why)
	}
	return s, nil
}

// decodeRecords reads records, each after its length.
func decodeRecords(b []byte) ([]*Record, error) {
	var out []*Record
	c := cursor{b: b}
	for len(c.b) > 0 {
		raw := c.take(int(min(c.uint32(), maxRecord+1)))
		if c.bad {
			return nil, refused(Malformed)
		}
		r, err := ParseRecord(raw)
		if err != nil {
			return nil, err
		}
		out = append(out, r)
	}
	return out, nil
}
