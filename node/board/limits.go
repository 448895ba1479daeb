package board

import "time"

// Bounds of items. The format of the network: all members have the same.
const (
	// MaxValue is the longest value in bytes; files go elsewhere.
	MaxValue = 64 << 10

	// MaxName and MaxTopic are the longest names in bytes: a name has room for a path.
	MaxName  = 255
	MaxTopic = 32

	// maxItems is how many items an author may have in a group, tombstones included, and
	// maxAuthor their bytes. Each counts itemCharge for what the database keeps beside
	// what the author wrote: the names again in an index, hash, digest, signature.
	maxItems   = 65_536
	maxAuthor  = 32 << 20
	itemCharge = 256

	// slack is how many times as much is taken of an author that is not in step yet: what
	// is old is still there while what is new comes.
	slack = 2

	// maxGroup is the bytes of all items of one group.
	maxGroup = 256 << 20

	// maxSequence is the highest number of an item: what SQLite has, halved. Milliseconds
	// of Unix are below it for 146 million years.
	maxSequence = 1 << 62

	// maxAhead is how far an author's clock may be ahead of ours. It decides about
	// tombstones alone.
	maxAhead = 24 * time.Hour

	// tombstoneAge is how long a tombstone stays: who was away for longer finds by the
	// digest that it has too much. sweepEvery is how often it is looked for old ones.
	tombstoneAge = 30 * 24 * time.Hour
	sweepEvery   = time.Hour
)

// Rates of one author: bytes that are taken of it at once, and per second. A new member is
// sent all of an author; an author that writes everything anew all the time makes all
// members fetch it, and their disks write it.
const (
	authorBurst = 2 * slack * maxAuthor
	authorRate  = 64 << 10
)

// Bounds of exchanges.
const (
	// batchBytes and batchItems are what is asked for at a time; it is held in memory
	// while it is verified and written.
	batchBytes = 256 << 10
	batchItems = 1024

	// maxAsk is the longest question in bytes: a vector of all the members that a group
	// can have.
	maxMembers = 1000
	maxAsk     = askHeader + maxMembers*markLen

	// maxServed is how many lines of others are served at one time in all groups, and
	// servedEach how many of one peer: each holds a batch. maxAsks is how many questions
	// one line answers, 1 GiB in batches.
	maxServed  = 16
	servedEach = 2
	maxAsks    = 4096

	// maxCalls is how many lines we open at one time in one group. fanout is how many
	// members are told of news.
	maxCalls = 6
	fanout   = 4
)

// Times.
const (
	askEvery    = 15 * time.Second // a member is asked this often
	newsWithin  = time.Second      // and told of news
	lookEvery   = time.Second      // who is a member, and there
	retryFirst  = 2 * time.Second  // after a member could not be asked; doubled up to askEvery
	dialTime    = 20 * time.Second // the way to a member
	moveTime    = 30 * time.Second // one frame may take as long
	lineTime    = 10 * time.Minute // and all of one line
	avoidTime   = time.Minute      // a member is not asked that sent what no honest one sends
	doubtFirst  = 2 * time.Second  // what an author said is asked for anew after this, then
	doubtLast   = time.Hour        // ever less often,
	refuseFirst = 15 * time.Second // and so what it was refused for
	refuseLast  = time.Hour
)
