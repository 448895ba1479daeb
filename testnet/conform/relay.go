package conform

import (
	"bytes"
	"fmt"
	"strings"

	"filbert/overlay/wire"
)

// query makes a query for a word that nobody has.
func (t *trial) query(ttl wire.TTL, hops wire.Hops) wire.Frame {
	return t.ask(ttl, hops, &wire.Query{Flags: wire.FlagMark, Text: "conform " + t.word()})
}

// ask makes a frame of a query.
func (t *trial) ask(ttl wire.TTL, hops wire.Hops, q *wire.Query) wire.Frame {
	f := wire.Frame(wire.AppendFrame(nil, t.guid(), ttl, hops, q))
	f.SetTTL(ttl, hops)
	return f
}

// same matches the frame again, or what became of it on its way.
func same(f wire.Frame) func(wire.Frame) bool {
	return func(got wire.Frame) bool { return got.Type() == f.Type() && got.GUID() == f.GUID() }
}

// needRelay ends the case unless the servent relays.
func (t *trial) needRelay() {
	if role, _ := t.answer.get("X-Ultrapeer"); strings.EqualFold(role, "False") {
		t.notOffered("it is a leaf, which relays nothing")
	}
}

// carries checks that messages come through both links, from one to the other if
// the servent relays.
func (t *trial) carries(from, to *peer) {
	from.alive()
	to.alive()
	if role, _ := t.answer.get("X-Ultrapeer"); strings.EqualFold(role, "True") {
		t.relayed(from, to, t.query(3, 0))
	}
}

// passes sends f on one link and reports what comes of it on the other before a
// query that was sent later.
func (t *trial) passes(from, to *peer, f wire.Frame) (wire.Frame, bool) {
	t.needRelay()
	from.send(f)
	t.flow(from, to)
	return to.find(same(f))
}

// flow sends a query that must pass and waits for it: what was to pass before
// it has passed.
func (t *trial) flow(from, to *peer) {
	t.needRelay()
	sentinel := t.query(3, 1)
	from.send(sentinel)
	to.want("a query relayed from another link", same(sentinel))
}

// relayed checks that f arrives unchanged but for TTL and hops, and returns it
// as it arrives.
func (t *trial) relayed(from, to *peer, f wire.Frame) wire.Frame {
	t.needRelay()
	from.send(f)
	got := to.want(fmt.Sprintf("%s relayed", describe(f)), same(f))
	if !bytes.Equal(got.Payload(), f.Payload()) {
		want, is := apart(f.Payload(), got.Payload())
		t.fail("the payload as it was sent: "+want, is)
	}
	return got
}

// stays checks that f goes no further.
func (t *trial) stays(from, to *peer, f wire.Frame) {
	if got, ok := t.passes(from, to, f); ok {
		t.failf(fmt.Sprintf("%s to go no further", describe(f)), "%s on another link", describe(got))
	}
}

// apart shows two payloads from where they differ.
func apart(a, b []byte) (string, string) {
	at := 0
	for at < min(len(a), len(b)) && a[at] == b[at] {
		at++
	}
	show := func(p []byte) string {
		return fmt.Sprintf("%x at byte %d of %d", clipBytes(p[at:]), at, len(p))
	}
	return show(a), show(b)
}

func clipBytes(b []byte) []byte { return b[:min(len(b), 64)] }

// oneHop makes a frame of a message that goes to the neighbor only.
func (t *trial) oneHop(m wire.Message) wire.Frame {
	return wire.AppendFrame(nil, wire.GUID{}, 1, 0, m)
}
