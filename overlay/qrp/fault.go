package qrp

import (
	"fmt"

	"filbert/overlay/wire"
)

// Reason says what was wrong with a RESET or PATCH.
type Reason int

// The reasons, one for every rule of the protocol.
const (
	ReasonSize       Reason = iota // no power of two, or no size a table can have
	ReasonInfinity                 // an infinity of 0
	ReasonNoReset                  // a PATCH before any RESET
	ReasonSequence                 // parts out of order, or of another count
	ReasonCompressor               // unknown, or changed within a patch
	ReasonEntryBits                // unknown, or changed within a patch
	ReasonOverflow                 // entries for more slots than there are
	ReasonIncomplete               // entries for fewer slots than there are
	ReasonInflate                  // not a zlib stream
	ReasonTooOften                 // tables or patches above the rate
	reasons
)

var reasonNames = [reasons]string{
	"size", "infinity", "no-reset", "sequence", "compressor", "entry-bits", "overflow", "incomplete", "inflate", "too-often",
}

func (r Reason) String() string {
	if r >= 0 && r < reasons {
		return reasonNames[r]
	}
	return fmt.Sprintf("Reason(%d)", int(r))
}

// Fault is why a link ends: its other side broke the rules of QRP. Code and
// Text are what a BYE tells it.
type Fault struct {
	Reason Reason
	Code   uint16 // wire.ByeRoute, or wire.ByeInternal for what does not inflate
	Text   string
}

func fault(reason Reason, format string, args ...any) *Fault {
	f := &Fault{Reason: reason, Code: wire.ByeRoute, Text: fmt.Sprintf(format, args...)}
	if reason == ReasonInflate {
		f.Code = wire.ByeInternal
	}
	return f
}
