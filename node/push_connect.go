package node

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"sync"
	"time"

	"filbert/nat"
	"filbert/overlay/hostcache"
	"filbert/overlay/wire"
	"filbert/transfer"
)

// connector reaches sources: directly, or by asking them to connect to us. It
// implements transfer.Connector.
type connector struct {
	network Network
	pushes  *pushes
	relays  *relays
}

func (n *Node) connector() connector { return connector{n.cfg.Network, n.pushes, n.relays} }

// Connect implements transfer.Connector.
func (c connector) Connect(ctx context.Context, src transfer.Source) (net.Conn, error) {
	if !src.Push {
		return c.network.DialContext(ctx, "tcp", src.Addr.String())
	}
	push := nat.Way{Name: "push", Dial: func(ctx context.Context) (net.Conn, error) { return c.pushes.connect(ctx, src) }}
	if !leadTo(src) {
		return push.Dial(ctx)
	}
	relay := nat.Way{Name: "relay", Dial: func(ctx context.Context) (net.Conn, error) { return c.relays.connect(ctx, src) }}
	ways := []nat.Way{push, relay}
	switch closed := c.relays.closed.Load(); {
	case closed && hostcache.Class(src.Addr.Addr()).Local(): // it may be on our own network
		slices.Reverse(ways)
		ways[1].Dial = func(ctx context.Context) (net.Conn, error) {
			ctx, cancel := context.WithTimeout(ctx, nearPushTimeout)
			defer cancel()
			conn, err := push.Dial(ctx)
			if err != nil {
				err = ErrNoPush // the time that it took tells nothing
			}
			return conn, err
		}
	case closed:
		ways = ways[1:]
	}
	ways[len(ways)-1].HeadStart = wayHeadStart
	conn, by, err := nat.Race(ctx, ways)
	if err != nil {
		return nil, err
	}
	c.relays.log.Debug().Str("by", by).Stringer("servent", wire.GUID(src.Servent)).Msg("connected")
	return conn, nil
}

// ErrNoPush says that a source that cannot be connected to did not connect to us
// either.
var ErrNoPush = errors.New("the servent did not connect to us")

// connect asks a source to connect to us and waits until it does: through its
// push proxies first, which have a link to it, and along the way of its hits
// when none of them took it on soon.
func (p *pushes) connect(ctx context.Context, src transfer.Source) (net.Conn, error) {
	servent := wire.GUID(src.Servent)
	g, err := p.wait(servent)
	if err != nil {
		return nil, fmt.Errorf("node: push %v: %w", servent, err)
	}
	defer p.end(servent, g)
	ctx, cancel := context.WithTimeout(ctx, giverTimeout)
	defer cancel()

	var asking sync.WaitGroup
	defer asking.Wait()
	defer cancel() // before the wait
	proxies := src.Proxies[:min(len(src.Proxies), maxAskedProxies)]
	asked := make(chan error, len(proxies))
	for _, proxy := range proxies {
		asking.Go(func() { asked <- p.askProxy(ctx, proxy, servent, src.Index) })
	}
	route := time.NewTimer(proxyHeadStart)
	defer route.Stop()
	left, reason := len(proxies), error(nil)
	if left == 0 {
		route.Reset(0)
	}
	for {
		select {
		case conn := <-g.conn:
			return conn, nil
		case err := <-asked:
			if err == nil {
				continue // it was passed on
			}
			if reason = err; left > 0 {
				if left--; left == 0 {
					route.Reset(0)
				}
			}
		case <-route.C:
			err := p.overlay.AskPush(ctx, servent, src.Index)
			if err != nil && left == 0 {
				return nil, fmt.Errorf("node: push %v: %w", servent, errors.Join(err, reason))
			}
		case <-ctx.Done():
			return nil, fmt.Errorf("node: push %v: %w: %w", servent, ErrNoPush, context.Cause(ctx))
		}
	}
}

// proxyAddr is an address in the form of X-Node.
func proxyAddr(text string) (netip.AddrPort, bool) {
	addr, err := netip.ParseAddrPort(text)
	return netip.AddrPortFrom(addr.Addr().Unmap(), addr.Port()), err == nil && addr.Port() != 0
}
