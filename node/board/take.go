package board

import (
	"database/sql"
	"errors"
	"fmt"
	"net"
	"slices"
	"time"

	"filbert/node/database"
	"filbert/overlay/identity"
)

// visit is the questions to one member, one after the other.
type visit struct {
	peer    identity.PeerID
	blocked map[identity.PeerID]bool // of whom nothing more is taken: something was refused
	touched map[identity.PeerID]bool
	afresh  *afresh
	got     int // items that are new to us
	moved   bool
}

// afresh is an author of whom all is asked for, since what we have does not fit together.
type afresh struct {
	author identity.PeerID
	cursor uint64
	seen   []uint64 // in order
	sum    lattice
	head   sum
	failed bool
}

// visit begins questions to a member.
func (b *Board) visit(peer identity.PeerID, now time.Time) *visit {
	v := &visit{peer: peer, blocked: map[identity.PeerID]bool{}, touched: map[identity.PeerID]bool{}}
	b.mu.Lock()
	defer b.mu.Unlock()
	for author, c := range b.cares {
		if c.odd && b.shelfLocked(author).whole() {
			c.odd = false
		}
		if c.doubts(peer, now) {
			v.afresh = &afresh{author: author}
			c.asked(peer, now)
			break
		}
	}
	return v
}

// ask is what is wanted now.
func (b *Board) ask(v *visit, now time.Time) *ask {
	state := b.group.State()
	a := &ask{group: b.id, records: state.Digest()}
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, m := range state.Members() { // by their IDs
		after := b.shelfLocked(m.Peer).last
		switch c := b.cares[m.Peer]; {
		case v.blocked[m.Peer], c != nil && now.Before(c.shut):
			after = nothing
		case v.afresh != nil && v.afresh.author == m.Peer:
			after = v.afresh.cursor
		}
		a.marks = append(a.marks, mark{m.Peer, after})
	}
	return a
}

// take keeps what a member passed on. All are genuine.
func (b *Board) take(v *visit, list []*entry) error {
	now := time.Now()
	v.moved = false
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.closed {
		return fmt.Errorf("board: take: %w", net.ErrClosed)
	}
	state := b.group.State()
	changed, got := map[identity.PeerID]*shelf{}, 0
	total := b.bytes
	err := database.Atomically(b.boards.store.db, func(tx *sql.Tx) error {
		for _, e := range list {
			if v.blocked[e.Author] {
				continue
			}
			s := changed[e.Author]
			if s == nil {
				was := *b.shelfLocked(e.Author)
				s = &was
			}
			why, isNew := NotMember, false
			if _, member := state.Member(e.Author); member {
				var err error
				before := s.bytes
				if why, isNew, err = b.placeLocked(tx, s, e, v, total, now); err != nil {
					return err
				}
				total += s.bytes - before
			}
			v.touched[e.Author] = true
			if why != Fine {
				b.blockLocked(v, e.Author, why, now)
				continue
			}
			if isNew {
				changed[e.Author] = s
				got++
			}
		}
		for _, s := range changed {
			if err := s.save(tx); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("board: take: %w", err)
	}
	for author, s := range changed {
		b.adoptLocked(author, s)
	}
	if got > 0 {
		v.got, v.moved = v.got+got, true
		b.changedLocked()
	}
	return nil
}

// blockLocked takes no more of an author in a visit, and asks nobody for it for a while.
func (b *Board) blockLocked(v *visit, author identity.PeerID, why Reason, now time.Time) {
	b.refused[why]++
	v.blocked[author] = true
	if v.afresh != nil && v.afresh.author == author {
		v.afresh.failed = true
	}
	if why != NotMember {
		b.careLocked(author).refuse(now)
	}
}

// placeLocked puts an item into the shelf of its author, or tells why not; then nothing is changed.
func (b *Board) placeLocked(tx *sql.Tx, s *shelf, e *entry, v *visit, total int, now time.Time) (why Reason, isNew bool, err error) {
	again := v.afresh != nil && v.afresh.author == e.Author
	if e.Time.After(now.Add(maxAhead)) {
		return Ahead, false, nil
	}
	if again {
		if !v.afresh.see(e) {
			return Full, false, nil
		}
		v.moved = true
	}
	if e.Sequence <= s.last {
		if !again {
			return Fine, false, nil
		}
		if why, known, err := known(tx, s, e); known || why != Fine || err != nil {
			return why, false, err
		}
	}
	was, err := find(tx, s, "topic = ? AND name = ?", e.Topic, bytesOf(e.Name))
	if err != nil {
		return Fine, false, err
	}
	grows, items := e.cost(), s.items+1
	for _, p := range was {
		grows -= p.cost
		items--
	}
	c := b.careLocked(e.Author)
	switch {
	case grows <= 0: // it helps
	case items > slack*maxItems || s.bytes+grows > slack*maxAuthor:
		return Full, false, nil
	case total+grows > maxGroup:
		return GroupFull, false, nil
	}
	if !c.spend(e.cost(), now) {
		return TooFast, false, nil
	}
	if err := s.stand(tx, b.id, e.Author); err != nil {
		return Fine, false, err
	}
	if err := s.clear(tx, e); err != nil {
		return Fine, false, err
	}
	if e.live() {
		s.sum.add(e.hash)
	}
	s.items++
	s.bytes += e.cost()
	return Fine, true, s.insert(tx, e)
}

// known tells whether an item that is not above the last is there, or was replaced, or deleted
// with what was below a floor.
func known(tx *sql.Tx, s *shelf, e *entry) (why Reason, _ bool, err error) {
	same, err := find(tx, s, "(sequence = ? OR topic = ? AND name = ? AND sequence > ?)", int64(e.Sequence), e.Topic, bytesOf(e.Name), int64(e.Sequence))
	if err != nil {
		return Fine, false, err
	}
	for _, p := range same {
		if p.sequence == e.Sequence && p.hash != e.hash {
			return Twice, true, nil
		}
	}
	if len(same) > 0 || e.Name == "" {
		return Fine, len(same) > 0, nil
	}
	var floor []byte
	err = tx.QueryRow("SELECT value FROM items WHERE author = ? AND topic = ? AND length(name) = 0", s.row, e.Topic).Scan(&floor)
	if errors.Is(err, sql.ErrNoRows) {
		return Fine, false, nil
	}
	end := entry{Item: Item{Value: floor}}
	return Fine, err == nil && end.floor() > e.Sequence, err
}

// see counts an item in; false: there are too many.
func (f *afresh) see(e *entry) bool {
	if len(f.seen) >= slack*maxItems {
		return false
	}
	f.cursor, f.head = e.Sequence, e.digest
	f.seen = append(f.seen, e.Sequence)
	if e.live() {
		f.sum.add(e.hash)
	}
	return true
}

// finish judges what a member sent that said it was all.
func (b *Board) finish(v *visit, now time.Time) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if f := v.afresh; f != nil {
		if err := b.replaceLocked(f); err != nil {
			return fmt.Errorf("board: take: %w", err)
		}
	}
	for author := range v.touched {
		if v.blocked[author] || b.shelves[author] == nil {
			continue
		}
		c := b.careLocked(author)
		switch whole := b.shelves[author].whole(); {
		case whole:
			c.odd, c.shut, c.shutPause = false, time.Time{}, 0
		case !c.odd:
			b.refused[Withheld]++
			c.doubt(v.peer, now)
		}
	}
	return nil
}

// replaceLocked deletes what an author has no more by all that a member has of it, if that fits
// together and is not older than what we have.
func (b *Board) replaceLocked(f *afresh) error {
	s := b.shelves[f.author]
	if s == nil || f.failed || len(f.seen) == 0 || f.cursor < s.last || f.sum.digest() != f.head {
		return nil
	}
	next := *s
	err := database.Atomically(b.boards.store.db, func(tx *sql.Tx) error {
		all, err := find(tx, s, "1")
		if err != nil {
			return err
		}
		gone := slices.DeleteFunc(all, func(p placed) bool {
			_, seen := slices.BinarySearch(f.seen, p.sequence)
			return seen
		})
		return errors.Join(next.remove(tx, gone...), next.save(tx))
	})
	if err == nil {
		b.adoptLocked(f.author, &next)
		b.changedLocked()
	}
	return err
}
