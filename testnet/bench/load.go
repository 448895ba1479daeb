package bench

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"sync"
	"time"

	"filbert/overlay/handshake"
	"filbert/overlay/wire"
)

// load is one side of a measurement: connections to one relay, each with a
// sender and a receiver. Receivers run from connect to close, senders for one
// spell at a time.
type load struct {
	messages  messages
	window    int
	epoch     time.Time // all times are counted from it
	senders   []*sender
	receivers []*receiver

	stop context.CancelCauseFunc // ends the receivers
	life context.Context
	work sync.WaitGroup
}

// spell is what one spell of load came to.
type spell struct {
	Sent    int64         // messages
	Stalls  int64         // times a sender gave up waiting
	Elapsed time.Duration // from the first message to the last copy
	tally
}

func (s *spell) copiesPerSecond() float64 { return float64(s.Copies) / s.Elapsed.Seconds() }

// connect opens the connections of a load and waits until the relay serves all
// of them.
func connect(ctx context.Context, relay netip.AddrPort, cfg RelayConfig, window int) (_ *load, err error) {
	l := &load{messages: newMessages(cfg.Connections, cfg.MessageBytes), window: window, epoch: time.Now()}
	l.life, l.stop = context.WithCancelCause(context.WithoutCancel(ctx))
	defer func() {
		if err != nil {
			l.close()
		}
	}()
	ready := make(chan struct{}, cfg.Connections)
	for i := range cfg.Connections {
		conn, rest, err := call(ctx, relay, i)
		if err != nil {
			return nil, err
		}
		s := newSender(l, i, conn)
		r := newReceiver(l, i, conn, rest)
		l.senders, l.receivers = append(l.senders, s), append(l.receivers, r)
	}
	for _, r := range l.receivers {
		l.work.Go(func() { r.run(func() { ready <- struct{}{} }) })
	}
	late := time.NewTimer(connectTimeout)
	defer late.Stop()
	for range l.receivers {
		select {
		case <-ready:
		case <-late.C:
			return nil, errors.New("bench: the relay does not greet its neighbors")
		case <-l.life.Done():
			return nil, context.Cause(l.life)
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
	return l, nil
}

// call opens one connection and shakes hands as an ultrapeer. The rest is what
// the relay has said since.
func call(ctx context.Context, relay netip.AddrPort, i int) (conn net.Conn, rest []byte, err error) {
	ctx, cancel := context.WithTimeout(ctx, connectTimeout)
	defer cancel()
	var d net.Dialer
	if conn, err = d.DialContext(ctx, "tcp", relay.String()); err != nil {
		return nil, nil, fmt.Errorf("bench: connect: %w", err)
	}
	s := handshake.Session{Conn: conn, Reader: bufio.NewReader(conn), Deadline: time.Now().Add(handshake.Timeout)}
	offer := handshake.Offer{Agent: "load", GUID: wire.GUID{0: byte(i + 1), 8: 0xFF}, Degree: maxConnections, MaxTTL: sentTTL}
	e, err := handshake.Initiate(ctx, s, offer, anyone{})
	if err != nil {
		conn.Close()
		return nil, nil, fmt.Errorf("bench: %w", err)
	}
	return conn, e.Rest, nil
}

// anyone judges: every relay is welcome.
type anyone struct{}

func (anyone) Judge(context.Context, *handshake.Peer) handshake.Verdict { return handshake.Accepted() }

// saturate sends as fast as the window lets it and waits until all copies have
// come or are given up.
func (l *load) saturate(ctx context.Context, d time.Duration) (spell, error) {
	return l.spell(ctx, func(s *sender) error { return s.saturate(ctx, d) })
}

// trickle sends rate messages per second, evenly over all connections.
func (l *load) trickle(ctx context.Context, d time.Duration, rate int) (spell, error) {
	pause := time.Duration(len(l.senders)) * time.Second / time.Duration(rate)
	return l.spell(ctx, func(s *sender) error {
		return s.trickle(ctx, d, pause, pause*time.Duration(s.index)/time.Duration(len(l.senders)))
	})
}

// spell lets all senders send and adds up what came of it.
func (l *load) spell(ctx context.Context, send func(*sender) error) (spell, error) {
	for _, r := range l.receivers {
		r.take() // what came after its spell was given up
	}
	var sum spell
	var sent, stalls int64
	for _, s := range l.senders {
		sent, stalls = sent-s.number, stalls-s.stalls
	}
	begin := l.now()
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
	for _, s := range l.senders {
		sent, stalls = sent+s.number, stalls+s.stalls
	}
	for _, r := range l.receivers {
		sum.tally.merge(r.take())
	}
	sum.Sent, sum.Stalls = sent, stalls
	sum.Elapsed = max(sum.last-begin, 0)
	return sum, nil
}

// now is the time since the epoch.
func (l *load) now() time.Duration { return time.Since(l.epoch) }

// close ends the connections and waits for the receivers.
func (l *load) close() {
	l.stop(net.ErrClosed)
	for _, s := range l.senders {
		s.conn.Close()
	}
	l.work.Wait()
}
