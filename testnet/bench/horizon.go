package bench

import (
	"encoding/binary"
	"errors"

	"filbert/overlay/wire"
)

// horizon remembers the GUIDs seen last, in sets of four that share a cache
// line. A new GUID takes the place of the oldest of its set, so now and then one
// is forgotten before its time; but a look costs one cache miss and no more.
type horizon struct {
	sets [][ways]wire.GUID
}

// ways is the size of a set.
const ways = 4

// newHorizon remembers about n GUIDs; n is a power of two.
func newHorizon(n int) horizon { return horizon{make([][ways]wire.GUID, n/ways)} }

// first reports whether a GUID is new, and remembers it.
func (h *horizon) first(g wire.GUID) bool {
	lo, hi := binary.LittleEndian.Uint64(g[:]), binary.LittleEndian.Uint64(g[8:])
	hash := (lo ^ hi) * scramble
	set := &h.sets[hash>>32&uint64(len(h.sets)-1)]
	if g == set[0] || g == set[1] || g == set[2] || g == set[3] {
		return false
	}
	set[3], set[2], set[1], set[0] = set[2], set[1], set[0], g
	return true
}

var errTooLong = errors.New("message too long")

// filter looks at the whole frames at the beginning of a batch, whole bytes in
// all. Those to be passed on are patched and moved to its beginning, where they
// are kept bytes.
func (h *horizon) filter(batch []byte) (kept, whole int, err error) {
	for len(batch)-whole >= wire.HeaderLen {
		head := batch[whole : whole+wire.HeaderLen]
		length := binary.LittleEndian.Uint32(head[wire.HeaderLen-4:])
		if length > wire.MaxPayload {
			return kept, whole, errTooLong
		}
		end := whole + wire.HeaderLen + int(length)
		if end > len(batch) {
			break
		}
		f := wire.Frame(batch[whole:end])
		if f.TTL() > 1 && h.first(f.GUID()) {
			f.SetTTL(f.TTL()-1, f.Hops()+1)
			if kept < whole {
				copy(batch[kept:], f)
			}
			kept += len(f)
		}
		whole = end
	}
	return kept, whole, nil
}
