package nat

import (
	"fmt"
	"time"
)

// Upkeep is what a node sends bytes for while nobody asks it anything.
type Upkeep uint8

// The kinds. Those up to UpkeepPaths are held to a budget; groups are what the user asked
// for, and are counted beside it.
const (
	UpkeepLinks     Upkeep = iota // between neighbors: pings, pongs, route tables and what they agree on
	UpkeepDials                   // to become neighbors
	UpkeepDatagrams               // pings and pongs by UDP
	UpkeepSTUN                    // questions and answers, by which address somebody is seen
	UpkeepRelays                  // reservations
	UpkeepPaths                   // that carry nothing now
	UpkeepGroups                  // who of the members is there
	upkeeps
)

var upkeepNames = [...]string{
	UpkeepLinks: "links", UpkeepDials: "dials", UpkeepDatagrams: "datagrams", UpkeepSTUN: "stun", UpkeepRelays: "relays",
	UpkeepPaths: "paths", UpkeepGroups: "groups",
}

func (u Upkeep) String() string {
	if u < upkeeps {
		return upkeepNames[u]
	}
	return fmt.Sprintf("Upkeep(%#x)", uint8(u))
}

// UpkeepBytes is bytes by what they were sent for.
type UpkeepBytes [upkeeps]uint64

// Held is the sum of what is held to the budget.
func (b *UpkeepBytes) Held() (sum uint64) {
	for _, n := range b[:UpkeepGroups] {
		sum += n
	}
	return sum
}

// UpkeepMeter counts what was sent in the hour behind us. Methods take the time as now. It
// is not safe for concurrent use.
type UpkeepMeter struct {
	minutes [upkeepMinutes]UpkeepBytes
	last    int64 // the minute that was counted in last, since 1970
	spent   bool
}

// Add counts what was sent since the last call.
func (m *UpkeepMeter) Add(now time.Time, sent UpkeepBytes) {
	m.turn(now)
	slot := &m.minutes[m.last%upkeepMinutes]
	for u, n := range sent {
		slot[u] += n
	}
}

// Hour is what was sent in the last hour.
func (m *UpkeepMeter) Hour(now time.Time) (sum UpkeepBytes) {
	m.turn(now)
	for i := range m.minutes {
		for u, n := range m.minutes[i] {
			sum[u] += n
		}
	}
	return sum
}

// Spent reports whether the budget of the hour is used up. It is so until a quarter of it
// is free again.
func (m *UpkeepMeter) Spent(now time.Time) bool {
	sum := m.Hour(now)
	held := sum.Held()
	m.spent = held >= MaxUpkeep || m.spent && held > MaxUpkeep-MaxUpkeep/4
	return m.spent
}

// turn forgets the minutes that are more than an hour ago, all of them if the clock was set
// back.
func (m *UpkeepMeter) turn(now time.Time) {
	minute := now.Unix() / 60
	switch gone := minute - m.last; {
	case gone < 0, gone >= upkeepMinutes:
		clear(m.minutes[:])
	default:
		for i := m.last + 1; i <= minute; i++ {
			m.minutes[i%upkeepMinutes] = UpkeepBytes{}
		}
	}
	m.last = minute
}
