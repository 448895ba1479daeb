package relay

import (
	"net/netip"
	"time"
)

// Budget decides what a relay gives to whom. What it gave must be given back: Begin
// by Done, Reserve by Release, Connect by End.
type Budget struct {
	limits Limits

	reservations map[PeerID]reservation
	hosts        map[netip.Prefix]share // of those that hold something
	networks     map[netip.Prefix]int   // reservations, likewise
	peers        map[PeerID]int         // circuits, likewise; they may outlive a reservation
	handshakes   int
	circuits     int // of the public; those of friends are in their purse

	asks   map[netip.Prefix]int // since minute
	minute time.Time

	hour  time.Time
	spent int64 // bytes since hour, with all that open circuits may still carry

	friends purse
}

// purse is what friends have beside what everybody may have: no host or network counts in
// it, as strangers may be at the same.
type purse struct {
	reservations, circuits int
	spent                  int64 // as Budget has it
}

// reservation is a peer that may be reached.
type reservation struct {
	host    netip.Addr
	friend  bool // it is of the purse
	expires time.Time
	offers  int // since minute
	minute  time.Time
}

// share is what one host holds.
type share struct{ handshakes, reservations, circuits int }

// Ticket is a circuit that was granted.
type Ticket struct {
	Grant    Grant
	peer     PeerID
	from, at netip.Prefix // hosts of those who asked and were asked
	charged  int64
	friend   bool // it is of the purse
}

// NewBudget returns a budget of which nothing is spent.
func NewBudget(limits Limits) *Budget {
	return &Budget{
		limits:       limits.withDefaults(),
		reservations: map[PeerID]reservation{},
		hosts:        map[netip.Prefix]share{},
		networks:     map[netip.Prefix]int{},
		peers:        map[PeerID]int{},
		asks:         map[netip.Prefix]int{},
	}
}

// Grant is what every circuit may carry.
func (b *Budget) Grant() Grant { return Grant{b.limits.CircuitBytes, b.limits.CircuitTime} }

// Begin admits a host to a handshake.
func (b *Budget) Begin(host netip.Addr) Status {
	switch {
	case b.handshakes >= b.limits.Handshakes:
		return FullHandshakes
	case b.hosts[hostOf(host)].handshakes >= b.limits.HostHandshakes:
		return HostHandshakes
	}
	b.handshakes++
	b.hold(hostOf(host), share{handshakes: 1})
	return OK
}

// Done ends the handshake of a host.
func (b *Budget) Done(host netip.Addr) {
	b.handshakes--
	b.hold(hostOf(host), share{handshakes: -1})
}

// Reserve makes a reservation for a peer that proved its name, in place of one it has. That of
// a friend is of the purse when it cannot be of what everybody may have.
func (b *Budget) Reserve(now time.Time, peer PeerID, host netip.Addr, friend bool) (expires time.Time, status Status) {
	old, had := b.reservations[peer]
	b.Release(peer)
	r := reservation{host: host, expires: now.Add(b.limits.ReservationTime), offers: old.offers, minute: old.minute}
	status = b.room(host)
	if status != OK && friend && b.friends.reservations < b.limits.FriendReservations {
		r.friend, status = true, OK
	}
	switch {
	case status == OK:
		b.put(peer, r)
		return r.expires, OK
	case had:
		b.put(peer, old)
	}
	return time.Time{}, status
}

// room tells whether anybody at a host may have a reservation.
func (b *Budget) room(host netip.Addr) Status {
	switch {
	case len(b.reservations)-b.friends.reservations >= b.limits.Reservations:
		return FullReservations
	case b.hosts[hostOf(host)].reservations >= b.limits.HostReservations:
		return HostReservations
	case b.networks[networkOf(host)] >= b.limits.NetworkReservations:
		return NetworkReservations
	}
	return OK
}

// Renew gives a reservation its full time again, unless that has run out. One of the purse
// becomes one that everybody may have if it can, and has to if the peer is no friend any more.
func (b *Budget) Renew(now time.Time, peer PeerID, friend bool) (expires time.Time, status Status) {
	r, ok := b.reservations[peer]
	switch {
	case !ok:
		return time.Time{}, NoReservation
	case !now.Before(r.expires):
		return time.Time{}, Expired
	case r.friend:
		return b.Reserve(now, peer, r.host, friend)
	}
	r.expires = now.Add(b.limits.ReservationTime)
	b.reservations[peer] = r
	return r.expires, OK
}

// Release ends a reservation. The circuits of the peer go on.
func (b *Budget) Release(peer PeerID) {
	r, ok := b.reservations[peer]
	if !ok {
		return
	}
	delete(b.reservations, peer)
	if r.friend {
		b.friends.reservations--
		return
	}
	b.hold(hostOf(r.host), share{reservations: -1})
	add(b.networks, networkOf(r.host), -1)
}

func (b *Budget) put(peer PeerID, r reservation) {
	b.reservations[peer] = r
	if r.friend {
		b.friends.reservations++
		return
	}
	b.hold(hostOf(r.host), share{reservations: 1})
	add(b.networks, networkOf(r.host), 1)
}

// Connect decides on a circuit from a host to a peer. One to a friend is of the purse when it
// cannot be of what everybody may have. Who is at the host is not known.
func (b *Budget) Connect(now time.Time, peer PeerID, from netip.Addr, friend bool) (Ticket, Status) {
	if !b.ask(now, from) {
		return Ticket{}, TooOften
	}
	r, ok := b.reservations[peer]
	if !ok || !now.Before(r.expires) {
		return Ticket{}, NoReservation
	}
	if now.Sub(r.minute) >= time.Minute {
		r.minute, r.offers = now, 0
	}
	if b.hour.IsZero() || now.Sub(b.hour) >= time.Hour {
		b.hour, b.spent = now, int64(b.circuits)*2*b.limits.CircuitBytes
		b.friends.spent = int64(b.friends.circuits) * 2 * b.limits.CircuitBytes
	}
	t := Ticket{
		Grant: b.Grant(), peer: peer, from: hostOf(from), at: hostOf(r.host), charged: 2 * b.limits.CircuitBytes,
	}
	switch {
	case b.peers[peer] >= b.limits.PeerCircuits:
		return Ticket{}, PeerCircuits
	case r.offers >= b.limits.PeerOffers:
		return Ticket{}, PeerBusy
	}
	if status := b.carries(t); status != OK {
		if !friend || b.friends.circuits >= b.limits.FriendCircuits || b.friends.spent+t.charged > b.limits.FriendHourBytes {
			return Ticket{}, status
		}
		t.friend = true
	}
	r.offers++
	b.reservations[peer] = r
	b.charge(t, t.charged)
	b.part(t, 1)
	return t, OK
}

// carries tells whether a circuit may be of what everybody may have.
func (b *Budget) carries(t Ticket) Status {
	switch {
	case b.circuits >= b.limits.Circuits:
		return FullCircuits
	case b.hosts[t.from].circuits >= b.limits.HostCircuits || b.hosts[t.at].circuits >= b.limits.HostCircuits:
		return HostCircuits
	case b.spent+t.charged > b.limits.HourBytes:
		return HourSpent
	}
	return OK
}

// End ends a circuit that carried used bytes, both ways together.
func (b *Budget) End(t Ticket, used int64) {
	b.charge(t, used-t.charged) // of an hour before, it was charged to this one, too
	b.part(t, -1)
}

// charge has a circuit pay bytes.
func (b *Budget) charge(t Ticket, bytes int64) {
	spent := &b.spent
	if t.friend {
		spent = &b.friends.spent
	}
	*spent = max(0, *spent+bytes)
}

// part counts a circuit, for those who have a part in it too, once for a host at both ends.
func (b *Budget) part(t Ticket, n int) {
	add(b.peers, t.peer, n)
	if t.friend {
		b.friends.circuits += n
		return
	}
	b.circuits += n
	b.hold(t.from, share{circuits: n})
	if t.at != t.from {
		b.hold(t.at, share{circuits: n})
	}
}

// ask counts a question for a circuit and reports whether its network may ask.
func (b *Budget) ask(now time.Time, from netip.Addr) bool {
	if now.Sub(b.minute) >= time.Minute {
		b.minute = now
		clear(b.asks)
	}
	network := networkOf(from)
	n, ok := b.asks[network]
	if n >= b.limits.NetworkAsks {
		return false
	}
	if ok || len(b.asks) < maxAskers {
		b.asks[network] = n + 1
	}
	return true
}

// hold changes what a host holds. One that holds nothing is forgotten.
func (b *Budget) hold(host netip.Prefix, change share) {
	s := b.hosts[host]
	s.handshakes += change.handshakes
	s.reservations += change.reservations
	s.circuits += change.circuits
	if s == (share{}) {
		delete(b.hosts, host)
	} else {
		b.hosts[host] = s
	}
}

// add changes a count and forgets it at 0.
func add[K comparable](counts map[K]int, key K, n int) {
	if counts[key] += n; counts[key] == 0 {
		delete(counts, key)
	}
}

// hostOf is who has an address, networkOf the network it is in. Addresses that are
// none, those of a pipe, are one host.
func hostOf(addr netip.Addr) netip.Prefix    { return prefix(addr, hostBits4, hostBits6) }
func networkOf(addr netip.Addr) netip.Prefix { return prefix(addr, networkBits4, networkBits6) }

func prefix(addr netip.Addr, bits4, bits6 int) netip.Prefix {
	addr = addr.Unmap()
	bits := bits6
	if addr.Is4() {
		bits = bits4
	}
	p, _ := addr.Prefix(bits) // the zero Prefix for the zero Addr
	return p
}
