package uhc

import (
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"filbert/overlay/hostcache"
	"filbert/overlay/wire"
	"filbert/overlay/wire/ggep"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var (
	epoch = time.Date(2025, 6, 1, 12, 0, 0, 0, time.UTC)
	test  = wire.VendorCode{'T', 'E', 'S', 'T'}
	lab   = hostcache.Config{AllowDocumentation: true}
)

func addr(s string) netip.AddrPort { return netip.MustParseAddrPort(s) }

// asker is a client and what it wants, as a conversation.
type asker struct {
	*Client
	t   *testing.T
	now time.Time
	out []Effect
}

func newAsker(t *testing.T, caches ...string) *asker {
	c := NewClient(Config{Caches: caches, Vendor: test, Wishes: wire.SCPUltrapeers | wire.SCPTLS, Hosts: lab}, rand.New(rand.NewPCG(1, 1)))
	return &asker{Client: c, t: t, now: epoch}
}

func (a *asker) after(d time.Duration) { a.now = a.now.Add(d); a.out = append(a.out, a.Next(a.now)...) }

func (a *asker) round() { a.Begin(); a.after(0) }

// asks takes the requests that were made.
func (a *asker) asks() []*Ask {
	var asks []*Ask
	a.out = slices.DeleteFunc(a.out, func(e Effect) bool {
		ask, ok := e.(*Ask)
		if ok {
			asks = append(asks, ask)
		}
		return ok
	})
	return asks
}

// one takes the only request.
func (a *asker) one() *Ask {
	a.t.Helper()
	asks := a.asks()
	if len(asks) != 1 {
		a.t.Fatalf("%d requests, want 1", len(asks))
	}
	return asks[0]
}

// lookups takes the names that are to be looked up.
func (a *asker) lookups() []string {
	var names []string
	a.out = slices.DeleteFunc(a.out, func(e Effect) bool {
		l, ok := e.(*Lookup)
		if ok {
			names = append(names, l.Host)
		}
		return ok
	})
	return names
}

// pong answers a request.
func pong(ask *Ask, info wire.HostInfo, more ...ggep.Extension) wire.Frame {
	p := &wire.Pong{Addr: ask.To, Files: 12, KiB: 8}
	exts, _, _ := ggep.Parse(info.AppendTo(nil))
	p.Ext = ggep.AppendPlain(nil, append(exts, more...)...)
	return wire.AppendFrame(nil, ask.Frame.GUID(), 1, 0, p)
}

func hosts(list ...string) (out []wire.PackedHost) {
	for _, h := range list {
		out = append(out, wire.PackedHost{Addr: addr(h)})
	}
	return out
}

// TestPingVector holds the bare request against the published one.
func TestPingVector(t *testing.T) {
	guid, err := wire.ParseGUID("a1a2a3a4a5a6a7a8ffaaabacadaeaf00")
	if err != nil {
		t.Fatal(err)
	}
	got := ping(guid, wire.SCPUltrapeers|wire.SCPTLS, test, false)
	want := "a1a2a3a4a5a6a7a8ffaaabacadaeaf00" + "00010010000000" + "c303534350410382564345544553540" // version follows
	if !strings.HasPrefix(hex.EncodeToString(got), want) {
		t.Errorf("request\n%x, want\n%s…", []byte(got), want)
	}
	padded := ping(guid, 0, test, true)
	if len(padded) != fullAnswer {
		t.Errorf("a padded request has %d bytes, want %d", len(padded), fullAnswer)
	}
	m, err := wire.Parse(padded.Type(), padded.Payload())
	if _, ok := m.(*wire.Ping).SCP(); err != nil || !ok {
		t.Errorf("a padded request is read as %+v, %v", m, err)
	}
}

// TestAnswerVector reads the published answer.
func TestAnswerVector(t *testing.T) {
	payload, err := hex.DecodeString("ca18c00002110c00000007870000" +
		"c30349505052c6336407ca18cb007109a05bc00002c8cb18074950505f544c53414085554450484340")
	if err != nil {
		t.Fatal(err)
	}
	a := newAsker(t, "192.0.2.17:6346")
	a.round()
	ask := a.one()
	frame := wire.Header{GUID: ask.Frame.GUID(), Type: wire.TypePong, TTL: 1, Length: uint32(len(payload))}.AppendTo(nil)
	got, ok := a.Received(a.now, ask.To, append(frame, payload...))
	want := []wire.PackedHost{{Addr: addr("198.51.100.7:6346")}, {Addr: addr("203.0.113.9:23456"), TLS: true}, {Addr: addr("192.0.2.200:6347")}}
	if !ok || !slices.Equal(got.Hosts, want) || got.Cache != "192.0.2.17:6346" || got.From != ask.To {
		t.Errorf("read %+v, %v", got, ok)
	}
	if !a.Over(a.now) {
		t.Error("the only cache has answered and the round goes on")
	}
}

func TestRound(t *testing.T) {
	var names []string
	for i := range 20 {
		names = append(names, fmt.Sprintf("198.51.100.%d:7000", i+1))
	}
	a := newAsker(t, names...)
	if a.after(0); len(a.out) != 0 {
		t.Fatal("asked before the round")
	}
	a.round()
	first := a.asks()
	if len(first) != parallel {
		t.Fatalf("%d requests at once, want %d", len(first), parallel)
	}
	if due := a.Due(); !due.Equal(epoch.Add(askTimeout)) {
		t.Errorf("due at %v", due)
	}
	a.after(askTimeout - 1)
	if len(a.asks()) != 0 {
		t.Error("asked others although nothing timed out")
	}
	a.after(1)
	second := a.asks()
	if len(second) != perRound-parallel {
		t.Fatalf("%d more requests, want %d", len(second), perRound-parallel)
	}
	asked := map[netip.AddrPort]bool{}
	for _, ask := range append(first, second...) {
		if asked[ask.To] {
			t.Errorf("%v was asked twice", ask.To)
		}
		asked[ask.To] = true
	}
	// Late, but not too late.
	if _, ok := a.Received(a.now.Add(matchFor-askTimeout-1), first[0].To, pong(first[0], wire.HostInfo{})); !ok {
		t.Error("an answer within 30 s is not taken")
	}
	if _, ok := a.Received(a.now.Add(matchFor-askTimeout), first[1].To, pong(first[1], wire.HostInfo{})); ok {
		t.Error("an answer after 30 s is taken")
	}
	if a.Over(a.now) {
		t.Error("over while answers are waited for")
	}
	a.after(askTimeout)
	if !a.Over(a.now) || len(a.asks()) != 0 {
		t.Error("the round goes beyond its requests")
	}
	// The next round asks the other ten: these were asked less than 180 s ago.
	a.round()
	for _, ask := range a.asks() {
		if asked[ask.To] {
			t.Errorf("%v is asked again after %v", ask.To, a.now.Sub(epoch))
		}
	}
	a.End()
	if !a.Over(a.now) {
		t.Error("ended and not over")
	}
	a.after(askTimeout)
	if len(a.out) != 0 {
		t.Error("asks after the end")
	}
}

func TestPauseBetweenRequests(t *testing.T) {
	a := newAsker(t, "198.51.100.1:7000")
	a.round()
	ask := a.one()
	if _, ok := a.Received(a.now, ask.To, pong(ask, wire.HostInfo{})); !ok {
		t.Fatal("not taken")
	}
	a.now = epoch.Add(askPause - 1)
	if a.round(); len(a.asks()) != 0 || !a.Over(a.now) {
		t.Error("asked again before its pause was over")
	}
	a.now = epoch.Add(askPause)
	a.round()
	a.one()
	a.now = epoch.Add(-time.Hour) // the clock went back
	a.after(0)
	a.Begin()
	a.Client.asks = nil
	a.after(0)
	a.one()
}

// TestForgery: only the host that was asked answers, with the GUID of the
// question, once.
func TestForgery(t *testing.T) {
	a := newAsker(t, "198.51.100.1:7000")
	a.round()
	ask := a.one()
	good := pong(ask, wire.HostInfo{Hosts: hosts("203.0.113.9:7000")})
	other := slices.Clone(good)
	other[3]++
	ping := slices.Clone(good)
	ping[16] = byte(wire.TypePing)
	cut := wire.AppendFrame(nil, ask.Frame.GUID(), 1, 0, &wire.Opaque{Kind: wire.TypePong, Payload: []byte("short")})
	for name, try := range map[string]struct {
		from  string
		frame wire.Frame
	}{
		"another GUID": {"198.51.100.1:7000", other}, "another host": {"198.51.100.2:7000", good},
		"no pong": {"198.51.100.1:7000", ping}, "short": {"198.51.100.1:7000", cut},
	} {
		if _, ok := a.Received(a.now, addr(try.from), try.frame); ok {
			t.Errorf("%s: taken", name)
		}
	}
	if got, ok := a.Received(a.now, addr("198.51.100.1:9"), good); !ok || got.Hosts[0].Addr != addr("203.0.113.9:7000") {
		t.Errorf("from another port of the host: %+v, %v", got, ok)
	}
	if _, ok := a.Received(a.now, ask.To, good); ok {
		t.Error("taken twice")
	}
}

// TestServentAnswers: who is no cache is a host itself.
func TestServentAnswers(t *testing.T) {
	a := newAsker(t, "198.51.100.1:7000")
	a.round()
	ask := a.one()
	got, _ := a.Received(a.now, ask.To, pong(ask, wire.HostInfo{Hosts: hosts("203.0.113.9:7000")}))
	if !slices.Equal(got.Hosts, hosts("203.0.113.9:7000", "198.51.100.1:7000")) {
		t.Errorf("told of %v", got.Hosts)
	}
}

func TestNames(t *testing.T) {
	a := newAsker(t, "uhc.example:3558", "UHC.example:3559", "uhc.example:3558", "no name", "198.51.100.1")
	if a.Len() != 3 {
		t.Fatalf("%d caches, want 3", a.Len())
	}
	a.round()
	if ask := a.one(); ask.To != addr("198.51.100.1:6346") {
		t.Errorf("asked %v", ask.To)
	}
	if got := a.lookups(); len(got) != 2 || got[0] != "uhc.example" {
		t.Fatalf("looks up %v", got)
	}
	a.out = a.Resolved(a.now, "uhc.example", []netip.Addr{netip.MustParseAddr("::ffff:203.0.113.7")})
	asks := a.asks()
	if len(asks) != 2 || asks[0].To.Addr() != netip.MustParseAddr("203.0.113.7") || asks[0].To.Port() == asks[1].To.Port() {
		t.Fatalf("asked %v", asks)
	}
	if extra := a.Resolved(a.now, "uhc.example", nil); len(extra) != 0 {
		t.Error("a lookup that nobody waits for")
	}
	// Known for an hour, looked up again then.
	a.End()
	a.after(askPause)
	a.round()
	if len(a.lookups()) != 0 || len(a.asks()) != 3 {
		t.Error("looked up again too soon")
	}
	a.End()
	a.after(lookupFresh)
	a.round()
	if len(a.lookups()) != 2 {
		t.Error("not looked up again after an hour")
	}
	a.after(lookupTimeout)
	if !a.Over(a.now) {
		t.Error("waits for a lookup that takes too long")
	}
	// What is found after the round is too late.
	a.now = a.now.Add(askPause)
	a.round()
	a.End()
	if more := a.Resolved(a.now, "uhc.example", []netip.Addr{netip.MustParseAddr("203.0.113.7")}); len(more) != 0 {
		t.Error("asked after the end")
	}
}

// TestPoisonedCaches: a cache can name others, not whom it likes.
func TestPoisonedCaches(t *testing.T) {
	a := newAsker(t, "198.51.100.1:7000")
	a.round()
	ask := a.one()
	lines := []string{"10.0.0.1:7000", "127.0.0.1:7000", "203.0.113.7:80", "203.0.113.7:7000&opt=1", "inner.example:7000",
		"203.0.113.7:7000", "", "<b>", "[2001:db8::7]:7000"}
	got, _ := a.Received(a.now, ask.To, pong(ask, wire.HostInfo{HostCache: true}, ggep.NewDeflated(ggep.PHC, []byte(strings.Join(lines, "\n")))))
	if got.More != 3 || a.Len() != 4 || len(got.Hosts) != 0 {
		t.Fatalf("%d more caches of %d, hosts %v", got.More, a.Len(), got.Hosts)
	}
	a.now = a.now.Add(askPause)
	a.round()
	if more := a.lookups(); !slices.Equal(more, []string{"inner.example"}) {
		t.Fatalf("looks up %v", more)
	}
	if e := a.Resolved(a.now, "inner.example", []netip.Addr{netip.MustParseAddr("192.168.1.1"), netip.MustParseAddr("::1")}); len(e) != 0 {
		t.Errorf("asks a name that leads inside: %v", e)
	}
}

func TestCachesAreForgotten(t *testing.T) {
	a := newAsker(t, "198.51.100.1:7000")
	a.learn("203.0.113.7:7000", netip.MustParseAddr("198.51.100.1"))
	for i := range maxFailures {
		if a.Len() != 2 {
			t.Fatalf("%d caches after %d failures", a.Len(), i)
		}
		a.round()
		for _, ask := range a.asks() {
			if padded := len(ask.Frame) == fullAnswer; padded != (i%2 == 0) {
				t.Errorf("request %d: %d bytes", i, len(ask.Frame))
			}
		}
		a.after(askPause)
	}
	if a.Len() != 1 {
		t.Errorf("%d caches, want that of the settings", a.Len())
	}
}

func TestCap(t *testing.T) {
	a := newAsker(t)
	teller := netip.MustParseAddr("198.51.100.1")
	name := func(i int) string { return fmt.Sprintf("cache%d.example:7000", i) }
	for i := range maxCaches + 1 {
		if got := a.learn(name(i), teller); got != (i < maxCaches) {
			t.Errorf("cache %d: taken %v", i, got)
		}
	}
	a.list[7].failures = 1
	if !a.learn("late.example:7000", teller) || a.Len() != maxCaches || a.find("cache7.example", 7000) != nil {
		t.Error("one that never answered makes no room")
	}
	var lines []string
	for i := range maxPHC + 1 {
		lines = append(lines, name(i))
	}
	if got := parsePHC(strings.Join(lines, "\n")); len(got) != maxPHC {
		t.Errorf("%d of %d caches taken", len(got), len(lines))
	}
}

func TestSnapshot(t *testing.T) {
	a := newAsker(t, "198.51.100.1:7000")
	teller := netip.MustParseAddr("198.51.100.1")
	for i, name := range []string{"a.example:7000", "b.example:7000", "203.0.113.7:7000"} {
		a.learn(name, teller)
		if i > 0 {
			a.list[i+1].answered = epoch.Add(time.Duration(i) * time.Minute)
		}
	}
	a.list[0].answered = epoch
	b := newAsker(t, "203.0.113.7:7000")
	if n := b.Restore(a.Snapshot()); n != 1 || b.Len() != 2 || b.list[1].host != "b.example" || b.list[1].teller != teller {
		t.Errorf("%d caches of %q", n, a.Snapshot())
	}
	for _, damaged := range []string{"", "\n\n", "b.example:7000", "b.example:7000 nobody", strings.Repeat("x", MaxSnapshot+1)} {
		if n := newAsker(t).Restore([]byte(damaged)); n != 0 {
			t.Errorf("%.20q: %d caches", damaged, n)
		}
	}
}

// FuzzReceived feeds anything as the answer to a request.
func FuzzReceived(f *testing.F) {
	seed := &Ask{To: addr("198.51.100.1:7000"), Frame: ping(wire.GUID{}, 0, test, false)}
	f.Add([]byte(pong(seed, wire.HostInfo{HostCache: true, Hosts: hosts("203.0.113.9:7000")}, ggep.Extension{ID: ggep.PHC, Data: []byte("a.example:1&x\n[::1]\n")})[wire.HeaderLen:]))
	f.Fuzz(func(t *testing.T, payload []byte) {
		a := newAsker(t, "198.51.100.1:7000")
		a.round()
		ask := a.one()
		frame := wire.AppendFrame(nil, ask.Frame.GUID(), 1, 0, &wire.Opaque{Kind: wire.TypePong, Payload: payload})
		got, ok := a.Received(a.now, ask.To, frame)
		if !ok {
			return
		}
		if len(got.Hosts) > 2*wire.MaxPackedHosts+1 || got.More > maxPHC || a.Len() != 1+got.More {
			t.Fatalf("%d hosts, %d more caches of %d", len(got.Hosts), got.More, a.Len())
		}
		for _, k := range a.list {
			if host, port, ok := parseName(k.name()); !ok || host != k.host || port != k.port {
				t.Fatalf("the cache %q is not read again", k.name())
			}
		}
	})
}
