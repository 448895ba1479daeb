package overlay_test

import (
	"context"
	"math/rand/v2"
	"net"
	"net/netip"
	"slices"
	"sync"
	"testing"
	"time"

	"filbert/overlay"
	"filbert/overlay/wire"
	"filbert/testnet/bubble"
	"filbert/testnet/fabric"
)

// square is a few overlays on the fabric that also talk UDP, which loses some.
type square struct {
	t     *testing.T
	net   *fabric.Net
	hosts []*inhabitant
}

// inhabitant is one overlay and its UDP socket.
type inhabitant struct {
	*overlay.Overlay
	addr  netip.AddrPort
	pongs chan netip.AddrPort
	stop  func()
}

// Received implements overlay.Pongs.
func (i *inhabitant) Received(from netip.AddrPort, f wire.Frame) bool {
	m, err := wire.Parse(f.Type(), f.Payload())
	p, ok := m.(*wire.Pong)
	if err != nil || !ok {
		return false
	}
	select {
	case i.pongs <- from:
	default:
	}
	return p.Addr == from
}

// inSquare runs body in virtual time, with a loss of datagrams.
func inSquare(t *testing.T, loss float64, body func(t *testing.T, s *square)) {
	bubble.Test(t, func(t *testing.T) {
		s := &square{t: t, net: fabric.New(fabric.Config{
			Seed: 7, Latency: fabric.Constant(20 * time.Millisecond), Loss: fabric.LossRate(loss), Settle: bubble.Wait,
		})}
		defer s.net.Close()
		defer func() {
			for _, h := range s.hosts {
				h.stop()
			}
		}()
		body(t, s)
	})
}

// settle makes an overlay that shares one file of its own name.
func (s *square) settle(name string, cfg overlay.Config, links ...*inhabitant) *inhabitant {
	s.t.Helper()
	i := len(s.hosts) + 1
	addr := netip.AddrPortFrom(netip.AddrFrom4([4]byte{9, byte(i), 1, 1}), 7000)
	return s.settleAt(s.net.Host(addr.Addr()), addr, name, cfg, links...)
}

// settleAt likewise, on a host.
func (s *square) settleAt(host *fabric.Host, addr netip.AddrPort, name string, cfg overlay.Config, links ...*inhabitant) *inhabitant {
	s.t.Helper()
	i := len(s.hosts) + 1
	ctx, cancel := context.WithCancel(s.t.Context())
	l, err := host.Listen(ctx, "tcp", addr.String())
	if err != nil {
		s.t.Fatal(err)
	}
	pc, err := host.ListenPacket(ctx, "udp", addr.String())
	if err != nil {
		s.t.Fatal(err)
	}
	h := &inhabitant{addr: addr, pongs: make(chan netip.AddrPort, 100)}
	cfg.GUID, cfg.Port, cfg.External = wire.GUID{0: byte(i), 8: 0xff}, addr.Port(), addr.Addr()
	h.Overlay = overlay.New(overlay.Options{
		Config: cfg, Agent: "filbert/" + name, Dialer: host, Matcher: shelf(name), Pongs: h, Aside: host,
		Rand: rand.New(rand.NewPCG(uint64(i), 1)),
	})
	var work sync.WaitGroup
	work.Go(func() { h.Run(ctx) })
	work.Go(func() { accept(ctx, l, h.Overlay, nil, &work) })
	work.Go(func() { h.ServeDatagrams(ctx, pc) })
	h.stop = func() {
		cancel()
		l.Close()
		pc.Close()
		work.Wait()
	}
	s.hosts = append(s.hosts, h)
	if err := h.SetSharing(1, 1); err != nil {
		s.t.Fatal(err)
	}
	for _, other := range links {
		if err := h.Connect(ctx, other.addr); err != nil {
			s.t.Fatal(err)
		}
	}
	return h
}

// pass lets time go by.
func (s *square) pass(d time.Duration) { time.Sleep(d) }

// calls has a stranger ping a host, which so learns that strangers reach it.
func (s *square) calls(h *inhabitant) {
	s.t.Helper()
	stranger := s.net.Host(netip.AddrFrom4([4]byte{9, 200, byte(len(s.hosts)), byte(h.addr.Addr().As4()[1])}))
	pc, err := stranger.ListenPacket(s.t.Context(), "udp", "0.0.0.0:7777")
	if err != nil {
		s.t.Fatal(err)
	}
	defer pc.Close()
	ping := wire.AppendFrame(nil, wire.GUID{1: 1}, 1, 0, &wire.Ping{})
	for range 10 { // some are lost
		pc.WriteTo(ping, net.UDPAddrFromAddrPort(h.addr))
	}
	time.Sleep(time.Second)
	if st, err := h.Status(s.t.Context()); err != nil || !st.UDP.Open {
		s.t.Fatalf("not reached: %v", err)
	}
}

// finds searches and returns who brought hits for a name.
func (s *square) finds(h *inhabitant, name string, wait time.Duration) (via []netip.AddrPort) {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(s.t.Context(), wait)
	defer cancel()
	hits, err := h.Search(ctx, wire.Query{Flags: wire.FlagMark, Text: name}, 0)
	if err != nil {
		s.t.Fatal(err)
	}
	for hit := range hits {
		if hit.Records[0].Name == name+".txt" {
			via = append(via, hit.Via)
		}
	}
	return via
}

// TestOutOfBandOverLoss finds a file two links away, whose owner sends its hits
// by UDP, though a fifth of all datagrams is lost.
func TestOutOfBandOverLoss(t *testing.T) {
	inSquare(t, 0.2, func(t *testing.T, s *square) {
		anna := s.settle("anna", overlay.Config{})
		boris := s.settle("boris", overlay.Config{}, anna)
		clara := s.settle("clara", overlay.Config{}, boris)
		s.calls(anna)
		s.calls(clara)
		if via := s.finds(clara, "anna", 2*time.Minute); !slices.Equal(via, []netip.AddrPort{anna.addr}) {
			t.Errorf("found via %v, want it from %v itself", via, anna.addr)
		}
		// From a neighbor hits come over the link.
		if via := s.finds(clara, "boris", time.Minute); len(via) != 1 || via[0].Addr() != boris.addr.Addr() {
			t.Errorf("found via %v", via)
		}
		st, err := boris.Status(t.Context())
		if err != nil || st.Traffic.Received.Hits != 0 {
			t.Errorf("%d hits passed the one between, %v", st.Traffic.Received.Hits, err)
		}
	})
}

// TestGuessOverLoss asks a host by UDP that no link leads to.
func TestGuessOverLoss(t *testing.T) {
	inSquare(t, 0.1, func(t *testing.T, s *square) {
		dora := s.settle("dora", overlay.Config{})
		boris := s.settle("boris", overlay.Config{}, dora)
		clara := s.settle("clara", overlay.Config{GUESS: true, QueryTTL: 1}, boris) // its queries end at boris
		if via := s.finds(clara, "dora", 5*time.Minute); len(via) == 0 || via[0] != dora.addr {
			t.Errorf("found via %v, want it from %v", via, dora.addr)
		}
	})
}

// TestSendsBeforeItReads: an overlay may be asked for a ping before anybody reads its
// socket.
func TestSendsBeforeItReads(t *testing.T) {
	inSquare(t, 0, func(t *testing.T, s *square) {
		boris := s.settle("boris", overlay.Config{})
		host := s.net.Host(netip.MustParseAddr("9.99.1.1"))
		pc, err := host.ListenPacket(t.Context(), "udp", ":7000")
		if err != nil {
			t.Fatal(err)
		}
		defer pc.Close()
		o := overlay.New(overlay.Options{Dialer: host, Packets: pc, Rand: rand.New(rand.NewPCG(1, 1))})
		ctx, cancel := context.WithCancel(t.Context())
		var work sync.WaitGroup
		defer work.Wait()
		defer cancel()
		work.Go(func() { o.Run(ctx) })
		if err := o.SendDatagram(boris.addr, wire.AppendFrame(nil, wire.GUID{5: 9}, 1, 0, &wire.Ping{})); err != nil {
			t.Fatal(err)
		}
		s.pass(time.Second)
		if st, err := boris.Status(t.Context()); err != nil || st.Datagrams.Received.Pings != 1 {
			t.Errorf("%+v, %v", st.Datagrams, err)
		}
	})
}

// TestSendDatagram pings through the overlay and gets the pong.
func TestSendDatagram(t *testing.T) {
	inSquare(t, 0, func(t *testing.T, s *square) {
		anna, boris := s.settle("anna", overlay.Config{}), s.settle("boris", overlay.Config{})
		time.Sleep(time.Second) // until the sockets are read
		ping := wire.AppendFrame(nil, wire.GUID{5: 9}, 1, 0, &wire.Ping{})
		if err := anna.SendDatagram(boris.addr, ping); err != nil {
			t.Fatal(err)
		}
		select {
		case from := <-anna.pongs:
			if from != boris.addr {
				t.Errorf("a pong from %v", from)
			}
		case <-time.After(10 * time.Second):
			t.Error("no pong")
		}
		stranger := s.net.Host(netip.MustParseAddr("9.99.1.1"))
		pc, err := stranger.ListenPacket(t.Context(), "udp", "0.0.0.0:7000")
		if err != nil {
			t.Fatal(err)
		}
		defer pc.Close()
		for _, b := range []string{"garbage", "GTA\x02\x00\x01\x01\x01 of another protocol"} {
			pc.WriteTo([]byte(b), net.UDPAddrFromAddrPort(boris.addr))
		}
		time.Sleep(time.Second)
		st, err := boris.Status(t.Context())
		if want := (overlay.Packets{Malformed: 1, Foreign: 1}); err != nil || st.Packets != want {
			t.Errorf("counted %+v, %v, want %+v", st.Packets, err, want)
		}
		// Its ping, and the pong to the one that asked whether it is there.
		if got := st.Datagrams; got.Received.Pings != 1 || got.Received.Pongs != 1 || got.Sent.Pings != 1 || got.Sent.Pongs != 1 {
			t.Errorf("datagrams %+v", st.Datagrams)
		}
	})
}
