package group

import "time"

// Bounds of the signed state. Only owners make it grow, all but the leaves.
const (
	maxMembers = 1000 // members, founder included: what one SWIM group and one rotation carry
	maxOwners  = 16   // owners at one time: each may hold a chain of maxChainBytes

	// maxChain is the most records of one owner, maxChainBytes their bytes: 4,096 adds
	// are four groups full, and 8 MiB are 70 rotations for 1,000 members or 1,400 for 50.
	// A group that is older is founded anew.
	maxChain      = 4096
	maxChainBytes = 8 << 20

	// maxRecord is the largest record in bytes: a rotation for maxMembers.
	maxRecord = recordHeader + expelHeader + maxMembers*(peerLen+sealedLen) + signatureLen

	// maxVariants is how many records with one number an issuer may have signed, of which one
	// counts: a disk that lost one makes two. Of an owner whose chain was cut it may be
	// maxCutVariants, since the one that counts need not be the first in order.
	maxVariants    = 2
	maxCutVariants = 16

	maxLeaves  = 8       // leaves of one member that are kept, the earliest
	maxWaiting = 1 << 20 // bytes of records whose issuer is not known to be an owner yet
	maxClock   = 1 << 48 // a clock beyond it is a lie, and leaves no room above

	maxName    = 64  // bytes of a group's name
	maxAddress = 64  // bytes of one address in an invite
	maxInvite  = 768 // characters of an invite, so that it fits a chat line
	maxAsk     = 4   // peers and addresses in an invite

	maxInviteLife = 30 * 24 * time.Hour // of an invite
	maxOpen       = 256                 // invites that are neither used nor expired, to keep by one owner
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
