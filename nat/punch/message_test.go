package punch

import (
	"errors"
	"net/netip"
	"reflect"
	"testing"
)

func at(s string) netip.AddrPort { return netip.MustParseAddrPort(s) }

func fullOffer() Message {
	m := Message{Type: Offer, ID: ID{1, 15: 2}, Round: 3, Behaviour: Behaviour{OnAddrPort, OnAddress, -2}, Nonce: Nonce{3}, Key: Fingerprint{4}}
	for range maxCandidates {
		m.Candidates = append(m.Candidates, Candidate{IPv6, at("[2001:db8::1]:6346")})
	}
	m.Candidates[7] = Candidate{Reflexive, at("203.0.113.9:40000")}
	return m
}

func TestMessagesRoundTrip(t *testing.T) {
	answer := fullOffer()
	answer.Type, answer.Candidates = Answer, nil
	for _, m := range []Message{fullOffer(), answer, {Type: Sync, ID: ID{9}, Round: 1}} {
		b := m.AppendTo(nil)
		if len(b) > maxMessage {
			t.Errorf("%v has %d bytes", m.Type, len(b))
		}
		got, err := Parse(append(b, "of a later version"...))
		if err != nil || !reflect.DeepEqual(got, m) {
			t.Errorf("got %+v, %v, want %+v", got, err, m)
		}
	}
}

func TestCandidatesOfLaterVersionsAreSkipped(t *testing.T) {
	m := fullOffer()
	m.Candidates = m.Candidates[7:]
	b := m.AppendTo(nil)
	b[72] += 5
	b = append(b, 9, 3, 'a', 'b', 'c')
	got, err := Parse(b)
	if err != nil || !reflect.DeepEqual(got, m) {
		t.Errorf("got %+v, %v", got, err)
	}
}

func TestMalformedMessages(t *testing.T) {
	good := fullOffer().AppendTo(nil)
	with := func(at int, v byte) []byte {
		b := append([]byte(nil), good...)
		b[at] = v
		return b
	}
	many := fullOffer()
	b := many.AppendTo(nil)
	b = append(b, b[73:73+20]...)
	b[72] += 20
	for field, b := range map[string][]byte{
		"length": good[:18], "version": with(0, 2), "type": with(1, 4), "round": with(18, 0), "candidates": good[:len(good)-1],
		"candidate": with(len(good)-7, 200), "number of candidates": b,
	} {
		var malformed *FormatError
		if _, err := Parse(b); !errors.As(err, &malformed) || malformed.Field != field {
			t.Errorf("%s: got %v", field, err)
		}
	}
	for n := range good {
		if _, err := Parse(good[:n]); err == nil {
			t.Errorf("%d bytes of %d were taken", n, len(good))
		}
	}
	if _, err := Parse(append(good, make([]byte, maxMessage)...)); err == nil {
		t.Error("a long message was taken")
	}
}

func FuzzMessage(f *testing.F) {
	f.Add(fullOffer().AppendTo(nil))
	f.Add(Message{Type: Sync, Round: 1}.AppendTo(nil))
	f.Fuzz(func(t *testing.T, b []byte) {
		m, err := Parse(b)
		if err != nil {
			return
		}
		again, err := Parse(m.AppendTo(nil))
		if err != nil || !reflect.DeepEqual(again, m) {
			t.Errorf("%+v became %+v, %v", m, again, err)
		}
	})
}

func FuzzProbe(f *testing.F) {
	key := newKey(Nonce{1}, Nonce{2})
	f.Add(probe{role: Responder, id: ID{1}, round: 1, challenge: challenge{2}, echo: challenge{3}}.appendTo(nil, key))
	f.Fuzz(func(t *testing.T, b []byte) {
		p, ok := parseProbe(b)
		if !ok {
			return
		}
		if again, ok := parseProbe(p.appendTo(nil, key)); !ok || again != p {
			t.Errorf("%+v became %+v", p, again)
		}
	})
}
