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
	requestProfile = "profile " // + file: CPU profile from here to the end → counters
)

// hello is the first line of a relay under test.
type hello struct {
	Addr netip.AddrPort `json:"addr"`
}

// counters is what a relay's process has used since it began.
type counters struct {
	CPU       float64 `json:"cpu_seconds"` // user and system
	Allocs    uint64  `json:"allocs"`
	Allocated uint64  `json:"allocated_bytes"`
	Error     string  `json:"error,omitempty"` // why the relay is of no use any more
}

func (c counters) since(before counters) counters {
	return counters{CPU: c.CPU - before.CPU, Allocs: c.Allocs - before.Allocs, Allocated: c.Allocated - before.Allocated}
}

// relayNode is a relay under test.
type relayNode interface {
	Addr() netip.AddrPort
	Run(ctx context.Context) error
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
	if err := answers.Encode(hello{relay.Addr()}); err != nil {
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
		} else if request != requestMark {
			return fmt.Errorf("bench: request %q is unknown", request)
		}
		used, err := countersNow()
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
		return node.Open(ctx, node.Config{
			Version:  "bench",
			Identity: id,
			State:    state.Memory(),
			Network:  &node.System{},
			Rand:     mathrand.New(mathrand.NewPCG(mathrand.Uint64(), mathrand.Uint64())),
			Listen:   anyPort,
		})
	}
	return nil, fmt.Errorf("bench: relay of kind %q: want %q or %q", kind, kindFilbert, kindBare)
}

// countersNow reads what this process has used.
func countersNow() (counters, error) {
	cpu, err := cpuTime()
	if err != nil {
		return counters{}, err
	}
	var mem runtime.MemStats
	runtime.ReadMemStats(&mem)
	return counters{CPU: cpu.Seconds(), Allocs: mem.Mallocs, Allocated: mem.TotalAlloc}, nil
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
