package testnet

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"sync"
	"sync/atomic"
	"testing"
	"testing/fstest"
	"time"

	"filbert/node"
	"filbert/node/state"
	"filbert/overlay"
	"filbert/overlay/identity"
	"filbert/query"
	"filbert/testnet/bubble"
	"filbert/testnet/fabric"
	"filbert/testnet/topology"
	"filbert/transfer/library"
)

const (
	cityTTL       = 4
	leafNeighbors = 3 // ultrapeers that a leaf is told of
)

// city is a network of two tiers on a simulated internet.
type city struct {
	t    *testing.T
	net  *fabric.Net
	seed uint64
	rnd  *rand.Rand
	work sync.WaitGroup
	ctx  context.Context
	end  context.CancelFunc

	flood    bool // own queries go to all neighbors at once
	ultras   []*citizen
	leaves   []*citizen
	born     int // citizens ever
	messages int // queries sent by those who are gone
}

// citizen is one node of a city.
type citizen struct {
	*node.Node
	ip    netip.Addr
	files []string
	dead  atomic.Bool // it was killed
	stop  context.CancelFunc
	done  chan struct{}
}

func newCity(t *testing.T, seed uint64) *city {
	c := &city{t: t, seed: seed, rnd: rand.New(rand.NewPCG(seed, 7))}
	c.net = fabric.New(fabric.Config{
		Seed: seed, Latency: fabric.Uniform(10*time.Millisecond, 80*time.Millisecond), Settle: bubble.Wait,
		Replay: fmt.Sprintf("go test -run '%s' ./testnet", t.Name()),
	})
	c.ctx, c.end = context.WithCancel(t.Context())
	return c
}

func (c *city) close() {
	c.end()
	c.work.Wait()
	c.net.Close()
}

// settle adds a node that shares some names. An ultrapeer wants so many
// neighbors, a leaf ultrapeers that it is told of.
func (c *city) settle(ultra bool, want int, seeds []string, files []string) *citizen {
	c.t.Helper()
	i := c.born
	c.born++
	key := binary.BigEndian.AppendUint64(bytes.Repeat([]byte{1}, 24), uint64(i))
	id, err := identity.New(bytes.NewReader(key))
	if err != nil {
		c.t.Fatal(err)
	}
	shared := fstest.MapFS{}
	for _, name := range files {
		shared[name] = &fstest.MapFile{Data: []byte(name)}
	}
	ip := address(i)
	ctx, stop := context.WithCancel(c.ctx)
	cfg := node.Config{
		Version: "test", Identity: id, State: state.Memory(), Network: c.net.Host(ip),
		Rand:   rand.New(rand.NewPCG(c.seed, uint64(i))),
		Listen: netip.AddrPortFrom(ip, 7000).String(), TTL: cityTTL, Mode: overlay.ModeLeaf, Neighbors: want, Seeds: seeds, Flood: c.flood,
	}
	if ultra {
		cfg.Mode = overlay.ModeUltrapeer
	}
	if len(files) > 0 {
		cfg.Shares = []library.Share{{Dir: "share", FS: shared}}
	}
	n, err := node.Open(ctx, cfg)
	if err != nil {
		c.t.Fatal(err)
	}
	who := &citizen{Node: n, ip: ip, files: files, stop: stop, done: make(chan struct{})}
	c.work.Go(func() {
		defer close(who.done)
		if err := n.Run(ctx); err != nil && ctx.Err() == nil && !who.dead.Load() {
			c.t.Error(err)
		}
	})
	if ultra {
		c.ultras = append(c.ultras, who)
	} else {
		c.leaves = append(c.leaves, who)
	}
	return who
}

// seeds names ultrapeers, drawn at random.
func (c *city) seeds(n int) (out []string) {
	for _, i := range c.rnd.Perm(len(c.ultras))[:n] {
		out = append(out, c.ultras[i].Addr().String())
	}
	return out
}

// build settles ultrapeers, links them as a graph says, and gives each leaf its
// ultrapeers. names says what a leaf shares.
func (c *city) build(g *topology.Graph, leaves int, names func(leaf int) []string) {
	c.t.Helper()
	for range g.N {
		c.settle(true, 0, nil, nil)
	}
	for _, e := range g.Edges {
		if err := c.ultras[max(e[0], e[1])].Seed(c.ultras[min(e[0], e[1])].Addr()); err != nil {
			c.t.Fatal(err)
		}
	}
	for i := range leaves {
		c.settle(false, leafNeighbors, c.seeds(leafNeighbors), names(i))
	}
	// Route tables have to get around: a leaf's to its ultrapeers, theirs to
	// their neighbors.
	time.Sleep(75*time.Second + 1234567*time.Microsecond)
	for i, u := range c.ultras {
		s, err := u.Status(c.ctx)
		if err != nil {
			c.t.Fatal(err)
		}
		if have := len(s.Overlay.Neighbors) - s.Overlay.Leaves(); have != g.Degree(i) {
			c.t.Fatalf("ultrapeer %d has %d ultrapeers as neighbors, want %d", i, have, g.Degree(i))
		}
	}
	for i, l := range c.leaves {
		s, err := l.Status(c.ctx)
		if err != nil {
			c.t.Fatal(err)
		}
		if len(s.Overlay.Neighbors) < leafNeighbors || s.Files != len(l.files) {
			c.t.Fatalf("leaf %d has %d ultrapeers and shares %d files, want %d and %d", i, len(s.Overlay.Neighbors), s.Files, leafNeighbors, len(l.files))
		}
	}
}

// sent is how many queries all nodes sent so far, to ultrapeers and leaves.
func (c *city) sent() int {
	total := c.messages
	for _, all := range [][]*citizen{c.ultras, c.leaves} {
		for _, who := range all {
			s, err := who.Status(c.ctx)
			if err != nil {
				c.t.Fatal(err)
			}
			total += int(s.Overlay.Traffic.Sent.Queries)
		}
	}
	return total
}

// ask searches from a node for so long, and returns which addresses answered.
func (c *city) ask(from *citizen, text string, wait time.Duration) map[netip.Addr]bool {
	return c.askUntil(from, text, wait, func(netip.Addr) bool { return false })
}

// askUntil is ask that ends with an answer that is enough.
func (c *city) askUntil(from *citizen, text string, wait time.Duration, enough func(netip.Addr) bool) map[netip.Addr]bool {
	ctx, cancel := context.WithTimeout(c.ctx, wait)
	defer cancel()
	found := map[netip.Addr]bool{}
	err := from.Search(ctx, query.Query{Text: text}, func(_ query.Result, h query.Hit) {
		addr := h.Source.Addr.Addr()
		if found[addr] = true; enough(addr) {
			cancel()
		}
	})
	if err != nil && ctx.Err() == nil && !from.dead.Load() {
		c.t.Error(err)
	}
	return found
}
