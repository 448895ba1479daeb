package fabric

import (
	"net"
	"net/netip"
	"os"
	"time"
)

// endpoint is what a connection and a UDP socket have alike. All of it but the first two fields is guarded by the lock
// of the Net.
type endpoint struct {
	host     *Host
	network  string
	local    netip.AddrPort
	closed   bool // by its owner, or its host died
	dirty    bool // among the dirty or stalled senders
	readable gate
	writable gate
	readBy   deadline
	writeBy  deadline
}

// touchLocked has the pump send what s, the connection or socket of e, has ready.
func (e *endpoint) touchLocked(s sender) {
	if e.dirty {
		return
	}
	e.dirty = true
	e.host.net.dirty = append(e.host.net.dirty, s)
	e.host.net.wakePumpLocked()
}

// usableLocked returns the error that ends every operation after the close or the deadline.
func (e *endpoint) usableLocked(d *deadline) error {
	switch {
	case e.closed:
		return net.ErrClosed
	case d.expired:
		return os.ErrDeadlineExceeded
	}
	return nil
}

// shutLocked marks the endpoint as closed and wakes everybody who waits for it.
func (e *endpoint) shutLocked() {
	e.closed = true
	e.readBy.clear()
	e.writeBy.clear()
	e.readable.wakeLocked(e.host.net)
	e.writable.wakeLocked(e.host.net)
}

// setDeadlines sets the deadline of reads, writes or both, unless the endpoint is closed.
func (e *endpoint) setDeadlines(t time.Time, read, write bool) error {
	n := e.host.net
	n.mu.Lock()
	defer n.mu.Unlock()
	if e.closed {
		return net.ErrClosed
	}
	if read {
		e.readBy.setLocked(n, &e.readable, t)
	}
	if write {
		e.writeBy.setLocked(n, &e.writable, t)
	}
	return nil
}
