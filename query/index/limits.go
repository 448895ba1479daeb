package index

// Limits on what the index holds and on the work of one query.
const (
	// MaxFiles is how many files an index holds; Apply refuses more. One
	// million is what the project sets out to serve; it keeps every offset of a
	// segment within 32 bits (64 words and 1,024 bytes of text a name).
	MaxFiles = 1 << 20

	// maxParts is how many segments an index has at most. It follows from
	// mergeRatio and minPart: the last but one holds 256 files, and each before
	// it four times all later ones together, so k parts hold 256·5^(k-2) files,
	// and eight would hold 4 million.
	maxParts = 7

	// MaxSHA1s is how many hashes a query asks for; those behind are ignored.
	// The largest query servents accept, 1,024 bytes, has room for 46.
	MaxSHA1s = 64

	// MaxNewest is how many of the newest files there are to ask for, as in
	// gtk-gnutella and LimeWire.
	MaxNewest = 3

	// maxSteps is the work one query may do, in steps of about a nanosecond on
	// a server core. It is half of what evaluation may take at the 99th
	// percentile (5 ms with a million files), the rest being room for slower
	// cores.
	maxSteps = 2_500_000
)

// Costs in steps, measured with a million files: memory not in cache dominates.
const (
	findSteps      = 500 // one word looked up in the terms of one segment
	candidateSteps = 120 // one candidate's posting, list of terms and entry
	repeatSteps    = 500 // one candidate found by several of its terms told apart
	termSteps      = 1   // one term compared with one word of the query
)
