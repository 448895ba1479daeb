package bench

import (
	"errors"
	"fmt"
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
	leaf  int // its number, or ultrapeer
	line  *line
	next  []int64 // by sender: the number expected
	moved []bool  // by sender: next is more than the sender knows

	mu sync.Mutex
	tally
}

// ultrapeer stands for the number of a leaf where there is none.
const ultrapeer = -1

// tally is what receivers counted.
type tally struct {
	Copies   int64 // right in every byte, come for the first time
	Repeated int64
	Altered  int64 // not what was sent, or sent to where it came from
	Strays   int64 // right in every byte, but sent to a leaf that does not have it
	last     time.Duration
	delays   latencies
}

func (t *tally) merge(other tally) {
	t.Copies += other.Copies
	t.Repeated += other.Repeated
	t.Altered += other.Altered
	t.Strays += other.Strays
	t.last = max(t.last, other.last)
	t.delays.merge(&other.delays)
}

func newReceiver(l *load, index, leaf int, line *line) *receiver {
	n := l.messages.senders
	return &receiver{load: l, index: index, leaf: leaf, line: line, next: make([]int64, n), moved: make([]bool, n)}
}

// run reads until the connection ends; that ends the load. It calls ready when
// the relay has said something: before it does it may not relay to us.
func (r *receiver) run(ready func()) {
	for first := true; ; first = false {
		batch, err := r.line.in.ReadBatch()
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
	had := r.Copies
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
		case f.Type() == wire.TypePong && f.GUID() == pingGUID:
			r.load.pongs <- r.index // has room for it
		case f.Type() == wire.TypeBye:
			return errors.New("the relay said BYE")
		}
	}
	if r.leaf != ultrapeer {
		if r.Copies > had {
			r.load.leavesGot(r.Copies - had)
		}
		return nil
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
	case r.leaf != ultrapeer && r.load.messages.group(s, number) != r.load.shelf.of(r.leaf):
		r.Strays++
		return
	}
	r.Copies++
	r.next[s], r.moved[s] = number+1, true
	r.last = now
	r.delays.add(now - r.load.senders[s].sentAt(number))
}

// alive answers a relay that wants to know whether we are still there.
func (r *receiver) alive(guid wire.GUID) error {
	return r.line.write(wire.AppendFrame(nil, guid, 1, 0, &wire.Pong{}))
}

// take returns what was counted since it was called last.
func (r *receiver) take() tally {
	r.mu.Lock()
	defer r.mu.Unlock()
	t := r.tally
	r.tally = tally{}
	return t
}
