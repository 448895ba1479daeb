package bench

import (
	"fmt"
	"io"
	"strings"
)

// Table writes the report as text, 96 columns wide.
func (r *RelayReport) Table(w io.Writer) error {
	var b strings.Builder
	fmt.Fprintf(&b, "relay: %d connections, messages of %d bytes (header and payload), each to %d others\n",
		r.Connections, r.MessageBytes, r.Connections-1)
	fmt.Fprintf(&b, "       %d runs of %g s for each relay, in turn; medians (lowest-highest)\n", r.Runs, r.Seconds)
	fmt.Fprintf(&b, "       %d CPUs for relay and load together, %s %s/%s\n\n", r.Machine.CPUs, r.Machine.Go, r.Machine.OS, r.Machine.Arch)

	row := func(name string, of func(*RelaySide) string) {
		fmt.Fprintf(&b, "%-27s%23s%23s%23s\n", name, of(&r.Bare), of(&r.Free), of(&r.Filbert))
	}
	count := func(name string, of func(*RelaySide) int64) {
		row(name, func(s *RelaySide) string { return fmt.Sprint(of(s)) })
	}
	fmt.Fprintf(&b, "%-27s%23s%23s%23s\n", "", "bare", "bare, free", "filbert")
	row("window, messages a sender", func(s *RelaySide) string { return fmt.Sprint(s.Window) })
	row("1,000 copies/s", func(s *RelaySide) string { return s.CopiesPerSecond.text("%.0f", 1e-3) })
	row("CPU ms per 1,000 copies", func(s *RelaySide) string { return s.CPU.text("%.3f", 1e3) })
	row("  of the load", func(s *RelaySide) string { return s.LoadCPU.text("%.3f", 1e3) })
	row("allocations per copy", func(s *RelaySide) string { return s.AllocsPerCopy.text("%.4f", 1) })
	row("bytes allocated per copy", func(s *RelaySide) string { return s.AllocatedBytesPerCopy.text("%.2f", 1) })
	row("latency ms p50/p99/max", func(s *RelaySide) string { return s.Latency.text() })
	row(fmt.Sprintf("  at %d messages/s", r.LightRate), func(s *RelaySide) string { return s.LightLatency.text() })
	count("copies", func(s *RelaySide) int64 { return s.Copies })
	count("  lost", func(s *RelaySide) int64 { return s.Lost })
	count("  repeated", func(s *RelaySide) int64 { return s.Repeated })
	count("  altered", func(s *RelaySide) int64 { return s.Altered })
	count("stalls", func(s *RelaySide) int64 { return s.Stalls })

	verdict := "held"
	if !r.Held {
		verdict = "NOT held"
	}
	fmt.Fprintf(&b, "\nfilbert to bare        %s\nfilbert to bare, free  %s\n", r.Ratio.text("%.3f", 1), r.FreeRatio.text("%.3f", 1))
	fmt.Fprintf(&b, "target: at least %g of bare, free, and every copy once and unharmed: %s\n", r.Target, verdict)
	_, err := io.WriteString(w, b.String())
	return err
}

// text is "median (min-max)", each times scale.
func (s Spread) text(format string, scale float64) string {
	return fmt.Sprintf(format+" ("+format+"-"+format+")", s.Median*scale, s.Min*scale, s.Max*scale)
}

// text is "p50 / p99 / max" in milliseconds.
func (l Latency) text() string {
	return fmt.Sprintf("%.3g / %.3g / %.3g", l.P50*1e3, l.P99*1e3, l.Max*1e3)
}
