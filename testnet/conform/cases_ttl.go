package conform

import (
	"fmt"
	"strconv"

	"filbert/overlay/wire"
)

var ttlCases = []Case{
	{
		Name: "ttl/relayed", Checks: "a query arrives at another ultrapeer unchanged, with one TTL less and one hop more", Source: "wire.md §3",
		run: func(t *trial) {
			a, b := t.pair()
			got := t.relayed(a, b, t.query(3, 0))
			t.check(got.TTL() == 2 && got.Hops() == 1, "TTL 2, hops 1", "%s", describe(got))
		},
	},
	{
		Name: "ttl/back", Checks: "a query goes to other links only, not back to its sender", Source: "wire.md §3 relay targets",
		run: func(t *trial) {
			a, b := t.pair()
			f := t.query(3, 0)
			t.relayed(a, b, f)
			a.wantNone("query back to its sender", same(f))
		},
	},
	{
		Name: "ttl/both-ways", Checks: "queries pass in either direction", Source: "wire.md §3",
		run: func(t *trial) {
			a, b := t.pair()
			t.relayed(a, b, t.query(3, 1))
			t.relayed(b, a, t.query(3, 1))
		},
	},
	{
		Name: "ttl/last-hop", Checks: "a query of TTL 2 arrives with TTL 1", Source: "wire.md §3",
		run: func(t *trial) {
			a, b := t.pair()
			got := t.relayed(a, b, t.query(2, 0))
			t.check(got.TTL() == 1 && got.Hops() == 1, "TTL 1, hops 1", "%s", describe(got))
		},
	},
	{
		Name: "ttl/1", Checks: "a query of TTL 1 is not relayed", Source: "wire.md §3",
		run: func(t *trial) { a, b := t.pair(); t.stays(a, b, t.query(1, 0)) },
	},
	{
		Name: "ttl/0", Checks: "a query of TTL 0 is dropped", Source: "wire.md §3",
		run: func(t *trial) { a, b := t.pair(); t.stays(a, b, t.query(0, 1)) },
	},
	{
		Name: "ttl/hops-255", Checks: "a query of hops 255 is dropped", Source: "wire.md §3",
		run: func(t *trial) { a, b := t.pair(); t.stays(a, b, t.query(3, 255)) },
	},
	{
		Name: "ttl/clamped", Checks: "TTL and hops of what is relayed stay within its X-Max-TTL", Source: "wire.md §3 max_ttl",
		run: func(t *trial) {
			most := maxTTL(t)
			a, b := t.pair()
			got := t.relayed(a, b, t.query(10, 0))
			t.check(got.Hops() == 1 && int(got.TTL()) <= most-1, fmt.Sprintf("hops 1, TTL at most %d", most-1), "%s", describe(got))
			got = t.relayed(a, b, t.query(7, 1))
			t.check(got.Hops() == 2 && int(got.TTL()) <= most-2, fmt.Sprintf("hops 2, TTL at most %d", most-2), "%s", describe(got))
		},
	},
	{
		Name: "ttl/far", Checks: "a query that has come as far as X-Max-TTL goes no further, whatever its TTL", Source: "wire.md §3 max_ttl",
		run: func(t *trial) {
			most := maxTTL(t)
			a, b := t.pair()
			t.stays(a, b, t.query(3, wire.Hops(most)))
		},
	},
	{
		Name: "ttl/above-15", Checks: "a query whose TTL and hops exceed 15 is not relayed", Source: "wire.md §3 hard_ttl_limit",
		run: func(t *trial) { a, b := t.pair(); t.stays(a, b, t.query(hardTTL, 1)) },
	},
	{
		Name: "ttl/bye-high", Checks: "who keeps sending queries of too high TTL from nearby is sent away with BYE 403, or they are just dropped",
		Source: "wire.md §3, §12",
		run: func(t *trial) {
			_, b := t.pair()
			p := t.link(t.ultrapeer())
			for range 15 {
				p.send(t.query(20, 1))
			}
			p.wait(quietTime, func(f wire.Frame) bool { return f.Type() == wire.TypeBye })
			bye := p.farewell()
			t.check(bye == nil || bye.Code == wire.ByeHighTTL, "BYE 403 if any", "%s", p.end())
			b.alive()
		},
	},
}

// maxTTL is the most TTL and hops together that the servent says it relays.
func maxTTL(t *trial) int {
	v := t.needs("X-Max-TTL")
	n, err := strconv.Atoi(v)
	t.check(err == nil && n >= 1, "a number in X-Max-TTL", "%q", v)
	return n
}
