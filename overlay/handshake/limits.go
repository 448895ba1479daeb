package handshake

import "time"

const (
	// Timeout bounds the whole handshake, all three blocks, as an absolute
	// deadline: a peer that dribbles bytes gains nothing.
	Timeout = 10 * time.Second

	// maxFirstLine is the longest first line in bytes (gtk-gnutella closes
	// beyond it as well).
	maxFirstLine = 1024

	// maxLines and maxBlock bound one header block: its lines and its bytes.
	// gtk-gnutella answers 413 beyond the same figures.
	maxLines = 128
	maxBlock = 16384

	// maxTry is how many hosts of X-Try lists one peer may tell; more are
	// ignored. Real lists hold at most ten per header.
	maxTry = 20

	// maxAgent and maxText cut the User-Agent and the text of a status line,
	// in bytes, before they are kept.
	maxAgent = 128
	maxText  = 256

	// maxList bounds a list of hosts that we send, in bytes: one header of 1 KiB
	// is the most that LimeWire reads, but a crawler takes what gtk-gnutella
	// tells, and its block holds two lists.
	maxList = 7 << 10
)
