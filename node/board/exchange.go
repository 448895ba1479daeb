package board

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"time"

	"filbert/overlay/identity"
)

// line is a line to a member.
type line struct {
	conn net.Conn
	r    *bufio.Reader
	buf  []byte
	ends time.Time
}

func newLine(conn net.Conn) *line {
	return &line{conn: conn, r: bufio.NewReader(conn), ends: time.Now().Add(lineTime)}
}

func (l *line) deadline() time.Time {
	if d := time.Now().Add(moveTime); d.Before(l.ends) {
		return d
	}
	return l.ends
}

// read reads one frame, whose body is good until the next.
func (l *line) read() (frameKind, []byte, error) {
	l.conn.SetReadDeadline(l.deadline()) // an error shows at the read
	kind, body, err := readFrame(l.r, l.buf)
	l.buf = body[:0]
	return kind, body, err
}

func (l *line) write(b []byte) error {
	l.conn.SetWriteDeadline(l.deadline()) // likewise
	_, err := l.conn.Write(b)
	return err
}

// exchange asks a member, and then answers what it asks.
func (b *Board) exchange(ctx context.Context, peer identity.PeerID) error {
	dialing, cancel := context.WithTimeout(ctx, dialTime)
	conn, err := b.boards.cfg.Lines.Dial(dialing, peer)
	cancel()
	if err != nil {
		return fmt.Errorf("board: %w", err)
	}
	defer conn.Close()
	defer context.AfterFunc(ctx, func() { conn.Close() })()
	l := newLine(conn)
	if err := b.pull(l, peer); err != nil {
		return fmt.Errorf("board: ask: %w", err)
	}
	if err := l.write(appendFrame(nil, frameTurn, nil)); err != nil {
		return fmt.Errorf("board: %w", err)
	}
	if _, err := b.give(l, peer, nil); err != nil && !errors.Is(err, io.EOF) {
		return fmt.Errorf("board: answer: %w", err)
	}
	return nil
}

// pull asks until all is here.
func (b *Board) pull(l *line, peer identity.PeerID) error {
	v := b.visit(peer, time.Now())
	err := b.pullAll(l, v)
	if why := ReasonOf(err); why == Malformed || why == Forged {
		b.refuse(why)
		b.shun(peer)
	}
	if v.got > 0 {
		b.spread()
	}
	return err
}

func (b *Board) pullAll(l *line, v *visit) error {
	for {
		a := b.ask(v, time.Now())
		if err := l.write(appendFrame(nil, frameAsk, a.appendTo(nil))); err != nil {
			return err
		}
		list, more, err := b.answer(l, a)
		if err != nil {
			return err
		}
		if err := b.take(v, list); err != nil {
			return err
		}
		if !more {
			return b.finish(v, time.Now())
		}
		if !v.moved {
			return errors.New("the answers do not end")
		}
	}
}

// answer reads what answers a question.
func (b *Board) answer(l *line, a *ask) (list []*entry, more bool, err error) {
	bytes := 0
	for {
		kind, body, err := l.read()
		if err != nil {
			return nil, false, err
		}
		switch kind {
		case frameEnd:
			return list, body[0] != 0, refused(Reason(body[1]))
		case frameItem:
		default:
			return nil, false, refused(Malformed)
		}
		e, err := parseEntry(body)
		if err != nil {
			return nil, false, err
		}
		if bytes += e.cost(); bytes > batchBytes || len(list) == batchItems || !a.wants(e) || len(list) > 0 && !list[len(list)-1].before(e) {
			return nil, false, refused(Malformed)
		}
		if !e.genuine(b.id) {
			return nil, false, refused(Forged)
		}
		list = append(list, e)
	}
}

// before is the order of an answer.
func (e *entry) before(next *entry) bool {
	c := slices.Compare(e.Author[:], next.Author[:])
	return c < 0 || c == 0 && e.Sequence < next.Sequence
}

// wants tells whether an item was asked for.
func (a *ask) wants(e *entry) bool {
	i, found := slices.BinarySearchFunc(a.marks, e.Author, func(m mark, p identity.PeerID) int { return slices.Compare(m.author[:], p[:]) })
	return found && e.Sequence > a.marks[i].after
}

// give answers a member until it says that it is our turn. First is a question that was read
// already. It returns the last one.
func (b *Board) give(l *line, peer identity.PeerID, first *ask) (last *ask, err error) {
	for range maxAsks {
		a := first
		if first = nil; a == nil {
			kind, body, err := l.read()
			if err != nil {
				return nil, err
			}
			switch kind {
			case frameTurn:
				return last, nil
			case frameAsk:
			default:
				return nil, refused(Malformed)
			}
			if a, err = parseAsk(body); err != nil {
				return nil, err
			}
		}
		list, more, err := b.batch(peer, a)
		if err != nil {
			return nil, errors.Join(err, l.write(appendEnd(nil, false, ReasonOf(err))))
		}
		var out []byte
		for _, e := range list {
			if out = appendFrame(out, frameItem, e.appendTo(nil)); len(out) > 2*MaxValue {
				if err := l.write(out); err != nil {
					return nil, err
				}
				out = out[:0]
			}
		}
		if err := l.write(appendEnd(out, more, Fine)); err != nil {
			return nil, err
		}
		last = a
	}
	return nil, refused(Busy)
}

// batch is what answers a question of a peer, or why it gets nothing.
func (b *Board) batch(peer identity.PeerID, a *ask) (out []*entry, more bool, err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	state := b.group.State() // under the lock: what is written after an expulsion is read after it
	if _, member := state.Member(peer); !member || a.group != b.id || b.closed {
		b.refused[NotMember]++
		return nil, false, refused(NotMember)
	}
	if a.records != state.Digest() {
		b.refused[Differ]++
		return nil, false, refused(Differ)
	}
	bytes := batchBytes
	for _, m := range a.marks {
		s := b.shelves[m.author]
		if _, member := state.Member(m.author); !member || s == nil || s.last <= m.after {
			continue
		}
		list, cut, err := b.boards.store.after(m.author, s, m.after, batchItems-len(out), bytes)
		if err != nil {
			b.log.Warn().Err(err).Msg("items cannot be read")
			return nil, false, refused(Busy)
		}
		for _, e := range list {
			bytes -= e.cost()
		}
		if out = append(out, list...); cut {
			return out, true, nil
		}
	}
	return out, false, nil
}

// behind tells whether who asked has something that we lack.
func (b *Board) behind(a *ask) bool {
	state := b.group.State()
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, m := range a.marks {
		if _, member := state.Member(m.author); member && m.after != nothing && m.after > b.shelfLocked(m.author).last {
			return true
		}
	}
	return false
}
