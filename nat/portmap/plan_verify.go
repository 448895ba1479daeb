package portmap

import (
	"net/netip"
	"time"
)

// tries is how it went to use a lease from outside. A new generation is another
// lease, for which the result of a look at the old one means nothing.
type tries struct {
	generation int
	at         time.Time // of the next look
	busy       bool      // one is under way
	failures   int       // in a row
}

// look is a question to somebody outside: does it work?
type look struct {
	proto      Proto
	generation int
	target     netip.AddrPort
}

// looks returns the leases to be tried now; those are then under way.
func (p *plan) looks(now time.Time) (out []look) {
	for i := range p.leases {
		e := &p.leases[i]
		if p.verifiable(e) && !now.Before(e.at) {
			e.busy = true
			out = append(out, look{e.Proto, e.generation, e.External})
		}
	}
	return out
}

// verifiable reports whether a lease is one to try.
func (p *plan) verifiable(e *entry) bool {
	return p.verifies && e.has && !e.doubted && !e.busy && public(e.External.Addr())
}

// looksDue is when looks has something, zero when only an event can change that.
func (p *plan) looksDue() (due time.Time) {
	for i := range p.leases {
		if e := &p.leases[i]; p.verifiable(e) {
			due = sooner(due, e.at)
		}
	}
	return due
}

// sooner is the sooner of two times of which zero is never.
func sooner(a, b time.Time) time.Time {
	if a.IsZero() || !b.IsZero() && b.Before(a) {
		return b
	}
	return a
}

// looked tells how it went.
func (p *plan) looked(now time.Time, l look, ok bool) {
	e := &p.leases[l.proto]
	if !e.has || e.generation != l.generation {
		return
	}
	e.busy = false
	if ok {
		e.failures, e.at = 0, now.Add(reverifyEvery)
		if e.Verified.IsZero() {
			e.Verified = now
		}
		return
	}
	e.failures++
	if !e.Verified.IsZero() && e.failures < strikesOut {
		e.at = now.Add(again)
		return
	}
	e.Verified = time.Time{}
	e.at = now.Add(min(retryVerify<<min(e.failures-1, 10), reverifyEvery))
}

// doubt makes a lease unverified; it is tried again when the router has confirmed
// it.
func (e *entry) doubt() {
	e.Verified, e.doubted = time.Time{}, e.has
	e.tries = tries{generation: e.generation + 1}
}
