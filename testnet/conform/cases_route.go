package conform

import (
	"fmt"
	"slices"

	"filbert/overlay/wire"
	"filbert/query/keyword"
)

var routeCases = []Case{
	tableCase("route/table", "a leaf with a table of 4-bit entries gets the queries it matches and no others", func(*table) {}),
	tableCase("route/8-bit", "entries of 8 bits are read", func(own *table) { own.width = 8 }),
	tableCase("route/infinity-2", "presence is what counts: infinity 2 is as good as 7", func(own *table) { own.infinity = 2 }),
	tableCase("route/patches", "a change may be cut into several patches", func(own *table) { own.patches = 50 }),
	tableCase("route/zlib", "a change may be deflated, one stream across all patches", func(own *table) { own.zlib, own.patches = true, 3 }),
	{
		Name: "route/ttl-1", Checks: "a query of TTL 1 still goes to leaves that match", Source: "wire.md §3; search.md §4 applying tables",
		run: func(t *trial) {
			words := t.words(4)
			p, a := t.routed(newTable(tableBits, words...)), t.one()
			t.reaches(a, p, words)
			f := t.ask(1, 0, forWords(words[0]+" "+words[1]))
			a.send(f)
			p.want("a query of TTL 1 that the table matches", same(f))
		},
	},
	{
		Name: "route/both-words", Checks: "of two words both must be in the table", Source: "search.md §3 decision",
		run: func(t *trial) {
			words := t.words(4)
			p, a := t.routed(newTable(tableBits, words...)), t.one()
			t.reaches(a, p, words)
			t.spared(a, p, words[0]+" "+t.word(), words[1:])
			t.reaches(a, p, []string{words[2] + " " + words[3]})
		},
	},
	{
		Name: "route/incremental", Checks: "a later change without a RESET takes words away", Source: "search.md §4",
		run: func(t *trial) {
			words := t.words(4)
			gone, stay := newTable(tableBits, words[:1]...), words[1:]
			p, a := t.routed(newTable(tableBits, words...)), t.one()
			t.reaches(a, p, words)
			for _, m := range gone.change(false) {
				p.send(t.oneHop(m))
			}
			p.alive()
			t.pause(quietTime)
			t.spared(a, p, words[0], stay)
		},
	},
	{
		Name: "route/reset", Checks: "a RESET empties the table", Source: "search.md §4",
		run: func(t *trial) {
			before, after := t.words(3), t.words(3)
			p, a := t.routed(newTable(tableBits, before...)), t.one()
			t.reaches(a, p, before)
			t.route(p, newTable(tableBits-1, after...))
			p.alive()
			t.reaches(a, p, after)
			t.spared(a, p, before[0], after)
		},
	},
	badTable("route/no-reset", "a PATCH without a RESET is answered by BYE 413", func(t *trial, own *table) []wire.Message { return own.change(true) }),
	badTable("route/sequence", "a patch out of its order is answered by BYE 413", func(t *trial, own *table) []wire.Message {
		own.patches = 3
		c := own.change(true)
		return []wire.Message{own.reset(), c[0], c[2]}
	}),
	badTable("route/slots", "a table that is no power of two is answered by BYE 413", func(t *trial, own *table) []wire.Message {
		return []wire.Message{&wire.RouteReset{Slots: 1000, Infinity: 7}}
	}),
	{
		Name: "route/huge", Checks: "a table of 2^31 slots is refused by BYE 413 or not made, and harms nobody", Source: "search.md §4 size; THREATS T12",
		run: func(t *trial) {
			a, p := t.one(), t.leafLink()
			p.send(t.oneHop(&wire.RouteReset{Slots: 1 << 31, Infinity: 7}))
			p.wait(quietTime, func(f wire.Frame) bool { return f.Type() == wire.TypeBye })
			bye := p.farewell()
			t.check(bye == nil || bye.Code == wire.ByeRoute, "BYE 413 if any", "%s", p.end())
			a.alive()
		},
	},
	badTable("route/infinity-0", "an infinity of 0 is answered by BYE 413", func(t *trial, own *table) []wire.Message {
		own.infinity = 0
		return []wire.Message{own.reset()}
	}),
	badTable("route/too-much", "entries beyond the table are answered by BYE 413", func(t *trial, own *table) []wire.Message {
		all := own.change(true)
		last, _ := all[len(all)-1].(*wire.RoutePatch)
		last.Data = append(slices.Clone(last.Data), 0, 0, 0, 0)
		return append([]wire.Message{own.reset()}, all...)
	}),
	badTable("route/too-little", "a last patch that leaves slots out is answered by BYE 413", func(t *trial, own *table) []wire.Message {
		all := own.change(true)
		last, _ := all[len(all)-1].(*wire.RoutePatch)
		last.Data = last.Data[:len(last.Data)/2]
		return append([]wire.Message{own.reset()}, all...)
	}),
	{
		Name: "route/theirs", Checks: "an ultrapeer sends its own table to one that exchanges tables, with the words of its shared file",
		Source: "search.md §4 who sends what; wire.md §9",
		run: func(t *trial) {
			lacks := tableLacks(t)
			if lacks != "" { // a table may be made anew every few seconds only
				t.pause(tablePause)
				lacks = tableLacks(t)
			}
			t.check(lacks == "", fmt.Sprintf("%q in its table", lacks), "it is not")
		},
	},
	{
		Name: "route/last-hop", Checks: "on the last hop an ultrapeer with a table gets only the queries it matches", Source: "search.md §4 applying tables 3",
		run: func(t *trial) {
			t.needRelay()
			words := t.words(4)
			p, a := t.exchanging(), t.one()
			t.route(p, newTable(tableBits, words...))
			p.alive()
			t.pause(quietTime)
			miss, hit := t.ask(2, 0, forWords(t.word())), t.ask(2, 0, forWords(words[0]))
			a.send(miss, hit)
			p.want("a query of the last hop that its table matches", same(hit))
			_, came := p.find(same(miss))
			t.check(!came, "no query of the last hop that its table does not match", "one")
			far := t.ask(3, 0, forWords(t.word()))
			a.send(far)
			p.want("a query that goes on, whatever the table", same(far))
		},
	},
}

// tableLacks reads the servent's table on a link of its own and returns a word of
// its shared file that is not in it.
func tableLacks(t *trial) string {
	p := t.exchanging()
	defer p.leave(quietTime)
	got := readTable(t, p)
	for w := range keyword.Words(keyword.Normalize(t.cfg.Words)) {
		if len(w) >= minRouted && !got.has(w) {
			return w
		}
	}
	return ""
}

const minRouted = 3 // bytes of the shortest word that queries are routed by (gtk-gnutella qrp.c)

const tableBits = 16 // slots of our tables: 65536, the recommended size

// words makes some words that nobody has.
func (t *trial) words(n int) []string {
	var words []string
	for range n {
		words = append(words, t.word())
	}
	return words
}

// routed is a leaf that has sent its table.
func (t *trial) routed(own *table) *peer {
	p := t.leafLink()
	if _, ok := p.answer.get("X-Query-Routing"); !ok {
		t.notOffered("its headers have no X-Query-Routing")
	}
	t.route(p, own)
	p.alive()
	return p
}

// exchanging is an ultrapeer link on which both sides send tables.
func (t *trial) exchanging() *peer {
	p := t.link(t.ultrapeer("X-Ultrapeer-Query-Routing: 0.1"))
	if _, ok := p.answer.get("X-Ultrapeer-Query-Routing"); !ok {
		t.notOffered("its headers have no X-Ultrapeer-Query-Routing")
	}
	return p
}

// tableCase is a case of a leaf whose table has some form.
func tableCase(name, checks string, form func(own *table)) Case {
	return Case{Name: name, Checks: checks, Source: "wire.md §9; search.md §3, §4", run: func(t *trial) {
		words := t.words(6)
		own := newTable(tableBits, words...)
		form(own)
		p, a := t.routed(own), t.one()
		t.reaches(a, p, words)
		t.spared(a, p, t.word(), words)
	}}
}

// badTable is a case of a leaf whose QRP messages are wrong.
func badTable(name, checks string, messages func(t *trial, own *table) []wire.Message) Case {
	return Case{Name: name, Checks: checks, Source: "wire.md §9, §12; search.md §4 errors", run: func(t *trial) {
		p := t.leafLink()
		if _, ok := p.answer.get("X-Query-Routing"); !ok {
			t.notOffered("its headers have no X-Query-Routing")
		}
		for _, m := range messages(t, newTable(tableBits, t.word())) {
			p.send(t.oneHop(m))
		}
		endsWithBye(t, p, wire.ByeRoute)
	}}
}
