package punch

import (
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"filbert/testnet/fabric"
)

// preset is what stands between a peer and the network.
type preset struct {
	name      string
	behaviour Behaviour
	box       *fabric.NATConfig // nil: none
	carrier   bool              // another NAT in front
	blocked   bool              // by a firewall: nothing but TCP passes
}

func natted(name string, mapping, filtering Dependence, box fabric.NATConfig) preset {
	return preset{name: name, behaviour: Behaviour{Mapping: mapping, Filtering: filtering}, box: &box}
}

var (
	portRestricted = natted("port-restricted", Independent, OnAddrPort, fabric.PortRestricted())
	symmetric      = natted("symmetric", OnAddrPort, OnAddrPort, fabric.Symmetric())
	presets        = []preset{
		{name: "open"},
		natted("full cone", Independent, Independent, fabric.FullCone()),
		natted("restricted", Independent, OnAddress, fabric.RestrictedCone()),
		portRestricted,
		symmetric,
		{name: "CGNAT", behaviour: portRestricted.behaviour, box: portRestricted.box, carrier: true},
		{name: "UDP blocked", blocked: true},
	}
)

// counting is a symmetric NAT that counts its ports.
func counting() preset {
	box := fabric.Symmetric()
	box.Ports = fabric.Sequential
	p := natted("counting", OnAddrPort, OnAddrPort, box)
	p.behaviour.Delta = 1
	return p
}

// permits is the theory (nat.md §8).
func permits(a, b preset) bool {
	guess := func(a, b preset) bool {
		return a.behaviour.Mapping == OnAddrPort && b.behaviour.Filtering == OnAddrPort
	}
	return !a.blocked && !b.blocked && !guess(a, b) && !guess(b, a)
}

// behind starts a node behind a preset with a public address, and a private one.
func (w *world) behind(s preset, public, private string) *peer {
	w.Helper()
	host := w.net.Host(netip.MustParseAddr(public))
	local := public
	switch {
	case s.blocked:
		host = w.net.Firewall(fabric.UDPBlocked()).Host(netip.MustParseAddr(public))
	case s.box != nil:
		local = "192.168.1." + private
		var box *fabric.NAT
		if s.carrier {
			box = w.net.NAT(netip.MustParseAddr(public), fabric.CGNAT()).NAT(netip.MustParseAddr("100.64.0."+private), *s.box)
		} else {
			box = w.net.NAT(netip.MustParseAddr(public), *s.box)
		}
		host = box.Host(netip.MustParseAddr(local))
	}
	sock, err := host.ListenPacket(w.Context(), "udp", ":6346")
	if err != nil {
		w.Fatal(err)
	}
	p := newPeer(w.T, sock)
	p.local = Local{Candidates: []Candidate{{Host, at(local + ":6346")}}, Behaviour: s.behaviour}
	if s.box != nil {
		if seen, ok := w.observe(sock); ok {
			p.local.Candidates = append(p.local.Candidates, Candidate{Reflexive, seen})
			p.local.Candidates = append(p.local.Candidates, Predict(seen, s.behaviour.Delta, 4)...)
		}
	}
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
		pa, pb := w.behind(a, "203.0.113.1", "2"), w.behind(b, "203.0.113.2", "3")
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
				if both := a.behaviour.Mapping == OnAddrPort && b.behaviour.Mapping == OnAddrPort; both != (ea.out.Reason == BothSymmetric) {
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
	for _, pair := range [][2]preset{{counting(), portRestricted}, {portRestricted, counting()}} {
		t.Run(pair[0].name, func(t *testing.T) {
			ea, eb := between(t, pair[0], pair[1], 1)
			if ea.err != nil || eb.err != nil {
				t.Fatalf("%v (%v), %v (%v)", ea.out, ea.err, eb.out, eb.err)
			}
			counts := ea
			if pair[0].behaviour.Delta != 0 {
				counts = eb
			}
			if counts.out.Winner.Kind != Predicted || ea.out.Took > 3*time.Second {
				t.Errorf("%v, %v", ea.out, eb.out)
			}
		})
	}
}
