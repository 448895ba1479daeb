package bench

import (
	"fmt"
	"slices"
	"time"
)

// Case is one way of measuring a relay.
type Case string

// Cases.
const (
	// CasePlain loads ultrapeers as fast as they take it, against the bare loop.
	CasePlain Case = "plain"
	// CaseRate sends a fixed number of queries a second to both.
	CaseRate Case = "rate"
	// CaseLeaves adds leaves with route tables and deflate to the plain case.
	CaseLeaves Case = "leaves"
	// CaseIdle is the memory of a node with all the neighbors and leaves it takes,
	// which say nothing.
	CaseIdle Case = "idle"
	// CaseTables is that memory when every leaf sends the largest table there is.
	CaseTables Case = "tables"
)

// Cases are all of them, in the order in which they are measured.
func Cases() []Case { return []Case{CasePlain, CaseRate, CaseLeaves, CaseIdle, CaseTables} }

// DefaultCases are those that are measured unless others are asked for.
func DefaultCases() []Case { return []Case{CasePlain, CaseRate, CaseLeaves, CaseIdle} }

// RelayConfig says how relaying is measured. The zero value works.
type RelayConfig struct {
	Cases []Case // default DefaultCases

	Connections int // of ultrapeers to the relay, each a sender and a receiver; default 8
	Leaves      int // where there are leaves; default 300
	Neighbors   int // ultrapeers of the cases that measure memory; default 32

	// MessageBytes is the size of a whole message, header and payload; default
	// 100.
	MessageBytes int

	Duration time.Duration // of a run; default 3 s
	Runs     int           // of each relay, that count; one more goes before, as a warm-up; default 5

	// Window is how many messages of one sender may be on their way, that is,
	// not got by every other connection. The default is the greatest with which
	// filbert's queues cannot overflow; with more it may drop messages, which
	// are counted.
	Window int

	// Rate is the messages per second, of all senders together, of CaseRate;
	// default 50,000.
	Rate int

	// LightRate is the messages per second, of all senders together, by which
	// the latency without load is measured after each run, for as long as a run
	// but at most a second; default 1,000.
	LightRate int

	// Profile is a file for the CPU profile of a filbert relay over the runs that
	// count, "" = none. It takes a single case, one with runs.
	Profile string
}

func (c RelayConfig) withDefaults() RelayConfig {
	if len(c.Cases) == 0 {
		c.Cases = DefaultCases()
	}
	for _, d := range []struct {
		value *int
		to    int
	}{
		{&c.Connections, 8}, {&c.Leaves, maxLeaves}, {&c.Neighbors, maxConnections}, {&c.MessageBytes, 100},
		{&c.Runs, 5}, {&c.Rate, 50_000}, {&c.LightRate, 1000},
	} {
		if *d.value == 0 {
			*d.value = d.to
		}
	}
	if c.Duration == 0 {
		c.Duration = 3 * time.Second
	}
	if c.Window == 0 && c.Connections > 1 && c.MessageBytes > 0 {
		c.Window = max(linkQueue/((c.Connections-1)*c.MessageBytes), 1)
	}
	return c
}

// Check refuses what cannot be measured.
func (c RelayConfig) Check() error { return c.withDefaults().check() }

func (c RelayConfig) check() error {
	least := minSize
	for _, kind := range c.Cases {
		switch {
		case !slices.Contains(Cases(), kind):
			return fmt.Errorf("bench: case %q: want one of %v", kind, Cases())
		case kind == CaseLeaves:
			least = minGroupSize
		}
	}
	for _, v := range []struct {
		name           string
		value, low, up int
	}{
		{"connections", c.Connections, 2, maxConnections},
		{"leaves", c.Leaves, 1, maxLeaves},
		{"neighbors", c.Neighbors, 2, maxConnections},
		{"message size", c.MessageBytes, least, maxSize},
		{"runs", c.Runs, 1, maxRuns},
		{"window", c.Window, 1, maxWindow},
		{"rate", c.Rate, 1, maxRate},
		{"light rate", c.LightRate, 1, maxRate},
	} {
		if v.value < v.low || v.value > v.up {
			return fmt.Errorf("bench: %s %d: want %d to %d", v.name, v.value, v.low, v.up)
		}
	}
	switch {
	case c.Duration < 0:
		return fmt.Errorf("bench: duration %v: want more than 0", c.Duration)
	case c.Profile != "" && (len(c.Cases) != 1 || c.Cases[0] == CaseIdle || c.Cases[0] == CaseTables):
		return fmt.Errorf("bench: a profile is of one case with runs, not of %v", c.Cases)
	}
	return nil
}
