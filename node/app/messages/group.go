package messages

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"filbert/node/board"
	"filbert/overlay/group"
)

// topic is that of messages on the boards of groups. An item is a message under its sequence
// in 16 hexadecimal digits.
const topic = "messages"

func nameOf(sequence uint64) string { return fmt.Sprintf("%016x", sequence) }

// posted is what of ours is on the board of a group.
type posted struct{ count, bytes int }

// Post writes a message to all members of a group. What is on the board members have, or get
// from each other.
func (a *App) Post(g *group.Group, text string) (Entry, error) {
	b, err := a.host.Board(g)
	if err != nil {
		return Entry{}, err
	}
	e, err := a.post(g.ID(), b, text)
	if err != nil {
		return Entry{}, err
	}
	a.publish(e)
	return e, nil
}

func (a *App) post(id group.ID, b *board.Board, text string) (Entry, error) {
	now := time.Now()
	a.order.Lock()
	defer a.order.Unlock()
	s, err := a.history.Stream(In(id), a.self())
	if err != nil {
		return Entry{}, err
	}
	m, err := write(a.host.Self(), In(id), max(s.last, s.floor), text, now)
	if err != nil {
		return Entry{}, err
	}
	value := m.AppendTo(nil)
	if err := b.Put(topic, nameOf(m.Sequence), value); err != nil {
		return Entry{}, err
	}
	if err := a.trimLocked(id, b, len(value), now); err != nil {
		a.log.Warn().Err(err).Msg("old messages stay on the board")
	}
	e := Entry{Message: m, With: In(id), State: Posted, Came: now}
	return e, a.history.Add(e, nil)
}

// trimLocked takes our oldest messages from a board when there are too many. More than a few are
// taken at a time.
func (a *App) trimLocked(id group.ID, b *board.Board, added int, now time.Time) error {
	p := a.posted[id]
	if p != nil {
		p.count, p.bytes = p.count+1, p.bytes+added
		if p.count <= maxPosted && p.bytes <= maxPostedBytes {
			return nil
		}
	}
	list, err := b.After(a.self(), topic, 0, -1)
	if err != nil {
		return err
	}
	p = new(posted)
	for _, i := range list {
		p.count, p.bytes = p.count+1, p.bytes+len(i.Value)
	}
	a.posted[id] = p
	from := 0
	full := p.count > maxPosted || p.bytes > maxPostedBytes
	for from < len(list)-1 {
		left := full && (p.count > maxPosted*9/10 || p.bytes > maxPostedBytes*9/10)
		if !left && now.Sub(list[from].Time) < maxAge {
			break
		}
		p.count, p.bytes = p.count-1, p.bytes-len(list[from].Value)
		from++
	}
	if from == 0 {
		return nil
	}
	return b.Prune(topic, list[from].Sequence)
}

// followGroups reads the boards of the groups that the node takes part in until ctx ends.
func (a *App) followGroups(ctx context.Context) {
	var work sync.WaitGroup
	defer work.Wait()
	ends := map[*group.Group]context.CancelFunc{}
	tick := time.NewTicker(groupsLook)
	defer tick.Stop()
	for {
		now := map[*group.Group]bool{}
		for _, g := range a.host.Groups() {
			now[g] = true
			if ends[g] != nil {
				continue
			}
			b, err := a.host.Board(g)
			if err != nil {
				continue // it is being left, or is not open yet
			}
			var own context.Context
			own, ends[g] = context.WithCancel(ctx)
			work.Go(func() { a.follow(own, g, b) })
		}
		for g, end := range ends {
			if !now[g] {
				end()
				delete(ends, g)
			}
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			for _, end := range ends {
				end()
			}
			return
		}
	}
}

// follow takes what comes on a board until ctx ends. What is there already the history knows.
func (a *App) follow(ctx context.Context, g *group.Group, b *board.Board) {
	defer a.forgetGroup(g.ID())
	tick := time.NewTicker(lettersLook)
	defer tick.Stop()
	var posts, letters int64
	for ctx.Err() == nil {
		changed := b.Changed()
		err := errors.Join(
			arrived(ctx, b, topic, &posts, func(i board.Item) { a.takePosted(g.ID(), i) }),
			arrived(ctx, b, topicLetters, &letters, func(i board.Item) { a.takeLetter(g, b, i) }),
			a.handOver(g, b), a.settleLetters(g, b), a.clearReceipts(b),
		)
		if err != nil && ctx.Err() == nil {
			a.log.Warn().Err(err).Msg("messages of a group")
		}
		select {
		case <-changed:
		case <-tick.C:
		case <-ctx.Done():
		}
	}
}

// arrived gives what came on a board under a topic after a point to take, and moves the point.
func arrived(ctx context.Context, b *board.Board, topic string, at *int64, take func(board.Item)) error {
	for ctx.Err() == nil {
		items, next, err := b.Arrived(topic, *at, arrivedBatch)
		if err != nil || next == *at {
			return err
		}
		for _, i := range items {
			take(i)
		}
		*at = next
	}
	return nil
}

// takePosted judges a message on a board, and keeps it. Ours is there if the history was lost.
func (a *App) takePosted(id group.ID, i board.Item) {
	m, err := Parse(i.Value)
	if err != nil || m.Author != i.Author || m.In != In(id) || i.Name != nameOf(m.Sequence) || !m.Genuine() {
		a.count(func(c *Counts) { c.Forged++ })
		return
	}
	if m.Author != a.self() {
		a.keepFrom(streamKey{In(id), m.Author}, m)
		return
	}
	a.order.Lock()
	defer a.order.Unlock()
	s, err := a.history.Stream(In(id), a.self())
	known := m.Sequence <= s.floor
	if err == nil && !known {
		known, err = a.history.Has(In(id), a.self(), m.Sequence)
	}
	if err == nil && !known {
		err = a.history.Add(Entry{Message: m, With: In(id), State: Posted, Came: time.Now()}, nil)
	}
	if err != nil {
		a.log.Warn().Err(err).Msg("a message could not be kept")
	}
}

// forgetGroup keeps nothing in memory of a group that is closed.
func (a *App) forgetGroup(id group.ID) {
	a.order.Lock()
	defer a.order.Unlock()
	delete(a.posted, id)
	for k := range a.streams {
		if k.with == In(id) {
			delete(a.streams, k)
		}
	}
}
