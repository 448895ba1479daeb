package punch

import (
	"math/rand/v2"
	"net/netip"
	"testing"
	"time"
)

var (
	aliceAt = at("203.0.113.1:5000")
	bobAt   = at("203.0.113.2:6000")
)

// players are two attempts that belong together.
func players(aUses, bUses []Candidate) (a, b *Attempt, start time.Time) {
	start = time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)
	offer := Message{Type: Offer, ID: ID{1}, Round: 1, Nonce: Nonce{1}}
	answer := Message{Type: Answer, ID: ID{1}, Round: 1, Nonce: Nonce{2}}
	a = newAttempt(Initiator, offer, answer, roundKey{1}, aUses, rand.New(rand.NewPCG(1, 1)), start)
	b = newAttempt(Responder, answer, offer, roundKey{2}, bUses, rand.New(rand.NewPCG(2, 2)), start)
	return a, b, start
}

func one(addr netip.AddrPort) []Candidate { return []Candidate{{Reflexive, addr}} }

func TestConversation(t *testing.T) {
	a, b, now := players(one(bobAt), one(aliceAt))
	first, _ := a.Due(now)
	if len(first) != 1 || first[0].To != bobAt {
		t.Fatalf("the initiator sends %v", first)
	}
	if _, ok := a.Winner(); ok {
		t.Fatal("won before anything came")
	}
	answer := b.Receive(now, aliceAt, false, first[0].Data)
	if len(answer) != 1 || answer[0].To != aliceAt {
		t.Fatalf("the responder answers %v", answer)
	}
	echo := a.Receive(now, bobAt, false, answer[0].Data)
	if w, ok := a.Winner(); !ok || w.Addr != bobAt || len(echo) != 1 {
		t.Fatalf("winner %v, %v, answer %v", w, ok, echo)
	}
	if _, ok := b.Winner(); ok {
		t.Fatal("the responder trusts what it got no echo from")
	}
	last := b.Receive(now, aliceAt, false, echo[0].Data)
	if w, ok := b.Winner(); !ok || w.Addr != aliceAt {
		t.Fatalf("winner %v, %v", w, ok)
	}
	for range maxPackets {
		if len(last) == 0 {
			return
		}
		if last = a.Receive(now, bobAt, false, last[0].Data); len(last) > 0 {
			last = b.Receive(now, aliceAt, false, last[0].Data)
		}
	}
	t.Error("they answer one another for ever")
}

// TestSourcesAreLearned has a probe come from a port that nobody named.
func TestSourcesAreLearned(t *testing.T) {
	a, b, now := players(one(bobAt), one(aliceAt))
	other := at("203.0.113.1:5777")
	first, _ := a.Due(now)
	answer := b.Receive(now, other, false, first[0].Data)
	if len(answer) != 1 || answer[0].To != other {
		t.Fatalf("answers %v", answer)
	}
	echo := a.Receive(now, bobAt, false, answer[0].Data)
	b.Receive(now, other, false, echo[0].Data)
	if w, ok := b.Winner(); !ok || w != (Candidate{Source, other}) {
		t.Errorf("winner %v", w)
	}
}

// TestStrangersAreNotAnswered throws at an attempt what does not belong to it.
func TestStrangersAreNotAnswered(t *testing.T) {
	a, b, now := players(one(bobAt), one(aliceAt))
	sends, _ := a.Due(now)
	good := sends[0].Data
	fake := func(p probe, key roundKey) []byte { return p.appendTo(nil, key) }
	cut := append([]byte(nil), good...)
	cut[60] ^= 1
	for name, data := range map[string][]byte{
		"nothing":       nil,
		"half":          good[:40],
		"wrong tag":     cut,
		"other key":     fake(probe{role: Initiator, id: ID{1}, round: 1}, roundKey{7}),
		"other attempt": fake(probe{role: Initiator, id: ID{2}, round: 1}, b.key),
		"other round":   fake(probe{role: Initiator, id: ID{1}, round: 2}, b.key),
		"own, thrown back": func() []byte {
			sends, _ := b.Due(now)
			return sends[0].Data
		}(),
	} {
		if got := b.Receive(now, aliceAt, false, data); got != nil {
			t.Errorf("%s: answered %v", name, got)
		}
	}
	for _, from := range []string{"127.0.0.1:5000", "10.0.0.1:5000", "203.0.113.1:53"} {
		if got := b.Receive(now, at(from), false, good); got != nil {
			t.Errorf("answered %s", from)
		}
	}
}

// TestEchoIsOfItsAddress has a peer claim an address it does not receive at.
func TestEchoIsOfItsAddress(t *testing.T) {
	a, b, now := players(one(bobAt), one(aliceAt))
	victim := at("198.51.100.7:7000")
	mine, _ := b.Due(now)
	first, _ := parseProbe(mine[0].Data) // sent to aliceAt
	spoofed := probe{role: Initiator, id: ID{1}, round: 1, challenge: challenge{1}, echo: first.challenge}.appendTo(nil, a.key)
	b.Receive(now, victim, false, spoofed)
	if w, ok := b.Winner(); ok {
		t.Errorf("%v won with the challenge of another address", w)
	}
}

// TestBudget counts what one address gets, however often it is asked for.
func TestBudget(t *testing.T) {
	a, b, now := players([]Candidate{{Reflexive, bobAt}, {Predicted, at("203.0.113.2:6001")}}, one(aliceAt))
	sent := map[netip.AddrPort]int{}
	end := now.Add(roundTime)
	for !a.Over(now) {
		sends, again := a.Due(now)
		for _, s := range sends {
			sent[s.To]++
		}
		for i := range 30 { // a peer that floods, from many ports
			p := probe{role: Responder, id: ID{1}, round: 1, challenge: challenge{byte(i)}}.appendTo(nil, b.key)
			for _, s := range a.Receive(now, netip.AddrPortFrom(bobAt.Addr(), uint16(7000+i)), false, p) {
				sent[s.To]++
			}
		}
		now = again
	}
	if len(sent) != maxAddresses {
		t.Errorf("sent to %d addresses, want %d", len(sent), maxAddresses)
	}
	for to, n := range sent {
		if n != maxPackets {
			t.Errorf("%d packets to %v, want %d", n, to, maxPackets)
		}
	}
	if !now.Equal(end) {
		t.Errorf("over at %v, want %v", now, end)
	}
}

func TestGaps(t *testing.T) {
	a, _, now := players(one(bobAt), nil)
	for range maxPackets - 1 {
		_, again := a.Due(now)
		if gap := again.Sub(now); gap < minGap || gap > maxGap {
			t.Errorf("gap of %v", gap)
		}
		if sends, same := a.Due(now); len(sends) > 0 || same != again {
			t.Error("sends before it is due")
		}
		now = again
	}
}

func TestFailures(t *testing.T) {
	other := at("203.0.113.2:6001")
	a, b, now := players([]Candidate{{Reflexive, bobAt}, {Predicted, other}}, one(aliceAt))
	sends, _ := b.Due(now)
	a.Receive(now, bobAt, false, sends[0].Data)
	if got := a.Failures(); len(got) != 2 || got[0].Reason != OneWay || got[1].Reason != Silent {
		t.Errorf("failures %v", got)
	}
}
