package relay

import (
	"cmp"
	"net/netip"
	"slices"
	"time"
)

// Candidate is a neighbor that might relay for us.
type Candidate struct {
	Addr      netip.AddrPort
	Reachable bool          // it was connected to from outside, as far as is known
	RTT       time.Duration // 0: not known
	Retry     time.Time     // when it may be asked again; zero: now
}

// Choose returns the relays to reserve at, best first, so that with those held there
// are want: reachable ones, not of a network where we have one already, the nearest
// first and those whose distance is not known last.
func Choose(now time.Time, candidates []Candidate, held []netip.AddrPort, want int) []netip.AddrPort {
	taken := map[netip.Prefix]bool{}
	for _, h := range held {
		taken[chooseNetwork(h)] = true
	}
	sorted := slices.Clone(candidates)
	slices.SortStableFunc(sorted, func(a, b Candidate) int {
		if unknown := cmp.Compare(b2i(a.RTT <= 0), b2i(b.RTT <= 0)); unknown != 0 {
			return unknown
		}
		return cmp.Or(cmp.Compare(a.RTT, b.RTT), a.Addr.Compare(b.Addr))
	})
	var chosen []netip.AddrPort
	for _, c := range sorted {
		if len(held)+len(chosen) >= want {
			break
		}
		network := chooseNetwork(c.Addr)
		if !c.Reachable || !c.Addr.IsValid() || c.Addr.Port() == 0 || now.Before(c.Retry) || taken[network] {
			continue
		}
		taken[network] = true
		chosen = append(chosen, c.Addr)
	}
	return chosen
}

func chooseNetwork(a netip.AddrPort) netip.Prefix {
	return prefix(a.Addr(), chooseBits4, chooseBits6)
}

func b2i(b bool) int {
	if b {
		return 1
	}
	return 0
}

// RenewAt is when to renew a reservation: at half its time, so that there is time to
// find another relay if that fails.
func RenewAt(granted, expires time.Time) time.Time {
	return granted.Add(expires.Sub(granted) / 2)
}

// RetryAfter is how long a relay is left alone after the last of so many failures.
func RetryAfter(failures int) time.Duration {
	pause := firstRetry
	for range failures - 1 {
		if pause *= 2; pause >= maxRetry {
			return maxRetry
		}
	}
	return pause
}
