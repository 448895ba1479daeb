package nat

import (
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"
)

var epoch = time.Date(2026, 11, 27, 12, 0, 0, 0, time.UTC)

// walled is a peer that nobody can connect to, with all help there is.
func walled() Facts {
	return Facts{Peer: Peer{
		Servent: [16]byte{1}, Addr: netip.MustParseAddrPort("198.51.100.7:6346"), Push: true,
		Proxies: []netip.AddrPort{netip.MustParseAddrPort("203.0.113.1:6346")},
		Key:     [32]byte{2}, Relays: []netip.AddrPort{netip.MustParseAddrPort("203.0.113.2:6346"), netip.MustParseAddrPort("203.0.113.3:6346")},
	}, Own: Open, NoPunch: "no UDP"}
}

// words has push proxies of a peer pass on words about a path, while nobody can connect to us.
func words(f *Facts) { f.Own, f.PunchProxies, f.MayPunch = Closed, f.Proxies, true }

// ladder is the steps that are tried, as "push 0s, relay 3s".
func ladder(steps []Step) string {
	var tried []string
	for _, s := range steps {
		if s.Try {
			tried = append(tried, s.Rung.String()+" "+s.HeadStart.String())
		}
	}
	return strings.Join(tried, ", ")
}

// why is the reason of one rung.
func why(steps []Step, r Rung) string {
	i := slices.IndexFunc(steps, func(s Step) bool { return s.Rung == r })
	return steps[i].Why
}

// TestPlan has a ladder for each kind of peer and of ourselves.
func TestPlan(t *testing.T) {
	for name, test := range map[string]struct {
		change func(*Facts)
		past   Past
		want   string
		rung   Rung
		why    string
		best   Reach
	}{
		"open":               {func(f *Facts) { f.Push = false; f.Relays = nil }, Past{}, "direct-v4 0s", Push, "can be connected to", Reachable},
		"open, tells relays": {func(f *Facts) { f.Push = false }, Past{}, "direct-v4 0s, relay 500ms", Relay, "over 2 relays", Reachable},
		"push":               {func(f *Facts) { f.Relays = nil }, Past{}, "push 0s", Push, "through 1 push proxy", Helped},
		"push by its hits":   {func(f *Facts) { f.Proxies = nil }, Past{}, "push 0s, relay 3s", Push, "along the way", Helped},
		"a hole is open":     {func(f *Facts) { f.NoPunch = "" }, Past{}, "punch 0s, push 3s, relay 3s", Direct4, "nobody can connect", Helped},
		"we may be closed":   {func(f *Facts) { f.Own = Unproven }, Past{}, "push 0s, relay 3s", Push, "not known yet", Helped},
		"both closed":        {func(f *Facts) { f.Own = Closed }, Past{}, "relay 0s", Push, "it cannot call", Helped},
		"a TURN server":      {func(f *Facts) { f.NoPunch, f.Relayed = "", true }, Past{}, "punch 0s, push 3s, relay 3s", Punch, "over a TURN server", Helped},
		"both closed, punch": {func(f *Facts) { f.Own, f.NoPunch = Closed, "" }, Past{}, "punch 0s, relay 3s", Push, "it cannot call", Helped},
		"both closed, no help": {
			func(f *Facts) { f.Own, f.Relays = Closed, nil }, Past{}, "push 0s", Push, "nothing else is left", Unreachable,
		},
		"near":                  {func(f *Facts) { f.Own, f.Near = Closed, true }, Past{}, "direct-v4 0s, push 500ms, relay 3s", Direct4, "our own network", Reachable},
		"near, and we are open": {func(f *Facts) { f.Near = true }, Past{}, "push 0s, direct-v4 3s, relay 500ms", Direct4, "our own network", Reachable},
		"IPv6":                  {func(f *Facts) { f.Addr = netip.MustParseAddrPort("[2001:db8::7]:1") }, Past{}, "direct-v6 0s, push 250ms, relay 3s", Direct6, "no NAT", Reachable},
		"both families":         {func(f *Facts) { f.Push, f.Relays, f.IPv6 = false, nil, netip.MustParseAddr("2001:db8::7") }, Past{}, "direct-v6 0s, direct-v4 250ms", Direct6, "can be connected to", Reachable},
		"IPv6 beside a NAT":     {func(f *Facts) { f.IPv6 = netip.MustParseAddr("2001:db8::7") }, Past{}, "direct-v6 0s, push 250ms, relay 3s", Direct4, "nobody can connect", Reachable},
		"IPv6 failed": {
			func(f *Facts) { f.Push, f.Relays, f.IPv6 = false, nil, netip.MustParseAddr("2001:db8::7") }, Past{Direct6: {Direct6, epoch, false, "no route"}},
			"direct-v4 0s, direct-v6 500ms", Direct6, "no route", Reachable,
		},
		"not global": {func(f *Facts) { f.Addr = netip.MustParseAddrPort("[fd00::7]:1") }, Past{}, "push 0s, relay 3s", Direct6, "nobody can connect", Helped},
		"no family": {
			func(f *Facts) { f.Addr, f.NoIPv6 = netip.MustParseAddrPort("[2001:db8::7]:1"), true }, Past{}, "push 0s, relay 3s", Direct6, "no IPv6 address", Helped,
		},
		"no old family": {func(f *Facts) { f.Push, f.NoIPv4 = false, true }, Past{}, "relay 0s", Direct4, "no IPv4 address", Helped},
		"ourselves": {
			func(f *Facts) { f.Peer, f.NoIPv4 = Peer{Addr: netip.MustParseAddrPort("127.0.0.1:1")}, true }, Past{}, "direct-v4 0s", Push, "GUID is not known", Reachable,
		},
		"told by its address": {func(f *Facts) { f.Peer = Peer{Addr: f.Addr} }, Past{}, "direct-v4 0s", Direct4, "nothing speaks against it", Reachable},
		"no address":          {func(f *Facts) { f.Peer = Peer{} }, Past{}, "", Direct4, "no IPv4 address of it", Unreachable},
		"no port":             {func(f *Facts) { f.Peer = Peer{Addr: netip.MustParseAddrPort("198.51.100.7:0")} }, Past{}, "", Direct4, "no IPv4 address of it", Unreachable},
		"no key for relays":   {func(f *Facts) { f.Key = [32]byte{} }, Past{}, "push 0s", Relay, "no relay", Helped},

		"both closed, words":        {func(f *Facts) { words(f); f.Relays = nil }, Past{}, "punch 0s", Punch, "by words through 1 push proxy", Helped},
		"words beside a relay":      {func(f *Facts) { words(f) }, Past{}, "relay 0s, punch 3s", Punch, "by words through 1 push proxy", Helped},
		"words, and we are open":    {func(f *Facts) { words(f); f.Own, f.Relays = Open, nil }, Past{}, "push 0s, punch 3s", Punch, "by words", Helped},
		"words, and a path is open": {func(f *Facts) { words(f); f.NoPunch = "" }, Past{}, "punch 0s, relay 3s", Punch, "is open", Helped},
		"words worked beside a relay": {
			func(f *Facts) { words(f) }, Past{Punch: {Punch, epoch.Add(-time.Minute), true, ""}}, "relay 0s, punch 3s", Punch, "it worked 1m0s ago", Helped,
		},
		"words, as the relay failed": {
			func(f *Facts) { words(f) }, Past{Relay: {Relay, epoch.Add(-time.Minute), false, "full"}}, "punch 0s, relay 3s", Relay, "full", Helped,
		},
		"words of late, in vain": {
			func(f *Facts) { words(f); f.MayPunch, f.Relays = false, nil }, Past{Punch: {Punch, epoch, false, "silent"}},
			"push 0s", Punch, "no UDP; it failed 0s ago: silent", Unreachable,
		},

		"push failed": {
			func(f *Facts) { f.NoPunch = "" }, Past{Push: {Push, epoch.Add(-time.Minute), false, "late"}},
			"punch 0s, relay 3s, push 3s", Push, "it failed 1m0s ago: late", Helped,
		},
		"push failed long ago": {
			func(*Facts) {}, Past{Push: {Push, epoch.Add(-failedLifetime), false, "late"}}, "push 0s, relay 3s", Push, "push proxy", Helped,
		},
		"relay worked": {
			func(*Facts) {}, Past{Relay: {Relay, epoch.Add(-time.Minute), true, ""}}, "relay 0s, push 3s", Relay, "it worked 1m0s ago", Helped,
		},
		"relay worked long ago": {
			func(*Facts) {}, Past{Relay: {Relay, epoch.Add(-helpLifetime), true, ""}}, "push 0s, relay 3s", Relay, "over 2 relays", Helped,
		},
		"all failed": {
			func(*Facts) {}, Past{Push: {Push, epoch, false, "late"}, Relay: {Relay, epoch, false, "404"}}, "push 0s, relay 3s", Relay, "404", Unreachable,
		},
		"both closed, relay failed": {
			func(f *Facts) { f.Own = Closed }, Past{Relay: {Relay, epoch, false, "404"}}, "relay 0s", Push, "it cannot call", Unreachable,
		},
		"it called us though we are closed": {
			func(f *Facts) { f.Own = Closed }, Past{Push: {Push, epoch, true, ""}}, "push 0s, relay 3s", Push, "cannot call; it worked 0s ago", Helped,
		},
		"it was open a moment ago": {
			func(*Facts) {}, Past{Direct4: {Direct4, epoch, true, ""}}, "direct-v4 0s, push 500ms, relay 3s", Direct4, "connect to it; it worked 0s ago", Reachable,
		},
		"open, in vain": {
			func(f *Facts) { f.Push, f.Relays, f.Own = false, nil, Unproven }, Past{Direct4: {Direct4, epoch, false, "timeout"}},
			"direct-v4 0s, push 500ms", Push, "may be wrong", Unreachable,
		},
		"open, in vain, and we are closed": {
			func(f *Facts) { f.Push, f.Relays, f.Own = false, nil, Closed }, Past{Direct4: {Direct4, epoch, false, "timeout"}},
			"direct-v4 0s", Push, "can be connected to", Unreachable,
		},
	} {
		f := walled()
		test.change(&f)
		steps := Plan(epoch, &f, &test.past)
		if got := ladder(steps); got != test.want {
			t.Errorf("%s: %s, want %s", name, got, test.want)
		}
		if got := why(steps, test.rung); !strings.Contains(got, test.why) {
			t.Errorf("%s: %v because %q, want %q", name, test.rung, got, test.why)
		}
		if got := Best(steps); got != test.best {
			t.Errorf("%s: %v, want %v", name, got, test.best)
		}
		if len(steps) != int(rungs) || steps[0].HeadStart != 0 {
			t.Errorf("%s: %+v", name, steps)
		}
	}
}
