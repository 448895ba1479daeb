package bench

import "context"

// RateReport is CaseRate: two relays get the same queries per second, whatever
// becomes of them, so that nothing but the relay itself decides what is lost.
type RateReport struct {
	Connections  int     `json:"connections"`
	MessageBytes int     `json:"message_bytes"`
	Seconds      float64 `json:"seconds"`
	Runs         int     `json:"runs"`
	Rate         int     `json:"rate"` // messages per second of all senders

	Bare    RelaySide `json:"bare"`
	Filbert RelaySide `json:"filbert"`

	CPURatio Ratio `json:"cpu_ratio"` // of processor time per copy, filbert to bare

	// Held is whether the load could send at the rate, and every copy came once
	// and unharmed.
	Held bool `json:"held"`
}

// rate loads a bare relay and filbert in turn.
func rate(ctx context.Context, cfg RelayConfig, progress func(string)) (*RateReport, error) {
	p := cfg.plain()
	p.window = maxWindow // of which the load remembers the times
	bare := &side{name: "bare", kind: kindBare, plan: p}
	filbert := &side{name: "filbert", kind: kindFilbert, plan: p}
	pacing := func(ctx context.Context, l *load) (spell, error) { return l.pace(ctx, cfg.Duration, cfg.Rate) }
	if err := turns(ctx, cfg, []*side{bare, filbert}, filbert, pacing, nil, progress); err != nil {
		return nil, err
	}
	r := &RateReport{
		Connections: cfg.Connections, MessageBytes: cfg.MessageBytes,
		Seconds: cfg.Duration.Seconds(), Runs: cfg.Runs, Rate: cfg.Rate,
		Bare: bare.report(), Filbert: filbert.report(),
		CPURatio: ratioOf(filbert, bare, cpuPerCopy),
	}
	r.Bare.Window, r.Filbert.Window = 0, 0
	r.Held = r.Filbert.MessagesPerSecond.Median >= paceReached*float64(cfg.Rate) && r.Bare.Exact() && r.Filbert.Exact()
	return r, nil
}
