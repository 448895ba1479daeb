package cli

import (
	"bytes"
	"math"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"filbert/node/api"
)

// TestWords holds the small texts of tables against what people should read.
func TestWords(t *testing.T) {
	now := time.Now()
	for _, tt := range []struct{ got, want string }{
		{span(0), "0s"},
		{span(-time.Second), "0s"},
		{span(999 * time.Millisecond), "0s"},
		{span(59 * time.Second), "59s"},
		{span(time.Minute), "1m"},
		{span(61 * time.Second), "1m1s"},
		{span(30 * time.Minute), "30m"},
		{span(90 * time.Second), "1m30s"},
		{span(24 * time.Hour), "1d"},
		{span(10 * time.Minute), "10m"},
		{span(time.Hour), "1h"},
		{span(time.Hour + 10*time.Minute), "1h10m"},
		{span(20*time.Hour + 59*time.Second), "20h"},
		{span(49*time.Hour + 59*time.Minute), "2d1h"},
		{percent(0, 0), "100%"},
		{percent(0, 7), "0%"},
		{percent(999, 1000), "99%"}, // not complete before it is
		{percent(7, 7), "100%"},
		{percent(math.MaxInt64/100, math.MaxInt64/100), "100%"},
		{plural(0, "file"), "0 files"},
		{plural(1, "file"), "1 file"},
		{plural(2, "file"), "2 files"},
		{speed(0), "-"},
		{speed(9_999), "9999 kbit"},
		{speed(10_000), "10 Mbit"},
		{rate(1536), "1.5 KiB/s"},
		{counters(nil), "-"},
		{counters(map[string]uint64{"b": 2, "a": 2, "c": math.MaxUint64, "d": 1}), "18446744073709551615 c, 2 a, 2 b, 1 d"},
		{clip("blue", 4), "blue"},
		{clip("bluer", 4), "blu…"},
		{clip("blåbær", 5), "blåb…"},
		{valueText([]string{"a", "b"}), "a, b"},
		{valueText(7), "7"},
		{sources(api.Result{URN: "u", Sources: make([]api.Source, 2)}), "2"},
		{sources(api.Result{Busy: true, Sources: make([]api.Source, 1)}), "1 busy ?"},
		{remark(api.Download{State: "complete", Path: "/there"}, now), "/there"},
		{remark(api.Download{State: "complete", Path: "/there", Hook: "running"}, now), "/there (on-complete is running)"},
		{remark(api.Download{State: "complete", Path: "/there", Hook: "failed", HookErr: "why"}, now), "/there (on-complete failed: why)"},
		{remark(api.Download{State: "failed", Error: "why"}, now), "why"},
		{remark(api.Download{State: "downloading", Source: "9.1.1.1:7000"}, now), "from 9.1.1.1:7000"},
		{remark(api.Download{State: "downloading", Source: "9.1.1.1:7000", Peers: []api.Fetched{{Name: "9.2.1.1:7000", State: "fetching"}, {State: "idle"}}}, now), "from 9.2.1.1:7000"},
		{remark(api.Download{State: "downloading", Peers: []api.Fetched{{State: "fetching"}, {State: "fetching"}}}, now), "from 2 sources"},
		{remark(api.Download{State: "cancelled", Until: now.Add(time.Hour)}, now), "-"},
		{remark(api.Download{State: "waiting"}, now), "-"},
		{remark(api.Download{State: "waiting", Reason: "busy", Until: now.Add(90 * time.Second)}, now), "busy (again in 1m30s)"},
	} {
		if tt.got != tt.want {
			t.Errorf("%q, want %q", tt.got, tt.want)
		}
	}
}

func TestParseSize(t *testing.T) {
	for _, tt := range []struct {
		text string
		want int64
		ok   bool
	}{
		{"", 0, true},
		{"0", 0, true},
		{"700", 700, true},
		{"700k", 700 << 10, true},
		{"10M", 10 << 20, true},
		{"1.5G", 3 << 29, true},
		{"2 TiB", 2 << 40, true},
		{"1kb", 1024, true},
		{"1B", 1, true},
		{"ten", 0, false},
		{"-1", 0, false},
		{"1X", 0, false},
		{"1kk", 0, false},
		{"M", 0, false},
		{"1e3", 1000, true},
		{"9e30", 0, false},
		{"inf", 0, false},
		{"nan", 0, false},
		{"8388608T", 0, false}, // 2^63
		{"8388607T", 8388607 << 40, true},
	} {
		got, err := parseSize("min-size", tt.text)
		if got != tt.want || (err == nil) != tt.ok {
			t.Errorf("%q: %d, %v; want %d", tt.text, got, err, tt.want)
		}
		if err != nil && (ExitCode(err) != exitUsage || !strings.Contains(err.Error(), "--min-size")) {
			t.Errorf("%q: %v", tt.text, err)
		}
	}
}

// TestDisputes names the results that have one hash and different trees, also those
// that were told before their rivals.
func TestDisputes(t *testing.T) {
	rows, all := newRows(&bytes.Buffer{}), &collected{}
	for _, r := range []api.Result{{Number: 1, URN: "a"}, {Number: 2, URN: "b"}, {Number: 3, URN: "a", Contested: true}, {Number: 4}, {Number: 5}} {
		r.Sources = []api.Source{{Addr: "9.1.1.1:7000"}}
		rows.add(r)
		all.add(r)
	}
	rows.end()
	if got := rows.disputes(); !slices.Equal(got, []string{"1 3"}) {
		t.Errorf("disputes: %q", got)
	}
	for _, r := range all.list() {
		if r.Contested != (r.URN == "a") {
			t.Errorf("listed as %+v", r)
		}
	}
}

// TestRows shows each result once, a moment after it was found, with the
// sources that answered in that moment.
func TestRows(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		result := func(number, sources int) api.Result {
			return api.Result{Number: number, Name: "blue sky.ogg", Size: 1536, URN: "u", Speed: 1000, Sources: slices.Repeat([]api.Source{{Addr: "9.1.1.1:7000"}}, sources)}
		}
		var out bytes.Buffer
		s := newRows(&out)
		shown := func() string {
			s.mu.Lock()
			defer s.mu.Unlock()
			return out.String()
		}
		s.add(result(1, 1))
		time.Sleep(gather / 2)
		s.add(result(1, 2))
		s.add(result(2, 1))
		if early := shown(); early != "" {
			t.Errorf("shown at once:\n%s", early)
		}
		time.Sleep(gather)
		synctest.Wait()
		first := shown()
		want := "    N        SIZE  SOURCES      SPEED  NAME / HOST\n" +
			"    1     1.5 KiB        2  1000 kbit  blue sky.ogg  (9.1.1.1:7000)\n" +
			"    2     1.5 KiB        1  1000 kbit  blue sky.ogg  (9.1.1.1:7000)\n"
		if first != want {
			t.Errorf("shown:\n%s\nwant:\n%s", first, want)
		}
		s.add(result(1, 3)) // has its row
		s.add(result(3, 1))
		s.end()
		if rest := strings.TrimPrefix(shown(), first); strings.Count(rest, "\n") != 1 || !strings.HasPrefix(rest, "    3 ") {
			t.Errorf("then shown:\n%s", rest)
		}
	})
}
