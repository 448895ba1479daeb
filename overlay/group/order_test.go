package group

import (
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"filbert/overlay/identity"
)

// TestOrderDoesNotMatter lets owners act on what each knows, tell each other some of it, lose
// records and sign others in their place; at the end, whoever takes in all that was ever
// signed, in any order and in any portions, has the same state.
func TestOrderDoesNotMatter(t *testing.T) {
	peers := newPeers(t, 6)
	rapid.Check(t, func(t *rapid.T) {
		start, err := Found(peers[0], "lab", seeded(1), noon)
		if err != nil {
			t.Fatal(err)
		}
		states := make([]*State, len(peers))
		for i := range states {
			states[i] = start.Clone()
		}
		var all []*Record
		lost := map[int]bool{}
		for step := range rapid.IntRange(1, 40).Draw(t, "steps") {
			who := rapid.IntRange(0, len(peers)-1).Draw(t, "who")
			other := rapid.IntRange(0, len(peers)-1).Draw(t, "other")
			s, before := states[who], states[who].Clone()
			var r *Record
			switch rapid.IntRange(0, 10).Draw(t, "act") {
			case 0, 1:
				r, _ = s.add(peers[who], NewCard(peers[other], s.ID()), Ordinary, Hash{}, noon)
			case 2, 3:
				r, _ = s.SetRole(peers[who], peers[other].PeerID(), Owner, noon)
			case 4:
				r, _ = s.SetRole(peers[who], peers[other].PeerID(), Guest, noon)
			case 5:
				r, _ = s.Expel(peers[who], peers[other].PeerID(), seeded(step), noon)
			case 6:
				if rapid.Bool().Draw(t, "leaves") {
					r, _ = s.Leave(peers[who], noon)
				} else {
					r, _ = s.Rotate(peers[who], seeded(step), noon)
				}
			case 7:
				_, r, _ = s.Invite(peers[who], Guest, time.Hour, nil, seeded(step), noon)
			case 8:
				if open := s.Invites(noon); len(open) > 0 && rapid.Bool().Draw(t, "joins") {
					r, _ = s.add(peers[who], NewCard(peers[other], s.ID()), open[0].Role, open[0].Record, noon)
				} else if len(open) > 0 {
					r, _ = s.Revoke(peers[who], open[0].Record, noon)
				}
			case 9, 10:
				states[other].Merge(s.Records()...)
			}
			if r == nil {
				continue
			}
			all = append(all, r)
			if !lost[who] && rapid.IntRange(0, 9).Draw(t, "loses") == 0 {
				lost[who] = true // once, so that of no number there are more than two
				states[who] = before
			}
		}
		a, b := start.Clone(), start.Clone()
		a.Merge(all...)
		shuffled := rapid.Permutation(slices.Clone(all)).Draw(t, "order")
		for len(shuffled) > 0 {
			n := rapid.IntRange(1, len(shuffled)).Draw(t, "portion")
			b.Merge(shuffled[:n]...)
			shuffled = shuffled[n:]
		}
		if a.Digest() != b.Digest() || !slices.Equal(a.Members(), b.Members()) || a.Epoch() != b.Epoch() || !slices.Equal(a.Invites(noon), b.Invites(noon)) {
			t.Fatalf("two orders, two states:\n%v\n%v", a.Members(), b.Members())
		}
		// What is told to a peer that knows nothing makes the same state.
		c, err := DecodeState(a.Encode())
		if err != nil || c.Digest() != a.Digest() {
			t.Fatalf("told to a newcomer it is another state: %v", err)
		}
		sound(t, a, peers)
	})
}

// sound checks what is true of every state.
func sound(t *rapid.T, s *State, peers []*identity.Identity) {
	if m, ok := s.Member(s.Founder()); !ok || m.Role != Owner {
		t.Fatal("the founder is no owner")
	}
	for _, p := range peers {
		_, member := s.Member(p.PeerID())
		if _, ok := s.CurrentKey(p); ok && !member && s.Gone(p.PeerID()) == Expelled {
			t.Fatal("who was expelled has the key in use")
		}
	}
}

// FuzzRecord: what passes is written as it was read, and nothing panics.
func FuzzRecord(f *testing.F) {
	p := newPeers(f, 3)
	s := found(f, p...)
	want(f, s)(s.SetRole(p[0], p[1].PeerID(), Owner, noon))
	if _, _, err := s.Invite(p[0], Guest, time.Hour, nil, seeded(1), noon); err != nil {
		f.Fatal(err)
	}
	want(f, s)(s.Leave(p[2], noon))
	want(f, s)(s.Expel(p[0], p[1].PeerID(), seeded(2), noon))
	for _, r := range s.Records() {
		f.Add(r.Bytes())
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		// The body is reached without a signature, so that it is fuzzed at all.
		if len(b) > recordHeader+signatureLen {
			if body, ok := parseBody(Kind(b[1]), b[recordHeader:len(b)-signatureLen]); ok {
				if got := body.appendTo(nil); !slices.Equal(got, b[recordHeader:len(b)-signatureLen]) {
					t.Fatalf("%v became %x", body, got)
				}
			}
		}
		r, err := ParseRecord(b)
		if err != nil {
			return
		}
		if !slices.Equal(r.Bytes(), b) {
			t.Fatal("a record was changed by reading it")
		}
		s.Clone().Merge(r)
	})
}

// FuzzJoinRequest: as FuzzRecord.
func FuzzJoinRequest(f *testing.F) {
	f.Add(NewJoinRequest(newPeer(f, 1), Invite{Group: ID{1}, Token: Token{2}}, newPeer(f, 2).PeerID()).AppendTo(nil))
	f.Fuzz(func(t *testing.T, b []byte) {
		if j, err := ParseJoinRequest(b); err == nil && !slices.Equal(j.AppendTo(nil), b) {
			t.Fatal("a request was changed by reading it")
		}
	})
}

// FuzzInvite: a text that passes has one meaning.
func FuzzInvite(f *testing.F) {
	f.Add(Invite{Group: ID{1}, Token: Token{2}}.String())
	f.Add(Invite{Group: ID{1}, Ask: []Ask{{Peer: newPeer(f, 1).PeerID(), Address: "[2001:db8::1]:6346", Via: everyWay}, {Peer: newPeer(f, 2).PeerID()}}}.String())
	f.Fuzz(func(t *testing.T, text string) {
		i, err := ParseInvite(text)
		if err != nil {
			return
		}
		again, err := ParseInvite(i.String())
		if err != nil || again.String() != i.String() || len(i.String()) > maxInvite {
			t.Fatalf("%q became %q: %v", text, i, err)
		}
	})
}

// FuzzState: a file of records that was damaged is an error or a smaller state.
func FuzzState(f *testing.F) {
	f.Add(found(f, newPeer(f, 0), newPeer(f, 1)).Encode())
	f.Fuzz(func(t *testing.T, b []byte) {
		if s, err := DecodeState(b); err == nil {
			if again, err := DecodeState(s.Encode()); err != nil || again.Digest() != s.Digest() {
				t.Fatalf("a state was changed by writing it: %v", err)
			}
		}
	})
}
