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

	// helloTime is how long either end has to say its line, once there is a connection
	// (time).
	helloTime = 10 * time.Second

	// memberEvery is how often it is looked whether who has a connection, and says nothing,
	// is still a member (time).
	memberEvery = time.Second

	// presenceEvery is how often it is looked which members have come (time), so that those
	// are asked for what is missing.
	presenceEvery = 5 * time.Second

	// grace is how long answers may go on when a space ends (time).
	grace = time.Second

	// idPrefix is how much of a group's ID is in the name of its folder (characters).
	idPrefix = 8
)
