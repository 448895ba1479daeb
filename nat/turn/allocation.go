package turn

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"sync"
	"time"

	"github.com/pion/logging"
	"github.com/pion/stun/v4"
	"github.com/pion/turn/v5"
)

// Errors of Permit and WriteTo, besides those of the network.
var (
	ErrNotPermitted = errors.New("turn: not a host that may send to us")
	ErrFull         = errors.New("turn: no more hosts")
)

// StatusError is a server's refusal.
type StatusError struct{ Code int }

func (e *StatusError) Error() string { return fmt.Sprintf("refused with %d", e.Code) }

// Allocation is an address of a server, and a net.PacketConn that sends from there. The
// server keeps it as long as it is open.
type Allocation struct {
	conn    net.PacketConn
	server  netip.AddrPort
	addr    netip.AddrPort
	client  *turn.Client
	relayed net.PacketConn
	freed   chan struct{} // has room for one
	wg      sync.WaitGroup

	mu        sync.Mutex
	closed    bool
	permitted map[netip.Addr]bool     // at most maxPermitted
	reached   map[netip.AddrPort]bool // at most maxReached; true once the server lets us send there
}

// Allocate has a server at an address give us one of its own, of the same family. It
// reads conn, and closes it with the allocation, or if there is none.
func Allocate(ctx context.Context, conn net.PacketConn, at netip.AddrPort, s Server) (*Allocation, error) {
	at = netip.AddrPortFrom(at.Addr().Unmap(), at.Port())
	family := turn.RequestedAddressFamilyIPv4
	if at.Addr().Is6() {
		family = turn.RequestedAddressFamilyIPv6
	}
	client, err := turn.NewClient(&turn.ClientConfig{
		TURNServerAddr: at.String(), Username: s.user, Password: s.password, RTO: rto, Conn: conn, RequestedAddressFamily: family,
		LoggerFactory: &logging.DefaultLoggerFactory{Writer: io.Discard, DefaultLogLevel: logging.LogLevelDisabled},
	})
	if err != nil {
		conn.Close()
		return nil, fmt.Errorf("turn: %w", err)
	}
	a := &Allocation{
		conn: conn, server: at, client: client, freed: make(chan struct{}, 1),
		permitted: map[netip.Addr]bool{}, reached: map[netip.AddrPort]bool{},
	}
	a.wg.Go(a.read)
	a.relayed, err = client.AllocateWithContext(ctx)
	if err == nil {
		udp, ok := a.relayed.LocalAddr().(*net.UDPAddr)
		if a.addr = addrPort(udp); ok && a.addr.IsValid() && a.addr.Port() != 0 {
			return a, nil
		}
		err = errors.New("it gave no address")
		a.relayed.Close()
	}
	a.end()
	return nil, fmt.Errorf("turn: allocate: %w", refusal(err))
}

// Addr is the address at the server.
func (a *Allocation) Addr() netip.AddrPort { return a.addr }

// LocalAddr is the same.
func (a *Allocation) LocalAddr() net.Addr { return net.UDPAddrFromAddrPort(a.addr) }

// Room reports whether there is room for another peer. None is ever made: an allocation
// that was used for long needs a successor.
func (a *Allocation) Room() bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	return len(a.permitted)+peerHosts <= maxPermitted && len(a.reached) < maxReached
}

// Permit lets hosts send to us, and us to them, once the server has said so. Those of
// the other family are left out. It ends with its context.
func (a *Allocation) Permit(ctx context.Context, hosts ...netip.Addr) error {
	var ask []net.Addr
	var added []netip.Addr
	done := make(chan error, 1)
	a.mu.Lock()
	if a.closed {
		a.mu.Unlock()
		return net.ErrClosed
	}
	for _, h := range hosts {
		h = h.Unmap()
		switch {
		case h.Is4() != a.addr.Addr().Is4() || !h.IsValid() || a.permitted[h]:
			continue
		case len(a.permitted) == maxPermitted:
			for _, h := range added {
				delete(a.permitted, h)
			}
			a.mu.Unlock()
			return ErrFull
		}
		a.permitted[h] = true // what comes at once may be answered
		added = append(added, h)
		ask = append(ask, net.UDPAddrFromAddrPort(netip.AddrPortFrom(h, 0)))
	}
	if len(ask) == 0 {
		a.mu.Unlock()
		return nil
	}
	a.wg.Go(func() {
		err := a.permit(ask)
		if err != nil {
			a.mu.Lock()
			for _, h := range added {
				delete(a.permitted, h)
			}
			a.mu.Unlock()
		}
		done <- err
	})
	a.mu.Unlock()
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}

// permit asks, and once more if the server wants another nonce, which pion has by then.
func (a *Allocation) permit(ask []net.Addr) (err error) {
	for range 2 {
		if err = refusal(a.client.CreatePermission(ask...)); err == nil || errors.As(err, new(*StatusError)) || a.isClosed() {
			break
		}
	}
	if err != nil {
		return fmt.Errorf("turn: permit: %w", err)
	}
	return nil
}

// ReadFrom reads one datagram of a peer. One that does not fit into b is lost.
func (a *Allocation) ReadFrom(b []byte) (int, net.Addr, error) {
	for {
		n, from, err := a.relayed.ReadFrom(b)
		if errors.Is(err, io.ErrShortBuffer) {
			continue // for who reads it would be the end of the socket
		}
		if err != nil && a.isClosed() {
			err = net.ErrClosed
		}
		return n, from, err
	}
}

// WriteTo sends a datagram to a peer on a host that is permitted. It does not wait: the
// first one to an address has the server asked, and others are lost until it answers.
func (a *Allocation) WriteTo(b []byte, to net.Addr) (int, error) {
	udp, ok := to.(*net.UDPAddr)
	at := addrPort(udp)
	if !ok || !at.IsValid() {
		return 0, ErrNotPermitted
	}
	ready, err := a.reach(at, b)
	switch {
	case err != nil:
		return 0, err
	case ready: // pion sends at once, and asks beside
		return a.relayed.WriteTo(b, net.UDPAddrFromAddrPort(at))
	}
	return len(b), nil
}

// reach reports whether the server lets us send to an address. If it was not asked yet
// it is now, and gets this datagram.
func (a *Allocation) reach(at netip.AddrPort, b []byte) (ready bool, err error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	ready, known := a.reached[at]
	switch {
	case a.closed:
		return false, net.ErrClosed
	case !a.permitted[at.Addr()]:
		return false, ErrNotPermitted
	case known:
		return ready, nil
	case len(a.reached) == maxReached:
		return false, ErrFull
	}
	a.reached[at] = false
	b = append([]byte(nil), b...)
	a.wg.Go(func() {
		_, err := a.relayed.WriteTo(b, net.UDPAddrFromAddrPort(at))
		a.mu.Lock()
		defer a.mu.Unlock()
		if a.reached[at] = true; err != nil {
			delete(a.reached, at)
		}
	})
	return false, nil
}

// read takes what the server sends until the socket is closed.
func (a *Allocation) read() {
	b := make([]byte, maxDatagram)
	for {
		n, from, err := a.conn.ReadFrom(b)
		switch udp, ok := from.(*net.UDPAddr); {
		case errors.Is(err, net.ErrClosed):
			return
		case err != nil: // an ICMP error of an earlier write, say
			time.Sleep(errorPause)
		case ok && addrPort(udp) == a.server:
			a.receive(b[:n])
		}
	}
}

// receive takes a datagram of the server. What pion cannot read is lost.
func (a *Allocation) receive(b []byte) {
	refreshed := isRefreshed(b)
	a.client.HandleInbound(b, net.UDPAddrFromAddrPort(a.server))
	if refreshed && a.isClosed() {
		select {
		case a.freed <- struct{}{}:
		default:
		}
	}
}

// refreshSuccess is the type of the answer that a lifetime is another now.
var refreshSuccess = stun.NewType(stun.MethodRefresh, stun.ClassSuccessResponse).Value()

func isRefreshed(b []byte) bool {
	return len(b) >= 2 && uint16(b[0])<<8|uint16(b[1]) == refreshSuccess
}

// Close ends the allocation, and tells the server, for freeTime at most.
func (a *Allocation) Close() error {
	a.mu.Lock()
	if a.closed {
		a.mu.Unlock()
		return net.ErrClosed
	}
	a.closed = true
	a.mu.Unlock()
	err := a.relayed.Close() // pion goes on asking until the socket is closed
	if err == nil {
		timer := time.NewTimer(freeTime)
		defer timer.Stop()
		select {
		case <-a.freed:
		case <-timer.C:
		}
	}
	a.end()
	return err
}

// end closes the socket, and waits for all that goes on.
func (a *Allocation) end() {
	a.mu.Lock()
	a.closed = true
	a.mu.Unlock()
	a.conn.Close()   // first, so that nothing new begins
	a.client.Close() // what waits for an answer
	a.wg.Wait()
}

func (a *Allocation) isClosed() bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.closed
}

// SetDeadline sets that of reads, as WriteTo does not wait.
func (a *Allocation) SetDeadline(t time.Time) error { return a.relayed.SetReadDeadline(t) }

// SetReadDeadline ends reads, the waiting one and later ones, at a time.
func (a *Allocation) SetReadDeadline(t time.Time) error { return a.relayed.SetReadDeadline(t) }

// SetWriteDeadline does nothing.
func (a *Allocation) SetWriteDeadline(time.Time) error { return nil }

// SetReadBuffer and SetWriteBuffer set those of the socket, if it has some.
func (a *Allocation) SetReadBuffer(bytes int) error {
	if c, ok := a.conn.(interface{ SetReadBuffer(int) error }); ok {
		return c.SetReadBuffer(bytes)
	}
	return nil
}

// SetWriteBuffer does likewise.
func (a *Allocation) SetWriteBuffer(bytes int) error {
	if c, ok := a.conn.(interface{ SetWriteBuffer(int) error }); ok {
		return c.SetWriteBuffer(bytes)
	}
	return nil
}

// addrPort is an address without the forms that IPv4 has in IPv6.
func addrPort(a *net.UDPAddr) netip.AddrPort {
	at := a.AddrPort() // of nil it is invalid
	return netip.AddrPortFrom(at.Addr().Unmap(), at.Port())
}

// refusal makes an error of pion one of ours, if the server refused: what it says in
// words is not passed on.
func refusal(err error) error {
	var refused *stun.TurnError
	if errors.As(err, &refused) {
		return &StatusError{int(refused.ErrorCodeAttr.Code)}
	}
	return err
}
