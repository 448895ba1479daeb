package bench

import (
	"context"
	"sync/atomic"
	"time"
)

// sender sends the messages of one connection. It keeps at most a window of
// them on their way: a message is on its way until every other connection has
// got it.
type sender struct {
	load  *load
	index int
	line  *line
	wake  chan struct{}  // holds a token when a receiver has got what was waited for
	times []atomic.Int64 // when message n was sent, at n modulo the length
	got   []progress     // by receiver

	// Below: owned by whoever sends.
	number int64 // of the next message
	stalls int64
	buf    []byte
	timer  *time.Timer
}

// progress is how far one receiver is with the messages of one sender.
type progress struct {
	number atomic.Int64 // next message expected; all before it came or are lost
	wanted atomic.Int64 // the sender wants to be woken here; 0 = it does not wait
	_      [112]byte    // the next one has cache lines of its own
}

func newSender(l *load, index int, line *line) *sender {
	times := 1
	for times < 4*l.window { // what comes late, after a stall, is timed as well
		times *= 2
	}
	return &sender{
		load:  l,
		index: index,
		line:  line,
		wake:  make(chan struct{}, 1),
		times: make([]atomic.Int64, times),
		got:   make([]progress, l.messages.senders),
		buf:   make([]byte, 0, l.window*l.messages.size),
		timer: time.NewTimer(stallAfter),
	}
}

// saturate sends half a window whenever half the window is free.
func (s *sender) saturate(ctx context.Context, d time.Duration) error {
	end := s.load.now() + d
	chunk := max(s.load.window/2, 1)
	for s.load.now() < end {
		if err := s.await(ctx, s.number+int64(chunk-s.load.window)); err != nil {
			return err
		}
		if err := s.send(chunk); err != nil {
			return err
		}
	}
	return s.await(ctx, s.number)
}

// trickle sends one message every pause, the first after a delay.
func (s *sender) trickle(ctx context.Context, d, pause, delay time.Duration) error {
	next := s.load.now() + delay
	for end := s.load.now() + d; next < end; next += pause {
		s.timer.Reset(next - s.load.now())
		select {
		case <-s.timer.C:
		case <-s.load.life.Done():
			return s.load.life.Err()
		case <-ctx.Done():
			return ctx.Err()
		}
		if err := s.send(1); err != nil {
			return err
		}
	}
	return s.await(ctx, s.number)
}

// pace sends a number of messages per second, what is due at each tick, and never
// waits for copies. When the load itself is late it catches up by a few ticks'
// worth at a time: the relay gets no bursts that an even load would not have.
func (s *sender) pace(ctx context.Context, d time.Duration, perSecond float64) error {
	begin, first := s.load.now(), s.number
	most := max(int(perSecond*paceTick.Seconds()*paceBurst), 1)
	for now := begin; now < begin+d; now = s.load.now() {
		due := int64((now-begin).Seconds()*perSecond) - (s.number - first)
		if n := min(int(due), most, s.load.window); n > 0 {
			if err := s.send(n); err != nil {
				return err
			}
		}
		s.timer.Reset(paceTick)
		select {
		case <-s.timer.C:
		case <-s.load.life.Done():
			return s.load.life.Err()
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return s.await(ctx, s.number)
}

// send sends the next n messages by one write.
func (s *sender) send(n int) error {
	s.buf = s.buf[:0]
	now := int64(s.load.now())
	for range n {
		s.buf = s.load.messages.appendTo(s.buf, s.index, s.number)
		s.times[s.number&int64(len(s.times)-1)].Store(now)
		s.number++
	}
	return s.line.write(s.buf)
}

// sentAt is when a message was sent.
func (s *sender) sentAt(number int64) time.Duration {
	return time.Duration(s.times[number&int64(len(s.times)-1)].Load())
}

// await waits until all receivers are at a number. What takes too long is given
// up.
func (s *sender) await(ctx context.Context, number int64) error {
	s.timer.Reset(stallAfter)
	for i := range s.got {
		p := &s.got[i]
		for i != s.index && p.number.Load() < number {
			p.wanted.Store(number)
			if p.number.Load() >= number {
				break // it came while we told what we want
			}
			select {
			case <-s.wake:
			case <-s.timer.C:
				s.giveUp(number)
				return nil
			case <-s.load.life.Done():
				return s.load.life.Err()
			case <-ctx.Done():
				return ctx.Err()
			}
		}
	}
	return nil
}

// giveUp takes what receivers do not have below a number for lost.
func (s *sender) giveUp(number int64) {
	s.stalls++
	for i := range s.got {
		p := &s.got[i]
		p.wanted.Store(0)
		if p.number.Load() < number {
			p.number.Store(number)
		}
	}
}

// reached tells a sender that a receiver expects the given number next.
func (s *sender) reached(receiver int, number int64) {
	p := &s.got[receiver]
	p.number.Store(number)
	if wanted := p.wanted.Load(); wanted > 0 && number >= wanted && p.wanted.CompareAndSwap(wanted, 0) {
		select {
		case s.wake <- struct{}{}:
		default:
		}
	}
}
