package punch

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"sync"

	"github.com/quic-go/quic-go"
)

// RelayedConn is a socket at a third party, which passes on what comes there from hosts
// it was told of, and what we send to them.
type RelayedConn interface {
	net.PacketConn // WriteTo does not wait

	// Permit tells of hosts, and ends with its context.
	Permit(ctx context.Context, hosts ...netip.Addr) error
}

// Detour is a socket at a third party by which a Puncher may be reached. It sends to
// nobody whose probe did not come there.
type Detour struct {
	conn      RelayedConn
	addr      netip.AddrPort
	transport *quic.Transport
	listener  *quic.Listener
	cancel    context.CancelFunc
	wg        sync.WaitGroup
}

// Detour has peers reach a Puncher by a socket at a third party, which nobody else may
// read. Close ends that.
func (p *Puncher) Detour(conn RelayedConn) (*Detour, error) {
	r := &Detour{conn: conn, addr: addrPort(conn.LocalAddr(), netip.AddrPort{}), transport: &quic.Transport{Conn: conn}}
	if check(r.addr, false) != None {
		return nil, fmt.Errorf("punch: nobody outside reaches %v", r.addr)
	}
	var err error
	if r.listener, err = p.listen(r.transport); err != nil {
		return nil, err
	}
	var ctx context.Context
	ctx, r.cancel = context.WithCancel(context.Background())
	r.wg.Go(func() { p.accept(ctx, r.listener, r) })
	r.wg.Go(func() { p.read(ctx, r.transport, r) })
	return r, nil
}

// Addr is where peers send to.
func (r *Detour) Addr() netip.AddrPort { return r.addr }

// Close ends it, with all connections that go over it, which tells the peers nothing.
// The socket stays open.
func (r *Detour) Close() error {
	r.cancel()
	err := r.listener.Close()
	if other := r.transport.Close(); err == nil {
		err = other
	}
	r.wg.Wait()
	return err
}

// detour is a socket at a third party, nil if there is none.
func (l *Local) detour(ctx context.Context) *Detour {
	if l.Detour == nil {
		return nil
	}
	return l.Detour(ctx)
}

// permit lets the peer send to our socket at a third party, if there is one, while the
// round goes on. What is returned ends that.
func (a *attempt) permit(ctx context.Context, use []Candidate) (end func()) {
	if a.over == nil {
		return func() {}
	}
	ctx, cancel := context.WithCancel(ctx)
	var asking sync.WaitGroup
	asking.Go(func() { a.over.conn.Permit(ctx, outside(use)...) }) // if it fails nothing will come
	return func() {
		cancel()
		asking.Wait()
	}
}
