package portmap

import (
	"errors"
	"math/rand/v2"
	"net/netip"
	"slices"
	"time"
)

// job is what a plan wants done with routers.
type job uint8

const (
	nothing job = iota
	search      // ask all routers, and map with one
	check       // ask the router whether all is well
	renew       // ask it for both leases again
)

// plan decides for one family of addresses what is to be done when. One job is
// under way at a time, and one look from outside for each lease.
type plan struct {
	verifies bool // somebody can look from outside
	rand     *rand.Rand

	gateways []Gateway
	busy     bool
	failure  error // why there are no leases

	// Seeking.
	misses   int // searches since leases lasted
	searchAt time.Time

	// Holding.
	held    bool
	since   time.Time
	leases  [protos]entry
	given   [protos]grant // to be removed at the end, leases or not
	want    uint16        // the external port of the last leases
	stamp   stamp
	renewAt time.Time
	checkAt time.Time
	strikes int // checks without an answer, in a row
}

// entry is the lease of one protocol.
type entry struct {
	Lease
	has     bool
	doubted bool // the router has to confirm it
	tries
}

// next returns the job that is due, which is then under way.
func (p *plan) next(now time.Time) (j job) {
	switch {
	case p.busy || len(p.gateways) == 0:
		return nothing
	case !p.held && !now.Before(p.searchAt):
		j = search
	case p.held && !now.Before(p.renewAt):
		j = renew
	case p.held && !now.Before(p.checkAt):
		j = check
	}
	p.busy = j != nothing
	return j
}

// due is when next has something, zero when only an event can change that.
func (p *plan) due() time.Time {
	switch {
	case p.busy || len(p.gateways) == 0:
		return time.Time{}
	case !p.held:
		return p.searchAt
	case p.renewAt.Before(p.checkAt):
		return p.renewAt
	}
	return p.checkAt
}

// route tells of the ways out there are, and reports whether the leases are those
// of a way that is no more.
func (p *plan) route(now time.Time, gateways []Gateway) (stale bool) {
	if slices.Equal(gateways, p.gateways) {
		return false
	}
	p.gateways = gateways
	p.misses, p.searchAt = 0, now
	if !p.held {
		return false
	}
	local := p.local()
	if slices.ContainsFunc(gateways, func(g Gateway) bool { return g.Local == local }) {
		p.checkAt = now
		return false
	}
	p.lose(now, errRoute)
	return true
}

// hurry makes due what would be later.
func (p *plan) hurry(now time.Time) {
	p.checkAt, p.searchAt = now, now
}

var errRoute = errors.New("portmap: the way out is another")

// local is our address in the leases.
func (p *plan) local() netip.Addr {
	for _, e := range p.leases {
		if e.has {
			return e.Internal.Addr()
		}
	}
	return netip.Addr{}
}

// mapped tells what a router gave when it was found, or when it was asked again.
func (p *plan) mapped(now time.Time, l Lease, gs [protos]grant) {
	p.busy = false
	if !p.held {
		p.held, p.since, p.stamp, p.given = true, now, stamp{}, [protos]grant{}
	}
	again := false
	for _, g := range gs {
		again = again || g.ok && restarted(l.Method, p.stamp, g.stamp)
		if g.ok {
			p.stamp = g.stamp
		}
	}
	p.failure, p.strikes = nil, 0
	half := maxLifetime
	for proto, g := range gs {
		if g.ok {
			p.given[proto], p.want = g, g.external.Port()
		}
		l.Proto, l.External, l.Expires = Proto(proto), g.external, time.Time{}
		if g.life > 0 {
			l.Expires = now.Add(g.life)
			half = min(half, g.life)
		}
		p.leases[proto].grant(now, l, g.ok, again)
	}
	p.renewAt = now.Add(max(half/2, renewPause))
	p.checkAt = now.Add(checkEvery)
	if now.Sub(p.since) >= lasting {
		p.misses = 0
	}
}

// grant replaces the lease; what was known of another address is forgotten.
func (e *entry) grant(now time.Time, l Lease, ok, again bool) {
	if !ok {
		*e = entry{tries: tries{generation: e.generation + 1}}
		return
	}
	if e.has && !e.doubted && e.External == l.External && !again {
		l.Verified = e.Verified
		e.Lease = l
		return
	}
	*e = entry{Lease: l, has: true, tries: tries{generation: e.generation + 1, at: now}}
}

// checked tells how the router is.
func (p *plan) checked(now time.Time, m Method, s status) {
	p.busy, p.strikes, p.failure = false, 0, nil
	p.checkAt = now.Add(checkEvery)
	changed := s.lost || restarted(m, p.stamp, s.stamp)
	for i := range p.leases {
		e := &p.leases[i]
		changed = changed || e.has && s.external.IsValid() && s.external != e.External.Addr()
	}
	if s.stamp.ok {
		p.stamp = s.stamp
	}
	if changed { // nothing holds before it has told what does
		for i := range p.leases {
			p.leases[i].doubt()
		}
		p.renewAt = now
	}
}

// failed tells that a job came to nothing, and reports whether leases are lost
// by it.
func (p *plan) failed(now time.Time, j job, err error) (lost bool) {
	p.busy = false
	if !p.held && j == search {
		p.failure = err
		p.searchAt = now.Add(p.pause(err))
		p.misses++
	}
	if !p.held { // the leases of another job were lost meanwhile
		return false
	}
	p.failure = err
	if p.strikes++; errors.Is(err, errSilent) && p.strikes < strikesOut {
		p.checkAt = now.Add(recheckAfter)
		p.renewAt = later(p.renewAt, p.checkAt)
		return false
	}
	p.lose(now, err)
	return true
}

// later is the later of two times.
func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// lose goes back to seeking, at once unless leases are lost again and again.
func (p *plan) lose(now time.Time, err error) {
	p.searchAt = now
	if now.Sub(p.since) < lasting && p.misses > 0 {
		p.searchAt = now.Add(p.pause(err))
	}
	p.misses++
	p.held, p.strikes, p.failure = false, 0, err
	for i := range p.leases {
		p.leases[i] = entry{tries: tries{generation: p.leases[i].generation + 1}}
	}
}

// pause is how long to wait for the next search. A router that was held is likely
// to come back, one that refuses says for how long.
func (p *plan) pause(err error) time.Duration {
	d, doubled := firstPause, p.misses
	if !p.since.IsZero() {
		if doubled -= soonTries; doubled < 0 {
			d, doubled = min(lostPause<<p.misses, firstPause), 0
		}
	}
	d = min(d<<min(doubled, 10), longPause)
	var no *Refusal
	if errors.As(err, &no) {
		d = max(d, min(no.Wait, longPause))
	}
	return d - time.Duration(p.rand.Int64N(int64(d/8)+1)) // not all nodes of a house at once
}

// expire ends leases whose time is over, and reports whether none is left.
func (p *plan) expire(now time.Time) (lost bool) {
	if !p.held {
		return false
	}
	left := 0
	for i := range p.leases {
		e := &p.leases[i]
		if e.has && !e.Expires.IsZero() && !now.Before(e.Expires) {
			*e = entry{tries: tries{generation: e.generation + 1}}
		}
		if e.has {
			left++
		}
	}
	if left > 0 {
		return false
	}
	p.lose(now, errSilent)
	return true
}
