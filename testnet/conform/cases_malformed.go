package conform

import (
	"bytes"
	"fmt"
	"slices"
	"strings"

	"filbert/overlay/wire"
	"filbert/overlay/wire/ggep"
)

var malformedCases = []Case{
	rudeCase("malformed/first-line", "a connection that begins with noise is closed", "bootstrap.md §7; THREATS T16", func(t *trial) []byte {
		return append(append([]byte("x"), noise(t, 600)...), '\n') // a first byte above ASCII may begin TLS
	}),
	rudeCase("malformed/nul", "a connection that begins with NULs is closed", "bootstrap.md §7", func(t *trial) []byte {
		return make([]byte, 4096)
	}),
	rudeCase("malformed/no-protocol", "a first line of another protocol is closed", "bootstrap.md §7", func(t *trial) []byte {
		return []byte("EHLO example.org\r\n\r\n")
	}),
	rudeCase("malformed/header", "a HELLO whose header is none is refused or closed", "handshake.md §1", func(t *trial) []byte {
		return []byte("GNUTELLA CONNECT/0.6\r\n\x01\x02\x03 no colon here\r\n\x00\xff: x\r\n\r\n")
	}),
	{
		Name: "malformed/header-flood", Checks: "a header line without end is given up", Source: "handshake.md §1; THREATS T16",
		run: func(t *trial) {
			a := t.one()
			c := t.dial()
			c.write([]byte("GNUTELLA CONNECT/0.6\r\nX-Conform: "))
			for range 64 {
				c.write(bytes.Repeat([]byte("x"), 16<<10))
			}
			c.ends(halfOpenLimit)
			a.alive()
		},
	},
	{
		Name: "malformed/noise", Checks: "noise on a link ends it or is skipped", Source: "wire.md §12; THREATS T19",
		run: func(t *trial) {
			a := t.one()
			for range 5 {
				p := t.link(t.ultrapeer())
				p.emit(noise(t, 64<<10))
				a.alive()
				p.leave(quietTime)
			}
		},
	},
	{
		Name: "malformed/cut", Checks: "a link that ends in the middle of a message is an end like another", Source: "wire.md §12",
		run: func(t *trial) {
			a := t.one()
			p := t.link(t.ultrapeer())
			p.emit(t.query(3, 0)[:30])
			p.c.raw.Close()
			a.alive()
		},
	},
	{
		Name: "malformed/dribble", Checks: "a message that comes byte by byte is taken", Source: "wire.md §1",
		run: func(t *trial) {
			t.needRelay()
			a, b := t.pair()
			f := t.query(3, 0)
			for i := range f {
				a.emit(f[i : i+1])
			}
			b.want("the query", same(f))
		},
	},
	skipCase("malformed/unknown-type", "messages of types that nobody knows are skipped", "wire.md §1", func(t *trial) []wire.Frame {
		var all []wire.Frame
		for _, kind := range []wire.Type{0x03, 0x10, 0x33, 0x42, 0x77, 0x90, 0xff} {
			all = append(all, wire.AppendFrame(nil, t.guid(), 3, 0, &wire.Opaque{Kind: kind, Payload: noise(t, 50)}))
		}
		return all
	}),
	skipCase("malformed/query-nul", "a query whose text has no end is dropped", "wire.md §6", func(t *trial) []wire.Frame {
		return []wire.Frame{opaque(t, wire.TypeQuery, []byte("\x80\x00conform without end"))}
	}),
	skipCase("malformed/query-short", "queries too short to ask anything are dropped", "wire.md §2, §6", func(t *trial) []wire.Frame {
		return []wire.Frame{opaque(t, wire.TypeQuery, nil), opaque(t, wire.TypeQuery, []byte{0x80}), opaque(t, wire.TypeQuery, []byte{0x80, 0, 0})}
	}),
	skipCase("malformed/query-utf8", "a query that is no UTF-8 is dropped", "wire.md §6", func(t *trial) []wire.Frame {
		return []wire.Frame{t.ask(3, 0, forWords("conform \xff\xfe\xc0\x80 "+t.word()))}
	}),
	skipCase("malformed/query-long", "a query above 256 bytes is dropped", "wire.md §2", func(t *trial) []wire.Frame {
		return []wire.Frame{t.ask(3, 0, forWords(strings.Repeat("conform ", 40)))}
	}),
	{
		Name: "malformed/query-ggep", Checks: "a query with broken GGEP harms nobody: the block is ignored or the query dropped", Source: "wire.md §7",
		run: func(t *trial) {
			a, _ := t.pair()
			for _, block := range brokenGGEP() {
				a.send(t.ask(3, 0, forWords(t.word(), block...)))
			}
			a.alive()
		},
	},
	{
		Name: "malformed/ping-ggep", Checks: "a ping with broken GGEP harms nobody", Source: "wire.md §2, §7",
		run: func(t *trial) {
			a := t.one()
			for _, block := range brokenGGEP() {
				a.send(ping(t.guid(), 1, block))
			}
			a.alive()
		},
	},
	{
		Name: "malformed/ggep-bomb", Checks: "GGEP that inflates to much harms nobody", Source: "wire.md §7; THREATS T18",
		run: func(t *trial) {
			a, b := t.pair()
			z := ggep.Extension{ID: "SCP", Data: ggep.EncodeCOBS(nil, bomb(1<<20)), COBS: true, Deflated: true}
			a.send(ping(t.guid(), 1, ggep.Append(nil, z)))
			z.ID, z.Data = "M", ggep.EncodeCOBS(nil, bomb(1 << 20)[:150])
			a.send(t.ask(3, 0, &wire.Query{Flags: wire.FlagMark, Text: t.word(), Ext: ggep.Append(nil, z)}))
			a.alive()
			b.alive()
		},
	},
	{
		Name: "malformed/pong", Checks: "pongs that are short, name nobody or tell nonsense harm nobody and are told to nobody", Source: "wire.md §2, §5",
		run: func(t *trial) {
			a, _ := t.pair()
			a.send(opaque(t, wire.TypePong, []byte{1, 2, 3}), opaque(t, wire.TypePong, make([]byte, 14)), opaque(t, wire.TypePong, bytes.Repeat([]byte{0xff}, 60)))
			a.alive()
		},
	},
	{
		Name: "malformed/hit", Checks: "hits that lie about their records are dropped", Source: "wire.md §8 drops, §12",
		run: func(t *trial) {
			a, b := t.pair()
			q := t.relayed(a, b, t.query(3, 0))
			whole := t.hit(b, q.GUID(), 6)
			count, nul, cut := slices.Clone(whole), slices.Clone(whole), slices.Clone(whole)
			count[wire.HeaderLen] = 255
			for i := range nul[wire.HeaderLen+11:] { // one run of what is no NUL
				nul[wire.HeaderLen+11+i] |= 1
			}
			cut = wire.AppendFrame(nil, q.GUID(), 6, 0, &wire.Opaque{Kind: wire.TypeQueryHit, Payload: cut.Payload()[:20]})
			for _, h := range []wire.Frame{count, nul, cut} {
				t.stays(b, a, h)
			}
			t.relayed(b, a, whole)
			b.alive()
		},
	},
	{
		Name: "malformed/push", Checks: "pushes that are short or name no address harm nobody", Source: "wire.md §5",
		run: func(t *trial) {
			a, b := t.pair()
			a.send(opaque(t, wire.TypePush, b.guid[:]), opaque(t, wire.TypePush, append(bytes.Clone(b.guid[:]), make([]byte, 10)...)))
			a.alive()
			b.alive()
		},
	},
	{
		Name: "malformed/route", Checks: "QRP messages that are none harm nobody else", Source: "wire.md §9, §12",
		run: func(t *trial) {
			a := t.one()
			p := t.link(t.ultrapeer())
			p.send(t.oneHop(&wire.Opaque{Kind: wire.TypeRoute}), t.oneHop(&wire.Opaque{Kind: wire.TypeRoute, Payload: []byte{9, 9, 9}}),
				t.oneHop(&wire.RouteReset{Slots: 1 << 31, Infinity: 0}), t.oneHop(&wire.RoutePatch{Seq: 9, Count: 2, Bits: 3, Compressor: 7, Data: noise(t, 100)}))
			a.alive()
		},
	},
	{
		Name: "malformed/hops", Checks: "messages for one hop that claim more are dropped", Source: "wire.md §2",
		run: func(t *trial) {
			a, b := t.pair()
			for _, kind := range []wire.Type{wire.TypeVendor, wire.TypeRoute, wire.TypeHSEP} {
				f := opaque(t, kind, make([]byte, 24))
				f.SetTTL(4, 2)
				t.stays(a, b, f)
			}
		},
	},
}

// noise makes random bytes.
func noise(t *trial, n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(t.cfg.Rand.Uint32())
	}
	return b
}

// opaque makes a frame with any payload.
func opaque(t *trial, kind wire.Type, payload []byte) wire.Frame {
	return wire.AppendFrame(nil, t.guid(), 3, 0, &wire.Opaque{Kind: kind, Payload: payload})
}

// brokenGGEP are blocks that no reader may take.
func brokenGGEP() [][]byte {
	return [][]byte{
		{ggep.Magic},                                        // nothing
		{ggep.Magic, 0x83, 'S', 'C'},                        // cut in the id
		{ggep.Magic, 0x83, 'S', 'C', 'P'},                   // no length
		{ggep.Magic, 0x83, 'S', 'C', 'P', 0x7f},             // 63 bytes that are not there
		{ggep.Magic, 0x83, 'S', 'C', 'P', 0xbf, 0xbf, 0x7f}, // 262143 of them
		{ggep.Magic, 0x83, 'S', 'C', 'P', 0x81, 0x81, 0x81}, // a length without end
		{ggep.Magic, 0x83, 'S', 'C', 'P', 0x00},             // neither mark
		{ggep.Magic, 0x93, 'S', 'C', 'P', 0x40},             // reserved flag
		{ggep.Magic, 0x80, 0x40},                            // no id
		{ggep.Magic, 0xc3, 'S', 'C', 'P', 0x42, 9, 1},       // COBS beyond its end
		{ggep.Magic, 0xc3, 'S', 'C', 'P', 0x40},             // COBS of nothing
		{ggep.Magic, 0xa3, 'S', 'C', 'P', 0x44, 1, 2, 3, 4}, // no zlib
	}
}

// rudeCase is a connection whose first bytes make no sense; the servent must
// live on.
func rudeCase(name, checks, source string, first func(t *trial) []byte) Case {
	return Case{Name: name, Checks: checks, Source: source, run: func(t *trial) {
		a := t.one()
		c := t.dial()
		c.write(first(t))
		c.raw.SetReadDeadline(t.deadline())
		if b, ok := c.hear("a refusal or the end of the connection"); ok {
			t.check(!b.welcome(), "a refusal or the end of the connection", "%s", b.first)
		}
		a.alive()
	}}
}

// skipCase is some messages that must neither end the link nor go further.
func skipCase(name, checks, source string, frames func(t *trial) []wire.Frame) Case {
	return Case{Name: name, Checks: checks, Source: source, run: func(t *trial) {
		a, b := t.pair()
		for i, f := range frames(t) {
			if got, ok := t.passes(a, b, f); ok {
				t.failf(fmt.Sprintf("message %d, %s with %x, to go no further", i+1, describe(f), clipBytes(f.Payload())), "%s on another link", describe(got))
			}
		}
		a.alive()
	}}
}
