package crawl

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func addr(s string) netip.AddrPort { return netip.MustParseAddrPort(s) }

func addrs(list ...string) (out []netip.AddrPort) {
	for _, s := range list {
		out = append(out, addr(s))
	}
	return out
}

func listed(list ...string) (out []Listed) {
	for _, s := range list {
		out = append(out, Listed{Addr: addr(s)})
	}
	return out
}

// host is the address of the nth host of a test.
func host(n int) string { return fmt.Sprintf("9.%d.%d.1:7000", n/250, n%250) }

// TestWalkOrder visits the nearest first, everybody once, and leaves never.
func TestWalkOrder(t *testing.T) {
	lists := map[string][]string{host(1): {host(2), host(3)}, host(2): {host(1), host(4)}, host(3): {host(4), host(5)}, host(4): {host(6)}}
	w := NewWalk(addrs(host(1), host(1)), 0, 100)
	var order []string
	for target, ok := w.Next(); ok; target, ok = w.Next() {
		order = append(order, target.Addr.String())
		w.Visited(target, Report{Role: Ultrapeer, Ultrapeers: listed(lists[target.Addr.String()]...), Leaves: listed(host(100))}, nil)
	}
	if want := []string{host(1), host(2), host(3), host(4), host(5), host(6)}; !slices.Equal(order, want) {
		t.Errorf("visited %v, want %v", order, want)
	}
	m := w.Map(time.Unix(0, 0), time.Unix(9, 0))
	if len(m.Nodes) != 7 || len(m.Edges) != 6+6 || !m.Complete || m.Seconds != 9 {
		t.Errorf("map %+v", m)
	}
	for _, n := range m.Nodes {
		want := map[string]int{host(1): 0, host(2): 1, host(3): 1, host(100): 1, host(4): 2, host(5): 2, host(6): 3}[n.Addr]
		if n.Depth != want || (n.Role == Leaf) != (n.Addr == host(100)) || n.Seed != (n.Addr == host(1)) {
			t.Errorf("%+v, want depth %d", n, want)
		}
	}
}

func TestWalkBounds(t *testing.T) {
	chain := func(depth, most int) *Map {
		w := NewWalk(addrs(host(0)), depth, most)
		for i := 1; ; i++ {
			target, ok := w.Next()
			if !ok {
				return w.Map(time.Time{}, time.Time{})
			}
			if i < 50 {
				w.Visited(target, Report{Ultrapeers: listed(host(i))}, nil)
			} else {
				w.Visited(target, Report{}, nil)
			}
		}
	}
	for _, test := range []struct {
		depth, most, visited int
		complete             bool
	}{{0, 100, 50, true}, {0, 50, 50, true}, {0, 49, 49, false}, {1, 100, 2, false}, {49, 100, 50, true}, {48, 100, 49, false}, {0, 1, 1, false}} {
		m := chain(test.depth, test.most)
		if s := m.Summary(); s.Visited != test.visited || m.Complete != test.complete {
			t.Errorf("depth %d, most %d: %d visited, complete %v; want %d, %v", test.depth, test.most, s.Visited, m.Complete, test.visited, test.complete)
		}
	}
}

func TestWalkListsAreBounded(t *testing.T) {
	for n := maxListed - 1; n <= maxListed+1; n++ {
		w := NewWalk(addrs(host(9999)), 0, 10)
		target, _ := w.Next()
		var list []Listed
		for i := range n {
			list = append(list, Listed{Addr: addr(host(i))})
		}
		w.Visited(target, Report{Leaves: list}, nil)
		if got := len(w.Map(time.Time{}, time.Time{}).Nodes) - 1; got != min(n, maxListed) {
			t.Errorf("%d of %d neighbors taken", got, n)
		}
	}
}

// TestWalkIsNotMisled: a host of the public network cannot send the crawler to
// addresses inside, nor to services.
func TestWalkIsNotMisled(t *testing.T) {
	bad := listed("10.0.0.1:7000", "127.0.0.1:7000", "169.254.169.254:80", "[::1]:7000", "5.6.7.8:80", "5.6.7.8:0", "224.0.0.1:7000", "192.0.2.1:7000", "8.8.4.4:7000")
	for seed, want := range map[string]int{"8.8.4.4:7000": 1, "127.0.0.1:7001": 1 + 4} {
		w := NewWalk(addrs(seed), 0, 10)
		target, _ := w.Next()
		w.Visited(target, Report{Ultrapeers: bad, Leaves: bad}, nil)
		if m := w.Map(time.Time{}, time.Time{}); len(m.Nodes) != want {
			t.Errorf("told by %s: %+v", seed, m.Nodes)
		}
	}
}

func TestWalkRoles(t *testing.T) {
	w := NewWalk(addrs(host(1)), 0, 10)
	target, _ := w.Next()
	w.Visited(target, Report{Role: Leaf, Ultrapeers: listed(host(2), host(3))}, nil)
	second, _ := w.Next()
	w.Visited(second, Report{Role: Unknown, Way: ByUDP, Agent: "A/1", Uptime: time.Hour, Files: 7}, nil)
	third, _ := w.Next()
	w.Visited(third, Report{}, errors.New("connection refused"))
	m := w.Map(time.Time{}, time.Time{})
	want := []Node{
		{ID: 0, Addr: host(1), Role: Leaf, Seed: true, Visited: true},
		{ID: 1, Addr: host(2), Role: Ultrapeer, Agent: "A/1", Uptime: 3600, Files: 7, Depth: 1, Visited: true, Way: ByUDP},
		{ID: 2, Addr: host(3), Role: Ultrapeer, Depth: 1, Error: "connection refused"},
	}
	if !slices.Equal(m.Nodes, want) {
		t.Errorf("map %+v, want %+v", m.Nodes, want)
	}
	if s := m.Summary(); s.Ultrapeers != 2 || s.Leaves != 1 || s.Visited != 2 || s.Silent != 1 || s.Links != 2 || s.Farthest != 1 {
		t.Errorf("summary %+v", s)
	}
	if p := w.Progress(); p != (Progress{Visited: 3, Found: 3}) {
		t.Errorf("progress %+v", p)
	}
}
