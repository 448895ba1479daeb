package group

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"sync"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"filbert/overlay/identity"
	"filbert/testnet/bubble"
	"filbert/testnet/fabric"
)

// world is machines on a simulated internet, each with a hub.
type world struct {
	t     testing.TB
	net   *fabric.Net
	mu    sync.Mutex
	where map[identity.PeerID]netip.Addr
	tap   func(to identity.PeerID, datagram []byte) // sees every datagram that is sent
	heard diary
	nodes []*machine
}

const (
	udpPort = 6346
	tcpPort = 6347
)

// machine is one of them. Off and on, it keeps its identity, its address and its disk.
type machine struct {
	*Hub
	w    *world
	id   *identity.Identity
	addr netip.Addr
	disk *disk
	end  context.CancelFunc
	done sync.WaitGroup
	pc   *packetWay
}

// inWorld plays a story in virtual time. After it all machines are off, and all that ran on
// them has ended.
func inWorld(t *testing.T, n int, cfg fabric.Config, story func(t *testing.T, w *world)) {
	t.Helper()
	bubble.Test(t, func(t *testing.T) {
		cfg.Settle = bubble.Wait
		if cfg.Latency == nil {
			cfg.Latency = func(fabric.Draw) time.Duration { return 40 * time.Millisecond }
		}
		w := &world{t: t, net: fabric.New(cfg), where: map[identity.PeerID]netip.Addr{}}
		for i := range n {
			id := newPeer(t, i)
			m := &machine{w: w, id: id, addr: netip.AddrFrom4([4]byte{10, 0, byte(i >> 8), byte(i)}), disk: &disk{}}
			w.where[id.PeerID()] = m.addr
			w.nodes = append(w.nodes, m)
			m.on()
		}
		defer func() {
			for _, m := range w.nodes {
				m.off()
			}
			time.Sleep(15 * time.Second) // memberlist ends its own in its own time
			if err := w.net.Close(); err != nil {
				t.Error(err)
			}
		}()
		story(t, w)
	})
}

// on starts the hub of a machine, which opens no group by itself.
func (m *machine) on() {
	m.w.t.Helper()
	host := m.w.net.Host(m.addr)
	ctx, cancel := context.WithCancel(context.Background())
	pc, err := host.ListenPacket(ctx, "udp", fmt.Sprintf("%v:%d", m.addr, udpPort))
	if err != nil {
		m.w.t.Fatal(err)
	}
	ln, err := host.Listen(ctx, "tcp", fmt.Sprintf("%v:%d", m.addr, tcpPort))
	if err != nil {
		m.w.t.Fatal(err)
	}
	m.pc = &packetWay{w: m.w, pc: pc, back: make(chan []byte, 64)}
	m.Hub = NewHub(Config{
		Self: m.id, Packets: m.pc, Streams: &streamWay{w: m.w, host: host, ln: ln}, Store: m.disk, Witness: witness{m},
		Log: zerolog.Nop(), Contact: []byte(m.addr.String()),
	})
	m.end = cancel
	m.done.Go(func() {
		if err := m.Run(ctx); err != nil && !errors.Is(err, net.ErrClosed) {
			m.w.t.Error(err)
		}
	})
}

// off ends the hub as a node does that stops.
func (m *machine) off() {
	if m.end != nil {
		m.end()
		m.done.Wait()
		m.end = nil
	}
}

// kill takes the power away: nobody hears of it.
func (m *machine) kill() {
	m.w.net.At(time.Now(), fabric.Kill{Host: m.addr})
	time.Sleep(time.Millisecond)
	m.off()
}

// reopen takes part again in what is on the disk.
func (m *machine) reopen(t testing.TB) *Group {
	t.Helper()
	s, err := DecodeState(m.disk.read())
	if err != nil {
		t.Fatal(err)
	}
	g, err := m.Open(s)
	if err != nil {
		t.Fatal(err)
	}
	return g
}

// disk keeps one group.
type disk struct {
	mu    sync.Mutex
	state []byte
	full  bool
}

func (d *disk) Save(_ ID, state []byte) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.full {
		return errors.New("no space left on device")
	}
	d.state = state
	return nil
}

func (d *disk) read() []byte {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.state
}

// packetWay is Packets over the fabric.
type packetWay struct {
	w    *world
	pc   net.PacketConn
	back chan []byte
}

func (p *packetWay) Send(to identity.PeerID, b []byte) error {
	if len(b) > maxDatagram {
		p.w.t.Errorf("a datagram of %d bytes", len(b))
	}
	p.w.mu.Lock()
	tap, addr := p.w.tap, p.w.where[to]
	p.w.mu.Unlock()
	if tap != nil {
		tap(to, b)
	}
	_, err := p.pc.WriteTo(b, net.UDPAddrFromAddrPort(netip.AddrPortFrom(addr, udpPort)))
	return err
}

func (p *packetWay) Receive() ([]byte, error) {
	b := make([]byte, 2048)
	n, _, err := p.pc.ReadFrom(b)
	return b[:n], err
}

func (p *packetWay) Close() error { return p.pc.Close() }

// streamWay is Streams over the fabric, in clear.
type streamWay struct {
	w    *world
	host *fabric.Host
	ln   net.Listener
}

func (s *streamWay) Dial(ctx context.Context, to Ask) (net.Conn, error) {
	s.w.mu.Lock()
	addr := s.w.where[to.Peer]
	s.w.mu.Unlock()
	return s.host.DialContext(ctx, "tcp", fmt.Sprintf("%v:%d", addr, tcpPort))
}

func (s *streamWay) Accept() (net.Conn, error) { return s.ln.Accept() }
func (s *streamWay) Close() error              { return s.ln.Close() }

// family makes a group of the first n machines: the first founds it, the others are in its
// records from the start. It returns when all see all.
func (w *world) family(t testing.TB, n int) []*Group {
	t.Helper()
	var peers []*identity.Identity
	for _, m := range w.nodes[:n] {
		peers = append(peers, m.id)
	}
	s := foundAt(t, time.Now(), peers...)
	var out []*Group
	for _, m := range w.nodes[:n] {
		g, err := m.Open(s.Clone())
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, g)
	}
	w.agreeWithin(t, 60*time.Second, out, n)
	return out
}

// agree tells whether each sees n online, memberlist too, and all have the same records.
func agree(groups []*Group, n int) bool {
	for _, g := range groups {
		if online(g) != n || g.swim.NumMembers() != n || g.State().Digest() != groups[0].State().Digest() {
			return false
		}
	}
	return true
}

func online(g *Group) int {
	n := 0
	for _, m := range g.Members() {
		if m.Online {
			n++
		}
	}
	return n
}

func sees(g *Group, p identity.PeerID) bool {
	for _, m := range g.Members() {
		if m.Peer == p {
			return m.Online
		}
	}
	return false
}

// views counts what members have for their view: how many they see, how many memberlist does,
// and the beginning of the digest of their records.
func views(groups []*Group) map[string]int {
	out := map[string]int{}
	for _, g := range groups {
		d := g.State().Digest()
		out[fmt.Sprintf("%d online, %d to memberlist, records %x", online(g), g.swim.NumMembers(), d[:4])]++
	}
	return out
}

// agreeWithin waits until groups agree, and returns how long it took.
func (w *world) agreeWithin(t testing.TB, most time.Duration, groups []*Group, n int) time.Duration {
	t.Helper()
	began := time.Now()
	for !agree(groups, n) {
		if time.Since(began) > most {
			t.Fatalf("of %d members not all agree within %v: %v", n, most, views(groups))
		}
		time.Sleep(97 * time.Millisecond)
	}
	return time.Since(began)
}

// within waits in virtual time until something is so, and returns how long it took.
func (w *world) within(t testing.TB, most time.Duration, what string, so func() bool) time.Duration {
	t.Helper()
	began := time.Now()
	for !so() {
		if time.Since(began) > most {
			t.Fatalf("%s: not within %v", what, most)
		}
		time.Sleep(97 * time.Millisecond)
	}
	return time.Since(began)
}

// rest lets virtual time pass.
func rest(d time.Duration) { time.Sleep(d) }
