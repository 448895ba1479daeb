package bench

import "maps"

// RelaySide is what one relay did, over all runs that count. A copy is a message
// as one receiver got it: each message makes as many as there are other
// ultrapeers, and one for each leaf whose table has its words.
type RelaySide struct {
	Window            int    `json:"window"` // messages of one sender on their way, at most; 0 = any number
	MessagesPerSecond Spread `json:"messages_per_second"`
	CopiesPerSecond   Spread `json:"copies_per_second"`

	// CPU is processor time, user and system, in seconds per 1,000 copies: that
	// of the relay's process and that of the load on it. CPUShare is that of the
	// relay in seconds per second.
	CPU      Spread `json:"cpu_seconds_per_1000_copies"`
	LoadCPU  Spread `json:"load_cpu_seconds_per_1000_copies"`
	CPUShare Spread `json:"cpu_seconds_per_second"`

	AllocsPerCopy         Spread `json:"allocs_per_copy"`
	AllocatedBytesPerCopy Spread `json:"allocated_bytes_per_copy"`
	Resident              int64  `json:"resident_bytes"` // memory of the process after the last run

	Latency      Latency `json:"latency"`                 // under full load: mostly of waiting behind the rest of the window
	LightLatency Latency `json:"light_latency,omitempty"` // at the light rate

	Expected int64 `json:"expected"` // copies that should have come
	Copies   int64 `json:"copies"`   // right in every byte
	Lost     int64 `json:"lost"`     // copies that never came
	Repeated int64 `json:"repeated"` // copies that came again
	Altered  int64 `json:"altered"`  // copies that were not what was sent, or came to their sender
	Strays   int64 `json:"strays"`   // copies for leaves whose tables do not have them
	Stalls   int64 `json:"stalls"`   // times a sender waited in vain for copies

	// Drops is why messages went no further, by the relay's own count.
	Drops map[string]uint64 `json:"drops"`
}

// Exact reports whether every message reached everybody it should once and
// unharmed, and nobody else.
func (s *RelaySide) Exact() bool {
	return s.Lost == 0 && s.Repeated == 0 && s.Altered == 0 && s.Strays == 0
}

// Latency is the time from the write of a message to the read of a copy, in
// seconds; the quantiles are rounded up by at most 3 %.
type Latency struct {
	P50 float64 `json:"p50_seconds"`
	P99 float64 `json:"p99_seconds"`
	Max float64 `json:"max_seconds"`
}

func (s *side) report() RelaySide {
	sum := RelaySide{Window: s.plan.window, Drops: map[string]uint64{}}
	var sent, speed, cpu, load, share, allocs, bytes []float64
	var full, light latencies
	for i := range s.runs {
		r := &s.runs[i]
		copies, elapsed := float64(r.full.Copies), r.full.Elapsed.Seconds()
		sent = append(sent, float64(r.full.Sent)/elapsed)
		speed = append(speed, r.full.copiesPerSecond())
		cpu = append(cpu, r.relay.CPU/copies*1000)
		load = append(load, r.load.Seconds()/copies*1000)
		share = append(share, r.relay.CPU/elapsed)
		allocs = append(allocs, float64(r.relay.Allocs)/copies)
		bytes = append(bytes, float64(r.relay.Allocated)/copies)
		sum.Resident = r.relay.Resident
		full.merge(&r.full.delays)
		light.merge(&r.light.delays)
		for _, part := range []*spell{&r.full, &r.light} {
			sum.Expected += part.Expected
			sum.Copies += part.Copies
			sum.Lost += max(part.Expected-part.Copies, 0)
			sum.Repeated += part.Repeated
			sum.Altered += part.Altered
			sum.Strays += part.Strays
			sum.Stalls += part.Stalls
		}
		for why, n := range r.relay.Drops {
			sum.Drops[why] += n
		}
	}
	maps.DeleteFunc(sum.Drops, func(_ string, n uint64) bool { return n == 0 })
	sum.MessagesPerSecond, sum.CopiesPerSecond = spreadOf(sent), spreadOf(speed)
	sum.CPU, sum.LoadCPU, sum.CPUShare = spreadOf(cpu), spreadOf(load), spreadOf(share)
	sum.AllocsPerCopy, sum.AllocatedBytesPerCopy = spreadOf(allocs), spreadOf(bytes)
	sum.Latency, sum.LightLatency = latencyOf(&full), latencyOf(&light)
	return sum
}

func latencyOf(l *latencies) Latency {
	return Latency{l.quantile(0.5).Seconds(), l.quantile(0.99).Seconds(), l.max.Seconds()}
}

// Ratio compares something run by run.
type Ratio struct {
	Spread
	Each []float64 `json:"each"`
}

func ratioOf(of, to *side, what func(*run) float64) Ratio {
	var r Ratio
	for i := range of.runs {
		r.Each = append(r.Each, what(&of.runs[i])/what(&to.runs[i]))
	}
	r.Spread = spreadOf(r.Each)
	return r
}

// What ratios are of.
func speedOf(r *run) float64    { return r.full.copiesPerSecond() }
func cpuPerCopy(r *run) float64 { return r.relay.CPU / float64(r.full.Copies) }
