package limit

import (
	"strings"
	"testing"
	"time"
)

func TestSchedule(t *testing.T) {
	var s Schedule
	for _, text := range []string{"mon-fri 08:00-18:00 100 500", "fri-mon 22:00-06:00 0 0", "wed 00:00-24:00 7 8", "daily 12:00-12:01 1 1"} {
		r, err := ParseRule(text)
		if err != nil {
			t.Fatal(err)
		}
		s = append(s, r)
	}
	for at, want := range map[string]int64{ // KiB/s up, -1: no rule
		"Mon 07:59:59": -1, "Mon 08:00:00": 100, "Mon 17:59:59": 100, "Mon 18:00:00": -1,
		"Fri 22:00:00": 0, "Sat 05:59:59": 0, "Sat 06:00:00": -1, "Tue 05:59:59": 0, "Tue 22:00:00": -1, "Thu 23:00:00": -1,
		"Wed 00:00:00": 7, "Wed 09:00:00": 100, "Wed 23:59:59": 7, "Thu 00:00:00": -1,
		"Sun 12:00:59": 1, "Sun 12:01:00": -1, "Fri 12:00:00": 100,
	} {
		name, clock, _ := strings.Cut(at, " ")
		when, err := time.Parse(time.DateTime, "2001-01-0"+map[string]string{"Mon": "1", "Tue": "2", "Wed": "3", "Thu": "4", "Fri": "5", "Sat": "6", "Sun": "7"}[name]+" "+clock)
		if err != nil {
			t.Fatal(err)
		}
		r, ok := s.At(when)
		if !ok {
			r.Up = -1
		}
		if r.Up != want {
			t.Errorf("%s: %d, want %d", at, r.Up, want)
		}
	}
}

func TestParseRuleRefuses(t *testing.T) {
	for _, text := range []string{
		"", "daily", "daily 08:00-18:00 1", "daily 08:00-18:00 1 2 3", "mo 08:00-18:00 1 2", "mon- 08:00-18:00 1 2", "mon-fri-sat 08:00-18:00 1 2",
		"daily 8-18 1 2", "daily 08:00 1 2", "daily 08:00-25:00 1 2", "daily 08:00-08:00 1 2", "daily 24:00-08:00 1 2",
		"daily 08:00-18:00 -1 2", "daily 08:00-18:00 1 x", "daily 08:00-18:00 1 99999999999",
	} {
		if r, err := ParseRule(text); err == nil || !strings.Contains(err.Error(), "mon-fri 08:00-18:00") {
			t.Errorf("%q: %+v, %v", text, r, err)
		}
	}
}
