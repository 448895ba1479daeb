package socket

import (
	"net/netip"
	"testing"
	"time"
)

func nth(i int) netip.AddrPort {
	return netip.AddrPortFrom(netip.AddrFrom4([4]byte{9, byte(i >> 16), byte(i >> 8), byte(i)}), 6346)
}

// TestSentLifetime: a host that was written to is known at any of its ports, for as long
// as a NAT may remember, and no more than twice that.
func TestSentLifetime(t *testing.T) {
	began := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	for _, test := range []struct {
		name   string
		writes []time.Duration
		at     time.Duration
		from   string
		want   bool
	}{
		{"nobody was written to", nil, 0, "9.1.1.1:6346", false},
		{"just now", []time.Duration{0}, 0, "9.1.1.1:6346", true},
		{"another port", []time.Duration{0}, 0, "9.1.1.1:1", true},
		{"as a socket of both families has it", []time.Duration{0}, 0, "[::ffff:9.1.1.1]:1", true},
		{"another host", []time.Duration{0}, 0, "9.1.1.2:6346", false},
		{"as long as a NAT remembers", []time.Duration{0}, sentLifetime, "9.1.1.1:6346", true},
		{"long ago", []time.Duration{0}, 2 * sentLifetime, "9.1.1.1:6346", false},
		{"again and again", []time.Duration{0, sentLifetime, 2*sentLifetime - 1}, 3*sentLifetime - 1, "9.1.1.1:6346", true},
		{"within the pause", []time.Duration{0, sentPause - 1}, sentLifetime, "9.1.1.1:6346", true},
	} {
		var s sent
		for _, d := range test.writes {
			s.wrote(began.Add(d), netip.MustParseAddrPort("9.1.1.1:6346"))
		}
		if got := s.knows(began.Add(test.at), netip.MustParseAddrPort(test.from)); got != test.want {
			t.Errorf("%s: %v, want %v", test.name, got, test.want)
		}
	}
}

// TestSentIsBounded: with more hosts than are remembered nobody is a stranger, for a
// while.
func TestSentIsBounded(t *testing.T) {
	began := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	for _, hosts := range []int{sentHosts - 1, sentHosts, sentHosts + 1, 10 * sentHosts} {
		var s sent
		for i := range hosts {
			s.wrote(began, nth(i))
		}
		stranger := nth(1 << 23)
		if got, want := s.knows(began, stranger), hosts > sentHosts; got != want {
			t.Errorf("%d hosts: a stranger is known: %v, want %v", hosts, got, want)
		}
		if n := len(s.younger) + len(s.previous); n > 2*sentHosts {
			t.Errorf("%d hosts: %d are remembered", hosts, n)
		}
		if s.knows(began.Add(2*sentLifetime), stranger) {
			t.Errorf("%d hosts: a stranger is known for ever", hosts)
		}
	}
}

// TestSolicited: what STUN and QUIC write is remembered, of laboratories by the socket;
// what Gnutella writes its reader knows.
func TestSolicited(t *testing.T) {
	onBoth(t, func(w *world) {
		s := New(w.a, nil)
		defer s.Close()
		to := w.to(w.b).(interface{ AddrPort() netip.AddrPort }).AddrPort()
		gnutella := s.PacketConn(Gnutella).(*view)
		for _, k := range []Kind{Gnutella, QUIC, STUN} {
			if _, err := s.PacketConn(k).WriteTo([]byte("hello"), w.to(w.b)); err != nil {
				t.Fatal(err)
			}
			if got, want := gnutella.Solicited(to), k != Gnutella; got != want {
				t.Errorf("after a write of %v: %v, want %v", k, got, want)
			}
		}
		other := netip.AddrPortFrom(to.Addr(), to.Port()+1)
		if got, want := gnutella.Solicited(other), !to.Addr().IsLoopback(); got != want {
			t.Errorf("from another port: %v, want %v", got, want)
		}
	})
}
