package bootstrap

import (
	"strconv"
	"time"
)

// Kind is a kind of source, in the order in which they are asked.
type Kind uint8

// The kinds.
const (
	LAN Kind = iota
	HostCache
	WebCache
	kinds
)

var kindNames = [kinds]string{"local network", "UDP host caches", "web caches"}

func (k Kind) String() string {
	if k < kinds {
		return kindNames[k]
	}
	return "Kind(" + strconv.Itoa(int(k)) + ")"
}

// delay is how long a node must be without a link before the source is asked.
func (k Kind) delay() time.Duration {
	return [kinds]time.Duration{0, hostCacheDelay, webCacheDelay}[k]
}

// pause is the least time between two rounds while the node has no link.
func (k Kind) pause() time.Duration {
	return [kinds]time.Duration{lanPause, hostCachePause, webCachePause}[k]
}

// need is how badly a node needs hosts.
type need uint8

const (
	none   need = iota
	hungry      // it has a link, and neither enough links nor enough hosts to call
	lonely      // it has no link
)

// needOf judges a standing.
func needOf(links, known int) need {
	switch {
	case links == 0:
		return lonely
	case links < enoughLinks || known < enoughKnown:
		return hungry
	}
	return none
}

// Enough reports whether a node with so many links and known hosts needs no
// source any more.
func Enough(links, known int) bool { return needOf(links, known) == none }

// Plan decides which source is asked when: those that the node has in the order
// of their kinds, one round at a time, the one that was asked longest ago first.
// The zero Plan has no source.
type Plan struct {
	has   [kinds]bool
	ended [kinds]time.Time // when the last round of a kind was over
	need  need
	since time.Time // when the need began
	busy  bool
}

// NewPlan returns a plan for the kinds of sources that there are.
func NewPlan(has ...Kind) *Plan {
	p := &Plan{}
	for _, k := range has {
		p.has[k] = true
	}
	return p
}

// Next returns the source to be asked now, if any; Ended must follow before
// another is. It is called now and then with how the node stands.
func (p *Plan) Next(now time.Time, links, known int) (_ Kind, ok bool) {
	if n := needOf(links, known); n != p.need || p.since.IsZero() || p.since.After(now) {
		p.need, p.since = n, now
	}
	if p.busy || p.need == none {
		return 0, false
	}
	best, found := kinds, false
	for k := range kinds {
		if p.due(now, k) && (!found || p.ended[k].Before(p.ended[best])) {
			best, found = k, true
		}
	}
	p.busy = found
	return best, found
}

// due reports whether a source may be asked.
func (p *Plan) due(now time.Time, k Kind) bool {
	delay, pause := k.delay(), k.pause()
	if p.need == hungry {
		delay, pause = hungryDelay, hungryPause
	}
	rested := now.Sub(p.ended[k])
	return p.has[k] && now.Sub(p.since) >= delay && (p.ended[k].IsZero() || rested < 0 || rested >= pause)
}

// Ended tells that the round of a source is over.
func (p *Plan) Ended(now time.Time, k Kind) { p.busy, p.ended[k] = false, now }
