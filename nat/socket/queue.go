package socket

import "net/netip"

// packet is a datagram that waits for its reader.
type packet struct {
	from netip.AddrPort
	data []byte
}

// queue is the datagrams of a view, oldest first. Buffers go around: whoever pushes
// one gets another for it.
type queue struct {
	maxPackets, maxBytes int

	ring  []packet
	head  int
	count int
	bytes int
	free  [][]byte
}

// push takes a datagram and returns a buffer for the next one; if there is no room,
// the same.
func (q *queue) push(p packet) ([]byte, DropReason) {
	switch {
	case q.count == q.maxPackets:
		return p.data, DropDatagrams
	case q.bytes+len(p.data) > q.maxBytes:
		return p.data, DropBytes
	}
	if q.count == len(q.ring) {
		q.grow()
	}
	q.ring[(q.head+q.count)%len(q.ring)] = p
	q.count++
	q.bytes += len(p.data)
	if n := len(q.free); n > 0 {
		next := q.free[n-1]
		q.free = q.free[:n-1]
		return next, 0
	}
	return newBuffer(), 0
}

// pop copies the oldest datagram to b, which may be too short for all of it. The
// queue must not be empty.
func (q *queue) pop(b []byte) (int, netip.AddrPort) {
	p := q.ring[q.head]
	q.ring[q.head] = packet{}
	q.head = (q.head + 1) % len(q.ring)
	q.count--
	q.bytes -= len(p.data)
	n := copy(b, p.data)
	if len(q.free) < keptBuffers {
		q.free = append(q.free, p.data)
	}
	if q.count == 0 && len(q.ring) > keptBuffers {
		q.ring, q.head = nil, 0
	}
	return n, p.from
}

// grow doubles the ring, with the oldest first.
func (q *queue) grow() {
	ring := make([]packet, min(max(4, 2*len(q.ring)), q.maxPackets))
	n := copy(ring, q.ring[q.head:])
	copy(ring[n:], q.ring[:q.head])
	q.ring, q.head = ring, 0
}

// drop forgets everything.
func (q *queue) drop() {
	q.ring, q.free = nil, nil
	q.head, q.count, q.bytes = 0, 0, 0
}

// newBuffer is one byte longer than a datagram may be, so that longer ones show.
func newBuffer() []byte { return make([]byte, maxDatagram+1) }
