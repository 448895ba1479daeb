package fabric

import (
	"slices"
	"time"
)

// pump is the one goroutine that moves time and data. In a bubble it does a step only when all others are idle and no
// timer is due, so what the nodes do in one instant is complete before any of it gets on its way.
func (n *Net) pump() {
	sleep := time.NewTimer(0)
	defer sleep.Stop()
	for {
		n.cfg.Settle()
		wait, idle := n.steps()
		if !idle {
			continue
		}
		// No timer when nothing is on its way: a bubble can then tell that all its goroutines are stuck.
		sleep.Stop()
		if wait > 0 {
			sleep.Reset(wait)
		}
		select {
		case <-sleep.C:
		case <-n.kick:
		case <-n.done:
			return
		}
	}
}

// steps sends what is ready and delivers what is due, one event after the other, until that wakes a goroutine or
// nothing is left to do. Then idle is true, and wait is the time to the next event, 0 if there is none.
func (n *Net) steps() (wait time.Duration, idle bool) {
	n.mu.Lock()
	defer n.mu.Unlock()
	now := time.Since(n.start)
	n.asleep, n.stirred = false, false
	for !n.closed {
		n.flushLocked(now)
		if n.stirred { // writers have room again, and go on in this instant
			return 0, false
		}
		ev := n.queue.next()
		if ev == nil {
			break
		}
		if ev.at > now {
			wait = ev.at - now
			break
		}
		n.deliverLocked(n.queue.pop(), now)
		if n.stirred {
			return 0, false
		}
	}
	n.asleep = true
	return wait, true
}

// wakePumpLocked makes the pump look again, if it sleeps.
func (n *Net) wakePumpLocked() {
	if !n.asleep {
		return
	}
	n.asleep = false
	select {
	case n.kick <- struct{}{}:
	default:
	}
}

// sender is a connection or a UDP socket that may have something to send.
type sender interface {
	name() flow

	// flushLocked sends everything that can go at now, or adds the sender to the stalled ones.
	flushLocked(now time.Duration)
}

// flushLocked sends what all goroutines have written since the last flush, in an order that does not depend on theirs.
func (n *Net) flushLocked(now time.Duration) {
	if len(n.dirty) == 0 {
		return
	}
	dirty := n.dirty
	slices.SortStableFunc(dirty, func(a, b sender) int { return a.name().compare(b.name()) })
	for _, s := range dirty {
		s.flushLocked(now)
	}
	clear(dirty)
	n.dirty = dirty[:0]
}

// unstallLocked gives every stalled sender another try.
func (n *Net) unstallLocked() {
	n.dirty = append(n.dirty, n.stalled...)
	n.stalled = nil
}
