package wire

import "math/bits"

// QueryFlags is the word in front of a query's text, big endian on the wire.
// Before it held flags it was the slowest speed wanted.
type QueryFlags uint16

// Bits of QueryFlags.
const (
	FlagMark       QueryFlags = 0x8000 // the word holds flags, not a speed
	FlagFirewalled QueryFlags = 0x4000 // originator cannot be connected to
	FlagXML        QueryFlags = 0x2000 // wants XML metadata
	FlagGuided     QueryFlags = 0x1000 // leaf guides the dynamic query
	FlagHash       QueryFlags = 0x0800 // understands GGEP "H" in hits
	FlagOOB        QueryFlags = 0x0400 // wants hits out of band, at the address in the GUID
	FlagFWT        QueryFlags = 0x0200 // can transfer between two firewalled hosts
	FlagSRUDP      QueryFlags = 0x0100 // takes semi-reliable UDP (gtk-gnutella)
	MaskMaxHits    QueryFlags = 0x00FF // hits wanted at most; 0: no limit
)

// Normal returns the flags that a received word means, as gtk-gnutella sees it:
// a marked word as it is; a word whose swapped bytes hold mark, guided and hash
// (9800) swapped, since Shareaza once wrote it so; 0, which only ancient
// servents send, as 0; and any other word, a speed, as the bare mark.
func (f QueryFlags) Normal() QueryFlags {
	const shareaza = FlagMark | FlagGuided | FlagHash
	if f == 0 || f&FlagMark != 0 {
		return f
	}
	if swapped := QueryFlags(bits.ReverseBytes16(uint16(f))); swapped&shareaza == shareaza {
		return swapped
	}
	return FlagMark
}
