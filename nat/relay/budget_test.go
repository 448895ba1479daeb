package relay

import (
	"fmt"
	"net/netip"
	"testing"
	"time"
)

var start = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

// addr4 is address b.c of network a, addr6 interface d of the /64 c of the /56 b.
func addr4(a, b, c byte) netip.Addr { return netip.AddrFrom4([4]byte{9, a, b, c}) }
func addr6(b, c, d byte) netip.Addr {
	return netip.AddrFrom16([16]byte{0: 0x20, 1: 1, 6: b, 7: c, 15: d})
}

// TestCaps asks up to each cap and once more; when one gives back, there is room for
// one.
func TestCaps(t *testing.T) {
	peer := func(i int) PeerID { return PeerID{byte(i), byte(i >> 8)} }
	for _, tt := range []struct {
		name  string
		cap   int
		over  Status
		setup func(b *Budget)
		ask   func(b *Budget, i int) (Status, func())
	}{
		{"reservations", maxReservations, FullReservations, nil, func(b *Budget, i int) (Status, func()) {
			_, s := b.Reserve(start, peer(i), addr4(byte(i), 1, 1), false)
			return s, func() { b.Release(peer(i)) }
		}},
		{"reservations of an IPv4 host", maxHostReservations, HostReservations, nil, func(b *Budget, i int) (Status, func()) {
			_, s := b.Reserve(start, peer(i), addr4(1, 1, 1), false)
			return s, func() { b.Release(peer(i)) }
		}},
		{"reservations of an IPv6 host", maxHostReservations, HostReservations, nil, func(b *Budget, i int) (Status, func()) {
			_, s := b.Reserve(start, peer(i), addr6(1, 1, byte(i)), false)
			return s, func() { b.Release(peer(i)) }
		}},
		{"reservations of a /24", maxNetworkReservations, NetworkReservations, nil, func(b *Budget, i int) (Status, func()) {
			_, s := b.Reserve(start, peer(i), addr4(1, 1, byte(i)), false)
			return s, func() { b.Release(peer(i)) }
		}},
		{"reservations of a /56", maxNetworkReservations, NetworkReservations, nil, func(b *Budget, i int) (Status, func()) {
			_, s := b.Reserve(start, peer(i), addr6(1, byte(i), 1), false)
			return s, func() { b.Release(peer(i)) }
		}},
		{"circuits", maxCircuits, FullCircuits, reserveMany, func(b *Budget, i int) (Status, func()) {
			ticket, s := b.Connect(start, peer(i), addr4(byte(i), 2, 1), false)
			return s, func() { b.End(ticket, 0) }
		}},
		{"circuits of a peer", maxPeerCircuits, PeerCircuits, reserveMany, func(b *Budget, i int) (Status, func()) {
			ticket, s := b.Connect(start, peer(1), addr4(byte(i), 2, 1), false)
			return s, func() { b.End(ticket, 0) }
		}},
		{"circuits from a host", maxHostCircuits, HostCircuits, reserveMany, func(b *Budget, i int) (Status, func()) {
			ticket, s := b.Connect(start, peer(i), addr4(1, 2, 1), false)
			return s, func() { b.End(ticket, 0) }
		}},
		{"circuits to a host", maxHostCircuits, HostCircuits, func(b *Budget) {
			for i := range maxHostReservations {
				b.Reserve(start, peer(i), addr4(1, 1, 1), false)
			}
		}, func(b *Budget, i int) (Status, func()) {
			ticket, s := b.Connect(start, peer(i%maxHostReservations), addr4(byte(i), 2, 1), false)
			return s, func() { b.End(ticket, 0) }
		}},
		{"handshakes", maxHandshakes, FullHandshakes, nil, func(b *Budget, i int) (Status, func()) {
			return b.Begin(addr4(byte(i), 2, 1)), func() { b.Done(addr4(byte(i), 2, 1)) }
		}},
		{"handshakes of a host", maxHostHandshakes, HostHandshakes, nil, func(b *Budget, i int) (Status, func()) {
			return b.Begin(addr4(1, 2, 1)), func() { b.Done(addr4(1, 2, 1)) }
		}},
		{"offers to a peer in a minute", maxPeerOffers, PeerBusy, reserveMany, func(b *Budget, i int) (Status, func()) {
			ticket, s := b.Connect(start, peer(1), addr4(byte(i), 2, 1), false)
			if s == OK {
				b.End(ticket, 0)
			}
			return s, nil
		}},
		{"questions of a network in a minute", maxNetworkAsks, TooOften, reserveMany, func(b *Budget, i int) (Status, func()) {
			ticket, s := b.Connect(start, peer(i), addr4(1, 2, byte(i)), false)
			if s == OK {
				b.End(ticket, 0)
			}
			return s, nil
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			b := NewBudget(Limits{})
			if tt.setup != nil {
				tt.setup(b)
			}
			var back []func()
			for i := range tt.cap {
				status, f := tt.ask(b, i)
				if status != OK {
					t.Fatalf("%d of %d: %v", i+1, tt.cap, status)
				}
				back = append(back, f)
			}
			for range 3 {
				if status, _ := tt.ask(b, tt.cap); status != tt.over {
					t.Fatalf("beyond %d: %v, want %v", tt.cap, status, tt.over)
				}
			}
			if back[0] == nil {
				return // it is a rate
			}
			back[0]()
			if status, f := tt.ask(b, tt.cap); status != OK {
				t.Errorf("after one gave back: %v", status)
			} else {
				back[0] = f
			}
			for _, f := range back {
				f()
			}
			if tt.setup == nil && len(b.hosts)+len(b.networks)+len(b.peers)+len(b.reservations)+b.handshakes+b.circuits != 0 {
				t.Errorf("left: %+v", b)
			}
		})
	}
}

// reserveMany reserves for peers 0 to 99, each of a network of its own.
func reserveMany(b *Budget) {
	for i := range 100 {
		b.Reserve(start, PeerID{byte(i)}, addr4(byte(i), 1, 1), false)
	}
}

// TestHour spends the bytes of an hour: what circuits did not carry comes back.
func TestHour(t *testing.T) {
	const each = minCircuitBytes
	b := NewBudget(Limits{CircuitBytes: each, HourBytes: 5 * 2 * each, PeerCircuits: 16})
	reserveMany(b)
	ask := func(at time.Duration, want Status) Ticket {
		t.Helper()
		for i := range 100 { // peers whose rate is not used up
			ticket, got := b.Connect(start.Add(at), PeerID{byte(i)}, addr4(byte(i), 2, 1), false)
			if got == PeerBusy {
				continue
			}
			if got != want {
				t.Fatalf("after %v: %v, want %v", at, got, want)
			}
			return ticket
		}
		return Ticket{}
	}
	for range 4 {
		b.End(ask(0, OK), 2*each) // all of it
	}
	last := ask(0, OK)
	ask(0, HourSpent)
	b.End(last, 0)
	b.End(ask(0, OK), 1)
	ask(0, HourSpent) // one byte is missing
	if _, s := b.Renew(start.Add(time.Hour-1), PeerID{1}, false); s != OK {
		t.Fatal(s)
	}
	b.Connect(start.Add(time.Hour-1), PeerID{1}, addr4(1, 2, 1), false)
	for i := range 5 {
		ticket, s := b.Connect(start.Add(time.Hour), PeerID{1}, addr4(byte(i), 2, 1), false)
		if s != OK {
			t.Errorf("in the next hour: %v", s)
		}
		defer b.End(ticket, 0)
	}
	if _, s := b.Connect(start.Add(time.Hour), PeerID{1}, addr4(9, 2, 1), false); s != HourSpent {
		t.Errorf("in the next hour, beyond: %v", s)
	}
}

// TestReservationLife renews, replaces and lets run out.
func TestReservationLife(t *testing.T) {
	b := NewBudget(Limits{HostReservations: 1})
	one, two := PeerID{1}, PeerID{2}
	expires, s := b.Reserve(start, one, addr4(1, 1, 1), false)
	if s != OK || expires != start.Add(reservationTime) {
		t.Fatal(expires, s)
	}
	half := start.Add(reservationTime / 2)
	if again, s := b.Renew(half, one, false); s != OK || again != half.Add(reservationTime) {
		t.Errorf("renewed to %v, %v", again, s)
	}
	if _, s := b.Renew(half, two, false); s != NoReservation {
		t.Errorf("renewed what is not there: %v", s)
	}
	// Who comes again, as after a lost connection, takes its own place.
	if _, s := b.Reserve(half, one, addr4(1, 1, 1), false); s != OK || len(b.reservations) != 1 {
		t.Errorf("again: %v", s)
	}
	if _, s := b.Reserve(half, two, addr4(2, 1, 1), false); s != OK {
		t.Fatal(s)
	}
	if _, s := b.Reserve(half, one, addr4(2, 1, 1), false); s != HostReservations || b.reservations[one].host != addr4(1, 1, 1) {
		t.Errorf("moving to a host that has one: %v, %v", s, b.reservations[one])
	}
	for at, want := range map[time.Time]Status{half.Add(reservationTime - 1): OK, half.Add(reservationTime): NoReservation} {
		ticket, s := b.Connect(at, one, addr4(3, 1, 1), false)
		if s != want {
			t.Errorf("%v after the renewal: %v", at.Sub(half), s)
		}
		if s == OK {
			b.End(ticket, 0)
		}
	}
	if _, s := b.Renew(half.Add(reservationTime), one, false); s != Expired {
		t.Errorf("renewed too late: %v", s)
	}
}

// TestRatesPass with the minute.
func TestRatesPass(t *testing.T) {
	b := NewBudget(Limits{PeerOffers: 1, NetworkAsks: 2})
	reserveMany(b)
	for _, step := range []struct {
		at   time.Duration
		peer byte
		want Status
	}{
		{0, 1, OK}, {1, 1, PeerBusy}, {2, 2, TooOften}, {time.Minute - 1, 1, TooOften},
		{time.Minute, 1, OK}, {time.Minute, 2, OK}, {time.Minute, 3, TooOften},
	} {
		ticket, s := b.Connect(start.Add(step.at), PeerID{step.peer}, addr4(1, 2, 1), false)
		if s != step.want {
			t.Errorf("after %v: %v, want %v", step.at, s, step.want)
		}
		if s == OK {
			b.End(ticket, 0)
		}
	}
}

// TestAskersAreBounded has more networks ask than are counted.
func TestAskersAreBounded(t *testing.T) {
	b := NewBudget(Limits{})
	for i := range 2 * maxAskers {
		b.Connect(start, PeerID{1}, addr4(byte(i>>8), byte(i), 1), false)
	}
	if len(b.asks) != maxAskers {
		t.Errorf("%d are counted", len(b.asks))
	}
	b.Connect(start.Add(time.Minute), PeerID{1}, addr4(1, 1, 1), false)
	if len(b.asks) != 1 {
		t.Errorf("%d are counted after a minute", len(b.asks))
	}
}

// TestLimitsDefaults wants the zero value to be the relay of limits.go.
func TestLimitsDefaults(t *testing.T) {
	l := Limits{}.withDefaults()
	if l.Circuits != 16 || l.HostCircuits != 8 || l.CircuitTime != 2*time.Minute || l.CircuitBytes != circuitBytes {
		t.Errorf("%+v", l)
	}
	if l != l.withDefaults() {
		t.Error("defaults of the defaults differ")
	}
	odd := Limits{CircuitTime: 1500 * time.Millisecond, CircuitBytes: 1}.withDefaults()
	if odd.CircuitTime != time.Second || odd.CircuitBytes != minCircuitBytes {
		t.Errorf("%+v", odd)
	}
}

func TestHosts(t *testing.T) {
	for _, tt := range []struct{ addr, host, network string }{
		{"9.1.2.3", "9.1.2.3/32", "9.1.2.0/24"},
		{"::ffff:9.1.2.3", "9.1.2.3/32", "9.1.2.0/24"},
		{"2001:db8:0:12fe::1", "2001:db8:0:12fe::/64", "2001:db8:0:1200::/56"},
	} {
		a := netip.MustParseAddr(tt.addr)
		if got := fmt.Sprint(hostOf(a), networkOf(a)); got != tt.host+" "+tt.network {
			t.Errorf("%v: %v", a, got)
		}
	}
	if hostOf(netip.Addr{}) != (netip.Prefix{}) {
		t.Error("no address has a host")
	}
}
