package dynamic

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"
)

// network is a random graph of ultrapeers. Node 0 searches.
type network struct {
	links [][]int
	has   []bool // a copy of what is searched
	best  []int  // highest TTL with which a node got the query, 0 for none
	sent  int    // messages
	found int    // copies reached
}

func newNetwork(nodes, degree int, rng *rand.Rand) *network {
	n := &network{links: make([][]int, nodes), has: make([]bool, nodes), best: make([]int, nodes)}
	linked := map[[2]int]bool{}
	link := func(a, b int) {
		if a != b && !linked[[2]int{min(a, b), max(a, b)}] {
			linked[[2]int{min(a, b), max(a, b)}] = true
			n.links[a] = append(n.links[a], b)
			n.links[b] = append(n.links[b], a)
		}
	}
	for a := range nodes {
		link(a, (a+1)%nodes)
		for len(n.links[a]) < degree {
			link(a, rng.IntN(nodes))
		}
	}
	return n
}

// place puts copies on random nodes, not on the searcher.
func (n *network) place(copies int, rng *rand.Rand) {
	for copies > 0 {
		if at := 1 + rng.IntN(len(n.has)-1); !n.has[at] {
			n.has[at] = true
			copies--
		}
	}
}

func (n *network) forget() {
	clear(n.best)
	n.sent, n.found = 0, 0
}

// send carries the query from a node to another, and on, as real ones do: each
// node passes on the first copy, and further ones only with a larger TTL.
func (n *network) send(from, to, ttl int) {
	type copyTo struct{ from, to, ttl int }
	for queue := []copyTo{{from, to, ttl}}; len(queue) > 0; queue = queue[1:] {
		c := queue[0]
		n.sent++
		if c.to == 0 || n.best[c.to] >= c.ttl {
			continue
		}
		if n.best[c.to] == 0 && n.has[c.to] {
			n.found++
		}
		n.best[c.to] = c.ttl
		if c.ttl > 1 {
			for _, next := range n.links[c.to] {
				if next != c.from {
					queue = append(queue, copyTo{c.to, next, c.ttl - 1})
				}
			}
		}
	}
}

// flood tells how many copies a flood of some TTL finds, and at what cost.
func (n *network) flood(ttl int) (found, sent int) {
	n.forget()
	for _, to := range n.links[0] {
		n.send(0, to, ttl)
	}
	return n.found, n.sent
}

// run plays a dynamic query to its end.
func (n *network) run(t *testing.T, cfg Config, probes bool) (found, sent int, took time.Duration, end End) {
	n.forget()
	var candidates []Candidate
	for _, id := range n.links[0] {
		candidates = append(candidates, Candidate{
			ID: uint64(id), Degree: len(n.links[id]), MaxTTL: cfg.TTL, Table: true, Matches: n.has[id], Probes: probes,
		})
	}
	q, now := New(start, cfg), start
	for range 1000 {
		if due := q.Due(); due.After(now) {
			now = due
		}
		action := q.Step(now, candidates)
		if action.Done {
			return n.found, n.sent, now.Sub(start), q.End()
		}
		before := n.found
		for _, p := range action.Probes {
			n.send(0, int(p.ID), int(p.TTL))
		}
		q.Hits(n.found - before)
	}
	t.Fatal("the query does not end")
	return
}

// TestPopularAndRare: in random networks of 5,000 ultrapeers with 20 neighbors
// each, what many have is found with a small part of what a flood sends, and of
// what few have every copy is found that a flood finds, or enough of them.
func TestPopularAndRare(t *testing.T) {
	const nodes, degree, seeds = 5000, 20, 10
	for _, test := range []struct {
		name   string
		copies int
		saves  float64 // a flood sends so many times as much, at least
		enough bool    // the target is reached
	}{
		{"every fourth has it", nodes / 4, 8, true},
		{"one in ten", nodes / 10, 8, true},
		{"one in twenty", nodes / 20, 8, true},
		{"one in fifty", nodes / 50, 3, true},
		{"twenty-five copies", 25, 0.95, false},
		{"one copy", 1, 0.95, false},
		{"none", 0, 0.95, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			for seed := range uint64(seeds) {
				rng := rand.New(rand.NewPCG(seed, 1))
				net := newNetwork(nodes, degree, rng)
				net.place(test.copies, rng)
				cfg := ForLeaf()
				cfg.TTL, cfg.Links, cfg.Salt = 3, 100, rng.Uint64()
				floodFound, floodSent := net.flood(int(cfg.TTL))
				found, sent, took, end := net.run(t, cfg, false)
				saves := float64(floodSent) / float64(sent)
				t.Logf("seed %d: %d of %d found, %d messages, a flood sends %.1f times as many; %v, %v",
					seed, found, floodFound, sent, saves, took, end)
				if saves < test.saves {
					t.Errorf("seed %d: %d messages, a flood sends %d", seed, sent, floodSent)
				}
				if test.enough && (end != EndTarget || found < cfg.Target) {
					t.Errorf("seed %d: %d found, end %v", seed, found, end)
				}
				if !test.enough && (end != EndExhausted || found != floodFound) {
					t.Errorf("seed %d: %d of %d found, end %v", seed, found, floodFound, end)
				}
			}
		})
	}
}

// TestSecondChance: what many neighbors seem to have is probed with a small TTL.
// What lies behind the probed ones is found only if they take the query again.
func TestSecondChance(t *testing.T) {
	const neighbors = plentyMatches + 1 // so the probe has TTL 2
	net := &network{
		links: make([][]int, neighbors+3), has: make([]bool, neighbors+3), best: make([]int, neighbors+3),
	}
	link := func(a, b int) {
		net.links[a] = append(net.links[a], b)
		net.links[b] = append(net.links[b], a)
	}
	for to := 1; to <= neighbors; to++ {
		link(0, to)
		net.has[to] = true
	}
	link(1, neighbors+1)
	link(neighbors+1, neighbors+2)
	net.has[neighbors+2] = true // three hops away, through the first that is probed
	for probes, want := range map[bool]int{false: neighbors, true: neighbors + 1} {
		if found, _, _, end := net.run(t, Own(), probes); found != want || end != EndExhausted {
			t.Errorf("neighbors take it again: %v; %d found, want %d; %v", probes, found, want, end)
		}
	}
}

// TestDeterministic: the same events give the same probes, in whatever order the
// neighbors are listed.
func TestDeterministic(t *testing.T) {
	play := func(seed uint64) (all []Probe) {
		rng := rand.New(rand.NewPCG(seed, seed))
		q := New(start, Config{Salt: 77})
		for range 40 {
			from := ultrapeers(1, 30)
			rng.Shuffle(len(from), func(i, j int) { from[i], from[j] = from[j], from[i] })
			all = append(all, q.Step(q.Due(), from).Probes...)
			q.Hits(1)
		}
		return all
	}
	first := play(1)
	if len(first) != 30 {
		t.Fatalf("%d probes", len(first))
	}
	for seed := range uint64(5) {
		if got := play(seed); !slices.Equal(got, first) {
			t.Errorf("seed %d: %v, want %v", seed, got, first)
		}
	}
	seen := map[uint64]bool{}
	for _, p := range first {
		if seen[p.ID] {
			t.Errorf("neighbor %d was asked twice", p.ID)
		}
		seen[p.ID] = true
	}
}
