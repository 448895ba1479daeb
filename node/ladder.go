package node

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"time"

	"filbert/nat"
	"filbert/overlay/handshake"
	"filbert/overlay/hostcache"
	"filbert/overlay/identity"
	"filbert/transfer"
)

// errBlocked is why nothing is fetched from a peer that the user does not want.
var errBlocked = errors.New("you blocked it")

// connector reaches sources by the ladder. It implements transfer.Connector.
type connector struct{ n *Node }

func (n *Node) connector() connector { return connector{n} }

// Connect implements transfer.Connector.
func (c connector) Connect(ctx context.Context, src transfer.Source) (net.Conn, error) {
	n := c.n
	if n.contacts.Blocks(src.Servent) {
		return nil, fmt.Errorf("node: %w", errBlocked)
	}
	facts := n.factsOf(ctx, peerOf(&src))
	conn, _, err := n.ladder.Climb(ctx, &facts, func(ctx context.Context, r nat.Rung) (net.Conn, error) {
		switch r {
		case nat.Direct6, nat.Direct4:
			return n.dial(ctx, facts.At(r), src)
		case nat.Push:
			conn, err := n.pushes.connect(ctx, src)
			if err != nil {
				return nil, err
			}
			return n.secure(ctx, conn, src)
		case nat.Punch:
			return n.punches.connect(ctx, src)
		case nat.Relay:
			return n.relays.connect(ctx, src)
		}
		return nil, fmt.Errorf("node: %v: %w", r, nat.ErrNoWay)
	})
	return conn, err
}

// dial connects to a source where it listens.
func (n *Node) dial(ctx context.Context, at netip.AddrPort, src transfer.Source) (net.Conn, error) {
	conn, err := n.dials.DialContext(ctx, "tcp", at.String())
	if err != nil {
		return nil, err
	}
	return n.secure(ctx, conn, src)
}

// secure goes on in TLS with a source that vouched for what it has, with the owner of that
// key or nobody. Nobody listens between two programs of one machine: there it stays plain,
// which is faster. The connection is closed when it fails.
func (n *Node) secure(ctx context.Context, conn net.Conn, src transfer.Source) (net.Conn, error) {
	if n.layer == nil || !src.Vouched || addrOf(conn).IsLoopback() {
		return conn, nil
	}
	config, err := identity.FetchTLS(src.Peer, n.cfg.face)
	var secured net.Conn
	if err == nil {
		secured, err = n.layer.Between(config).Client(ctx, conn, nil, time.Now().Add(handshake.Timeout))
	}
	if err != nil {
		conn.Close()
		return nil, fmt.Errorf("node: %v: %w", conn.RemoteAddr(), err)
	}
	return secured, nil
}

// peerOf is what a source says of how it is reached.
func peerOf(src *transfer.Source) nat.Peer {
	return nat.Peer{Servent: src.Servent, Addr: src.Addr, IPv6: src.IPv6, Push: src.Push, Proxies: src.Proxies, Key: src.Peer, Relays: src.Relays, PunchProxies: src.PunchProxies}
}

// factsOf is what decides how a peer is reached.
func (n *Node) factsOf(ctx context.Context, p nat.Peer) nat.Facts {
	if n.cfg.Hosts.Acceptable(netip.AddrPortFrom(p.IPv6, p.Addr.Port()), anybody) != hostcache.Kept {
		p.IPv6 = netip.Addr{} // nobody can have it
	}
	f := nat.Facts{Peer: p}
	f.NoPunch, f.Relayed = n.punches.why(identity.PeerID(p.Key))
	f.MayPunch = n.punches.mayOpen(&p)
	if p.Servent != [16]byte{} { // or it cannot be asked to connect to us
		f.Own = n.openness(ctx)
	}
	addrs, all := n.ownNetworks()
	f.NoIPv4, f.NoIPv6 = all, all
	for _, own := range addrs {
		f.NoIPv4 = f.NoIPv4 && !own.Addr().Is4()
		f.NoIPv6 = f.NoIPv6 && (!own.Addr().Is6() || own.Addr().IsLinkLocalUnicast())
		f.Near = f.Near || own.Masked().Contains(p.Addr.Addr()) && own.Addr() != p.Addr.Addr() && near(p.Addr)
	}
	return f
}

// near reports whether an address is one of a local network at which servents listen.
func near(at netip.AddrPort) bool {
	scope := hostcache.Class(at.Addr())
	return (scope == hostcache.Private || scope == hostcache.LinkLocal) && at.Port() >= minNearPort
}

// openness is whether others can connect to us.
func (n *Node) openness(ctx context.Context) nat.Openness {
	s, err := n.overlay.Status(ctx)
	switch {
	case err == nil && s.TCP.Open:
		return nat.Open
	case err != nil || len(s.Neighbors) == 0 || time.Since(n.started) < relaySettle:
		return nat.Unproven
	}
	return nat.Closed
}

// ownNetworks is the networks this machine is on, with its addresses there, and whether these
// are all it has: it may listen at one of them alone.
func (n *Node) ownNetworks() (own []netip.Prefix, all bool) {
	network, tells := n.cfg.Network.(addresses)
	if at := n.addr.Addr(); !tells || !at.IsUnspecified() {
		bits := nearBits4
		if at.Is6() {
			bits = nearBits6
		}
		return []netip.Prefix{netip.PrefixFrom(at, bits)}, false
	}
	own, err := network.Addrs()
	if err != nil {
		n.log.Debug().Err(err).Msg("own addresses are not known")
		return nil, false
	}
	return own, len(own) > 0
}
