package publication

import "time"

const (
	// MaxFiles is the most files of a version (count), and MaxManifest the longest
	// manifest, in bytes: 200,000 files with paths of 50 bytes. MaxBytes is the most
	// bytes of a version: the largest file whose slices a download verifies as they come,
	// 8,192 of 4 MiB.
	MaxFiles    = 200_000
	MaxManifest = 16 << 20
	MaxBytes    = 32 << 30

	// MaxKeep is the most versions that are kept (count), DefaultKeep as many as are if
	// nobody says otherwise.
	MaxKeep     = 100
	DefaultKeep = 3

	// MaxVersion is the last number of a version: a minute apart, they last 8,000 years.
	MaxVersion = 1 << 32

	// MaxName is the longest name of a publication, in bytes.
	MaxName = 100

	// maxPath is the longest path of a file in bytes, and maxDepth the most parts it has
	// (count).
	maxPath  = 1024
	maxDepth = 32

	// maxLeft is how many files that are left out are named (count): as many as anybody
	// reads.
	maxLeft = 100

	// copyBytes is how many bytes are read at a time.
	copyBytes = 256 << 10

	// stampGrain is how exactly the time of a file is kept (time): finer than that of any
	// file system but FAT and exFAT, where files look changed and are not given on.
	stampGrain = time.Microsecond
)
