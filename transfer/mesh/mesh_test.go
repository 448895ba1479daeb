package mesh

import (
	"encoding/binary"
	"flag"
	"math/rand/v2"
	"net/netip"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"filbert/transfer/urn"
)

var keys = flag.Int("keys", 100_000, "how many files TestManyKeys names")

// world is an internet whose 10/8 is nobody's, and whose 10.9/16 is a private
// network that only those in it may name.
type world struct{}

func (world) Usable(addr netip.AddrPort, teller netip.Addr) bool {
	b := addr.Addr().As4()
	switch {
	case b[0] == 10 && b[1] == 9:
		return !teller.IsValid() || teller.As4()[0] == 10 && teller.As4()[1] == 9
	case b[0] == 10, addr.Port() == 0:
		return false
	}
	return true
}

func (world) Network(addr netip.Addr) netip.Prefix {
	p, _ := addr.Prefix(24)
	return p
}

var (
	start = time.Date(2026, 11, 26, 0, 0, 0, 0, time.UTC)
	one   = netip.MustParseAddr("1.1.1.1")
	two   = netip.MustParseAddr("2.2.2.2")
	three = netip.MustParseAddr("3.3.3.3")
	asker = netip.MustParseAddr("9.9.9.9")
	sum   = urn.SHA1{1}
)

func newMesh() *Mesh { return New(world{}, rand.New(rand.NewPCG(1, 2))) }

// offered is who is offered to asker, in order.
func (m *Mesh) offered(now time.Time) string { return inOrder(m.Offer(now, sum, asker, MaxSources)) }

func inOrder(alts []AltLoc) string {
	slices.SortFunc(alts, func(a, b AltLoc) int { return a.Addr.Compare(b.Addr) })
	return string(AppendAlt(nil, alts))
}

func (m *Mesh) wantOffered(t *testing.T, now time.Time, want string) {
	t.Helper()
	if got := m.offered(now); got != want {
		t.Errorf("%v in, %q are offered, want %q", now.Sub(start), got, want)
	}
}

func TestRumoursAreNotPassedOn(t *testing.T) {
	m := newMesh()
	m.Heard(start, sum, one, direct("5.5.5.5:5"))
	m.Heard(start, sum, netip.MustParseAddr("1.1.1.77"), direct("5.5.5.5:5")) // the same network
	m.wantOffered(t, start, "")
	if got := inOrder(m.Sources(start, sum, 10)); got != "5.5.5.5:5" {
		t.Errorf("we may try %q", got)
	}
	m.Heard(start, sum, two, direct("5.5.5.5:5"))
	m.wantOffered(t, start, "5.5.5.5:5")
	m.Heard(start, sum, one, direct("6.6.6.6:6"))
	m.Worked(start, sum, direct("6.6.6.6:6")[0])
	m.Worked(start, sum, direct("7.7.7.7:7")[0]) // of which nobody spoke
	m.wantOffered(t, start, "5.5.5.5:5, 6.6.6.6:6, 7.7.7.7:7")
	if got := m.Offer(start, sum, asker, 2); len(got) != 2 {
		t.Errorf("%d were offered, the most is 2", len(got))
	}
	if got := m.Offer(start, urn.SHA1{2}, asker, 2); got != nil {
		t.Errorf("%v were offered of another file", got)
	}
}

// TestSelf: who names its own address is passed on at once, until it fails.
func TestSelf(t *testing.T) {
	m := newMesh()
	m.Heard(start, sum, netip.MustParseAddr("5.5.5.5"), direct("5.5.5.5:5", "6.6.6.6:6"))
	m.wantOffered(t, start, "5.5.5.5:5")
	m.Heard(start, sum, netip.MustParseAddr("::ffff:6.6.6.6"), direct("6.6.6.6:6")) // it was a rumour
	m.wantOffered(t, start, "5.5.5.5:5, 6.6.6.6:6")
	m.Failed(start, sum, direct("5.5.5.5:5")[0])
	m.Heard(start, sum, netip.MustParseAddr("5.5.5.5"), direct("5.5.5.5:5"))
	m.wantOffered(t, start, "6.6.6.6:6")
}

func TestSourcesAreForgotten(t *testing.T) {
	m := newMesh()
	for _, from := range []netip.Addr{one, two} {
		m.Heard(start, sum, from, direct("5.5.5.5:5"))
	}
	m.Worked(start, sum, direct("6.6.6.6:6")[0])
	m.wantOffered(t, start.Add(unprovenLife-1), "5.5.5.5:5, 6.6.6.6:6")
	m.wantOffered(t, start.Add(unprovenLife), "6.6.6.6:6")
	m.Heard(start.Add(11*time.Hour), sum, one, direct("6.6.6.6:6"))
	m.wantOffered(t, start.Add(provenLife), "6.6.6.6:6")
	m.wantOffered(t, start.Add(provenLife+11*time.Hour), "")
}

func TestFailures(t *testing.T) {
	m := newMesh()
	for _, from := range []netip.Addr{one, two} {
		m.Heard(start, sum, from, direct("5.5.5.5:5", "6.6.6.6:6"))
	}
	m.Failed(start, sum, direct("5.5.5.5:5")[0])
	m.wantOffered(t, start, "6.6.6.6:6")
	m.Heard(start, sum, three, direct("5.5.5.5:5")) // who fails us is not praised back
	m.Heard(start, sum, two, direct("5.5.5.5:5"))
	m.wantOffered(t, start, "6.6.6.6:6")
	if got := inOrder(m.Bad(start, sum, asker, 10)); got != "5.5.5.5:5" {
		t.Errorf("we call %q failed", got)
	}
	if got := inOrder(m.Sources(start, sum, 10)); got != "6.6.6.6:6" {
		t.Errorf("we may try %q", got)
	}
	later := start.Add(banned)
	if got := m.Bad(later, sum, asker, 10); len(got) != 0 {
		t.Errorf("we still call %v failed", got)
	}
	m.Heard(later, sum, one, direct("5.5.5.5:5"))
	m.Heard(later, sum, two, direct("5.5.5.5:5"))
	m.wantOffered(t, later, "5.5.5.5:5")
	m.Failed(later, sum, direct("5.5.5.5:5")[0])
	m.Worked(later, sum, direct("5.5.5.5:5")[0])
	m.wantOffered(t, later, "5.5.5.5:5")
}

func TestReports(t *testing.T) {
	m := newMesh()
	both := direct("5.5.5.5:5", "6.6.6.6:6")
	for _, from := range []netip.Addr{one, two} {
		m.Heard(start, sum, from, both)
	}
	m.Worked(start, sum, both[1])
	for _, from := range []netip.Addr{one, one, two, netip.MustParseAddr("1.1.1.200")} {
		m.Reported(start, sum, from, both)
	}
	m.wantOffered(t, start, "5.5.5.5:5, 6.6.6.6:6")
	m.Reported(start, sum, three, both)
	m.wantOffered(t, start, "6.6.6.6:6") // what we saw ourselves counts for more
	if got := m.Bad(start, sum, asker, 10); len(got) != 0 {
		t.Errorf("we pass on %v as failed, which others said", got)
	}
	for _, from := range []netip.Addr{one, two, three} {
		m.Reported(start.Add(unprovenLife), sum, from, both) // it may have gone since
	}
	m.wantOffered(t, start.Add(unprovenLife), "")
	m.Reported(start, urn.SHA1{9}, one, both) // of a file we know nothing of
	if files, _ := m.Len(); files != 1 {
		t.Errorf("%d files are known", files)
	}
}

// TestAddresses is threat T13: the mesh never names who may not be named.
func TestAddresses(t *testing.T) {
	m := newMesh()
	inside := netip.MustParseAddr("10.9.0.1")
	for _, from := range []netip.Addr{one, two} {
		m.Heard(start, sum, from, direct("10.0.0.1:80", "10.9.0.5:5", "5.5.5.5:5"))
	}
	m.Heard(start, sum, inside, direct("10.9.0.6:6"))
	m.Worked(start, sum, direct("10.9.0.6:6")[0])
	m.Worked(start, sum, direct("10.0.0.1:80")[0])
	m.wantOffered(t, start, "5.5.5.5:5")
	if got := inOrder(m.Offer(start, sum, inside, 10)); got != "5.5.5.5:5, 10.9.0.6:6" {
		t.Errorf("inside, %q are offered", got)
	}

	fw := AltLoc{Firewalled: true, Servent: [16]byte{1}, Addr: netip.MustParseAddrPort("10.0.0.1:1"),
		Proxies: []netip.AddrPort{netip.MustParseAddrPort("10.0.0.1:2"), netip.MustParseAddrPort("8.8.8.8:2")}}
	hidden := AltLoc{Firewalled: true, Servent: [16]byte{2}, Proxies: fw.Proxies[:1]}
	for _, from := range []netip.Addr{one, two} {
		m.Heard(start, sum, from, []AltLoc{fw, hidden})
	}
	got := m.Offer(start, sum, asker, 10)
	if text := string(AppendFirewalled(nil, got)); text != "01000000000000000000000000000000;8.8.8.8:2" {
		t.Errorf("firewalled ones are offered as %q", text)
	}
}

// TestOneTellerCannotFill lets one network tell all it can.
func TestOneTellerCannotFill(t *testing.T) {
	m := newMesh()
	for i := range 1000 {
		m.Heard(start, sum, one, []AltLoc{{Addr: numbered(i << 8)}})
	}
	if _, sources := m.Len(); sources != maxPerTeller {
		t.Errorf("one network brought in %d sources, the most is %d", sources, maxPerTeller)
	}
	m.Worked(start, sum, direct("5.5.5.5:5")[0])
	for i := range 1000 {
		m.Heard(start.Add(time.Minute), sum, numbered(i<<8).Addr(), []AltLoc{{Addr: numbered(i << 8)}})
	}
	if _, sources := m.Len(); sources != MaxSources {
		t.Errorf("%d sources are known, the most is %d", sources, MaxSources)
	}
	if got := inOrder(m.Offer(start.Add(time.Minute), sum, asker, MaxSources)); got[:9] != "5.5.5.5:5" {
		t.Errorf("rumours have driven out what worked: %.40q", got)
	}
}

// TestOneVictim names a thousand ports of one house.
func TestOneVictim(t *testing.T) {
	m := newMesh()
	for i := range 1000 {
		m.Heard(start, sum, numbered(i<<8).Addr(), []AltLoc{{Addr: netip.AddrPortFrom(netip.MustParseAddr("5.5.5.5"), uint16(2000+i))}})
	}
	if got := m.Sources(start, sum, MaxSources); len(got) != maxPerNetwork {
		t.Errorf("we would knock at %d doors of one house, the most is %d", len(got), maxPerNetwork)
	}
}

// numbered is one of some 2²⁴ addresses of networks from 11/8 on.
func numbered(i int) netip.AddrPort {
	var b [4]byte
	binary.BigEndian.PutUint32(b[:], 11<<24|uint32(i))
	return netip.AddrPortFrom(netip.AddrFrom4(b), 6346)
}

// TestManyKeys is threat T21: names that an attacker chooses fill nothing.
func TestManyKeys(t *testing.T) {
	m := newMesh()
	for i := range *keys {
		var h urn.SHA1
		binary.BigEndian.PutUint64(h[:], uint64(i))
		var alts []AltLoc
		for j := range 10 {
			alts = append(alts, AltLoc{Addr: numbered(i<<12 | j<<8)})
		}
		m.Heard(start, h, numbered(i<<8).Addr(), alts)
		if files, sources := m.Len(); files > MaxFiles || sources > maxTotal {
			t.Fatalf("after %d files %d are known with %d sources", i, files, sources)
		}
	}
	m.check(t)
}

// check counts again what the mesh counts as it goes.
func (m *Mesh) check(t interface{ Fatalf(string, ...any) }) {
	total := 0
	for e := m.recent.Front(); e != nil; e = e.Next() {
		f := e.Value.(*file)
		total += len(f.sources)
		if m.files[f.sha1] != e || len(f.sources) > MaxSources {
			t.Fatalf("the table is broken")
		}
	}
	if total != m.total || m.recent.Len() != len(m.files) || total > maxTotal {
		t.Fatalf("%d sources of %d files are counted as %d of %d", total, m.recent.Len(), m.total, len(m.files))
	}
}

// TestModel plays at random and holds what is offered against the whole history.
func TestModel(t *testing.T) {
	type word struct {
		at   time.Time
		from netip.Addr
	}
	rapid.Check(t, func(t *rapid.T) {
		m, now := newMesh(), start
		named, worked, failed := map[netip.AddrPort][]word{}, map[netip.AddrPort]time.Time{}, map[netip.AddrPort]time.Time{}
		source := func() netip.AddrPort { return numbered(rapid.IntRange(0, 5).Draw(t, "source")) }
		t.Repeat(map[string]func(*rapid.T){
			"wait": func(t *rapid.T) { now = now.Add(time.Duration(rapid.IntRange(1, 90).Draw(t, "minutes")) * time.Minute) },
			"heard": func(t *rapid.T) {
				from, s := netip.AddrFrom4([4]byte{byte(rapid.IntRange(1, 4).Draw(t, "from")), 1, 1, 1}), source()
				m.Heard(now, sum, from, []AltLoc{{Addr: s}})
				named[s] = append(named[s], word{now, from})
			},
			"worked": func(t *rapid.T) {
				s := source()
				m.Worked(now, sum, AltLoc{Addr: s})
				worked[s] = now
				delete(failed, s)
			},
			"failed": func(t *rapid.T) {
				s := source()
				m.Failed(now, sum, AltLoc{Addr: s})
				failed[s] = now
				delete(worked, s)
				delete(named, s)
			},
			"": func(t *rapid.T) {
				m.check(t)
				for _, a := range m.Offer(now, sum, asker, 100) {
					tellers := map[netip.Addr]bool{}
					for _, w := range named[a.Addr] {
						tellers[w.from] = true
					}
					_, didWork := worked[a.Addr]
					if at, bad := failed[a.Addr]; bad && now.Sub(at) < banned {
						t.Fatalf("%v is offered, which failed", a.Addr)
					}
					if !didWork && len(tellers) < enoughTellers {
						t.Fatalf("%v is offered on the word of %d", a.Addr, len(tellers))
					}
				}
				for s, at := range worked {
					if now.Sub(at) < provenLife && !slices.ContainsFunc(m.Offer(now, sum, asker, 100), func(a AltLoc) bool { return a.Addr == s }) {
						t.Fatalf("%v is not offered, which worked", s)
					}
				}
			},
		})
	})
}
