package bench

import (
	"fmt"
	"time"
)

// RelayConfig says how relaying is measured. The zero value works.
type RelayConfig struct {
	Connections int // to the relay, each a sender and a receiver; default 8

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

	// LightRate is the messages per second, of all senders together, by which
	// the latency without load is measured after each run, for as long as a run
	// but at most a second; default 1,000.
	LightRate int

	// Profile is a file for the CPU profile of the filbert relay over the runs
	// that count, "" = none.
	Profile string
}

func (c RelayConfig) withDefaults() RelayConfig {
	if c.Connections == 0 {
		c.Connections = 8
	}
	if c.MessageBytes == 0 {
		c.MessageBytes = 100
	}
	if c.Duration == 0 {
		c.Duration = 3 * time.Second
	}
	if c.Runs == 0 {
		c.Runs = 5
	}
	if c.Window == 0 && c.Connections > 1 && c.MessageBytes > 0 {
		c.Window = max(linkQueue/((c.Connections-1)*c.MessageBytes), 1)
	}
	if c.LightRate == 0 {
		c.LightRate = 1000
	}
	return c
}

// Check refuses what cannot be measured.
func (c RelayConfig) Check() error { return c.withDefaults().check() }

func (c RelayConfig) check() error {
	for _, v := range []struct {
		name           string
		value, low, up int
	}{
		{"connections", c.Connections, 2, maxConnections},
		{"message size", c.MessageBytes, minSize, maxSize},
		{"runs", c.Runs, 1, maxRuns},
		{"window", c.Window, 1, maxWindow},
		{"light rate", c.LightRate, 1, maxRate},
	} {
		if v.value < v.low || v.value > v.up {
			return fmt.Errorf("bench: %s %d: want %d to %d", v.name, v.value, v.low, v.up)
		}
	}
	if c.Duration < 0 {
		return fmt.Errorf("bench: duration %v: want more than 0", c.Duration)
	}
	return nil
}
