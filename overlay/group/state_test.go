package group

import (
	"reflect"
	"slices"
	"testing"
	"time"

	"filbert/overlay/identity"
)

func TestFoundAddAndRead(t *testing.T) {
	p := newPeers(t, 3)
	s := found(t, p...)
	if len(s.Members()) != 3 || s.Name() != "lab" || s.Founder() != p[0].PeerID() {
		t.Fatalf("members %v of %q by %v", s.Members(), s.Name(), s.Founder())
	}
	first, ok := s.CurrentKey(p[0])
	if !ok || first.Number != 1 {
		t.Fatalf("the founder has key %v, %v", first.Number, ok)
	}
	for i := range p {
		if k, ok := s.CurrentKey(p[i]); !ok || k != first {
			t.Errorf("peer %d cannot open the key", i)
		}
	}
	if _, ok := s.CurrentKey(newPeer(t, 9)); ok {
		t.Error("a stranger opened the key")
	}
	if s.NeedsRotation() {
		t.Error("a group in order asks for a rotation")
	}
	again, err := DecodeState(s.Encode())
	if err != nil || again.Digest() != s.Digest() {
		t.Errorf("encoded and decoded it is another: %v", err)
	}
}

// TestWhoMay lets peers of all roles try what only owners may.
func TestWhoMay(t *testing.T) {
	p := newPeers(t, 5) // founder, owner, member, guest, stranger
	founder, owner, member, guest, stranger := p[0], p[1], p[2], p[3], p[4]
	s := found(t, p[:4]...)
	want(t, s)(s.SetRole(founder, owner.PeerID(), Owner, noon))
	want(t, s)(s.SetRole(owner, guest.PeerID(), Guest, noon))
	for name, c := range map[string]struct {
		by  *identity.Identity
		do  func(s *State, by *identity.Identity) error
		why Reason
	}{
		"member rotates":           {member, func(s *State, by *identity.Identity) error { _, err := s.Rotate(by, seeded(1), noon); return err }, NotOwner},
		"guest expels":             {guest, expels(member), NotOwner},
		"stranger expels":          {stranger, expels(member), NotOwner},
		"member promotes itself":   {member, sets(member, Owner), NotOwner},
		"owner expels the founder": {owner, expels(founder), IsFounder},
		"owner demotes itself":     {owner, sets(owner, Guest), NotBelow},
		"owner expels a stranger":  {owner, expels(stranger), NotMember},
		"owner expels a member":    {owner, expels(member), Fine},
		"founder expels an owner":  {founder, expels(owner), Fine},
		"founder leaves":           {founder, func(s *State, by *identity.Identity) error { _, err := s.Leave(by, noon); return err }, IsFounder},
		"stranger leaves":          {stranger, func(s *State, by *identity.Identity) error { _, err := s.Leave(by, noon); return err }, NotMember},
		"guest leaves":             {guest, func(s *State, by *identity.Identity) error { _, err := s.Leave(by, noon); return err }, Fine},
		"member adds": {member, func(s *State, by *identity.Identity) error {
			_, err := s.add(by, NewCard(stranger, s.ID()), Ordinary, Hash{}, noon)
			return err
		}, NotOwner},
		"owner adds twice": {owner, func(s *State, by *identity.Identity) error {
			_, err := s.add(by, NewCard(member, s.ID()), Ordinary, Hash{}, noon)
			return err
		}, IsMember},
	} {
		t.Run(name, func(t *testing.T) {
			s := s.Clone()
			before := s.Digest()
			err := c.do(s, c.by)
			wantRefused(t, err, c.why)
			if c.why != Fine && s.Digest() != before {
				t.Error("what was refused changed the state")
			}
		})
	}
}

func expels(p *identity.Identity) func(*State, *identity.Identity) error {
	return func(s *State, by *identity.Identity) error {
		_, err := s.Expel(by, p.PeerID(), seeded(2), noon)
		return err
	}
}

func sets(p *identity.Identity, r Role) func(*State, *identity.Identity) error {
	return func(s *State, by *identity.Identity) error {
		_, err := s.SetRole(by, p.PeerID(), r, noon)
		return err
	}
}

// TestExpelledReadsNothing: no key after the one with which it was expelled.
func TestExpelledReadsNothing(t *testing.T) {
	p := newPeers(t, 3)
	s := found(t, p...)
	old, _ := s.CurrentKey(p[2])
	want(t, s)(s.Expel(p[0], p[2].PeerID(), seeded(3), noon))
	if s.Gone(p[2].PeerID()) != Expelled {
		t.Error("it is not said that it was expelled")
	}
	if _, ok := s.CurrentKey(p[2]); ok {
		t.Error("who was expelled opened the new key")
	}
	k, ok := s.CurrentKey(p[1])
	if !ok || k.Key == old.Key || k.Number != 2 {
		t.Errorf("the other member has key %d (%v), the old one: %v", k.Number, ok, k.Key == old.Key)
	}
}

// TestTwoExpelAtOnce: neither key is safe until somebody rotates.
func TestTwoExpelAtOnce(t *testing.T) {
	p := newPeers(t, 4)
	a := found(t, p...)
	want(t, a)(a.SetRole(p[0], p[1].PeerID(), Owner, noon))
	b := a.Clone()
	want(t, a)(a.Expel(p[0], p[2].PeerID(), seeded(4), noon))
	want(t, b)(b.Expel(p[1], p[3].PeerID(), seeded(5), noon))
	tell(t, a, b)
	tell(t, b, a)
	if a.Digest() != b.Digest() || len(a.Members()) != 2 {
		t.Fatal("the two owners do not agree")
	}
	if k, ok := a.CurrentKey(p[0]); ok || !a.NeedsRotation() || a.Epoch() != 0 {
		t.Errorf("key %d is used, which one of the expelled has", k.Number)
	}
	want(t, b)(b.Rotate(p[1], seeded(6), noon))
	if _, ok := b.CurrentKey(p[0]); !ok || b.NeedsRotation() {
		t.Error("after a rotation there is no key")
	}
}

// TestRotationBesideExpulsion: a key that went to who is expelled is not used, wherever it
// stands in the order.
func TestRotationBesideExpulsion(t *testing.T) {
	for seed := range 8 { // which of the two comes first is up to their hashes
		p := newPeers(t, 3)
		a := found(t, p...)
		want(t, a)(a.SetRole(p[0], p[1].PeerID(), Owner, noon))
		b := a.Clone()
		want(t, a)(a.Expel(p[0], p[2].PeerID(), seeded(10+seed), noon))
		want(t, b)(b.Rotate(p[1], seeded(20+seed), noon))
		tell(t, a, b)
		if _, ok := b.CurrentKey(p[2]); ok {
			t.Error("who was expelled has the key in use")
		}
		if _, ok := b.CurrentKey(p[1]); !ok {
			t.Error("the safe key is not used")
		}
	}
}

// TestBackdated lets an owner, after it was expelled, sign records that it says are old.
func TestBackdated(t *testing.T) {
	p := newPeers(t, 4)
	founder, rogue, friend := p[0], p[1], p[3]
	s := found(t, p[:3]...)
	want(t, s)(s.SetRole(founder, rogue.PeerID(), Owner, noon))
	early := s.Clone()
	want(t, s)(s.Rotate(rogue, seeded(1), noon))
	last := s.Clone()
	want(t, s)(s.Expel(founder, rogue.PeerID(), seeded(2), noon))
	before := s.Digest()

	// One more on the end of its chain, and another in the place of its only one.
	after := want(t, last)(last.add(rogue, NewCard(friend, s.ID()), Ordinary, Hash{}, noon))
	instead := want(t, early)(early.add(rogue, NewCard(friend, s.ID()), Ordinary, Hash{}, noon))
	s.Merge(after, instead)
	if _, ok := s.Member(friend.PeerID()); ok || s.Digest() != before {
		t.Error("an owner that was expelled added a member")
	}
	// The same for a peer that hears the lies first.
	late, err := Open(s.Records()[0])
	if err != nil {
		t.Fatal(err)
	}
	late.Merge(after, instead)
	tell(t, s, late)
	if late.Digest() != s.Digest() {
		t.Error("who heard the lies first has another state")
	}
}

// TestWhatAnOwnerDidStays: an owner is expelled, or loses its role; who it had added is still a
// member, and who it had expelled is none.
func TestWhatAnOwnerDidStays(t *testing.T) {
	p := newPeers(t, 5)
	founder, owner, added, gone, friend := p[0], p[1], p[2], p[3], p[4]
	for name, end := range map[string]func(*State, *identity.Identity) error{"expelled": expels(owner), "demoted": sets(owner, Guest)} {
		s := found(t, founder, owner, gone, friend)
		want(t, s)(s.SetRole(founder, owner.PeerID(), Owner, noon))
		want(t, s)(s.add(owner, NewCard(added, s.ID()), Ordinary, Hash{}, noon))
		want(t, s)(s.Expel(owner, gone.PeerID(), seeded(1), noon))
		want(t, s)(s.SetRole(owner, friend.PeerID(), Owner, noon))
		if err := end(s, founder); err != nil {
			t.Fatal(err)
		}
		_, in := s.Member(added.PeerID())
		m, _ := s.Member(friend.PeerID())
		if _, is := s.Member(gone.PeerID()); !in || is || m.Role != Owner {
			t.Errorf("%s: added %v, expelled %v, made an owner %v", name, in, is, m.Role)
		}
		if m, is := s.Member(owner.PeerID()); is != (name == "demoted") || m.Role == Owner {
			t.Errorf("%s: it is %v", name, m.Role)
		}
		_, err := s.Rotate(owner, seeded(2), noon)
		wantRefused(t, err, NotOwner)
		want(t, s)(s.Rotate(friend, seeded(3), noon))
	}
}

// TestTwoOwnersExpelEachOther: the one above is right.
func TestTwoOwnersExpelEachOther(t *testing.T) {
	p := newPeers(t, 3)
	a := found(t, p...)
	want(t, a)(a.SetRole(p[0], p[1].PeerID(), Owner, noon))
	want(t, a)(a.SetRole(p[1], p[2].PeerID(), Owner, noon))
	b := a.Clone()
	want(t, a)(a.Expel(p[1], p[2].PeerID(), seeded(1), noon))
	_, err := b.Expel(p[2], p[1].PeerID(), seeded(2), noon)
	wantRefused(t, err, NotBelow)
	// It signs it all the same.
	forged := &Record{Group: b.id, Issuer: p[2].PeerID(), Number: 1, Clock: 2, Time: noon, Body: &Expel{Peer: p[1].PeerID(), Cut: b.cutOf(p[1].PeerID())}}
	forged.sign(p[2])
	a.Merge(forged)
	if _, ok := a.Member(p[1].PeerID()); !ok {
		t.Error("an owner was expelled by one that it made")
	}
	if _, ok := a.Member(p[2].PeerID()); ok {
		t.Error("an owner could not expel one that it made")
	}
	// Added again it is a member and never an owner.
	want(t, a)(a.add(p[1], NewCard(p[2], a.ID()), Ordinary, Hash{}, noon))
	_, err = a.SetRole(p[1], p[2].PeerID(), Owner, noon)
	wantRefused(t, err, FormerOwner)
}

// TestLostRecord: the founder's disk lost a record that others have, and it signs another
// with that number. All agree on one, and the chain goes on.
func TestLostRecord(t *testing.T) {
	p := newPeers(t, 2)
	s := found(t, p...)
	restored := s.Clone()
	want(t, s)(s.Rotate(p[0], seeded(1), noon))
	want(t, restored)(restored.Rotate(p[0], seeded(2), noon))
	tell(t, s, restored)
	tell(t, restored, s)
	if s.Digest() != restored.Digest() {
		t.Fatal("they do not agree on one of two records")
	}
	want(t, s)(s.Rotate(p[0], seeded(3), noon))
	tell(t, s, restored)
	if k, ok := restored.CurrentKey(p[1]); !ok || k.Number != 3 || s.Digest() != restored.Digest() {
		t.Errorf("after it the key is %d", k.Number)
	}
}

func TestLeaveAndComeBack(t *testing.T) {
	p := newPeers(t, 2)
	s := found(t, p...)
	want(t, s)(s.Leave(p[1], noon))
	if _, ok := s.Member(p[1].PeerID()); ok || s.Gone(p[1].PeerID()) != NotMember || !s.NeedsRotation() {
		t.Error("it did not leave")
	}
	if _, ok := s.CurrentKey(p[0]); !ok {
		t.Error("a leave stops the group")
	}
	want(t, s)(s.add(p[0], NewCard(p[1], s.ID()), Guest, Hash{}, noon))
	if m, _ := s.Member(p[1].PeerID()); m.Role != Guest {
		t.Errorf("it came back as %v", m.Role)
	}
}

// TestCaps holds the bounds at one below, at them and above.
func TestCaps(t *testing.T) {
	t.Run("owners", func(t *testing.T) {
		p := newPeers(t, maxOwners+1)
		s := found(t, p...)
		for i := 1; i < maxOwners; i++ {
			want(t, s)(s.SetRole(p[0], p[i].PeerID(), Owner, noon))
		}
		_, err := s.SetRole(p[0], p[maxOwners].PeerID(), Owner, noon)
		wantRefused(t, err, TooMany)
	})
	t.Run("members", func(t *testing.T) {
		s := found(t, newPeer(t, 0))
		for i := 1; i < maxMembers; i++ { // strangers with no keys: what is counted are IDs
			id := identity.PeerID{byte(i), byte(i >> 8), 7}
			s.view.members[id] = &Member{Peer: id, Role: Ordinary}
			if i < maxMembers-2 {
				continue
			}
			r := &Record{Group: s.id, Issuer: s.Founder(), Body: &Add{Card: Card{Peer: identity.PeerID{1}}, Role: Ordinary}}
			why := Fine
			if len(s.view.members) == maxMembers {
				why = Full
			}
			if got := s.view.check(&s.authority, r, 1); got != why {
				t.Errorf("with %d members one more: %v", len(s.view.members), got)
			}
		}
	})
	t.Run("waiting", func(t *testing.T) {
		s := found(t, newPeer(t, 0))
		stranger := newPeer(t, 1)
		big := Rotation{Sealed: make([]SealedKey, maxMembers)}
		var prev Hash
		admitted := 0
		for n := uint32(1); n < 20; n++ {
			r := &Record{Group: s.id, Issuer: stranger.PeerID(), Number: n, Prev: prev, Clock: uint64(n), Time: noon, Body: &Rotate{big}}
			r.sign(stranger)
			prev = r.hash
			if added, why := s.Merge(r); added == 1 {
				admitted += len(r.raw)
			} else if why != TooMany {
				t.Fatalf("refused: %v", why)
			}
		}
		if admitted > maxWaiting || admitted < maxWaiting-maxRecord {
			t.Errorf("%d bytes of a stranger are kept, the bound is %d", admitted, maxWaiting)
		}
		if len(s.Records()) != 2 {
			t.Error("records of a stranger are told to others")
		}
	})
	t.Run("leaves", func(t *testing.T) {
		p := newPeers(t, 2)
		s := found(t, p...)
		for i := range maxLeaves + 3 {
			r := &Record{Group: s.id, Issuer: p[1].PeerID(), Clock: uint64(100 - i), Time: noon, Body: &Leave{}}
			r.sign(p[1])
			s.Merge(r)
		}
		if n := len(s.leaves[p[1].PeerID()]); n != maxLeaves {
			t.Errorf("%d leaves are kept", n)
		}
	})
	t.Run("largest record", func(t *testing.T) {
		self := newPeer(t, 0)
		r := &Record{Group: ID{1}, Issuer: self.PeerID(), Number: 2, Prev: Hash{1}, Clock: 1, Time: noon,
			Body: &Expel{Rotation: Rotation{Sealed: make([]SealedKey, maxMembers)}}}
		r.sign(self)
		if len(r.raw) != maxRecord {
			t.Errorf("it has %d bytes, the bound is %d", len(r.raw), maxRecord)
		}
		if _, err := ParseRecord(r.raw); err != nil {
			t.Error(err)
		}
		_, err := ParseRecord(append(slices.Clone(r.raw), 0))
		wantRefused(t, err, TooMany)
	})
}

// TestForged changes every byte of a record in turn: none passes.
func TestForged(t *testing.T) {
	s := found(t, newPeer(t, 0), newPeer(t, 1))
	for _, r := range s.Records() {
		for i := range r.raw {
			bad := slices.Clone(r.raw)
			bad[i] ^= 1
			if _, err := ParseRecord(bad); err == nil {
				t.Fatalf("%v record with byte %d changed passes", r.Body.kind(), i)
			}
		}
	}
	other := found(t, newPeer(t, 1))
	if _, why := s.Merge(other.Records()...); why != OtherGroup {
		t.Errorf("records of another group: %v", why)
	}
}

func TestInviteText(t *testing.T) {
	p := newPeers(t, 2)
	s := found(t, p[0])
	i, _, err := s.Invite(p[0], Ordinary, time.Hour, []Ask{
		{Peer: p[0].PeerID(), Address: "198.51.100.7:6346"}, {Peer: p[1].PeerID(), Address: "[2001:db8::1]:6346"},
		{Peer: p[1].PeerID()}, {Peer: p[0].PeerID(), Address: "bad address"},
	}, seeded(1), noon)
	if err != nil {
		t.Fatal(err)
	}
	got, err := ParseInvite(" " + i.String() + "\n")
	if err != nil || got.String() != i.String() || len(got.Ask) != 4 || !reflect.DeepEqual(got.Ask[1], i.Ask[1]) || got.Ask[3].Address != "" {
		t.Errorf("%v became %v: %v", i, got, err)
	}
	for _, bad := range []string{
		"", "filbert-group:", i.String()[1:], i.String()[:80], i.String() + ".", i.String() + "@", i.String() + "." + p[0].String(),
		i.String()[:20] + "x" + i.String()[21:],
	} {
		if _, err := ParseInvite(bad); ReasonOf(err) != Malformed {
			t.Errorf("%q passes: %v", bad, err)
		}
	}
}

// TestInvites plays what can become of an invite.
func TestInvites(t *testing.T) {
	p := newPeers(t, 4)
	owner, anna, bert, second := p[0], p[1], p[2], p[3]
	s := found(t, owner, second)
	want(t, s)(s.SetRole(owner, second.PeerID(), Owner, noon))
	i, _, err := s.Invite(owner, Guest, time.Hour, nil, seeded(7), noon)
	if err != nil {
		t.Fatal(err)
	}
	other := s.Clone()
	// The other owner admits by the same invite before it hears of the first use.
	want(t, s)(s.Admit(owner, request(t, anna, i, owner), noon))
	want(t, other)(other.Admit(second, request(t, bert, i, second), noon))
	tell(t, s, other)
	tell(t, other, s)
	_, hasAnna := s.Member(anna.PeerID())
	_, hasBert := s.Member(bert.PeerID())
	if hasAnna == hasBert || s.Digest() != other.Digest() {
		t.Errorf("one invite, used twice: %v %v", hasAnna, hasBert)
	}
	if len(s.Invites(noon)) != 0 {
		t.Error("a used invite is still open")
	}
	_, err = s.Admit(owner, request(t, newPeer(t, 9), i, owner), noon)
	wantRefused(t, err, UsedInvite)

	late, _, err := s.Invite(owner, Ordinary, time.Hour, nil, seeded(8), noon)
	if err != nil {
		t.Fatal(err)
	}
	_, err = s.Admit(owner, request(t, newPeer(t, 9), late, owner), noon.Add(time.Hour+time.Second))
	wantRefused(t, err, ExpiredInvite)
	_, err = s.Admit(owner, request(t, newPeer(t, 9), late, second), noon)
	wantRefused(t, err, OtherGroup)
	late.Token[0]++
	_, err = s.Admit(owner, request(t, newPeer(t, 9), late, owner), noon)
	wantRefused(t, err, UnknownInvite)
	_, _, err = s.Invite(owner, Owner, time.Hour, nil, seeded(9), noon)
	wantRefused(t, err, Malformed)
}

// request makes a join request and sends it through its bytes.
func request(t *testing.T, who *identity.Identity, i Invite, owner *identity.Identity) *JoinRequest {
	t.Helper()
	b := NewJoinRequest(who, i, owner.PeerID()).AppendTo(nil)
	for n := range b {
		bad := slices.Clone(b)
		bad[n] ^= 0x80
		if _, err := ParseJoinRequest(bad); err == nil {
			t.Fatalf("a join request with byte %d changed passes", n)
		}
	}
	j, err := ParseJoinRequest(b)
	if err != nil {
		t.Fatal(err)
	}
	return j
}

func TestTexts(t *testing.T) {
	for r := range reasons {
		if r.String() == "" {
			t.Errorf("reason %d has no text", r)
		}
	}
	for _, r := range []Role{Guest, Ordinary, Owner} {
		if got, ok := ParseRole(r.String()); !ok || got != r {
			t.Errorf("role %v is read as %v", r, got)
		}
	}
	if Role(9).String() != "Role(9)" || Kind(9).String() != "Kind(9)" || Reason(99).String() != "Reason(99)" {
		t.Error("unknown values have no text")
	}
	id := ID{1, 2, 3}
	if got, err := ParseID(id.String()); err != nil || got != id {
		t.Errorf("%v became %v: %v", id, got, err)
	}
	if _, err := ParseID(id.String()[:55] + "a"); err == nil {
		t.Error("an ID that was mistyped passes")
	}
}

// TestPoisonedClock: an owner signs the highest clock there is, so that nobody can sign a
// higher one. Who is above it expels it, and all goes on.
func TestPoisonedClock(t *testing.T) {
	p := newPeers(t, 3)
	s := found(t, p...)
	want(t, s)(s.SetRole(p[0], p[1].PeerID(), Owner, noon))
	want(t, s)(s.Rotate(p[1], seeded(1), noon))
	last := s.authority.owners[p[1].PeerID()].chain[0]
	poison := &Record{Group: s.id, Issuer: p[1].PeerID(), Number: 2, Prev: last.hash, Clock: maxClock, Time: noon, Body: &Rotate{}}
	poison.sign(p[1])
	if n, why := s.Merge(poison); n != 1 {
		t.Fatal(why)
	}
	_, err := s.Rotate(p[0], seeded(2), noon)
	wantRefused(t, err, TooMany)
	want(t, s)(s.Expel(p[0], p[1].PeerID(), seeded(3), noon))
	if s.view.clock > 100 || len(s.Members()) != 2 {
		t.Errorf("the clock is %d, members %v", s.view.clock, s.Members())
	}
	want(t, s)(s.Rotate(p[0], seeded(4), noon))
	if k, ok := s.CurrentKey(p[2]); !ok || k.Number != 4 {
		t.Errorf("key %d, %v", k.Number, ok)
	}
}

// TestLeaveFarAhead: any member may leave, and none can so take the clocks of the owners away.
func TestLeaveFarAhead(t *testing.T) {
	p := newPeers(t, 2)
	s := found(t, p...)
	r := &Record{Group: s.id, Issuer: p[1].PeerID(), Clock: maxClock, Time: noon, Body: &Leave{}}
	r.sign(p[1])
	s.Merge(r)
	if _, ok := s.Member(p[1].PeerID()); !ok || s.view.clock > 100 {
		t.Errorf("a leave with the highest clock counts: %v, %d", ok, s.view.clock)
	}
	want(t, s)(s.Rotate(p[0], seeded(2), noon))
	want(t, s)(s.Leave(p[1], noon))
}

// TestBoxKeyOfLowOrder: a peer to which no key can be sealed is no member.
func TestBoxKeyOfLowOrder(t *testing.T) {
	owner, peer := newPeer(t, 0), newPeer(t, 1)
	s := found(t, owner)
	card := NewCard(peer, s.ID())
	card.Box = [boxLen]byte{}
	copy(card.Signature[:], peer.Sign(card.signed(s.ID())))
	if card.verify(s.ID()) {
		t.Error("its card passes")
	}
}

// BenchmarkSettle is what a change costs in the largest group.
func BenchmarkSettle(b *testing.B) {
	owner := newPeer(b, 0)
	s := found(b, owner)
	for i := 1; i < maxMembers; i++ {
		r := &Record{Group: s.id, Issuer: owner.PeerID(), Number: uint32(i + 2), Clock: uint64(i + 2), Time: noon, Body: &Add{Card: NewCard(newPeer(b, i), s.ID()), Role: Ordinary}}
		o := s.chains[owner.PeerID()].slots[uint32(i+1)][0]
		r.Prev = o.hash
		r.sign(owner)
		s.admit(r)
	}
	s.settle()
	if len(s.Members()) != maxMembers {
		b.Fatal(len(s.Members()))
	}
	want(b, s)(s.Rotate(owner, seeded(1), noon))
	b.Run("clone", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			s.Clone()
		}
	})
	b.Run("rotate", func(b *testing.B) {
		for b.Loop() {
			c := s.Clone()
			want(b, c)(c.Rotate(owner, seeded(1), noon))
		}
	})
	b.Logf("%d KiB of records", len(s.Encode())>>10)
}
