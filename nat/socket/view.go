package socket

import (
	"net"
	"net/netip"
	"os"
	"sync"
	"time"
)

// view is the socket as the reader of one kind sees it.
type view struct {
	sock  *Socket
	notes bool // its writes are remembered

	mu      sync.Mutex // never held across I/O
	queue   queue
	ready   sync.Cond // something below changed, or came
	wanted  bool
	closed  bool
	readBy  time.Time
	writeBy time.Time
	timer   *time.Timer // wakes readers at readBy
	stats   KindStats
}

func newView(s *Socket, q queue) *view {
	v := &view{sock: s, queue: q}
	v.ready.L = &v.mu
	return v
}

// put takes a datagram from the loop and returns a buffer for the next one.
func (v *view) put(p packet) []byte {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.stats.Received++
	var reason DropReason
	next := p.data
	switch {
	case !v.wanted || v.closed:
		reason = DropUnread
	case len(p.data) > maxDatagram:
		reason = DropLong
	default:
		next, reason = v.queue.push(p)
	}
	if reason != 0 {
		*v.stats.counter(reason)++
		return next
	}
	v.stats.Bytes += uint64(len(p.data))
	v.ready.Signal()
	return next
}

// ReadFromUDPAddrPort reads one datagram. What does not fit into b is lost.
func (v *view) ReadFromUDPAddrPort(b []byte) (int, netip.AddrPort, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	for {
		switch {
		case v.closed:
			return 0, netip.AddrPort{}, v.error("read", nil, net.ErrClosed)
		case passed(v.readBy):
			return 0, netip.AddrPort{}, v.error("read", nil, os.ErrDeadlineExceeded)
		case v.queue.count > 0:
			n, from := v.queue.pop(b)
			return n, from, nil
		}
		v.ready.Wait()
	}
}

// ReadFrom does the same.
func (v *view) ReadFrom(b []byte) (int, net.Addr, error) {
	n, from, err := v.ReadFromUDPAddrPort(b)
	if err != nil {
		return 0, nil, err
	}
	return n, newAddr(from), nil
}

// WriteTo writes one datagram to the socket.
func (v *view) WriteTo(b []byte, to net.Addr) (int, error) {
	if err := v.writable(len(b)); err != nil {
		return 0, v.error("write", to, err)
	}
	v.note(to)
	return v.sock.conn.WriteTo(b, to)
}

// WriteToUDPAddrPort does the same.
func (v *view) WriteToUDPAddrPort(b []byte, to netip.AddrPort) (int, error) {
	c, ok := v.sock.conn.(addrPortConn)
	if !ok {
		return v.WriteTo(b, newAddr(to))
	}
	if err := v.writable(len(b)); err != nil {
		return 0, v.error("write", newAddr(to), err)
	}
	if v.notes {
		v.sock.sent.wrote(time.Now(), to)
	}
	return c.WriteToUDPAddrPort(b, to)
}

// writable counts a datagram that may be written.
func (v *view) writable(size int) error {
	v.mu.Lock()
	defer v.mu.Unlock()
	switch {
	case v.closed:
		return net.ErrClosed
	case passed(v.writeBy):
		return os.ErrDeadlineExceeded
	}
	v.stats.Sent++
	v.stats.SentBytes += uint64(size)
	return nil
}

// Close ends the view; the socket stays open.
func (v *view) Close() error {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.closed {
		return v.error("close", nil, net.ErrClosed)
	}
	v.closed = true
	v.queue.drop()
	if v.timer != nil {
		v.timer.Stop()
	}
	v.ready.Broadcast()
	return nil
}

// LocalAddr is that of the socket.
func (v *view) LocalAddr() net.Addr { return v.sock.conn.LocalAddr() }

// SetDeadline sets both deadlines.
func (v *view) SetDeadline(t time.Time) error { return v.setDeadlines(t, true, true) }

// SetReadDeadline ends reads of this view, waiting and later ones, at a time.
func (v *view) SetReadDeadline(t time.Time) error { return v.setDeadlines(t, true, false) }

// SetWriteDeadline refuses later writes by this view from a time on.
func (v *view) SetWriteDeadline(t time.Time) error { return v.setDeadlines(t, false, true) }

func (v *view) setDeadlines(t time.Time, read, write bool) error {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.closed {
		return v.error("set", nil, net.ErrClosed)
	}
	if write {
		v.writeBy = t
	}
	if !read {
		return nil
	}
	v.readBy = t
	if v.timer != nil {
		v.timer.Stop()
		v.timer = nil
	}
	if !t.IsZero() {
		v.timer = time.AfterFunc(time.Until(t), v.wake)
	}
	v.ready.Broadcast()
	return nil
}

func (v *view) wake() {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.ready.Broadcast()
}

// SetReadBuffer sets that of the socket, which all views share, if it has one.
func (v *view) SetReadBuffer(bytes int) error {
	if c, ok := v.sock.conn.(interface{ SetReadBuffer(int) error }); ok {
		return c.SetReadBuffer(bytes)
	}
	return nil
}

// SetWriteBuffer does likewise.
func (v *view) SetWriteBuffer(bytes int) error {
	if c, ok := v.sock.conn.(interface{ SetWriteBuffer(int) error }); ok {
		return c.SetWriteBuffer(bytes)
	}
	return nil
}

func (v *view) error(op string, to net.Addr, err error) error {
	return &net.OpError{Op: op, Net: "udp", Source: v.LocalAddr(), Addr: to, Err: err}
}

func passed(deadline time.Time) bool { return !deadline.IsZero() && !time.Now().Before(deadline) }

// newAddr is an address in one piece of memory.
func newAddr(from netip.AddrPort) *net.UDPAddr {
	a := &struct {
		net.UDPAddr
		ip [16]byte
	}{ip: from.Addr().As16()}
	a.IP, a.Port, a.Zone = a.ip[:], int(from.Port()), from.Addr().Zone()
	if from.Addr().Is4() {
		a.IP = a.ip[12:]
	}
	return &a.UDPAddr
}
