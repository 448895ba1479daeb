package conform

import (
	"context"
	"net"
	"net/netip"
	"sync"
	"time"
)

// listener is where the servent may call us during one case.
type listener struct {
	t    *trial
	l    *net.TCPListener
	addr netip.AddrPort
}

// listen opens a port at the address from which the servent sees us.
func (t *trial) listen() *listener {
	local := t.one().c.local.Addr()
	l, err := net.ListenTCP("tcp", net.TCPAddrFromAddrPort(netip.AddrPortFrom(local, 0)))
	if err != nil {
		t.failf("a port to be called at", "%v", err)
	}
	t.later(l)
	bound, _ := l.Addr().(*net.TCPAddr)
	return &listener{t, l, bound.AddrPort()}
}

// accept returns the first connection that the servent opens in time.
func (l *listener) accept() (*conn, bool) {
	l.l.SetDeadline(time.Now().Add(l.t.cfg.Timeout))
	raw, err := l.l.Accept()
	if err != nil {
		return nil, false
	}
	return l.t.adopt(raw), true
}

// called makes the servent call and returns its connection. What makes it call
// may wait for the outcome, so it goes on until the case ends.
func (t *trial) called() *conn {
	if t.cfg.Call == nil {
		t.notOffered("nobody makes it call us (--call)")
	}
	l := t.listen()
	call := &calling{}
	ctx, cancel := context.WithCancel(t.ctx)
	call.cancel = cancel
	call.work.Go(func() { call.err = t.cfg.Call(ctx, l.addr) })
	t.later(call)
	c, ok := l.accept()
	if !ok {
		call.Close()
		t.failf("a call from the servent", "none within %v; what makes it call said: %v", t.cfg.Timeout, call.err)
	}
	return c
}

// calling is what makes the servent call.
type calling struct {
	work   sync.WaitGroup
	cancel context.CancelFunc
	err    error // valid after Close
}

// Close ends it.
func (c *calling) Close() error {
	c.cancel()
	c.work.Wait()
	return nil
}
