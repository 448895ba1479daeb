package relay

import (
	"bufio"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"
)

// ListenConfig describes a Listener.
type ListenConfig struct {
	// TLS is that of our end of each circuit, as server. Whom it lets in is its
	// business.
	TLS *tls.Config

	// Consent reports whether we want a circuit from an address, as the relay saw it.
	// Nil: from all. It must not block.
	Consent func(from netip.AddrPort) bool
}

// Listener accepts connections over one relay, at which it has a reservation. It ends
// with that; then Accept returns why, and another relay may be chosen. Close it anyway.
type Listener struct {
	client  *Client
	relay   netip.AddrPort
	addr    net.Addr
	config  ListenConfig
	grant   Grant
	expires atomic.Int64 // unix ns
	renewAt atomic.Int64 // likewise; again each keepalive until it is answered

	conn     net.Conn
	outbox   chan control // bounded by maxOutbox
	conns    chan *Conn   // bounded by maxArriving
	arriving atomic.Int32 // circuits that are opened or wait for Accept
	counts   listenCounts

	ctx  context.Context // ends with the listener
	stop context.CancelCauseFunc
	work sync.WaitGroup
}

// listenCounts counts offers by what became of them.
type listenCounts struct{ offered, refused, failed, opened atomic.Uint64 }

// ListenStats is what a listener did: how many circuits it was offered, refused, could
// not open, and opened.
type ListenStats struct{ Offered, Refused, Failed, Opened uint64 }

// Listen reserves at a relay and keeps the reservation until the Listener is closed or
// the relay is lost. ctx is for the reservation only.
func (c *Client) Listen(ctx context.Context, relay netip.AddrPort, config ListenConfig) (*Listener, error) {
	secure, err := secured(config.TLS, false)
	if err != nil {
		return nil, err
	}
	config.TLS = secure
	ctx, cancel := context.WithTimeout(ctx, dialTime)
	defer cancel()
	call, err := c.call(ctx, relay, "reserve")
	if err != nil {
		return nil, err
	}
	terms, err := c.prove(call, relay)
	if err == nil {
		err = call.through(ctx)
	}
	if err != nil {
		return nil, call.fail(ctx, err)
	}
	l := &Listener{
		client: c, relay: relay, addr: net.TCPAddrFromAddrPort(relay), config: config, grant: terms.grant,
		conn: call.conn, outbox: make(chan control, maxOutbox), conns: make(chan *Conn, maxArriving),
	}
	l.ctx, l.stop = context.WithCancelCause(context.Background())
	l.reserved(terms.expires)
	l.work.Go(func() { l.stop(l.listen(call.r)) })
	l.work.Go(func() { l.stop(l.speak(terms.keepalive)) })
	return l, nil
}

// reserved notes for how long the reservation is.
func (l *Listener) reserved(left time.Duration) {
	now := time.Now()
	expires := now.Add(left)
	l.expires.Store(expires.UnixNano())
	l.renewAt.Store(RenewAt(now, expires).UnixNano())
}

// terms is what a relay answers to a reservation.
type terms struct {
	grant              Grant
	expires, keepalive time.Duration
}

// prove reserves: it signs what the relay asks.
func (c *Client) prove(call *call, relay netip.AddrPort) (t terms, err error) {
	relay = unmapped(relay)
	self := c.self.Peer()
	b := endBlock(request{verb: verbReserve, peer: self}.appendTo(nil))
	c.kept.Add(uint64(4*segmentHeaders + len(b)))
	head, err := call.ask(b, statusProve)
	if err != nil {
		return terms{}, err
	}
	var nonce [nonceLen]byte
	if !parseHex(nonce[:], head.nonce) {
		return terms{}, &FormatError{"nonce"}
	}
	b = request{verb: verbProof, peer: self}.appendTo(nil)
	b = appendField(b, headerRelay, relay.String())
	b = appendField(b, headerSignature, hexOf(c.self.Prove(proofMessage(nonce, self, relay))))
	b = endBlock(b)
	c.kept.Add(uint64(2*segmentHeaders + len(b)))
	if head, err = call.ask(b, OK); err != nil {
		return terms{}, err
	}
	if t.grant, err = head.grant(); err != nil {
		return terms{}, err
	}
	var ok, keepOK bool
	t.expires, ok = seconds(head.expires)
	t.keepalive, keepOK = seconds(head.keepalive)
	if !ok || !keepOK {
		return terms{}, &FormatError{"terms of a reservation"}
	}
	t.keepalive = min(max(t.keepalive, keepaliveTime/2), keepaliveTime) // it neither makes us chatter nor lose the way
	return t, nil
}

// Accept returns the next connection. After the end of the listener it returns why:
// net.ErrClosed, ErrLost, or a *StatusError of the relay.
func (l *Listener) Accept() (net.Conn, error) {
	select {
	case c := <-l.conns:
		l.arriving.Add(-1)
		l.counts.opened.Add(1)
		return c, nil
	case <-l.ctx.Done():
		return nil, context.Cause(l.ctx)
	}
}

// Close ends the reservation. Connections that Accept returned go on.
func (l *Listener) Close() error {
	l.stop(net.ErrClosed)
	l.conn.Close() // its loss is what the relay sees
	l.work.Wait()
	for {
		select {
		case c := <-l.conns:
			c.Close()
		default:
			return nil
		}
	}
}

// Addr is the relay's address.
func (l *Listener) Addr() net.Addr { return l.addr }

// Done ends with the listener; Accept then tells why.
func (l *Listener) Done() <-chan struct{} { return l.ctx.Done() }

// Grant is what each circuit may carry.
func (l *Listener) Grant() Grant { return l.grant }

// Expires is when the reservation ends, if it is not renewed.
func (l *Listener) Expires() time.Time { return time.Unix(0, l.expires.Load()) }

// Stats returns a copy of the counters.
func (l *Listener) Stats() ListenStats {
	return ListenStats{l.counts.offered.Load(), l.counts.refused.Load(), l.counts.failed.Load(), l.counts.opened.Load()}
}

// listen reads control lines until the reservation ends, and returns why.
func (l *Listener) listen(r *bufio.Reader) error {
	for {
		l.conn.SetReadDeadline(time.Now().Add(silenceTime))
		line, err := readLine(r)
		if err != nil {
			return fmt.Errorf("%w: %w", ErrLost, err)
		}
		c, err := parseControl(line)
		if err != nil {
			return err
		}
		switch c.kind {
		case renewed:
			l.reserved(c.left)
		case over:
			return &StatusError{Op: "reserve", Code: c.status, Text: c.status.String()}
		case offer:
			l.offered(c)
		}
	}
}

// speak sends pings, renewals and refusals until the listener ends.
func (l *Listener) speak(keepalive time.Duration) error {
	defer l.conn.Close()
	next := time.NewTimer(keepalive)
	defer next.Stop()
	for {
		var c control
		select {
		case <-l.ctx.Done():
			return nil
		case c = <-l.outbox:
		case <-next.C:
			next.Reset(keepalive)
			c = control{kind: ping}
			if time.Now().UnixNano() >= l.renewAt.Load() {
				c.kind = renew
			}
		}
		l.conn.SetWriteDeadline(time.Now().Add(HandshakeTime))
		b := c.appendTo(nil)
		l.client.kept.Add(uint64(2*segmentHeaders + len(b))) // the answer is acknowledged
		if _, err := l.conn.Write(b); err != nil {
			return fmt.Errorf("%w: %w", ErrLost, err)
		}
	}
}

// offered opens a circuit that we want, or refuses it.
func (l *Listener) offered(c control) {
	l.counts.offered.Add(1)
	wanted := l.config.Consent == nil || l.config.Consent(c.from)
	if !wanted || l.arriving.Load() >= maxArriving {
		l.counts.refused.Add(1)
		select {
		case l.outbox <- control{kind: refuse, circuit: c.circuit}:
		default: // the relay waits in vain, then
		}
		return
	}
	l.arriving.Add(1)
	l.work.Go(func() {
		conn, err := l.open(c)
		if err != nil {
			l.counts.failed.Add(1)
			l.arriving.Add(-1)
			return
		}
		l.conns <- conn // has room for all that arrive
	})
}

// open accepts a circuit: we dial nobody but the relay.
func (l *Listener) open(c control) (*Conn, error) {
	ctx, cancel := context.WithTimeout(l.ctx, dialTime)
	defer cancel()
	raw, err := l.client.open(ctx, l.relay, "accept", request{verb: verbAccept, circuit: c.circuit})
	if err != nil {
		return nil, err
	}
	conn, err := l.client.shake()(ctx, raw, l.config.TLS, true)
	if err != nil {
		raw.Close()
		return nil, errors.Join(errors.New("relay: TLS with the peer"), err)
	}
	return &Conn{Conn: conn, Grant: raw.grant, Relay: l.relay, From: c.from}, nil
}
