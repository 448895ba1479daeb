package conform

import (
	"fmt"
	"math/bits"
	"strings"

	"filbert/overlay/wire"
	"filbert/overlay/wire/ggep"
)

var pingCases = []Case{
	{
		Name: "ping/alive", Checks: "a ping of TTL 1 is answered at once by a pong with its GUID and the servent's port", Source: "wire.md §10 PING",
		run: func(t *trial) {
			f, pong := askPong(t, t.one(), 1, nil)
			t.check(f.Hops() == 0 && f.TTL() >= 1, "a pong of hops 0 and TTL 1", "%s", describe(f))
			t.check(pong.Addr.Port() == t.cfg.Addr.Port(), fmt.Sprintf("port %d", t.cfg.Addr.Port()), "%v", pong.Addr)
		},
	},
	{
		Name: "ping/repeated", Checks: "pings of TTL 1 are answered however many there are", Source: "wire.md §10 PING; bootstrap.md §2",
		run: func(t *trial) {
			p := t.one()
			var guids []wire.GUID
			for range 10 {
				guid := wire.NewPingGUID(t.cfg.Rand)
				guids = append(guids, guid)
				p.send(ping(guid, 1, nil))
			}
			for i, guid := range guids {
				p.want(fmt.Sprintf("a pong to ping %d of 10", i+1), isPong(guid))
			}
		},
	},
	{
		Name: "ping/mark", Checks: "the pong of an ultrapeer tells a power of two of KiB, from 8 on; that of a leaf does not", Source: "wire.md §5",
		run: func(t *trial) {
			role := t.needs("X-Ultrapeer")
			_, pong := askPong(t, t.one(), 1, nil)
			power := pong.KiB >= 8 && bits.OnesCount32(pong.KiB) == 1
			t.check(power == strings.EqualFold(role, "True"), "KiB that fits X-Ultrapeer: "+role, "%d", pong.KiB)
			t.check(pong.Files <= 10_000_000, "a number of files below 10,000,000", "%d", pong.Files)
		},
	},
	{
		Name: "ping/ggep", Checks: "what follows a pong is one GGEP block whose known extensions have their form", Source: "wire.md §2, §5, §7",
		run: func(t *trial) {
			_, pong := askPong(t, t.one(), 1, nil)
			if len(pong.Ext) == 0 {
				t.notOffered("its pong has no GGEP")
			}
			exts, n, err := ggep.Parse(pong.Ext)
			t.check(err == nil && n == len(pong.Ext), "one whole GGEP block", "%x: %v", clipBytes(pong.Ext), err)
			for _, e := range exts {
				validPongExtension(t, e)
			}
		},
	},
	{
		Name: "ping/ttl-0", Checks: "a ping of TTL 0 is an acknowledgement and not answered", Source: "wire.md §10 PING",
		run: func(t *trial) {
			p := t.one()
			guid := wire.NewPingGUID(t.cfg.Rand)
			p.send(ping(guid, 0, nil))
			p.wantNone("pong to a ping of TTL 0", isPong(guid))
		},
	},
	{
		Name: "ping/extended", Checks: "a ping with GGEP it cannot know is answered", Source: "wire.md §5, §7",
		run: func(t *trial) {
			block := ggep.AppendPlain(nil, ggep.Extension{ID: "SCP", Data: []byte{1}}, ggep.Extension{ID: "CNFRM", Data: []byte("x")})
			askPong(t, t.one(), 1, block)
		},
	},
	{
		Name: "ping/crawler", Checks: "a ping of TTL 2 brings the servent's ultrapeers, hops 1, besides itself", Source: "wire.md §10 PING",
		run: func(t *trial) {
			a, b := t.pair()
			t.pause(pingPause)
			guid := wire.NewPingGUID(t.cfg.Rand)
			a.send(ping(guid, 2, nil))
			a.want(fmt.Sprintf("a pong of hops 1 that names %v, the other neighbor", b.listen), func(f wire.Frame) bool {
				return isPong(guid)(f) && f.Hops() == 1 && readPong(t, f).Addr == b.listen
			})
		},
	},
	{
		Name: "ping/cached", Checks: "a ping of higher TTL brings at most its own pong and ten cached ones, with the ping's GUID and TTL enough to come here",
		Source: "bootstrap.md §2; wire.md §10 PING",
		run: func(t *trial) {
			p := t.one()
			t.pause(pingPause)
			guid := wire.NewPingGUID(t.cfg.Rand)
			p.send(ping(guid, 4, nil))
			t.pause(quietTime)
			p.alive()
			n := 0
			for f, ok := p.find(isPong(guid)); ok; f, ok = p.find(isPong(guid)) {
				t.check(f.TTL() >= 1 && f.TTL() <= 4, "pongs of TTL 1 to 4", "%s", describe(f))
				pong := readPong(t, f)
				t.check(pong.Addr.Port() != 0 && !pong.Addr.Addr().IsUnspecified(), "an address one can call", "%v", pong.Addr)
				t.check(pong.Addr != p.listen, "pongs of others than the asker", "%v", pong.Addr)
				n++
			}
			t.check(n <= maxPongs, "at most 11 pongs", "%d", n)
		},
	},
	{
		Name: "ping/early", Checks: "a second ping of higher TTL within three seconds is ignored", Source: "bootstrap.md §2",
		run: func(t *trial) {
			p := t.one()
			t.pause(pingPause)
			p.send(ping(wire.NewPingGUID(t.cfg.Rand), 4, nil))
			again := wire.NewPingGUID(t.cfg.Rand)
			p.send(ping(again, 4, nil))
			p.wantNone("pong to a ping that came too early", isPong(again))
		},
	},
	{
		Name: "ping/not-relayed", Checks: "pings are not relayed", Source: "wire.md §1, §10 PING",
		run: func(t *trial) {
			a, b := t.pair()
			t.stays(a, b, ping(wire.NewPingGUID(t.cfg.Rand), 4, nil))
		},
	},
	{
		Name: "ping/pong-not-relayed", Checks: "a pong that nobody asked for goes no further", Source: "wire.md §1 PONG; bootstrap.md §2",
		run: func(t *trial) {
			a, b := t.pair()
			pong := &wire.Pong{Addr: a.listen, Files: 3, KiB: 8}
			t.stays(a, b, wire.AppendFrame(nil, t.guid(), 3, 0, pong))
		},
	},
}

func ping(guid wire.GUID, ttl wire.TTL, block []byte) wire.Frame {
	return wire.AppendFrame(nil, guid, ttl, 0, &wire.Ping{Ext: block})
}

// askPong sends a ping and returns the pong to it.
func askPong(t *trial, p *peer, ttl wire.TTL, block []byte) (wire.Frame, *wire.Pong) {
	guid := wire.NewPingGUID(t.cfg.Rand)
	p.send(ping(guid, ttl, block))
	f := p.want("a pong with the GUID of the ping", isPong(guid))
	return f, readPong(t, f)
}

// readPong reads a pong that must be well formed.
func readPong(t *trial, f wire.Frame) *wire.Pong {
	m, err := wire.Parse(f.Type(), f.Payload())
	pong, ok := m.(*wire.Pong)
	t.check(err == nil && ok, "a well-formed pong", "%x: %v", clipBytes(f.Payload()), err)
	return pong
}

// validPongExtension checks the extensions of pongs that have a fixed form.
func validPongExtension(t *trial, e ggep.Extension) {
	data, err := e.Payload()
	t.check(err == nil, "GGEP "+e.ID+" that can be read", "%v", err)
	n := len(data)
	for _, form := range []struct {
		id   string
		ok   bool
		want string
	}{
		{ggep.UP, n >= 3, "3 bytes: version and free slots"},
		{ggep.VC, n >= 5, "5 bytes: four letters and a version"},
		{ggep.DU, n <= 4, "a number of seconds"},
		{ggep.GUE, n >= 1, "a version byte"},
		{ggep.IPP, n%6 == 0, "addresses of 6 bytes"},
		{ggep.IPP6, n%18 == 0, "addresses of 18 bytes"},
		{ggep.IPv6, n >= 16, "16 bytes"},
		{ggep.LOC, n >= 2, "a language"},
	} {
		t.check(e.ID != form.id || form.ok, "GGEP "+form.id+" with "+form.want, "%x", clipBytes(data))
	}
}
