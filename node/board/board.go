package board

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"slices"
	"sync"
	"time"

	"github.com/rs/zerolog"

	"filbert/node/database"
	"filbert/overlay/group"
	"filbert/overlay/identity"
)

// Group is what a board wants of its group. *group.Group is one.
type Group interface {
	ID() group.ID
	// State is what is known of the group. It is not changed: another takes its place.
	State() *group.State
	// Members are all members, ourselves included.
	Members() []group.Presence
}

// Board is that of one group. Its methods may be called by several goroutines.
type Board struct {
	boards *Boards
	group  Group
	id     group.ID
	self   identity.PeerID
	log    zerolog.Logger
	ctx    context.Context // ends with close
	end    context.CancelFunc
	wg     sync.WaitGroup
	wake   chan struct{} // holds one: the loop has something to look at

	// What follows is guarded by mu, which is held while the store writes: what is told
	// to others is on the disk.
	mu      sync.Mutex
	closed  bool
	shelves map[identity.PeerID]*shelf // of members alone, once looked through
	bytes   int                        // of all shelves
	records group.Hash                 // of the members that were looked through
	cares   map[identity.PeerID]*care
	changed chan struct{}
	refused [reasons]uint64

	// What the loop and its calls share is guarded by calling.
	calling sync.Mutex
	rand    *rand.Rand
	calls   map[identity.PeerID]bool
	avoid   map[identity.PeerID]time.Time // until
	news    time.Time                     // when it is told; zero: there is none
	asked   time.Time                     // when the next member is asked
	pause   time.Duration                 // before that, after a failure
}

func newBoard(h *Boards, g Group, shelves map[identity.PeerID]*shelf, random *rand.Rand) *Board {
	b := &Board{
		boards: h, group: g, id: g.ID(), self: h.cfg.Self.PeerID(), log: h.cfg.Log.With().Str("group", g.ID().String()[:8]).Logger(),
		wake: make(chan struct{}, 1), shelves: shelves, cares: map[identity.PeerID]*care{}, changed: make(chan struct{}),
		rand: random, calls: map[identity.PeerID]bool{}, avoid: map[identity.PeerID]time.Time{},
	}
	now := time.Now()
	for author, s := range shelves {
		b.bytes += s.bytes
		if !s.whole() {
			b.careLocked(author).doubt(b.self, now)
		}
	}
	b.ctx, b.end = context.WithCancel(context.Background())
	return b
}

// close ends a board. What is said on it later is an error.
func (b *Board) close() {
	b.mu.Lock()
	b.closed = true
	b.mu.Unlock()
	b.end()
	b.wg.Wait()
}

// Put says something under a topic and a name, in place of what we said there before.
func (b *Board) Put(topic, name string, value []byte) error {
	if len(value) == 0 || len(value) > MaxValue {
		return fmt.Errorf("board: %d bytes: %w", len(value), ErrValue)
	}
	return b.write(topic, name, value)
}

// Delete takes back what we said under a topic and a name.
func (b *Board) Delete(topic, name string) error { return b.write(topic, name, nil) }

func (b *Board) write(topic, name string, value []byte) error {
	if err := checkNames(topic, name); err != nil {
		return err
	}
	return b.say(topic, name, value)
}

// say signs an item and keeps it.
func (b *Board) say(topic, name string, value []byte) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if err := b.readyLocked(); err != nil {
		return fmt.Errorf("board: put: %w", err)
	}
	own := b.shelfLocked(b.self)
	was, found, err := b.boards.store.get(b.self, own, topic, name)
	switch {
	case err != nil:
		return fmt.Errorf("board: put: %w", err)
	case found && slices.Equal(was.Value, value), !found && len(value) == 0:
		return nil
	}
	now := time.Now()
	e := &entry{Item: Item{
		Author: b.self, Topic: topic, Name: name, Sequence: max(own.last+1, uint64(now.UnixMilli())), Time: now, Value: slices.Clone(value),
	}}
	next := *own
	err = database.Atomically(b.boards.store.db, func(tx *sql.Tx) error {
		if err := next.stand(tx, b.id, b.self); err != nil {
			return err
		}
		if err := next.clear(tx, e); err != nil {
			return err
		}
		e.hash = e.hashIn(b.id)
		if e.live() {
			next.sum.add(e.hash)
		}
		next.items++
		next.bytes += e.cost()
		grows := next.items > own.items || next.bytes > own.bytes
		switch {
		case grows && (next.items > maxItems || next.bytes > maxAuthor):
			return refused(Full)
		case grows && b.bytes+next.bytes-own.bytes > maxGroup:
			return refused(GroupFull)
		}
		e.digest = next.sum.digest()
		e.seal(b.boards.cfg.Self, b.id)
		return errors.Join(next.insert(tx, e), next.save(tx))
	})
	if err != nil {
		return fmt.Errorf("board: put: %w", err)
	}
	b.adoptLocked(b.self, &next)
	b.changedLocked()
	b.spread()
	return nil
}

// Prune takes back all that we said under a topic with a number below one.
func (b *Board) Prune(topic string, below uint64) error {
	if !validTopic(topic) {
		return fmt.Errorf("board: %.80q: %w", topic, ErrName)
	}
	return b.say(topic, "", appendFloor(below))
}

// clear makes room for an item: what it replaces or is the end of goes.
func (s *shelf) clear(tx *sql.Tx, e *entry) error {
	gone, err := find(tx, s, "topic = ? AND name = ?", e.Topic, bytesOf(e.Name))
	if err != nil {
		return err
	}
	if floor := e.floor(); floor > 0 {
		below, err := find(tx, s, "topic = ? AND sequence < ? AND length(name) > 0", e.Topic, int64(floor))
		if err != nil {
			return err
		}
		gone = append(gone, below...)
	}
	return s.remove(tx, gone...)
}

// Items is what members say under a topic, by author and number.
func (b *Board) Items(topic string) ([]Item, error) {
	var out []Item
	for _, m := range b.group.State().Members() { // by their IDs
		list, err := b.After(m.Peer, topic, 0, -1)
		if err != nil {
			return nil, err
		}
		out = append(out, list...)
	}
	return out, nil
}

// After is what a member says under a topic after a number, in order, and no more than most
// items; all, if that is negative.
func (b *Board) After(author identity.PeerID, topic string, sequence uint64, most int) ([]Item, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	s := b.shownLocked(author)
	if s == nil {
		return nil, nil
	}
	list, err := b.boards.store.items(author, s, topic, min(sequence, maxSequence), most)
	if err != nil {
		return nil, fmt.Errorf("board: %w", err)
	}
	out := make([]Item, len(list))
	for i, e := range list {
		out[i] = e.Item
	}
	return out, nil
}

// Arrived is what came under a topic after a point, in the order in which it came here, and no
// more than most items; 0 is the beginning. Next is the point to go on from. Items that were
// withheld by somebody are among those that came last, with whatever number.
func (b *Board) Arrived(topic string, after int64, most int) (items []Item, next int64, err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.closed {
		return nil, after, fmt.Errorf("board: %w", net.ErrClosed)
	}
	state := b.group.State()
	list, next, err := b.boards.store.arrived(b.id, topic, after, most)
	if err != nil {
		return nil, after, fmt.Errorf("board: %w", err)
	}
	for _, e := range list {
		if _, member := state.Member(e.Author); member {
			items = append(items, e.Item)
		}
	}
	return items, next, nil
}

// Get is what a member says under a topic and a name.
func (b *Board) Get(author identity.PeerID, topic, name string) (Item, bool, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	s := b.shownLocked(author)
	if s == nil {
		return Item{}, false, nil
	}
	e, ok, err := b.boards.store.get(author, s, topic, name)
	if err != nil || !ok || !e.live() || e.Name == "" {
		return Item{}, false, err
	}
	return e.Item, true, nil
}

// shownLocked is the shelf of a member, if there is anything to show of it.
func (b *Board) shownLocked(author identity.PeerID) *shelf {
	if _, member := b.group.State().Member(author); !member || b.closed {
		return nil
	}
	return b.shelves[author]
}

// Changed is closed at the next change of anything; ask again then.
func (b *Board) Changed() <-chan struct{} {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.changed
}

// Refused is how often something was refused, by reason.
func (b *Board) Refused() map[Reason]uint64 {
	b.mu.Lock()
	defer b.mu.Unlock()
	out := map[Reason]uint64{}
	for i, n := range b.refused {
		if n > 0 {
			out[Reason(i)] = n
		}
	}
	return out
}

func (b *Board) refuse(why Reason) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.refused[why]++
}

// readyLocked tells why nothing can be written.
func (b *Board) readyLocked() error {
	if b.closed {
		return net.ErrClosed
	}
	if _, member := b.group.State().Member(b.self); !member {
		return refused(NotMember)
	}
	return nil
}

// shelfLocked is that of an author, empty if there is none.
func (b *Board) shelfLocked(author identity.PeerID) *shelf {
	if s := b.shelves[author]; s != nil {
		return s
	}
	return new(shelf)
}

// adoptLocked puts a shelf in the place of the one before.
func (b *Board) adoptLocked(author identity.PeerID, s *shelf) {
	b.bytes += s.bytes - b.shelfLocked(author).bytes
	b.shelves[author] = s
}

func (b *Board) changedLocked() {
	close(b.changed)
	b.changed = make(chan struct{})
}

// lookThrough deletes what is of members no more, when the records of the group changed.
func (b *Board) lookThrough() {
	state := b.group.State()
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.closed || state.Digest() == b.records {
		return
	}
	b.records = state.Digest()
	for author, s := range b.shelves {
		if _, member := state.Member(author); member {
			continue
		}
		if err := b.boards.store.forgetAuthor(s); err != nil {
			b.log.Warn().Err(err).Msg("what a former member said was not deleted")
			b.records = group.Hash{} // again
			continue
		}
		b.bytes -= s.bytes
		delete(b.shelves, author)
		delete(b.cares, author)
	}
	b.changedLocked() // others may be shown now
}

// sweep deletes tombstones that are old, but for the last item of an author: by that its digest
// is known.
func (b *Board) sweep(now time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for author, s := range b.shelves {
		next := *s
		err := database.Atomically(b.boards.store.db, func(tx *sql.Tx) error {
			old, err := find(tx, &next, "length(value) = 0 AND time < ? AND sequence != ?", now.Add(-tombstoneAge).UnixMilli(), int64(s.last))
			if err != nil || len(old) == 0 {
				return err
			}
			return errors.Join(next.remove(tx, old...), next.save(tx))
		})
		if err != nil {
			b.log.Warn().Err(err).Msg("old tombstones were not deleted")
			return
		}
		if next.items != s.items {
			b.adoptLocked(author, &next)
		}
	}
}
