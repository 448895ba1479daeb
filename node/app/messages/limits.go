package messages

import "time"

const (
	// MaxText is the longest text in bytes: two pages. Files go elsewhere.
	MaxText = 4096

	// maxAhead is how far an author's clock may be ahead of ours (T26).
	maxAhead = 5 * time.Minute

	// maxAge is how old a message may be when it comes, and how long one is kept for a peer
	// that is away.
	maxAge = 30 * 24 * time.Hour

	// holdFor is how long what came early waits for what is before it: a line was cut and
	// another dialed meanwhile. maxHeld is how many wait of one author in one conversation.
	holdFor = 30 * time.Second
	maxHeld = 1024

	// Bounds of the history: messages and bytes of one conversation, bytes in all. What is
	// oldest is forgotten, pruneStep at a time.
	maxKept      = 20_000
	maxKeptBytes = 16 << 20
	maxAllBytes  = 256 << 20
	pruneStep    = 500

	// maxWaiting is how many messages wait for one peer.
	maxWaiting = 1000

	// Peers that are not in the book, and that the user never wrote to: how many of them
	// may have written, and how much each. 8 MiB in all.
	maxStrangers       = 100
	maxFromStranger    = 20
	maxAddresses       = 1000 // of peers, as told when they called
	maxWatchers        = 16   // of new messages
	watchQueue         = 256  // messages for one of them; more are left out, the history has them
	maxListed          = 1000 // messages in one answer
	maxDials           = 8    // lines that are being opened at a time
	maxSessionsPerPeer = 2    // both may have called at the same time
)

// Groups.
const (
	// maxPosted and maxPostedBytes are how many messages, and bytes of these, an author keeps
	// on the board of a group, from which members take them that were away. A tenth is
	// taken away at a time.
	maxPosted      = 1000
	maxPostedBytes = 1 << 20

	arrivedBatch = 64          // messages that are read from a board at a time
	groupsLook   = time.Second // between looks which groups there are

	// maxLetters is how many messages to peers that are away an author keeps on one board, for
	// members to pass on: 280 KiB. A message is handed over when it waited for handOverAfter,
	// which is looked for as often as lettersLook.
	maxLetters    = 64
	handOverAfter = 30 * time.Second
	lettersLook   = 10 * time.Second
)

const (
	// window is how many messages may wait for acknowledgment on a line.
	window = 16

	// idleTime ends a line on which nothing comes; sendTime is how long a write may take, and
	// dialTime the way to a peer, hole punching included.
	idleTime = 3 * time.Minute
	sendTime = 30 * time.Second
	dialTime = 90 * time.Second

	// The time between two calls to a peer doubles from firstRetry to lastRetry.
	firstRetry = 10 * time.Second
	lastRetry  = 10 * time.Minute
)
