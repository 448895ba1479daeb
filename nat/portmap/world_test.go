package portmap

import (
	"context"
	"errors"
	"math/rand/v2"
	"net/netip"
	"slices"
	"sync"
	"testing"
	"time"

	"filbert/testnet/bubble"
	"filbert/testnet/fabric"
)

const port = 6346

var (
	gateway = netip.MustParseAddr("192.168.1.1")
	own     = netip.MustParseAddr("192.168.1.10")
	outside = netip.MustParseAddr("9.1.1.1")
)

// world is a home: a router and a node behind it.
type world struct {
	*testing.T
	net    *fabric.Net
	box    *box
	mapper *Mapper
	start  time.Time
	cancel context.CancelFunc
	work   sync.WaitGroup

	mu       sync.Mutex
	gateways []netip.Addr
	own      netip.Addr
	blocked  bool // nobody gets in, although ports are mapped
	looks    int
	told     []Lease // leases that were open at any time, without repetition
}

// play runs a scene in virtual time; set prepares the router, or the mapper.
func play(t *testing.T, speaks []Method, set func(w *world, c *Config), scene func(w *world)) {
	t.Helper()
	bubble.Test(t, func(t *testing.T) {
		w := &world{T: t, net: fabric.New(fabric.Config{Seed: 1, Keep: 1 << 16, Latency: fabric.Constant(2 * time.Millisecond), Settle: bubble.Wait}),
			start: time.Now(), gateways: []netip.Addr{gateway}, own: own}
		defer w.net.Close()
		w.box = boot(t, w.net.Host(gateway), gateway, outside, speaks...)
		defer w.box.shut()
		me := w.net.Host(own)
		cfg := Config{
			Port: port, ListenPacket: me.ListenPacket, Dial: me.DialContext, SSDP: netip.AddrPortFrom(gateway, ssdpPort),
			Gateways: func() ([]netip.Addr, error) {
				w.mu.Lock()
				defer w.mu.Unlock()
				return slices.Clone(w.gateways), nil
			},
			Local: func(netip.Addr) (netip.Addr, error) {
				w.mu.Lock()
				defer w.mu.Unlock()
				return w.own, nil
			},
			Verify: w.verify, Rand: rand.New(rand.NewPCG(1, 2)),
		}
		if set != nil {
			set(w, &cfg)
		}
		w.mapper = New(cfg)
		var ctx context.Context
		ctx, w.cancel = context.WithCancel(context.Background())
		w.work.Go(func() {
			if err := w.mapper.Run(ctx); err != nil {
				t.Error(err)
			}
		})
		w.work.Go(func() { w.watch(ctx) })
		defer w.work.Wait()
		defer w.cancel()
		scene(w)
	})
}

// verify knocks from outside.
func (w *world) verify(ctx context.Context, external netip.AddrPort, p Proto) error {
	w.mu.Lock()
	w.looks++
	blocked := w.blocked
	w.mu.Unlock()
	if !pause(ctx, 300*time.Millisecond) {
		return ctx.Err()
	}
	if blocked || !w.box.leads(external, p) {
		return errors.New("nobody there")
	}
	return nil
}

// watch is the owner: it reads the snapshot when told to.
func (w *world) watch(ctx context.Context) {
	for {
		select {
		case <-w.mapper.Changed():
		case <-ctx.Done():
			return
		}
		w.setup(func() {
			for _, l := range w.mapper.Leases() {
				if l.Open() && !slices.ContainsFunc(w.told, func(o Lease) bool { return o.External == l.External && o.Proto == l.Proto }) {
					w.told = append(w.told, l)
				}
			}
		})
	}
}

func (w *world) setup(f func()) {
	w.mu.Lock()
	defer w.mu.Unlock()
	f()
}

// saw is how often it was tried from outside, and what was told to others.
func (w *world) saw() (looks int, told []Lease) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.looks, slices.Clone(w.told)
}

// within wants something to come true in time, and returns how long it took.
func (w *world) within(d time.Duration, what string, ok func() bool) time.Duration {
	w.Helper()
	began := time.Now()
	for !ok() {
		if time.Since(began) >= d {
			w.Fatalf("%v after the start, not within %v: %s; %+v", time.Since(w.start), d, what, w.mapper.Snapshot())
		}
		time.Sleep(37 * time.Millisecond)
	}
	return time.Since(began)
}

// open counts the leases that may be told, by this method.
func (w *world) open(m Method) (n int) {
	for _, l := range w.mapper.Leases() {
		if l.Open() && l.Method == m {
			n++
		}
	}
	return n
}

// opened waits until both are.
func (w *world) opened(m Method) {
	w.Helper()
	w.within(10*time.Second, "both ports open", func() bool { return w.open(m) == 2 })
}

// ends has the node end, within a second, and nothing left.
func (w *world) ends() {
	w.Helper()
	began := time.Now()
	w.cancel()
	w.work.Wait()
	if d := time.Since(began); d > time.Second {
		w.Errorf("the end took %v", d)
	}
	if n := w.box.entries(); n != 0 {
		w.Errorf("%d mappings left: %+v", n, w.box.table)
	}
}

// wait lets time pass.
func (w *world) wait(d time.Duration) { time.Sleep(d) }
