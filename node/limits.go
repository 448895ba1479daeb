package node

import "time"

const (
	// maxPending is how many connections may be before or in their handshake,
	// maxPendingPerAddr how many of one public address. A dribbling attacker
	// with many addresses pushes out the oldest, which are its own.
	maxPending        = 128
	maxPendingPerAddr = 8

	// maxFirstLine bounds the first line of a connection, in bytes; servents
	// agree on it. firstBuffer is what a connection holds while it is read.
	maxFirstLine = 1024
	firstBuffer  = 4 << 10

	// minAcceptPause and maxAcceptPause bound the wait after accept failed.
	minAcceptPause = 5 * time.Millisecond
	maxAcceptPause = time.Second
)

const (
	// uploadGrace is how long requests may go on when the node ends.
	uploadGrace = time.Second

	// movedLook is how often it is looked whether transfers are under way, which hashing
	// makes room for.
	movedLook = time.Second

	// limitLook is how often the schedule of limits is looked at: rules begin and end
	// with minutes.
	limitLook = time.Minute

	// hostsPeriod is how often the known hosts are saved.
	hostsPeriod = time.Minute

	// lookupPause and maxLookupPause bound the wait before a seed's name that
	// could not be looked up is tried again.
	lookupPause    = 5 * time.Second
	maxLookupPause = 5 * time.Minute

	// maxCalls is how many connections that others asked for by PUSH are being
	// opened at once (count), callTimeout how long one may take.
	maxCalls    = 16
	callTimeout = 10 * time.Second

	// maxGivers is how many connections that we asked for by PUSH are waited for
	// at once (count), giverTimeout how long one is.
	maxGivers    = 256
	giverTimeout = 30 * time.Second

	// maxAskedProxies is how many push proxies of a source are asked (count), as
	// in LimeWire, proxyTimeout how long each may take; after proxyHeadStart the
	// source is also asked along the way of its hits. maxProxyHead bounds what
	// is read of a request or an answer, in bytes.
	maxAskedProxies = 4
	proxyTimeout    = 5 * time.Second
	proxyHeadStart  = 2 * time.Second
	maxProxyHead    = 4 << 10

	// newPause is the least time between two questions for the newest files, as
	// in gtk-gnutella.
	newPause = 300 * time.Second

	// maxLines is how many lines others may have to us (count), each a connection and a
	// goroutine; maxLinesPerPeer how many of them one peer. unreadTimeout is how long a
	// connection that we opened because we were asked to may say nothing (time): as long
	// as the server of files waits for a request.
	// lineTimeout bounds one way of opening a line for an application, hole punching included.
	maxLines        = 512
	maxLinesPerPeer = 16
	lineTimeout     = 30 * time.Second
	// lineShare: a 32nd of what a limited line carries is TLS: 22 bytes for each record, of
	// which the first of a connection have 1.2 KiB.
	lineShare     = 32
	unreadTimeout = 10 * time.Second

	// maxDatagram is the longest datagram between peers (bytes), as overlay/group sends
	// them; maxDatagramsIn of them wait to be taken and maxDatagramsOut for the line to a
	// peer (count). maxDatagramLines is to how many peers there are lines (count); one that
	// carries nothing for datagramIdle ends (time), and one that does not stand after
	// datagramDial is given up (time).
	maxDatagram      = 1200
	maxDatagramsIn   = 1024
	maxDatagramsOut  = 32
	maxDatagramLines = 256
	datagramIdle     = 2 * time.Minute
	datagramDial     = 15 * time.Second
	datagramPart     = 200 * time.Millisecond // for what waits when a line ends

	// A card, how a member of a group is reached, has at most maxCard bytes, what
	// memberlist carries for a member; maxCards are kept (count). cardEvery is how often it
	// is looked whether ours or another has changed (time).
	maxCard   = 512
	maxCards  = 4096
	cardEvery = 5 * time.Second

	// learnEvery is how often it is looked whether members say something else of that: who is cut off before finds
	// nobody at its next start.
	learnEvery = time.Second

	// groupPartBytes is how much of a group's records is one value on disk (bytes).
	groupPartBytes = 512 << 10

	// maxCollections is how many collections of what is shared are kept (count): 70 MB at
	// most. maxCollectionName is how much of its name is in that of its file (bytes).
	maxCollections    = 100
	maxCollectionName = 100

	// listAge is how old new ones are said to be (s): longer than a library waits before
	// it takes up a file that changed.
	listAge = 10 * time.Second

	// maxListSources is how many of those who have a collection are asked for its files
	// (count): each file has as many sources to begin with.
	maxListSources = 8

	// minGroupPrefix is how much of a group's ID names it (characters).
	minGroupPrefix = 6

	// maxClaims is how many hits one search takes.
	maxClaims = 100_000

	// findTimeout is how long somebody is looked for who has a file that is
	// asked for by hash, findLinger how long others are, once there is one.
	findTimeout = 20 * time.Second
	findLinger  = 500 * time.Millisecond

	// maxAlternates is how many other sources a hit of ours names (count), as in
	// LimeWire and gtk-gnutella; more are taken for spam. maxMeshSources is how
	// many of the mesh a download is given at once (count).
	maxAlternates  = 10
	maxMeshSources = 32
	// maxOffered and maxBad are how many sources a peer that exchanges a file is
	// told of (count), those that have it and those that failed us: what fits
	// into a header, and no more of the latter than a third, as in gtk-gnutella.
	maxOffered = 30
	maxBad     = 10
	// maxOwnAddrs is how many addresses of ours are remembered (count).
	maxOwnAddrs = 32

	// maxFolders is how many folders that are or were fetched are remembered
	// (count): each is up to collection.MaxFiles files, some 600 kB of state. A new
	// one takes the place of the oldest that is over.
	maxFolders = 64

	// maxFolderTries is how many names, "a", "a (2)", a new folder tries (count),
	// as a complete file does.
	maxFolderTries = 1000

	// linkedPoll is how often a download that wants sources looks whether there
	// is a neighbor to ask.
	linkedPoll = 2 * time.Second

	// relayPeriod is how often it is looked whether the node should relay, or needs
	// relays; relaySettle is how long neighbors have to prove that others reach it
	// before it does.
	relayPeriod = 5 * time.Second
	relaySettle = 15 * time.Second

	// maxAskedRelays is how many relays of a source are tried (count): as many as it
	// reserves at. One that does not answer holds the next up for relayHeadStart.
	maxAskedRelays = 2
	relayHeadStart = time.Second

	// upkeepPeriod is how often it is counted what is sent while nobody asks for anything.
	// What is not seen by the node itself is taken to have, in bytes, ipHeaders for each
	// segment, with its part of acknowledgements, and udpHeaders for each datagram; vainDial
	// is four SYNs that nobody answers, madeDial the handshakes of a link, with TLS.
	// recordHeaders is what TLS adds to a write.
	upkeepPeriod  = time.Minute
	ipHeaders     = 40
	udpHeaders    = 28
	recordHeaders = 22
	vainDial      = 4 * 60
	madeDial      = 2000

	// stunPeriod is how often it is looked whether the node should answer STUN, and
	// whom it can ask; maxSTUN is the longest message of it, in bytes: what fits into a
	// packet.
	stunPeriod = 5 * time.Second
	maxSTUN    = 1472

	// stunServers is how many STUN servers a discovery asks (count): nat/stun asks no
	// more. With enoughServers it is not waited for more, and after stunSettle not at
	// all, but for stunRest when it told too little. It is repeated after stunRepeat.
	// stunSends is how often a request is sent (7.5 s), discoverTimeout bounds all of it.
	stunServers     = 8
	enoughServers   = 3
	stunSettle      = 30 * time.Second
	stunRest        = 10 * time.Minute
	stunRepeat      = 4 * time.Hour
	stunSends       = 4
	discoverTimeout = 2 * time.Minute

	// lifetimeSettle is how long after a discovery the lifetime of bindings is asked for
	// first: servers then answer as often as at first, and it is known whether others can
	// connect. Without an answer, or need of one, it is tried after lifetimeAgain.
	lifetimeSettle = stunRest
	lifetimeAgain  = stunRepeat

	// maxCircuits is how many circuits may be before their first line (count); each
	// holds firstBuffer.
	maxCircuits = 32

	// punchPeriod is how often it is looked which paths are idle; they are closed
	// after punchIdle. punchAgain is how long after an attempt that failed there is no
	// other with the same peer, punchTimeout how long one may take: three rounds.
	punchPeriod  = 10 * time.Second
	punchIdle    = time.Minute
	punchAgain   = 10 * time.Minute
	punchTimeout = 40 * time.Second

	// maxPunches is how many attempts, of those that go on or failed of late, are
	// remembered (count), maxPaths how many paths there are, ours and those of others:
	// as many as there are upload slots on a busy node, and as many downloads.
	maxPunches = 256
	maxPaths   = 64

	// maxPathsPerHost is how many paths others have of one host (count), as with relays.
	maxPathsPerHost = 8

	// maxPunchProxies is how many push proxies of a source are asked to pass words on (count):
	// as many as relays.
	maxPunchProxies = 2

	// maxPunchWord is the longest message about a path (bytes), as in nat/punch.
	maxPunchWord = 512

	// maxAskedTURN is how many TURN servers of the settings are asked in one attempt
	// (count), turnTimeout how long each has: the peer waits 5 s for our words. After
	// turnRest they are asked again, the next one first. maxFullTURN is how many addresses
	// there may be beside the newest, as paths still lead over them (count): each had 64.
	maxAskedTURN = 2
	maxFullTURN  = 3
	turnTimeout  = 2 * time.Second
	turnRest     = time.Minute

	// maxSeers is how many neighbors are asked where they see our UDP port (count):
	// two tell whether that depends on who is asked. seenRTO is how long until the question
	// is asked again; they have seenTimeout, or minSeenTimeout and two round trips if that
	// is less: two datagrams may be lost.
	maxSeers       = 3
	seenTimeout    = 2 * time.Second
	minSeenTimeout = time.Second
	seenRTO        = 300 * time.Millisecond

	// maxOwnCandidates is how many addresses of ours a peer is told (count), as in
	// nat/punch.
	maxOwnCandidates = 8

	// predictedPorts is how many of them are ports that our NAT may give next (count),
	// if it counts them by maxPortStep at most.
	predictedPorts = 4
	maxPortStep    = 8

	// whereaboutsPeriod is how often it is looked which addresses this machine has (time).
	// Who slept or had none for longAway may be anywhere, with the same address too, and
	// nobody waited: neighbors take a silent one for dead after 50 s, routers forget UDP
	// after 30. After shortAway connections may have survived. networkBits6 is what tells
	// networks of IPv6 apart (bits).
	whereaboutsPeriod = 3 * time.Second
	longAway          = 30 * time.Second
	shortAway         = 2 * time.Second
	networkBits6      = 64

	// publicLook is how often it is looked whether this machine has a public address.
	publicLook = time.Minute

	// verifyPeriod is how often it is looked whether a neighbor got through.
	verifyPeriod = 2 * time.Second

	// maxExplained is in how many of the newest results a peer is looked for that is to
	// be explained (count).
	maxExplained = 1000

	// minNearPort is the least port of a host on our own network that says it cannot be
	// connected to and is tried all the same: those below are of other services.
	// nearBits4 and nearBits6 are what is taken for the own network where the machine's
	// are not known, in bits.
	minNearPort = 1024
	nearBits4   = 24
	nearBits6   = 64
)
