package bench

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"time"

	"filbert/overlay/identity"
	"filbert/overlay/tlslink"
)

// IdleReport is CaseIdle: a node that has all the neighbors and leaves it takes,
// all with tables, when nothing is said.
type IdleReport struct {
	Neighbors int     `json:"neighbors"` // ultrapeers
	Leaves    int     `json:"leaves"`
	Seconds   float64 `json:"seconds"`        // of silence
	Bound     int64   `json:"resident_bound"` // bytes

	Deflated IdleSide `json:"deflated"`
	Secured  IdleSide `json:"secured"` // deflated, in TLS

	Held bool `json:"held"` // whether both stayed within the bound
}

// IdleSide is the node with links of one kind. Memory is in bytes.
type IdleSide struct {
	Start        int64   `json:"resident_bytes_at_start"` // without neighbors
	Resident     int64   `json:"resident_bytes"`          // at the end of the silence
	Peak         int64   `json:"peak_resident_bytes"`     // since the start, handshakes included
	Heap         int64   `json:"heap_bytes"`              // in use after a collection
	Stacks       int64   `json:"stack_bytes"`
	Goroutines   int     `json:"goroutines"`
	BytesPerLeaf float64 `json:"bytes_per_leaf"` // heap and stacks, table included
	CPUShare     float64 `json:"cpu_seconds_per_second"`
	Connecting   float64 `json:"connecting_seconds"` // until all tables were there
}

// idle measures both kinds of links, each with a node of its own.
func idle(ctx context.Context, cfg RelayConfig, progress func(string)) (*IdleReport, error) {
	p := cfg.full(cfg.Neighbors, min(leafGroups, cfg.Leaves), leafBits)
	p.deflate = true
	silence := idleRuns * cfg.Duration
	r := &IdleReport{Neighbors: cfg.Neighbors, Leaves: cfg.Leaves, Seconds: silence.Seconds(), Bound: residentBound}
	var err error
	if r.Deflated, err = idleSide(ctx, p, silence); err != nil {
		return nil, err
	}
	progress(fmt.Sprintf("%-10s%-18s%10s resident", "idle", "deflate", mebibytes(r.Deflated.Resident)))
	if p.tls, err = newLayer(); err != nil {
		return nil, err
	}
	if r.Secured, err = idleSide(ctx, p, silence); err != nil {
		return nil, err
	}
	progress(fmt.Sprintf("%-10s%-18s%10s resident", "idle", "deflate, TLS", mebibytes(r.Secured.Resident)))
	r.Held = r.Deflated.Resident <= residentBound && r.Secured.Resident <= residentBound
	return r, nil
}

// newLayer is the TLS of the load.
func newLayer() (*tlslink.Layer, error) {
	id, err := identity.New(rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("bench: %w", err)
	}
	cert, err := id.Certificate()
	if err != nil {
		return nil, fmt.Errorf("bench: %w", err)
	}
	return tlslink.New(cert), nil
}

func idleSide(ctx context.Context, p plan, silence time.Duration) (r IdleSide, err error) {
	s := &side{name: "filbert", kind: kindFilbert, plan: p}
	begin := time.Now()
	var start, ultrapeers counters
	err = s.open(ctx, func() (err error) {
		start = s.process.hello.counters
		ultrapeers, err = s.process.ask(requestCollect)
		return err
	})
	if err != nil {
		return r, err
	}
	defer func() { err = errors.Join(err, s.close()) }()
	r.Connecting = time.Since(begin).Seconds()
	before, after, err := s.quiet(ctx, silence)
	if err != nil {
		return r, err
	}
	r.Start, r.Resident, r.Peak = start.Resident, after.Resident, after.PeakResident
	r.CPUShare, r.Goroutines = after.since(before).CPU/silence.Seconds(), after.Goroutines
	if after, err = s.process.ask(requestCollect); err != nil {
		return r, err
	}
	r.Heap, r.Stacks = after.Heap, after.Stacks
	r.BytesPerLeaf = float64(after.Heap+after.Stacks-ultrapeers.Heap-ultrapeers.Stacks) / float64(p.shelf.leaves)
	return r, nil
}

// quiet lets time pass and returns what the relay had used before and after.
func (s *side) quiet(ctx context.Context, d time.Duration) (before, after counters, err error) {
	if before, err = s.process.ask(requestMark); err != nil {
		return before, after, err
	}
	select {
	case <-time.After(d):
	case <-s.load.life.Done():
		return before, after, context.Cause(s.load.life)
	case <-ctx.Done():
		return before, after, ctx.Err()
	}
	after, err = s.process.ask(requestMark)
	return before, after, err
}
