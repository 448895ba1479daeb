package relay

import (
	"io"
	"sync/atomic"
	"testing"
	"time"
)

// TestPurse: a friend has what is for all while there is some, and then what is for friends;
// strangers have none of that, and are not counted out by friends.
func TestPurse(t *testing.T) {
	type step struct {
		do     string // reserve, release, renew, connect, end
		peer   byte
		friend bool
		want   Status
		purse  int // friends' reservations or circuits after it
	}
	const each = minCircuitBytes
	for _, tt := range []struct {
		name   string
		limits Limits
		steps  []step
	}{
		{"no room in all", Limits{Reservations: 1, FriendReservations: 1}, []step{
			{"reserve", 1, true, OK, 0}, {"reserve", 2, false, FullReservations, 0}, {"reserve", 3, true, OK, 1},
			{"reserve", 4, true, FullReservations, 1}, {"reserve", 3, true, OK, 1}, {"release", 3, false, OK, 0}, {"reserve", 4, true, OK, 1},
		}},
		{"no room for the host", Limits{HostReservations: 1}, []step{
			{"reserve", 1, false, OK, 0}, {"reserve", 2, false, HostReservations, 0}, {"reserve", 2, true, OK, 1},
			{"release", 1, false, OK, 1}, {"reserve", 3, false, OK, 1},
		}},
		{"no room for the network", Limits{NetworkReservations: 1}, []step{
			{"reserve", 1, false, OK, 0}, {"reserve", 2, false, NetworkReservations, 0}, {"reserve", 2, true, OK, 1},
		}},
		{"renewed as there is room", Limits{Reservations: 1}, []step{
			{"reserve", 1, false, OK, 0}, {"reserve", 2, true, OK, 1}, {"renew", 2, true, OK, 1}, {"release", 1, false, OK, 1},
			{"renew", 2, true, OK, 0}, {"reserve", 1, false, FullReservations, 0},
		}},
		{"renewed as a friend no more", Limits{Reservations: 1}, []step{
			{"reserve", 1, false, OK, 0}, {"reserve", 2, true, OK, 1}, {"renew", 2, false, FullReservations, 1}, {"connect", 2, false, OK, 0},
			{"release", 2, false, OK, 0}, {"reserve", 2, false, FullReservations, 0},
		}},
		{"circuits", Limits{Circuits: 1, FriendCircuits: 2, PeerCircuits: 2}, []step{
			{"reserve", 1, false, OK, 0}, {"reserve", 2, true, OK, 0}, {"reserve", 3, true, OK, 0}, {"connect", 1, false, OK, 0},
			{"connect", 1, false, FullCircuits, 0}, {"connect", 2, true, OK, 1}, {"connect", 2, true, OK, 2},
			{"connect", 2, true, PeerCircuits, 2}, {"connect", 3, true, FullCircuits, 2}, {"end", 2, false, OK, 1}, {"connect", 3, true, OK, 2},
		}},
		{"circuits of a host", Limits{HostCircuits: 1}, []step{
			{"reserve", 1, false, OK, 0}, {"reserve", 2, true, OK, 0}, {"connect", 1, false, OK, 0},
			{"connect", 2, false, HostCircuits, 0}, {"connect", 2, true, OK, 1},
		}},
		{"bytes", Limits{CircuitBytes: each, HourBytes: 2 * each, FriendHourBytes: 2 * each}, []step{
			{"reserve", 1, false, OK, 0}, {"reserve", 2, true, OK, 0}, {"connect", 1, false, OK, 0}, {"connect", 1, false, HourSpent, 0},
			{"connect", 2, true, OK, 1}, {"connect", 2, true, HourSpent, 1}, {"end", 2, false, OK, 0}, {"connect", 2, true, OK, 1},
		}},
	} {
		b := NewBudget(tt.limits)
		open := map[byte][]Ticket{}
		for i, s := range tt.steps {
			at, peer, got := addr4(1, 1, 1), PeerID{s.peer}, OK
			if tt.limits.NetworkReservations > 0 {
				at = addr4(1, 1, s.peer)
			}
			switch s.do {
			case "reserve":
				_, got = b.Reserve(start, peer, at, s.friend)
			case "renew":
				_, got = b.Renew(start, peer, s.friend)
			case "release":
				b.Release(peer)
			case "connect":
				ticket, status := b.Connect(start, peer, addr4(2, 2, 2), s.friend)
				if got = status; got == OK {
					open[s.peer] = append(open[s.peer], ticket)
				}
			case "end":
				b.End(open[s.peer][0], 0)
				open[s.peer] = open[s.peer][1:]
			}
			has := b.friends.reservations
			if s.do == "connect" || s.do == "end" {
				has = b.friends.circuits
			}
			if got != s.want || has != s.purse {
				t.Errorf("%s, step %d, %+v: %v, %d of the purse", tt.name, i+1, s, got, has)
			}
		}
		for peer, tickets := range open {
			for _, ticket := range tickets {
				b.End(ticket, 0)
			}
			b.Release(PeerID{peer})
		}
		for peer := range b.reservations {
			b.Release(peer)
		}
		if b.friends != (purse{}) || len(b.hosts)+len(b.networks)+len(b.peers)+b.circuits != 0 || b.spent != 0 {
			t.Errorf("%s: left %+v", tt.name, b)
		}
	}
}

// TestPurseOfAnHour: an hour's bytes are there again in the next, but for open circuits.
func TestPurseOfAnHour(t *testing.T) {
	const each = minCircuitBytes
	b := NewBudget(Limits{CircuitBytes: each, HourBytes: 1, FriendHourBytes: 4 * each, ReservationTime: 4 * time.Hour})
	b.Reserve(start, PeerID{1}, addr4(1, 1, 1), true)
	ask := func(at time.Duration, want Status) Ticket {
		t.Helper()
		ticket, got := b.Connect(start.Add(at), PeerID{1}, addr4(2, 1, 1), true)
		if got != want {
			t.Fatalf("after %v: %v, want %v", at, got, want)
		}
		return ticket
	}
	b.End(ask(0, OK), 2*each)
	open := ask(0, OK)
	ask(time.Hour-1, HourSpent)
	b.End(ask(time.Hour, OK), 2*each)
	ask(time.Hour, HourSpent)
	b.End(open, 0)
	ask(time.Hour, OK)
}

// TestFriends: strangers have all places and circuits of a relay, and bob, a friend of it, is
// reached all the same, until he is one no more.
func TestFriends(t *testing.T) {
	bob := keyOf(2).Peer()
	var friendly atomic.Bool // of the relay, to bob
	friendly.Store(true)
	config := ServerConfig{
		Limits: Limits{Reservations: 1, Circuits: 1, ReservationTime: 20 * time.Minute},
		Friend: func(p PeerID) bool { return friendly.Load() && p == bob },
	}
	inLab(t, config, func(l *lab) {
		carol, dave := l.peer(addr4(3, 1, 1), 3), l.peer(addr4(4, 1, 1), 4)
		theirs := carol.listen()
		defer theirs.Close()
		held, err := dave.dial(carol)
		if err != nil {
			t.Fatal(err)
		}
		defer held.Close()
		_, err = dave.tryListen()
		l.wantStatus(err, FullReservations)

		ours := l.bob.listen()
		defer ours.Close()
		a, b := l.meet(ours)
		io.WriteString(a, "hello")
		wantBytes(t, b, []byte("hello"))
		a.Close()
		b.Close()
		if _, err := dave.dial(carol); err == nil {
			t.Error("a stranger has a circuit of friends")
		} else {
			l.wantStatus(err, FullCircuits)
		}
		if st := l.server.Stats(); st.Reservations != 2 || st.Friends != 1 {
			t.Errorf("%+v", st)
		}

		l.pass(15 * time.Minute) // it was renewed
		if st := l.server.Stats(); st.Friends != 1 {
			t.Errorf("%+v", st)
		}
		friendly.Store(false)
		l.pass(21 * time.Minute)
		if _, err = ours.Accept(); err == nil {
			t.Error("a friend no more is reached for ever")
		}
		_, err = l.bob.tryListen()
		l.wantStatus(err, FullReservations)
	})
}
