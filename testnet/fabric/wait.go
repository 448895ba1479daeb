package fabric

import (
	"sync"
	"time"
)

// gate is where goroutines wait for something of a connection, listener or socket to change.
type gate struct {
	cond    sync.Cond
	waiting int
}

func (g *gate) waitLocked(n *Net) {
	g.cond.L = &n.mu
	g.waiting++
	g.cond.Wait()
	g.waiting--
}

// wakeLocked wakes all that wait.
func (g *gate) wakeLocked(n *Net) {
	if g.waiting > 0 {
		g.cond.Broadcast()
		n.stirred = true
	}
}

// deadline is a time after which operations fail. It is guarded by the lock of the Net.
type deadline struct {
	at      time.Time // zero: none
	expired bool
	timer   *time.Timer // kept for the next deadline
}

// setLocked changes the deadline to t. Those who wait at the gate when it passes are woken.
func (d *deadline) setLocked(n *Net, g *gate, t time.Time) {
	d.clear()
	if t.IsZero() {
		return
	}
	d.at = t
	left := time.Until(t)
	switch {
	case left <= 0:
		d.expired = true
		g.wakeLocked(n)
	case d.timer == nil:
		d.timer = time.AfterFunc(left, func() { d.pass(n, g) })
	default:
		d.timer.Reset(left)
	}
}

// pass runs when the timer fires, which may be for a deadline that was moved meanwhile.
func (d *deadline) pass(n *Net, g *gate) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if d.at.IsZero() {
		return
	}
	if left := time.Until(d.at); left > 0 {
		d.timer.Reset(left)
		return
	}
	d.expired = true
	g.wakeLocked(n)
}

// clear removes the deadline.
func (d *deadline) clear() {
	d.at, d.expired = time.Time{}, false
	if d.timer != nil {
		d.timer.Stop()
	}
}
