package testnet

import (
	"fmt"
	"math/rand/v2"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"filbert/testnet/bubble"
	"filbert/testnet/topology"
)

// tierCity is a city whose ultrapeers are linked as a random graph, and what its
// leaves share.
type tierCity struct {
	ultras, degree, leaves int
	rare                   int // names that one leaf has each, and as many searches
	asked                  int // searches for what is popular, and for what is not quite
}

// fullCity is that of the figures in docs/testnet.md.
var fullCity = tierCity{ultras: 200, degree: 12, leaves: 3000, rare: 40, asked: 20}

// smallCity is for what does not depend on size.
var smallCity = tierCity{ultras: 20, degree: 6, leaves: 200, rare: 8, asked: 4}

const (
	popularPart = 3   // one leaf in so many has what is popular
	mediumPart  = 100 // one in so many
	searchTime  = 30 * time.Second
)

// cost is what the searches for one kind of file took and brought.
type cost struct {
	kind                string
	messages, found, of int // summed over searches
	searches            int
}

func (c *cost) each() float64 { return float64(c.messages) / float64(c.searches) }

func (c *cost) recall() float64 { return float64(c.found) / float64(c.of) }

// tiers runs the searches in one city and returns their costs, and the mean cost
// of flooding the same queries through the ultrapeers of the same graph.
func tiers(t *testing.T, size tierCity, seed uint64) (costs []*cost, flood float64, trace uint64) {
	g := topology.Random(size.ultras, size.degree, rand.New(rand.NewPCG(seed, 3)))
	bubble.Test(t, func(t *testing.T) {
		c := newCity(t, seed)
		defer c.close()
		have := map[string]map[netip.Addr]bool{}
		c.build(g, size.leaves, func(leaf int) (names []string) {
			note := func(name string) {
				if have[name] == nil {
					have[name] = map[netip.Addr]bool{}
				}
				have[name][address(g.N+leaf)] = true
				names = append(names, name)
			}
			if leaf%popularPart == 0 {
				note("popular melody.ogg")
			}
			if leaf%mediumPart == 1 {
				note("medium ballad.ogg")
			}
			if every := size.leaves / size.rare; leaf%every == 2 {
				note(fmt.Sprintf("rare chant %s.ogg", numeral(leaf/every)))
			}
			note(fmt.Sprintf("noise of leaf %s.ogg", numeral(leaf)))
			return names
		})
		// Searches for one kind run at the same time, each from another node.
		search := func(kind string, count int, name func(int) string) {
			k := &cost{kind: kind, searches: count}
			before := c.sent()
			ultras, leaves := c.rnd.Perm(len(c.ultras)), c.rnd.Perm(len(c.leaves))
			var work sync.WaitGroup
			var mu sync.Mutex
			for i := range count {
				who := c.ultras[ultras[i]]
				if i%2 == 0 {
					who = c.leaves[leaves[i]]
				}
				work.Go(func() {
					name := name(i)
					found := c.ask(who, strings.TrimSuffix(name, ".ogg"), searchTime)
					mu.Lock()
					defer mu.Unlock()
					for addr := range have[name] {
						if addr == who.ip {
							continue
						}
						k.of++
						if found[addr] {
							k.found++
						}
					}
				})
			}
			work.Wait()
			k.messages = c.sent() - before
			costs = append(costs, k)
		}
		search("popular", size.asked, func(int) string { return "popular melody.ogg" })
		search("medium", size.asked, func(int) string { return "medium ballad.ogg" })
		search("rare", size.rare, func(i int) string { return fmt.Sprintf("rare chant %s.ogg", numeral(i)) })
		for i := range g.N {
			_, messages, _ := g.Flood(i, cityTTL)
			flood += float64(messages) / float64(g.N)
		}
		trace = c.net.Trace().Hash()
	})
	return costs, flood, trace
}

// numeral spells a number as a word of its own, with which no other begins.
func numeral(n int) string {
	b := []byte("x")
	for ; n > 0; n /= 20 {
		b = append(b, "bcdfghjklmnpqrstvwyz"[n%20], 'a')
	}
	return string(append(b, 'o'))
}

// TestTiers searches in a city of 200 ultrapeers and 3,000 leaves: what is rare
// is found wherever it is, what is popular with a tenth of the messages of a
// flood. Under the race detector the city is too small for the latter.
func TestTiers(t *testing.T) {
	size := fullCity
	if raceDetector {
		oneProcessor(t)
		size = smallCity
	}
	began := time.Now()
	costs, flood, _ := tiers(t, size, 1)
	t.Logf("%d ultrapeers and %d leaves, in %.0f s", size.ultras, size.leaves, time.Since(began).Seconds())
	for _, k := range costs {
		t.Logf("%-8s %6.0f messages a search (%.3f of a flood through the ultrapeers alone, %.0f), found %d of %d (%.3f)",
			k.kind, k.each(), k.each()/flood, flood, k.found, k.of, k.recall())
	}
	popular, medium, rare := costs[0], costs[1], costs[2]
	if popular.each() > flood/10 && !raceDetector {
		t.Errorf("a search for what is popular took %.0f messages, a flood takes %.0f", popular.each(), flood)
	}
	for _, k := range []*cost{medium, rare} {
		if k.recall() < 0.99 {
			t.Errorf("%.3f of what is %s was found", k.recall(), k.kind)
		}
	}
}

// TestTiersSameSeedSameTrace runs a small city twice: the whole traffic is the
// same, datagrams and route tables included; with another seed it is not.
func TestTiersSameSeedSameTrace(t *testing.T) {
	_, _, first := tiers(t, smallCity, 1)
	_, _, second := tiers(t, smallCity, 1)
	if first != second {
		t.Errorf("one seed gave the traces %x and %x", first, second)
	}
	if _, _, other := tiers(t, smallCity, 2); other == first {
		t.Error("another seed gave the same trace")
	}
}
