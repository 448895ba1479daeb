package space

import "time"

const (
	// maxShares is how many folders may be shared with a group (count).
	maxShares = 256

	// maxProviders is how many others may give files to the members of a group (count):
	// those are parts of the node.
	maxProviders = 8

	// transfers is how many files of a group are fetched at a time (count), each over a
	// line from each member that gives. A node takes 16 lines of a peer, of which others
	// than those of one group's files must have some.
	transfers = 4

	// maxServed is how many lines members may have for files, all groups together (count):
	// half of all lines that a node takes.
	maxServed = 256

	// defaultSlots is how many files are sent to members of a group at a time, unless
	// Config says (count).
	defaultSlots = 8

	// MaxSlots is the most that a Quota may say (count): a slot needs a line.
	MaxSlots = maxServed

	// helloTime is how long either end has to say its line, once there is a connection
	// (time).
	helloTime = 10 * time.Second

	// memberEvery is how often it is looked whether who has a connection, and says nothing,
	// is still a member (time).
	memberEvery = time.Second

	// presenceEvery is how often it is looked which members have come (time), so that those
	// are asked for what is missing.
	presenceEvery = 5 * time.Second

	// pages is in how many pages a member tells which files it has (count), by the first byte
	// of their SHA-1; the longest has board.MaxValue. So 100,000 files are in 16 MiB of its
	// board at most, and one more is one page of 40 KiB anew. maxFileSize is the largest file
	// (bytes), and maxFileName the longest name (bytes): what file systems have.
	pages       = 256
	maxFileSize = 1 << 60
	maxFileName = 255

	// maxListedEach is how many files of one member are known, and maxListed of all members of
	// a group (count), at some 300 bytes each: a member that names more fills its own part.
	maxListedEach = 100_000
	maxListed     = 400_000

	// maxFound is how many hits a search has (count): names of one file, and those who have it,
	// count each.
	maxFound = 10_000

	// readEvery is the least time between two looks at the board, which changes for other
	// reasons too. readBatch is how many pages are read at a time (count): 4 MiB at most.
	readEvery = time.Second
	readBatch = 64

	// tellFirst is how long it takes until members are told of a change of what is here. It
	// doubles up to tellLast while changes go on, as while many files are hashed: each time
	// pages are written anew. A page that the board does not take is tried again after
	// tellLast.
	tellFirst = 2 * time.Second
	tellLast  = time.Minute

	// A member says which files of at least minArriving it fetches (bytes), of maxArriving at most
	// (count), when it has begun for arrivingFirst, and again after arrivingNext at the soonest
	// (time): what is here sooner is not worth an item that all members get.
	minArriving   = 1 << 20
	maxArriving   = 64
	arrivingFirst = time.Second
	arrivingNext  = 5 * time.Second

	// settleTime is how long it is waited at the start until the shared folders were looked
	// through: before, it would be told that nothing is here (time).
	settleTime = 5 * time.Minute

	// grace is how long answers may go on when a space ends (time).
	grace = time.Second

	// idPrefix is how much of a group's ID is in the name of its folder (characters).
	idPrefix = 8
)
