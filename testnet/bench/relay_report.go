package bench

import "runtime"

// RelayReport is what Relay found. A copy is a message as one receiver got it:
// each message makes as many as there are other connections.
type RelayReport struct {
	Machine      Machine `json:"machine"`
	Connections  int     `json:"connections"`
	MessageBytes int     `json:"message_bytes"` // header and payload
	Seconds      float64 `json:"seconds"`       // of a run
	Runs         int     `json:"runs"`          // of each relay, warm-up not counted
	LightRate    int     `json:"light_rate"`    // messages per second of the light load

	Bare    RelaySide `json:"bare"`
	Free    RelaySide `json:"free"` // the bare relay at its best: with a window that filbert could not take without loss
	Filbert RelaySide `json:"filbert"`

	Ratio     Ratio   `json:"ratio"`      // filbert to bare: the same load
	FreeRatio Ratio   `json:"free_ratio"` // filbert to free: the harder one
	Target    float64 `json:"target"`     // of the median free ratio

	// Held is whether the target was reached and every copy came once and
	// unharmed.
	Held bool `json:"held"`
}

// Machine is where it was measured.
type Machine struct {
	CPUs int    `json:"cpus"`
	Go   string `json:"go"`
	OS   string `json:"os"`
	Arch string `json:"arch"`
}

// Ratio compares copies per second run by run.
type Ratio struct {
	Spread
	Each []float64 `json:"each"`
}

// RelaySide is what one relay did, over all runs that count.
type RelaySide struct {
	Window          int    `json:"window"` // messages of one sender on their way, at most
	CopiesPerSecond Spread `json:"copies_per_second"`

	// CPU is processor time, user and system, in seconds per 1,000 copies: that
	// of the relay's process and that of the load on it.
	CPU     Spread `json:"cpu_seconds_per_1000_copies"`
	LoadCPU Spread `json:"load_cpu_seconds_per_1000_copies"`

	AllocsPerCopy         Spread `json:"allocs_per_copy"`
	AllocatedBytesPerCopy Spread `json:"allocated_bytes_per_copy"`

	Latency      Latency `json:"latency"`       // under full load: mostly of waiting behind the rest of the window
	LightLatency Latency `json:"light_latency"` // at LightRate

	Copies   int64 `json:"copies"`   // right in every byte
	Lost     int64 `json:"lost"`     // copies that never came
	Repeated int64 `json:"repeated"` // copies that came again
	Altered  int64 `json:"altered"`  // copies that were not what was sent, or came to their sender
	Stalls   int64 `json:"stalls"`   // times a sender waited in vain for copies
}

// Exact reports whether every message reached every other connection once and
// unharmed.
func (s *RelaySide) Exact() bool { return s.Lost == 0 && s.Repeated == 0 && s.Altered == 0 }

// Latency is the time from the write of a message to the read of a copy, in
// seconds; the quantiles are rounded up by at most 3 %.
type Latency struct {
	P50 float64 `json:"p50_seconds"`
	P99 float64 `json:"p99_seconds"`
	Max float64 `json:"max_seconds"`
}

func report(cfg RelayConfig, bare, free, filbert *side) RelayReport {
	r := RelayReport{
		Machine:      Machine{runtime.NumCPU(), runtime.Version(), runtime.GOOS, runtime.GOARCH},
		Connections:  cfg.Connections,
		MessageBytes: cfg.MessageBytes,
		Seconds:      cfg.Duration.Seconds(),
		Runs:         cfg.Runs,
		LightRate:    cfg.LightRate,
		Bare:         bare.report(cfg),
		Free:         free.report(cfg),
		Filbert:      filbert.report(cfg),
		Ratio:        ratioOf(filbert.runs, bare.runs),
		FreeRatio:    ratioOf(filbert.runs, free.runs),
		Target:       target,
	}
	r.Held = r.FreeRatio.Median >= target && r.Bare.Exact() && r.Free.Exact() && r.Filbert.Exact()
	return r
}

func ratioOf(runs, to []run) Ratio {
	var r Ratio
	for i := range runs {
		r.Each = append(r.Each, runs[i].full.copiesPerSecond()/to[i].full.copiesPerSecond())
	}
	r.Spread = spreadOf(r.Each)
	return r
}

func (s *side) report(cfg RelayConfig) RelaySide {
	sum := RelaySide{Window: s.window}
	var speed, cpu, load, allocs, bytes []float64
	var full, light latencies
	for i := range s.runs {
		r := &s.runs[i]
		copies := float64(r.full.Copies)
		speed = append(speed, r.full.copiesPerSecond())
		cpu = append(cpu, r.relay.CPU/copies*1000)
		load = append(load, r.load.Seconds()/copies*1000)
		allocs = append(allocs, float64(r.relay.Allocs)/copies)
		bytes = append(bytes, float64(r.relay.Allocated)/copies)
		full.merge(&r.full.delays)
		light.merge(&r.light.delays)
		for _, part := range []*spell{&r.full, &r.light} {
			sum.Copies += part.Copies
			sum.Lost += max(part.Sent*int64(cfg.Connections-1)-part.Copies, 0)
			sum.Repeated += part.Repeated
			sum.Altered += part.Altered
			sum.Stalls += part.Stalls
		}
	}
	sum.CopiesPerSecond, sum.CPU, sum.LoadCPU = spreadOf(speed), spreadOf(cpu), spreadOf(load)
	sum.AllocsPerCopy, sum.AllocatedBytesPerCopy = spreadOf(allocs), spreadOf(bytes)
	sum.Latency, sum.LightLatency = latencyOf(&full), latencyOf(&light)
	return sum
}

func latencyOf(l *latencies) Latency {
	return Latency{l.quantile(0.5).Seconds(), l.quantile(0.99).Seconds(), l.max.Seconds()}
}
