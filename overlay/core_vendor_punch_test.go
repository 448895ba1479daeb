package overlay

import (
	"bytes"
	"net/netip"
	"reflect"
	"testing"
	"time"

	"filbert/overlay/handshake"
	"filbert/overlay/identity"
	"filbert/overlay/link"
	"filbert/overlay/wire"
)

// passed is what became of a word that was to be sent.
func (w *world) passed(ev *PassWord) PushResult {
	w.t.Helper()
	w.step(ev)
	got := w.called()
	if len(got) != 1 {
		w.t.Fatalf("effects %+v", got)
	}
	return got[0].(*PushAsked).Result
}

// TestPassesWords: a push proxy passes words on to the neighbor that chose it, if that takes
// them, and to nobody else; it is told what that one answers, one message for one.
func TestPassesWords(t *testing.T) {
	w := newWorld(t, Config{External: ours.Addr()})
	request := &wire.Vendor{ID: wire.VendorProxyRequest}
	bystander := w.speaks(dave, handshake.RoleLeaf, wire.VendorPunchWord)
	leaf := w.speaks(alice, handshake.RoleLeaf, wire.VendorPunchWord)
	gtkg := w.speaks(bob, handshake.RoleLeaf, wire.VendorHopsFlow)
	for _, p := range []*player{leaf, gtkg} {
		p.says(p.guid, request)
		p.wantVendor(wire.VendorProxyAnswer2)
	}
	word := bytes.Repeat([]byte{7}, wire.MaxPunchWord)
	for name, test := range map[string]struct {
		ev   PassWord
		want PushResult
	}{
		"a stranger":                   {PassWord{Servent: guidOf(9), Talk: guidOf(1), Word: word}, PushUnknown},
		"a neighbor that did not ask":  {PassWord{Servent: bystander.guid, Talk: guidOf(1), Word: word}, PushUnknown},
		"who does not know words":      {PassWord{Servent: gtkg.guid, Talk: guidOf(1), Word: word}, PushUnknown},
		"one byte more than is passed": {PassWord{Servent: leaf.guid, Talk: guidOf(1), Word: append(word, 7)}, PushUnknown},
		"whether it could be":          {PassWord{Servent: leaf.guid, Talk: guidOf(1)}, PushSent},
		"an answer along no link":      {PassWord{Proxy: 999, Talk: guidOf(1), Word: word}, PushUnknown},
		"an answer to who knows none":  {PassWord{Proxy: gtkg.id, Talk: guidOf(1), Word: word}, PushUnknown},
	} {
		if got := w.passed(&test.ev); got != test.want {
			t.Errorf("%s: %v, want %v", name, got, test.want)
		}
		quiet(bystander, leaf, gtkg)
	}
	if got := w.passed(&PassWord{Servent: leaf.guid, Talk: guidOf(1), Word: word}); got != PushSent {
		t.Errorf("the leaf: %v", got)
	}
	if talk, m := leaf.wantVendor(wire.VendorPunchWord); talk != guidOf(1) || !bytes.Equal(m.Data, word) {
		t.Errorf("passed on in talk %v: %x", talk, m.Data)
	}
	leaf.says(guidOf(1), wire.NewPunchWord([]byte("answer")))
	if got := w.called(); !reflect.DeepEqual(got, []Effect{&Word{Servent: leaf.guid, Talk: guidOf(1), Word: []byte("answer")}}) {
		t.Errorf("told %+v", got)
	}
	for _, bad := range [][]byte{nil, append(word, 7)} {
		leaf.says(guidOf(1), wire.NewPunchWord(bad))
		w.dropped(DropMalformed)
	}
	// Who is neither our push proxy nor has us for one has nothing to say.
	bystander.says(guidOf(1), wire.NewPunchWord(word))
	w.dropped(DropRole)
	leaf.says(wire.GUID{}, &wire.Vendor{ID: wire.VendorProxyCancel})
	leaf.says(guidOf(1), wire.NewPunchWord(word))
	w.dropped(DropRole)
	if got := w.passed(&PassWord{Servent: leaf.guid, Talk: guidOf(1), Word: word}); got != PushUnknown {
		t.Errorf("a leaf that withdrew: %v", got)
	}
	quiet(bystander, leaf, gtkg)
}

// TestTakesWords: words are taken from push proxies alone, and answered along their links;
// hits tell of those that take some.
func TestTakesWords(t *testing.T) {
	face := identity.PeerID{1, 31: 2}
	w := newWorld(t, Config{Face: face})
	w.step(&Tick{})
	w.step(&Sharing{Files: 1})
	a := w.dialed(alice, wire.VendorProxyRequest, wire.VendorPunchWord)
	b := w.dialed(bob, wire.VendorProxyRequest) // a gtk-gnutella, say
	w.core.refresh = w.now.Add(time.Hour)       // no pings
	a.says(guidOf(1), wire.NewPunchWord([]byte("word")))
	w.dropped(DropRole)
	w.pass(proxyDelay)
	told := func(asker *player) wire.Relayed {
		t.Helper()
		w.step(&Matched{Link: asker.id, GUID: guidOf(7), Records: []wire.Record{{Index: 1, Size: 1, Name: "x"}}})
		f := asker.want(wire.TypeQueryHit)
		m, err := wire.Parse(f.Type(), f.Payload())
		if err != nil {
			t.Fatal(err)
		}
		trailer := m.(*wire.QueryHit).Trailer
		return trailer.Punched()
	}
	for _, p := range []*player{a, b} {
		p.wantVendor(wire.VendorProxyRequest)
		p.says(ourServent, wire.NewProxyAnswer(p.addr))
	}
	if got := told(b); !reflect.DeepEqual(got, wire.Relayed{Peer: face, At: []netip.AddrPort{alice}}) {
		t.Errorf("hits tell %+v", got)
	}
	a.says(guidOf(1), wire.NewPunchWord([]byte("word")))
	if got := w.called(); !reflect.DeepEqual(got, []Effect{&Word{Proxy: a.id, Talk: guidOf(1), Word: []byte("word")}}) {
		t.Errorf("told %+v", got)
	}
	for to, want := range map[link.ID]PushResult{a.id: PushSent, b.id: PushUnknown} {
		if got := w.passed(&PassWord{Proxy: to, Talk: guidOf(1), Word: []byte("answer")}); got != want {
			t.Errorf("answered by %d: %v", to, got)
		}
	}
	if talk, m := a.wantVendor(wire.VendorPunchWord); talk != guidOf(1) || string(m.Data) != "answer" {
		t.Errorf("answered in talk %v: %x", talk, m.Data)
	}
	w.step(&Reached{From: dave.Addr()})
	a.inbox = nil // it is told that it is not needed any more, if it knows of that
	if got := told(b); got.At != nil {
		t.Errorf("hits tell %+v although it can be connected to", got)
	}
	a.says(guidOf(1), wire.NewPunchWord([]byte("word")))
	w.dropped(DropRole)
}

// TestPunchedOf takes of push proxies in a hit those that can be hosts, while its servent
// says that it cannot be connected to.
func TestPunchedOf(t *testing.T) {
	w := newWorld(t, Config{External: ours.Addr()})
	told := wire.Relayed{Peer: [32]byte{9}, At: []netip.AddrPort{carol, netip.MustParseAddrPort("192.168.1.1:6346"), ours}}
	ext, _ := told.PunchExtension()
	for flags, want := range map[wire.HitFlags]wire.Relayed{wire.HitPush: {Peer: [32]byte{9}, At: []netip.AddrPort{carol}}, 0: {}} {
		hit := hitFor(guidOf(9), dave)
		hit.Trailer = wire.NewTrailer(vendor, flags, ext)
		if got := w.core.punchedOf(hit, dave.Addr()); !reflect.DeepEqual(got, want) {
			t.Errorf("flags %v: %+v, want %+v", flags, got, want)
		}
	}
}

// TestNoWordsByUDP: a datagram with a word, from whatever address is written on it, is passed
// on to nobody and answered by nothing.
func TestNoWordsByUDP(t *testing.T) {
	w := newWorld(t, Config{External: ours.Addr()})
	leaf := w.speaks(alice, handshake.RoleLeaf, wire.VendorPunchWord)
	leaf.says(leaf.guid, &wire.Vendor{ID: wire.VendorProxyRequest})
	leaf.wantVendor(wire.VendorProxyAnswer2)
	for _, guid := range []wire.GUID{leaf.guid, guidOf(1), {}} {
		for _, from := range []netip.AddrPort{dave, leaf.addr} {
			if got := w.receives(from, datagramOf(guid, 1, wire.NewPunchWord(bytes.Repeat([]byte{1}, wire.MaxPunchWord)))); len(got) > 0 {
				t.Errorf("from %v: sent %v", from, got)
			}
		}
	}
	if got := w.called(); len(got) > 0 {
		t.Errorf("effects %+v", got)
	}
	quiet(leaf)
}
