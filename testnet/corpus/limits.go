package corpus

// Caps on plans.
const (
	// MaxCopies is the most files on all nodes together: the million entries
	// that the keyword index is made for. One costs about 400 bytes.
	MaxCopies = 1 << 20

	// MinFileSize is the least size of a file, in bytes: enough for its first
	// bytes and some that no other file has.
	MinFileSize = 64

	// maxSearchFiles is the most files that the middle one of the known searches
	// matches: an answer that fits a screen.
	maxSearchFiles = 8
)

// What a Plan means where it is zero.
const (
	defaultNodes        = 10
	defaultFilesPerNode = 10
	defaultMinSize      = 4 << 10   // bytes
	defaultMaxSize      = 128 << 10 // bytes: 2,000 files are 50 MB
	defaultMaxTotal     = 1 << 30   // bytes: fits the memory disk of a small machine

	// popularShare is the part of the nodes that has the most popular file: one
	// in popularShare, as a hit song had; but two nodes at least.
	popularShare = 4
)
