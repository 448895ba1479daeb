package conform

import "filbert/overlay/wire"

var duplicateCases = []Case{
	{
		Name: "duplicate/again", Checks: "the same query twice arrives once", Source: "wire.md §10",
		run: func(t *trial) {
			a, b := t.pair()
			f := t.query(3, 0)
			t.relayed(a, b, f)
			t.stays(a, b, f)
		},
	},
	{
		Name: "duplicate/other-link", Checks: "a query that comes over another link as well is not sent back", Source: "wire.md §10",
		run: func(t *trial) {
			a, b := t.pair()
			f := t.query(3, 0)
			got := t.relayed(a, b, f)
			t.stays(b, a, got)
			b.wantNone("query again", same(f))
		},
	},
	{
		Name: "duplicate/altered", Checks: "the GUID alone makes a duplicate: other text under it is dropped", Source: "wire.md §10",
		run: func(t *trial) {
			a, b := t.pair()
			f := t.query(3, 0)
			t.relayed(a, b, f)
			other := t.query(3, 0)
			copy(other[:16], f[:16])
			t.stays(a, b, other)
		},
	},
	{
		Name: "duplicate/type", Checks: "a GUID seen on a ping does not make a query a duplicate", Source: "wire.md §10 (GUID, type)",
		run: func(t *trial) {
			a, b := t.pair()
			f := t.query(3, 0)
			a.send(wire.AppendFrame(nil, f.GUID(), 1, 0, &wire.Ping{}))
			a.want("a pong", isPong(f.GUID()))
			t.relayed(a, b, f)
		},
	},
}
