package overlay_test

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"net/netip"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"

	"filbert/overlay"
	"filbert/overlay/handshake"
	"filbert/overlay/tlslink"
	"filbert/overlay/wire"
	"filbert/testnet/bubble"
	"filbert/testnet/fabric"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// network is what a host needs; *fabric.Host and real are ones.
type network interface {
	overlay.Dialer
	Listen(ctx context.Context, network, address string) (net.Listener, error)
}

// real is the machine's own loopback network.
type real struct {
	net.Dialer
	net.ListenConfig
}

// town is a few overlays on one network.
type town struct {
	t     *testing.T
	host  func(i int) (network, string) // network and listening address of host i
	hosts map[string]*resident
}

// resident is one overlay with the port it listens at.
type resident struct {
	*overlay.Overlay
	addr netip.AddrPort
	stop func()
}

// on runs body on the fabric, in virtual time, and on loopback sockets.
func on(t *testing.T, body func(t *testing.T, tn *town)) {
	t.Run("fabric", func(t *testing.T) {
		bubble.Test(t, func(t *testing.T) {
			sim := fabric.New(fabric.Config{Seed: 1, Latency: fabric.Constant(20 * time.Millisecond), Settle: bubble.Wait})
			defer sim.Close()
			host := func(i int) (network, string) {
				addr := netip.AddrFrom4([4]byte{9, byte(i), 1, 1})
				return sim.Host(addr), netip.AddrPortFrom(addr, 7000).String()
			}
			tn := &town{t: t, host: host, hosts: map[string]*resident{}}
			defer tn.close()
			body(t, tn)
		})
	})
	t.Run("loopback", func(t *testing.T) {
		tn := &town{t: t, host: func(int) (network, string) { return &real{}, "127.0.0.1:0" }, hosts: map[string]*resident{}}
		defer tn.close()
		body(t, tn)
	})
}

// moves in: an overlay that shares one file of its own name, and knows seeds.
func (tn *town) moves(name string, want int, seeds ...*resident) *resident {
	tn.t.Helper()
	return tn.movesAs(name, want, func(*overlay.Options) {}, seeds...)
}

// movesAs is moves of one who is not like all others.
func (tn *town) movesAs(name string, want int, change func(*overlay.Options), seeds ...*resident) *resident {
	tn.t.Helper()
	i := len(tn.hosts) + 1
	n, address := tn.host(i)
	ctx, cancel := context.WithCancel(tn.t.Context())
	l, err := n.Listen(ctx, "tcp", address)
	if err != nil {
		tn.t.Fatal(err)
	}
	r := &resident{addr: l.Addr().(*net.TCPAddr).AddrPort()}
	rnd := rand.New(rand.NewPCG(uint64(i), 1))
	o := overlay.Options{
		Config:  overlay.Config{GUID: wire.GUID{0: byte(i), 8: 0xff}, Port: r.addr.Port(), Want: want},
		Agent:   "filbert/" + name,
		Dialer:  n,
		Matcher: shelf(name),
		Rand:    rnd,
	}
	for _, s := range seeds {
		o.Seeds = append(o.Seeds, s.addr)
	}
	change(&o)
	r.Overlay = overlay.New(o)
	var work sync.WaitGroup
	work.Go(func() { r.Run(ctx) })
	work.Go(func() { accept(ctx, l, r.Overlay, o.TLS, &work) })
	r.stop = func() {
		cancel()
		l.Close()
		work.Wait()
	}
	if err := r.SetSharing(1, 1); err != nil {
		tn.t.Fatal(err)
	}
	tn.hosts[name] = r
	return r
}

// leaves stops an overlay; its neighbors hear a BYE.
func (tn *town) leaves(name string) {
	tn.hosts[name].stop()
	delete(tn.hosts, name)
}

func (tn *town) close() {
	for name := range tn.hosts {
		tn.leaves(name)
	}
}

// accept is what a node's listener does.
func accept(ctx context.Context, l net.Listener, o *overlay.Overlay, layer *tlslink.Layer, work *sync.WaitGroup) {
	for {
		conn, err := l.Accept()
		if err != nil {
			return
		}
		work.Go(func() {
			deadline := time.Now().Add(handshake.Timeout)
			conn.SetDeadline(deadline)
			r := bufio.NewReader(conn)
			if first, err := r.Peek(tlslink.HelloLen); err == nil && layer != nil && tlslink.IsHello(first) {
				prefix, _ := r.Peek(r.Buffered())
				secured, err := layer.Server(ctx, conn, prefix, deadline)
				if err != nil {
					conn.Close()
					return
				}
				conn, r = secured, bufio.NewReader(secured)
			}
			line, err := r.ReadString('\n')
			if err != nil {
				conn.Close()
				return
			}
			o.Accept(ctx, conn, r, strings.TrimRight(line, "\r\n"), deadline)
		})
	}
}

// shelf is a Matcher with one file: every query for its name is answered.
type shelf string

func (s shelf) Match(payload []byte, limit int) []wire.Record {
	if !bytes.Contains(payload, []byte(s)) {
		return nil
	}
	return []wire.Record{{Index: 1, Size: 5, Name: string(s) + ".txt"}}
}

// until asks again and again, as time goes on, whether something holds.
func (tn *town) until(what string, holds func() bool) {
	tn.t.Helper()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for range 1000 {
		if holds() {
			return
		}
		<-tick.C
	}
	for name, r := range tn.hosts {
		s, err := r.Status(tn.t.Context())
		tn.t.Logf("%s at %v: %d neighbors of %d wanted, knows %d, error %v", name, r.addr, len(s.Neighbors), s.Want, s.Known, err)
	}
	tn.t.Fatalf("waited in vain for: %s", what)
}

func (r *resident) neighbors(t *testing.T) int {
	t.Helper()
	s, err := r.Status(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return len(s.Neighbors)
}

// finds searches from r until a file of that name comes.
func (tn *town) finds(r *resident, name string) {
	tn.t.Helper()
	ctx, cancel := context.WithTimeout(tn.t.Context(), 20*time.Second)
	defer cancel()
	hits, err := r.Search(ctx, wire.Query{Flags: wire.FlagMark, Text: name}, 0)
	if err != nil {
		tn.t.Fatal(err)
	}
	found := false
	for hit := range hits {
		if hit.Records[0].Name == name+".txt" && hit.Addr == tn.hosts[name].addr {
			found = true
			cancel()
		}
	}
	if !found {
		tn.t.Errorf("%q was not found", name)
	}
}

// TestChain knows its way only over its middle: a file at one end is found from
// the other, also after the middle was away.
func TestChain(t *testing.T) {
	on(t, func(t *testing.T, tn *town) {
		anna := tn.moves("anna", 0)
		boris := tn.moves("boris", 1, anna)
		clara := tn.moves("clara", 1, boris)
		tn.until("the chain stands", func() bool {
			return anna.neighbors(t) == 1 && boris.neighbors(t) == 2 && clara.neighbors(t) == 1
		})
		tn.finds(clara, "anna")
		tn.finds(anna, "clara")
	})
}

// TestHealing takes away the hub of a star: the others find one another by what
// its pongs told them.
func TestHealing(t *testing.T) {
	on(t, func(t *testing.T, tn *town) {
		hub := tn.moves("hub", 0)
		var rim []*resident
		for i := range 4 {
			rim = append(rim, tn.moves(fmt.Sprintf("rim%c", 'a'+i), 2, hub))
		}
		tn.until("everybody has two neighbors", func() bool {
			for _, r := range rim {
				if r.neighbors(t) < 2 {
					return false
				}
			}
			return true
		})
		tn.leaves("hub")
		tn.until("the rim has closed", func() bool {
			for _, r := range rim {
				if r.neighbors(t) < 2 {
					return false
				}
			}
			return true
		})
		tn.finds(rim[0], "rimd")
	})
}

// TestUserConnectsAndDisconnects acts on links by hand.
func TestUserConnectsAndDisconnects(t *testing.T) {
	on(t, func(t *testing.T, tn *town) {
		anna, boris := tn.moves("anna", 0), tn.moves("boris", 0)
		if err := boris.Connect(t.Context(), anna.addr); err != nil || boris.neighbors(t) != 1 {
			t.Fatalf("connecting: %v, %d neighbors", err, boris.neighbors(t))
		}
		tn.until("the link is up at the other end", func() bool { return anna.neighbors(t) == 1 })
		if err := boris.Connect(t.Context(), anna.addr); err != nil {
			t.Errorf("connecting to a neighbor: %v", err)
		}
		if err := boris.Connect(t.Context(), boris.addr); err == nil {
			t.Error("connected to itself")
		}
		nobody := netip.AddrPortFrom(anna.addr.Addr(), 1025)
		if err := boris.Connect(t.Context(), nobody); !errors.Is(err, syscall.ECONNREFUSED) {
			t.Errorf("connecting to nobody: %v", err)
		}
		s, err := anna.Status(t.Context())
		if err != nil || s.Neighbors[0].Agent != "filbert/boris" || s.Neighbors[0].Listen != boris.addr || !s.Neighbors[0].Inbound {
			t.Errorf("anna's neighbor is %+v, %v", s.Neighbors[0], err)
		}
		if err := boris.Disconnect(anna.addr); err != nil {
			t.Fatal(err)
		}
		tn.until("the link is gone", func() bool { return anna.neighbors(t) == 0 && boris.neighbors(t) == 0 })
	})
}

// TestClosed uses an overlay that has ended.
func TestClosed(t *testing.T) {
	on(t, func(t *testing.T, tn *town) {
		anna := tn.moves("anna", 0)
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		hits, err := anna.Search(ctx, wire.Query{Flags: wire.FlagMark, Text: "anna"}, 0)
		if err != nil {
			t.Fatal(err)
		}
		tn.leaves("anna")
		if _, open := <-hits; open {
			t.Error("a search of a closed overlay found something")
		}
		if _, err := anna.Search(ctx, wire.Query{}, 0); err == nil {
			t.Error("a closed overlay took a search")
		}
		if _, err := anna.Status(ctx); err == nil {
			t.Error("a closed overlay told its status")
		}
	})
}
