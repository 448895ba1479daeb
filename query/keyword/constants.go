package keyword

const (
	// hashFactor multiplies the folded word: the fraction of the golden ratio
	// times 2^31 (QRP 0.1, Knuth's multiplicative hashing).
	hashFactor = 0x4F1BBCDC

	// maxRouteCuts is how many characters at most are cut from a word's end to
	// enter its beginnings in a routing table, as gtk-gnutella does.
	maxRouteCuts = 5

	// minRouteBytes is the shortest beginning so entered, in bytes. Words
	// shorter than that are entered whole.
	minRouteBytes = 4
)
