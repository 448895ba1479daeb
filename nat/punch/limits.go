package punch

const (
	// maxMessage bounds a message of the signalling, in bytes: it fits into one
	// datagram, and into a vendor message that is forwarded.
	maxMessage = 512

	// maxCandidates is how many addresses a peer may name, and maxAddresses to how
	// many anything is sent in a round (nat.md §8). keptForSources of them are kept
	// for addresses that probes come from and nobody named: those of symmetric NATs.
	maxCandidates  = 8
	maxAddresses   = 8
	keptForSources = 2

	// maxPackets is how many probes go to one address in a round (nat.md §8).
	maxPackets = 20

	// maxRounds is how often it is tried, each time with a new round trip (DCUtR).
	maxRounds = 3

	// minPort is the first port anything is sent to: below are services, which have
	// no use for our probes.
	minPort = 1024

	// inboxLen is how many probes wait for a round, those that find it full are
	// lost, and counted: a round of the peer has no more.
	inboxLen = maxAddresses * maxPackets

	// maxAttempts is how many peers are punched to at one time.
	maxAttempts = 32

	// maxConnects is how many connections a peer may begin in a round: it needs one, and
	// each has us compute.
	maxConnects = 4

	// maxStreams is how many streams a peer may have open at one time: as many
	// connections as upload takes from one host.
	maxStreams = 16

	// What a peer may have sent that was not read yet, in bytes. 4 MiB fill 50 MB/s
	// at a round trip of 80 ms.
	streamWindow = 2 << 20
	connWindow   = 4 << 20

	// maxIgnored is how many messages of no use are skipped in a row.
	maxIgnored = 16
)
