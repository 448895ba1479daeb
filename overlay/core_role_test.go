package overlay

import (
	"net/netip"
	"slices"
	"testing"
	"time"

	"filbert/overlay/handshake"
	"filbert/overlay/qrp"
	"filbert/overlay/wire"
)

// letters is a Hasher for tests: each word of a query counts for itself, by its
// first letter.
type letters struct{}

func hashOf(word string) uint32 { return uint32(word[0]) << 24 }

func (letters) Hash(payload []byte) qrp.Words {
	_, text, _, _ := wire.QueryText(payload)
	var w qrp.Words
	var word []byte
	for _, b := range append(slices.Clone(text), ' ') {
		if b != ' ' {
			word = append(word, b)
		} else if len(word) > 0 {
			w.Hashes = append(w.Hashes, hashOf(string(word)))
			word = nil
		}
	}
	return w
}

func tableOf(words ...string) *qrp.Table {
	t := qrp.NewTable(16)
	for _, word := range words {
		t.Add(hashOf(word))
	}
	return t
}

// serves makes addr a leaf of ours that shares some words; none at all sends no
// table.
func (w *world) serves(addr netip.AddrPort, words ...string) *player {
	w.t.Helper()
	guid := wire.GUID{0: byte(addr.Port()), 1: 0xaa, 8: 0xff}
	p, v := w.applies(addr, handshake.Peer{Role: handshake.RoleLeaf, GUID: guid})
	if v.Code != handshake.OK {
		w.t.Fatalf("%v was refused: %d %s", addr, v.Code, v.Text)
	}
	w.step(&Up{Link: p.id})
	p.wantAt(wire.TypePing, 1, 0)
	if len(words) > 0 {
		p.tells(nil, tableOf(words...))
	}
	return p
}

// tells sends a route table, as a change of the last one.
func (p *player) tells(last, next *qrp.Table) {
	p.w.t.Helper()
	var s qrp.Sender
	for _, m := range s.Update(last, next) {
		p.sends(guidOf(200), 1, 0, m)
	}
}

// told takes the messages about our route table and returns the table they make.
func (p *player) told(r *qrp.Receiver) *qrp.Table {
	p.w.t.Helper()
	for {
		f := p.want(wire.TypeRoute)
		m, err := wire.Parse(f.Type(), f.Payload())
		if err != nil {
			p.w.t.Fatal(err)
		}
		var done bool
		var fault *qrp.Fault
		switch m := m.(type) {
		case *wire.RouteReset:
			fault = r.Reset(p.w.now, m)
		case *wire.RoutePatch:
			done, fault = r.Patch(p.w.now, m)
		}
		if fault != nil {
			p.w.t.Fatal(fault.Text)
		}
		if done {
			return r.Table()
		}
	}
}

// TestLeavesAreAskedByTheirTables floods a query past leaves: only those whose
// words can match are asked, at any TTL.
func TestLeavesAreAskedByTheirTables(t *testing.T) {
	for _, ttl := range []wire.TTL{4, 1} {
		w := newWorld(t, Config{Hasher: letters{}})
		a := w.joins(alice)
		match, other, silent := w.serves(bob, "blue", "sky"), w.serves(carol, "blue", "grass"), w.serves(dave)
		a.sends(guidOf(1), ttl, 4-wire.Hops(ttl), blueSky)
		match.wantAt(wire.TypeQuery, max(ttl-1, 1), 5-wire.Hops(ttl))
		quiet(a, match, other, silent)

		hit := hitFor(guidOf(77), bob)
		match.sends(guidOf(1), 5, 0, hit)
		a.wantAt(wire.TypeQueryHit, 4, 1)
	}
}

// TestLastHop sends a query with one hop left to those ultrapeers only whose
// tables let it through.
func TestLastHop(t *testing.T) {
	w := newWorld(t, Config{Hasher: letters{}})
	a, b, c, d := w.joins(alice), w.joinsRouted(bob), w.joinsRouted(carol), w.joins(dave)
	b.tells(nil, tableOf("blue", "sky"))
	c.tells(nil, tableOf("green", "grass"))
	a.sends(guidOf(1), 2, 2, blueSky)
	b.wantAt(wire.TypeQuery, 1, 3)
	d.wantAt(wire.TypeQuery, 1, 3) // told us nothing
	quiet(a, b, c, d)
	a.sends(guidOf(2), 3, 1, blueSky) // not the last hop
	for _, p := range []*player{b, c, d} {
		p.wantAt(wire.TypeQuery, 2, 2)
	}
}

// joinsRouted makes addr a neighbor that exchanges route tables.
func (w *world) joinsRouted(addr netip.AddrPort) *player {
	w.t.Helper()
	p, v := w.applies(addr, handshake.Peer{
		Role: handshake.RoleUltrapeer, GUID: guidOf(byte(addr.Port())),
		QueryRouting: handshake.Version{Minor: 2}, UltrapeerQueryRouting: handshake.Version{Minor: 1},
	})
	if v.Code != handshake.OK {
		w.t.Fatalf("%v was refused: %d %s", addr, v.Code, v.Text)
	}
	w.step(&Up{Link: p.id})
	p.want(wire.TypePing)
	var r qrp.Receiver = *qrp.NewReceiver(qrp.UltrapeerBits)
	if table := p.told(&r); !table.Empty() {
		w.t.Errorf("%v was told of words before anybody shares", addr)
	}
	return p
}

// TestJoinedTable tells ultrapeers the words of ours and of our leaves, and only
// what changed.
func TestJoinedTable(t *testing.T) {
	w := newWorld(t, Config{Hasher: letters{}})
	a := w.joinsRouted(alice)
	r := qrp.NewReceiver(qrp.UltrapeerBits)
	r.Reset(w.now, &wire.RouteReset{Slots: 8, Infinity: 7})
	w.step(&Routing{tableOf("own")})
	if !a.told(r).Equal(tableOf("own")) {
		t.Error("the ultrapeer does not know our words")
	}
	leaf := w.serves(bob, "blue")
	w.passWith(tablePause+2*time.Second, a, leaf)
	want := tableOf("own", "blue")
	if got := a.told(r); !got.Equal(want) {
		t.Error("the ultrapeer does not know our words and our leaf's")
	}
	leaf.tells(tableOf("blue"), tableOf("blue", "sky"))
	w.passWith(tablePause+time.Second, a, leaf)
	if f := a.inbox[0]; f.Type() != wire.TypeRoute || f.Payload()[0] != 1 {
		t.Error("a change was told with a whole table")
	}
	if got := a.told(r); !got.Equal(tableOf("own", "blue", "sky")) {
		t.Error("the ultrapeer does not know what changed")
	}
	w.step(&Ended{Link: leaf.id})
	w.passWith(tablePause+time.Second, a)
	if got := a.told(r); !got.Equal(tableOf("own")) {
		t.Error("the ultrapeer was not told that the leaf is gone")
	}
}

// passWith lets time go by while neighbors stay alive; what the Core says to
// keep them so is left out of what they were sent.
func (w *world) passWith(d time.Duration, players ...*player) {
	w.t.Helper()
	for end := w.now.Add(d); w.now.Before(end); {
		w.pass(min(5*time.Second, end.Sub(w.now)))
		for _, p := range players {
			p.sends(guidOf(byte(w.now.Second())), 0, 0, &wire.Ping{})
			p.inbox = slices.DeleteFunc(p.inbox, func(f wire.Frame) bool { return f.Type() == wire.TypePing })
		}
	}
}

// TestTablesThatChange tells an ultrapeer, one as strict as we are ourselves, of
// words that come and go all the time: it never has a reason to complain.
func TestTablesThatChange(t *testing.T) {
	w := newWorld(t, Config{Mode: ModeLeaf, Want: 8})
	a, _ := w.applies(alice, handshake.Peer{Role: handshake.RoleUltrapeer, GUID: guidOf(1)})
	w.step(&Up{Link: a.id})
	r := qrp.NewReceiver(qrp.MaxBits)
	many := make([]uint32, 40_000)
	for i := range many {
		many[i] = uint32(i) * 0x9E3779B1
	}
	var latest *qrp.Table
	for i := range 200 {
		switch i % 4 {
		case 0:
			latest = nil
		case 1:
			latest = qrp.Build(many[:100+i], qrp.MaxBits)
		case 2:
			latest = qrp.Build(many[:200*i], qrp.MaxBits)
		case 3:
			latest = qrp.Build(many[100+i:200+i], qrp.MaxBits)
		}
		w.step(&Routing{latest})
		w.passWith(7*time.Second, a)
		a.hears(r)
	}
	w.step(&Routing{qrp.Build(many[:50], qrp.MaxBits)})
	w.passWith(10*time.Minute, a)
	a.hears(r)
	for _, h := range many[:50] {
		if !r.Table().Has(h) {
			t.Fatal("a word did not arrive")
		}
	}
	if r.Table().Fill() > 0.01 {
		t.Errorf("%.2f of the table is set: words that went did not go", r.Table().Fill())
	}
}

// TestTableThatGrows tells new words in a table of the old size, when a larger one
// would have to wait, and the larger one then.
func TestTableThatGrows(t *testing.T) {
	w := newWorld(t, Config{Mode: ModeLeaf, Want: 8})
	a, _ := w.applies(alice, handshake.Peer{Role: handshake.RoleUltrapeer, GUID: guidOf(1)})
	w.step(&Up{Link: a.id})
	r := qrp.NewReceiver(qrp.MaxBits)
	var words []uint32
	for i := range uint32(20_000) {
		words = append(words, i*0x9E3779B1)
	}
	knows := func(n, bits int) {
		t.Helper()
		a.hears(r)
		for _, h := range words[:n] {
			if !r.Table().Has(h) {
				t.Fatalf("one of %d words did not arrive", n)
			}
		}
		if got := r.Table().Bits(); got != bits {
			t.Errorf("%d words are in 2^%d slots, want 2^%d", n, got, bits)
		}
	}
	for _, n := range []int{100, 1000, 5000} {
		w.step(&Routing{qrp.Build(words[:n], qrp.MaxBits)})
	}
	knows(5000, qrp.Build(words[:100], qrp.MaxBits).Bits())
	if !w.core.View().Told {
		t.Error("the latest table was told")
	}
	w.passWith(tablePauseWhole+time.Minute, a)
	large := qrp.Build(words[:5000], qrp.MaxBits)
	if knows(5000, large.Bits()); r.Table().Fill() > large.Fill() {
		t.Errorf("%.3f of the table is set, want %.3f", r.Table().Fill(), large.Fill())
	}
	w.step(&Routing{qrp.Build(words, qrp.MaxBits)})
	knows(20_000, large.Bits())
}

// hears takes all messages about our route table that it was sent.
func (p *player) hears(r *qrp.Receiver) {
	p.w.t.Helper()
	for len(p.inbox) > 0 {
		if f := p.inbox[0]; f.Type() != wire.TypeRoute {
			p.inbox = p.inbox[1:]
			continue
		}
		m, err := wire.Parse(wire.TypeRoute, p.want(wire.TypeRoute).Payload())
		var fault *qrp.Fault
		switch m := m.(type) {
		case *wire.RouteReset:
			fault = r.Reset(p.w.now, m)
		case *wire.RoutePatch:
			_, fault = r.Patch(p.w.now, m)
		}
		if err != nil || fault != nil {
			p.w.t.Fatalf("%v complains: %v, %+v", p.addr, err, fault)
		}
	}
}

// TestRouteFaults ends links whose tables break the rules.
func TestRouteFaults(t *testing.T) {
	w := newWorld(t, Config{Hasher: letters{}})
	leaf := w.serves(bob)
	leaf.sends(guidOf(1), 1, 0, &wire.RoutePatch{Seq: 1, Count: 1, Bits: 4, Data: []byte{0}})
	leaf.gone(byeRoutes)
	w.dropped(DropRoutes)
	ultra := w.joins(carol) // never said that it exchanges tables
	ultra.sends(guidOf(2), 1, 0, &wire.RouteReset{Slots: 8, Infinity: 7})
	w.dropped(DropUnsupported)
	quiet(ultra)
}

// TestLeafThatRelays sends a leaf away that passes messages on.
func TestLeafThatRelays(t *testing.T) {
	w := newWorld(t, Config{})
	leaf := w.serves(bob)
	leaf.sends(guidOf(1), 3, 1, blueSky)
	leaf.gone(byeRelays)
	w.dropped(DropSingleHop)
}

// TestAsLeaf lives the life of a leaf: it tells its ultrapeers its words,
// answers what they ask, asks them, and relays nothing.
func TestAsLeaf(t *testing.T) {
	w := newWorld(t, Config{Mode: ModeLeaf, Want: 8, Hasher: letters{}})
	w.step(&Sharing{Files: 3, KiB: 100})
	w.step(&Routing{tableOf("blue")})
	var ultras []*player
	for i := range leafWant {
		p, v := w.applies(netip.AddrPortFrom(netip.AddrFrom4([4]byte{9, byte(i + 1), 1, 1}), 7000), handshake.Peer{Role: handshake.RoleUltrapeer, GUID: guidOf(byte(i + 1))})
		if v.Code != handshake.OK || v.Become != handshake.RoleLeaf {
			t.Fatalf("%+v for an ultrapeer", v)
		}
		w.step(&Up{Link: p.id})
		p.want(wire.TypePing)
		if r := qrp.NewReceiver(qrp.MaxBits); !p.told(r).Equal(tableOf("blue")) {
			t.Error("the ultrapeer does not know our words")
		}
		ultras = append(ultras, p)
	}
	if _, v := w.applies(dave, handshake.Peer{Role: handshake.RoleUltrapeer, GUID: guidOf(9)}); v.Code != handshake.Shielded {
		t.Errorf("an ultrapeer too many: %d %s", v.Code, v.Text)
	}
	if _, v := w.applies(dave, handshake.Peer{Role: handshake.RoleLeaf, GUID: guidOf(8)}); v.Code != handshake.Shielded {
		t.Errorf("a leaf was answered %d %s", v.Code, v.Text)
	}
	a := ultras[0]
	a.sends(guidOf(1), 3, 2, blueSky)
	if len(w.matches) != 1 {
		t.Error("a query was not matched")
	}
	a.sends(guidOf(2), 4, 0, &wire.Ping{})
	m, err := wire.Parse(wire.TypePong, a.want(wire.TypePong).Payload())
	if pong, ok := m.(*wire.Pong); err != nil || !ok || isUltrapeer(pong) || pong.KiB != 101 {
		t.Errorf("the pong %+v is not that of a leaf", m)
	}
	quiet(ultras...)

	w.step(&Search{ID: 5, Query: *blueSky})
	for _, p := range ultras {
		f := p.want(wire.TypeQuery)
		if flags, _, _, _ := wire.QueryText(f.Payload()); f.Hops() != 0 || flags&wire.FlagGuided == 0 {
			t.Errorf("%v was asked with flags %x, hops %d", p.addr, flags, f.Hops())
		}
	}
}

// TestFounder makes an ultrapeer of an automatic leaf that is called while it
// knows none, and of no other.
func TestFounder(t *testing.T) {
	leaf := func(n byte) handshake.Peer { return handshake.Peer{Role: handshake.RoleLeaf, GUID: guidOf(n)} }
	w := newWorld(t, Config{Mode: ModeAuto})
	if _, v := w.applies(alice, leaf(1)); v.Code != handshake.OK || w.core.View().Role != handshake.RoleUltrapeer {
		t.Errorf("the first leaf was answered %d %s; the role is %v", v.Code, v.Text, w.core.View().Role)
	}
	w = newWorld(t, Config{Mode: ModeAuto})
	p, _ := w.applies(bob, handshake.Peer{Role: handshake.RoleUltrapeer, GUID: guidOf(2)})
	w.step(&Up{Link: p.id})
	if _, v := w.applies(alice, leaf(1)); v.Code != handshake.Shielded {
		t.Errorf("a leaf with an ultrapeer answered %d %s", v.Code, v.Text)
	}
	w = newWorld(t, Config{Mode: ModeLeaf})
	if _, v := w.applies(alice, leaf(1)); v.Code != handshake.Shielded {
		t.Errorf("a leaf by its user's will answered %d %s", v.Code, v.Text)
	}
}

// TestPromotion looks at what a leaf must have seen of itself.
func TestPromotion(t *testing.T) {
	fit := fitness{uptime: promoteUptime, reachable: true, slots: promoteSlots, wanted: true}
	if why := fit.lacks(); why != "" {
		t.Errorf("who is fit lacks: %s", why)
	}
	for name, spoil := range map[string]func(*fitness){
		"young":       func(f *fitness) { f.uptime-- },
		"unreachable": func(f *fitness) { f.reachable = false },
		"small":       func(f *fitness) { f.slots-- },
		"unwanted":    func(f *fitness) { f.wanted = false },
	} {
		f := fit
		if spoil(&f); f.lacks() == "" {
			t.Errorf("%s, and promoted", name)
		}
	}

	w := newWorld(t, Config{Mode: ModeAuto})
	a, v := w.applies(alice, handshake.Peer{Role: handshake.RoleUltrapeer, GUID: guidOf(1), Guidance: handshake.GuidanceUltrapeer})
	if v.Code != handshake.OK {
		t.Fatal(v.Text)
	}
	w.step(&Up{Link: a.id})
	w.passWith(promoteUptime-time.Second, a)
	if w.core.View().Role != handshake.RoleLeaf {
		t.Fatalf("promoted after %v", w.now.Sub(w.core.started))
	}
	w.applies(carol, handshake.Peer{Role: handshake.RoleLeaf, GUID: guidOf(7)}) // in vain, but it came
	for !a.closed && w.now.Sub(w.core.started) <= promoteUptime+firstReview {
		w.passWith(time.Second, a)
	}
	if got := w.core.View(); got.Role != handshake.RoleUltrapeer || !a.closed {
		t.Errorf("the role is %v (%s), its link of before closed: %v", got.Role, got.RoleWhy, a.closed)
	}
}

// TestDemotion has an ultrapeer that nobody wants become a leaf again, later
// each time.
func TestDemotion(t *testing.T) {
	idle := fitness{reachable: true, ultras: leafWant, idle: demoteIdle}
	for name, test := range map[string]struct {
		change func(*fitness)
		fails  bool
	}{
		"idle":           {func(*fitness) {}, true},
		"not for long":   {func(f *fitness) { f.idle-- }, false},
		"with a leaf":    {func(f *fitness) { f.leaves = 1 }, false},
		"nowhere to go":  {func(f *fitness) { f.ultras-- }, false},
		"out of reach":   {func(f *fitness) { f.leaves, f.reachable = 5, false }, true},
		"of a small net": {func(f *fitness) { f.ultras, f.reachable = 0, false }, false},
	} {
		f := idle
		if test.change(&f); (f.fails() != "") != test.fails {
			t.Errorf("%s: %q", name, f.fails())
		}
	}
}

// TestGuidance has an ultrapeer whose slots are taken make leaves of those who
// are willing.
func TestGuidance(t *testing.T) {
	w := newWorld(t, Config{Max: 1})
	v := handshake.Verdict{}
	ultra := func(n byte) handshake.Peer { return handshake.Peer{Role: handshake.RoleUltrapeer, GUID: guidOf(n)} }
	a, v := w.applies(alice, ultra(1))
	if v.Needed != handshake.GuidanceUltrapeer {
		t.Errorf("with a free slot: %+v", v)
	}
	w.step(&Up{Link: a.id})
	b, v := w.applies(bob, ultra(2))
	if v.Code != handshake.OK || v.Needed != handshake.GuidanceLeaf {
		t.Errorf("without a free slot: %+v", v)
	}
	w.core.links[b.id].peer.Role = handshake.RoleLeaf // so it confirms
	w.step(&Up{Link: b.id})
	b.want(wire.TypePing)
	c, _ := w.applies(carol, ultra(3)) // this one does not
	w.step(&Up{Link: c.id})
	c.gone(byeFull)

	// The other side of it: one that is automatic takes the guidance.
	w = newWorld(t, Config{Mode: ModeAuto})
	w.core.become(w.now, handshake.RoleUltrapeer, "for the test")
	w.step(&Connect{Addr: alice})
	out := w.peers[w.core.nextLink]
	p := ultra(1)
	p.Guidance = handshake.GuidanceLeaf
	w.step(&Applied{Link: out.id, Remote: alice, Local: ours.Addr(), Offered: handshake.RoleUltrapeer, Peer: &p})
	if v := w.verdicts[out.id]; v.Code != handshake.OK || v.Become != handshake.RoleLeaf {
		t.Errorf("guided to be a leaf: %+v", v)
	}
	w.step(&Up{Link: out.id})
	if w.core.View().Role != handshake.RoleLeaf || out.closed {
		t.Errorf("the role is %v, the link closed: %v", w.core.View().Role, out.closed)
	}
}

// TestEviction has a Sybil take all slots: those who came before keep theirs.
func TestEviction(t *testing.T) {
	const slots = 40
	w := newWorld(t, Config{MaxLeaves: slots})
	var honest []*player
	for i := range 20 {
		p := w.serves(netip.AddrPortFrom(netip.AddrFrom4([4]byte{30, byte(i), 1, 1}), uint16(7000+i)), "blue")
		honest = append(honest, p)
		w.now = w.now.Add(time.Second)
	}
	for i := range 400 {
		addr := netip.AddrPortFrom(netip.AddrFrom4([4]byte{40, 0, byte(i % 64), byte(i / 64)}), uint16(10000+i))
		p, v := w.applies(addr, handshake.Peer{Role: handshake.RoleLeaf, GUID: wire.GUID{0: byte(i), 1: byte(i >> 8), 2: 0xee, 8: 0xff}})
		if v.Code == handshake.OK {
			w.step(&Up{Link: p.id})
			p.inbox = nil
		}
		w.now = w.now.Add(100 * time.Millisecond)
		if n := w.core.leaves(); n > slots {
			t.Fatalf("%d leaves, at most %d are wanted", n, slots)
		}
	}
	lost := 0
	for _, p := range honest {
		if p.closed {
			lost++
		}
	}
	if lost > 0 {
		t.Errorf("%d of %d honest leaves had to go for a Sybil", lost, len(honest))
	}
	if w.core.leaves() != slots {
		t.Errorf("%d leaves, want %d", w.core.leaves(), slots)
	}
}

// TestWhatsNewTravels passes on a query for the newest files: one hop, whatever
// tables say, to those that answer such queries.
func TestWhatsNewTravels(t *testing.T) {
	news := &wire.Query{Flags: wire.FlagMark, Text: wire.WhatsNewText}
	w := newWorld(t, Config{Hasher: letters{}})
	what := wire.NewFeatures(wire.Feature{Name: wire.VendorCode{'W', 'H', 'A', 'T'}, Version: 1})
	a := w.joins(alice)
	knows, leaf := w.speaks(bob, handshake.RoleUltrapeer), w.speaks(carol, handshake.RoleLeaf)
	knows.says(wire.GUID{}, what)
	leaf.says(wire.GUID{}, what)
	leaf.tells(nil, tableOf("green"))
	old := w.serves(dave, "green")
	a.sends(guidOf(1), 2, 0, news)
	knows.wantAt(wire.TypeQuery, 1, 1)
	leaf.wantAt(wire.TypeQuery, 1, 1)
	a.sends(guidOf(2), 2, 1, news) // a hop farther: leaves only
	leaf.wantAt(wire.TypeQuery, 1, 2)
	quiet(a, knows, leaf, old)

	leaf.sends(guidOf(3), 3, 0, news) // of a leaf: no dynamic query
	a.wantAt(wire.TypeQuery, 2, 1)
	knows.wantAt(wire.TypeQuery, 2, 1)
	quiet(a, knows, leaf, old)

	w.step(&Search{ID: 1, Query: *news, TTL: 2})
	for _, p := range []*player{a, knows, leaf} {
		p.wantAt(wire.TypeQuery, 2, 0)
	}
	quiet(a, knows, leaf, old)
}
