package punch

import (
	"math/rand/v2"
	"net/netip"
	"time"
)

// Attempt decides about the probes of one round: what to send where and when, and
// which address is proven. It does nothing itself.
type Attempt struct {
	role   Role
	id     ID
	round  uint8
	key    roundKey
	secret roundKey // never sent
	near   bool
	rng    *rand.Rand
	paths  []*path
	next   time.Time // of the volley
	last   time.Time // from here on a third party is tried
	end    time.Time
	winner *path
}

// path is an address of the peer.
type path struct {
	Candidate
	ours   bool // our side of it is at a third party
	sent   int
	theirs challenge // last one that came from there
	heard  bool      // a genuine probe came from there
	proven bool      // it got ours
}

// Send is a probe that is due.
type Send struct {
	To   netip.AddrPort
	Ours bool // from our address at a third party
	Data []byte
}

// newAttempt begins a round at a time.
func newAttempt(role Role, own, theirs Message, secret roundKey, use []Candidate, rng *rand.Rand, start time.Time) *Attempt {
	a := &Attempt{role: role, id: own.ID, round: own.Round, secret: secret, rng: rng, next: start, last: start.Add(relayedAfter), end: start.Add(roundTime)}
	a.key = newKey(own.Nonce, theirs.Nonce)
	if role == Responder {
		a.key = newKey(theirs.Nonce, own.Nonce)
	}
	a.near = samePublic(own.Candidates, theirs.Candidates)
	for _, c := range use {
		a.paths = append(a.paths, &path{Candidate: c})
	}
	return a
}

// Due returns the probes to send now, and when to ask again.
func (a *Attempt) Due(now time.Time) (sends []Send, again time.Time) {
	if !now.Before(a.end) {
		return nil, a.end
	}
	if now.Before(a.next) {
		return nil, earlier(a.next, a.end)
	}
	for _, p := range a.paths {
		if p.Kind != Relayed || p.heard || !now.Before(a.last) {
			sends = a.probe(sends, p)
		}
	}
	a.next = now.Add(minGap + time.Duration(a.rng.Int64N(int64(maxGap-minGap))))
	return sends, earlier(a.next, a.end)
}

// Receive takes a datagram that came from an address, to our socket or to ours at a
// third party, and returns what to send at once.
func (a *Attempt) Receive(now time.Time, from netip.AddrPort, ours bool, b []byte) []Send {
	got, ok := parseProbe(b)
	if !ok || got.id != a.id || got.round != a.round || got.role == a.role || !now.Before(a.end) || !genuine(b, a.key) {
		return nil
	}
	p := a.path(from, ours)
	if p == nil {
		return nil
	}
	proves := got.echo == challengeFor(a.secret, from, ours)
	news := !p.heard || proves != p.proven
	p.heard, p.theirs = true, got.challenge
	if proves {
		p.proven = true
		if a.winner == nil {
			a.winner = p
			a.end = now.Add(handshakeTime) // for QUIC, and for the echoes the peer still needs
		}
	}
	if !news && proves {
		return nil // both know all there is to know
	}
	return a.probe(nil, p)
}

// path finds or adds the path of an address a genuine probe came from.
func (a *Attempt) path(from netip.AddrPort, ours bool) *path {
	for _, p := range a.paths {
		if p.Addr == from && p.ours == ours {
			return p
		}
	}
	if len(a.paths) == maxAddresses || check(from, a.near) != None {
		return nil
	}
	p := &path{Candidate: Candidate{Source, from}, ours: ours}
	if ours {
		p.Kind = Relayed
	}
	a.paths = append(a.paths, p)
	return p
}

// probe adds a probe to an address whose budget is not spent.
func (a *Attempt) probe(sends []Send, p *path) []Send {
	if p.sent == maxPackets {
		return sends
	}
	p.sent++
	msg := probe{role: a.role, id: a.id, round: a.round, challenge: challengeFor(a.secret, p.Addr, p.ours), echo: p.theirs}
	return append(sends, Send{p.Addr, p.ours, msg.appendTo(nil, a.key)})
}

// Heard is the addresses that genuine probes of the peer came from.
func (a *Attempt) Heard() (from []netip.AddrPort) {
	for _, p := range a.paths {
		if p.heard {
			from = append(from, p.Addr)
		}
	}
	return from
}

// Winner is the first address that was proven.
func (a *Attempt) Winner() (Candidate, bool) {
	if a.winner == nil {
		return Candidate{}, false
	}
	return a.winner.Candidate, true
}

// overOurs reports whether our side of the winner is at a third party.
func (a *Attempt) overOurs() bool { return a.winner != nil && a.winner.ours }

// kindOf is how an address was come by.
func (a *Attempt) kindOf(addr netip.AddrPort, ours bool) Kind {
	for _, p := range a.paths {
		if p.Addr == addr && p.ours == ours {
			return p.Kind
		}
	}
	return Source
}

// Over reports whether the time of the round has passed.
func (a *Attempt) Over(now time.Time) bool { return !now.Before(a.end) }

// Failures tells of every address but the winner why it is not.
func (a *Attempt) Failures() (out []Failure) {
	for _, p := range a.paths {
		why := Silent
		switch {
		case p == a.winner:
			continue
		case a.winner != nil:
			why = Slower
		case p.heard:
			why = OneWay
		}
		out = append(out, Failure{p.Candidate, why})
	}
	return out
}

func earlier(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}
