package crawl

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"net/netip"
	"sync"
	"time"

	"filbert/overlay/wire"
)

// Network is how the crawler reaches hosts: the machine's own network, or a host
// of a simulated one.
type Network interface {
	DialContext(ctx context.Context, network, address string) (net.Conn, error)
	ListenPacket(ctx context.Context, network, address string) (net.PacketConn, error)
}

// Config says what to crawl.
type Config struct {
	Seeds    []netip.AddrPort
	Depth    int // links away from the seeds; 0 = as far as it goes
	Max      int // hosts to visit; 0 = defaultMax
	Parallel int // hosts visited at once; 0 = defaultParallel
	Agent    string
	Network  Network
	Rand     *rand.Rand     // makes GUIDs; belongs to the crawl
	Progress func(Progress) // told now and then, if not nil
}

// check refuses what makes no sense, and sets the defaults.
func (c *Config) check() error {
	if len(c.Seeds) == 0 {
		return errors.New("crawl: no seeds")
	}
	if c.Max == 0 {
		c.Max = defaultMax
	}
	if c.Parallel == 0 {
		c.Parallel = defaultParallel
	}
	for _, v := range []struct {
		name           string
		value, low, up int
	}{{"depth", c.Depth, 0, maxVisits}, {"most hosts", c.Max, 1, maxVisits}, {"hosts at once", c.Parallel, 1, maxParallel}} {
		if v.value < v.low || v.value > v.up {
			return fmt.Errorf("crawl: %s %d: want %d to %d", v.name, v.value, v.low, v.up)
		}
	}
	if c.Progress == nil {
		c.Progress = func(Progress) {}
	}
	return nil
}

type crawler struct {
	cfg    Config
	socket *socket
}

// Crawl walks the overlay and returns its map. When ctx ends before, the map is
// what was found until then, and the error is that of ctx.
func Crawl(ctx context.Context, cfg Config) (*Map, error) {
	if err := cfg.check(); err != nil {
		return nil, err
	}
	s, err := openSocket(ctx, cfg.Network)
	if err != nil {
		return nil, err
	}
	defer s.close()
	c := &crawler{cfg: cfg, socket: s}
	return c.run(ctx)
}

// outcome is a visit that is over.
type outcome struct {
	target Target
	report Report
	err    error
}

func (c *crawler) run(ctx context.Context) (*Map, error) {
	began := time.Now()
	walk := NewWalk(c.cfg.Seeds, c.cfg.Depth, c.cfg.Max)
	outcomes := make(chan outcome)
	var work sync.WaitGroup
	defer work.Wait()
	for {
		for ctx.Err() == nil && walk.Pending() < c.cfg.Parallel {
			t, ok := walk.Next()
			if !ok {
				break
			}
			guids := [2]wire.GUID{wire.NewPingGUID(c.cfg.Rand), wire.NewGUID(c.cfg.Rand)}
			work.Go(func() {
				r, err := c.visit(ctx, t.Addr, guids)
				outcomes <- outcome{t, r, err}
			})
		}
		if walk.Pending() == 0 {
			c.cfg.Progress(walk.Progress())
			m := walk.Map(began, time.Now())
			m.Complete = m.Complete && ctx.Err() == nil
			return m, ctx.Err()
		}
		o := <-outcomes
		walk.Visited(o.target, o.report, o.err)
		c.cfg.Progress(walk.Progress())
	}
}
