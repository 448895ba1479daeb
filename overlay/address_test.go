package overlay

import (
	"math/rand/v2"
	"net/netip"
	"testing"
)

// observer is one of a group of its own.
func observer(i int) netip.Addr { return netip.AddrFrom4([4]byte{11, byte(i), 1, 1}) }

// TestAgreed believes an address that three independent groups see us at, and more
// than half of those that were heard, or asked.
func TestAgreed(t *testing.T) {
	const us, lie = "45.33.20.9", "46.44.1.1"
	type vote struct{ by, seen string } // seen is empty when it is only asked
	for _, test := range []struct {
		name  string
		votes []vote
		want  string
	}{
		{"nobody", nil, ""},
		{"two", []vote{{"11.1.0.1", us}, {"11.2.0.1", us}}, ""},
		{"three", []vote{{"11.1.0.1", us}, {"11.2.0.1", us}, {"11.3.0.1", us}}, us},
		{"three of one network", []vote{{"11.1.0.1", us}, {"11.1.9.1", us}, {"11.1.0.3", us}}, ""},
		{"three against two", []vote{{"11.1.0.1", lie}, {"11.2.0.1", lie}, {"11.3.0.1", us}, {"11.4.0.1", us}, {"11.5.0.1", us}}, us},
		{"three against three", []vote{{"11.1.0.1", lie}, {"11.2.0.1", lie}, {"11.6.0.1", lie}, {"11.3.0.1", us}, {"11.4.0.1", us}, {"11.5.0.1", us}}, ""},
		{"three of six asked", []vote{{"11.1.0.1", ""}, {"11.2.0.1", ""}, {"11.3.0.1", ""}, {"11.4.0.1", us}, {"11.5.0.1", us}, {"11.6.0.1", us}}, ""},
		{"three of five asked", []vote{{"11.1.0.1", ""}, {"11.2.0.1", ""}, {"11.4.0.1", us}, {"11.5.0.1", us}, {"11.6.0.1", us}}, us},
		{"a group that changes its mind", []vote{{"11.1.0.1", lie}, {"11.1.0.2", us}, {"11.2.0.1", us}, {"11.3.0.1", us}}, us},
		{"asked again, with the old answer", []vote{{"11.1.0.1", us}, {"11.2.0.1", us}, {"11.3.0.1", us}, {"11.3.0.1", ""}}, us},
		{"of another family", []vote{{"11.1.0.1", "2600:9::1"}, {"11.2.0.1", "2600:9::1"}, {"2600:1::1", "2600:9::1"}}, ""},
		{"private, seen from outside", []vote{{"11.1.0.1", "192.168.1.2"}, {"11.2.0.1", "192.168.1.2"}, {"11.3.0.1", "192.168.1.2"}}, ""},
		{"seen from the local network", []vote{{"192.168.1.3", us}, {"10.2.0.1", us}, {"127.0.0.1", us}}, ""},
		{"loopback", []vote{{"11.1.0.1", "127.0.0.1"}, {"11.2.0.1", "127.0.0.1"}, {"11.3.0.1", "127.0.0.1"}}, ""},
		{"who has moved", []vote{
			{"11.1.0.1", lie}, {"11.2.0.1", lie}, {"11.3.0.1", lie}, {"11.4.0.1", lie}, {"11.5.0.1", lie}, {"11.6.0.1", lie}, {"11.7.0.1", lie},
			{"11.8.0.1", lie}, {"11.9.0.1", lie}, {"11.10.0.1", us}, {"11.11.0.1", us}, {"11.12.0.1", us}, {"11.13.0.1", us}, {"11.14.0.1", us},
		}, us},
	} {
		var s selfAddress
		for _, v := range test.votes {
			seen, _ := netip.ParseAddr(v.seen)
			s.observed(netip.MustParseAddr(v.by), seen)
		}
		want, _ := netip.ParseAddr(test.want)
		if got := s.agreed(true); got != want {
			t.Errorf("%s: %v, want %q", test.name, got, test.want)
		}
		if len(s.votes) > 2*maxVotes {
			t.Errorf("%s: %d votes are kept", test.name, len(s.votes))
		}
	}
}

// TestLyingObservers is T23: 4 of 10 observers say the same wrong address, and answers
// come in any order, late or never. It is never believed, at no moment of 1,000 runs,
// and the right one always is in the end unless answers of the honest got lost.
func TestLyingObservers(t *testing.T) {
	const observers, liars, runs = 10, 4, 1000
	us, lie := netip.MustParseAddr("45.33.20.9"), netip.MustParseAddr("46.44.1.1")
	wrong, right, undecided := 0, 0, 0
	for run := range runs {
		r := rand.New(rand.NewPCG(uint64(run), 23))
		var s selfAddress
		for i := range observers {
			s.observed(observer(i), netip.Addr{})
		}
		lost := 0
		for _, i := range r.Perm(observers) {
			seen := lie
			if i >= liars {
				if seen = us; r.IntN(20) == 0 {
					lost++
					continue
				}
			}
			s.observed(observer(i), seen)
			if s.agreed(true) == lie {
				wrong++
			}
		}
		switch got := s.agreed(true); {
		case got == us:
			right++
		case lost > 0:
			undecided++
		default:
			t.Errorf("run %d: all honest observers answered, and %v is believed", run, got)
		}
	}
	if wrong > 0 || right < runs/2 {
		t.Errorf("the wrong address was believed %d times, the right one in %d of %d runs", wrong, right, runs)
	}
	t.Logf("right %d, undecided %d, wrong %d of %d", right, undecided, wrong, runs)
}
