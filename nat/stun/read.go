package stun

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"time"
)

// readLoop gives the datagrams of a socket to f, until it is closed or done is.
func readLoop(conn net.PacketConn, done <-chan struct{}, f func(b []byte, from netip.AddrPort)) {
	b := make([]byte, maxMessage+1) // one more, so that longer ones show
	for {
		n, addr, err := conn.ReadFrom(b)
		switch {
		case err == nil:
			if udp, ok := addr.(*net.UDPAddr); ok {
				f(b[:n], udp.AddrPort())
			}
			continue
		case errors.Is(err, net.ErrClosed):
			return
		}
		select { // an ICMP error of an earlier write, say
		case <-done:
			return
		case <-time.After(readPause):
		}
	}
}

// writer writes to a socket.
func writer(conn net.PacketConn) func([]byte, netip.AddrPort) error {
	return func(b []byte, to netip.AddrPort) error {
		if _, err := conn.WriteTo(b, net.UDPAddrFromAddrPort(to)); err != nil {
			return fmt.Errorf("write: %w", err)
		}
		return nil
	}
}
