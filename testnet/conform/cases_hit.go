package conform

import (
	"bytes"

	"filbert/overlay/wire"
)

var hitCases = []Case{
	{
		Name: "hit/back", Checks: "a hit goes back to the link its query came from, unchanged, with one TTL less and one hop more",
		Source: "wire.md §10 HIT; search.md §6",
		run: func(t *trial) {
			a, b := t.pair()
			q := t.relayed(a, b, t.query(3, 0))
			got := t.relayed(b, a, t.hit(b, q.GUID(), 6))
			t.check(got.Hops() == 1 && got.TTL() == 5, "TTL 5, hops 1", "%s", describe(got))
		},
	},
	{
		Name: "hit/many", Checks: "all hits for a query go back", Source: "wire.md §10 HIT",
		run: func(t *trial) {
			a, b := t.pair()
			q := t.relayed(a, b, t.query(3, 0))
			for range 5 {
				t.relayed(b, a, t.hit(b, q.GUID(), 6))
			}
		},
	},
	{
		Name: "hit/other-links", Checks: "a hit goes nowhere but back", Source: "wire.md §10 HIT",
		run: func(t *trial) {
			a, b := t.pair()
			third := t.link(t.ultrapeer())
			third.alive()
			q := t.relayed(a, b, t.query(3, 0))
			h := t.hit(b, q.GUID(), 6)
			t.relayed(b, a, h)
			third.wantNone("hit on a third link", same(h))
		},
	},
	{
		Name: "hit/unknown", Checks: "a hit for a query that never passed is dropped", Source: "wire.md §10 HIT",
		run: func(t *trial) { a, b := t.pair(); t.stays(b, a, t.hit(b, t.guid(), 6)) },
	},
	{
		Name: "hit/ended", Checks: "a hit of TTL 1 goes no further", Source: "wire.md §10 HIT",
		run: func(t *trial) {
			a, b := t.pair()
			q := t.relayed(a, b, t.query(3, 0))
			t.stays(b, a, t.hit(b, q.GUID(), 1))
		},
	},
	{
		Name: "hit/high-ttl", Checks: "a hit of high TTL still goes back, its TTL cut", Source: "wire.md §10 HIT: above 16 trimmed",
		run: func(t *trial) {
			a, b := t.pair()
			q := t.relayed(a, b, t.query(3, 0))
			got := t.relayed(b, a, t.hit(b, q.GUID(), 40))
			t.check(got.TTL() <= hardTTL+1, "TTL of at most 16", "%s", describe(got))
		},
	},
	{
		Name: "hit/blank-servent", Checks: "a hit with a blank servent GUID is dropped", Source: "wire.md §4; gtk-gnutella.md Queries and hits",
		run: func(t *trial) {
			a, b := t.pair()
			q := t.relayed(a, b, t.query(3, 0))
			h := t.hit(b, q.GUID(), 6)
			copy(h[len(h)-16:], bytes.Repeat([]byte{0}, 16))
			t.stays(b, a, h)
		},
	},
	{
		Name: "hit/empty", Checks: "a hit without records is dropped", Source: "wire.md §8 drops",
		run: func(t *trial) {
			a, b := t.pair()
			q := t.relayed(a, b, t.query(3, 0))
			h := t.hit(b, q.GUID(), 6)
			h[wire.HeaderLen] = 0
			t.stays(b, a, h)
		},
	},
}
