package stun

import (
	"math/rand/v2"
	"net/netip"
	"testing"
	"time"
)

var (
	ours = netip.MustParseAddr("203.0.113.9")
	lie  = netip.MustParseAddr("198.51.100.66")
)

// observer is one of a group of its own.
func observer(i int) netip.Addr { return netip.AddrFrom4([4]byte{11, byte(i), 1, 1}) }

func TestAgreement(t *testing.T) {
	type vote struct {
		by   string
		seen string // empty: asked only
	}
	for _, test := range []struct {
		name  string
		votes []vote
		want  string
	}{
		{"nobody", nil, ""},
		{"two", []vote{{"11.1.0.1", "203.0.113.9"}, {"11.2.0.1", "203.0.113.9"}}, ""},
		{"three", []vote{{"11.1.0.1", "203.0.113.9"}, {"11.2.0.1", "203.0.113.9"}, {"11.3.0.1", "203.0.113.9"}}, "203.0.113.9"},
		{"three of one network", []vote{{"11.1.0.1", "203.0.113.9"}, {"11.1.9.1", "203.0.113.9"}, {"11.1.0.3", "203.0.113.9"}}, ""},
		{"three against two", []vote{
			{"11.1.0.1", "198.51.100.66"}, {"11.2.0.1", "198.51.100.66"}, {"11.3.0.1", "203.0.113.9"}, {"11.4.0.1", "203.0.113.9"}, {"11.5.0.1", "203.0.113.9"},
		}, "203.0.113.9"},
		{"three against three", []vote{
			{"11.1.0.1", "198.51.100.66"}, {"11.2.0.1", "198.51.100.66"}, {"11.6.0.1", "198.51.100.66"},
			{"11.3.0.1", "203.0.113.9"}, {"11.4.0.1", "203.0.113.9"}, {"11.5.0.1", "203.0.113.9"},
		}, ""},
		{"three of six asked", []vote{
			{"11.1.0.1", ""}, {"11.2.0.1", ""}, {"11.3.0.1", ""}, {"11.4.0.1", "203.0.113.9"}, {"11.5.0.1", "203.0.113.9"}, {"11.6.0.1", "203.0.113.9"},
		}, ""},
		{"three of five asked", []vote{
			{"11.1.0.1", ""}, {"11.2.0.1", ""}, {"11.4.0.1", "203.0.113.9"}, {"11.5.0.1", "203.0.113.9"}, {"11.6.0.1", "203.0.113.9"},
		}, "203.0.113.9"},
		{"a group that changes its mind", []vote{
			{"11.1.0.1", "198.51.100.66"}, {"11.1.0.2", "203.0.113.9"}, {"11.2.0.1", "203.0.113.9"}, {"11.3.0.1", "203.0.113.9"},
		}, "203.0.113.9"},
		{"asked again, with the old answer", []vote{
			{"11.1.0.1", "203.0.113.9"}, {"11.2.0.1", "203.0.113.9"}, {"11.3.0.1", "203.0.113.9"}, {"11.3.0.1", ""},
		}, "203.0.113.9"},
		{"written as IPv6", []vote{
			{"::ffff:11.1.0.1", "203.0.113.9"}, {"11.2.0.1", "::ffff:203.0.113.9"}, {"11.3.0.1", "203.0.113.9"},
		}, "203.0.113.9"},
		{"about IPv6", []vote{{"11.1.0.1", "2001:db8::1"}, {"11.2.0.1", "2001:db8::1"}, {"2600:1::1", "2001:db8::1"}}, ""},
		{"private, seen from outside", []vote{{"11.1.0.1", "192.168.1.2"}, {"11.2.0.1", "192.168.1.2"}, {"11.3.0.1", "192.168.1.2"}}, ""},
		{"of the carrier, seen from outside", []vote{{"11.1.0.1", "100.64.1.2"}, {"11.2.0.1", "100.64.1.2"}, {"11.3.0.1", "100.64.1.2"}}, ""},
		{"private, in a laboratory", []vote{{"10.1.0.1", "192.168.1.2"}, {"10.2.0.1", "192.168.1.2"}, {"10.3.0.1", "192.168.1.2"}}, "192.168.1.2"},
		{"loopback", []vote{{"11.1.0.1", "127.0.0.1"}, {"11.2.0.1", "127.0.0.1"}, {"11.3.0.1", "127.0.0.1"}}, ""},
		{"nowhere", []vote{{"10.1.0.1", "0.0.0.0"}, {"10.2.0.1", "0.0.0.0"}, {"10.3.0.1", "0.0.0.0"}}, ""},
		{"everybody", []vote{{"10.1.0.1", "224.0.0.1"}, {"10.2.0.1", "224.0.0.1"}, {"10.3.0.1", "224.0.0.1"}}, ""},
	} {
		var a Agreement
		for _, v := range test.votes {
			by := netip.MustParseAddr(v.by)
			if a.Ask(start, BySTUN, by); v.seen != "" {
				a.Observe(start, ByHandshake, by, netip.MustParseAddr(v.seen))
			}
		}
		got := a.Adopted(start, true)
		if want, _ := netip.ParseAddr(test.want); got.Address != want {
			t.Errorf("%s: %v, want %q", test.name, got, test.want)
		}
	}
}

// TestSupport explains an address, of IPv6 this time.
func TestSupport(t *testing.T) {
	var a Agreement
	seen := netip.MustParseAddr("2001:db8::1")
	a.Observe(start, ByPong, netip.MustParseAddr("2600:1::1"), seen)
	a.Observe(start, ByHandshake, netip.MustParseAddr("2600:2::1"), seen)
	a.Observe(start, BySTUN, netip.MustParseAddr("2600:3:9::1"), seen)
	a.Observe(start, BySTUN, netip.MustParseAddr("2600:3::1"), seen) // the same group
	a.Observe(start, BySTUN, observer(1), ours)
	a.Ask(start, BySTUN, netip.MustParseAddr("2600:4::1"))
	got := a.Adopted(start, false)
	if got.String() != "2001:db8::1, seen by 3 of 4 groups of observers" || len(got.Kinds) != 3 || len(got.By) != 3 || got.By[0].String() != "2600:1::/32" {
		t.Errorf("%v, %v, %v", got, got.Kinds, got.By)
	}
	if got := a.Adopted(start, true); got.Groups != 1 || got.String() != "no address that enough observers agree on" {
		t.Errorf("%v", got)
	}
	if a.Forget(); a.Adopted(start, false).Groups != 0 {
		t.Error("not forgotten")
	}
}

// TestLyingObservers is T23: 4 of 10 observers say the same wrong address, and answers
// come in any order, late or never. It is never believed, at no moment of 1,000 runs,
// and the right one always is in the end unless too many answers got lost.
func TestLyingObservers(t *testing.T) {
	const observers, liars, runs = 10, 4, 1000
	wrong, right, undecided := 0, 0, 0
	for run := range runs {
		r := rand.New(rand.NewPCG(uint64(run), 23))
		var a Agreement
		now := start
		for i := range observers {
			a.Ask(now, BySTUN, observer(i))
		}
		answers := 0
		for _, i := range r.Perm(observers) {
			now = now.Add(time.Duration(r.IntN(5000)) * time.Millisecond)
			seen := lie
			if i >= liars {
				if seen = ours; r.IntN(20) == 0 {
					continue // of the honest, some answers get lost
				}
				answers++
			}
			a.Observe(now, BySTUN, observer(i), seen)
			if a.Adopted(now, true).Address == lie {
				wrong++
			}
		}
		switch got := a.Adopted(now, true).Address; {
		case got == ours:
			right++
		case answers < observers-liars:
			undecided++
		default:
			t.Errorf("run %d: all honest observers answered, and %v is adopted", run, got)
		}
	}
	if wrong > 0 {
		t.Errorf("the wrong address was adopted %d times", wrong)
	}
	if right < runs/2 {
		t.Errorf("the right address was adopted in %d of %d runs", right, runs)
	}
	t.Logf("right %d, undecided %d, wrong %d of %d", right, undecided, wrong, runs)
}

func TestVotesExpire(t *testing.T) {
	var a Agreement
	for i := range agreeing {
		a.Observe(start.Add(time.Duration(i)*time.Minute), ByHandshake, observer(i), ours)
	}
	for _, step := range []struct {
		after time.Duration
		want  netip.Addr
	}{{voteLife - 1, ours}, {voteLife, netip.Addr{}}, {-time.Hour, ours}} {
		if got := a.Adopted(start.Add(step.after), true).Address; got != step.want {
			t.Errorf("after %v: %v, want %v", step.after, got, step.want)
		}
	}
}

func TestVotesAreBounded(t *testing.T) {
	var a Agreement
	for i := range maxGroups {
		a.Observe(start, ByHandshake, observer(i), ours)
	}
	for i := range maxGroups/2 + 1 {
		if got := a.Adopted(start, true); got.Groups != maxGroups || (got.Address == ours) != (i < maxGroups/2) {
			t.Errorf("%d newer votes: %v", i, got)
		}
		a.Observe(start, ByHandshake, observer(100+i), lie)
	}
}
