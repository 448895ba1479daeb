package config

// Caps on what is read from files, variables and flags.
const (
	// maxFile is the largest file of settings, in bytes: a thousand times what
	// all settings need with their comments.
	maxFile = 1 << 20

	// maxText is the longest text of a setting, in bytes: PATH_MAX of Linux.
	maxText = 4096

	// maxItems is the most items of a list: shared folders and seeds are named
	// by people, one by one.
	maxItems = 256

	// maxProblems is how many problems are told at once: more than that means
	// that the file is not one of ours.
	maxProblems = 50

	// maxSuggest is the longest unknown key that a known one is looked for, in
	// bytes: twice the longest key.
	maxSuggest = 48

	// maxSocketPath is the longest path of a unix socket, in bytes. The address
	// holds 104 on macOS and the BSDs and 108 on Linux and Windows, a zero byte
	// at the end included; some room is left for systems not met yet.
	maxSocketPath = 100
)

// maxWebCache is the longest URL of a web cache, in bytes: that of the GWebCache
// specification.
const maxWebCache = 256

// Bounds of settings.
const (
	maxWanted      = 64          // neighbors wanted: twice what gtk-gnutella's ultrapeers want
	maxLeaves      = 2000        // leaves served: their tables are up to 500 MB then
	maxNeighbors   = 512         // neighbors taken: their buffers are about 100 MB
	maxTTL         = 7           // hops: the horizon of Gnutella 0.4, above which servents drop
	maxUploadSlots = 1024        // uploads at a time: each has a file and a socket open
	maxLimit       = 1 << 30     // KiB/s of transfers: more than any line carries
	maxSpeed       = 100_000_000 // kbit/s: 100 Gbit/s, below the 32 bits of a query hit
)
