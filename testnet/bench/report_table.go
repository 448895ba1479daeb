package bench

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
)

// Table writes the report as text, at most 96 columns wide.
func (r *Report) Table(w io.Writer) error {
	var b strings.Builder
	fmt.Fprintf(&b, "%d CPUs for relay and load together, %s %s/%s\n", r.Machine.CPUs, r.Machine.Go, r.Machine.OS, r.Machine.Arch)
	if r.Plain != nil {
		r.Plain.table(&b)
	}
	if r.Rate != nil {
		r.Rate.table(&b)
	}
	if r.Leaves != nil {
		r.Leaves.table(&b)
	}
	if r.Idle != nil {
		r.Idle.table(&b)
	}
	if r.Tables != nil {
		r.Tables.table(&b)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// column is one side of a table.
type column struct {
	name string
	side *RelaySide
}

// columns writes what sides have in common.
type columns struct {
	*strings.Builder
	list []column
}

func (c columns) head() {
	c.row("", func(i int) string { return c.list[i].name })
}

func (c columns) row(name string, of func(i int) string) {
	fmt.Fprintf(c, "%-26s", name)
	for i := range c.list {
		fmt.Fprintf(c, "%*s", 69/len(c.list), of(i))
	}
	c.WriteByte('\n')
}

func (c columns) spread(name, format string, scale float64, of func(*RelaySide) Spread) {
	c.row(name, func(i int) string { return of(c.list[i].side).text(format, scale, len(c.list) < 4) })
}

func (c columns) latency(name string, of func(*RelaySide) Latency) {
	c.row(name, func(i int) string { return of(c.list[i].side).text(len(c.list) < 4) })
}

func (c columns) count(name string, of func(*RelaySide) int64) {
	c.row(name, func(i int) string { return fmt.Sprint(of(c.list[i].side)) })
}

func (c columns) costs() {
	c.spread("1,000 copies/s", "%.0f", 1e-3, func(s *RelaySide) Spread { return s.CopiesPerSecond })
	c.spread("CPU ms per 1,000 copies", "%.3f", 1e3, func(s *RelaySide) Spread { return s.CPU })
	c.spread("  of the load", "%.3f", 1e3, func(s *RelaySide) Spread { return s.LoadCPU })
	c.spread("CPU seconds per second", "%.2f", 1, func(s *RelaySide) Spread { return s.CPUShare })
	c.spread("allocations per copy", "%.4f", 1, func(s *RelaySide) Spread { return s.AllocsPerCopy })
	c.spread("bytes allocated per copy", "%.2f", 1, func(s *RelaySide) Spread { return s.AllocatedBytesPerCopy })
	c.row("resident memory", func(i int) string { return mebibytes(c.list[i].side.Resident) })
	c.latency("latency ms p50/p99/max", func(s *RelaySide) Latency { return s.Latency })
}

func (c columns) light(rate int) {
	c.latency(fmt.Sprintf("  at %d messages/s", rate), func(s *RelaySide) Latency { return s.LightLatency })
}

func (c columns) counts() {
	c.count("copies expected", func(s *RelaySide) int64 { return s.Expected })
	c.count("  come", func(s *RelaySide) int64 { return s.Copies })
	c.count("  lost", func(s *RelaySide) int64 { return s.Lost })
	c.count("  repeated", func(s *RelaySide) int64 { return s.Repeated })
	c.count("  altered", func(s *RelaySide) int64 { return s.Altered })
	c.count("  to the wrong leaf", func(s *RelaySide) int64 { return s.Strays })
	c.count("stalls", func(s *RelaySide) int64 { return s.Stalls })
	reasons := map[string]bool{}
	for _, col := range c.list {
		for why := range col.side.Drops {
			reasons[why] = true
		}
	}
	for _, why := range slices.Sorted(maps.Keys(reasons)) {
		c.count("dropped: "+why, func(s *RelaySide) int64 { return int64(s.Drops[why]) })
	}
}

// text is "median (min-max)", each times scale; the median alone where there is
// no room.
func (s Spread) text(format string, scale float64, room bool) string {
	if !room {
		return fmt.Sprintf(format, s.Median*scale)
	}
	return fmt.Sprintf(format+" ("+format+"-"+format+")", s.Median*scale, s.Min*scale, s.Max*scale)
}

// text is "p50 / p99 / max" in milliseconds.
func (l Latency) text(room bool) string {
	between := "/"
	if room {
		between = " / "
	}
	return strings.Join([]string{milliseconds(l.P50), milliseconds(l.P99), milliseconds(l.Max)}, between)
}

func milliseconds(seconds float64) string {
	if ms := seconds * 1e3; ms < 10 {
		return fmt.Sprintf("%.2g", ms)
	}
	return fmt.Sprintf("%.0f", seconds*1e3)
}

func mebibytes(n int64) string { return fmt.Sprintf("%.1f MiB", float64(n)/(1<<20)) }

func verdict(held bool) string {
	if held {
		return "held"
	}
	return "NOT held"
}
