package bench

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"time"

	"filbert/overlay/qrp"
)

// TablesReport is CaseTables: every leaf sends the largest table there is, and
// all are in the middle of it at once. Memory is in bytes.
type TablesReport struct {
	Neighbors int   `json:"neighbors"`
	Leaves    int   `json:"leaves"`
	Slots     int   `json:"slots"`       // of each table
	WireBytes int   `json:"table_bytes"` // each on the wire
	Bound     int64 `json:"resident_bound"`

	Seconds    float64 `json:"seconds"`     // from the first byte of a table until all were taken
	CPU        float64 `json:"cpu_seconds"` // of the node meanwhile
	Before     int64   `json:"resident_bytes_before"`
	Halfway    int64   `json:"resident_bytes_halfway"` // with a patch under way on every link
	Resident   int64   `json:"resident_bytes"`         // with all tables, some time later
	Peak       int64   `json:"peak_resident_bytes"`
	Heap       int64   `json:"heap_bytes"` // in use after a collection
	Goroutines int     `json:"goroutines"`

	Held bool `json:"held"` // whether the peak stayed within the bound
}

// tables measures one node.
func tables(ctx context.Context, cfg RelayConfig, progress func(string)) (_ *TablesReport, err error) {
	p := cfg.full(cfg.Neighbors, 1, qrp.MaxBits)
	p.deflate, p.tables = true, false
	s := &side{name: "filbert", kind: kindFilbert, plan: p}
	if err := s.open(ctx, nil); err != nil {
		return nil, err
	}
	defer func() {
		if failed := s.close(); ctx.Err() == nil {
			err = errors.Join(err, failed)
		}
	}()
	frames := tableFrames(p.shelf.table(0))
	most, last := bytes.Join(frames[:len(frames)-1], nil), frames[len(frames)-1]
	r := &TablesReport{
		Neighbors: cfg.Neighbors, Leaves: cfg.Leaves, Slots: 1 << qrp.MaxBits, WireBytes: len(most) + len(last), Bound: residentBound,
	}
	before, err := s.process.ask(requestMark)
	if err != nil {
		return nil, err
	}
	begin := time.Now()
	leaves := s.load.receivers[p.ultrapeers:]
	if err := s.load.tell(ctx, leaves, most); err != nil {
		return nil, err
	}
	halfway, err := s.process.ask(requestMark)
	if err != nil {
		return nil, err
	}
	if err := s.load.tell(ctx, leaves, last); err != nil {
		return nil, err
	}
	r.Seconds = time.Since(begin).Seconds()
	taken, err := s.process.ask(requestMark)
	if err != nil {
		return nil, err
	}
	r.CPU = taken.since(before).CPU
	progress(fmt.Sprintf("%-10s%-18s%10s resident", "tables", "halfway", mebibytes(halfway.Resident)))
	if err := s.load.prove(ctx); err != nil {
		return nil, err
	}
	_, after, err := s.quiet(ctx, idleRuns*cfg.Duration)
	if err != nil {
		return nil, err
	}
	progress(fmt.Sprintf("%-10s%-18s%10s resident", "tables", "all", mebibytes(after.Resident)))
	r.Before, r.Halfway, r.Resident, r.Peak = before.Resident, halfway.Resident, after.Resident, after.PeakResident
	r.Goroutines = after.Goroutines
	if after, err = s.process.ask(requestCollect); err != nil {
		return nil, err
	}
	r.Heap = after.Heap
	r.Held = r.Peak <= residentBound
	return r, nil
}
