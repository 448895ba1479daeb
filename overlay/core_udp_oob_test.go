package overlay

import (
	"bytes"
	"fmt"
	"net/netip"
	"slices"
	"testing"
	"time"

	"filbert/overlay/link"
	"filbert/overlay/oob"
	"filbert/overlay/wire"
	"filbert/overlay/wire/ggep"
)

// eve is a stranger whose datagrams reach us.
var eve = netip.MustParseAddrPort("9.7.1.1:7007")

// opened is a world in which strangers reach us by UDP at ours.
func opened(t *testing.T) *world {
	w := newWorld(t, Config{External: ours.Addr()})
	w.receives(eve, datagramOf(ourServent, 1, &wire.Ping{}))
	if _, ok := w.core.publicUDP(); !ok {
		t.Fatal("not open")
	}
	return w
}

// oobQuery is a query that wants its hits at an address.
func oobQuery(at netip.AddrPort, secure bool) (wire.GUID, *wire.Query) {
	q := &wire.Query{Flags: wire.FlagMark | wire.FlagOOB, Text: "blue sky"}
	if secure {
		q.Ext = wire.AppendGGEP(nil, ggep.Extension{ID: ggep.SecureOOB})
	}
	return guidOf(0x42).WithOOBAddr(at), q
}

func vendorOf(t *testing.T, f wire.Frame) *wire.Vendor {
	t.Helper()
	m, err := wire.Parse(f.Type(), f.Payload())
	v, ok := m.(*wire.Vendor)
	if err != nil || !ok {
		t.Fatalf("%v, %v", m, err)
	}
	return v
}

func hitOf(t *testing.T, f wire.Frame) *wire.QueryHit {
	t.Helper()
	m, err := wire.Parse(f.Type(), f.Payload())
	h, ok := m.(*wire.QueryHit)
	if err != nil || !ok {
		t.Fatalf("%v, %v", m, err)
	}
	return h
}

// tokened is a hit with a token.
func tokened(servent wire.GUID, at netip.AddrPort, tok []byte) *wire.QueryHit {
	h := hitFor(servent, at)
	h.Trailer = wire.NewTrailer(vendor, 0, ggep.Extension{ID: ggep.SecureOOB, Data: tok})
	return h
}

func files(n int) []wire.Record {
	var out []wire.Record
	for i := range n {
		out = append(out, wire.Record{Index: uint32(i + 1), Size: 9, Name: fmt.Sprintf("blue sky over the long river, part %d.txt", i)})
	}
	return out
}

// asks begins a search and returns the GUID it went out under.
func (w *world) asks(n *player, id SearchID) (wire.GUID, *wire.Query) {
	w.t.Helper()
	w.step(&Search{ID: id, Query: *blueSky})
	f := n.want(wire.TypeQuery)
	m, err := wire.Parse(f.Type(), f.Payload())
	q, ok := m.(*wire.Query)
	if err != nil || !ok {
		w.t.Fatal(err)
	}
	return f.GUID(), q
}

// TestQueryWantsOOB asks for hits by UDP only where they can come.
func TestQueryWantsOOB(t *testing.T) {
	for _, test := range []struct {
		name     string
		external netip.Addr
		open     bool
		want     bool
	}{
		{"open and known", ours.Addr(), true, true},
		{"not known to be open", ours.Addr(), false, false},
		{"our address unknown", netip.Addr{}, true, false},
		{"a private address", netip.MustParseAddr("192.168.1.1"), true, false},
	} {
		w := newWorld(t, Config{External: test.external})
		if test.open {
			w.receives(eve, datagramOf(ourServent, 1, &wire.Ping{}))
		}
		guid, q := w.asks(w.joins(alice), 1)
		_, secure := wire.FindGGEP(q.Ext, ggep.SecureOOB)
		if got := q.Flags&wire.FlagOOB != 0; got != test.want || secure != test.want || got && guid.OOBAddr() != ours {
			t.Errorf("%s: asked with %+v, GUID %v", test.name, q, guid)
		}
	}
}

// TestClaimingHits plays a responder to a search of ours.
func TestClaimingHits(t *testing.T) {
	w := opened(t)
	guid, _ := w.asks(w.joins(alice), 1)
	offer := datagramOf(guid, 1, wire.OOBOffer{Secure: true, Count: 7, Unsolicited: true}.Message())
	f := w.one(w.receives(dave, offer), dave, wire.TypeVendor)
	claim, err := vendorOf(t, f).OOBClaim()
	if err != nil || !claim.Secure || claim.Wanted != 7 || len(claim.Token) == 0 || f.GUID() != guid || f.TTL() != 1|wire.TTLInflates {
		t.Fatalf("claimed %+v, %v, TTL %x", claim, err, f.TTL())
	}
	hit := tokened(guidOf(3), dave, claim.Token)
	w.core.drops = Drops{}

	// Forgers know the GUID, which passes many, but not the token; a token of
	// their own is good for their own address only (THREATS T20).
	w.receives(carol, datagramOf(guid, 1, hit))
	w.receives(dave, datagramOf(guid, 1, hitFor(guidOf(3), dave)))
	w.receives(dave, datagramOf(guid, 1, tokened(guidOf(3), dave, []byte("guessed!"))))
	w.dropped(DropToken, DropToken, DropToken)
	w.receives(dave, datagramOf(guidOf(0x77), 1, hit))
	w.dropped(DropUnasked)
	if len(w.hits[1]) != 0 || w.core.isProven(w.now, dave) {
		t.Fatalf("took %v", w.hits[1])
	}

	w.receives(dave, datagramOf(guid, 1, hit))
	w.receives(dave, deflateDatagram(datagramOf(guid, 1, longHit(hit))))
	w.dropped()
	if len(w.hits[1]) != 2 || w.hits[1][0].Via != dave || w.hits[1][0].Servent != guidOf(3) {
		t.Fatalf("delivered %v", w.hits[1])
	}
	if !w.core.isProven(w.now, dave) {
		t.Error("whoever returned a token is not proven")
	}
	for range 30 { // more than was asked for
		w.receives(dave, datagramOf(guid, 1, hit))
	}
	if len(w.hits[1]) > 7+10 || w.core.drops[DropDatagram] == 0 {
		t.Errorf("took %d hits of one who was asked for 7", len(w.hits[1]))
	}
	w.step(&EndSearch{1})
	w.core.drops = Drops{}
	w.receives(dave, offer)
	w.receives(dave, datagramOf(guid, 1, hit))
	w.dropped(DropUnasked, DropUnasked)
}

// longHit is a hit that deflates well.
func longHit(h *wire.QueryHit) *wire.QueryHit {
	long := *h
	long.Records = files(5)
	return &long
}

// TestOffersNotClaimed ignores offers that nobody can use.
func TestOffersNotClaimed(t *testing.T) {
	w := opened(t)
	guid, _ := w.asks(w.joins(alice), 1)
	w.core.drops = Drops{}
	w.receives(dave, datagramOf(guid, 1, wire.OOBOffer{Count: 7}.Message())) // version 2
	w.receives(dave, datagramOf(guidOf(1), 1, wire.OOBOffer{Secure: true, Count: 7}.Message()))
	w.dropped(DropUnasked, DropUnasked)
	w.receives(dave, datagramOf(guid, 1, &wire.Vendor{ID: wire.VendorOOBOffer3, Data: []byte{0, 1}}))
	w.dropped(DropMalformed)
	for range 20 {
		w.receives(dave, datagramOf(guid, 1, wire.OOBOffer{Secure: true, Count: 7}.Message()))
	}
	if n := len(w.posted(0, dave)); n != oob.Tries {
		t.Errorf("%d claims for one offer", n)
	}
}

// answers has the matcher find files for the last query.
func (w *world) matched(records []wire.Record) {
	w.t.Helper()
	m := w.matches[len(w.matches)-1]
	w.step(&Matched{m.Link, m.GUID, m.Hops, m.OOB, records})
}

// TestOfferingHits plays a querier who wants hits by UDP.
func TestOfferingHits(t *testing.T) {
	for _, secure := range []bool{true, false} {
		t.Run(fmt.Sprintf("secure %v", secure), func(t *testing.T) {
			w := opened(t)
			w.step(&Sharing{Files: 1})
			a := w.joins(alice)
			guid, q := oobQuery(dave, secure)
			a.sends(guid, 3, 1, q)
			since := len(w.mails)
			w.matched(files(20))
			quiet(a)
			f := w.one(w.mails[since:], dave, wire.TypeVendor)
			if o, err := vendorOf(t, f).OOBOffer(); err != nil || f.GUID() != guid || o != (wire.OOBOffer{Secure: secure, Count: 20, Unsolicited: true}) {
				t.Fatalf("offered %+v, %v", o, err)
			}
			claim := wire.OOBClaim{Secure: secure, Wanted: 15}
			if secure {
				claim.Token = []byte("theirs")
			}
			ping := w.one(w.receives(dave, datagramOf(guid, 1, claim.Message())), dave, wire.TypePing)
			w.pass(2 * time.Second)
			since = len(w.mails)
			w.receives(dave, datagramOf(ping.GUID(), 1, &wire.Pong{Addr: dave}))
			w.pass(30 * time.Second)
			got := 0
			for _, f := range w.posted(since, dave) {
				h := hitOf(t, f)
				got += len(h.Records)
				if len(f) > 645 || f.GUID() != guid || f.TTL() != 1 || f.Hops() != 0 || h.Addr != ours || h.Servent != ourServent {
					t.Errorf("hit of %d bytes, %+v", len(f), h)
				}
				if tok := h.Trailer.Token(); secure && !bytes.Equal(tok, claim.Token) || !secure && tok != nil {
					t.Errorf("token %q", tok)
				}
			}
			if got != 15 {
				t.Errorf("sent %d results, 15 were claimed", got)
			}
			if n := len(a.ofType(wire.TypeQueryHit)); n != 0 {
				t.Errorf("sent %d messages in band too", n)
			}
		})
	}
}

// ofType returns what the neighbor was sent of a type and has not looked at.
func (p *player) ofType(t wire.Type) (out []wire.Frame) {
	for _, f := range p.inbox {
		if f.Type() == t {
			out = append(out, f)
		}
	}
	return out
}

// TestHitsInBand wants hits on the link where they cannot go by UDP.
func TestHitsInBand(t *testing.T) {
	private := netip.MustParseAddrPort("192.168.1.5:7000")
	for _, test := range []struct {
		name   string
		at     netip.AddrPort
		hops   wire.Hops
		closed bool
	}{
		{"the querier is a neighbor", dave, 0, false},
		{"we are not known to be reached", dave, 1, true},
		{"a private address", private, 1, false},
		{"no address", netip.AddrPortFrom(netip.IPv4Unspecified(), 0), 1, false},
		{"our own address", ours, 1, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			w := opened(t)
			if test.closed {
				w.pass(reachLifetime)
			}
			w.step(&Sharing{Files: 1})
			a := w.joins(alice)
			guid, q := oobQuery(test.at, true)
			a.sends(guid, 3, test.hops, q)
			since := len(w.mails)
			w.matched(files(3))
			a.want(wire.TypeQueryHit)
			if len(w.mails) != since {
				t.Errorf("sent %v besides", w.mails[since:])
			}
		})
	}
	t.Run("the claimer does not answer", func(t *testing.T) {
		w := opened(t)
		w.step(&Sharing{Files: 1})
		a := w.joins(alice)
		guid, q := oobQuery(dave, true)
		a.sends(guid, 3, 1, q)
		w.matched(files(3))
		w.receives(dave, datagramOf(guid, 1, wire.OOBClaim{Secure: true, Wanted: 255, Token: []byte("x")}.Message()))
		since := len(w.mails)
		w.pass(20 * time.Second)
		if hits := a.ofType(wire.TypeQueryHit); len(hits) != 1 || len(hitOf(t, hits[0]).Records) != 3 {
			t.Errorf("%d hits came back", len(hits))
		}
		for _, f := range w.posted(since, dave) {
			if f.Type() == wire.TypeQueryHit {
				t.Error("hits went to an unproven address")
			}
		}
	})
}

// TestClaimsOfOthers turns down whoever claims hits that were offered to
// somebody else, and lets the querier have them still (THREATS T20).
func TestClaimsOfOthers(t *testing.T) {
	w := opened(t)
	w.step(&Sharing{Files: 1})
	a := w.joins(alice)
	guid, q := oobQuery(dave, true)
	a.sends(guid, 3, 1, q)
	w.matched(files(3))
	w.proves(bob)
	claim := datagramOf(guid, 1, wire.OOBClaim{Secure: true, Wanted: 255, Token: []byte("x")}.Message())
	w.core.drops = Drops{}
	if got := w.receives(bob, claim); len(got) != 0 {
		t.Errorf("sent %v to another", got)
	}
	w.dropped(DropForged)
	w.receives(dave, datagramOf(guidOf(1), 1, wire.OOBClaim{Secure: true, Wanted: 255, Token: []byte("x")}.Message()))
	w.dropped(DropUnasked)
	w.proves(dave)
	w.one(w.receives(dave, claim), dave, wire.TypeQueryHit)
}

// TestOfferFlood has a neighbor name one victim in many queries.
func TestOfferFlood(t *testing.T) {
	w := opened(t)
	w.step(&Sharing{Files: 1})
	a := w.joins(alice)
	for i := range 200 {
		guid := wire.GUID{4: byte(i), 5: 1, 8: 0xff}.WithOOBAddr(dave)
		_, q := oobQuery(dave, true)
		a.sends(guid, 3, 1, q)
		w.matched(files(50))
		w.pass(300 * time.Millisecond)
	}
	bytes := 0
	for _, f := range w.posted(0, dave) {
		bytes += len(f)
	}
	if bytes == 0 || bytes > 1<<10 {
		t.Errorf("%d bytes at the victim in a minute", bytes)
	}
	if len(a.ofType(wire.TypeQueryHit)) == 0 {
		t.Error("nothing was answered in band")
	}
}

// TestUnusableOOBAddress passes a query on without a wish nobody can fulfil.
func TestUnusableOOBAddress(t *testing.T) {
	w := opened(t)
	a, b := w.joins(alice), w.joins(bob)
	guid, q := oobQuery(netip.MustParseAddrPort("10.0.0.1:7000"), true)
	a.sends(guid, 3, 1, q)
	if got := oobOf(b.want(wire.TypeQuery).Payload()); got&OOBWanted != 0 {
		t.Errorf("passed on %v", got)
	}
	guid, q = oobQuery(dave, true)
	a.sends(guid, 3, 1, q)
	if f := b.want(wire.TypeQuery); oobOf(f.Payload()) != OOBWanted|OOBSecure || f.GUID() != guid {
		t.Errorf("changed %x", f)
	}
}

// TestProxyOOB asks for a leaf's hits by UDP on its behalf.
func TestProxyOOB(t *testing.T) {
	w := opened(t)
	a := w.joins(alice)
	leaf := w.core.links[a.id]
	q := &wire.Query{Flags: wire.FlagMark, Text: "blue sky", Ext: wire.AppendGGEP(nil, ggep.Extension{ID: ggep.Media, Data: []byte{4}})}
	f, ours2 := w.core.proxyOOB(w.now, leaf, datagramOf(guidOf(1), 3, q))
	if !ours2 || f.GUID().OOBAddr() != ours || oobOf(f.Payload()) != OOBWanted|OOBSecure || f.TTL() != 3 {
		t.Fatalf("proxied %v as %x", ours2, f)
	}
	if _, _, ext, _ := wire.QueryText(f.Payload()); !slices.Equal(ext, wire.AppendGGEP(nil, ggep.Extension{ID: ggep.Media, Data: []byte{4}}, ggep.Extension{ID: ggep.SecureOOB})) {
		t.Errorf("extensions %x", ext)
	}
	guid := f.GUID()
	claim, err := vendorOf(t, w.one(w.receives(dave, datagramOf(guid, 1, wire.OOBOffer{Secure: true, Count: 2}.Message())), dave, wire.TypeVendor)).OOBClaim()
	if err != nil {
		t.Fatal(err)
	}
	w.receives(dave, datagramOf(guid, 1, tokened(guidOf(3), dave, claim.Token)))
	if f := a.want(wire.TypeQueryHit); f.GUID() != guidOf(1) || f.Hops() != 1 {
		t.Errorf("the leaf got %v", f.GUID())
	}
	// Hits that come over a link go the same way.
	w.core.queries.Record(w.now, guid, link.ID(a.id))
	b := w.joins(bob)
	b.sends(guid, 4, 1, hitFor(guidOf(5), carol))
	if f := a.want(wire.TypeQueryHit); f.GUID() != guidOf(1) {
		t.Errorf("the leaf got %v", f.GUID())
	}
	w.step(&Ended{Link: a.id})
	w.core.drops = Drops{}
	w.receives(dave, datagramOf(guid, 1, tokened(guidOf(3), dave, claim.Token)))
	w.dropped(DropUnasked)
}

// TestNoProxy leaves queries alone that are not to be proxied.
func TestNoProxy(t *testing.T) {
	so := ggep.Extension{ID: ggep.SecureOOB}
	plain := wire.AppendGGEP(nil, ggep.Extension{ID: ggep.Media, Data: []byte{4}})
	barred := wire.AppendGGEP(nil, ggep.Extension{ID: ggep.NoProxy}, ggep.Extension{ID: ggep.Media, Data: []byte{4}})
	long := &wire.Query{Flags: wire.FlagMark, Text: string(bytes.Repeat([]byte("long "), 50))}
	for _, test := range []struct {
		name   string
		guid   wire.GUID
		q      *wire.Query
		closed bool
		veto   bool
		want   *wire.Query
	}{
		{"nobody reaches us", guidOf(1), blueSky, true, false, blueSky},
		{"its ultrapeer was told", guidOf(1), blueSky, false, true, blueSky},
		{"the query says so", guidOf(1), &wire.Query{Flags: wire.FlagMark, Text: "a b", Ext: barred}, false, false, &wire.Query{Flags: wire.FlagMark, Text: "a b", Ext: plain}},
		{"it has an address of its own", guidOf(1).WithOOBAddr(alice), &wire.Query{Flags: wire.FlagMark | wire.FlagOOB, Text: "a b", Ext: wire.AppendGGEP(nil, so)}, false, false,
			&wire.Query{Flags: wire.FlagMark | wire.FlagOOB, Text: "a b", Ext: wire.AppendGGEP(nil, so)}},
		{"it names another's", guidOf(1).WithOOBAddr(dave), &wire.Query{Flags: wire.FlagMark | wire.FlagOOB, Text: "a b"}, true, false, &wire.Query{Flags: wire.FlagMark, Text: "a b"}},
		{"no room", guidOf(1), long, false, false, long},
	} {
		w := opened(t)
		if test.closed {
			w.pass(reachLifetime)
		}
		leaf := w.core.links[w.joins(alice).id]
		leaf.keepsOOB = test.veto
		f, proxied := w.core.proxyOOB(w.now, leaf, datagramOf(test.guid, 3, test.q))
		if want := datagramOf(test.guid, 3, test.want); proxied || !bytes.Equal(f, want) {
			t.Errorf("%s: proxied %v,\n%x, want\n%x", test.name, proxied, f, want)
		}
	}
}
