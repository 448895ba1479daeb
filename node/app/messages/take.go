package messages

import (
	"time"

	"filbert/node/contacts"
	"filbert/overlay/identity"
)

// take judges a message that a peer sent over its line, and keeps it. It reports false for
// one that no honest peer sends.
func (a *App) take(peer identity.PeerID, b []byte) (sequence uint64, _ answer, honest bool) {
	m, err := Parse(b)
	if err != nil || m.Author != peer || m.In != To(a.self()) || !m.Genuine() {
		a.count(func(c *Counts) { c.Forged++ })
		return 0, 0, false
	}
	return m.Sequence, a.keepFrom(from(peer), m), true
}

// keepFrom keeps a message of an author, which is genuine.
func (a *App) keepFrom(k streamKey, m Message) answer {
	a.order.Lock()
	defer a.order.Unlock()
	said, err := a.takeLocked(k, m, time.Now())
	if err != nil {
		a.log.Warn().Err(err).Msg("a message could not be kept")
		delete(a.streams, k) // it is read again
		said = full
	}
	return said
}

func (a *App) takeLocked(k streamKey, m Message, now time.Time) (answer, error) {
	if a.host.Contact(k.author).Trust == contacts.Blocked {
		a.count(func(c *Counts) { c.Refused++ })
		return refused, nil
	}
	s, err := a.streamLocked(k)
	if err != nil {
		return full, err
	}
	known := false
	if m.Sequence <= s.last {
		if known, err = a.history.Has(k.with, k.author, m.Sequence); err != nil {
			return full, err
		}
	}
	if k.with.Kind == Peer && !known && !s.holds(m.Sequence) {
		room, err := a.room(k.author)
		if err != nil || !room {
			a.count(func(c *Counts) { c.Refused++ })
			return full, err
		}
	}
	e := Entry{Message: m, With: k.with, Came: now}
	switch s.Take(m.Previous, m.Sequence, func(uint64) bool { return known }, now) {
	case Known:
		a.count(func(c *Counts) { c.Known++ })
		return taken, nil
	case Old, Ahead:
		a.count(func(c *Counts) { c.Old++ })
		return refused, nil
	case Late:
		e.State = Delayed
	default:
		e.State = Held
	}
	ready := s.Ready(now)
	if err := a.history.Add(e, ready); err != nil {
		return full, err
	}
	a.count(func(c *Counts) { c.Taken++ })
	if e.State == Delayed {
		a.publish(e)
	}
	if len(ready) == 0 {
		a.look() // it is given up some time
		return taken, nil
	}
	shown, err := a.history.Entries(k.with, k.author, ready)
	if err != nil {
		a.log.Warn().Err(err).Msg("messages that came are not shown") // they are kept
		return taken, nil
	}
	a.publish(shown...)
	return taken, nil
}

// room reports whether one more message of a peer is kept. It always is of those in the
// book and those the user wrote to.
func (a *App) room(peer identity.PeerID) (bool, error) {
	if !a.host.Contact(peer).Since.IsZero() {
		return true, nil
	}
	all, mine, _, err := a.history.Counts(To(peer))
	switch {
	case err != nil || all >= maxFromStranger && mine == 0:
		return false, err
	case all > 0:
		return true, nil
	}
	strangers := 0
	peers, err := a.history.Unanswered()
	for _, p := range peers {
		if a.host.Contact(p).Since.IsZero() {
			strangers++
		}
	}
	return strangers < maxStrangers, err
}
