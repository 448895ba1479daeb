package race

import (
	"fmt"
	"io"
	"runtime"
	"slices"
	"strings"
)

// Report is all that was measured.
type Report struct {
	CPUs   int      `json:"cpus"`
	System string   `json:"system"`
	Size   int64    `json:"size" doc:"bytes of the file of cases one, serve and thex"`
	Many   int64    `json:"many" doc:"bytes of the file of the others"`
	Rate   int64    `json:"rate" doc:"bytes per second of a source in these"`
	Heats  []Heat   `json:"heats"`
	Absent []string `json:"absent,omitempty" doc:"programs that are not installed"`
}

// Heat is what the programs did in one case.
type Heat struct {
	Case     Case     `json:"case"`
	What     string   `json:"what,omitempty" doc:"in case serve: what is asked for"`
	Requests int      `json:"requests,omitempty" doc:"in case serve: how often"`
	Ideal    float64  `json:"ideal_seconds,omitempty" doc:"if every source gave all it could"`
	Runners  []Runner `json:"runners"`
}

// Runner is what one program did.
type Runner struct {
	Name     string    `json:"name"`
	Seconds  []float64 `json:"seconds" doc:"of each run, by the clock"`
	Median   float64   `json:"median_seconds"`
	Ratio    float64   `json:"ratio" doc:"filbert's median divided by this one"`
	Resident int64     `json:"resident,omitempty" doc:"of filbert: bytes at most"`
	CPU      float64   `json:"cpu_seconds_per_gib,omitempty" doc:"processor time that fetching took"`
	Serving  float64   `json:"serving_seconds_per_gib,omitempty" doc:"and serving"`

	fetching, serving []float64 // processor time of each run (seconds)
}

func newReport(c Config) *Report {
	return &Report{CPUs: runtime.GOMAXPROCS(0), System: runtime.GOOS + "/" + runtime.GOARCH, Size: c.Size, Many: c.Many, Rate: c.Rate}
}

// judge fills in medians and ratios; the first runner is filbert. Size is that of
// the file (bytes).
func (h *Heat) judge(size int64) {
	gib := float64(size) / (1 << 30)
	for i := range h.Runners {
		r := &h.Runners[i]
		r.Median = median(r.Seconds)
		if len(r.fetching) > 0 {
			r.CPU = median(r.fetching) / gib
		}
		if len(r.serving) > 0 {
			r.Serving = median(r.serving) / gib
		}
	}
	for i := range h.Runners {
		h.Runners[i].Ratio = h.Runners[0].Median / h.Runners[i].Median
	}
}

// median is the one in the middle, of an even number the mean of both.
func median(values []float64) float64 {
	s := slices.Sorted(slices.Values(values))
	return (s[(len(s)-1)/2] + s[len(s)/2]) / 2
}

// Table writes the report as text.
func (r *Report) Table(w io.Writer) error {
	var b strings.Builder
	fmt.Fprintf(&b, "%d CPUs for everything together, %s\n", r.CPUs, r.System)
	for _, h := range r.Heats {
		fmt.Fprintf(&b, "\n%s: %s\n", h.Case, r.about(h))
		fmt.Fprintf(&b, "  %-32s %9s  %9s  %9s  %s\n", "", "MEDIAN", "MIN", "MAX", "FILBERT TAKES")
		for i, one := range h.Runners {
			seconds := func(s float64) string { return fmt.Sprintf("%.2f s", s) }
			fmt.Fprintf(&b, "  %-32s %9s  %9s  %9s", one.Name, seconds(one.Median), seconds(slices.Min(one.Seconds)), seconds(slices.Max(one.Seconds)))
			if i > 0 {
				fmt.Fprintf(&b, "  %.2f times as long", one.Ratio)
			}
			if h.Requests > 1 {
				fmt.Fprintf(&b, "  (%.0f requests/s)", float64(h.Requests)/one.Median)
			}
			b.WriteString(one.costs())
			b.WriteByte('\n')
		}
		if h.Ideal > 0 {
			fmt.Fprintf(&b, "  %-32s %9s%36.3f of filbert's time\n", "ideal", fmt.Sprintf("%.2f s", h.Ideal), h.Ideal/h.Runners[0].Median)
		}
	}
	if len(r.Absent) > 0 {
		fmt.Fprintf(&b, "\nnot installed, so not measured: %s\n", strings.Join(r.Absent, ", "))
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// costs is what a runner took beside time; what is not known is left out.
func (r *Runner) costs() string {
	var parts []string
	if r.CPU > 0 {
		parts = append(parts, fmt.Sprintf("%.2f s of processor time a GiB", r.CPU))
	}
	if r.Serving > 0 {
		parts = append(parts, fmt.Sprintf("%.2f s to serve it", r.Serving))
	}
	if r.Resident > 0 {
		parts = append(parts, fmt.Sprintf("%d MiB at most", r.Resident>>20))
	}
	if len(parts) == 0 {
		return ""
	}
	return "  (" + strings.Join(parts, ", ") + ")"
}

func (r *Report) about(h Heat) string {
	mb := func(n int64) string { return fmt.Sprintf("%.0f MB", float64(n)/1e6) }
	rate := fmt.Sprintf("%.1f MB/s", float64(r.Rate)/1e6)
	switch h.Case {
	case Serve:
		return h.What + " of a file of " + mb(r.Size)
	case One:
		return mb(r.Size) + " from one source on loopback"
	case THEX:
		return mb(r.Size) + " from one source on loopback, by the tree it has"
	case Four:
		return fmt.Sprintf("%s from four sources of %s", mb(r.Many), rate)
	}
	return fmt.Sprintf("%s from four sources of %s, of which one dies half way and one falls to %.1f MB/s", mb(r.Many), rate, float64(r.Rate)/slowShare/1e6)
}
