package qrp

// Sizes of a table, as the exponent of its number of slots.
const (
	// EmptyBits is the size of the table that says "I share nothing", and the
	// smallest there is: 8 slots, so that entries of every width fill whole
	// bytes. A table of that size routes no query, whatever is set in it.
	EmptyBits = 3

	// leastBits is the smallest table made for words (gtk-gnutella: 2^14).
	leastBits = 14
)

// When a table is too full for its words and doubled, as gtk-gnutella does.
const (
	// crowdedFill is the share of slots that are set, one in so many.
	crowdedFill = 100

	// crowdedWords is the share of words that fall on a slot taken by another,
	// one in so many.
	crowdedWords = 5
)

// A query of up to fewWords words is routed to who has all of them. One of more
// words is routed when three times the words found, divided by the words and
// rounded down, is at least mostOfThree: two thirds of them, as gtk-gnutella.
const (
	fewWords    = 2
	mostOfThree = 2
)

// A table filled above passFill lets a query pass by chance only, with
// probability 1 - (fill - passFill)^passBend (gtk-gnutella).
const (
	passFill = 0.05
	passBend = 0.4
)

const (
	// indexBits is the size of an Index, 2^16 slots: that of usual tables, which
	// it then tells apart exactly.
	indexBits = 16

	// countBits bounds the words that an Index counts, below 2^6; longer queries
	// match everybody. One of 256 bytes has fewer.
	countBits = 6
)

// Compressors of a patch.
const (
	compressNone = 0
	compressZlib = 1 // one zlib stream across all messages of the patch
)

// What we send.
const (
	// sentInfinity is the distance that stands for "absent", in hops: LimeWire's
	// figure, with which its old versions count right. Ours are 1 hop away.
	sentInfinity = 7

	// sentBits is the width of an entry. Every servent reads 4; 1 is refused by
	// LimeWire and misread by gtk-gnutella.
	sentBits = 4

	// nibblePresent and nibbleAbsent are the entries that set and clear a slot:
	// 1 - infinity and infinity - 1 in two's complement.
	nibblePresent = (1 - sentInfinity) & 0xF
	nibbleAbsent  = sentInfinity - 1

	// chunkBytes is the data of one PATCH, in bytes (LimeWire). Gtk-gnutella
	// sends 512, which costs 28 bytes of headers each.
	chunkBytes = 4096
)
