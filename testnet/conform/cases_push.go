package conform

import (
	"fmt"
	"regexp"

	"filbert/overlay/wire"
	"filbert/overlay/wire/ggep"
)

var pushCases = []Case{
	{
		Name: "push/to-hit", Checks: "a push goes the way a hit of its servent came, unchanged, with one TTL less and one hop more", Source: "wire.md §10 PUSH",
		run: func(t *trial) {
			a, b := t.pair()
			q := t.relayed(a, b, t.query(3, 0))
			h := t.hit(b, q.GUID(), 6)
			servent := t.guid()
			copy(h[len(h)-16:], servent[:])
			h.SetTTL(6, 1) // of a servent behind b
			t.relayed(b, a, h)
			got := t.relayed(a, b, t.push(a, servent, 4))
			t.check(got.TTL() == 3 && got.Hops() == 1, "TTL 3, hops 1", "%s", describe(got))
		},
	},
	{
		Name: "push/to-neighbor", Checks: "a push for a neighbor goes to it", Source: "wire.md §10 PUSH",
		run: func(t *trial) { a, b := t.pair(); t.relayed(a, b, t.push(a, b.guid, 4)) },
	},
	{
		Name: "push/unknown", Checks: "a push for a servent that nobody has heard of is dropped", Source: "wire.md §10 PUSH",
		run: func(t *trial) { a, b := t.pair(); t.stays(a, b, t.push(a, t.guid(), 4)) },
	},
	{
		Name: "push/again", Checks: "the same push twice arrives once", Source: "wire.md §10",
		run: func(t *trial) {
			a, b := t.pair()
			f := t.push(a, b.guid, 4)
			t.relayed(a, b, f)
			t.stays(a, b, f)
		},
	},
	{
		Name: "push/back", Checks: "a push is not sent back to its sender", Source: "wire.md §10 PUSH",
		run: func(t *trial) {
			a, _ := t.pair()
			f := t.push(a, a.guid, 4)
			a.send(f)
			a.wantNone("push back to its sender", same(f))
		},
	},
	{
		Name: "push/to-itself", Checks: "a push for the servent itself makes it call and say GIV index:GUID/name", Source: "wire.md §5 PUSH; bootstrap.md §7",
		run: func(t *trial) {
			guid, err := wire.ParseGUID(t.needs("GUID"))
			t.check(err == nil, "a GUID in its headers", "%v", err)
			l := t.listen()
			p := t.one()
			m := &wire.Push{Servent: guid, Addr: l.addr}
			if l.addr.Addr().Is6() {
				m.Ext = ggep.AppendPlain(nil, wire.IPv6(l.addr.Addr()))
			}
			p.send(wire.AppendFrame(nil, t.guid(), 2, 0, m))
			c, ok := l.accept()
			if !ok {
				t.notOffered("no call came, and none is owed by a servent that can be connected to")
			}
			b := c.block("GIV and an empty line")
			t.check(givForm.MatchString(b.first), fmt.Sprintf("GIV index:%v/name", guid), "%q", b.first)
			told, err := wire.ParseGUID(givForm.FindStringSubmatch(b.first)[2])
			t.check(err == nil && told == guid, fmt.Sprintf("GIV index:%v/name", guid), "%q", b.first)
		},
	},
}

var givForm = regexp.MustCompile(`^GIV ([0-9]+):([0-9A-Fa-f]{32})/(.*)$`)

// push makes a push that asks a servent to call p.
func (t *trial) push(p *peer, servent wire.GUID, ttl wire.TTL) wire.Frame {
	return wire.AppendFrame(nil, t.guid(), ttl, 0, &wire.Push{Servent: servent, Index: 1, Addr: p.listen})
}
