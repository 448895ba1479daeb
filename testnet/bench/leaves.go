package bench

import (
	"context"

	"filbert/overlay/handshake"
)

// LeavesReport is CaseLeaves: what leaves with route tables, and deflate, cost
// against the plain case, under the same load of ultrapeers.
type LeavesReport struct {
	Connections  int     `json:"connections"`
	MessageBytes int     `json:"message_bytes"`
	Seconds      float64 `json:"seconds"`
	Runs         int     `json:"runs"`
	LightRate    int     `json:"light_rate"`
	Leaves       int     `json:"leaves"`
	Match        float64 `json:"match"` // share of the leaves whose tables have a query

	Bare     RelaySide `json:"bare"`     // without leaves
	Plain    RelaySide `json:"plain"`    // filbert without leaves and deflate
	Routed   RelaySide `json:"routed"`   // with leaves and tables
	Deflated RelaySide `json:"deflated"` // with leaves, tables and deflate on every link

	RoutedRatio      Ratio `json:"routed_ratio"` // of copies per second, to plain
	DeflatedRatio    Ratio `json:"deflated_ratio"`
	RoutedCPURatio   Ratio `json:"routed_cpu_ratio"` // of processor time of the relay per copy, to plain
	DeflatedCPURatio Ratio `json:"deflated_cpu_ratio"`
	BareRatio        Ratio `json:"bare_ratio"` // of copies per second, deflated to bare

	// Held is whether every copy came once and unharmed, and none to others.
	Held bool `json:"held"`
}

// leaves loads four relays in turn.
func leaves(ctx context.Context, cfg RelayConfig, progress func(string)) (*LeavesReport, error) {
	p := cfg.plain()
	bare := &side{name: "bare", kind: kindBare, plan: p}
	plain := &side{name: "plain", kind: kindFilbert, plan: p}
	p = cfg.full(cfg.Connections, min(leafGroups, cfg.Leaves), leafBits)
	routed := &side{name: "leaves", kind: kindFilbert, plan: p}
	p.deflate = true
	deflated := &side{name: "leaves, deflate", kind: kindFilbert, plan: p}
	sides := []*side{bare, plain, routed, deflated}
	if err := turns(ctx, cfg, sides, deflated, cfg.saturating, cfg.trickling, progress); err != nil {
		return nil, err
	}
	r := &LeavesReport{
		Connections: cfg.Connections, MessageBytes: cfg.MessageBytes,
		Seconds: cfg.Duration.Seconds(), Runs: cfg.Runs, LightRate: cfg.LightRate,
		Leaves: cfg.Leaves, Match: 1 / float64(p.shelf.groups),
		Bare: bare.report(), Plain: plain.report(), Routed: routed.report(), Deflated: deflated.report(),
		RoutedRatio:      ratioOf(routed, plain, speedOf),
		DeflatedRatio:    ratioOf(deflated, plain, speedOf),
		RoutedCPURatio:   ratioOf(routed, plain, cpuPerCopy),
		DeflatedCPURatio: ratioOf(deflated, plain, cpuPerCopy),
		BareRatio:        ratioOf(deflated, bare, speedOf),
	}
	r.Held = r.Bare.Exact() && r.Plain.Exact() && r.Routed.Exact() && r.Deflated.Exact()
	return r, nil
}

// full is a load of ultrapeers and leaves that speak of all that servents do and
// tell their tables, of 2^bits slots.
func (c RelayConfig) full(ultrapeers, groups, bits int) plan {
	size := max(c.MessageBytes, minGroupSize)
	return plan{
		ultrapeers: ultrapeers,
		messages:   newGroupMessages(ultrapeers, size, groups),
		window:     c.Window,
		terms:      terms{protocols: handshake.AllProtocols()},
		shelf:      shelf{groups: groups, room: textRoom(size), bits: bits, leaves: c.Leaves},
		tables:     true,
	}
}
