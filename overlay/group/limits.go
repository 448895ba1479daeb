package group

import "time"

// Bounds of the signed state. Only owners make it grow, all but the leaves.
const (
	maxMembers = 1000 // members, founder included: what one SWIM group and one rotation carry
	maxOwners  = 16   // owners at one time: each may hold a chain of maxChainBytes

	// maxChain is the most records of one owner, maxChainBytes their bytes: 4,096 adds
	// are four groups full, and 8 MiB are 70 rotations for 1,000 members or 1,400 for 50.
	// In the last eighth of either an owner lets nobody in any more: that is kept for taking
	// roles and keys away from whom it must. Another owner can go on.
	maxChain      = 4096
	maxChainBytes = 8 << 20
	keptShare     = 8

	// maxRecord is the largest record in bytes: a rotation for maxMembers.
	maxRecord = recordHeader + expelHeader + maxMembers*(peerLen+sealedLen) + signatureLen

	// maxVariants is how many records with one number an issuer may have signed, of which one
	// counts: a disk that lost one makes two. Of an owner whose chain was cut it may be
	// maxCutVariants, since the one that counts need not be the first in order.
	maxVariants    = 2
	maxCutVariants = 16

	maxLeaves  = 8       // leaves of one member that are kept, the earliest
	maxWaiting = 1 << 20 // bytes of records whose issuer is not known to be an owner yet

	// maxClock ends all clocks. An owner that signs one that is near leaves no room to the
	// others until it is expelled with what is maxAhead before theirs; a leave that is as far
	// before those of owners does not count.
	maxClock = 1 << 48
	maxAhead = 4096

	maxName    = 64  // bytes of a group's name
	maxAddress = 64  // characters of one address in an invite, or of one Via
	maxInvite  = 768 // characters of an invite, so that it fits a chat line
	maxAsk     = 4   // peers and addresses in an invite: 590 characters with the rest of it

	maxInviteLife = 30 * 24 * time.Hour // of an invite
	maxOpen       = 256                 // invites at one time that can be used

	inviteIDLen = 8 // bytes of a record's hash by which an invite is named
	minInviteID = 4 // characters of that which must be given
)

// Bounds of envelopes.
const (
	maxPayload = 64 << 10 // bytes in one envelope: a chat line with room; files go elsewhere

	// timeWindow is how far the clocks of two members may differ (THREATS.md, T26).
	timeWindow = 5 * time.Minute

	// windowLen is how many sequence numbers below the highest a peer's window remembers
	// (T26); a multiple of 64.
	windowLen = 4096
)

// Bounds of what runs on the network.
const (
	// maxDatagram is the longest datagram in bytes: what QUIC assumes of every path.
	maxDatagram = 1200

	// maxGossipStream is the longest message of a gossip stream in bytes: the state of
	// maxMembers takes about 200 KiB. memberlist itself would read 20 MiB.
	maxGossipStream = 512 << 10

	// gossipCharge and syncCharge are what a stream may hold of memory at the worst: its
	// bytes, decrypted again, and decoded; a batch of records, parsed and kept.
	gossipCharge = 4 * maxGossipStream
	syncCharge   = 4 * syncBatch

	// groupBudget is what all streams of a group may hold at one time (THREATS.md, T25).
	groupBudget = 32 << 20

	maxNodes    = 2 * maxMembers // in one gossip state: members, and some that are gone
	maxMeta     = 512            // bytes of a node's contact, as memberlist has it
	packetQueue = 256            // datagrams that wait for memberlist; more are dropped
	maxPending  = 64             // streams of all groups that have not said who calls
	streamsEach = 2              // of one peer at one time
	maxHave     = 32 << 10       // records that a peer may list in one exchange
	syncBatch   = 1 << 20        // bytes of records in one direction of one exchange
	maxLogLine  = 512            // characters of a line that memberlist logs
	maxGroups   = 64             // of one node
	dialsAlone  = 8              // dials at one time while no other member is seen: nat.Dialer has ten a second
	maxLabel    = 255            // bytes of a label, by memberlist's format
	maxCompound = 64             // parts of a compound datagram; 1,200 bytes hold fewer
)

// Rates of one peer, per second, and how many may come at once. memberlist sends one other
// member at most 15 datagrams/s, and opens a stream in 30 s to it and one for each probe.
const (
	packetRate, packetBurst = 100, 200
	streamRate, streamBurst = 1, 8
)

// Times.
const (
	tickTime    = time.Second            // between looks at what is to be done
	syncTime    = 10 * time.Second       // bounds one exchange of records
	syncPause   = 500 * time.Millisecond // between two
	oddTime     = 30 * time.Second       // a peer is left alone whose records do not fit ours
	blindPause  = 2 * time.Second        // between exchanges with anybody while we have no key
	helloTime   = 5 * time.Second        // bounds the first words of a stream
	joinDial    = 15 * time.Second       // and of one to who lets us in: it may take several ways, the last over a relay
	joinTime    = 10 * time.Minute       // as long as who has an invite is told to come again: twenty at once, over two relays of four circuits each, take half of it
	joinSilence = 20 * time.Second       // as long as who does not answer is asked again
	joinPause   = time.Second            // before an owner that had too much to do is asked again, half as long more or less,
	joinPauses  = 4 * time.Second        // and twice as long each time, up to this
	rejoinPause = 4 * time.Second        // between dials to members that are away
	oldKeyTime  = 30 * time.Second       // a key is still read after the next one came
	rotateAgain = 20 * time.Second       // between two rotations that an owner makes by itself
	rotatePause = 3 * time.Second        // the n-th owner waits n times as long before it rotates
	leaveTime   = time.Second            // for others to hear that we go
	byeTime     = 5 * time.Second        // who is called dead so soon after a goodbye went by itself
	heardLately = 3 * time.Second        // a member that spoke to us itself is there, whatever others say
	heardTime   = time.Minute            // and as long, if it was after it was called dead
	heardAfter  = time.Second            // by how much after
)
