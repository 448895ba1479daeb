package bench

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"math"
	"net"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"
)

// TestRelay runs the whole of it, briefly: relays are this program once more.
func TestRelay(t *testing.T) {
	profile := filepath.Join(t.TempDir(), "cpu.pprof")
	var told []string
	cfg := RelayConfig{Cases: []Case{CasePlain}, Duration: 200 * time.Millisecond, Runs: 2, Profile: profile}
	all, err := Relay(t.Context(), cfg, func(line string) { told = append(told, line) })
	if err != nil {
		t.Fatal(err)
	}
	r := all.Plain
	if r == nil || all.Rate != nil || all.Leaves != nil || all.Idle != nil || all.Tables != nil {
		t.Fatalf("the report has other cases than the plain one: %+v", all)
	}
	for name, s := range map[string]*RelaySide{"bare": &r.Bare, "free": &r.Free, "filbert": &r.Filbert} {
		if !s.Exact() || s.Stalls != 0 || s.Copies == 0 || s.Copies%7 != 0 {
			t.Errorf("%s: %d copies, lost %d, repeated %d, altered %d, stalls %d", name, s.Copies, s.Lost, s.Repeated, s.Altered, s.Stalls)
		}
		if s.AllocsPerCopy.Max >= 0.01 {
			t.Errorf("%s: %.4f allocations per copy", name, s.AllocsPerCopy.Max)
		}
		for what, v := range map[string]float64{
			"speed": s.CopiesPerSecond.Min, "processor time": s.CPU.Median, "processor time of the load": s.LoadCPU.Median,
			"latency": s.Latency.P50, "latency of the light load": s.LightLatency.P50,
		} {
			if v <= 0 || math.IsInf(v, 0) || math.IsNaN(v) {
				t.Errorf("%s: %s is %v", name, what, v)
			}
		}
		if l := s.Latency; l.P50 > l.P99 || l.P99 > l.Max {
			t.Errorf("%s: latencies %+v are out of order", name, l)
		}
	}
	if got, want := len(told), 3*(1+2); got != want {
		t.Errorf("%d lines of progress, want %d:\n%s", got, want, strings.Join(told, "\n"))
	}
	if len(r.Ratio.Each) != 2 || len(r.FreeRatio.Each) != 2 || r.Held != (r.FreeRatio.Median >= r.Target) {
		t.Errorf("ratios %+v and %+v, target %v, held %v", r.Ratio, r.FreeRatio, r.Target, r.Held)
	}
	if info, err := os.Stat(profile); err != nil || info.Size() == 0 {
		t.Errorf("no profile: %v", err)
	}

	reads(t, &all, "filbert to bare", "copies/s", "p50/p99", "target: at least 0.2")
}

// reads checks that a report fits the screen and says some things, and that it
// is the same as JSON.
func reads(t *testing.T, r *Report, say ...string) {
	t.Helper()
	var table bytes.Buffer
	if err := r.Table(&table); err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(table.String()) {
		if len(line) > 1+96 {
			t.Errorf("a line of the table is too wide: %s", line)
		}
	}
	for _, want := range say {
		if !strings.Contains(table.String(), want) {
			t.Errorf("the table does not say %q:\n%s", want, &table)
		}
	}
	data, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	var again Report
	if err := json.Unmarshal(data, &again); err != nil || !reflect.DeepEqual(again, *r) {
		t.Errorf("the report as JSON reads differently: %v", err)
	}
}

// TestRelayIsStopped ends a measurement at the first word it says.
func TestRelayIsStopped(t *testing.T) {
	for _, kind := range Cases() {
		ctx, cancel := context.WithCancel(t.Context())
		cfg := RelayConfig{Cases: []Case{kind}, Duration: 20 * time.Millisecond, Leaves: 4, Neighbors: 2}
		_, err := Relay(ctx, cfg, func(string) { cancel() })
		if cancel(); !errors.Is(err, context.Canceled) {
			t.Errorf("case %s ended with %v", kind, err)
		}
	}
}

func TestRelayConfig(t *testing.T) {
	if c := (RelayConfig{}).withDefaults(); c.Connections != 8 || c.MessageBytes != 100 || c.Window != 140 || c.check() != nil {
		t.Errorf("the defaults are %+v, %v", c, c.check())
	}
	for _, test := range []struct {
		cfg RelayConfig
		say string // "" = good
	}{
		{RelayConfig{Connections: 1}, "connections"},
		{RelayConfig{Connections: 2}, ""},
		{RelayConfig{Connections: maxConnections}, ""},
		{RelayConfig{Connections: maxConnections + 1}, "connections"},
		{RelayConfig{MessageBytes: minSize - 1, Cases: []Case{CasePlain}}, "message size"},
		{RelayConfig{MessageBytes: minSize, Cases: []Case{CasePlain}}, ""},
		{RelayConfig{MessageBytes: maxSize}, ""},
		{RelayConfig{MessageBytes: maxSize + 1}, "message size"},
		{RelayConfig{MessageBytes: -1}, "message size"},
		{RelayConfig{Window: maxWindow}, ""},
		{RelayConfig{Window: maxWindow + 1}, "window"},
		{RelayConfig{Window: -1}, "window"},
		{RelayConfig{MessageBytes: minGroupSize - 1}, "message size"},
		{RelayConfig{MessageBytes: minGroupSize}, ""},
		{RelayConfig{Leaves: maxLeaves}, ""},
		{RelayConfig{Leaves: maxLeaves + 1}, "leaves"},
		{RelayConfig{Neighbors: 1}, "neighbors"},
		{RelayConfig{Rate: maxRate + 1}, "rate"},
		{RelayConfig{Cases: Cases()}, ""},
		{RelayConfig{Cases: []Case{"fancy"}}, `"fancy"`},
		{RelayConfig{Profile: "cpu"}, "profile"},
		{RelayConfig{Profile: "cpu", Cases: []Case{CaseTables}}, "profile"},
		{RelayConfig{Profile: "cpu", Cases: []Case{CaseLeaves}}, ""},
		{RelayConfig{Runs: maxRuns}, ""},
		{RelayConfig{Runs: maxRuns + 1}, "runs"},
		{RelayConfig{LightRate: maxRate + 1}, "light rate"},
		{RelayConfig{Duration: -1}, "duration"},
	} {
		err := test.cfg.withDefaults().check()
		if test.say == "" && err != nil || test.say != "" && (err == nil || !strings.Contains(err.Error(), test.say)) {
			t.Errorf("%+v: %v, want word of %q", test.cfg, err, test.say)
		}
	}
}

// TestRelayTarget talks to a relay of each kind as its parent does.
func TestRelayTarget(t *testing.T) {
	for _, kind := range []string{kindBare, kindFilbert} {
		t.Run(kind, func(t *testing.T) {
			in, requests := io.Pipe()
			answers, out := io.Pipe()
			var work sync.WaitGroup
			work.Go(func() {
				defer out.Close()
				if err := RelayTarget(t.Context(), kind, in, out); err != nil {
					t.Errorf("ended with %v", err)
				}
			})
			defer work.Wait()
			defer requests.Close()
			lines := json.NewDecoder(answers)
			var h hello
			if err := lines.Decode(&h); err != nil {
				t.Fatal(err)
			}
			conn, err := net.Dial("tcp", h.Addr.String())
			if err != nil {
				t.Fatal(err)
			}
			conn.Close()
			var first, second counters
			for _, c := range []*counters{&first, &second} {
				io.WriteString(requests, requestMark+"\n")
				if err := lines.Decode(c); err != nil {
					t.Fatal(err)
				}
			}
			if used := second.since(first); used.CPU < 0 || used.Allocs > first.Allocs || first.Allocs == 0 || second.Resident < 1<<20 || second.Error != "" {
				t.Errorf("marks %+v and %+v make no sense", first, second)
			}
		})
	}
}

func TestRelayTargetRefuses(t *testing.T) {
	for _, test := range []struct{ name, kind, in, say string }{
		{"an unknown kind", "perl", "", `"perl"`},
		{"an unknown request", kindBare, "mark\ndance\n", `"dance"`},
		{"a profile that cannot be", kindBare, "profile " + t.TempDir() + "\n", "profile"},
	} {
		err := RelayTarget(t.Context(), test.kind, strings.NewReader(test.in), io.Discard)
		if err == nil || !strings.Contains(err.Error(), test.say) {
			t.Errorf("%s: %v, want word of %s", test.name, err, test.say)
		}
	}
}

// TestRelayTargetTells of a relay that ended.
func TestRelayTargetTells(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	var out bytes.Buffer
	if err := RelayTarget(ctx, kindBare, strings.NewReader("mark\n"), &out); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(out.String(), `"error":"context canceled"`) {
		t.Errorf("a mark of a relay that ended says %s", &out)
	}
}

// TestProcessTells what a relay said before it ended.
func TestProcessTells(t *testing.T) {
	if p, err := startProcess(t.Context(), "perl"); err == nil || !strings.Contains(err.Error(), "relay of kind") {
		t.Errorf("a relay of no kind: %v, %v", p, err)
	}
}

func BenchmarkRelay(b *testing.B) {
	r, err := Relay(b.Context(), RelayConfig{Cases: []Case{CasePlain}, Duration: time.Second, Runs: 1}, nil)
	if err != nil {
		b.Fatal(err)
	}
	b.ReportMetric(r.Plain.Filbert.CopiesPerSecond.Median, "copies/s")
	b.ReportMetric(r.Plain.FreeRatio.Median, "of-bare")
}
