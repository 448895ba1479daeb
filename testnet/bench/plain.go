package bench

import "context"

// PlainReport is CasePlain: as many queries as two relays take, under the same
// load.
type PlainReport struct {
	Connections  int     `json:"connections"`
	MessageBytes int     `json:"message_bytes"` // header and payload
	Seconds      float64 `json:"seconds"`       // of a run
	Runs         int     `json:"runs"`          // of each relay, warm-up not counted
	LightRate    int     `json:"light_rate"`    // messages per second of the light load

	Bare    RelaySide `json:"bare"`
	Free    RelaySide `json:"free"` // the bare relay at its best: with a window that filbert could not take without loss
	Filbert RelaySide `json:"filbert"`

	Ratio     Ratio   `json:"ratio"`      // of copies per second, filbert to bare: the same load
	FreeRatio Ratio   `json:"free_ratio"` // filbert to free: the harder one
	Target    float64 `json:"target"`     // of the median free ratio

	// Held is whether the target was reached and every copy came once and
	// unharmed.
	Held bool `json:"held"`
}

// plain loads three relays in turn: a bare one with the window that filbert gets,
// a bare one with a window of its liking, and filbert.
func plain(ctx context.Context, cfg RelayConfig, progress func(string)) (*PlainReport, error) {
	p := cfg.plain()
	bare := &side{name: "bare", kind: kindBare, plan: p}
	filbert := &side{name: "filbert", kind: kindFilbert, plan: p}
	p.window *= freeWindow
	free := &side{name: "bare, free", kind: kindBare, plan: p}
	err := turns(ctx, cfg, []*side{bare, free, filbert}, filbert, cfg.saturating, cfg.trickling, progress)
	if err != nil {
		return nil, err
	}
	r := &PlainReport{
		Connections: cfg.Connections, MessageBytes: cfg.MessageBytes,
		Seconds: cfg.Duration.Seconds(), Runs: cfg.Runs, LightRate: cfg.LightRate,
		Bare: bare.report(), Free: free.report(), Filbert: filbert.report(),
		Ratio:     ratioOf(filbert, bare, speedOf),
		FreeRatio: ratioOf(filbert, free, speedOf),
		Target:    target,
	}
	r.Held = r.FreeRatio.Median >= target && r.Bare.Exact() && r.Free.Exact() && r.Filbert.Exact()
	return r, nil
}

// plain is a load of ultrapeers that speak of nothing but queries.
func (c RelayConfig) plain() plan {
	return plan{ultrapeers: c.Connections, messages: newMessages(c.Connections, c.MessageBytes), window: c.Window}
}
