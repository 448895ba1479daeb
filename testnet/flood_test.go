package testnet

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"maps"
	"math/rand/v2"
	"net/netip"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"filbert/node"
	"filbert/node/state"
	"filbert/overlay/identity"
	"filbert/query"
	"filbert/testnet/bubble"
	"filbert/testnet/fabric"
	"filbert/testnet/topology"
	"filbert/transfer/library"
)

// floodTTL is that of the queries of a crowd.
const floodTTL = 7

// crowd is many whole nodes on a simulated internet, linked as a graph says.
type crowd struct {
	t     *testing.T
	graph *topology.Graph
	net   *fabric.Net
	nodes []*node.Node
	stop  func()
}

// address is where node i of a crowd lives: each in a network of its own.
func address(i int) netip.Addr {
	return netip.AddrFrom4([4]byte{20 + byte(i>>8), byte(i), 1, 1})
}

// gather starts a crowd. Each node shares one file of its own and one name that
// all have.
func gather(t *testing.T, g *topology.Graph, seed uint64) *crowd {
	t.Helper()
	c := &crowd{t: t, graph: g, net: fabric.New(fabric.Config{
		Seed: seed, Latency: fabric.Constant(20 * time.Millisecond), Settle: bubble.Wait,
		Replay: fmt.Sprintf("go test -run '%s' ./testnet", t.Name()),
	})}
	ctx, cancel := context.WithCancel(t.Context())
	var work sync.WaitGroup
	c.stop = func() {
		cancel()
		work.Wait()
		c.net.Close()
	}
	for i := range g.N {
		key := binary.BigEndian.AppendUint64(bytes.Repeat([]byte{1}, 24), uint64(i))
		id, err := identity.New(bytes.NewReader(key))
		if err != nil {
			t.Fatal(err)
		}
		files := fstest.MapFS{fmt.Sprintf("common file of node%04d.txt", i): {Data: fmt.Append(nil, "content ", i)}}
		n, err := node.Open(ctx, node.Config{
			Version: "test", Identity: id, State: state.Memory(), Network: c.net.Host(address(i)),
			Rand: rand.New(rand.NewPCG(seed, uint64(i))), Flood: true, InBand: true,
			Listen: netip.AddrPortFrom(address(i), 7000).String(), TTL: floodTTL,
			Shares: []library.Share{{Dir: "share", FS: files}},
		})
		if err != nil {
			t.Fatal(err)
		}
		c.nodes = append(c.nodes, n)
		work.Go(func() {
			if err := n.Run(ctx); err != nil {
				t.Error(err)
			}
		})
	}
	for _, e := range g.Edges {
		if err := c.nodes[max(e[0], e[1])].Seed(c.nodes[min(e[0], e[1])].Addr()); err != nil {
			t.Fatal(err)
		}
	}
	// A second of the nodes' time, off its round numbers.
	time.Sleep(1234567 * time.Microsecond)
	for i, n := range c.nodes {
		s, err := n.Status(ctx)
		if err != nil {
			t.Fatal(err)
		}
		if len(s.Overlay.Neighbors) != g.Degree(i) || s.Files != 1 {
			t.Fatalf("node %d has %d neighbors and %d files, want %d and 1", i, len(s.Overlay.Neighbors), s.Files, g.Degree(i))
		}
	}
	return c
}

// count is queries sent, nodes that got one, and copies they had already.
type count struct{ reached, messages, duplicates int }

// counts sums over all nodes; received is by node.
func (c *crowd) counts() (sent, duplicates int, received []int) {
	for _, n := range c.nodes {
		s, err := n.Status(c.t.Context())
		if err != nil {
			c.t.Fatal(err)
		}
		sent += int(s.Overlay.Traffic.Sent.Queries)
		duplicates += int(s.Overlay.Drops.Map()["duplicate"])
		received = append(received, int(s.Overlay.Traffic.Received.Queries))
	}
	return sent, duplicates, received
}

// flood searches from one node for what all have, and returns what it cost and
// which nodes answered.
func (c *crowd) flood(from, hops int) (cost count, answered []int) {
	c.t.Helper()
	sent, duplicates, received := c.counts()
	ctx, cancel := context.WithTimeout(c.t.Context(), 2*time.Second)
	defer cancel()
	err := c.nodes[from].Search(ctx, query.Query{Text: "common file", Hops: hops}, func(_ query.Result, h query.Hit) {
		a := h.Source.Addr.Addr().As4()
		answered = append(answered, int(a[0]-20)<<8|int(a[1]))
		if want := fmt.Sprintf("common file of node%04d.txt", answered[len(answered)-1]); h.File.Name != want || !h.Hashed() {
			c.t.Errorf("a hit for %+v from node %d", h.File, answered[len(answered)-1])
		}
	})
	if err != nil {
		c.t.Fatal(err)
	}
	sent2, duplicates2, received2 := c.counts()
	cost = count{messages: sent2 - sent, duplicates: duplicates2 - duplicates}
	for i := range received2 {
		if i != from && received2[i] > received[i] {
			cost.reached++
		}
	}
	slices.Sort(answered)
	return cost, answered
}

// within lists the nodes 1 to hops away from one.
func (c *crowd) within(from, hops int) []int {
	var out []int
	for i, d := range c.graph.Distances(from) {
		if d >= 1 && d <= hops {
			out = append(out, i)
		}
	}
	return out
}

// thousand floods 20 queries through 1,000 whole nodes and returns the trace.
func thousand(t *testing.T, seed uint64) (trace uint64) {
	// Published vectors for node 0 of this graph: reached, messages, duplicates.
	vectors := map[int]count{
		1: {6, 6, 0}, 2: {24, 36, 12}, 3: {62, 126, 64}, 4: {128, 316, 188}, 5: {229, 646, 417}, 6: {361, 1151, 790}, 7: {509, 1811, 1302},
	}
	bubble.Test(t, func(t *testing.T) {
		c := gather(t, topology.Circulant(1000, 1, 10, 100), seed)
		defer c.stop()
		rnd := rand.New(rand.NewPCG(seed, 99))
		for i := range 20 {
			from, hops := 0, i+1
			if hops > floodTTL {
				from, hops = rnd.IntN(c.graph.N), 1+rnd.IntN(floodTTL)
			}
			cost, answered := c.flood(from, hops)
			reached, messages, duplicates := c.graph.Flood(from, hops)
			if want := (count{reached, messages, duplicates}); cost != want {
				t.Errorf("flood %d from node %d, TTL %d: %+v, the formula says %+v", i, from, hops, cost, want)
			}
			if want, ok := vectors[hops]; ok && from == 0 && cost != want {
				t.Errorf("TTL %d from node 0: %+v, the vector says %+v", hops, cost, want)
			}
			if want := c.within(from, hops); !slices.Equal(answered, want) {
				t.Errorf("flood %d from node %d, TTL %d: %d nodes answered, %d are in reach", i, from, hops, len(answered), len(want))
			}
		}
		if t.Failed() {
			var flow strings.Builder
			c.net.Trace().WriteTo(&flow)
			t.Log(flow.String())
		}
		trace = c.net.Trace().Hash()
	})
	return trace
}

// TestThousandNodesSameSeedSameTrace holds a thousand whole nodes against the
// flood formula, its published vectors and the graph, and runs them again: the
// whole traffic is the same, also on one processor; with another seed it is not.
// Under the race detector, where four runs take ten gigabytes, there is one.
func TestThousandNodesSameSeedSameTrace(t *testing.T) {
	if raceDetector {
		thousand(t, 1)
		return
	}
	traces := map[string]uint64{"first": thousand(t, 1), "second": thousand(t, 1)}
	before := runtime.GOMAXPROCS(1)
	traces["one processor"] = thousand(t, 1)
	runtime.GOMAXPROCS(before)
	values := slices.Collect(maps.Values(traces))
	if slices.Max(values) != slices.Min(values) {
		t.Errorf("one seed gave different traces: %x", traces)
	}
	if other := thousand(t, 2); other == values[0] {
		t.Error("another seed gave the same trace")
	}
}
