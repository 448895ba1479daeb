package punch

import (
	"fmt"
	"math/rand/v2"
	"net"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"filbert/testnet/fabric"
)

// preset is what stands between a peer and the network.
type preset struct {
	name               string
	mapping, filtering Dependence
	carrier            bool // another NAT in front, of the restricted kind
	blocked            bool // nothing but TCP passes
	delta              int  // of ports, 0 for random ones
}

var (
	portRestricted = preset{name: "port-restricted", mapping: Independent, filtering: OnAddrPort}
	symmetric      = preset{name: "symmetric", mapping: OnAddrPort, filtering: OnAddrPort}
	counting       = preset{name: "counting", mapping: OnAddrPort, filtering: OnAddrPort, delta: 1}
	presets        = []preset{
		{name: "open"},
		{name: "full cone", mapping: Independent, filtering: Independent},
		{name: "restricted", mapping: Independent, filtering: OnAddress},
		portRestricted,
		symmetric,
		{name: "CGNAT", mapping: Independent, filtering: OnAddrPort, carrier: true},
		{name: "UDP blocked", blocked: true},
	}
)

// permits is the theory (nat.md §8).
func permits(a, b preset) bool {
	guess := func(a, b preset) bool { return a.mapping == OnAddrPort && b.filtering == OnAddrPort }
	return !a.blocked && !b.blocked && !guess(a, b) && !guess(b, a)
}

// blocked is a socket from which nothing gets out.
type blocked struct{ net.PacketConn }

func (blocked) WriteTo(p []byte, _ net.Addr) (int, error) { return len(p), nil }

// behind starts a node behind a preset with a public address.
func (w *world) behind(s preset, public string, seed uint64) *peer {
	w.Helper()
	var mu sync.Mutex // of rng and port; the two peers share neither
	rng := rand.New(rand.NewPCG(seed, 1))
	outside := w.net.Host(netip.MustParseAddr(public))
	port := 40000
	listen := func() net.PacketConn {
		mu.Lock()
		defer mu.Unlock()
		for {
			port += s.delta
			if s.delta == 0 {
				port = minPort + rng.IntN(1<<16-minPort)
			}
			sock, err := outside.ListenPacket(w.Context(), "udp", fmt.Sprintf(":%d", port))
			if err == nil {
				return sock
			}
		}
	}
	inside, err := outside.ListenPacket(w.Context(), "udp", public+":6346")
	if err != nil {
		w.Fatal(err)
	}
	sock := inside
	local := Local{Candidates: []Candidate{{Host, at(public + ":6346")}}, Behaviour: Behaviour{s.mapping, s.filtering, int16(s.delta)}}
	switch {
	case s.blocked:
		sock = blocked{inside}
	case s.mapping != Unknown:
		inside.Close()
		if s.carrier {
			carrier := &box{mapping: Independent, filtering: OnAddress, listen: listen}
			listen = func() net.PacketConn { return carrier.socket("100.64.0.2:5000") }
		}
		sock = (&box{s.mapping, s.filtering, listen}).socket("192.168.1.2:6346")
		local.Candidates = []Candidate{{Host, at("192.168.1.2:6346")}}
	}
	if seen, ok := w.observe(sock); ok && s.mapping != Unknown {
		local.Candidates = append(local.Candidates, Candidate{Reflexive, seen})
		local.Candidates = append(local.Candidates, Predict(seen, local.Behaviour.Delta, 4)...)
	}
	p := newPeer(w.T, sock)
	p.local = local
	return p
}

// observe is how a server outside sees a socket.
func (w *world) observe(sock net.PacketConn) (netip.AddrPort, bool) {
	observer, err := w.net.Host(netip.MustParseAddr("198.51.100.1")).ListenPacket(w.Context(), "udp", ":0")
	if err != nil {
		w.Fatal(err)
	}
	defer observer.Close()
	to := netip.AddrPortFrom(netip.MustParseAddr("198.51.100.1"), observer.LocalAddr().(*net.UDPAddr).AddrPort().Port())
	sock.WriteTo([]byte("who am I"), net.UDPAddrFromAddrPort(to))
	observer.SetReadDeadline(time.Now().Add(time.Second))
	_, from, err := observer.ReadFrom(make([]byte, 100))
	if err != nil {
		return netip.AddrPort{}, false
	}
	return addrPort(from, netip.AddrPort{}), true
}

// between punches between two presets, and has bytes flow if that works.
func between(t *testing.T, a, b preset, seed uint64) (ea, eb end) {
	t.Helper()
	inWorld(t, fabric.Config{Seed: seed}, func(w *world) {
		pa, pb := w.behind(a, "203.0.113.1", 2*seed), w.behind(b, "203.0.113.2", 2*seed+1)
		defer pa.close()
		defer pb.close()
		sa, sb := wires(oneWay)
		ea, eb = w.punch(pa, pb, sa, sb)
		if ea.err == nil && eb.err == nil {
			w.wantConnected(ea, eb)
		}
	})
	return ea, eb
}

// TestMatrix punches between all pairs at a round trip of 80 ms: it succeeds where
// theory permits it, in 3 s, and nowhere else.
func TestMatrix(t *testing.T) {
	var took []time.Duration
	var table strings.Builder
	for i, a := range presets {
		fmt.Fprintf(&table, "\n%-16s", a.name)
		for j, b := range presets {
			ea, eb := between(t, a, b, uint64(i*len(presets)+j))
			works := ea.err == nil && eb.err == nil
			if works != permits(a, b) {
				t.Errorf("%s to %s: %v (%v), %v (%v), want %v", a.name, b.name, ea.out, ea.err, eb.out, eb.err, permits(a, b))
			}
			if !works {
				fmt.Fprintf(&table, " %14v", ea.out.Reason)
				if both := a.mapping == OnAddrPort && b.mapping == OnAddrPort; both != (ea.out.Reason == BothSymmetric) {
					t.Errorf("%s to %s: %v", a.name, b.name, ea.out)
				}
				continue
			}
			fmt.Fprintf(&table, " %14v", ea.out.Took.Round(time.Millisecond))
			took = append(took, ea.out.Took)
			if ea.out.Took > 3*time.Second {
				t.Errorf("%s to %s: %v", a.name, b.name, ea.out)
			}
		}
	}
	slices.Sort(took)
	t.Logf("%d of %d pairs, median %v, longest %v%s", len(took), len(presets)*len(presets), took[len(took)/2], took[len(took)-1], table.String())
}

// TestPredictedPorts has a NAT that counts its ports meet one that filters by port.
func TestPredictedPorts(t *testing.T) {
	for _, pair := range [][2]preset{{counting, portRestricted}, {portRestricted, counting}} {
		t.Run(pair[0].name, func(t *testing.T) {
			ea, eb := between(t, pair[0], pair[1], 1)
			if ea.err != nil || eb.err != nil {
				t.Fatalf("%v (%v), %v (%v)", ea.out, ea.err, eb.out, eb.err)
			}
			counts := ea
			if pair[0].delta != 0 {
				counts = eb
			}
			if counts.out.Winner.Kind != Predicted || ea.out.Took > 3*time.Second {
				t.Errorf("%v, %v", ea.out, eb.out)
			}
		})
	}
}
