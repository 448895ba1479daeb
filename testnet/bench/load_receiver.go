package bench

import (
	"errors"
	"fmt"
	"net"
	"sync"
	"time"

	"filbert/overlay/wire"
)

// receiver checks and counts what comes over one connection. A relay keeps the
// order of one sender's messages, so a number that was passed already is a
// message that came again.
type receiver struct {
	load  *load
	index int
	conn  net.Conn
	rest  []byte  // came with the handshake
	next  []int64 // by sender: the number expected
	moved []bool  // by sender: next is more than the sender knows

	mu sync.Mutex
	tally
}

// tally is what receivers counted.
type tally struct {
	Copies   int64 // right in every byte, come for the first time
	Repeated int64
	Altered  int64 // not what was sent, or sent to where it came from
	last     time.Duration
	delays   latencies
}

func (t *tally) merge(other tally) {
	t.Copies += other.Copies
	t.Repeated += other.Repeated
	t.Altered += other.Altered
	t.last = max(t.last, other.last)
	t.delays.merge(&other.delays)
}

func newReceiver(l *load, index int, conn net.Conn, rest []byte) *receiver {
	n := l.messages.senders
	return &receiver{load: l, index: index, conn: conn, rest: rest, next: make([]int64, n), moved: make([]bool, n)}
}

// run reads until the connection ends; that ends the load. It calls ready when
// the relay has said something: before it does it may not relay to us.
func (r *receiver) run(ready func()) {
	in := wire.NewReaderBuffered(r.conn, r.rest)
	for first := true; ; first = false {
		batch, err := in.ReadBatch()
		if err == nil {
			err = r.batch(batch)
		}
		if err != nil {
			r.load.stop(fmt.Errorf("bench: receive: %w", err))
			return
		}
		if first {
			ready()
		}
	}
}

// batch takes all frames of one read.
func (r *receiver) batch(rest []byte) error {
	now := r.load.now()
	r.mu.Lock()
	defer r.mu.Unlock()
	for len(rest) > 0 {
		f, tail, err := wire.SplitFrame(rest)
		if err != nil {
			return err
		}
		rest = tail
		switch {
		case f.Type() == wire.TypeQuery:
			r.query(now, f)
		case f.Type() == wire.TypePing && f.TTL() == 1:
			if err := r.alive(f.GUID()); err != nil {
				return err
			}
		case f.Type() == wire.TypeBye:
			return errors.New("the relay said BYE")
		}
	}
	for s, moved := range r.moved {
		if moved {
			r.load.senders[s].reached(r.index, r.next[s])
			r.moved[s] = false
		}
	}
	return nil
}

// query takes a copy.
func (r *receiver) query(now time.Duration, f wire.Frame) {
	s, number, ok := r.load.messages.recognise(f)
	switch {
	case !ok || s == r.index:
		r.Altered++
		return
	case number < r.next[s]:
		r.Repeated++
		return
	}
	r.Copies++
	r.next[s], r.moved[s] = number+1, true
	r.last = now
	r.delays.add(now - r.load.senders[s].sentAt(number))
}

// alive answers a relay that wants to know whether we are still there.
func (r *receiver) alive(guid wire.GUID) error {
	_, err := r.conn.Write(wire.AppendFrame(nil, guid, 1, 0, &wire.Pong{}))
	return err
}

// take returns what was counted since it was called last.
func (r *receiver) take() tally {
	r.mu.Lock()
	defer r.mu.Unlock()
	t := r.tally
	r.tally = tally{}
	return t
}
