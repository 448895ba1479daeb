package hostcache

import "time"

const (
	// bucketSize is how many hosts a bucket holds; newBuckets and triedBuckets
	// how many buckets there are. Bitcoin Core has 64 in 1024 and 256; a
	// Gnutella network is smaller (gtk-gnutella keeps 10,000 hosts in all, most
	// for hours).
	bucketSize   = 8
	newBuckets   = 512
	triedBuckets = 256

	// newBucketsPerTeller bounds what one network can tell to a sixteenth of
	// the new table, triedBucketsPerGroup what one network can be to a 128th of
	// the tried table.
	newBucketsPerTeller  = 32
	triedBucketsPerGroup = 2

	// newBucketsPerLocal is the same for local hosts: in a laboratory one
	// address tells them all. They leave three quarters of the table to others.
	newBucketsPerLocal = 128

	// MaxNew, MaxTried and MaxPinned bound the hosts of each kind, MaxHosts all.
	MaxNew    = newBuckets * bucketSize
	MaxTried  = triedBuckets * bucketSize
	MaxPinned = 64
	MaxHosts  = MaxNew + MaxTried + MaxPinned

	// maxPerNet is how many hosts of one /24 (IPv6: /48) are kept on word of
	// others.
	maxPerNet = 3

	// maxPerTeller is how many outbound neighbors may come from the word of one
	// network while others are to be had: half of the usual eight.
	maxPerTeller = 4

	// maxAnchors is how many neighbors are dialed first after a restart, so
	// that whoever filled the cache meanwhile does not choose all (eclipse).
	maxAnchors = 2

	// maxOwn is how many addresses of our own are known.
	maxOwn = 32

	// tellerBurst is how many hosts one address may tell at once, in hosts: an
	// X-Try list (20) and an answer of a UDP host cache (30), with some room.
	// Then tellerRate hosts a second, as in Bitcoin Core.
	tellerBurst = 64
	tellerRate  = 0.1

	// maxTellers bounds the tellers whose rate is remembered, in addresses.
	maxTellers = 2048

	// maxStrikes is after how many failures in a row, each with a success
	// elsewhere since the one before, a host may be replaced by any other.
	maxStrikes = 3

	// staleNew and staleTried are after what silence a host may be replaced.
	// Nothing is removed for its age alone: a clock that jumps empties nothing.
	staleNew   = 24 * time.Hour
	staleTried = 28 * 24 * time.Hour // LimeWire ignores saved hosts after 4 weeks

	// freshFor is how recent our own contact with a host must be to tell others
	// of it.
	freshFor = time.Hour

	// MaxSnapshot is the largest snapshot in bytes.
	MaxSnapshot = snapshotHeader + MaxHosts*recordSize + snapshotTrailer
)
