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

	// LeafBits is what a leaf's table is kept in at most, 2^20 slots, 128 KiB:
	// so 300 leaves that send the largest, with a patch under way each, hold
	// 300 * (128 + 72) KiB = 59 MiB. With MaxBits it would be 96 MiB.
	LeafBits = 20

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

const (
	// outputStep is how much an inflater gives out at a time, in bytes.
	outputStep = 1024

	// inflaterBytes is what an inflater holds at most, in bytes: its window of
	// 32 KiB, the stack of its coroutine, its state, and codes with nothing but
	// long words, 24 KiB. With common ones it takes 44 KiB in all.
	inflaterBytes = 72 << 10
)
