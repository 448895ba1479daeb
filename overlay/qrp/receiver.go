package qrp

import (
	"math/bits"
	"time"

	"filbert/overlay/wire"
)

// Receiver builds the table of one neighbor from its messages, in order. It
// reads entries of 8, 4, 2 and 1 bits, plain or deflated, whole tables and
// changes; of an entry only the sign counts, for infinity is whatever the
// sender likes. Entries are applied as they arrive: nothing is held but the
// bitmap and, during a deflated patch, an inflater of at most inflaterBytes.
//
// A neighbor may announce a table larger than we keep, up to 2^MaxBits slots.
// Like gtk-gnutella, which so spares the link, the Receiver folds it: a slot
// stands for several and is set while one of them may be.
//
// The inflater is a coroutine, which no collector frees: call Close when the
// link is gone. A Receiver must not be copied.
type Receiver struct {
	maxBits int
	table   *Table // nil before the first RESET
	whole   bool   // a patch has filled it since
	fold    int    // slots of the sender in one of ours, as an exponent
	part    sequence
	resets  pace
	patches pace
	fault   *Fault // final
}

// sequence is the state between two messages of one patch.
type sequence struct {
	next       uint8 // expected; 0 between patches
	count      uint8
	compressor uint8
	bits       uint8
	slot       uint32 // the sender's, that the next entry is for
	any        bool   // an entry before it in the same slot of ours is present
	inflate    *inflater
}

// NewReceiver returns a Receiver that keeps at most 2^maxBits slots: LeafBits for
// a leaf, UltrapeerBits for an ultrapeer. It takes no memory before a RESET.
func NewReceiver(maxBits int) *Receiver {
	return &Receiver{maxBits: min(max(maxBits, EmptyBits), MaxBits)}
}

// Table is the neighbor's table, or nil if there is none: before the first
// RESET, and from a RESET until the patch that fills it is complete. It stays
// the Receiver's and changes with every further patch.
func (r *Receiver) Table() *Table {
	if !r.whole {
		return nil
	}
	return r.table
}

// Memory is what the Receiver holds at most, in bytes: its bitmap, and
// inflaterBytes during a deflated patch.
func (r *Receiver) Memory() int {
	n := 0
	if r.table != nil {
		n += 8 * len(r.table.words)
	}
	if r.part.inflate != nil {
		n += inflaterBytes
	}
	return n
}

// Close lets go of all that the Receiver holds, a patch under way included; the
// Receiver is as new then, or at fault if it was. It must be called when the link
// is gone and may be called again.
func (r *Receiver) Close() { r.keep(r.fault) }

// Reset begins a new table. It may come in the middle of a patch. A fault is
// final: the link should end with it, and there is no table any more.
func (r *Receiver) Reset(now time.Time, m *wire.RouteReset) *Fault {
	if r.fault == nil {
		if f := r.reset(now, m); f != nil {
			r.keep(f)
		}
	}
	return r.fault
}

func (r *Receiver) reset(now time.Time, m *wire.RouteReset) *Fault {
	switch {
	case bits.OnesCount32(m.Slots) != 1:
		return fault(ReasonSize, "QRP table of %d slots, not a power of two", m.Slots)
	case m.Slots < 1<<EmptyBits || m.Slots > 1<<MaxBits:
		return fault(ReasonSize, "QRP table of %d slots, not %d to %d", m.Slots, 1<<EmptyBits, 1<<MaxBits)
	case m.Infinity == 0:
		return fault(ReasonInfinity, "QRP infinity of 0")
	case !r.resets.admit(now, resetPause, resetBurst):
		return fault(ReasonTooOften, "more than %d QRP tables, then one in %v", resetBurst, resetPause)
	}
	sent := bits.TrailingZeros32(m.Slots)
	kept := min(sent, r.maxBits)
	if r.table != nil && r.table.bits == kept {
		clear(r.table.words)
		r.table.set = 0
	} else {
		r.table = NewTable(kept)
	}
	r.endPatch()
	r.whole, r.fold = false, sent-kept
	return nil
}

// Patch applies one part of a change. It reports true with the last part: the
// table is up to date again. A fault is final, as that of Reset.
func (r *Receiver) Patch(now time.Time, m *wire.RoutePatch) (done bool, f *Fault) {
	if r.fault == nil {
		if done, f = r.patch(now, m); f != nil {
			r.keep(f)
		}
	}
	return done, r.fault
}

// keep keeps a fault and nothing else.
func (r *Receiver) keep(f *Fault) {
	r.endPatch()
	*r = Receiver{maxBits: r.maxBits, fault: f}
}

// endPatch forgets the patch under way, if there is one.
func (r *Receiver) endPatch() {
	if r.part.inflate != nil {
		r.part.inflate.close()
	}
	r.part = sequence{}
}

func (r *Receiver) patch(now time.Time, m *wire.RoutePatch) (done bool, f *Fault) {
	switch {
	case r.table == nil:
		return false, fault(ReasonNoReset, "QRP patch before any RESET")
	case r.part.next == 0:
		f = r.begin(now, m)
	default:
		f = r.part.continues(m)
	}
	if f != nil {
		return false, f
	}
	last := m.Seq == m.Count
	if r.part.inflate != nil {
		f = r.part.inflate.push(m.Data, last)
	} else {
		f = r.apply(m.Data)
	}
	if f != nil {
		return false, f
	}
	if !last {
		r.part.next++
		return false, nil
	}
	if covered, all := r.part.slot, r.slots(); covered < all {
		return false, fault(ReasonIncomplete, "QRP patch covers %d of %d slots", covered, all)
	}
	r.endPatch()
	r.whole = true
	return true, nil
}

// begin checks the first part of a patch and makes room for it.
func (r *Receiver) begin(now time.Time, m *wire.RoutePatch) *Fault {
	switch {
	case m.Seq != 1 || m.Count == 0:
		return fault(ReasonSequence, "QRP patch %d/%d, expected the first", m.Seq, m.Count)
	case m.Compressor != compressNone && m.Compressor != compressZlib:
		return fault(ReasonCompressor, "QRP compressor %d", m.Compressor)
	case m.Bits != 8 && m.Bits != 4 && m.Bits != 2 && m.Bits != 1:
		return fault(ReasonEntryBits, "QRP entries of %d bits", m.Bits)
	case r.whole && !r.patches.admit(now, patchPause, patchBurst):
		return fault(ReasonTooOften, "more than %d QRP patches, then one in %v", patchBurst, patchPause)
	}
	r.part = sequence{next: 1, count: m.Count, compressor: m.Compressor, bits: m.Bits}
	if m.Compressor == compressZlib {
		r.part.inflate = newInflater(r.apply)
	}
	return nil
}

// continues checks a further part of a patch.
func (s *sequence) continues(m *wire.RoutePatch) *Fault {
	switch {
	case m.Seq != s.next || m.Count != s.count:
		return fault(ReasonSequence, "QRP patch %d/%d, expected %d/%d", m.Seq, m.Count, s.next, s.count)
	case m.Compressor != s.compressor:
		return fault(ReasonCompressor, "QRP compressor changed to %d", m.Compressor)
	case m.Bits != s.bits:
		return fault(ReasonEntryBits, "QRP entries changed to %d bits", m.Bits)
	}
	return nil
}

// slots is the size of the table as the sender has it.
func (r *Receiver) slots() uint32 { return 1 << (r.table.bits + r.fold) }
