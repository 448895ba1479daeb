package stun

import (
	"net"
	"net/netip"
	"testing"

	"filbert/nat/socket"
	"filbert/testnet/fabric"
)

// TestOneSocket has two nodes ask and answer on the port that all their protocols
// share, each behind one reader of what is STUN.
func TestOneSocket(t *testing.T) {
	inWorld(t, fabric.Config{}, func(w *world) {
		node := func(addr string) (*socket.Socket, *Client, *Service) {
			local := netip.MustParseAddrPort(addr)
			s := socket.New(w.socket(w.net.Host(local.Addr()), local.Port()), nil)
			view := s.PacketConn(socket.STUN)
			client, service := New(writer(view), Config{}), NewService(NewServer(local), view)
			w.wg.Go(func() {
				readLoop(view, nil, func(b []byte, from netip.AddrPort) {
					if !client.Receive(b, from) {
						service.Receive(0, b, from)
					}
				})
			})
			return s, client, service
		}
		as, a, answersA := node(home + ":6346")
		bs, b, answersB := node("192.0.2.1:6346")
		gnutella := as.PacketConn(socket.Gnutella)
		for _, test := range []struct {
			asks       *Client
			of, mapped string
		}{{a, "192.0.2.1:6346", home + ":6346"}, {b, home + ":6346", "192.0.2.1:6346"}} {
			got, err := test.asks.Bind(w.Context(), at(test.of), Options{})
			if err != nil || got.Mapped != at(test.mapped) || got.Sends != 1 {
				w.Errorf("%v says %+v, %v", test.of, got, err)
			}
		}
		if answersA.Stats().Replies != 1 || answersB.Stats().Replies != 1 {
			w.Errorf("%+v, %+v", answersA.Stats(), answersB.Stats())
		}
		ping := make([]byte, 23)
		if _, err := bs.PacketConn(socket.Gnutella).WriteTo(ping, net.UDPAddrFromAddrPort(at(home+":6346"))); err != nil {
			w.Error(err)
		}
		if n, _, err := gnutella.ReadFrom(make([]byte, 100)); n != len(ping) || err != nil {
			w.Errorf("read %d bytes, %v", n, err)
		}
		a.Close()
		b.Close()
		as.Close()
		bs.Close()
	})
}
