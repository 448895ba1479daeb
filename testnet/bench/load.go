package bench

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"filbert/overlay/handshake"
	"filbert/overlay/wire"
)

// plan is what a load is made of. Its ultrapeers each have a sender and a
// receiver, its leaves a receiver.
type plan struct {
	ultrapeers int
	messages   messages
	window     int // messages of one sender on their way
	terms

	shelf  shelf // of the leaves; with none, route tables are not spoken of
	tables bool  // leaves and ultrapeers tell their tables when they come
}

// load is one side of a measurement: connections to one relay, from connect to
// close. Receivers run all the time, senders for one spell at a time.
type load struct {
	plan
	epoch     time.Time // all times are counted from it
	senders   []*sender
	receivers []*receiver // of the ultrapeers, then of the leaves

	leafCopies atomic.Int64  // that leaves got, since ever
	leafWanted atomic.Int64  // wake when there are so many; 0 = nobody waits
	leafWake   chan struct{} // holds a token then
	pongs      chan int      // receivers that got the pong they asked for

	stop context.CancelCauseFunc // ends the receivers
	life context.Context
	work sync.WaitGroup
}

// spell is what one spell of load came to.
type spell struct {
	Sent     int64         // messages
	Expected int64         // copies that should have come
	Stalls   int64         // times a sender gave up waiting
	Elapsed  time.Duration // from the first message to the last copy
	tally
}

func (s *spell) copiesPerSecond() float64 { return float64(s.Copies) / s.Elapsed.Seconds() }

// connect opens the connections of a load, ultrapeers first, and waits until the
// relay serves all of them. stage, if not nil, is called between the ultrapeers
// and the leaves.
func connect(ctx context.Context, relay netip.AddrPort, p plan, stage func() error) (_ *load, err error) {
	l := &load{plan: p, epoch: time.Now(), leafWake: make(chan struct{}, 1), pongs: make(chan int, p.ultrapeers+p.shelf.leaves)}
	l.life, l.stop = context.WithCancelCause(context.WithoutCancel(ctx))
	defer func() {
		if err != nil {
			l.close()
		}
	}()
	if err := l.come(ctx, relay, handshake.RoleUltrapeer, p.ultrapeers); err != nil {
		return nil, err
	}
	if p.tables {
		if err := l.tellUltrapeers(ctx); err != nil {
			return nil, err
		}
	}
	if stage != nil {
		if err := stage(); err != nil {
			return nil, err
		}
	}
	if err := l.come(ctx, relay, handshake.RoleLeaf, p.shelf.leaves); err != nil || !p.tables {
		return l, err
	}
	return l, l.tellLeaves(ctx)
}

// come opens more connections and starts their receivers.
func (l *load) come(ctx context.Context, relay netip.AddrPort, role handshake.Role, count int) error {
	lines, errs := make([]*line, count), make([]error, count)
	atOnce := 1 // ultrapeers have the numbers in which a relay sees them come
	if role == handshake.RoleLeaf {
		atOnce = connectAtOnce
	}
	var next atomic.Int64
	var calling sync.WaitGroup
	for range atOnce {
		calling.Go(func() {
			for i := int(next.Add(1)) - 1; i < count; i = int(next.Add(1)) - 1 {
				lines[i], errs[i] = call(ctx, relay, guest{len(l.receivers) + i, l.terms, role})
			}
		})
	}
	calling.Wait()
	for i, line := range lines {
		if line == nil {
			continue
		}
		at, leaf := len(l.receivers), i
		if role == handshake.RoleUltrapeer {
			leaf = ultrapeer
			l.senders = append(l.senders, newSender(l, at, line))
		}
		l.receivers = append(l.receivers, newReceiver(l, at, leaf, line))
	}
	for _, err := range errs {
		if err != nil {
			return err // the others are likely the same
		}
	}
	ready := make(chan struct{}, count)
	for _, r := range l.receivers[len(l.receivers)-count:] {
		l.work.Go(func() { r.run(func() { ready <- struct{}{} }) })
	}
	late := time.NewTimer(connectTimeout)
	defer late.Stop()
	for range count {
		select {
		case <-ready:
		case <-late.C:
			return errors.New("bench: the relay does not greet its neighbors")
		case <-l.life.Done():
			return context.Cause(l.life)
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}

// saturate sends as fast as the window lets it and waits until all copies have
// come or are given up.
func (l *load) saturate(ctx context.Context, d time.Duration) (spell, error) {
	return l.spell(ctx, func(s *sender) error { return s.saturate(ctx, d) })
}

// trickle sends rate messages per second, evenly over all connections and one by
// one.
func (l *load) trickle(ctx context.Context, d time.Duration, rate int) (spell, error) {
	pause := time.Duration(len(l.senders)) * time.Second / time.Duration(rate)
	return l.spell(ctx, func(s *sender) error {
		return s.trickle(ctx, d, pause, pause*time.Duration(s.index)/time.Duration(len(l.senders)))
	})
}

// pace sends rate messages per second, evenly over all connections, whatever
// comes of them.
func (l *load) pace(ctx context.Context, d time.Duration, rate int) (spell, error) {
	return l.spell(ctx, func(s *sender) error { return s.pace(ctx, d, float64(rate)/float64(len(l.senders))) })
}

// spell lets all senders send and adds up what came of it.
func (l *load) spell(ctx context.Context, send func(*sender) error) (spell, error) {
	for _, r := range l.receivers {
		r.take() // what came after its spell was given up
	}
	before := make([]int64, len(l.senders))
	var sum spell
	for i, s := range l.senders {
		before[i] = s.number
		sum.Stalls -= s.stalls
	}
	had, begin := l.leafCopies.Load(), l.now()
	errs := make([]error, len(l.senders))
	var sending sync.WaitGroup
	for i, s := range l.senders {
		sending.Go(func() { errs[i] = send(s) })
	}
	sending.Wait()
	if err := errors.Join(errs...); err != nil {
		if l.life.Err() != nil {
			err = context.Cause(l.life)
		}
		return spell{}, err
	}
	var forLeaves int64
	for i, s := range l.senders {
		sum.Sent += s.number - before[i]
		sum.Stalls += s.stalls
		forLeaves += l.forLeaves(i, before[i], s.number)
	}
	sum.Expected = sum.Sent*int64(len(l.senders)-1) + forLeaves
	stalled, err := l.awaitLeaves(ctx, had+forLeaves)
	if err != nil {
		return spell{}, err
	}
	if stalled {
		sum.Stalls++
	}
	for _, r := range l.receivers {
		sum.tally.merge(r.take())
	}
	sum.Elapsed = max(sum.last-begin, 0)
	return sum, nil
}

// forLeaves is how many copies of a sender's messages leaves should get.
func (l *load) forLeaves(sender int, from, to int64) (copies int64) {
	if l.shelf.leaves == 0 {
		return 0
	}
	for n := from; n < to; n++ {
		copies += l.shelf.size(l.messages.group(sender, n))
	}
	return copies
}

// awaitLeaves waits until leaves have got so many copies in all. It reports
// whether it gave up.
func (l *load) awaitLeaves(ctx context.Context, copies int64) (stalled bool, err error) {
	late := time.NewTimer(stallAfter)
	defer late.Stop()
	for l.leafCopies.Load() < copies {
		l.leafWanted.Store(copies)
		if l.leafCopies.Load() >= copies {
			break // they came while we told what we want
		}
		select {
		case <-l.leafWake:
		case <-late.C:
			l.leafWanted.Store(0)
			return true, nil
		case <-l.life.Done():
			return false, context.Cause(l.life)
		case <-ctx.Done():
			return false, ctx.Err()
		}
	}
	l.leafWanted.Store(0)
	return false, nil
}

// leavesGot counts copies that a leaf got.
func (l *load) leavesGot(copies int64) {
	have := l.leafCopies.Add(copies)
	if wanted := l.leafWanted.Load(); wanted > 0 && have >= wanted && l.leafWanted.CompareAndSwap(wanted, 0) {
		select {
		case l.leafWake <- struct{}{}:
		default:
		}
	}
}

// ask sends a ping on some connections and waits until the relay answered each:
// it has taken everything then that was sent before.
func (l *load) ask(ctx context.Context, receivers []*receiver) error {
	ping := wire.AppendFrame(nil, pingGUID, 1, 0, &wire.Ping{})
	for _, r := range receivers {
		if err := r.line.write(ping); err != nil {
			return err
		}
	}
	late := time.NewTimer(connectTimeout)
	defer late.Stop()
	for n := range receivers {
		select {
		case <-l.pongs:
		case <-late.C:
			return fmt.Errorf("bench: %d of %d pings are not answered", len(receivers)-n, len(receivers))
		case <-l.life.Done():
			return context.Cause(l.life)
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}

// now is the time since the epoch.
func (l *load) now() time.Duration { return time.Since(l.epoch) }

// close ends the connections and waits for the receivers.
func (l *load) close() {
	l.stop(net.ErrClosed)
	for _, r := range l.receivers {
		r.line.conn.Close()
	}
	l.work.Wait()
}
