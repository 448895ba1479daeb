package bench

import (
	"fmt"
	"strings"
)

// Each case as text.

func (r *PlainReport) table(b *strings.Builder) {
	fmt.Fprintf(b, "\nplain: %d connections, messages of %d bytes (header and payload), each to %d others\n",
		r.Connections, r.MessageBytes, r.Connections-1)
	fmt.Fprintf(b, "       %d runs of %g s for each relay, in turn; medians (lowest-highest)\n\n", r.Runs, r.Seconds)
	c := columns{b, []column{{"bare", &r.Bare}, {"bare, free", &r.Free}, {"filbert", &r.Filbert}}}
	c.head()
	c.count("window, messages a sender", func(s *RelaySide) int64 { return int64(s.Window) })
	c.costs()
	c.light(r.LightRate)
	c.counts()
	fmt.Fprintf(b, "\nfilbert to bare        %s\nfilbert to bare, free  %s\n",
		r.Ratio.text("%.3f", 1, true), r.FreeRatio.text("%.3f", 1, true))
	fmt.Fprintf(b, "target: at least %g of bare, free, and every copy once and unharmed: %s\n", r.Target, verdict(r.Held))
}

func (r *RateReport) table(b *strings.Builder) {
	fmt.Fprintf(b, "\nrate: %d messages/s of %d bytes from %d connections, each to %d others\n",
		r.Rate, r.MessageBytes, r.Connections, r.Connections-1)
	fmt.Fprintf(b, "      %d runs of %g s for each relay, in turn; medians (lowest-highest)\n\n", r.Runs, r.Seconds)
	c := columns{b, []column{{"bare", &r.Bare}, {"filbert", &r.Filbert}}}
	c.head()
	c.spread("messages/s", "%.0f", 1, func(s *RelaySide) Spread { return s.MessagesPerSecond })
	c.costs()
	c.counts()
	fmt.Fprintf(b, "\nCPU per copy, filbert to bare  %s\n", r.CPURatio.text("%.2f", 1, true))
	fmt.Fprintf(b, "target: at least %g %% of the rate, and every copy once and unharmed: %s\n", paceReached*100, verdict(r.Held))
}

func (r *LeavesReport) table(b *strings.Builder) {
	fmt.Fprintf(b, "\nleaves: %d ultrapeers and %d leaves, messages of %d bytes, each to %d and %.3g %% of the leaves\n",
		r.Connections, r.Leaves, r.MessageBytes, r.Connections-1, r.Match*100)
	fmt.Fprintf(b, "        %d runs of %g s for each relay, in turn; medians\n\n", r.Runs, r.Seconds)
	c := columns{b, []column{{"bare", &r.Bare}, {"plain", &r.Plain}, {"leaves", &r.Routed}, {"with deflate", &r.Deflated}}}
	c.head()
	c.costs()
	c.light(r.LightRate)
	c.counts()
	fmt.Fprintf(b, "\ncopies/s, leaves to plain             %s\n", r.RoutedRatio.text("%.3f", 1, true))
	fmt.Fprintf(b, "          leaves, deflate to plain    %s\n", r.DeflatedRatio.text("%.3f", 1, true))
	fmt.Fprintf(b, "          leaves, deflate to bare     %s\n", r.BareRatio.text("%.3f", 1, true))
	fmt.Fprintf(b, "CPU per copy, leaves to plain         %s\n", r.RoutedCPURatio.text("%.2f", 1, true))
	fmt.Fprintf(b, "          leaves, deflate to plain    %s\n", r.DeflatedCPURatio.text("%.2f", 1, true))
	fmt.Fprintf(b, "target: every copy once and unharmed, and to no other leaf: %s\n", verdict(r.Held))
}

func (r *IdleReport) table(b *strings.Builder) {
	fmt.Fprintf(b, "\nidle: %d ultrapeers and %d leaves with tables, after %g s of silence\n\n", r.Neighbors, r.Leaves, r.Seconds)
	row := func(name string, of func(*IdleSide) string) {
		fmt.Fprintf(b, "%-26s%23s%23s\n", name, of(&r.Deflated), of(&r.Secured))
	}
	fmt.Fprintf(b, "%-26s%23s%23s\n", "", "deflate", "deflate, TLS")
	row("resident memory", func(s *IdleSide) string { return mebibytes(s.Resident) })
	row("  without neighbors", func(s *IdleSide) string { return mebibytes(s.Start) })
	row("  at most", func(s *IdleSide) string { return mebibytes(s.Peak) })
	row("heap in use", func(s *IdleSide) string { return mebibytes(s.Heap) })
	row("stacks", func(s *IdleSide) string { return mebibytes(s.Stacks) })
	row("goroutines", func(s *IdleSide) string { return fmt.Sprint(s.Goroutines) })
	row("KiB a leaf", func(s *IdleSide) string { return fmt.Sprintf("%.1f", s.BytesPerLeaf/(1<<10)) })
	row("CPU seconds per second", func(s *IdleSide) string { return fmt.Sprintf("%.4f", s.CPUShare) })
	row("seconds until all were in", func(s *IdleSide) string { return fmt.Sprintf("%.2f", s.Connecting) })
	fmt.Fprintf(b, "\ntarget: at most %s resident: %s\n", mebibytes(r.Bound), verdict(r.Held))
}

func (r *TablesReport) table(b *strings.Builder) {
	fmt.Fprintf(b, "\ntables: %d leaves send a table of %d slots each, %d bytes on the wire; %d ultrapeers\n\n",
		r.Leaves, r.Slots, r.WireBytes, r.Neighbors)
	row := func(name, value string) { fmt.Fprintf(b, "%-40s%14s\n", name, value) }
	row("resident memory before", mebibytes(r.Before))
	row("  with a patch under way on every link", mebibytes(r.Halfway))
	row("  with all tables, later", mebibytes(r.Resident))
	row("  at most", mebibytes(r.Peak))
	row("heap in use", mebibytes(r.Heap))
	row("goroutines", fmt.Sprint(r.Goroutines))
	row("seconds until all were taken", fmt.Sprintf("%.2f", r.Seconds))
	row("CPU ms a table", fmt.Sprintf("%.2f", r.CPU*1e3/float64(r.Leaves)))
	fmt.Fprintf(b, "\ntarget: never more than %s resident: %s\n", mebibytes(r.Bound), verdict(r.Held))
}
