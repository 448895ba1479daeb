package node

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"filbert/nat/relay"
	"filbert/overlay/group"
	"filbert/overlay/identity"
	"filbert/transfer"
)

// serviceGroups is the service of lines that members of groups speak over.
const serviceGroups = "groups"

// groupStreams is lines as groups have streams. It implements group.Streams.
type groupStreams struct {
	lines *lines
	sent  *atomic.Uint64 // bytes, with headers
	conns chan net.Conn
	done  chan struct{}
	once  sync.Once
}

func newGroupStreams(l *lines, sent *atomic.Uint64) *groupStreams {
	s := &groupStreams{lines: l, sent: sent, conns: make(chan net.Conn), done: make(chan struct{})}
	l.handle(serviceGroups, s.serve)
	return s
}

// Dial implements group.Streams. What an invite says may be older than what is known, or newer:
// if the one leads nowhere the other is tried.
func (s *groupStreams) Dial(ctx context.Context, to group.Ask) (net.Conn, error) {
	known := s.lines.where(to.Peer)
	ways := []transfer.Source{known}
	if said := cardOf(to); said.leads() {
		invited := known
		said.tell(&invited)
		ways = append(ways, invited)
		if !known.Addr.IsValid() && len(known.Relays)+len(known.Proxies) == 0 {
			ways = ways[1:]
		}
	}
	var conn net.Conn
	var err error
	for i, src := range ways {
		if conn, err = s.dial(ctx, src, len(ways)-i); err == nil {
			return &groupConn{conn, s.sent}, nil
		}
		if errors.Is(err, ErrLineRefused) {
			break
		}
	}
	if crowded(err) {
		err = fmt.Errorf("%w: %w", &group.RefusedError{Reason: group.Busy}, err)
	}
	return nil, err
}

// crowded reports whether a relay has no room for us now, and may have some soon.
func crowded(err error) bool {
	return slices.ContainsFunc([]relay.Status{
		relay.HostCircuits, relay.PeerCircuits, relay.PeerBusy, relay.HostHandshakes, relay.TooOften, relay.PeerRefused, relay.FullCircuits, relay.FullHandshakes,
	}, func(code relay.Status) bool { return errors.Is(err, &relay.StatusError{Code: code}) })
}

// dial opens a line within a share of the time that is left.
func (s *groupStreams) dial(ctx context.Context, src transfer.Source, share int) (net.Conn, error) {
	if until, ok := ctx.Deadline(); ok {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, time.Until(until)/time.Duration(share))
		defer cancel()
	}
	return s.lines.dialTo(ctx, src, serviceGroups)
}

// cardOf is how a peer is reached, as an invite says. It may name a host that we do not look up.
func cardOf(a group.Ask) card {
	at, _ := netip.ParseAddrPort(a.Address)
	return card{At: at, IPv6: a.Via.IPv6, Push: a.Via.Push, Relays: usable(a.Via.Relays, maxAskedRelays), Proxies: usable(a.Via.Proxies, maxAskedProxies)}
}

// Accept implements group.Streams.
func (s *groupStreams) Accept() (net.Conn, error) {
	select {
	case c := <-s.conns:
		return c, nil
	case <-s.done:
		return nil, fmt.Errorf("node: groups: %w", net.ErrClosed)
	}
}

// Close implements group.Streams.
func (s *groupStreams) Close() error {
	s.once.Do(func() { close(s.done) })
	return nil
}

// serve holds a line until whoever took it closes it.
func (s *groupStreams) serve(ctx context.Context, _ identity.PeerID, conn net.Conn) {
	held := &heldConn{Conn: &groupConn{conn, s.sent}, closed: make(chan struct{})}
	select {
	case s.conns <- held:
	case <-s.done:
		return
	case <-ctx.Done():
		return
	}
	select {
	case <-held.closed:
	case <-ctx.Done():
	}
}

// heldConn tells that it was closed.
type heldConn struct {
	net.Conn
	closed chan struct{}
	once   sync.Once
}

// Close implements net.Conn.
func (c *heldConn) Close() error {
	c.once.Do(func() { close(c.closed) })
	return c.Conn.Close()
}
