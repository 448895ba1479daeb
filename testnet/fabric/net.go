package fabric

import (
	"fmt"
	"net/netip"
	"sync"
	"time"
)

// Net is a simulated internet. Its methods may be called from any goroutine; in a bubble, of the bubble.
type Net struct {
	cfg   Config
	start time.Time
	kick  chan struct{} // ends a sleep of the pump; holds one
	done  chan struct{} // closed by Close
	wg    sync.WaitGroup

	// mu guards everything below, and with it every host, connection, listener and socket. It is held for memory
	// operations only.
	mu       sync.Mutex
	hosts    map[netip.Addr]*Host // dead ones too, until their address is used again
	queue    queue
	dirty    []sender // have something to send
	stalled  []sender // have something to send, but a pause or a partition is in the way
	cuts     []*cut
	faults   uint64 // scheduled so far
	asleep   bool   // the pump sleeps
	stirred  bool   // a goroutine was woken since the pump last settled
	closed   bool
	counters Stats
	trace    Trace
}

// New starts a simulated internet: one goroutine, the pump, that runs until Close. In a bubble New must be called in it.
func New(cfg Config) *Net {
	cfg = cfg.withDefaults()
	n := &Net{
		cfg:   cfg,
		start: time.Now(),
		kick:  make(chan struct{}, 1),
		done:  make(chan struct{}),
		hosts: make(map[netip.Addr]*Host),
		trace: Trace{Seed: cfg.Seed, replay: cfg.Replay, keep: cfg.Keep},
	}
	n.wg.Go(n.pump)
	return n
}

// Close ends the internet and waits for its pump. Every connection, listener and socket is closed; whoever is blocked
// on one gets net.ErrClosed.
func (n *Net) Close() error {
	n.mu.Lock()
	if !n.closed {
		n.closed = true
		close(n.done)
		for _, h := range n.hosts {
			h.dieLocked()
		}
	}
	n.mu.Unlock()
	n.wg.Wait()
	return nil
}

// Host returns the host with this address, IPv4 or IPv6; it begins to exist with the first call, and anew with the
// first call after a [Kill]. It panics if addr is not a unicast address.
func (n *Net) Host(addr netip.Addr) *Host {
	addr = addr.Unmap()
	if !addr.IsValid() || addr.IsUnspecified() || addr.IsMulticast() || addr.IsLoopback() || addr.Zone() != "" {
		panic(fmt.Sprintf("fabric: %v is no address of a host", addr))
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	old := n.hosts[addr]
	if old != nil && !old.dead {
		return old
	}
	h := &Host{net: n, addr: addr, dead: n.closed, links: make(map[netip.Addr]*link)}
	if old != nil {
		h.links = old.links // they go on counting
		h.behind, h.nat, h.wall = old.behind, old.nat, old.wall
		if h.nat != nil {
			h.nat.outside = h
		}
	}
	n.hosts[addr] = h
	return h
}

// Trace returns what was delivered so far, as a copy.
func (n *Net) Trace() *Trace {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.trace.snapshot()
}

// Stats returns the counters.
func (n *Net) Stats() Stats {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.counters
}

// At schedules a fault for t; one in the past happens as soon as possible. Faults of one instant happen in the order
// of the calls: after the nodes have sent what they send at that instant, and before anything else arrives. The slices
// of f must not change any more.
func (n *Net) At(t time.Time, f Fault) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.queue.push(&event{at: max(t.Sub(n.start), time.Since(n.start)), n: n.faults, kind: Faulted, fault: f})
	n.faults++
	n.wakePumpLocked()
}
