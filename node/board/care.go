package board

import (
	"time"

	"filbert/overlay/identity"
)

// care is how an author is dealt with, in memory alone. There is one of each author of whom
// something came.
type care struct {
	left float64 // bytes that may still be taken
	at   time.Time

	shut      time.Time // nothing is asked for before: something was refused
	shutPause time.Duration

	odd   bool            // what we have does not fit together
	from  identity.PeerID // who we have it from, or who could not help last
	again time.Time       // all is asked for then
	pause time.Duration
}

func (b *Board) careLocked(author identity.PeerID) *care {
	c := b.cares[author]
	if c == nil {
		c = &care{left: authorBurst}
		b.cares[author] = c
	}
	return c
}

// spend tells whether so many bytes may be taken.
func (c *care) spend(bytes int, now time.Time) bool {
	if d := now.Sub(c.at); d > 0 && !c.at.IsZero() {
		c.left = min(authorBurst, c.left+d.Seconds()*authorRate)
	}
	c.at = now
	if c.left < float64(bytes) {
		return false
	}
	c.left -= float64(bytes)
	return true
}

// refuse asks for nothing for a while.
func (c *care) refuse(now time.Time) {
	c.shutPause = min(max(2*c.shutPause, refuseFirst), refuseLast)
	c.shut = now.Add(c.shutPause)
}

// doubt asks for all soon, and not the one that it came from.
func (c *care) doubt(from identity.PeerID, now time.Time) {
	c.odd, c.from, c.pause = true, from, doubtFirst
	c.again = now.Add(c.pause)
}

// doubts tells whether to ask a member for all. Who could not help is asked again if there was
// nobody else for a while.
func (c *care) doubts(peer identity.PeerID, now time.Time) bool {
	if !c.odd || now.Before(c.again) {
		return false
	}
	return peer != c.from || now.Sub(c.again) > askEvery
}

// asked notes that a member is asked for all.
func (c *care) asked(peer identity.PeerID, now time.Time) {
	c.from = peer
	c.pause = min(2*c.pause, doubtLast)
	c.again = now.Add(c.pause)
}
