package hostcache

import (
	"crypto/sha256"
	"encoding/binary"
	"net/netip"
)

// secret keys the hashes that choose buckets: who does not know it cannot find
// addresses that fall together.
type secret [16]byte

// groupKey names the group of a host or a teller.
type groupKey [18]byte

// groupOf is the group of a host: its /16 or /32; locally, where networks say
// nothing, each host is its own.
func groupOf(addr netip.AddrPort) (key groupKey, local bool) {
	if Class(addr.Addr()).Local() {
		key = groupOfTeller(addr.Addr())
		binary.BigEndian.PutUint16(key[16:], addr.Port())
		return key, true
	}
	return groupOfTeller(addr.Addr()), false
}

// groupOfTeller is the group of a peer that tells addresses; ourselves are one.
func groupOfTeller(addr netip.Addr) (key groupKey) {
	if !addr.IsValid() {
		return key
	}
	if !Class(addr).Local() {
		addr = prefix(addr, groupBits4, groupBits6).Addr()
	}
	ip := addr.As16()
	copy(key[:], ip[:])
	return key
}

// Uses of the keyed hash.
const (
	useGroup = iota + 1
	useAddr
	useNewSlice
	useNew
	useTriedSlice
	useTried
)

// hash returns a keyed hash of a few numbers.
func (s *secret) hash(use byte, numbers ...uint64) uint64 {
	var buf [64]byte
	b := append(append(buf[:0], s[:]...), use)
	for _, n := range numbers {
		b = binary.BigEndian.AppendUint64(b, n)
	}
	sum := sha256.Sum256(b)
	return binary.BigEndian.Uint64(sum[:])
}

// hashGroup returns the keyed hash that stands for a group.
func (s *secret) hashGroup(key groupKey) uint64 {
	return s.hash(useGroup, binary.BigEndian.Uint64(key[:]), binary.BigEndian.Uint64(key[8:]),
		uint64(binary.BigEndian.Uint16(key[16:])))
}

// hashAddr returns a keyed hash of one address.
func (s *secret) hashAddr(addr netip.AddrPort) uint64 {
	ip := addr.Addr().As16()
	return s.hash(useAddr, binary.BigEndian.Uint64(ip[:]), binary.BigEndian.Uint64(ip[8:]), uint64(addr.Port()))
}

// bucket names a bucket of one of the two tables.
type bucket struct {
	table table
	n     uint16
}

// bucketFor is where an entry belongs: the teller's network selects a few of
// the new buckets, its own network a few of the tried ones.
func (s *secret) bucketFor(e *entry, t table) bucket {
	if t == inTried {
		slice := s.hash(useTriedSlice, s.hashAddr(e.Addr)) % triedBucketsPerGroup
		return bucket{t, uint16(s.hash(useTried, e.group, slice) % triedBuckets)}
	}
	share := uint64(newBucketsPerTeller)
	if e.local {
		share = newBucketsPerLocal
	}
	slice := s.hash(useNewSlice, e.group, e.teller) % share
	return bucket{t, uint16(s.hash(useNew, e.teller, slice) % newBuckets)}
}
