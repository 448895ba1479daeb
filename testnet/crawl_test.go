package testnet

import (
	"fmt"
	"math/rand/v2"
	"net/netip"
	"slices"
	"testing"

	"filbert/node"
	"filbert/testnet/bubble"
	"filbert/testnet/crawl"
	"filbert/testnet/topology"
)

// crawled demands that a map is the graph of nodes at addresses.
func crawled(t *testing.T, m *crawl.Map, addrs []netip.AddrPort, edges [][2]int) {
	t.Helper()
	if len(m.Nodes) != len(addrs) || !m.Complete {
		t.Errorf("%d hosts on the map, want %d; complete %v", len(m.Nodes), len(addrs), m.Complete)
	}
	for _, n := range m.Nodes {
		if !n.Visited || n.Role != crawl.Ultrapeer || n.Agent == "" || n.Error != "" {
			t.Errorf("host %+v", n)
		}
	}
	name := func(a, b string) string { return min(a, b) + " - " + max(a, b) }
	var got, want []string
	for _, e := range m.Edges {
		got = append(got, name(m.Nodes[e[0]].Addr, m.Nodes[e[1]].Addr))
	}
	for _, e := range edges {
		want = append(want, name(addrs[e[0]].String(), addrs[e[1]].String()))
	}
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("%d links on the map, want %d\n%v\n%v", len(got), len(want), got, want)
	}
	if len(m.SVG()) == 0 {
		t.Error("no picture")
	}
}

// TestCrawlInVirtualTime crawls fifty whole nodes of a simulated internet.
func TestCrawlInVirtualTime(t *testing.T) {
	g, err := topology.RandomShape.Build(50, 4, rand.New(rand.NewPCG(1, 1)))
	if err != nil {
		t.Fatal(err)
	}
	bubble.Test(t, func(t *testing.T) {
		c := gather(t, g, 1)
		defer c.stop()
		m, err := crawl.Crawl(t.Context(), crawl.Config{
			Seeds: []netip.AddrPort{c.nodes[0].Addr()}, Agent: "test/1", Network: c.net.Host(netip.MustParseAddr("9.9.9.9")),
			Rand: rand.New(rand.NewPCG(1, 1)),
		})
		if err != nil {
			t.Fatal(err)
		}
		var addrs []netip.AddrPort
		for _, n := range c.nodes {
			addrs = append(addrs, n.Addr())
		}
		crawled(t, m, addrs, g.Edges)
	})
}

// TestCrawlTestnet crawls fifty nodes on loopback sockets.
func TestCrawlTestnet(t *testing.T) {
	nodes := 50
	if raceDetector {
		nodes = 20
	}
	n, err := Open(t.Context(), Config{Nodes: nodes, Shape: topology.RandomShape, Degree: 4, Seed: 2, Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	n.Start()
	defer func() {
		if err := n.Close(); err != nil {
			t.Error(err)
		}
	}()
	if err := n.Form(t.Context(), func(Progress) {}); err != nil {
		t.Fatal(err)
	}
	before := links(t, n)
	m, err := crawl.Crawl(t.Context(), crawl.Config{
		Seeds: []netip.AddrPort{n.First().Addr()}, Agent: "test/1", Network: &node.System{}, Rand: rand.New(rand.NewPCG(1, 1)), Parallel: 25,
	})
	if err != nil {
		t.Fatal(err)
	}
	var addrs []netip.AddrPort
	for _, member := range n.members {
		addrs = append(addrs, member.Addr())
	}
	crawled(t, m, addrs, n.graph.Edges)
	if after := links(t, n); fmt.Sprint(before) != fmt.Sprint(after) {
		t.Errorf("the crawl changed the network: %v, then %v", before, after)
	}
}

// links lists who is linked to whom.
func links(t *testing.T, n *Testnet) map[int][]int {
	t.Helper()
	s, err := n.survey(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, list := range s.links {
		slices.Sort(list)
	}
	return s.links
}
