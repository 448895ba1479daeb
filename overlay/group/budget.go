package group

import (
	"time"

	"filbert/overlay/identity"
)

// bucket lets so many things pass each second, and some more at once.
type bucket struct {
	left float64
	at   time.Time
}

func (b *bucket) take(now time.Time, rate, burst float64) bool {
	if b.at.IsZero() {
		b.left = burst
	} else if d := now.Sub(b.at); d > 0 {
		b.left = min(burst, b.left+d.Seconds()*rate)
	}
	b.at = now
	if b.left < 1 {
		return false
	}
	b.left--
	return true
}

// budget bounds what the members of a group may make us do. Only members have a place in it.
type budget struct {
	peers map[identity.PeerID]*spent
	held  int // bytes of all streams
}

type spent struct {
	packets, streams bucket
	open             int // streams
}

func (b *budget) of(p identity.PeerID) *spent {
	s := b.peers[p]
	if s == nil {
		if b.peers == nil {
			b.peers = map[identity.PeerID]*spent{}
		}
		s = new(spent)
		b.peers[p] = s
	}
	return s
}

// packet tells whether one more datagram of a member may pass.
func (b *budget) packet(p identity.PeerID, now time.Time) bool {
	return b.of(p).packets.take(now, packetRate, packetBurst)
}

// open charges a stream that a member opened. What was charged close gives back.
func (b *budget) open(p identity.PeerID, charge int, now time.Time) bool {
	s := b.of(p)
	if s.open >= streamsEach || !s.streams.take(now, streamRate, streamBurst) || !b.hold(charge) {
		return false
	}
	s.open++
	return true
}

func (b *budget) close(p identity.PeerID, charge int) {
	b.of(p).open--
	b.held -= charge
}

// hold charges bytes of a stream of our own.
func (b *budget) hold(charge int) bool {
	if b.held+charge > groupBudget {
		return false
	}
	b.held += charge
	return true
}

// forget drops the places of who is no member.
func (b *budget) forget(member func(identity.PeerID) bool) {
	for p, s := range b.peers {
		if s.open == 0 && !member(p) {
			delete(b.peers, p)
		}
	}
}
