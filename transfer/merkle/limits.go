package merkle

const (
	// leafSize is the bytes under a leaf (THEX "segmentsize", BLAKE3 chunk).
	leafSize = 1024

	// MaxSlices is the most slices a tree may have: 2 MiB of hashes. Trees made
	// here have at most 8,192; others keep up to 1,024 B leaves of small files.
	MaxSlices = 1 << 16

	// MaxTHEX is the most bytes of a serialised tree that are read: 14 levels,
	// as LimeWire keeps of files beyond 64 GiB, are 393 KiB. gtk-gnutella reads
	// 260 KiB, which 13 levels fit into.
	MaxTHEX = 512 << 10

	// maxDocument is the longest first record that is read, in bytes: servents send
	// some 400. What reads XML takes forty times as much memory as deep XML is long.
	maxDocument = 4 << 10

	// Slices of BLAKE3 trees: small enough that a bad one costs little, and
	// enough bytes for the assembly of 16 chunks at once.
	blake3Slice  = 64 << 10
	blake3Slices = 8192

	// maxLevels bounds the height of any tree: 2^63 bytes have 2^53 leaves.
	maxLevels = 54
)
