package node

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"sync"
	"time"

	"filbert/overlay/wire"
	"filbert/transfer"
)

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
