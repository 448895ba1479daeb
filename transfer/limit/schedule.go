package limit

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Rule is other rates for some hours of some days of the week.
type Rule struct {
	days     [7]bool       // by time.Weekday, that its hours begin on
	from, to time.Duration // since midnight; to is the next day's if it is not after from
	Up, Down int64         // KiB per second; 0 is no limit
}

// errRule is the form of a rule.
var errRule = errors.New(`give days, hours, and KiB per second up and down, as "mon-fri 08:00-18:00 100 500" (0 is no limit)`)

var weekdays = [7]string{"sun", "mon", "tue", "wed", "thu", "fri", "sat"}

// ParseRule reads a rule: "daily", a day or days ("fri", "sat-sun"), hours of the
// local clock ("22:00-06:00" go past midnight, "00:00-24:00" is all day), and the two
// rates. The error says what is wrong and, after a colon, what to do.
func ParseRule(text string) (r Rule, err error) {
	fields := strings.Fields(text)
	if len(fields) != 4 {
		return r, fmt.Errorf("%q is no rule: %w", text, errRule)
	}
	if r.days, err = parseDays(fields[0]); err != nil {
		return r, err
	}
	from, to, _ := strings.Cut(fields[1], "-")
	if r.from, err = parseHour(from); err != nil {
		return r, err
	}
	if r.to, err = parseHour(to); err != nil {
		return r, err
	}
	if r.from == r.to || r.from == day {
		return r, fmt.Errorf("%q are no hours: %w", fields[1], errRule)
	}
	for i, rate := range []*int64{&r.Up, &r.Down} {
		kib, err := strconv.ParseInt(fields[2+i], 10, 64)
		if err != nil || kib < 0 || kib > maxRuleRate {
			return r, fmt.Errorf("%q is no rate from 0 to %d: %w", fields[2+i], maxRuleRate, errRule)
		}
		*rate = kib
	}
	return r, nil
}

func parseDays(text string) (days [7]bool, err error) {
	text = strings.ToLower(text)
	if text == "daily" {
		text = "sun-sat"
	}
	first, last, ok := strings.Cut(text, "-")
	if !ok {
		last = first
	}
	from, to := weekday(first), weekday(last)
	if from < 0 || to < 0 {
		return days, fmt.Errorf("%q are no days: %w", text, errRule)
	}
	for d := from; ; d = (d + 1) % 7 {
		days[d] = true
		if d == to {
			return days, nil
		}
	}
}

func weekday(name string) int {
	for i, d := range weekdays {
		if d == name {
			return i
		}
	}
	return -1
}

func parseHour(text string) (time.Duration, error) {
	if text == "24:00" {
		return day, nil
	}
	t, err := time.Parse("15:04", text)
	if err != nil {
		return 0, fmt.Errorf("%q is no time of day: %w", text, errRule)
	}
	return time.Duration(t.Hour())*time.Hour + time.Duration(t.Minute())*time.Minute, nil
}

// Schedule is rules; the first that holds counts.
type Schedule []Rule

// At is the rule that holds at a time, by the clock of its zone; ok is false if none
// does.
func (s Schedule) At(t time.Time) (rule Rule, ok bool) {
	clock := time.Duration(t.Hour())*time.Hour + time.Duration(t.Minute())*time.Minute + time.Duration(t.Second())*time.Second
	today := t.Weekday()
	yesterday := (today + 6) % 7
	for _, r := range s {
		switch overnight := r.to <= r.from; {
		case !overnight && r.days[today] && r.from <= clock && clock < r.to,
			overnight && r.days[today] && r.from <= clock,
			overnight && r.days[yesterday] && clock < r.to:
			return r, true
		}
	}
	return Rule{}, false
}
