package relay

import (
	"fmt"
	"net/netip"
	"testing"
	"time"
)

func TestChoose(t *testing.T) {
	at := func(s string) netip.AddrPort { return netip.MustParseAddrPort(s) }
	ms := func(n int) time.Duration { return time.Duration(n) * time.Millisecond }
	near, sameNet := at("9.1.1.1:6346"), at("9.1.2.2:6346")
	mid, far, unknown := at("9.2.1.1:6346"), at("9.3.1.1:6346"), at("9.4.1.1:6346")
	six, sixNear := at("[2001:db8:1::1]:6346"), at("[2001:db8:2::1]:6346")
	all := []Candidate{
		{unknown, true, 0, time.Time{}}, {far, true, ms(200), time.Time{}}, {sameNet, true, ms(20), time.Time{}},
		{near, true, ms(10), time.Time{}}, {mid, true, ms(50), time.Time{}},
	}
	for _, tt := range []struct {
		name string
		from []Candidate
		held []netip.AddrPort
		want int
		get  []netip.AddrPort
	}{
		{"none there", nil, nil, 2, nil},
		{"the nearest, of two networks", all, nil, 2, []netip.AddrPort{near, mid}},
		{"all", all, nil, 9, []netip.AddrPort{near, mid, far, unknown}},
		{"one is held", all, []netip.AddrPort{sameNet}, 2, []netip.AddrPort{mid}},
		{"enough are held", all, []netip.AddrPort{near, far}, 2, nil},
		{"more than enough are held", all, []netip.AddrPort{near, far, mid}, 2, nil},
		{"not reachable", []Candidate{{near, false, ms(1), time.Time{}}, {mid, true, ms(2), time.Time{}}}, nil, 2, []netip.AddrPort{mid}},
		{"it failed just now", []Candidate{{near, true, ms(1), start.Add(1)}, {mid, true, ms(2), start}}, nil, 2, []netip.AddrPort{mid}},
		{"no port", []Candidate{{netip.AddrPortFrom(near.Addr(), 0), true, ms(1), time.Time{}}, {}}, nil, 2, nil},
		{"IPv6 networks are /32", []Candidate{{six, true, ms(9), time.Time{}}, {sixNear, true, ms(1), time.Time{}}}, nil, 2, []netip.AddrPort{sixNear}},
		{"equally near", []Candidate{{mid, true, ms(1), time.Time{}}, {near, true, ms(1), time.Time{}}}, nil, 1, []netip.AddrPort{near}},
	} {
		if got := Choose(start, tt.from, tt.held, tt.want); fmt.Sprint(got) != fmt.Sprint(tt.get) {
			t.Errorf("%s: %v, want %v", tt.name, got, tt.get)
		}
	}
}

func TestRenewAndRetry(t *testing.T) {
	if at := RenewAt(start, start.Add(time.Hour)); at != start.Add(30*time.Minute) {
		t.Errorf("renewed at %v", at)
	}
	for failures, want := range map[int]time.Duration{
		0: firstRetry, 1: firstRetry, 2: 2 * firstRetry, 3: 4 * firstRetry, 7: maxRetry, 1 << 30: maxRetry,
	} {
		if got := RetryAfter(failures); got != want {
			t.Errorf("after %d failures %v, want %v", failures, got, want)
		}
	}
}
