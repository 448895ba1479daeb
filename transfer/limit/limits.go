package limit

import "time"

// day is the longest time of day there is.
const day = 24 * time.Hour

// maxRuleRate is the highest rate in a rule (KiB per second): more than any line
// carries.
const maxRuleRate = 1 << 30

const (
	// Least is the lowest rate there is (bytes per second): below it a piece of
	// minPiece takes longer than peers wait for the next byte.
	Least = 1 << 10

	// perBurst is the part of a second's bytes that may go at once, as 1/perBurst
	// (count): what a limit lets through beyond its rate, over 5 s one percent.
	perBurst = 20

	// perChildBurst is the same of a child: it does not lose what it may while it waits in the
	// line of its parent, and moves as much as others at each turn there.
	perChildBurst = 2

	// minPiece is the least piece that is granted at once (bytes), so that low
	// rates do not mean a system call for every few bytes.
	minPiece = 512

	// maxPiece is the largest (bytes), so that takers in line wait for one another
	// for a fraction of a second, and not longer at high rates.
	maxPiece = 1 << 20
)
