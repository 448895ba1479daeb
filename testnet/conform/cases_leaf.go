package conform

import (
	"fmt"
	"strings"

	"filbert/overlay/wire"
)

var leafCases = []Case{
	{
		Name: "leaf/accepted", Checks: "an ultrapeer takes a leaf and answers its pings", Source: "handshake.md §5",
		run: func(t *trial) { t.leafLink().alive() },
	},
	{
		Name: "leaf/no-table", Checks: "a leaf without a table gets no queries", Source: "wire.md §9; gtk-gnutella.md QRP",
		run: func(t *trial) {
			p := t.leafLink()
			a, b := t.pair()
			f := t.query(3, 0)
			a.send(f)
			t.flow(a, b)
			p.wantNone("query", func(f wire.Frame) bool { return f.Type() == wire.TypeQuery })
		},
	},
	{
		Name: "leaf/query", Checks: "the query of a leaf reaches other ultrapeers", Source: "wire.md §3, §11",
		run: func(t *trial) {
			p := t.leafLink()
			_, b := t.pair()
			p.alive()
			f := t.query(3, 0)
			p.send(f)
			got := b.wantWithin(leafQueryLimit, "the leaf's query, by its GUID or its text", func(got wire.Frame) bool {
				return got.Type() == wire.TypeQuery && (got.GUID() == f.GUID() || text(got) == text(f))
			})
			t.check(got.Hops() >= 1 && got.TTL() >= 1, "hops of at least 1", "%s", describe(got))
		},
	},
	{
		Name: "leaf/hit", Checks: "a hit for the query of a leaf comes to the leaf", Source: "wire.md §10 HIT",
		run: func(t *trial) {
			p := t.leafLink()
			_, b := t.pair()
			p.alive()
			f := t.query(3, 0)
			p.send(f)
			got := b.wantWithin(leafQueryLimit, "the leaf's query", func(got wire.Frame) bool { return got.Type() == wire.TypeQuery && text(got) == text(f) })
			b.send(t.hit(b, got.GUID(), 6))
			p.want("the hit", isHit(f.GUID()))
		},
	},
	{
		Name: "leaf/no-flood", Checks: "pushes and hits that are not for the leaf do not come to it", Source: "wire.md §10",
		run: func(t *trial) {
			p := t.leafLink()
			a, b := t.pair()
			q := t.relayed(a, b, t.query(3, 0))
			t.relayed(b, a, t.hit(b, q.GUID(), 6))
			t.relayed(a, b, t.push(a, b.guid, 4))
			p.wantNone("hit or push", func(f wire.Frame) bool { return f.Type() == wire.TypeQueryHit || f.Type() == wire.TypePush })
		},
	},
	{
		Name: "leaf/relays", Checks: "a leaf that sends what has made a hop is sent away with BYE 414", Source: "wire.md §3, §12; gtk-gnutella.md Staying connected",
		run: func(t *trial) {
			p := t.leafLink()
			p.alive()
			p.send(t.query(3, 1))
			endsWithBye(t, p, wire.ByeLeafRelayed)
		},
	},
	{
		Name: "leaf/guidance", Checks: "a leaf is not asked to become something else by a header of another form", Source: "handshake.md §5",
		run: func(t *trial) {
			p := t.leafLink()
			v, ok := p.answer.get("X-Ultrapeer-Needed")
			t.check(!ok || boolForm.MatchString(v), "True or False", "%q", v)
			role, _ := p.answer.get("X-Ultrapeer")
			t.check(strings.EqualFold(role, "True"), "X-Ultrapeer: True to a leaf", "%q", role)
		},
	},
}

// leafLink is a link of ours as leaf, if the servent has leaves.
func (t *trial) leafLink(headers ...string) *peer {
	p, answer := t.shake(t.dial(), t.leaf(headers...))
	if p == nil {
		t.notOffered("it refuses leaves: %s", answer.first)
	}
	return p
}

// endsWithBye checks that the link ends by a BYE of the code.
func endsWithBye(t *trial, p *peer, code uint16) {
	want := fmt.Sprintf("the end of the link with BYE %d", code)
	bye := p.wantEnd(want)
	t.check(bye != nil && bye.Code == code, want, "%s", p.end())
}

// text is that of a query, "" if there is none.
func text(f wire.Frame) string {
	_, text, _, err := wire.QueryText(f.Payload())
	if err != nil {
		return ""
	}
	return string(text)
}
