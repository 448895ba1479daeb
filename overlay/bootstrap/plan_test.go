package bootstrap

import (
	"fmt"
	"testing"
	"time"
)

var epoch = time.Date(2025, 6, 1, 12, 0, 0, 0, time.UTC)

// TestPlan plays standings against expectations, a second at a time.
func TestPlan(t *testing.T) {
	type span struct {
		seconds, links, known int
		want                  string // "second kind" of each round; a round takes a second
	}
	for name, test := range map[string]struct {
		has   []Kind
		spans []span
	}{
		"nothing to ask":     {nil, []span{{600, 0, 0, ""}}},
		"the order of kinds": {[]Kind{LAN, HostCache, WebCache}, []span{{40, 0, 0, "0 local network; 5 UDP host caches; 16 local network; 30 web caches; 32 local network; 36 UDP host caches; "}}},
		"host caches only":   {[]Kind{HostCache}, []span{{100, 0, 0, "5 UDP host caches; 36 UDP host caches; 67 UDP host caches; 98 UDP host caches; "}}},
		"web caches only":    {[]Kind{WebCache}, []span{{200, 0, 0, "30 web caches; 151 web caches; "}}},
		"a link in time":     {[]Kind{HostCache, WebCache}, []span{{4, 0, 0, ""}, {60, 1, 1, ""}, {700, 1, 1, "64 UDP host caches; 65 web caches; 665 UDP host caches; 666 web caches; "}}},
		"enough":             {[]Kind{LAN, HostCache, WebCache}, []span{{1, 2, 20, ""}, {700, 2, 20, ""}}},
		"links, few hosts":   {[]Kind{HostCache}, []span{{100, 2, 19, "60 UDP host caches; "}}},
		"hosts, one link":    {[]Kind{HostCache}, []span{{100, 1, 500, "60 UDP host caches; "}}},
		"lonely again":       {[]Kind{HostCache}, []span{{10, 2, 20, ""}, {10, 0, 20, "15 UDP host caches; "}, {10, 2, 20, ""}, {30, 0, 20, "46 UDP host caches; "}}},
	} {
		p := NewPlan(test.has...)
		second := 0
		for i, span := range test.spans {
			got := ""
			for range span.seconds {
				now := epoch.Add(time.Duration(second) * time.Second)
				if k, ok := p.Next(now, span.links, span.known); ok {
					got += fmt.Sprint(second, " ", k, "; ")
					if _, second := p.Next(now, span.links, span.known); second {
						t.Errorf("%s: two rounds at once", name)
					}
					p.Ended(now.Add(time.Second), k)
				}
				second++
			}
			if got != span.want {
				t.Errorf("%s, span %d: %q, want %q", name, i, got, span.want)
			}
		}
	}
}

func TestPlanBearsClocks(t *testing.T) {
	p := NewPlan(HostCache)
	p.Next(epoch, 0, 0)
	k, ok := p.Next(epoch.Add(hostCacheDelay), 0, 0)
	if !ok {
		t.Fatal("does not ask")
	}
	p.Ended(epoch.Add(hostCacheDelay), k)
	back := epoch.Add(-365 * 24 * time.Hour)
	p.Next(back, 0, 0)
	if _, ok := p.Next(back.Add(hostCacheDelay), 0, 0); !ok {
		t.Error("does not ask after the clock went back")
	}
}

func TestKindString(t *testing.T) {
	if got := fmt.Sprint(LAN, Kind(9)); got != "local network Kind(9)" {
		t.Error(got)
	}
}
