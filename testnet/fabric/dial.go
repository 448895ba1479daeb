package fabric

import (
	"context"
	"net"
	"net/netip"
	"syscall"
	"time"
)

// DialContext connects to a TCP address, which takes one round trip; network is tcp, tcp4 or tcp6. Where nobody
// answers it tries again after 1, 2, 4 ... seconds and gives up after 127 s with ETIMEDOUT.
func (h *Host) DialContext(ctx context.Context, network, address string) (net.Conn, error) {
	fail := func(addr net.Addr, err error) (net.Conn, error) {
		return nil, &net.OpError{Op: "dial", Net: network, Addr: addr, Err: err}
	}
	remote, err := h.parse(network, "tcp", address)
	if err != nil {
		return fail(nil, err)
	}
	c, err := h.dial(ctx, network, remote)
	if err != nil {
		return fail(net.TCPAddrFromAddrPort(remote), err)
	}
	return c, nil
}

func (h *Host) dial(ctx context.Context, network string, remote netip.AddrPort) (*conn, error) {
	if err := ctx.Err(); err != nil {
		return nil, contextError(err)
	}
	if to := remote.Addr(); !to.IsValid() || to.IsUnspecified() {
		remote = netip.AddrPortFrom(h.loopback(), remote.Port())
	}
	h.net.mu.Lock()
	local, link, err := h.routeLocked(remote.Addr())
	h.net.mu.Unlock()
	if err != nil {
		return nil, callError("connect", syscall.ENETUNREACH)
	}
	c := newConn(h, network, netip.AddrPortFrom(local, 0), remote, link)
	c.dialed = make(chan struct{})
	again := time.NewTimer(synRetry)
	defer again.Stop()
	for try := range synAttempts {
		again.Reset(synRetry << try)
		c.knock()
		select {
		case <-c.dialed:
			if err := ctx.Err(); err != nil {
				return nil, c.abandon(contextError(err))
			}
			if err := c.dialErr; err != nil {
				return nil, err
			}
			return c, nil
		case <-ctx.Done():
			return nil, c.abandon(contextError(ctx.Err()))
		case <-h.net.done:
			return nil, net.ErrClosed
		case <-again.C:
		}
	}
	return nil, c.abandon(callError("connect", syscall.ETIMEDOUT))
}

// knock sends a SYN, or sends it again.
func (c *conn) knock() {
	c.host.net.mu.Lock()
	defer c.host.net.mu.Unlock()
	c.pending |= pendingSyn
	c.touchLocked(c)
}

// abandon gives up a dial, and returns err. An answer that still arrives is reset.
func (c *conn) abandon(err error) error {
	c.host.net.mu.Lock()
	defer c.host.net.mu.Unlock()
	c.closed = true
	c.abortLocked()
	return err
}

// leaveLocked chooses the local port, when the first SYN leaves: not when the dial begins, because then the port would
// tell which of two goroutines was faster.
func (c *conn) leaveLocked() error {
	h := c.host
	port, err := h.freePortLocked(func(port uint16) bool {
		return h.listeners[port] != nil || h.conns[flow{netip.AddrPortFrom(c.local.Addr(), port), c.remote}] != nil
	})
	if err != nil {
		return callError("connect", syscall.EADDRNOTAVAIL)
	}
	c.local = netip.AddrPortFrom(c.local.Addr(), port)
	put(&h.conns, c.name(), c)
	return nil
}

// dialEndsLocked tells the dialer that it has its connection, or an error.
func (c *conn) dialEndsLocked(err error) {
	if c.established || c.ended {
		return
	}
	c.dialErr = err
	if err == nil {
		c.established = true
	} else {
		c.endLocked(0)
	}
	close(c.dialed)
	c.host.net.stirred = true
}
