package race

import (
	"errors"
	"os"
	"strings"
	"testing"
	"time"

	"filbert/testnet/process"
)

// TestRace runs every case small and once: each program fetches the file, and
// nothing is left behind.
func TestRace(t *testing.T) {
	if testing.Short() {
		t.Skip("builds filbert and starts it")
	}
	program, err := process.Build(t.Context(), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	cfg := Config{Program: program, Dir: t.TempDir(), Size: 3 << 20, Many: 3 << 20, Rate: 2 << 20, Runs: 1, Timeout: 2 * time.Minute}
	report, err := Run(t.Context(), cfg, func(line string) { t.Log(line) })
	if err != nil {
		t.Fatal(err)
	}
	if os.Getenv("FILBERT_REQUIRE_ALL") == "1" && len(report.Absent) > 0 {
		t.Errorf("not installed: %v", report.Absent)
	}
	if len(report.Heats) != len(Cases())+2 { // Serve has three
		t.Fatalf("%d heats", len(report.Heats))
	}
	rivals := map[Case]int{One: 2, Four: 1, Fail: 1, Serve: 1, THEX: 1}
	for _, h := range report.Heats {
		if len(report.Absent) == 0 && len(h.Runners) != 1+rivals[h.Case] {
			t.Errorf("%s: %+v", h.Case, h.Runners)
		}
		for _, r := range h.Runners {
			if len(r.Seconds) != 1 || r.Median <= 0 || r.Ratio <= 0 {
				t.Errorf("%s: %+v", h.Case, r)
			}
		}
	}
	var table strings.Builder
	if err := report.Table(&table); err != nil || !strings.Contains(table.String(), "filbert, verified as it comes") {
		t.Errorf("%v\n%s", err, table.String())
	}
	if left, err := os.ReadDir(cfg.Dir); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

// TestCheck: what cannot be measured is refused before anything is made.
func TestCheck(t *testing.T) {
	good := Config{Size: 3 << 20, Many: 3 << 20, Rate: 2 << 20, Runs: 1, Timeout: time.Minute}
	if err := good.Check(); err != nil {
		t.Error(err)
	}
	for name, change := range map[string]func(*Config){
		"size": func(c *Config) { c.Size = 1 }, "many": func(c *Config) { c.Many = 1 << 60 },
		"rate": func(c *Config) { c.Rate = 0 }, "runs": func(c *Config) { c.Runs = 0 },
	} {
		bad := good
		if change(&bad); !errors.Is(bad.Check(), errConfig) || !strings.Contains(bad.Check().Error(), name) {
			t.Errorf("%s: %v", name, bad.Check())
		}
	}
	good.Cases = []Case{"two"}
	if err := good.Check(); err == nil || !strings.Contains(err.Error(), `"two"`) {
		t.Errorf("case two: %v", err)
	}
}
