package store

// What is found in the download folder.
const (
	stateDir      = ".filbert" // folder of everything that is not complete
	partialSuffix = ".partial"
	journalSuffix = ".journal"
	tempSuffix    = ".tmp"      // a journal being written anew, or a file being copied
	corruptMark   = ".corrupt-" // then the time, at the end of a journal that was set aside
	corruptTime   = "20060102-150405.000"
)

// Journal records, see journal.go for their layout.
const (
	journalVersion = 1

	kindHeader = 1
	kindHave   = 2
	kindTarget = 3
	kindNote   = 4

	frameBytes       = 4 + 4              // length, CRC-32C
	headerFixedBytes = 1 + 1 + 8 + 20 + 4 // kind, version, size, SHA-1, two lengths
	rangeBytes       = 8 + 8              // start, end
)
