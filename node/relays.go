package node

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/netip"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/rs/zerolog"

	"filbert/nat/relay"
	"filbert/overlay"
	"filbert/overlay/handshake"
	"filbert/overlay/hostcache"
	"filbert/overlay/identity"
	"filbert/overlay/wire"
)

// relays is the node's part in relaying: it relays for others while they reach it, is
// reached over its neighbors while nobody can connect to it, and reaches others that
// way.
type relays struct {
	id      *identity.Identity
	web     *webListener
	log     zerolog.Logger
	overlay relayOverlay
	own     func() []netip.Addr // of this machine, without loopback
	port    uint16

	punches *punches

	server *relay.Server // nil: we relay for nobody
	client *relay.Client
	tls    *tls.Config // of circuits that come

	external atomic.Pointer[netip.Addr] // as others see us

	mu     sync.Mutex
	held   map[netip.AddrPort]*relay.Listener // at most relay.Wanted
	failed map[netip.AddrPort]relayFailure    // of neighbors alone
	serves atomic.Int64                       // circuits whose first line is read
}

// relayFailure is how often in a row there was no reservation at a relay, and when it
// may be asked again.
type relayFailure struct {
	count int
	retry time.Time
}

// relayOverlay is what relays ask of the overlay; *overlay.Overlay is one.
type relayOverlay interface {
	Status(ctx context.Context) (overlay.Status, error)
	SetRelayed(wire.Relayed) error
}

// prover is an identity as relays know peers.
type prover struct{ *identity.Identity }

// Peer implements relay.Prover.
func (p prover) Peer() relay.PeerID { return relay.PeerID(p.PeerID()) }

// Prove implements relay.Prover.
func (p prover) Prove(message []byte) []byte { return p.Sign(message) }

// openRelays prepares both sides. The overlay is not there yet.
func (n *Node) openRelays() error {
	serve, err := n.cfg.Identity.ServeTLS()
	if err != nil {
		return err
	}
	dial := func(ctx context.Context, at netip.AddrPort) (net.Conn, error) {
		return n.dials.DialContext(ctx, "tcp", at.String())
	}
	r := &relays{
		id: n.cfg.Identity, web: n.web, log: n.log, own: n.ownAddrs, port: n.addr.Port(),
		client: relay.NewClient(dial, prover{n.cfg.Identity}), tls: serve,
		held: map[netip.AddrPort]*relay.Listener{}, failed: map[netip.AddrPort]relayFailure{},
	}
	if n.cfg.Relay {
		r.server = relay.NewServer(relay.ServerConfig{Self: relay.PeerID(n.cfg.Identity.PeerID()), Own: r.isOwn})
		r.server.Open(false) // until others have reached us
	}
	n.relays = r
	return nil
}

// isOwn reports whether a peer may have reached us at an address.
func (r *relays) isOwn(at netip.AddrPort) bool {
	if at.Port() != r.port {
		return false
	}
	if seen := r.external.Load(); seen != nil && *seen == at.Addr() || at.Addr().IsLoopback() {
		return true
	}
	for _, own := range r.own() {
		if own == at.Addr() {
			return true
		}
	}
	return false
}

func (r *relays) stats() relay.Stats {
	if r.server == nil {
		return relay.Stats{}
	}
	return r.server.Stats()
}

// accept holds a conversation with somebody who wants us to relay.
func (r *relays) accept(ctx context.Context, conn net.Conn, in *bufio.Reader, line string) {
	if r.server == nil {
		conn.Close()
		return
	}
	if err := r.server.Serve(ctx, conn, in, line); err != nil {
		r.log.Debug().Err(err).Stringer("peer", conn.RemoteAddr()).Msg("relay")
	}
}

// run relays, and keeps reservations, as the overlay has it, until ctx ends.
func (r *relays) run(ctx context.Context) error {
	var circuits sync.WaitGroup
	defer circuits.Wait()
	defer r.leaveAll()
	tick := time.NewTicker(relayPeriod)
	defer tick.Stop()
	began, told := time.Now(), ""
	for {
		s, err := r.overlay.Status(ctx)
		if err != nil {
			return nil // the overlay has ended, and we are about to
		}
		if r.server != nil {
			r.server.Open(s.Relays)
		}
		r.external.Store(&s.External)
		switch {
		case s.TCP.Open:
			r.leaveAll()
		case time.Since(began) >= relaySettle:
			r.reserve(ctx, &circuits, s.Neighbors)
		}
		if at, text := r.relayed(); text != told {
			told = text
			if err := r.overlay.SetRelayed(at); err != nil {
				return nil // likewise
			}
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return nil
		}
	}
}

// reserve sees to it that there are reservations at as many neighbors as are wanted.
func (r *relays) reserve(ctx context.Context, circuits *sync.WaitGroup, neighbors []overlay.Neighbor) {
	now := time.Now()
	var choice []relay.Candidate
	var held []netip.AddrPort
	r.mu.Lock()
	for at, l := range r.held {
		select {
		case <-l.Done():
			delete(r.held, at)
			r.fail(now, at)
		default:
			held = append(held, at)
		}
	}
	known := map[netip.AddrPort]bool{}
	for i := range neighbors {
		at := neighbors[i].Listen
		known[at] = true
		if _, reserved := r.held[at]; neighbors[i].Relays && !reserved {
			choice = append(choice, relay.Candidate{Addr: at, Reachable: true, RTT: neighbors[i].RTT, Retry: r.failed[at].retry})
		}
	}
	for at := range r.failed {
		if !known[at] {
			delete(r.failed, at)
		}
	}
	r.mu.Unlock()

	var asking sync.WaitGroup
	defer asking.Wait()
	for _, at := range relay.Choose(now, choice, held, relay.Wanted) {
		asking.Go(func() {
			l, err := r.client.Listen(ctx, at, relay.ListenConfig{TLS: r.tls})
			r.mu.Lock()
			defer r.mu.Unlock()
			if err != nil {
				r.fail(time.Now(), at)
				r.log.Debug().Err(err).Stringer("relay", at).Msg("no reservation")
				return
			}
			delete(r.failed, at)
			r.held[at] = l
			circuits.Go(func() { r.acceptCircuits(ctx, circuits, l) })
			r.log.Info().Stringer("relay", at).Msg("others reach us over a relay")
		})
	}
}

// fail notes that there is no reservation at a relay; the caller holds mu.
func (r *relays) fail(now time.Time, at netip.AddrPort) {
	f := r.failed[at]
	f.count++
	f.retry = now.Add(relay.RetryAfter(f.count))
	r.failed[at] = f
}

// leaveAll ends all reservations.
func (r *relays) leaveAll() {
	r.mu.Lock()
	defer r.mu.Unlock()
	for at, l := range r.held {
		l.Close()
		delete(r.held, at)
	}
}

// relayed is what the network is told of us: how we are reached over relays, and the
// same as a text.
func (r *relays) relayed() (at wire.Relayed, text string) {
	at.At = r.reservations()
	if len(at.At) == 0 {
		return wire.Relayed{}, ""
	}
	at.Peer = r.id.PeerID()
	for _, a := range at.At {
		text += a.String() + " "
	}
	return at, text
}

// reservations is the relays that lead to us.
func (r *relays) reservations() (at []netip.AddrPort) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for a, l := range r.held {
		select {
		case <-l.Done():
		default:
			at = append(at, a)
		}
	}
	slices.SortFunc(at, netip.AddrPort.Compare)
	return at
}

// acceptCircuits serves those who come over a relay, until the reservation ends.
func (r *relays) acceptCircuits(ctx context.Context, circuits *sync.WaitGroup, l *relay.Listener) {
	for {
		conn, err := l.Accept()
		if err != nil {
			if !errors.Is(err, net.ErrClosed) {
				r.log.Debug().Err(err).Stringer("relay", l.Addr()).Msg("reservation is over")
			}
			return
		}
		c, ok := conn.(*relay.Conn)
		if !ok || r.serves.Load() >= maxCircuits {
			conn.Close()
			continue
		}
		r.serves.Add(1)
		circuits.Go(func() {
			defer r.serves.Add(-1)
			r.serve(ctx, c)
		})
	}
}

// serve reads the first line of a circuit and hands it over: to whoever serves files,
// or opens paths.
func (r *relays) serve(ctx context.Context, c *relay.Conn) {
	stop := context.AfterFunc(ctx, func() { c.Close() })
	defer stop()
	c.SetDeadline(time.Now().Add(handshake.Timeout)) // an error shows at the read
	in := bufio.NewReaderSize(c, firstBuffer)
	line, err := firstLine(in)
	if err == nil && string(line) == punchHello {
		r.punches.answer(ctx, c, in)
		return
	}
	if err != nil || !isHTTP(line) || isProxyRequest(line) || !stop() ||
		!r.web.hand(ctx, httpConn(&circuit{Conn: c}, in, line)) {
		c.Close()
	}
}

// httpConn is a connection whose first line was read from in.
func httpConn(conn net.Conn, in *bufio.Reader, line []byte) *webConn {
	rest, _ := in.Peek(in.Buffered())
	return &webConn{Conn: conn, prefix: append(append(bytes.Clone(line), "\r\n"...), rest...)}
}

// circuit is a connection that came over a relay. Its other end is who connected, so
// that slots and limits are his; but what the relay says of that makes nobody a
// neighbor on the local network who does not come from there.
type circuit struct{ *relay.Conn }

// RemoteAddr implements net.Conn.
func (c *circuit) RemoteAddr() net.Addr {
	if !c.From.IsValid() || hostcache.Class(c.From.Addr()) < hostcache.Class(c.Relay.Addr()) {
		return c.Conn.RemoteAddr()
	}
	return net.TCPAddrFromAddrPort(c.From)
}
