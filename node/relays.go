package node

import (
	"bufio"
	"context"
	"crypto/tls"
	"net"
	"net/netip"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/rs/zerolog"

	"filbert/nat/relay"
	"filbert/nat/stun"
	"filbert/overlay"
	"filbert/overlay/handshake"
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
	hairpin func() bool         // of our NAT, if it is known to have one
	thrifty *atomic.Bool        // bytes are to be saved
	port    uint16

	punches *punches
	lines   *lines

	server *relay.Server // nil: we relay for nobody
	client *relay.Client
	tls    *tls.Config // of circuits that come

	happened happened

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
	Doubt() error
}

// prover is an identity as relays know peers.
type prover struct{ *identity.Identity }

// Peer implements relay.Prover.
func (p prover) Peer() relay.PeerID { return relay.PeerID(p.PeerID()) }

// Prove implements relay.Prover.
func (p prover) Prove(message []byte) []byte { return p.Sign(message) }

// openRelays prepares both sides. The overlay is not there yet.
func (n *Node) openRelays() error {
	serve, err := n.cfg.face.ServeTLS()
	if err != nil {
		return err
	}
	dial := func(ctx context.Context, at netip.AddrPort) (net.Conn, error) {
		return n.dials.DialContext(ctx, "tcp", at.String())
	}
	r := &relays{
		id: n.cfg.face, web: n.web, log: n.log, happened: happened{&n.events}, own: n.ownAddrs, port: n.addr.Port(),
		thrifty: &n.upkeep.thrifty,
		client:  relay.NewClient(dial, prover{n.cfg.face}), tls: serve,
		hairpin: func() bool { return n.stuns.discovered().Report.Hairpin == stun.Yes },
		held:    map[netip.AddrPort]*relay.Listener{}, failed: map[netip.AddrPort]relayFailure{},
	}
	r.client.Shake = n.shake
	if n.cfg.Relay {
		r.server = relay.NewServer(relay.ServerConfig{Self: relay.PeerID(n.cfg.face.PeerID()), Own: r.isOwn, Friend: func(p relay.PeerID) bool { return n.groups.fellow(identity.PeerID(p)) }})
		r.server.Open(false) // until others have reached us
	}
	n.relays = r
	return nil
}

// shake makes the handshake of a circuit, which computes as those of links do. It implements
// relay.Shake.
func (n *Node) shake(ctx context.Context, conn net.Conn, config *tls.Config, server bool) (*tls.Conn, error) {
	layer := n.shaking.Between(config)
	side := layer.Client
	if server {
		side = layer.Server
	}
	deadline, ok := ctx.Deadline()
	if !ok {
		deadline = time.Now().Add(handshake.Timeout)
	}
	secured, err := side(ctx, conn, nil, deadline)
	if err != nil {
		return nil, err
	}
	return secured.(*tls.Conn), nil // as all of a Layer are
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

// wanted is at how many relays we want a reservation. Who is connected to at a port that
// a router forwards has one: others behind that router do not get there unless it has a
// hairpin, and find us by words over a relay.
func (r *relays) wanted(s *overlay.Status) int {
	switch {
	case !s.TCP.Open && r.thrifty.Load():
		return 1
	case !s.TCP.Open:
		return relay.Wanted
	case s.External.Is4() && !slices.Contains(r.own(), s.External) && !r.hairpin():
		return 1
	}
	return 0
}

// addressChanged writes down where we are seen; was is nil at the first look.
func (r *relays) addressChanged(was *netip.Addr, is netip.Addr) {
	switch {
	case was != nil:
		r.happened.address(*was, is, "as neighbors, the router or the settings say")
	case is.IsValid():
		r.happened.address(netip.Addr{}, is, "as the settings say")
	}
}

// run relays, and keeps reservations, as the overlay has it, until ctx ends.
func (r *relays) run(ctx context.Context) error {
	var circuits sync.WaitGroup
	defer circuits.Wait()
	defer r.leaveAll("the node ends")
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
		if was := r.external.Swap(&s.External); was == nil || *was != s.External {
			r.addressChanged(was, s.External)
		}
		switch wanted := r.wanted(&s); {
		case wanted == 0:
			r.leaveAll("others connect to us")
		case time.Since(began) >= relaySettle:
			r.reserve(ctx, &circuits, s.Neighbors, wanted)
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
