package node

import (
	"net/netip"
	"testing"
	"time"
)

// TestLook looks at the addresses of a machine that stays, goes away and comes back.
func TestLook(t *testing.T) {
	prefixes := func(list ...string) (own []netip.Prefix) {
		for _, p := range list {
			own = append(own, netip.MustParsePrefix(p))
		}
		return own
	}
	const wifi, other, bridge, six, sameSix, linkLocal = "192.168.1.5/24", "10.0.0.7/8", "172.17.0.1/16", "2001:db8:1::5/64", "2001:db8:1::77/64", "fe80::1/64"
	type step struct {
		own   []netip.Prefix
		slept time.Duration
		want  change
	}
	for name, steps := range map[string][]step{
		"stays":                       {{prefixes(wifi, six), 0, stays}, {prefixes(wifi, sameSix, six), 0, stays}, {prefixes(wifi, sameSix), time.Second, stays}},
		"another address":             {{prefixes(wifi), 0, stays}, {prefixes(other), 0, elsewhere}, {prefixes(other), 0, stays}},
		"another one in use":          {{prefixes(wifi, bridge), 0, stays}, {prefixes(other, bridge), 0, elsewhere}},
		"another one of no use":       {{prefixes(wifi, other), 0, stays}, {prefixes(wifi), 0, doubtful}},
		"one more":                    {{prefixes(wifi), 0, stays}, {prefixes(wifi, six), 0, doubtful}},
		"nothing of a network":        {{prefixes(wifi), 0, stays}, {prefixes(wifi, linkLocal, "127.0.0.1/8", "::1/128"), 0, stays}},
		"away for a moment":           {{prefixes(wifi), 0, stays}, {nil, 0, stays}, {prefixes(wifi), 0, doubtful}, {prefixes(wifi), 0, stays}},
		"away for long":               {{prefixes(wifi), 0, stays}, {nil, 0, stays}, {nil, 0, stays}, {nil, 0, stays}, {nil, 0, stays}, {prefixes(wifi), 0, elsewhere}},
		"begins without any":          {{nil, 0, stays}, {nil, 0, stays}, {prefixes(wifi), 0, stays}},
		"slept for a moment":          {{prefixes(wifi), 0, stays}, {prefixes(wifi), shortAway, doubtful}},
		"slept for long":              {{prefixes(wifi), 0, stays}, {prefixes(wifi), longAway, elsewhere}, {prefixes(wifi), 0, stays}},
		"slept, and wakes unattached": {{prefixes(wifi), 0, stays}, {nil, longAway, stays}, {prefixes(wifi), 0, elsewhere}},
		"the clock was set back":      {{prefixes(wifi), 0, stays}, {prefixes(wifi), -time.Hour, stays}},
	} {
		t.Run(name, func(t *testing.T) {
			var w whereabouts
			now := time.Unix(1e9, 0)
			for i, s := range steps {
				now = now.Add(10 * time.Second)
				used := func(a netip.Addr) bool { return a == netip.MustParsePrefix(wifi).Addr() }
				if got := w.look(now, s.slept, s.own, used); got != s.want {
					t.Errorf("look %d: %v, want %v", i, got, s.want)
				}
			}
		})
	}
}
