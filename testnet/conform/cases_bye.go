package conform

import (
	"fmt"
	"strings"

	"filbert/overlay/wire"
)

var byeCases = []Case{
	{
		Name: "bye/ours", Checks: "our BYE ends the link", Source: "vendor.md §9",
		run: func(t *trial) {
			p := t.link(t.ultrapeer())
			p.send(wire.AppendFrame(nil, t.guid(), 1, 0, &wire.Bye{Code: wire.ByeShutdown, Text: "Done"}))
			bye := p.wantEnd("the end of the link")
			t.check(bye == nil, "no answer to a BYE", "%s", p.end())
		},
	},
	{
		Name: "bye/headers", Checks: "a BYE with headers behind its text ends the link", Source: "vendor.md §9, vectors",
		run: func(t *trial) {
			p := t.link(t.ultrapeer())
			bye := &wire.Bye{Code: wire.ByeIdle, Text: "Activity timeout", Rest: []byte("\r\nServer: Example/1.0\r\n\r\n\x00")}
			p.send(wire.AppendFrame(nil, t.guid(), 1, 0, bye))
			p.wantEnd("the end of the link")
		},
	},
	{
		Name: "bye/not-relayed", Checks: "a BYE ends its own link only", Source: "wire.md §1",
		run: func(t *trial) {
			a, _ := t.pair()
			p := t.link(t.ultrapeer())
			f := wire.Frame(wire.AppendFrame(nil, t.guid(), 1, 0, &wire.Bye{Code: wire.ByeShutdown, Text: "Done"}))
			p.send(f)
			p.wantEnd("the end of the link")
			a.wantNone("BYE on another link", same(f))
		},
	},
	{
		Name: "bye/relayed", Checks: "a BYE that claims to have been relayed is dropped", Source: "wire.md §2",
		run: func(t *trial) {
			p := t.link(t.ultrapeer())
			f := wire.Frame(wire.AppendFrame(nil, t.guid(), 3, 0, &wire.Bye{Code: wire.ByeShutdown, Text: "Done"}))
			f.SetTTL(3, 2)
			p.send(f)
			p.alive()
		},
	},
	{
		Name: "bye/large", Checks: "a query above 1024 bytes ends the link, with BYE 400 if any", Source: "wire.md §2",
		run: func(t *trial) {
			p := t.link(t.ultrapeer())
			p.send(t.ask(3, 0, forWords(strings.Repeat("word ", 300))))
			endsWith(t, p, wire.ByeTooLarge)
		},
	},
	{
		Name: "bye/length", Checks: "a length above 65536 ends the link: it cannot be read on", Source: "wire.md §1, §2",
		run: func(t *trial) {
			for _, length := range []uint32{1 << 17, 0x7fffffff, 0xffffffff} {
				p := t.link(t.ultrapeer())
				p.emit(wire.Header{GUID: t.guid(), Type: wire.TypeQueryHit, TTL: 1, Length: length}.AppendTo(nil))
				endsWith(t, p, wire.ByeTooLarge)
			}
		},
	},
}

// endsWith checks that the link ends, with a BYE of the code if there is any.
func endsWith(t *trial, p *peer, code uint16) {
	want := fmt.Sprintf("the end of the link, with BYE %d if any", code)
	if bye := p.wantEnd(want); bye != nil {
		t.check(bye.Code == code, want, "%s", p.end())
	}
}
