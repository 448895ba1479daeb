package portmap

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"os"
	"time"
)

// control asks the server on port 5351 of a router, by PCP or NAT-PMP.
type control struct {
	listen  func(ctx context.Context, network, address string) (net.PacketConn, error)
	gateway Gateway
	strays  func() // counts datagrams that are no answer
}

func (c *control) local() netip.Addr { return c.gateway.Local }

// exchange sends a question, again and again, until accept takes an answer. Each
// question has a port of its own, which a liar who cannot see us must guess.
func (c *control) exchange(ctx context.Context, question []byte, accept func([]byte) bool) error {
	conn, err := c.listen(ctx, "udp", netip.AddrPortFrom(c.gateway.Local, 0).String())
	if err != nil {
		return fmt.Errorf("portmap: %w", err)
	}
	defer conn.Close()
	stop := context.AfterFunc(ctx, func() { conn.Close() })
	defer stop()
	server := netip.AddrPortFrom(c.gateway.Addr, controlPort)
	buf := make([]byte, maxDatagram)
	strays := 0
	for wait, n := firstWait, 0; n < sends; wait, n = 2*wait, n+1 {
		if _, err := conn.WriteTo(question, net.UDPAddrFromAddrPort(server)); err != nil {
			return c.failed(ctx, err)
		}
		if err := conn.SetReadDeadline(time.Now().Add(wait)); err != nil {
			return c.failed(ctx, err)
		}
		for {
			n, from, err := conn.ReadFrom(buf)
			if err != nil && os.IsTimeout(err) {
				break
			}
			if err != nil {
				return c.failed(ctx, err)
			}
			if addr, ok := from.(*net.UDPAddr); ok && same(addr.AddrPort(), server) && accept(buf[:n]) {
				return nil
			}
			c.strays()
			if strays++; strays == maxStrays {
				return errSilent
			}
		}
	}
	return errSilent
}

func (c *control) failed(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return fmt.Errorf("portmap: %w", err)
}

// same compares addresses as sockets and tables write them.
func same(a, b netip.AddrPort) bool {
	return a.Port() == b.Port() && a.Addr().Unmap() == b.Addr().Unmap()
}

// seconds is a lifetime as it is sent.
func seconds(life time.Duration) uint32 { return uint32(life / time.Second) }
