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

// The city of TestTiers and what its leaves share.
const (
	tierUltras  = 200
	tierDegree  = 12
	tierLeaves  = 3000
	popularPart = 3   // one leaf in so many has what is popular
	mediumPart  = 100 // one in so many
	rareNames   = 40  // names that one leaf has each, and as many searches
	otherAsked  = 20  // searches for what is popular, and for what is not quite
	searchTime  = 40 * time.Second
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
func tiers(t *testing.T, seed uint64) (costs []*cost, flood float64, trace uint64) {
	g := topology.Random(tierUltras, tierDegree, rand.New(rand.NewPCG(seed, 3)))
	bubble.Test(t, func(t *testing.T) {
		c := newCity(t, seed)
		defer c.close()
		have := map[string]map[netip.Addr]bool{}
		c.build(g, tierLeaves, func(leaf int) (names []string) {
			note := func(name string) {
				if have[name] == nil {
					have[name] = map[netip.Addr]bool{}
				}
				have[name][address(tierUltras+leaf)] = true
				names = append(names, name)
			}
			if leaf%popularPart == 0 {
				note("popular melody.ogg")
			}
			if leaf%mediumPart == 1 {
				note("medium ballad.ogg")
			}
			if leaf%(tierLeaves/rareNames) == 2 {
				note(fmt.Sprintf("rare chant %s.ogg", numeral(leaf/(tierLeaves/rareNames))))
			}
			note(fmt.Sprintf("noise of leaf %s.ogg", numeral(leaf)))
			return names
		})
		// Searches for one kind run at the same time, each from another node.
		search := func(kind string, count int, name func(int) string) {
			k := &cost{kind: kind, searches: count}
			before := c.sent()
			var work sync.WaitGroup
			var mu sync.Mutex
			for i := range count {
				who := c.ultras[c.rnd.IntN(len(c.ultras))]
				if i%2 == 0 {
					who = c.leaves[c.rnd.IntN(len(c.leaves))]
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
		search("popular", otherAsked, func(int) string { return "popular melody.ogg" })
		search("medium", otherAsked, func(int) string { return "medium ballad.ogg" })
		search("rare", rareNames, func(i int) string { return fmt.Sprintf("rare chant %s.ogg", numeral(i)) })
		for i := range g.N {
			_, messages, _ := g.Flood(i, cityTTL)
			flood += float64(messages) / float64(g.N)
		}
		trace = c.net.Trace().Hash()
	})
	return costs, flood, trace
}

// numeral spells a number as a word of its own.
func numeral(n int) string {
	b := []byte("x")
	for ; n > 0; n /= 20 {
		b = append(b, "bcdfghjklmnpqrstvwyz"[n%20], 'a')
	}
	return string(b)
}

// TestTiers searches in a city of 200 ultrapeers and 3,000 leaves: what is rare
// is found wherever it is, what is popular with a tenth of the messages of a
// flood.
func TestTiers(t *testing.T) {
	costs, flood, _ := tiers(t, 1)
	for _, k := range costs {
		t.Logf("%-8s %6.0f messages a search (%.3f of a flood through the ultrapeers alone, %.0f), found %d of %d (%.3f)",
			k.kind, k.each(), k.each()/flood, flood, k.found, k.of, k.recall())
	}
	popular, rare := costs[0], costs[2]
	if popular.each() > flood/10 {
		t.Errorf("a search for what is popular took %.0f messages, a flood takes %.0f", popular.each(), flood)
	}
	if rare.recall() < 0.99 {
		t.Errorf("%.3f of what is rare was found", rare.recall())
	}
}
