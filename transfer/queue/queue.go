package queue

import (
	"net/netip"
	"slices"
	"time"

	"filbert/transfer"
)

// Config sets up a Queue. All counts are at least 1, but for Lane.
type Config struct {
	Slots      int // uploads at a time
	PerHost    int // of them to one host
	PerNetwork int // of them to one network
	Lane       int // further uploads at a time, of small files, one to a host

	NewID func() ID // makes names nobody guesses
}

// Queue has the slots and the line.
type Queue struct {
	cfg   Config
	slots slots
	line  line                      // at most maxPlaces
	lane  map[netip.Prefix]struct{} // hosts that are in it, at most cfg.Lane
}

// New makes a queue.
func New(cfg Config) *Queue {
	return &Queue{
		cfg: cfg,
		slots: slots{max: cfg.Slots, perHost: cfg.PerHost, perNetwork: cfg.PerNetwork, turn: firstTurn,
			hosts: map[netip.Prefix]*holding{}, networks: map[netip.Prefix]int{}},
		lane: map[netip.Prefix]struct{}{},
	}
}

// Request is a question for a slot.
type Request struct {
	Addr  netip.Addr
	Agent string // fit for display
	File  transfer.File
	Short bool // he is done with the answer before those in line are back
}

// Turn is the use of a slot.
type Turn struct {
	host netip.Prefix
	lane bool
}

// Answer is what comes of a request: a turn, a place that is held, a notice, or
// nothing at all if there is no place.
type Answer struct {
	Granted bool
	Turn    Turn   // to be given back by Done
	Held    *Place // wait until Advance names it, or end the wait by Leave
	Notice  Notice // what else to tell; its Position is 0 if there is no place
	Why     Why
}

// Ask asks for a slot. Advance is to be called after it, as after all that may free one.
func (q *Queue) Ask(now time.Time, r Request) Answer {
	host, network := HostOf(r.Addr), networkOf(r.Addr)
	why := Free
	if h := q.slots.hosts[host]; h != nil && (q.turnOver(h, host, now, TurnTime) || h.lent && q.wanted(q.line.find(host), r.Short)) {
		q.slots.release(host, now)
		why = TurnOver
	} else if q.slots.resume(host, now) {
		if p := q.line.find(host); p != nil && !p.held {
			q.remove(p) // it waited for this
		}
		return Answer{Granted: true, Turn: Turn{host: host}}
	}
	q.expire(now)
	p := q.line.find(host)
	if p != nil && now.Before(p.due.Add(-earlySlack)) {
		n := q.notice(p, p.due.Sub(now))
		n.Early = true
		return Answer{Notice: n, Why: q.why(p)}
	}
	switch room := q.slots.room(host, network); {
	case room != Free:
		why = room
	case why == TurnOver: // whoever waits is first
	case !q.wanted(p, r.Short):
		lent := p == nil && q.line.others(host)
		q.remove(p)
		q.slots.take(host, network, now)
		q.slots.hosts[host].lent = lent
		return Answer{Granted: true, Turn: Turn{host: host}}
	default:
		why = Full
	}
	if q.laneRoom(host, r.File) {
		q.remove(p)
		return Answer{Granted: true, Turn: q.takeLane(host)}
	}
	if p == nil {
		if !q.line.room(network) {
			return Answer{Notice: Notice{Retry: maxRetry}, Why: LineFull}
		}
		p = &Place{ID: q.cfg.NewID(), Since: now, host: host, network: network}
		q.line = append(q.line, p)
	}
	if p.held { // by another connection, of which one is answered at a time
		return Answer{Notice: q.notice(p, firstRetry), Why: why}
	}
	p.Addr, p.Agent, p.File = r.Addr, r.Agent, r.File
	position := slices.Index(q.line, p) + 1
	if position <= heldPlaces {
		p.held = true
		return Answer{Held: p, Why: why}
	}
	return Answer{Notice: q.tell(p, q.retry(position), now), Why: why}
}

// Advance gives the slots that are free to those whose questions wait with us, and
// returns their places, which are no longer in line.
func (q *Queue) Advance(now time.Time) (granted []*Place) {
	if len(q.line) == 0 {
		return nil
	}
	q.expire(now)
	for _, p := range slices.Clone(q.line[:min(len(q.line), heldPlaces)]) { // no other is held
		switch {
		case !p.held:
			continue
		case q.slots.room(p.host, p.network) == Free:
			q.slots.take(p.host, p.network, now)
			p.turn = Turn{host: p.host}
		case q.laneRoom(p.host, p.File):
			p.turn = q.takeLane(p.host)
		default:
			continue
		}
		q.remove(p)
		granted = append(granted, p)
	}
	return granted
}

// Next is when Advance may have something to give that nobody gave back, zero if
// never.
func (q *Queue) Next() time.Time { return q.slots.next() }

// Leave ends a wait that was in vain, and tells when to ask again.
func (q *Queue) Leave(now time.Time, p *Place) (Notice, Why) {
	p.held = false
	return q.tell(p, heldRetry, now), q.why(p)
}

// Done ends the use of a slot. Its host keeps it for its next request.
func (q *Queue) Done(now time.Time, t Turn) {
	if t.lane {
		delete(q.lane, t.host)
		return
	}
	q.slots.rest(t.host, now)
}

// Release takes back at once what a host has and does not use: it is gone.
func (q *Queue) Release(now time.Time, addr netip.Addr) { q.slots.release(HostOf(addr), now) }

// Over reports whether an answer to a host has lasted so long that it is cut: twice
// its turn, while others wait.
func (q *Queue) Over(now time.Time, t Turn) bool {
	h := q.slots.hosts[t.host]
	return !t.lane && h != nil && q.turnOver(h, t.host, now, 2*TurnTime)
}

func (q *Queue) turnOver(h *holding, host netip.Prefix, now time.Time, turn time.Duration) bool {
	return now.Sub(h.since) >= turn && q.line.others(host)
}

// SetSlots changes how many uploads there are at a time, at least 1. Those that are too many
// then go on. Advance is to be called after it.
func (q *Queue) SetSlots(n int) { q.slots.max = n }

// Slots is how many uploads there are at a time.
func (q *Queue) Slots() int { return q.slots.max }

// FreeSlots is how many more uploads could begin now.
func (q *Queue) FreeSlots() int { return max(0, q.slots.max-q.slots.kept) }

// Waiting is who waits, in order.
func (q *Queue) Waiting() []*Place { return q.line }

// expire takes back what was kept for too long: slots and places.
func (q *Queue) expire(now time.Time) {
	q.slots.expire(now)
	q.line = slices.DeleteFunc(q.line, func(p *Place) bool { return !p.held && now.After(p.expires) })
}

// wanted reports whether a free slot is for somebody else than whoever asks: for one
// whose question waits with us or, if he asks for the first time and p is nil, and
// not for something short, for anybody in line.
func (q *Queue) wanted(p *Place, short bool) bool {
	return slices.ContainsFunc(q.line, func(o *Place) bool {
		return o != p && (o.held || p == nil && !short) && q.slots.allows(o.host, o.network) == Free
	})
}

// laneRoom reports whether a host can have a file in the lane of small ones.
func (q *Queue) laneRoom(host netip.Prefix, f transfer.File) bool {
	_, in := q.lane[host]
	return f.Size <= SmallFile && !in && len(q.lane) < q.cfg.Lane
}

func (q *Queue) takeLane(host netip.Prefix) Turn {
	q.lane[host] = struct{}{}
	return Turn{host: host, lane: true}
}

// remove takes a place out of the line, nil none.
func (q *Queue) remove(p *Place) {
	if i := slices.Index(q.line, p); i >= 0 {
		q.line = slices.Delete(q.line, i, i+1)
		p.held = false
	}
}

// why tells what p waits for.
func (q *Queue) why(p *Place) Why {
	if why := q.slots.allows(p.host, p.network); why != Free {
		return why
	}
	return Full
}

// retry is when one whose question does not wait with us is to ask again: when its
// turn comes, if turns are short, or now and then until then.
func (q *Queue) retry(position int) time.Duration {
	polls := min(firstRetry+time.Duration(position-1)*nextRetry, maxRetry)
	return min(polls, max(q.eta(position), heldRetry))
}

// eta is how long the one at a position has still to wait, as far as one can tell.
func (q *Queue) eta(position int) time.Duration {
	return q.slots.turn * time.Duration(position) / time.Duration(q.slots.max)
}

// tell tells p when to ask again, and keeps its place until then.
func (q *Queue) tell(p *Place, retry time.Duration, now time.Time) Notice {
	p.due, p.expires = now.Add(retry), now.Add(retry+graceTime)
	return q.notice(p, retry)
}

func (q *Queue) notice(p *Place, retry time.Duration) Notice {
	position := slices.Index(q.line, p) + 1
	return Notice{
		ID: p.ID, Position: position, Length: len(q.line), Retry: retry, Lifetime: retry + graceTime,
		ETA: q.eta(position),
	}
}
