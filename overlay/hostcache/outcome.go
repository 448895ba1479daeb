package hostcache

import (
	"net/netip"
	"time"
)

// Attempt notes that a host is being dialed. It is not due again before the
// usual first pause, whatever comes of it.
func (c *Cache) Attempt(now time.Time, addr netip.AddrPort) {
	e := c.known[unmap(addr)]
	if e == nil {
		return
	}
	e.LastTried, e.dialing, e.first = now, true, false
	c.delay(now, e, e.pause(noAnswer, 1))
}

// Good notes that a host is our neighbor. It is to be called when a handshake
// succeeds and every few minutes while the link lives, which keeps the host
// among those that others are told of. A host that we dialed moves to the tried
// table; one that called us does not: that it can be reached is only its word.
func (c *Cache) Good(now time.Time, addr netip.AddrPort) {
	addr = unmap(addr)
	e := c.known[addr]
	if e == nil {
		c.Add(now, addr, addr.Addr(), FromHandshake)
		return
	}
	c.lastGood = now
	e.LastSeen = now
	if !e.dialing && e.LastSuccess.IsZero() {
		e.met = true
		return
	}
	e.LastSuccess, e.dialing = now, false
	e.Failures, e.strikes, e.mute = 0, 0, false
	c.delay(now, e, e.pause(noAnswer, 1))
	c.promote(now, e)
}

// Failed notes that a dialed host did not become a neighbor, or that a link to
// it ended: code is the status of its refusal or BYE, 0 if it did not answer.
//
// Failures count against a host only if some host was reached since its last
// one: while we are offline all fail, and none is to blame.
func (c *Cache) Failed(now time.Time, addr netip.AddrPort, code int) {
	e := c.known[unmap(addr)]
	if e == nil {
		return
	}
	e.dialing = false
	e.Failures++
	if code != noAnswer {
		e.LastSeen = now // it spoke to us
	}
	if isBusy(code) {
		e.strikes = 0
	} else if c.lastGood.After(e.struck) {
		e.strikes++
		e.struck = now
	}
	e.mute = code == noAnswer
	c.delay(now, e, e.pause(code, e.Failures))
}

// Retry lets hosts be attempted that did not answer: it may have been for us that they did
// not.
func (c *Cache) Retry(now time.Time) {
	for _, e := range c.known {
		if e.mute && e.due.After(now) {
			e.due = now
		}
	}
}

// isBusy reports whether a code means that the host is well and has no room, or
// went without reproach.
func isBusy(code int) bool { return code == codeBusy || code >= codeOK && code < codeShield }

// pause is the back-off after that many failures in a row, the last with code.
func (e *entry) pause(code, failures int) time.Duration {
	first, most := retryFirst, retryMost
	switch {
	case e.local && (code == noAnswer || isBusy(code)):
		first, most = localFirst, localMost
	case isBusy(code):
		first, most = busyFirst, busyMost
	case code == codeLinked:
		first = conflictFirst
	case code == codeSlow:
		first = bannedFirst
	case code != noAnswer:
		first = rejectedFirst
	}
	for ; failures > 1 && first < most; failures-- {
		first *= 2
	}
	return min(first, most)
}

// delay begins a back-off, with its random part. That of a pinned host ends
// after pinnedMost at the latest.
func (c *Cache) delay(now time.Time, e *entry, pause time.Duration) {
	pause += time.Duration(c.rng.Int64N(int64(pause / jitterShare)))
	if e.table == inPinned {
		pause = min(pause, pinnedMost)
	}
	e.due = now.Add(pause)
}
