package link

import (
	"encoding/binary"

	"filbert/overlay/wire"
)

// Queue holds the messages that wait for one link, most wanted first, in the
// order of gtk-gnutella's weights: BYE, what keeps the link itself alive and
// routed, pushes and hits (those that travelled farther have cost more: they go
// first), pongs, queries (those that travelled less reach more), pings and
// horizon estimates. Within a lane it is first in, first out.
//
// It is bounded in bytes. A message that does not fit pushes out the oldest
// ones of the lanes below its own; when that is not enough it is dropped.
// Either way the drop is counted by type. Queue is owned by the loop: no lock.
type Queue struct {
	lanes [lanes]lane
	bytes int
	drops Drops
}

// Drops counts messages that were never sent, by type.
type Drops struct {
	Push, Hit, Query, Pong, Ping, Other uint64
}

// Total is the sum over all types.
func (d Drops) Total() uint64 { return d.Push + d.Hit + d.Query + d.Pong + d.Ping + d.Other }

// Lanes in order of sending.
const (
	laneBye  = iota
	laneLink // route tables, vendor messages, alive pings and their pongs
	lanePushFar
	lanePush
	laneHitFar
	laneHit
	lanePong
	laneQuery // laneQuery+n holds queries of n hops, the last lane those of more
	_
	_
	laneQueryFar
	lanePing
	laneHorizon
	lanes
)

// lane is a first-in-first-out run of whole frames, back to back.
type lane struct {
	buf  []byte
	head int // frames before it are gone
}

// Push takes a copy of frame into the queue, or drops it.
func (q *Queue) Push(frame wire.Frame) {
	own := laneOf(frame)
	for q.bytes+len(frame) > MaxQueue {
		if !q.evictBelow(own) {
			q.drops.count(frame.Type())
			return
		}
	}
	q.lanes[own].push(frame)
	q.bytes += len(frame)
}

// AppendTo moves frames in order of sending to the end of dst, as long as dst
// stays within limit bytes, and returns dst.
func (q *Queue) AppendTo(dst []byte, limit int) []byte {
	for i := range q.lanes {
		l := &q.lanes[i]
		for l.len() > 0 {
			if whole := l.len(); len(dst)+whole <= limit {
				dst = append(dst, l.buf[l.head:]...)
				q.bytes -= whole
				l.reset()
				break
			}
			frame := l.front()
			if len(dst)+len(frame) > limit {
				return dst
			}
			dst = append(dst, frame...)
			q.bytes -= len(frame)
			l.drop(len(frame))
		}
	}
	return dst
}

// Len is what waits, in bytes.
func (q *Queue) Len() int { return q.bytes }

// Drops tells what was never sent.
func (q *Queue) Drops() Drops { return q.drops }

// evictBelow drops the oldest frame of the least wanted lane below own.
func (q *Queue) evictBelow(own int) bool {
	for i := lanes - 1; i > own; i-- {
		if l := &q.lanes[i]; l.len() > 0 {
			frame := l.front()
			q.drops.count(frame.Type())
			q.bytes -= len(frame)
			l.drop(len(frame))
			return true
		}
	}
	return false
}

// laneOf sorts a frame by type and hops.
func laneOf(f wire.Frame) int {
	switch f.Type() {
	case wire.TypeBye:
		return laneBye
	case wire.TypePush:
		if f.Hops() > farHops {
			return lanePushFar
		}
		return lanePush
	case wire.TypeQueryHit:
		if f.Hops() > farHops {
			return laneHitFar
		}
		return laneHit
	case wire.TypeHSEP:
		return laneHorizon
	case wire.TypeQuery:
		return min(laneQuery+int(f.Hops()), laneQueryFar)
	case wire.TypePong:
		if f.TTL() <= 1 && f.Hops() == 0 {
			return laneLink // answers an alive ping
		}
		return lanePong
	case wire.TypePing:
		if f.TTL() <= 1 {
			return laneLink
		}
		return lanePing
	}
	return laneLink
}

func (d *Drops) count(t wire.Type) {
	switch t {
	case wire.TypePush:
		d.Push++
	case wire.TypeQueryHit:
		d.Hit++
	case wire.TypeQuery:
		d.Query++
	case wire.TypePong:
		d.Pong++
	case wire.TypePing:
		d.Ping++
	default:
		d.Other++
	}
}

func (l *lane) len() int { return len(l.buf) - l.head }

func (l *lane) push(frame wire.Frame) {
	if l.head > 0 && len(l.buf)+len(frame) > cap(l.buf) {
		l.buf = l.buf[:copy(l.buf, l.buf[l.head:])]
		l.head = 0
	}
	l.buf = append(l.buf, frame...)
}

// front is the oldest frame; the lane must not be empty.
func (l *lane) front() wire.Frame {
	b := l.buf[l.head:]
	return wire.Frame(b[:wire.HeaderLen+int(binary.LittleEndian.Uint32(b[wire.HeaderLen-4:]))])
}

func (l *lane) drop(n int) {
	if l.head += n; l.head == len(l.buf) {
		l.reset()
	}
}

// reset empties the lane and lets go of memory that only a burst needed.
func (l *lane) reset() {
	if cap(l.buf) > idleBuffer && len(l.buf) < idleBuffer/4 {
		l.buf = nil
	}
	l.buf, l.head = l.buf[:0], 0
}
