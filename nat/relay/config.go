package relay

import "time"

// Limits is what a relay gives. A field that is zero has the value of limits.go.
type Limits struct {
	Reservations        int
	HostReservations    int
	NetworkReservations int
	Circuits            int
	HostCircuits        int
	PeerCircuits        int
	Handshakes          int
	HostHandshakes      int
	PeerOffers          int // a minute
	NetworkAsks         int // a minute
	FriendReservations  int
	FriendCircuits      int

	ReservationTime time.Duration
	CircuitTime     time.Duration
	IdleTime        time.Duration

	CircuitBytes int64 // each way
	HourBytes    int64 // both ways together

	FriendHourBytes int64 // likewise
}

// withDefaults fills in what the zero value means.
func (l Limits) withDefaults() Limits {
	for _, f := range []struct {
		value *int
		or    int
	}{
		{&l.Reservations, maxReservations}, {&l.HostReservations, maxHostReservations},
		{&l.NetworkReservations, maxNetworkReservations}, {&l.Circuits, maxCircuits}, {&l.HostCircuits, maxHostCircuits},
		{&l.PeerCircuits, maxPeerCircuits}, {&l.Handshakes, maxHandshakes}, {&l.HostHandshakes, maxHostHandshakes},
		{&l.PeerOffers, maxPeerOffers}, {&l.NetworkAsks, maxNetworkAsks},
		{&l.FriendReservations, maxFriendReservations}, {&l.FriendCircuits, maxFriendCircuits},
	} {
		if *f.value <= 0 {
			*f.value = f.or
		}
	}
	for _, f := range []struct {
		value *time.Duration
		or    time.Duration
	}{{&l.ReservationTime, reservationTime}, {&l.CircuitTime, circuitTime}, {&l.IdleTime, idleTime}} {
		if *f.value <= 0 {
			*f.value = f.or
		}
		*f.value = max(f.value.Truncate(time.Second), time.Second) // as it is told
	}
	if l.CircuitBytes <= 0 {
		l.CircuitBytes = circuitBytes
	}
	l.CircuitBytes = max(l.CircuitBytes, minCircuitBytes)
	if l.HourBytes <= 0 {
		l.HourBytes = hourBytes
	}
	if l.FriendHourBytes <= 0 {
		l.FriendHourBytes = friendHourBytes
	}
	return l
}
