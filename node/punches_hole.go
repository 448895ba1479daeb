package node

import (
	"net"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"filbert/nat/punch"
)

// hole is one that was opened to a peer.
type hole struct {
	conn *punch.Conn

	host    netip.Addr   // of the peer, as we see it
	ours    bool         // we reach the peer by it
	relayed bool         // by a TURN server, ours or the peer's
	open    atomic.Int64 // streams that are in use
	used    atomic.Int64 // when one last was, in Unix ns
}

// idle is since when no stream is in use, if none is.
func (w *hole) idle() (since time.Time, ok bool) {
	return time.Unix(0, w.used.Load()), w.open.Load() == 0
}

// done ends the use of a stream.
func (w *hole) done() {
	w.used.Store(time.Now().UnixNano())
	w.open.Add(-1)
}

// pathConn is a stream that keeps its path open.
type pathConn struct {
	net.Conn
	hole     *hole
	received *atomic.Uint64 // nil: not counted
	once     sync.Once
}

// Read implements net.Conn.
func (c *pathConn) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	if c.received != nil {
		c.received.Add(uint64(n))
	}
	return n, err
}

// Close implements net.Conn.
func (c *pathConn) Close() error {
	c.once.Do(c.hole.done)
	return c.Conn.Close()
}

// CloseWrite ends our side.
func (c *pathConn) CloseWrite() error { return closeWrite(c.Conn) }
