package proxy

import (
	"bytes"
	"crypto/ecdh"
	"crypto/rand"
	"net/netip"
	"testing"

	"filbert/nat/punch"
)

// pair is an asker and the servent that it asks, as many as wanted of each.
type pair struct {
	*testing.T
	key *ecdh.PrivateKey
}

func newPair(t *testing.T) pair {
	key, err := ecdh.X25519().GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return pair{t, key}
}

func (p pair) asker() *Asker {
	p.Helper()
	a, err := NewAsker(p.key.PublicKey())
	if err != nil {
		p.Fatal(err)
	}
	return a
}

func (p pair) asked() *Asked {
	p.Helper()
	a, err := NewAsked(p.key)
	if err != nil {
		p.Fatal(err)
	}
	return a
}

// says seals a message, and hears opens a word; both must work.
func (p pair) says(s Sealing, message []byte) []byte {
	p.Helper()
	word, err := s.Seal(message)
	if err != nil {
		p.Fatal(err)
	}
	if len(word) > MaxWord {
		p.Errorf("a word of %d bytes", len(word))
	}
	return word
}

func (p pair) hears(s Sealing, word, want []byte) {
	p.Helper()
	if got, err := s.Open(word); err != nil || !bytes.Equal(got, want) {
		p.Errorf("heard %x, %v, want %x", got, err, want)
	}
}

func (p pair) refuses(s Sealing, name string, word []byte) {
	p.Helper()
	if got, err := s.Open(word); err == nil {
		p.Errorf("%s: opened as %x", name, got)
	}
}

// message is one of a round, as long as any.
func message(t punch.Type, round uint8) []byte {
	m := punch.Message{Type: t, ID: punch.ID{1}, Round: round, Nonce: punch.Nonce{byte(t), round}}
	for i := range 8 {
		m.Candidates = append(m.Candidates, punch.Candidate{Kind: punch.IPv6, Addr: netip.MustParseAddrPort("[2600::1]:6346")})
		m.Candidates[i].Addr = netip.AddrPortFrom(m.Candidates[i].Addr.Addr(), uint16(6346+i))
	}
	return m.AppendTo(nil)
}

// TestTalk: three rounds, of which the second loses its Answer and the third its Sync.
func TestTalk(t *testing.T) {
	p := newPair(t)
	a, b := p.asker(), p.asked()
	p.hears(b, p.says(a, message(punch.Offer, 1)), message(punch.Offer, 1))
	p.hears(a, p.says(b, message(punch.Answer, 1)), message(punch.Answer, 1))
	p.hears(b, p.says(a, message(punch.Sync, 1)), message(punch.Sync, 1))
	p.hears(b, p.says(a, message(punch.Offer, 2)), message(punch.Offer, 2))
	lost := p.says(b, message(punch.Answer, 2))
	p.hears(b, p.says(a, message(punch.Offer, 3)), message(punch.Offer, 3))
	p.refuses(a, "an answer to the Offer before", lost)
	p.hears(a, p.says(b, message(punch.Answer, 3)), message(punch.Answer, 3))
	p.says(a, message(punch.Sync, 3))
}

// TestNobodyBetween: who passes words on, and knows B's public key, is not B, changes
// nothing unnoticed, and gets nothing out of B by saying again what was said.
func TestNobodyBetween(t *testing.T) {
	p := newPair(t)
	a, b := p.asker(), p.asked()
	offer := p.says(a, message(punch.Offer, 1))
	if bytes.Contains(offer, message(punch.Offer, 1)[16:24]) || bytes.Contains(offer, netip.MustParseAddr("2600::1").AsSlice()) {
		t.Error("the Offer can be read")
	}
	p.hears(b, offer, message(punch.Offer, 1))
	answer := p.says(b, message(punch.Answer, 1))
	if bytes.Contains(answer, netip.MustParseAddr("2600::1").AsSlice()) {
		t.Error("the Answer can be read")
	}

	// A key of its own opens no Offer, so it makes no Answer.
	mallory := newPair(t)
	mallory.refuses(mallory.asked(), "an Offer to somebody else", offer)
	other := mallory.asked()
	forged := mallory.asker()
	mallory.hears(other, mallory.says(forged, message(punch.Offer, 1)), message(punch.Offer, 1))
	p.refuses(a, "an Answer by another key", mallory.says(other, message(punch.Answer, 1)))
	for i := range answer {
		bent := bytes.Clone(answer)
		bent[i] ^= 1
		p.refuses(a, "a bent Answer", bent)
		bent = bytes.Clone(offer)
		bent[i%len(offer)] ^= 1
		p.refuses(p.asked(), "a bent Offer", bent)
	}
	p.hears(a, answer, message(punch.Answer, 1)) // it may still come
	p.refuses(a, "the Answer again", answer)
	sync := p.says(a, message(punch.Sync, 1))

	// What was said is said again to B, later: it answers, and begins nothing.
	later := p.asked()
	p.refuses(later, "a Sync before the Offer", sync)
	p.hears(later, offer, message(punch.Offer, 1))
	p.refuses(later, "a Sync before the Answer", sync)
	again := p.says(later, message(punch.Answer, 1))
	if bytes.Equal(again[1+nonceLen:], answer[1+nonceLen:]) {
		t.Error("two Answers are sealed alike")
	}
	p.refuses(later, "the Sync again", sync)
	if _, err := later.Seal(message(punch.Answer, 1)); err == nil {
		t.Error("two Answers to one Offer")
	}
	p.hears(b, sync, message(punch.Sync, 1))
	p.refuses(b, "the Sync again", sync)
}

// TestOutOfTurn: nothing is sealed that the other side could not open.
func TestOutOfTurn(t *testing.T) {
	p := newPair(t)
	a := p.asker()
	for name, m := range map[string][]byte{"a Sync first": message(punch.Sync, 1), "an Answer": message(punch.Answer, 1), "noise": {1, 2, 3}} {
		if _, err := a.Seal(m); err == nil {
			t.Errorf("%s was sealed", name)
		}
	}
	if _, err := p.asked().Seal(message(punch.Answer, 1)); err == nil {
		t.Error("an Answer to nothing was sealed")
	}
}

// FuzzOpen gives both ends any word: it is refused, whatever it is, and nothing panics.
func FuzzOpen(f *testing.F) {
	key, err := ecdh.X25519().NewPrivateKey(bytes.Repeat([]byte{7}, 32))
	if err != nil {
		f.Fatal(err)
	}
	f.Add([]byte{kindOffer})
	f.Add(append([]byte{kindOffer}, make([]byte, 60)...))
	f.Add(append([]byte{kindAnswer}, make([]byte, 60)...))
	f.Add([]byte{kindSync, 1})
	f.Add(make([]byte, MaxWord+1))
	f.Fuzz(func(t *testing.T, word []byte) {
		a, err := NewAsker(key.PublicKey())
		if err != nil {
			t.Fatal(err)
		}
		offer, err := a.Seal(message(punch.Offer, 1))
		if err != nil {
			t.Fatal(err)
		}
		b, err := NewAsked(key)
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range []Sealing{a, b} {
			if m, err := s.Open(word); err == nil {
				t.Errorf("opened %x as %x", word, m)
			}
		}
		if m, err := b.Open(offer); err != nil || !bytes.Equal(m, message(punch.Offer, 1)) {
			t.Errorf("then an Offer: %x, %v", m, err)
		}
	})
}
