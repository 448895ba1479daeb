package node

import (
	"context"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"net"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"github.com/rs/zerolog"

	"filbert/nat/socket"
	"filbert/nat/stun"
	"filbert/overlay"
)

// stuns is the node's part in STUN: it answers others while they reach it as an
// ultrapeer, so that nobody has to ask somebody outside the network.
type stuns struct {
	view    net.PacketConn
	log     zerolog.Logger
	overlay stunOverlay
	punches *punches

	client  *stun.Client
	random  stun.Config
	service *stun.Service
	serves  atomic.Bool

	named  []netip.AddrPort // servers of the settings
	only6  bool             // IPv4 is not reached
	own    func() []netip.Addr
	port   uint16
	listen func(ctx context.Context) (net.PacketConn, error) // another port of ours

	mu      sync.Mutex
	found   Discovered
	lasting lasting
}

// stunRequest is the type of a STUN binding request (RFC 8489 §5).
const stunRequest = 0x0001

// stunIndication is that of a binding indication: nobody answers one, and probes of
// nat/punch are such.
const stunIndication = 0x0011

// stunOverlay is what stuns ask of the overlay; *overlay.Overlay is one.
type stunOverlay interface {
	Status(ctx context.Context) (overlay.Status, error)
	Observed(by, seen netip.Addr) error
}

// openSocket shares the UDP port among Gnutella, STUN and QUIC.
func (n *Node) openSocket(packets net.PacketConn) error {
	ids, err := socket.NewIDs(nil)
	if err != nil {
		packets.Close()
		return fmt.Errorf("node: %w", err)
	}
	n.socket, n.ids = socket.New(packets, ids), ids
	view := n.socket.PacketConn(socket.STUN)
	write := func(b []byte, to netip.AddrPort) error {
		if _, err := view.WriteTo(b, net.UDPAddrFromAddrPort(to)); err != nil {
			return fmt.Errorf("node: %w", err)
		}
		return nil
	}
	random := stun.Config{Random: &chance{Rand: n.cfg.child()}}
	n.stuns = &stuns{
		view: view, log: n.log,
		client:  stun.New(write, random),
		random:  random,
		service: stun.NewService(stun.NewServer(netip.AddrPort{}), view),
		named:   n.cfg.STUNServers, only6: onlyIPv6(n.addr.Addr()), own: n.ownAddrs, port: n.addr.Port(),
		listen: func(ctx context.Context) (net.PacketConn, error) {
			conn, err := n.router.ListenPacket(ctx, "udp", netip.AddrPortFrom(n.addr.Addr(), 0).String())
			if err != nil {
				return nil, err
			}
			return &asidePort{conn, &n.upkeep.aside}, nil
		},
	}
	return nil
}

// read gives what comes by STUN to whom it is for, until ctx ends.
func (s *stuns) read(ctx context.Context) error {
	defer context.AfterFunc(ctx, func() { s.view.Close() })()
	defer s.client.Close()
	read := s.view.(interface { // as views of the socket do
		ReadFromUDPAddrPort(b []byte) (int, netip.AddrPort, error)
	}).ReadFromUDPAddrPort
	b := make([]byte, maxSTUN+1) // one more, so that longer ones show
	for {
		n, from, err := read(b)
		if err != nil {
			return nil // the view is closed, or the socket: its other reader ends with that
		}
		s.receive(b[:n], from)
	}
}

// receive takes a datagram that has the header of STUN.
func (s *stuns) receive(b []byte, from netip.AddrPort) {
	switch binary.BigEndian.Uint16(b) {
	case stunRequest:
		if s.serves.Load() {
			s.service.Receive(0, b, from)
		}
	case stunIndication:
		s.punches.deliver(b, from)
	default:
		s.client.Receive(b, from)
	}
}

// STUNStatus is what a node has to do with STUN.
type STUNStatus struct {
	Serves bool // it answers others
	Server stun.ServerStats
	Found  Discovered

	// Lasting is how long a binding of the NAT lasts, zero as long as that is not known.
	Lasting stun.Lasting
}

func (s *stuns) status() STUNStatus {
	s.mu.Lock()
	defer s.mu.Unlock()
	return STUNStatus{Serves: s.serves.Load(), Server: s.service.Stats(), Found: s.found, Lasting: s.lastsLocked()}
}

// run serves while the overlay says so, and finds out how the NAT behaves, until ctx
// ends.
func (s *stuns) run(ctx context.Context) error {
	var work sync.WaitGroup
	defer work.Wait()
	began, asking := time.Now(), make(chan struct{}, 1) // full while a discovery runs
	outer, stop := netip.Addr{}, func() {}              // whose bindings are measured
	defer func() { stop() }()
	tick := time.NewTicker(stunPeriod)
	defer tick.Stop()
	for {
		o, err := s.overlay.Status(ctx)
		if err != nil {
			return nil // the overlay has ended, and we are about to
		}
		s.serves.Store(o.STUN)
		if servers := s.servers(o.Neighbors); s.discovered().due(time.Now(), began, servers, o.External) {
			select {
			case asking <- struct{}{}:
				work.Go(func() {
					s.discover(ctx, servers)
					<-asking
				})
			default:
			}
		}
		if at := s.discovered().outer(); at != outer {
			stop()
			outer, stop = at, s.startMeasuring(ctx, at, &work)
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return nil
		}
	}
}

// chance is a source of random bytes.
type chance struct {
	mu sync.Mutex
	*rand.Rand
}

// Read implements io.Reader.
func (c *chance) Read(b []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for i := 0; i < len(b); i += 8 {
		var word [8]byte
		binary.LittleEndian.PutUint64(word[:], c.Uint64())
		copy(b[i:], word[:])
	}
	return len(b), nil
}
