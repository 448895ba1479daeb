package collection

const (
	// MaxFiles is the most files of a collection (count): about as many as can be
	// fetched at a time, and more than any album or course has.
	MaxFiles = 1000

	// MaxText is the longest text read, in bytes: MaxFiles links of 700 bytes,
	// twice what one with both trees and a source takes.
	MaxText = 700 << 10

	// maxPath is the longest path of a file in bytes, and maxDepth the most parts
	// it has (count): deeper ones are no work of people.
	maxPath  = 512
	maxDepth = 16

	// maxLink is the longest line, in bytes: what urn.ParseMagnet reads.
	maxLink = 4096

	// maxName is the longest name of a collection, in bytes, before it is made
	// safe: as that of a path.
	maxName = maxPath
)
