package fabric

import (
	"net/netip"
	"time"
)

// event is a segment, a datagram or a fault on its way.
type event struct {
	at    time.Duration // since the start of the Net
	link  *link         // nil: a fault
	n     uint64        // number on the link, or of the fault
	kind  Kind
	drop  DropReason // it was lost on its way
	from  netip.AddrPort
	to    netip.AddrPort
	size  int // bytes of data; of a Window, bytes acknowledged
	data  []byte
	src   *conn       // TCP: the sender
	dst   *conn       // TCP: the receiver, nil for a SYN
	sock  *packetConn // UDP: the sender, until the datagram no longer counts as in flight
	fault Fault
	inner *Host // of a NAT box: the destination is translated
}

// before orders the events of one instant: faults, then by source host, destination host and number on the link. The
// order is total, because the two hosts are the link, and it keeps that of the segments of each connection.
func (e *event) before(f *event) bool {
	switch {
	case e.link == f.link:
		return e.n < f.n
	case e.link == nil || f.link == nil:
		return e.link == nil
	}
	if c := e.link.From.Compare(f.link.From); c != 0 {
		return c < 0
	}
	if c := e.link.To.Compare(f.link.To); c != 0 {
		return c < 0
	}
	return e.n < f.n
}

// queue is a binary heap of events, with their times beside them: most comparisons end there.
type queue []slot

type slot struct {
	at time.Duration
	ev *event
}

func (a slot) before(b slot) bool {
	if a.at != b.at {
		return a.at < b.at
	}
	return a.ev.before(b.ev)
}

// next returns the next event and leaves it there; nil if there is none.
func (q queue) next() *event {
	if len(q) == 0 {
		return nil
	}
	return q[0].ev
}

func (q *queue) push(ev *event) {
	s := slot{ev.at, ev}
	h := append(*q, s)
	i := len(h) - 1
	for i > 0 {
		up := (i - 1) / 2
		if !s.before(h[up]) {
			break
		}
		h[i] = h[up]
		i = up
	}
	h[i] = s
	*q = h
}

// pop removes the next event of a queue that is not empty.
func (q *queue) pop() *event {
	h := *q
	last := len(h) - 1
	top, s := h[0].ev, h[last]
	h[last] = slot{}
	h = h[:last]
	*q = h
	if last == 0 {
		return top
	}
	i := 0
	for {
		down := 2*i + 1
		if down >= last {
			break
		}
		if right := down + 1; right < last && h[right].before(h[down]) {
			down = right
		}
		if !h[down].before(s) {
			break
		}
		h[i] = h[down]
		i = down
	}
	h[i] = s
	return top
}
