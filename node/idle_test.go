package node_test

import (
	"fmt"
	"net/netip"
	"testing"
	"testing/fstest"
	"time"

	"filbert/nat"
	"filbert/node"
	"filbert/node/doctor"
	"filbert/testnet/bubble"
	"filbert/testnet/fabric"
)

// idlers is a town whose last citizen, clara, has moved behind a NAT.
type idlers struct {
	*town
	net *fabric.Net
	box *fabric.NAT
}

// whileIdle has so many ultrapeers, and runs in virtual time; clara moves behind the box.
func whileIdle(t *testing.T, ultrapeers int, box fabric.NATConfig, body func(t *testing.T, i *idlers)) {
	folder := t.TempDir()
	bubble.Test(t, func(t *testing.T) {
		sim := fabric.New(fabric.Config{Seed: 1, Latency: fabric.Constant(40 * time.Millisecond), Settle: bubble.Wait})
		defer sim.Close()
		in := &idlers{net: sim}
		in.town = &town{t: t, dir: folder, virtual: true, host: func(i int) (node.Network, string) {
			addr := netip.AddrFrom4([4]byte{9, byte(i), 1, 1})
			if i <= ultrapeers {
				return sim.Host(addr), netip.AddrPortFrom(addr, 7000).String()
			}
			inside := netip.AddrFrom4([4]byte{192, 168, 1, 2})
			in.box = sim.NAT(addr, box)
			return in.box.Host(inside), netip.AddrPortFrom(inside, 7000).String()
		}}
		defer in.close()
		body(t, in)
	})
}

// onTheWire is what all nodes sent so far, with the headers of IP, TCP and UDP, in bytes;
// what got lost counts as the shortest segment.
func (in *idlers) onTheWire() uint64 {
	s := in.net.Stats()
	n := s.Bytes + 40*s.Segments + s.DatagramBytes + 28*s.Datagrams
	for _, lost := range s.Drops {
		n += 40 * lost
	}
	return n
}

// hour lets an hour pass and returns the bytes on the wire, and the most entries of clara's
// router: those that it has by the simulation, and those that she counts, but for the first
// quarter.
func (in *idlers) hour(clara *citizen) (bytes uint64, simulated, counted int) {
	before := in.onTheWire()
	tick := time.NewTicker(time.Minute)
	defer tick.Stop()
	for minute := range 60 {
		<-tick.C
		s, err := clara.Status(in.t.Context())
		if err != nil {
			in.t.Fatal(err)
		}
		simulated = max(simulated, in.box.Bindings())
		if minute >= 15 {
			counted = max(counted, s.Router.Now)
		}
	}
	return in.onTheWire() - before, simulated, counted
}

// upkeep is what a node says that it sent in the last hour.
func (in *idlers) upkeep(c *citizen) (held, groups uint64) {
	s, err := c.Status(in.t.Context())
	if err != nil {
		in.t.Fatal(err)
	}
	in.t.Logf("by what it was sent for: %v", s.Upkeep.Hour)
	return s.Upkeep.Hour.Held(), s.Upkeep.Hour[nat.UpkeepGroups]
}

// What a leaf that does nothing may cost its router: bytes in an hour, of all nodes of the
// test together, and entries.
const (
	idleBytes   = 1_000_000
	idleEntries = 32
)

// TestIdleLeafBehindNAT: a leaf that nobody searches and that searches nobody stays
// below a megabyte an hour and 32 entries in the table of its router, with all that
// keeps it reachable: links, push proxies, reservations at relays; and with all that it
// tries again where these are not to be had, or are lost.
func TestIdleLeafBehindNAT(t *testing.T) {
	for name, test := range map[string]struct {
		box      fabric.NATConfig
		relays   bool
		troubles func(in *idlers)
	}{
		"all is well": {fabric.PortRestricted(), true, nil},
		"symmetric":   {fabric.Symmetric(), true, nil},
		"no UDP":      {fabric.UDPBlocked(), true, nil},
		"no relays":   {fabric.PortRestricted(), false, nil},
		"a neighbor dies": {fabric.PortRestricted(), true, func(in *idlers) {
			in.killed.Store(true)
			in.net.At(time.Now(), fabric.Kill{Host: netip.AddrFrom4([4]byte{9, 3, 1, 1})})
		}},
		"a new address every ten minutes": {fabric.PortRestricted(), true, func(in *idlers) {
			at := netip.AddrFrom4([4]byte{9, 4, 1, 1})
			for i := range 6 {
				to := netip.AddrFrom4([4]byte{9, byte(50 + i), 1, 1})
				in.net.At(time.Now().Add(time.Duration(i)*10*time.Minute), fabric.Renumber{Box: at, To: to})
				at = to
			}
		}},
	} {
		t.Run(name, func(t *testing.T) {
			whileIdle(t, 3, test.box, func(t *testing.T, in *idlers) {
				serves := func(cfg *node.Config) { relaying(cfg); cfg.Relay = test.relays }
				boris := in.movesAs(nil, serves)
				bruno := in.movesAs(nil, serves, boris)
				bert := in.movesAs(nil, serves, boris, bruno)
				for _, c := range []*citizen{boris, bruno, bert} {
					in.answers(c)
				}
				clara := in.movesAs(fstest.MapFS{"Blue Film.avi": file(noise(100_000))}, func(cfg *node.Config) { asLeaf(cfg); cfg.Neighbors = 3 }, boris, bruno, bert)
				in.linked(clara, 3)
				in.shares(clara, 1)
				if test.relays {
					in.relayed(clara, 2)
				}
				if test.troubles != nil {
					test.troubles(in)
				}
				n, simulated, counted := in.hour(clara)
				own, groups := in.upkeep(clara)
				t.Logf("%d bytes in an hour, of all four together, %d of them sent by her, as she counts; %d entries at most, %d by her count", n, own, simulated, counted)
				if own < n/10 || own > n || groups > 0 {
					t.Errorf("she counts %d bytes of %d, and %d for groups", own, n, groups)
				}
				if n > idleBytes || simulated > idleEntries || counted > idleEntries || counted < 3 {
					t.Errorf("%d bytes in an hour, %d entries in the router's table, or %d", n, simulated, counted)
				}
			})
		})
	}
}

// TestIdleInVain: the same for a leaf whose known hosts are all gone, but for the first
// quarter of an hour.
func TestIdleInVain(t *testing.T) {
	whileIdle(t, 0, fabric.PortRestricted(), func(t *testing.T, in *idlers) {
		clara := in.movesAs(nil, func(cfg *node.Config) {
			asLeaf(cfg)
			for i := range 500 {
				cfg.Seeds = append(cfg.Seeds, fmt.Sprintf("%d.%d.1.1:7000", 100+i/100, i%100))
			}
		})
		n, _, counted := in.hour(clara)
		s, err := clara.Status(t.Context())
		t.Logf("%d bytes in an hour, and %d entries by its own count", n, counted)
		if n > idleBytes || counted > idleEntries || counted == 0 || err != nil || s.Overlay.DialsHeld == 0 {
			t.Errorf("%d bytes in an hour, %d entries; %d dials held; %v", n, counted, s.Overlay.DialsHeld, err)
		}
	})
}

// TestThrift: a leaf that has used up the bytes of an hour keeps one reservation instead of
// two, says so, and takes up the other again when it may.
func TestThrift(t *testing.T) {
	amongNATs(t, 2, fabric.PortRestricted(), func(t *testing.T, tn *town) {
		boris := tn.movesAs(nil, relaying)
		bruno := tn.movesAs(nil, relaying, boris)
		clara := tn.movesAs(nil, asLeaf, boris, bruno)
		tn.linked(clara, 2)
		tn.relayed(clara, 2)
		says := func() (level doctor.Level) {
			checks, err := clara.Examine(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			for _, c := range checks {
				if c.Name == "upkeep" {
					level = c.Level
				}
			}
			return level
		}
		if says() != doctor.OK {
			t.Error("it is dear to keep from the start")
		}
		clara.Spends(nat.MaxUpkeep)
		spent := time.Now()
		tn.until("one relay is enough", func() bool {
			s, err := clara.Status(t.Context())
			return err == nil && len(s.Relay.At) == 1 && s.Upkeep.Thrifty
		})
		if says() != doctor.Warn {
			t.Error("the doctor finds nothing")
		}
		tick := time.NewTicker(time.Minute)
		defer tick.Stop()
		for time.Since(spent) < time.Hour {
			<-tick.C
		}
		tn.relayed(clara, 2)
		if says() != doctor.OK {
			t.Error("it is dear to keep an hour later")
		}
	})
}
