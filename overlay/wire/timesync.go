package wire

import (
	"encoding/binary"
	"time"
)

// clockLen is a point in time on the wire: seconds since 1970 BE32,
// microseconds BE32.
const clockLen = 8

// NewTimeReply answers a VendorTimeRequest whose message had the GUID asked and
// came at received; sent is now. It returns the message and its GUID, which
// holds when the request was sent (as its sender had it) and when the reply is.
//
//	+-------+----------+
//	| flags | received |
//	| 1     | 8        |
//	+-------+----------+
//
// No flag is set: nobody knows here whether the clock is disciplined.
func NewTimeReply(asked GUID, received, sent time.Time) (GUID, *Vendor) {
	guid := asked
	copy(guid[clockLen:], appendClock(nil, sent))
	return guid, &Vendor{ID: VendorTimeReply, Data: appendClock(make([]byte, 1, 1+clockLen), received)}
}

func appendClock(b []byte, t time.Time) []byte {
	b = binary.BigEndian.AppendUint32(b, uint32(t.Unix()))
	return binary.BigEndian.AppendUint32(b, uint32(t.Nanosecond()/1000))
}
