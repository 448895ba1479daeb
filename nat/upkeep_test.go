package nat

import (
	"testing"
	"time"
)

// TestUpkeepMeter counts an hour, forgets what is older, and finds the budget spent until
// a quarter of it is free.
func TestUpkeepMeter(t *testing.T) {
	var m UpkeepMeter
	began := time.Unix(1_800_000_000, 0)
	pays := func(u Upkeep, n uint64) (sent UpkeepBytes) { sent[u] = n; return sent }
	for i, step := range []struct {
		at    time.Duration
		sent  UpkeepBytes
		held  uint64
		spent bool
	}{
		{0, pays(UpkeepLinks, 600_000), 600_000, false},
		{time.Minute, pays(UpkeepGroups, 5_000_000), 600_000, false},
		{30 * time.Minute, pays(UpkeepDials, MaxUpkeep-600_001), MaxUpkeep - 1, false},
		{31 * time.Minute, pays(UpkeepRelays, 1), MaxUpkeep, true},
		{59 * time.Minute, UpkeepBytes{}, MaxUpkeep, true},
		{60 * time.Minute, UpkeepBytes{}, MaxUpkeep - 600_000, false},
		{61 * time.Minute, pays(UpkeepSTUN, 700_000), MaxUpkeep + 100_000, true},
		{90 * time.Minute, pays(UpkeepPaths, 60_000), 760_001, true}, // not a quarter is free
		{91 * time.Minute, UpkeepBytes{}, 760_000, true},
		{121 * time.Minute, UpkeepBytes{}, 60_000, false},
		{300 * time.Minute, UpkeepBytes{}, 0, false},
		{300 * time.Minute, pays(UpkeepDatagrams, 7), 7, false},
		{299 * time.Minute, UpkeepBytes{}, 0, false}, // the clock was set back
	} {
		now := began.Add(step.at)
		m.Add(now, step.sent)
		sum := m.Hour(now)
		if held, spent := sum.Held(), m.Spent(now); held != step.held || spent != step.spent {
			t.Errorf("step %d: %d bytes, spent %v; want %d, %v", i, held, spent, step.held, step.spent)
		}
	}
	if UpkeepGroups.String() != "groups" || Upkeep(99).String() != "Upkeep(0x63)" {
		t.Error(UpkeepGroups, Upkeep(99))
	}
}
