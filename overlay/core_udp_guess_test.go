package overlay

import (
	"bytes"
	"net/netip"
	"slices"
	"testing"
	"time"

	"filbert/overlay/deflate"
	"filbert/overlay/hostcache"
	"filbert/overlay/wire"
	"filbert/overlay/wire/ggep"
)

// keyFor asks the Core for a query key of an address.
func (w *world) keyFor(from netip.AddrPort) []byte {
	w.t.Helper()
	mails := w.honest(from, pingFor(wire.PingInfo{Hosts: true, Key: true}))
	_, info := pongOf(w.t, w.one(mails, from, wire.TypePong))
	return info.QueryKey
}

func guessQuery(guid wire.GUID, key []byte, more ...ggep.Extension) wire.Frame {
	exts := append([]ggep.Extension{{ID: ggep.SCP, Data: []byte{1}}, {ID: ggep.QK, Data: key}}, more...)
	return datagramOf(guid, 1, &wire.Query{Flags: wire.FlagMark, Text: "blue sky", Ext: wire.AppendGGEP(nil, exts...)})
}

// TestGuessAnswer plays a querier who asks us by UDP.
func TestGuessAnswer(t *testing.T) {
	w := opened(t)
	w.joins(alice)
	w.step(&Sharing{Files: 1})
	key := w.keyFor(dave)
	w.pass(2 * time.Second)
	ack := w.one(w.honest(dave, guessQuery(guidOf(1), key, ggep.Extension{ID: ggep.Deflate})), dave, wire.TypePong)
	if _, info := pongOf(t, ack); ack.GUID() != guidOf(1) || len(info.Hosts) != 1 || info.Hosts[0].Addr != alice || info.GUESS != wire.GUESSVersion || info.QueryKey != nil {
		t.Errorf("acknowledged with %v, %+v", ack.GUID(), info)
	}
	if !w.core.isProven(w.now, dave) {
		t.Error("whoever shows a key is not proven")
	}
	since := len(w.mails)
	w.matched(files(20))
	got := 0
	for _, f := range w.posted(since, dave) {
		if len(f) > 645 || f.GUID() != guidOf(1) {
			t.Errorf("a hit of %d bytes for %v", len(f), f.GUID())
		}
		if f.TTL() != 1|wire.TTLDeflated {
			t.Errorf("TTL %x", f.TTL())
			continue
		}
		payload, err := deflate.Inflate(nil, f.Payload(), 64<<10)
		if err != nil {
			t.Fatal(err)
		}
		m, err := wire.Parse(wire.TypeQueryHit, payload)
		if err != nil {
			t.Fatal(err)
		}
		got += len(m.(*wire.QueryHit).Records)
	}
	if got != 20 {
		t.Errorf("sent %d results", got)
	}
	w.pass(2 * time.Second)
	w.core.drops = Drops{}
	w.honest(dave, guessQuery(guidOf(1), key)) // acknowledged again, not matched again
	w.dropped(DropDuplicate)
	if len(w.matches) != 1 {
		t.Errorf("%d matches", len(w.matches))
	}
}

// TestGuessKeys turns down who has no key of ours, and gives one.
func TestGuessKeys(t *testing.T) {
	w := opened(t)
	w.step(&Sharing{Files: 1})
	key := w.keyFor(dave)
	w.pass(datagramPause)
	w.core.drops = Drops{}
	for _, test := range []struct {
		name string
		from netip.AddrPort
		key  []byte
	}{{"another's", carol, key}, {"none", bob, nil}, {"a guess", alice, []byte("12345678")}} {
		f := w.one(w.honest(test.from, guessQuery(guidOf(1), test.key)), test.from, wire.TypePong)
		_, info := pongOf(t, f)
		if len(f) > maxDatagramSent || len(info.QueryKey) == 0 || bytes.Equal(info.QueryKey, test.key) || info.Hosts != nil {
			t.Errorf("%s: answered with %d bytes, %+v", test.name, len(f), info)
		}
	}
	w.dropped(DropToken, DropToken, DropToken)
	if len(w.matches) != 0 {
		t.Error("matched a query without a key")
	}
	w.honest(eve, guessQuery(guidOf(1), make([]byte, wire.MaxQueryKey+1)))
	w.dropped(DropMalformed)
	long := datagramOf(guidOf(1), 1, &wire.Query{Flags: wire.FlagMark, Text: string(bytes.Repeat([]byte("x"), 300))})
	w.receives(eve, long)
	w.dropped(DropTooBig)
	if got := w.honest(dave, guessQuery(guidOf(2), key)); len(got) != 1 || len(w.matches) != 1 {
		t.Errorf("the right key: %v, %d matches", got, len(w.matches))
	}
}

// TestGuessOutOfBand has a GUESS query name where its hits shall go: nobody but
// its sender gets them.
func TestGuessOutOfBand(t *testing.T) {
	w := opened(t)
	w.step(&Sharing{Files: 1})
	key := w.keyFor(dave)
	w.pass(datagramPause)
	w.core.drops = Drops{}
	query := func(at netip.AddrPort) wire.Frame {
		f := guessQuery(guidOf(1).WithOOBAddr(at), key, ggep.Extension{ID: ggep.SecureOOB})
		f.Payload()[0] |= byte(wire.FlagOOB >> 8)
		return f
	}
	if got := w.receives(dave, query(carol)); len(got) != 0 || len(w.matches) != 0 {
		t.Errorf("answered %v", got)
	}
	w.dropped(DropForged)
	w.receives(dave, query(dave))
	since := len(w.mails)
	w.matched(files(2))
	guid := guidOf(1).WithOOBAddr(dave)
	w.one(w.mails[since:], dave, wire.TypeVendor)
	w.one(w.receives(dave, datagramOf(guid, 1, wire.OOBClaim{Secure: true, Wanted: 2, Token: []byte("x")}.Message())), dave, wire.TypeQueryHit)
}

// TestGuessHitsOfNeighbors passes on what comes over links for one who asked by
// UDP.
func TestGuessHitsOfNeighbors(t *testing.T) {
	w := opened(t)
	a := w.joins(alice)
	w.honest(dave, guessQuery(guidOf(1), w.keyFor(dave)))
	w.pass(2 * time.Second)
	w.honest(dave, guessQuery(guidOf(1), w.keyFor(dave)))
	hit := hitFor(guidOf(5), carol)
	hit.Records = files(40)
	since := len(w.mails)
	a.sends(guidOf(1), 3, 1, hit)
	got := 0
	for _, f := range w.posted(since, dave) {
		if len(f) > maxDatagramSent || f.Hops() != 2 {
			t.Errorf("%d bytes, hops %d", len(f), f.Hops())
		}
		h := hitOf(t, f)
		if got += len(h.Records); h.Servent != guidOf(5) || h.Addr != carol {
			t.Errorf("%+v", h)
		}
	}
	if got != 40 {
		t.Errorf("passed on %d results", got)
	}
	w.now = w.now.Add(2 * guessLifetime)
	w.core.drops = Drops{}
	a.sends(guidOf(1), 3, 1, hitFor(guidOf(5), carol))
	w.dropped(DropNoRoute)
}

// TestGuessSearch plays the ultrapeers that a search of ours asks by UDP.
func TestGuessSearch(t *testing.T) {
	w := newWorld(t, Config{GUESS: true})
	a := w.joins(alice)
	a.sends(guidOf(8), 1, 1, &wire.Pong{Addr: dave, KiB: 8, Ext: wire.HostInfo{GUESS: wire.GUESSVersion}.AppendTo(nil)})
	w.step(&Search{ID: 1, Query: *blueSky})
	a.want(wire.TypeQuery)
	w.pass(time.Second)
	asked := w.posted(0, dave)
	if len(asked) != 1 || asked[0].Type() != wire.TypePing {
		t.Fatalf("sent %v", asked)
	}
	m, _ := wire.Parse(wire.TypePing, asked[0].Payload())
	if info := m.(*wire.Ping).Info(); !info.Key || !info.Hosts || info.QueryKey != nil {
		t.Errorf("asked for a key with %+v", info)
	}
	since := len(w.mails)
	w.receives(dave, datagramOf(asked[0].GUID(), 1, &wire.Pong{Addr: dave, KiB: 8, Ext: wire.HostInfo{QueryKey: []byte("their key")}.AppendTo(nil)}))
	due := w.core.Due()
	if due.Sub(w.now) > 200*time.Millisecond {
		t.Errorf("the query is due in %v", due.Sub(w.now))
	}
	w.now = due
	w.step(&Tick{})
	f := w.one(w.mails[since:], dave, wire.TypeQuery)
	_, text, ext, err := wire.QueryText(f.Payload())
	key, ok := wire.FindGGEP(ext, ggep.QK)
	if err != nil || !ok || string(text) != "blue sky" || string(key.Data) != "their key" || f.TTL() != 1 {
		t.Fatalf("asked with %x", f)
	}
	guid := f.GUID()

	// The acknowledgement names another ultrapeer; hits come from the one asked
	// only, and not for ever.
	next := []wire.PackedHost{{Addr: carol}, {Addr: netip.MustParseAddrPort("10.1.1.1:7000")}}
	since = len(w.mails)
	w.receives(dave, datagramOf(guid, 1, &wire.Pong{Addr: dave, Ext: wire.HostInfo{Hosts: next}.AppendTo(nil)}))
	w.core.drops = Drops{}
	w.receives(bob, datagramOf(guid, 1, hitFor(guidOf(3), bob)))
	w.dropped(DropUnasked)
	w.receives(dave, datagramOf(guid, 1, hitFor(guidOf(3), dave)))
	w.dropped()
	if len(w.hits[1]) != 1 || w.hits[1][0].Via != dave {
		t.Errorf("delivered %v", w.hits[1])
	}
	w.pass(2 * time.Second)
	if got := w.posted(since, carol); len(got) != 1 || got[0].Type() != wire.TypePing {
		t.Errorf("the next was sent %v", got)
	}
	if slices.ContainsFunc(w.mails, func(m mail) bool { return hostcache.Class(m.to.Addr()) == hostcache.Private }) {
		t.Error("asked at a private address that a stranger named")
	}
	w.step(&EndSearch{1})
	w.pass(time.Second)
	w.receives(dave, datagramOf(guid, 1, hitFor(guidOf(3), dave)))
	if len(w.hits[1]) != 1 {
		t.Error("a search that is over got hits")
	}
	w.step(&Search{ID: 2, Query: *blueSky})
	w.step(&Shutdown{})
	since = len(w.mails)
	w.pass(time.Minute)
	if len(w.mails) != since {
		t.Errorf("asked on during shutdown: %v", w.mails[since:])
	}
}

// TestGuessIntroduction tells queriers of ultrapeers that introduced themselves
// from an address known to be theirs.
func TestGuessIntroduction(t *testing.T) {
	w := newWorld(t, Config{})
	introduce := pingFor(wire.PingInfo{Key: true, GUESS: true, GUESSPort: 7777})
	w.receives(bob, introduce) // may be forged
	w.proves(dave)
	w.receives(dave, introduce)
	_, info := pongOf(t, w.one(w.honest(carol, pingFor(wire.PingInfo{GUESS: true})), carol, wire.TypePong))
	if want := netip.AddrPortFrom(dave.Addr(), 7777); len(info.Hosts) != 1 || info.Hosts[0].Addr != want {
		t.Errorf("told of %v, want %v", info.Hosts, want)
	}
	w.pass(provenPause)
	_, info = pongOf(t, w.one(w.honest(dave, pingFor(wire.PingInfo{GUESS: true, Key: true})), dave, wire.TypePong))
	if len(info.Hosts) != 0 {
		t.Errorf("told of %v unasked", info.Hosts)
	}
	// Who asks for keys says so too, where it can be asked.
	w = opened(t)
	w.core.cfg.GUESS = true
	a := w.joins(alice)
	a.sends(guidOf(8), 1, 1, &wire.Pong{Addr: dave, KiB: 8, Ext: wire.HostInfo{GUESS: wire.GUESSVersion}.AppendTo(nil)})
	w.step(&Search{ID: 1, Query: *blueSky})
	w.pass(2 * time.Second)
	asked := w.posted(0, dave)
	if len(asked) == 0 {
		t.Fatal("asked nobody")
	}
	m, _ := wire.Parse(wire.TypePing, asked[0].Payload())
	if info := m.(*wire.Ping).Info(); info.GUESSPort != ours.Port() {
		t.Errorf("asked with %+v", info)
	}
}

// TestGuessOff asks nobody by UDP unless that is wanted.
func TestGuessOff(t *testing.T) {
	w := newWorld(t, Config{})
	a := w.joins(alice)
	a.sends(guidOf(8), 1, 1, &wire.Pong{Addr: dave, KiB: 8, Ext: wire.HostInfo{GUESS: wire.GUESSVersion}.AppendTo(nil)})
	w.step(&Search{ID: 1, Query: *blueSky})
	w.pass(10 * time.Second)
	if len(w.mails) != 0 {
		t.Errorf("sent %v", w.mails)
	}
}
