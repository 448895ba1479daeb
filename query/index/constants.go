package index

const (
	// mergeRatio bounds how many segments a query visits: a segment is merged
	// with the later ones once it holds fewer than mergeRatio times their
	// files. A larger ratio means more segments, a smaller one more merging; at
	// 4 a file is rewritten about 30 times on the way to a million.
	mergeRatio = 4

	// minPart is below how many files a segment is merged with whatever comes.
	minPart = 256

	// chunkLen is how many postings are walked in a row before jumping
	// elsewhere: one cache line of them.
	chunkLen = 16
)
