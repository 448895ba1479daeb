package fetched

const (
	// maxFiles is how many files are given on though they are not shared (count): a
	// collection of as many files as one has, and itself, and what came before.
	maxFiles = 1200

	// maxTrees is how many slices the hash trees of all of them have (count): 32 MiB at
	// some 48 bytes each, as many as those of 128 of the largest files. The oldest files
	// make room.
	maxTrees = 700_000
)
