package group

import (
	"bytes"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"filbert/overlay/identity"
)

// roles is what Open asks of a state.
func roles(s *State) func(identity.PeerID) Role {
	return func(p identity.PeerID) Role {
		m, _ := s.Member(p)
		return m.Role
	}
}

// talk is a group of two with what each needs to send and receive.
type talk struct {
	state  *State
	peers  []*identity.Identity
	sealer *Sealer
	opener *Opener
	key    EpochKey
}

func newTalk(t testing.TB, seed int) *talk {
	t.Helper()
	peers := []*identity.Identity{newPeer(t, seed), newPeer(t, seed+1)}
	s := found(t, peers...)
	k := &talk{state: s, peers: peers}
	k.key, _ = s.CurrentKey(peers[0])
	k.sealer = NewSealer(peers[0], s.ID(), Message, seeded(seed), noon)
	k.opener = NewOpener(peers[1].PeerID(), s.ID(), Message, time.Time{})
	k.opener.Keys(k.key)
	return k
}

func (k *talk) seal(t testing.TB, text string, at time.Time) []byte {
	t.Helper()
	b, err := k.sealer.Seal(k.key, identity.PeerID{}, []byte(text), at)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func (k *talk) open(b []byte) (Envelope, Reason) { return k.opener.Open(b, roles(k.state), noon) }

func TestEnvelope(t *testing.T) {
	k := newTalk(t, 1)
	b := k.seal(t, "hello", noon)
	if len(b) != Overhead+5 || bytes.Contains(b, []byte("hello")) {
		t.Errorf("%d bytes, want %d, with the text in clear: %v", len(b), Overhead+5, bytes.Contains(b, []byte("hello")))
	}
	sender := k.peers[0].PeerID()
	id := k.state.ID()
	if bytes.Contains(b, sender[:8]) || bytes.Contains(b, id[:8]) {
		t.Error("who sends, or the group, is in clear")
	}
	e, why := k.open(b)
	if why != Fine || string(e.Payload) != "hello" || e.Sender != sender || !e.Time.Equal(noon) {
		t.Errorf("%q of %v: %v", e.Payload, e.Sender, why)
	}
	if _, why := k.open(b); why != Replayed {
		t.Errorf("a second time: %v", why)
	}
}

// TestRefused holds every way in which an envelope is wrong.
func TestRefused(t *testing.T) {
	for name, c := range map[string]struct {
		make func(k *talk) []byte
		why  Reason
	}{
		"short":        {func(k *talk) []byte { return k.seal(t, "", noon)[1:] }, Malformed},
		"long":         {func(k *talk) []byte { return make([]byte, Overhead+maxPayload+1) }, Malformed},
		"longest":      {func(k *talk) []byte { return k.seal(t, string(make([]byte, maxPayload)), noon) }, Fine},
		"slow clock":   {func(k *talk) []byte { return k.seal(t, "", noon.Add(-timeWindow-time.Second)) }, WrongClock},
		"fast clock":   {func(k *talk) []byte { return k.seal(t, "", noon.Add(timeWindow+time.Second)) }, WrongClock},
		"just in time": {func(k *talk) []byte { return k.seal(t, "", noon.Add(-timeWindow)) }, Fine},
		"old key":      {func(k *talk) []byte { k.opener.Keys(); return k.seal(t, "", noon) }, UnknownKey},
		"other tag": {func(k *talk) []byte {
			b, _ := k.sealer.Seal(k.key, k.peers[0].PeerID(), nil, noon)
			return b
		}, OtherGroup},
		"for us": {func(k *talk) []byte {
			b, _ := k.sealer.Seal(k.key, k.peers[1].PeerID(), nil, noon)
			return b
		}, Fine},
		// One for another member, on which somebody wrote our tag: the seal covers it.
		"tag changed": {func(k *talk) []byte {
			b, _ := k.sealer.Seal(k.key, k.peers[0].PeerID(), nil, noon)
			tag := TagOf(k.state.ID(), k.peers[1].PeerID())
			copy(b, tag[:])
			return b
		}, Damaged},
		// A member that has the key seals it anew for us, and cannot sign for its sender.
		"sealed anew": {func(k *talk) []byte {
			b, _ := k.sealer.Seal(k.key, k.peers[0].PeerID(), []byte("for you"), noon)
			return reseal(k, b, Message)
		}, BadSignature},
		"other use": {func(k *talk) []byte {
			k.sealer.use = Gossip
			return k.seal(t, "", noon)
		}, Damaged},
		"other use, sealed anew": {func(k *talk) []byte {
			k.sealer.use = Gossip
			return reseal(k, k.seal(t, "", noon), Gossip)
		}, BadSignature},
		"stranger": {func(k *talk) []byte {
			k.sealer.self = newPeer(t, 77)
			return k.seal(t, "", noon)
		}, NotMember},
		"our own": {func(k *talk) []byte {
			k.sealer.self = k.peers[1]
			return k.seal(t, "", noon)
		}, NotMember},
		"before we began": {func(k *talk) []byte {
			k.opener.since = noon
			return k.seal(t, "", noon.Add(-time.Second))
		}, Replayed},
	} {
		t.Run(name, func(t *testing.T) {
			k := newTalk(t, 1)
			if e, why := k.open(c.make(k)); why != c.why {
				t.Errorf("%v (%q), want %v", why, e.Payload, c.why)
			}
		})
	}
	k := newTalk(t, 1)
	if _, err := k.sealer.Seal(k.key, identity.PeerID{}, make([]byte, maxPayload+1), noon); ReasonOf(err) != TooMany {
		t.Errorf("a payload that is too long: %v", err)
	}
	whole := k.seal(t, "hello", noon)
	for i := range whole {
		bad := slices.Clone(whole)
		bad[i] ^= 1
		if _, why := k.open(bad); why == Fine {
			t.Fatalf("with byte %d changed it opens", i)
		}
	}
}

// reseal opens an envelope with the key of the group and closes it for all.
func reseal(k *talk, b []byte, was Use) []byte {
	plain, err := cipherOf(k.key.Key, was).Open(nil, b[envelopeHeader:envelopeHeader+24], b[envelopeHeader+24:], b[:envelopeHeader])
	if err != nil {
		panic(err)
	}
	tag, kid := TagOf(k.state.ID(), identity.PeerID{}), k.key.Key.id()
	out := append(append(tag[:], kid[:]...), make([]byte, 24)...)
	return cipherOf(k.key.Key, Message).Seal(out, out[envelopeHeader:], plain, out[:envelopeHeader])
}

// TestExpelledCannotDecrypt: with all it ever had, who was expelled opens nothing that is sent
// after, whatever the opener.
func TestExpelledCannotDecrypt(t *testing.T) {
	p := newPeers(t, 3)
	s := found(t, p...)
	spy := p[2]
	var had []EpochKey
	for range 3 {
		k, ok := s.CurrentKey(spy)
		if !ok {
			t.Fatal("a member has no key")
		}
		had = append(had, k)
		want(t, s)(s.Rotate(p[0], seeded(len(had)), noon))
	}
	k, _ := s.CurrentKey(spy)
	had = append(had, k)
	sealer := NewSealer(p[0], s.ID(), Message, seeded(50), noon)
	before, err := sealer.Seal(k, identity.PeerID{}, []byte("before"), noon)
	if err != nil {
		t.Fatal(err)
	}
	want(t, s)(s.Expel(p[0], spy.PeerID(), seeded(51), noon))
	k, _ = s.CurrentKey(p[0])
	after, err := sealer.Seal(k, identity.PeerID{}, []byte("after"), noon)
	if err != nil {
		t.Fatal(err)
	}
	for _, use := range []Use{Gossip, Message} {
		for i, key := range had {
			for _, b := range [][]byte{before, after} {
				_, err := cipherOf(key.Key, use).Open(nil, b[envelopeHeader:envelopeHeader+24], b[envelopeHeader+24:], b[:envelopeHeader])
				if opens := err == nil; opens != (use == Message && i == len(had)-1 && &b[0] == &before[0]) {
					t.Errorf("key %d of %v opens: %v", i, use, opens)
				}
			}
		}
	}
	for _, r := range s.Records() { // nor any key that is sealed in a record after its expulsion
		if e, ok := r.Body.(*Expel); ok {
			for _, sealed := range e.Sealed {
				if _, ok := open(s.ID(), boxKey(spy, s.ID()), sealed.Key); ok {
					t.Error("it opens a key of the others")
				}
			}
		}
	}
	// What it sends is not opened either, with the keys that are good a while longer.
	b, err := NewSealer(spy, s.ID(), Message, seeded(52), noon).Seal(had[3], identity.PeerID{}, []byte("me"), noon)
	if err != nil {
		t.Fatal(err)
	}
	o := NewOpener(p[1].PeerID(), s.ID(), Message, time.Time{})
	o.Keys(had[3], k)
	if _, why := o.Open(b, roles(s), noon); why != NotMember {
		t.Errorf("a message of who was expelled: %v", why)
	}
}

// TestReplayStorm is T26 of THREATS.md: among messages in disorder stand copies, those of other
// groups, and forged ones. Exactly the genuine are opened, once.
func TestReplayStorm(t *testing.T) {
	const genuine, copies = 2000, 20
	k, other := newTalk(t, 1), newTalk(t, 1)
	other.state = found(t, other.peers[0], newPeer(t, 5), other.peers[1]) // same peers, another group
	other.key, _ = other.state.CurrentKey(other.peers[0])
	other.sealer = NewSealer(other.peers[0], other.state.ID(), Message, seeded(3), noon)
	if other.state.ID() == k.state.ID() {
		other.state.id[0]++ // founders draw the nonce that tells them apart; these two are seeded
		other.sealer.id = other.state.id
	}
	forger := NewSealer(k.peers[1], k.state.ID(), Message, seeded(4), noon)
	var storm [][]byte
	for i := range genuine {
		b := k.seal(t, string(rune('a'+i%26)), noon)
		for range copies {
			storm = append(storm, b)
		}
		storm = append(storm, other.seal(t, "elsewhere", noon))
		forger.last += 2
		bad, err := forger.Seal(k.key, identity.PeerID{}, []byte("forged"), noon)
		if err != nil {
			t.Fatal(err)
		}
		storm = append(storm, bad)
	}
	rng := rand.New(rand.NewPCG(1, 2))
	rng.Shuffle(len(storm), func(i, j int) { storm[i], storm[j] = storm[j], storm[i] })
	seen := map[uint64]bool{}
	why := map[Reason]int{}
	for _, b := range storm {
		e, w := k.open(b)
		why[w]++
		if w == Fine {
			if e.Sender != k.peers[0].PeerID() || seen[e.Sequence] || string(e.Payload) == "forged" {
				t.Fatalf("opened %q of %v, %d", e.Payload, e.Sender, e.Sequence)
			}
			seen[e.Sequence] = true
		}
	}
	if len(seen) != genuine || why[Replayed] != genuine*(copies-1) || why[OtherGroup] != genuine || why[NotMember] != genuine {
		t.Errorf("of %d genuine messages %d; reasons %v", genuine, len(seen), why)
	}
}

// TestWindow holds the window against a set that remembers everything.
func TestWindow(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var w Window
		seen := map[uint64]bool{}
		top := uint64(0)
		for range rapid.IntRange(1, 200).Draw(t, "numbers") {
			n := rapid.OneOf(
				rapid.Uint64Range(0, 3*windowLen),
				rapid.Uint64Range(max(top, windowLen+2)-windowLen-2, top+2),
				rapid.Uint64Range(top, top+2*windowLen),
			).Draw(t, "n")
			isNew := n > top || n > 0 && top-n < windowLen && !seen[n]
			if w.New(n) != isNew {
				t.Fatalf("%d below %d: new %v, want %v", n, top, !isNew, isNew)
			}
			if isNew {
				w.Note(n)
				seen[n] = true
				top = max(top, n)
			}
		}
	})
}

// TestWindowsAreBounded: what is remembered of who is gone makes room.
func TestWindowsAreBounded(t *testing.T) {
	k := newTalk(t, 1)
	for i := range maxMembers + 5 {
		k.opener.windows[identity.PeerID{byte(i), byte(i >> 8), 9}] = new(Window)
	}
	if _, why := k.open(k.seal(t, "", noon)); why != Fine || len(k.opener.windows) != 1 {
		t.Errorf("%v, %d windows", why, len(k.opener.windows))
	}
}

// FuzzOpen: nothing but what the sealer made opens.
func FuzzOpen(f *testing.F) {
	k := newTalk(f, 1)
	whole := k.seal(f, "hello", noon)
	f.Add(whole)
	f.Add(whole[:Overhead])
	f.Fuzz(func(t *testing.T, b []byte) {
		if _, why := newTalkOpener(k).Open(b, roles(k.state), noon); why == Fine && !bytes.Equal(b, whole) {
			t.Fatal("an envelope that nobody made opens")
		}
		// As if a member with the key had sealed it.
		newTalkOpener(k).verify(append(slices.Clone(b), make([]byte, sealedHeader+signatureLen)...), identity.PeerID{}, k.key.Of, roles(k.state), noon)
	})
}

func newTalkOpener(k *talk) *Opener {
	o := NewOpener(k.peers[1].PeerID(), k.state.ID(), Message, time.Time{})
	o.Keys(k.key)
	return o
}

func BenchmarkEnvelope(b *testing.B) {
	k := newTalk(b, 1)
	payload := make([]byte, 300)
	b.Run("seal", func(b *testing.B) {
		for b.Loop() {
			if _, err := k.sealer.Seal(k.key, identity.PeerID{}, payload, noon); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("open", func(b *testing.B) {
		for b.Loop() {
			b.StopTimer()
			m, _ := k.sealer.Seal(k.key, identity.PeerID{}, payload, noon)
			b.StartTimer()
			if _, why := k.open(m); why != Fine {
				b.Fatal(why)
			}
		}
	})
	m := k.seal(b, "x", noon)
	k.open(m)
	b.Run("refuse a replay", func(b *testing.B) {
		for b.Loop() {
			k.open(m)
		}
	})
}
