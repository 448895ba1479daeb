package overlay

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"time"

	"filbert/overlay/handshake"
	"filbert/overlay/identity"
	"filbert/overlay/link"
	"filbert/overlay/tlslink"
)

// dialTimeout bounds the opening of a connection, before the handshake.
const dialTimeout = 10 * time.Second

// helloBuffer is what a connection in the handshake holds in memory, in bytes.
const helloBuffer = 4 << 10

// dial opens a link that the Core asked for. Where TLS fails it tries once more
// without, and remembers that. It does not where an ID was promised or is wanted: who is
// between could make anybody's fail.
func (o *Overlay) dial(ctx context.Context, d Dial) {
	j := &judging{o: o, id: d.Link}
	e, err := o.attempt(ctx, d, j)
	var failed *handshake.TLSError
	if errors.As(err, &failed) && ctx.Err() == nil {
		o.post(letter{call: func() { o.distrust(d.Addr) }})
		e, err = o.attempt(ctx, Dial{Link: d.Link, Addr: d.Addr, Peer: d.Peer}, j)
	}
	if err != nil {
		o.post(letter{event: &Failed{d.Link, err}})
		return
	}
	o.start(d.Link, e)
}

// attempt connects and shakes hands once.
func (o *Overlay) attempt(ctx context.Context, d Dial, j *judging) (_ *handshake.Established, err error) {
	connect, cancel := context.WithTimeout(ctx, dialTimeout)
	conn, err := o.dialer.DialContext(connect, "tcp", d.Addr.String())
	cancel()
	if err != nil {
		return nil, fmt.Errorf("overlay: dial %v: %w", d.Addr, err)
	}
	defer func() {
		if err != nil {
			conn.Close()
		}
	}()
	s := o.session(conn, nil, time.Now().Add(handshake.Timeout))
	if d.TLS && o.tls != nil {
		if s.Conn, err = o.tls.Client(ctx, conn, nil, s.Deadline); err != nil {
			return nil, &handshake.TLSError{Err: err}
		}
		s.Secured = true
	}
	s.Reader = bufio.NewReaderSize(s.Conn, helloBuffer)
	offer, err := o.offer(ctx, conn, d.Addr)
	if err != nil {
		return nil, err
	}
	if offer.Expect = d.Peer; d.Peer != (identity.PeerID{}) {
		offer.TLS, offer.Proves = o.tls != nil, o.ids != nil
	}
	j.conn, j.offered = conn, offer.Role
	return handshake.Initiate(ctx, s, offer, j)
}

// distrust remembers that TLS with a host failed.
func (o *Overlay) distrust(addr netip.AddrPort) {
	if len(o.untrusted) == maxUntrusted {
		o.untrusted = o.untrusted[:copy(o.untrusted, o.untrusted[1:])]
	}
	o.untrusted = append(o.untrusted, addr)
}

// Accept takes a connection that opened with a Gnutella handshake: line is its
// first line, r holds what follows, deadline is when the handshake must be over.
// It returns when the handshake is over; the connection is the overlay's from
// the call on. It may be one of TLS already.
func (o *Overlay) Accept(ctx context.Context, conn net.Conn, r *bufio.Reader, line string, deadline time.Time) error {
	id := link.ID(o.nextIn.Add(2))
	offer, err := o.offer(ctx, conn, netip.AddrPort{})
	if err == nil {
		var e *handshake.Established
		j := &judging{o: o, id: id, conn: conn, inbound: true}
		if e, err = handshake.Accept(ctx, o.session(conn, r, deadline), line, offer, j); err == nil {
			o.start(id, e)
			return nil
		}
	}
	conn.Close()
	o.post(letter{event: &Failed{id, err}})
	return err
}

// protocols is what links and hosts are told that we speak.
var protocols = handshake.Protocols{
	QueryRouting:          handshake.Version{Minor: 2},
	UltrapeerQueryRouting: handshake.Version{Minor: 1},
	DynamicQuerying:       handshake.Version{Minor: 1},
	ExtProbes:             handshake.Version{Minor: 1},
	VendorMessage:         handshake.Version{Minor: 2},
	HSEP:                  handshake.Version{Minor: 2},
}

// session is a connection before its handshake.
func (o *Overlay) session(conn net.Conn, r *bufio.Reader, deadline time.Time) handshake.Session {
	s := handshake.Session{Conn: conn, Reader: r, Deadline: deadline, Secured: tlslink.Is(conn)}
	if o.tls != nil {
		s.TLS = o.tls
	}
	if o.ids != nil {
		s.IDs = o.ids
	}
	return s
}

// offer is what we say on a connection, to a host that we called or, when that is
// invalid, to one that calls us.
func (o *Overlay) offer(ctx context.Context, conn net.Conn, called netip.AddrPort) (handshake.Offer, error) {
	offer := handshake.Offer{Agent: o.agent, Deflate: o.deflate}
	err := o.run(ctx, func() {
		offer.Role, offer.Protocols = o.core.role.is, protocols
		if o.core.isUltrapeer() {
			offer.Protocols.Guess = handshake.Version{Minor: 2}
		}
		if o.core.cfg.Browse {
			offer.Protocols.Browse = handshake.Version{Major: 1}
		}
		if o.core.relays() {
			offer.Protocols.Relay = handshake.Version{Minor: 1}
		}
		if o.core.servesSTUN() {
			offer.Protocols.STUN = handshake.Version{Minor: 1}
		}
		offer.GUID, offer.Degree, offer.MaxTTL = o.core.cfg.GUID, o.core.cfg.Max, o.core.cfg.MaxTTL
		offer.Listen = o.core.self.towards(hostOf(conn.LocalAddr()).Addr(), hostOf(conn.RemoteAddr()).Addr())
		offer.LiveSince = o.core.started
		offer.TLS = o.tls != nil && !slices.Contains(o.untrusted, called)
		offer.Proves = offer.TLS && o.ids != nil
	})
	if err != nil {
		return handshake.Offer{}, err // the loop may still be at offer
	}
	return offer, nil
}

// start makes a link of a connection whose handshake succeeded.
func (o *Overlay) start(id link.ID, e *handshake.Established) {
	started := o.post(letter{call: func() {
		if o.ended || o.core.links[id] == nil {
			e.Conn.Close() // the core changed its mind while the peer confirmed
			return
		}
		stream := link.Stream{Conn: e.Conn, Prefix: e.Rest, Inflate: e.DeflateIn, Deflate: e.DeflateOut}
		o.ports[id] = &port{link: link.Start(id, stream, o, &o.work)}
		o.step(&Up{Link: id, Peer: e.Peer, Terms: e.Terms})
		if n := o.core.links[id]; n != nil {
			o.resolve(n.remote, nil)
			o.resolve(n.listen, nil)
		}
	}})
	if !started {
		e.Conn.Close()
	}
}

// judging asks the Core about one peer.
type judging struct {
	o       *Overlay
	id      link.ID
	conn    net.Conn
	inbound bool
	offered handshake.Role // of an outbound connection

	// Of a first attempt whose TLS failed: the Core keeps a slot already.
	met     *handshake.Peer
	verdict handshake.Verdict
}

// Judge implements handshake.Judge.
func (j *judging) Judge(ctx context.Context, p *handshake.Peer) handshake.Verdict {
	if j.o.bouncer != nil && j.o.bouncer.Blocks(p.GUID) {
		return handshake.Refused(handshake.Forbidden, "Not wanted")
	}
	if j.met == nil {
		j.met, j.verdict = p, j.ask(ctx, p)
	} else if p.Role != j.met.Role || p.GUID != j.met.GUID {
		return handshake.Refused(handshake.Conflict, "You were somebody else")
	}
	return j.verdict
}

func (j *judging) ask(ctx context.Context, p *handshake.Peer) handshake.Verdict {
	reply := make(chan handshake.Verdict, 1)
	ev := &Applied{
		Link:    j.id,
		Remote:  hostOf(j.conn.RemoteAddr()),
		Local:   hostOf(j.conn.LocalAddr()).Addr(),
		Inbound: j.inbound,
		Offered: j.offered,
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
