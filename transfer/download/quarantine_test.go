package download

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"filbert/transfer"
	"filbert/transfer/merkle"
	"filbert/transfer/urn"
)

func TestQuarantine(t *testing.T) {
	begin := time.Date(2026, 11, 28, 0, 0, 0, 0, time.UTC)
	host, other := netip.MustParseAddr("203.0.113.7"), netip.MustParseAddr("203.0.113.8")
	lan := netip.MustParseAddr("2001:db8:1:2::1")
	var q quarantine
	steps := []struct {
		at     time.Duration
		do     func(now time.Time)
		barred map[netip.Addr]time.Duration
	}{
		{0, func(now time.Time) { q.charge(host, urn.SHA1{1}, now); q.charge(host, urn.SHA1{2}, now) }, nil},
		{time.Minute, func(now time.Time) { q.charge(netip.MustParseAddr("::ffff:203.0.113.7"), urn.SHA1{3}, now) }, map[netip.Addr]time.Duration{host: barTime}},
		{2 * time.Minute, func(time.Time) {}, map[netip.Addr]time.Duration{host: barTime - time.Minute}},
		{3 * time.Minute, func(time.Time) { q.withdraw(urn.SHA1{2}) }, nil},
		{4 * time.Minute, func(now time.Time) { q.charge(host, urn.SHA1{2}, now) }, map[netip.Addr]time.Duration{host: barTime}},
		{3 * time.Hour, func(time.Time) {}, nil},
		// Lies of long ago do not count.
		{3 * time.Hour, func(now time.Time) { q.charge(host, urn.SHA1{4}, now) }, nil},
		{3 * time.Hour, func(now time.Time) { q.charge(host, urn.SHA1{4}, now); q.charge(host, urn.SHA1{4}, now) }, map[netip.Addr]time.Duration{host: barTime}},
		// All of a network of IPv6 is one host.
		{3 * time.Hour, func(now time.Time) {
			for i := range byte(3) {
				q.charge(netip.AddrFrom16([16]byte{0x20, 1, 0xd, 0xb8, 0, 1, 0, 2, 15: i}), urn.SHA1{5}, now)
			}
		}, map[netip.Addr]time.Duration{host: barTime, lan: barTime}},
		// Nobody is blamed who has no address of its own.
		{3 * time.Hour, func(now time.Time) {
			for range 3 {
				q.charge(netip.Addr{}, urn.SHA1{6}, now)
				q.charge(netip.MustParseAddr("127.0.0.1"), urn.SHA1{6}, now)
			}
		}, map[netip.Addr]time.Duration{host: barTime, lan: barTime}},
	}
	for i, step := range steps {
		now := begin.Add(step.at)
		step.do(now)
		for _, a := range []netip.Addr{host, other, lan, netip.MustParseAddr("127.0.0.1"), {}} {
			if got := q.barred(a, now); got != step.barred[a] {
				t.Errorf("step %d: %v is barred for %v, want %v", i, a, got, step.barred[a])
			}
		}
	}
	for i := range 3 * maxBlamed {
		q.charge(netip.AddrFrom4([4]byte{9, 9, byte(i >> 8), byte(i)}), urn.SHA1{7}, begin.Add(4*time.Hour+time.Duration(i)))
	}
	if len(q.hosts) > maxBlamed || q.barred(host, begin.Add(4*time.Hour)) != 0 {
		t.Errorf("%d hosts are remembered", len(q.hosts))
	}
}

// TestHostThatLies: a host has ten servents that send wrong bytes of every file. After
// three of them it is not asked for anything, while an honest one gives; an hour later
// it is.
func TestHostThatLies(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newTown(t, 1)
		var told diary
		d := open(t, folder(), Config{Connector: n, Witness: &told})
		host := netip.MustParseAddr("198.51.100.66")
		asked := func(seeds []*seed) (count int64) {
			for _, s := range seeds {
				count += s.asked.Load()
			}
			return count
		}
		var all []*seed
		give := func(of byte, reason string) {
			file, b := content(of, 2*mb)
			file.Name = fmt.Sprintf("file %d.bin", of)
			trees := treesOf(b, merkle.Tiger)
			honest := plant(t, n, file, b, trees)
			honest.rate = steady(mb)
			var sources []transfer.Source
			for i := range 10 {
				s := &seed{t: t, file: file, bytes: b, trees: trees}
				lies["wrong bytes"](s, 0)
				s.Source = n.at(t, netip.AddrPortFrom(host, uint16(7000+100*int(of)+i)), s.serve)
				all = append(all, s)
				sources = append(sources, s.Source)
			}
			d.add(file, append(sources, honest.Source)...)
			status := d.want(file, Complete)
			d.wantFile(file.Name, b)
			if !strings.Contains(fmt.Sprint(status.Peers), reason) {
				t.Errorf("of file %d nobody is said to be barred: %+v", of, status.Peers)
			}
		}
		give(1, "its host sent wrong bytes 3 times")
		liars := 0
		for _, s := range all {
			if s.asked.Load() > 0 {
				liars++
			}
		}
		// Four are asked before it is known what to verify by.
		if liars < liesToBar || liars > liesToBar+probers {
			t.Errorf("%d servents of the host were asked", liars)
		}
		if barred, _ := told.heard(); !slices.Equal(barred, []netip.Addr{host}) {
			t.Errorf("told that %v is barred", barred)
		}
		before := asked(all)
		give(2, "its host sent wrong bytes 3 times")
		if asked(all) != before {
			t.Errorf("of the second file the host was asked %d times", asked(all)-before)
		}
		time.Sleep(barTime)
		give(3, "")
		if asked(all) == before {
			t.Error("an hour later it is not asked")
		}
	})
}
