package qrp

import "time"

const (
	// MaxBits is the largest table there is, 2^21 slots: gtk-gnutella's largest.
	// A RESET beyond it is refused, for every patch of it would cost as many
	// steps as it has slots.
	MaxBits = 21

	// UltrapeerBits is what a table between ultrapeers is kept in, 2^17 slots:
	// gtk-gnutella and LimeWire send no larger ones there.
	UltrapeerBits = 17

	// maxSequence is how many messages one patch may have: their count is a byte.
	maxSequence = 255
)

// How often a link may send a table. Each is a rate and what may come at once
// after a silence; beyond it the link is at fault. Servents look for changes
// every 5 minutes (gtk-gnutella) or every minute (LimeWire, between ultrapeers).
const (
	// resetPause and resetBurst bound whole tables, RESET and the patch that
	// fills it: one in five minutes, and one more for a servent that connects
	// while it still scans what it shares.
	resetPause = 5 * time.Minute
	resetBurst = 2

	// patchPause and patchBurst bound the patches without RESET. One of the
	// largest table takes milliseconds, however few bytes it has.
	patchPause = 30 * time.Second
	patchBurst = 4
)

// Bounds of the inflater of a patch, in bytes.
const (
	// maxWindow is how far back a stream may refer (RFC 1950); less where the
	// whole patch is shorter.
	maxWindow = 32 << 10

	// inputStep is how much is inflated at a time, and maxUnit what may be left
	// of it because its end is missing: at most the head of a block with its
	// code lengths, which is 14 + 19*3 + 316*(7+7) bits.
	inputStep = 1024
	maxUnit   = 600
)
