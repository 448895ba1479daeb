package socket

import (
	"context"
	"io"
	"net"
	"net/netip"
	"sync"
	"testing"

	"github.com/quic-go/quic-go"
)

// window is how many datagrams wait in the kernel before BenchmarkRead reads them.
const window = 128

// gated is a socket from which a window is read each time the gate opens, so that
// what is measured is reading alone.
type gated struct {
	*net.UDPConn
	gate chan struct{}
	left int
}

func (g *gated) ReadFromUDPAddrPort(b []byte) (int, netip.AddrPort, error) {
	if g.left == 0 {
		<-g.gate
		g.left = window
	}
	g.left--
	return g.UDPConn.ReadFromUDPAddrPort(b)
}

// BenchmarkRead reads pings from loopback, directly and as a view.
func BenchmarkRead(b *testing.B) {
	for _, shared := range []bool{false, true} {
		b.Run(map[bool]string{false: "direct", true: "view"}[shared], func(b *testing.B) {
			listen := func() *net.UDPConn {
				c, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
				if err != nil {
					b.Fatal(err)
				}
				return c
			}
			from, to := listen(), &gated{UDPConn: listen(), gate: make(chan struct{}, 1)}
			defer from.Close()
			addr := to.LocalAddr().(*net.UDPAddr).AddrPort()
			var r addrPortConn = to
			end := to.Close
			if shared {
				s := New(to, testIDs(1))
				r, end = s.PacketConn(Gnutella).(addrPortConn), s.Close
			}
			buf := make([]byte, maxDatagram)
			b.ReportAllocs()
			n := 0
			for b.Loop() {
				if n%window == 0 {
					b.StopTimer()
					for range window {
						if _, err := from.WriteToUDPAddrPort(ping, addr); err != nil {
							b.Fatal(err)
						}
					}
					b.StartTimer()
					to.gate <- struct{}{}
				}
				if _, _, err := r.ReadFromUDPAddrPort(buf); err != nil {
					b.Fatal(err)
				}
				n++
			}
			close(to.gate)
			end()
		})
	}
}

// BenchmarkQUIC moves bytes over loopback, with the socket QUIC's own and as a view.
func BenchmarkQUIC(b *testing.B) {
	const size = 16 << 20
	for _, shared := range []bool{false, true} {
		name := map[bool]string{false: "direct", true: "view"}[shared]
		b.Run(name, func(b *testing.B) {
			var ends []func() error
			transport := func(seed byte) *quic.Transport {
				c, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
				if err != nil {
					b.Fatal(err)
				}
				tr := &quic.Transport{Conn: c}
				if shared {
					ids := testIDs(seed)
					s := New(c, ids)
					tr = &quic.Transport{Conn: s.PacketConn(QUIC), ConnectionIDGenerator: ids}
					ends = append(ends, tr.Close, s.Close)
				} else {
					ends = append(ends, tr.Close, c.Close)
				}
				return tr
			}
			config := tlsConfig(b)
			quicConfig := &quic.Config{InitialPacketSize: 1440, MaxStreamReceiveWindow: 8 << 20, MaxConnectionReceiveWindow: 8 << 20}
			client, server := transport(1), transport(2)
			l, err := server.Listen(config, quicConfig)
			if err != nil {
				b.Fatal(err)
			}
			var wg sync.WaitGroup
			wg.Go(func() {
				conn, err := l.Accept(context.Background())
				if err != nil {
					b.Error(err)
					return
				}
				stream, err := conn.AcceptStream(context.Background())
				if err != nil {
					b.Error(err)
					return
				}
				zeros := make([]byte, 1<<20)
				for {
					if _, err := stream.Write(zeros); err != nil {
						return
					}
				}
			})
			addr := netip.MustParseAddrPort(server.Conn.LocalAddr().String())
			conn, err := client.Dial(context.Background(), net.UDPAddrFromAddrPort(addr), config, quicConfig)
			if err != nil {
				b.Fatal(err)
			}
			stream, err := conn.OpenStreamSync(context.Background())
			if err != nil {
				b.Fatal(err)
			}
			stream.Write([]byte{0})
			b.SetBytes(size)
			for b.Loop() {
				if _, err := io.CopyN(io.Discard, stream, size); err != nil {
					b.Fatal(err)
				}
			}
			conn.CloseWithError(0, "")
			wg.Wait()
			for _, end := range ends {
				end()
			}
		})
	}
}
