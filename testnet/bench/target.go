package bench

import (
	"bufio"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	mathrand "math/rand/v2"
	"net"
	"net/netip"
	"os"
	"runtime"
	"runtime/pprof"
	"strings"
	"sync"

	"filbert/node"
	"filbert/node/state"
	"filbert/overlay/identity"
)

// The kinds of relay.
const (
	kindBare    = "bare"
	kindFilbert = "filbert"
)

// Requests that a relay under test takes, one a line. Each is answered by a
// line of JSON; so is, unasked, the start.
const (
	requestMark    = "mark"     // → counters
	requestCollect = "collect"  // collect garbage → counters
	requestProfile = "profile " // + file: CPU profile from here to the end → counters
)

// hello is the first line of a relay under test.
type hello struct {
	Addr netip.AddrPort `json:"addr"`
	counters
}

// counters is what a relay's process has used since it began, and what it holds.
type counters struct {
	CPU       float64           `json:"cpu_seconds"` // user and system
	Allocs    uint64            `json:"allocs"`
	Allocated uint64            `json:"allocated_bytes"`
	Drops     map[string]uint64 `json:"drops,omitempty"` // messages, by reason

	memory
	Goroutines int `json:"goroutines"`

	Error string `json:"error,omitempty"` // why the relay is of no use any more
}

// memory is what a process holds, in bytes.
type memory struct {
	Resident     int64 `json:"resident_bytes"` // now
	PeakResident int64 `json:"peak_resident_bytes"`
	Heap         int64 `json:"heap_bytes"` // live and not yet collected
	Stacks       int64 `json:"stack_bytes"`
}

// since is what was used between two marks, and what is held at the later one.
func (c counters) since(before counters) counters {
	c.CPU -= before.CPU
	c.Allocs -= before.Allocs
	c.Allocated -= before.Allocated
	drops := map[string]uint64{}
	for why, n := range c.Drops {
		drops[why] = n - before.Drops[why]
	}
	c.Drops = drops
	return c
}

// relayNode is a relay under test.
type relayNode interface {
	Addr() netip.AddrPort
	Run(ctx context.Context) error
	// Dropped counts messages that went no further, by reason.
	Dropped(ctx context.Context) map[string]uint64
}

// RelayTarget is a relay under test, of the kind "filbert" or "bare", at a
// loopback address of its own. It is the other side of Relay, in a process of
// its own: it tells its address on out and answers each line of in by what it
// has used so far. It returns at the end of in. When ctx ends before, the relay
// ends with it, and RelayTarget at the next line or the end of in.
func RelayTarget(ctx context.Context, kind string, in io.Reader, out io.Writer) (err error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	relay, err := openRelay(ctx, kind)
	if err != nil {
		return err
	}
	var work sync.WaitGroup
	defer work.Wait()
	defer cancel(nil)
	work.Go(func() { cancel(relay.Run(ctx)) })
	answers := json.NewEncoder(out)
	used, err := countersNow(ctx, relay)
	if err != nil {
		return err
	}
	if err := answers.Encode(hello{relay.Addr(), used}); err != nil {
		return fmt.Errorf("bench: answer: %w", err)
	}
	requests := bufio.NewScanner(in)
	for requests.Scan() {
		request := requests.Text()
		if file, ok := strings.CutPrefix(request, requestProfile); ok {
			stop, failed := profile(file)
			if failed != nil {
				return failed
			}
			defer func() { err = errors.Join(err, stop()) }()
		} else if request == requestCollect {
			runtime.GC()
		} else if request != requestMark {
			return fmt.Errorf("bench: request %q is unknown", request)
		}
		used, err := countersNow(ctx, relay)
		if err != nil {
			return err
		}
		if ctx.Err() != nil {
			used.Error = context.Cause(ctx).Error()
		}
		if err := answers.Encode(used); err != nil {
			return fmt.Errorf("bench: answer: %w", err)
		}
	}
	if err := requests.Err(); err != nil {
		return fmt.Errorf("bench: request: %w", err)
	}
	return nil
}

// openRelay takes a port for a relay that Run then serves.
func openRelay(ctx context.Context, kind string) (relayNode, error) {
	const anyPort = "127.0.0.1:0"
	switch kind {
	case kindBare:
		l, err := net.Listen("tcp", anyPort)
		if err != nil {
			return nil, fmt.Errorf("bench: %w", err)
		}
		return newBareRelay(l), nil
	case kindFilbert:
		id, err := identity.New(rand.Reader)
		if err != nil {
			return nil, fmt.Errorf("bench: %w", err)
		}
		n, err := node.Open(ctx, node.Config{
			Version:  "bench",
			Identity: id,
			State:    state.Memory(),
			Network:  &node.System{},
			Rand:     mathrand.New(mathrand.NewPCG(mathrand.Uint64(), mathrand.Uint64())),
			Listen:   anyPort,
			Deflate:  true,
			TLS:      true,
		})
		if err != nil {
			return nil, fmt.Errorf("bench: %w", err)
		}
		return nodeRelay{n}, nil
	}
	return nil, fmt.Errorf("bench: relay of kind %q: want %q or %q", kind, kindFilbert, kindBare)
}

// nodeRelay is a whole node.
type nodeRelay struct{ *node.Node }

// Dropped implements relayNode: what the core and what the queues of links
// dropped.
func (n nodeRelay) Dropped(ctx context.Context) map[string]uint64 {
	s, err := n.Status(ctx)
	if err != nil {
		return nil // it ended, which the answer says
	}
	drops, queues := s.Overlay.Drops.Map(), s.Overlay.QueueDrops
	for what, n := range map[string]uint64{
		"push": queues.Push, "hit": queues.Hit, "query": queues.Query, "pong": queues.Pong, "ping": queues.Ping, "other": queues.Other,
	} {
		if n > 0 {
			drops["queue-"+what] = n
		}
	}
	return drops
}

// countersNow reads what this process has used.
func countersNow(ctx context.Context, relay relayNode) (counters, error) {
	cpu, err := cpuTime()
	if err != nil {
		return counters{}, err
	}
	var mem runtime.MemStats
	runtime.ReadMemStats(&mem)
	c := counters{
		CPU: cpu.Seconds(), Allocs: mem.Mallocs, Allocated: mem.TotalAlloc,
		memory:     memory{Heap: int64(mem.HeapAlloc), Stacks: int64(mem.StackInuse)},
		Goroutines: runtime.NumGoroutine(),
	}
	if c.Resident, c.PeakResident, err = resident(&mem); err != nil {
		return counters{}, err
	}
	c.Drops = relay.Dropped(ctx)
	return c, nil
}

// profile writes a CPU profile to a file until stop is called.
func profile(file string) (stop func() error, err error) {
	f, err := os.Create(file)
	if err != nil {
		return nil, fmt.Errorf("bench: profile: %w", err)
	}
	if err := pprof.StartCPUProfile(f); err != nil {
		return nil, errors.Join(fmt.Errorf("bench: profile: %w", err), f.Close())
	}
	return func() error {
		pprof.StopCPUProfile()
		return f.Close()
	}, nil
}
