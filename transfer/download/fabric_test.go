package download

import (
	"context"
	"net"
	"net/netip"
	"sync/atomic"
	"testing"
	"testing/synctest"

	"filbert/testnet/fabric"
	"filbert/transfer"
)

// town is a network of hosts some 10 to 150 ms apart, one of which is ours.
type town struct {
	net   *fabric.Net
	ours  *fabric.Host
	conns *conns
	read  map[netip.AddrPort]*atomic.Int64 // bytes, of each that listens
}

// newTown makes a town in a bubble. The same seed gives the same distances.
func newTown(t *testing.T, seed uint64) *town {
	n := &town{net: fabric.New(fabric.Config{Seed: seed, Settle: synctest.Wait}), conns: newConns(), read: map[netip.AddrPort]*atomic.Int64{}}
	n.ours = n.net.Host(netip.AddrFrom4([4]byte{198, 51, 100, 1}))
	t.Cleanup(func() { n.conns.close(); n.net.Close() })
	return n
}

func (n *town) Connect(ctx context.Context, src transfer.Source) (net.Conn, error) {
	conn, err := n.ours.DialContext(ctx, "tcp", src.Addr.String())
	if err != nil {
		return nil, err
	}
	return countedConn{conn, n.read[src.Addr]}, nil
}

// countedConn counts what is read of it.
type countedConn struct {
	net.Conn
	read *atomic.Int64
}

func (c countedConn) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	c.read.Add(int64(n))
	return n, err
}

func (n *town) listen(t *testing.T, serve func(net.Conn)) transfer.Source {
	return n.at(t, netip.AddrPortFrom(netip.AddrFrom4([4]byte{203, 0, 113, byte(len(n.read) + 1)}), 6346), serve)
}

// at listens at an address, on a host that may be there already.
func (n *town) at(t *testing.T, addr netip.AddrPort, serve func(net.Conn)) transfer.Source {
	n.read[addr] = new(atomic.Int64)
	l, err := n.net.Host(addr.Addr()).Listen(context.Background(), "tcp", addr.String())
	if err != nil {
		t.Fatal(err)
	}
	n.conns.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			n.conns.serve(c, serve)
		}
	})
	t.Cleanup(func() { l.Close() })
	return transfer.Source{Addr: addr}
}
