package hostcache

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"net/netip"
	"time"
)

// A snapshot, big endian:
//
//	"fhc", version u8, secret key [16], count u32, records, CRC32C u32
//
// A record:
//
//	address [16] (IPv4: mapped), port u16, flags u8, failures u8, strikes u8,
//	teller [16] (ourselves: zero), seen, tried, success, due: i64 s since 1970
//	(never: 0)
const (
	snapshotMagic   = "fhc"
	snapshotVersion = 1
	snapshotHeader  = len(snapshotMagic) + 1 + len(secret{}) + 4
	snapshotTrailer = crc32.Size
	recordSize      = 16 + 2 + 3 + 16 + 4*8

	flagTried  = 1 << 0
	flagMet    = 1 << 1
	flagAnchor = 1 << 2
)

// ErrSnapshot is returned for bytes that are no whole snapshot.
var ErrSnapshot = errors.New("not a snapshot of known hosts")

// Snapshot returns what Restore needs, at most MaxSnapshot bytes. Hosts that are
// of no more use are left out.
func (c *Cache) Snapshot() []byte {
	b := make([]byte, 0, snapshotHeader+len(c.list)*recordSize+snapshotTrailer)
	b = append(append(b, snapshotMagic...), snapshotVersion)
	b = append(b, c.secret[:]...)
	b = binary.BigEndian.AppendUint32(b, 0)
	n := uint32(0)
	for _, e := range c.list {
		if !e.spent() {
			b = e.appendTo(b)
			n++
		}
	}
	binary.BigEndian.PutUint32(b[snapshotHeader-4:], n)
	return binary.BigEndian.AppendUint32(b, crc32.Checksum(b, crc32.MakeTable(crc32.Castagnoli)))
}

func (e *entry) appendTo(b []byte) []byte {
	var flags byte
	if e.table == inTried || e.table == inPinned && !e.LastSuccess.IsZero() {
		flags |= flagTried
	}
	if e.met {
		flags |= flagMet
	}
	if e.anchor || e.first {
		flags |= flagAnchor
	}
	ip, from := e.Addr.Addr().As16(), [16]byte{}
	if e.From.IsValid() {
		from = e.From.As16()
	}
	b = append(b, ip[:]...)
	b = binary.BigEndian.AppendUint16(b, e.Addr.Port())
	b = append(b, flags, byte(min(e.Failures, 255)), byte(e.strikes))
	b = append(b, from[:]...)
	for _, t := range []time.Time{e.LastSeen, e.LastTried, e.LastSuccess, e.due} {
		seconds := int64(0)
		if !t.IsZero() {
			seconds = t.Unix()
		}
		b = binary.BigEndian.AppendUint64(b, uint64(seconds))
	}
	return b
}

// Restore replaces what the cache holds by a snapshot, and returns how many
// hosts that are. Those that are not acceptable any more are left out. Hosts
// that were pinned are ordinary ones until they are named again. The error
// wraps ErrSnapshot; then nothing has changed.
//
// The clock may have jumped since: no time is later than now, and no back-off
// outlives its kind.
func (c *Cache) Restore(now time.Time, snapshot []byte) (n int, err error) {
	if len(snapshot) < snapshotHeader+snapshotTrailer || len(snapshot) > MaxSnapshot || string(snapshot[:3]) != snapshotMagic {
		return 0, fmt.Errorf("hostcache: %w", ErrSnapshot)
	}
	if v := snapshot[len(snapshotMagic)]; v != snapshotVersion {
		return 0, fmt.Errorf("hostcache: %w: version %d", ErrSnapshot, v)
	}
	body, sum := snapshot[:len(snapshot)-snapshotTrailer], snapshot[len(snapshot)-snapshotTrailer:]
	records := body[snapshotHeader:]
	count := binary.BigEndian.Uint32(body[snapshotHeader-4:])
	if binary.BigEndian.Uint32(sum) != crc32.Checksum(body, crc32.MakeTable(crc32.Castagnoli)) ||
		uint64(len(records)) != uint64(count)*recordSize {
		return 0, fmt.Errorf("hostcache: %w: it is damaged", ErrSnapshot)
	}
	c.clear()
	c.secret = secret(body[len(snapshotMagic)+1:])
	for ; len(records) > 0; records = records[recordSize:] {
		c.restore(now, records[:recordSize])
	}
	return c.Len(), nil
}

// restore adds the host of one record, if it is acceptable and finds room.
func (c *Cache) restore(now time.Time, b []byte) {
	addr := netip.AddrPortFrom(netip.AddrFrom16([16]byte(b)).Unmap(), binary.BigEndian.Uint16(b[16:]))
	flags, failures, strikes := b[18], b[19], b[20]
	from := netip.AddrFrom16([16]byte(b[21:])).Unmap()
	if from == netip.IPv6Unspecified() {
		from = netip.Addr{}
	}
	if c.cfg.Acceptable(addr, from) != Kept || c.known[addr] != nil {
		return
	}
	times := b[37:]
	e := c.newEntry(Host{
		Addr: addr, Source: FromSaved, From: from, Failures: int(failures),
		LastSeen: savedTime(now, times), LastTried: savedTime(now, times[8:]), LastSuccess: savedTime(now, times[16:]),
	})
	e.strikes = int(strikes)
	e.met = flags&flagMet != 0
	if due := int64(binary.BigEndian.Uint64(times[24:])); due > now.Unix() && due <= now.Add(longestWait).Unix() {
		e.due = time.Unix(due, 0)
	}
	tried := flags&flagTried != 0
	if !(tried && c.place(now, e, inTried)) && !c.place(now, e, inNew) {
		return
	}
	c.insert(e)
	e.first = flags&flagAnchor != 0
}

// savedTime reads a time, which is not after now.
func savedTime(now time.Time, b []byte) time.Time {
	seconds := int64(binary.BigEndian.Uint64(b))
	if seconds <= 0 {
		return time.Time{}
	}
	return time.Unix(min(seconds, now.Unix()), 0)
}
