package fabric

import (
	"net"
	"syscall"
	"time"
)

// Close ends both directions. What was written is still sent, for a minute. If something is left unread, or arrives
// later, or after SetLinger(0), the peer sees a reset.
func (c *conn) Close() error {
	c.host.net.mu.Lock()
	defer c.host.net.mu.Unlock()
	if c.closed {
		return c.opError("close", net.ErrClosed)
	}
	c.shutLocked()
	switch {
	case c.ended:
	case len(c.in) > 0 || c.abortive:
		c.abortLocked()
	case c.finSent:
		c.forgetLocked()
	default:
		c.finish = true
		c.touchLocked(c)
	}
	return nil
}

// CloseWrite ends the direction to the peer, who reads end of file after what was written.
func (c *conn) CloseWrite() error {
	c.host.net.mu.Lock()
	defer c.host.net.mu.Unlock()
	switch {
	case c.closed:
		return c.opError("close", net.ErrClosed)
	case c.ended:
		return c.opError("close", callError("shutdown", syscall.ENOTCONN))
	}
	c.finish = true
	c.touchLocked(c)
	c.writable.wakeLocked(c.host.net)
	return nil
}

// SetLinger with 0 makes Close reset the connection and discard what was not sent; any other value undoes that.
func (c *conn) SetLinger(sec int) error {
	c.host.net.mu.Lock()
	defer c.host.net.mu.Unlock()
	if c.closed {
		return c.opError("set", net.ErrClosed)
	}
	c.abortive = sec == 0
	return nil
}

// abortLocked ends the connection with a reset to the peer.
func (c *conn) abortLocked() {
	if c.ended {
		return
	}
	c.endLocked(0)
	c.in = nil
	c.pending = pendingReset
	c.touchLocked(c)
}

// endLocked ends the connection, for its owner with the error reset, or 0. What is there can still be read.
func (c *conn) endLocked(reset syscall.Errno) {
	c.ended = true
	c.reset = reset
	c.out = nil
	c.forgetLocked()
	c.readable.wakeLocked(c.host.net)
	c.writable.wakeLocked(c.host.net)
}

// forgetLocked removes the connection from the table of its host: its name may be used again.
func (c *conn) forgetLocked() {
	if name := c.name(); c.host.conns[name] == c {
		delete(c.host.conns, name)
	}
	if c.lingering != nil {
		c.lingering.Stop()
	}
}

// dieLocked closes the connection with its host: the peer is not told.
func (c *conn) dieLocked() {
	if c.dialed != nil {
		c.dialEndsLocked(net.ErrClosed)
	}
	if !c.ended {
		c.endLocked(0)
	}
	c.in, c.pending = nil, 0
	c.shutLocked()
}

// lingerLocked gives a closed connection that cannot send its rest a last respite.
func (c *conn) lingerLocked() {
	if !c.closed || c.ended || c.finSent || c.lingering != nil {
		return
	}
	n := c.host.net
	c.lingering = time.AfterFunc(lingerTime, func() {
		n.mu.Lock()
		defer n.mu.Unlock()
		if !c.finSent {
			c.abortLocked()
		}
	})
}
