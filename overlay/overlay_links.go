package overlay

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"net/netip"
	"time"

	"filbert/overlay/handshake"
	"filbert/overlay/link"
)

// dialTimeout bounds the opening of a connection, before the handshake.
const dialTimeout = 10 * time.Second

// helloBuffer is what a connection in the handshake holds in memory, in bytes.
const helloBuffer = 4 << 10

// dial opens a link that the Core asked for.
func (o *Overlay) dial(ctx context.Context, id link.ID, addr netip.AddrPort) {
	connect, cancel := context.WithTimeout(ctx, dialTimeout)
	conn, err := o.dialer.DialContext(connect, "tcp", addr.String())
	cancel()
	if err != nil {
		o.post(letter{event: &Failed{id, fmt.Errorf("overlay: dial %v: %w", addr, err)}})
		return
	}
	s := handshake.Session{Conn: conn, Reader: bufio.NewReaderSize(conn, helloBuffer), Deadline: time.Now().Add(handshake.Timeout)}
	j := &judging{o: o, id: id, conn: conn}
	offer, err := o.offer(ctx, conn)
	if err == nil {
		var e *handshake.Established
		if e, err = handshake.Initiate(ctx, s, offer, j); err == nil {
			o.start(id, conn, e)
			return
		}
	}
	conn.Close()
	o.post(letter{event: &Failed{id, err}})
}

// Accept takes a connection that opened with a Gnutella handshake: line is its
// first line, r holds what follows, deadline is when the handshake must be over.
// It returns when the handshake is over; the connection is the overlay's from
// the call on.
func (o *Overlay) Accept(ctx context.Context, conn net.Conn, r *bufio.Reader, line string, deadline time.Time) error {
	id := link.ID(o.nextIn.Add(2))
	offer, err := o.offer(ctx, conn)
	if err == nil {
		var e *handshake.Established
		s := handshake.Session{Conn: conn, Reader: r, Deadline: deadline}
		if e, err = handshake.Accept(ctx, s, line, offer, &judging{o: o, id: id, conn: conn, inbound: true}); err == nil {
			o.start(id, conn, e)
			return nil
		}
	}
	conn.Close()
	o.post(letter{event: &Failed{id, err}})
	return err
}

// offer is what we say on a connection.
func (o *Overlay) offer(ctx context.Context, conn net.Conn) (handshake.Offer, error) {
	offer := handshake.Offer{Agent: o.agent}
	err := o.run(ctx, func() {
		offer.GUID, offer.Degree, offer.MaxTTL = o.core.cfg.GUID, o.core.cfg.Max, o.core.cfg.MaxTTL
		offer.Listen = o.core.self.towards(hostOf(conn.LocalAddr()).Addr(), hostOf(conn.RemoteAddr()).Addr())
	})
	if err != nil {
		return handshake.Offer{}, err // the loop may still be at offer
	}
	return offer, nil
}

// start makes a link of a connection whose handshake succeeded.
func (o *Overlay) start(id link.ID, conn net.Conn, e *handshake.Established) {
	started := o.post(letter{call: func() {
		if o.ended || o.core.links[id] == nil {
			conn.Close() // the core changed its mind while the peer confirmed
			return
		}
		o.ports[id] = &port{link: link.Start(id, conn, e.Rest, o, &o.work)}
		o.step(&Up{id})
		if n := o.core.links[id]; n != nil {
			o.resolve(n.remote, nil)
			o.resolve(n.listen, nil)
		}
	}})
	if !started {
		conn.Close()
	}
}

// judging asks the Core about one peer.
type judging struct {
	o       *Overlay
	id      link.ID
	conn    net.Conn
	inbound bool
}

// Judge implements handshake.Judge.
func (j *judging) Judge(ctx context.Context, p *handshake.Peer) handshake.Verdict {
	reply := make(chan handshake.Verdict, 1)
	ev := &Applied{
		Link:    j.id,
		Remote:  hostOf(j.conn.RemoteAddr()),
		Local:   hostOf(j.conn.LocalAddr()).Addr(),
		Inbound: j.inbound,
		Peer:    p,
	}
	asked := j.o.post(letter{call: func() {
		j.o.verdicts[j.id] = reply
		j.o.step(ev)
	}})
	if asked {
		select {
		case v := <-reply:
			return v
		case <-j.o.done:
		case <-ctx.Done():
		}
	}
	return handshake.Refused(handshake.Full, "Shutting down")
}

// hostOf is the address of a TCP or UDP end, IPv4 in its own form.
func hostOf(a net.Addr) netip.AddrPort {
	if a, ok := a.(interface{ AddrPort() netip.AddrPort }); ok {
		ap := a.AddrPort()
		return netip.AddrPortFrom(ap.Addr().Unmap().WithZone(""), ap.Port())
	}
	return netip.AddrPort{}
}
