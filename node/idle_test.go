package node_test

import (
	"net/netip"
	"testing"
	"testing/fstest"
	"time"

	"filbert/node"
	"filbert/testnet/bubble"
	"filbert/testnet/fabric"
)

// TestIdleLeafBehindNAT: a leaf that nobody searches and that searches nobody stays
// below a megabyte an hour and 32 entries in the table of its router, with all that
// keeps it reachable: links, push proxies, reservations at relays.
func TestIdleLeafBehindNAT(t *testing.T) {
	folder := t.TempDir()
	bubble.Test(t, func(t *testing.T) {
		sim := fabric.New(fabric.Config{Seed: 1, Latency: fabric.Constant(40 * time.Millisecond), Settle: bubble.Wait})
		defer sim.Close()
		var box *fabric.NAT
		tn := &town{t: t, dir: folder, virtual: true, host: func(i int) (node.Network, string) {
			addr := netip.AddrFrom4([4]byte{9, byte(i), 1, 1})
			if i <= 3 {
				return sim.Host(addr), netip.AddrPortFrom(addr, 7000).String()
			}
			inside := netip.AddrFrom4([4]byte{192, 168, 1, 2})
			box = sim.NAT(addr, fabric.PortRestricted())
			return box.Host(inside), netip.AddrPortFrom(inside, 7000).String()
		}}
		defer tn.close()
		boris := tn.movesAs(nil, relaying)
		bruno := tn.movesAs(nil, relaying, boris)
		bert := tn.movesAs(nil, relaying, boris, bruno)
		clara := tn.movesAs(fstest.MapFS{"Blue Film.avi": file(noise(100_000))}, func(cfg *node.Config) { asLeaf(cfg); cfg.Neighbors = 3 }, boris, bruno, bert)
		tn.linked(clara, 3)
		tn.shares(clara, 1)
		tn.relayed(clara, 2)
		onTheWire := func() uint64 { // of all four nodes, with the headers of IP, TCP and UDP
			s := sim.Stats()
			return s.Bytes + 40*s.Segments + s.DatagramBytes + 28*s.Datagrams
		}
		before, most := onTheWire(), 0
		tick := time.NewTicker(time.Minute)
		defer tick.Stop()
		for range 60 {
			<-tick.C
			most = max(most, box.Bindings())
		}
		n := onTheWire() - before
		t.Logf("%d bytes in an hour, of all four together, and %d entries at most", n, most)
		if n > 1_000_000 || most > 32 {
			t.Errorf("%d bytes in an hour, %d entries in the router's table", n, most)
		}
	})
}
