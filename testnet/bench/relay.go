package bench

import (
	"context"
	"fmt"
	"runtime"
	"slices"
)

// Report is what Relay found.
type Report struct {
	Machine Machine       `json:"machine"`
	Plain   *PlainReport  `json:"plain,omitempty"`
	Rate    *RateReport   `json:"rate,omitempty"`
	Leaves  *LeavesReport `json:"leaves,omitempty"`
	Idle    *IdleReport   `json:"idle,omitempty"`
	Tables  *TablesReport `json:"tables,omitempty"`

	// Held is whether every case held what it must.
	Held bool `json:"held"`
}

// Machine is where it was measured.
type Machine struct {
	CPUs int    `json:"cpus"`
	Go   string `json:"go"`
	OS   string `json:"os"`
	Arch string `json:"arch"`
}

// Relay measures how a filbert node relays queries, against the bare relay, and
// what memory it takes for that, case by case. Relays are processes of their own.
// progress, if not nil, is told what goes on, a line at a time.
//
// The program must have a command "bench relay-target --kind KIND" that calls
// RelayTarget with its standard input and output.
func Relay(ctx context.Context, cfg RelayConfig, progress func(string)) (r Report, err error) {
	cfg = cfg.withDefaults()
	if err := cfg.check(); err != nil {
		return Report{}, err
	}
	if progress == nil {
		progress = func(string) {}
	}
	r = Report{Machine: Machine{runtime.NumCPU(), runtime.Version(), runtime.GOOS, runtime.GOARCH}, Held: true}
	for _, kind := range Cases() {
		if !slices.Contains(cfg.Cases, kind) {
			continue
		}
		held := false
		switch kind {
		case CasePlain:
			r.Plain, err = plain(ctx, cfg, progress)
			held = err == nil && r.Plain.Held
		case CaseRate:
			r.Rate, err = rate(ctx, cfg, progress)
			held = err == nil && r.Rate.Held
		case CaseLeaves:
			r.Leaves, err = leaves(ctx, cfg, progress)
			held = err == nil && r.Leaves.Held
		case CaseIdle:
			r.Idle, err = idle(ctx, cfg, progress)
			held = err == nil && r.Idle.Held
		case CaseTables:
			r.Tables, err = tables(ctx, cfg, progress)
			held = err == nil && r.Tables.Held
		}
		if err != nil {
			if ctx.Err() != nil {
				err = ctx.Err() // whatever came of it
			}
			return Report{}, fmt.Errorf("case %s: %w", kind, err)
		}
		r.Held = r.Held && held
	}
	return r, nil
}
