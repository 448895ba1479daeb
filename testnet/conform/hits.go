package conform

import (
	"fmt"
	"regexp"
	"strings"

	"filbert/overlay/wire"
	"filbert/overlay/wire/ggep"
)

// hit makes a hit of p's for a query that came to it.
func (t *trial) hit(p *peer, guid wire.GUID, ttl wire.TTL) wire.Frame {
	var sum [20]byte
	for i := range sum {
		sum[i] = byte(t.cfg.Rand.Uint32())
	}
	m := &wire.QueryHit{
		Addr: p.listen, Speed: 1000, Servent: p.guid,
		Records: []wire.Record{{
			Index: 1 + t.cfg.Rand.Uint32N(1000), Size: 12, Name: t.word() + ".txt", Ext: wire.AppendSHA1(nil, sum),
		}},
		Trailer: wire.NewTrailer(wire.VendorCode{'C', 'N', 'F', 'M'}, wire.HitUploaded),
	}
	return wire.AppendFrame(nil, guid, ttl, 0, m)
}

// readHit reads a hit that must be well formed.
func readHit(t *trial, f wire.Frame) *wire.QueryHit {
	m, err := wire.Parse(f.Type(), f.Payload())
	hit, ok := m.(*wire.QueryHit)
	t.check(err == nil && ok, "a well-formed query hit", "%x: %v", clipBytes(f.Payload()), err)
	return hit
}

func isHit(guid wire.GUID) func(wire.Frame) bool {
	return func(f wire.Frame) bool { return f.Type() == wire.TypeQueryHit && f.GUID() == guid }
}

// asks sends a query for a file of the servent's own and returns the link and
// the query. Servents take the same words with the same TTL and hops, and the
// same hash from one neighbor, for a repetition and drop it (gtk-gnutella
// search.c:8793): links, TTL and hops change with every query.
func (t *trial) asks(q *wire.Query) (*peer, wire.Frame) {
	a, b := t.pair()
	p := [...]*peer{a, b}[t.asked%2]
	way := [...]struct {
		ttl  wire.TTL
		hops wire.Hops
	}{{1, 0}, {1, 1}, {2, 1}, {2, 0}, {1, 2}, {3, 0}, {3, 1}, {2, 2}, {1, 3}}[t.asked%9]
	t.asked++
	f := t.ask(way.ttl, way.hops, q)
	p.send(f)
	return p, f
}

// searched asks for a file of the servent's own and returns its hit.
func searched(t *trial, q *wire.Query) (wire.Frame, *wire.QueryHit) {
	p, f := t.asks(q)
	got := p.want(fmt.Sprintf("a hit for %q", q.Text), isHit(f.GUID()))
	return got, readHit(t, got)
}

// unfound asks for what the servent must not answer.
func unfound(t *trial, q *wire.Query) {
	p, f := t.asks(q)
	p.wantNone(fmt.Sprintf("hit for %q", q.Text), isHit(f.GUID()))
}

// forWords is a query for some words, with extensions.
func forWords(words string, exts ...byte) *wire.Query {
	return &wire.Query{Flags: wire.FlagMark, Text: words, Ext: exts}
}

// forURN is a query for the named file by its hash.
func forURN(t *trial) *wire.Query {
	sum, _ := decodeSHA1(t.cfg.URN) // Config.Check read it
	return &wire.Query{Flags: wire.FlagMark, Text: `\`, Ext: wire.AppendSHA1(nil, sum)}
}

var sha1Form = regexp.MustCompile(`^urn:(sha1:[A-Z2-7]{32}|bitprint:[A-Z2-7]{32}\.[A-Z2-7]{39})$`)

// validRecord checks what every reader of a record relies on.
func validRecord(t *trial, r wire.Record) {
	t.check(r.Index != 0xffffffff, "an index other than ffffffff", "that")
	t.check(!strings.ContainsAny(r.Name, "/\r\n"), "a name without slash and line end", "%q", r.Name)
	for x := range wire.Extensions(r.Ext) {
		switch x.Kind {
		case wire.ExtURN:
			raw := string(x.Raw)
			known := strings.HasPrefix(raw, urnSHA1) || strings.HasPrefix(raw, "urn:bitprint:")
			t.check(!known || sha1Form.MatchString(raw), "urn:sha1: and 32 base32 digits", "%q", raw)
		case wire.ExtGGEP:
			_, n, err := ggep.Parse(x.Raw)
			t.check(err == nil && n == len(x.Raw), "a whole GGEP block", "%x: %v", clipBytes(x.Raw), err)
		case wire.ExtUnknown:
			t.failf("URNs, GGEP and XML behind a name", "%x", clipBytes(x.Raw))
		}
	}
}
