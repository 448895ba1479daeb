package stun

import (
	"time"

	"github.com/pion/stun/v2"
)

// Retransmission over UDP (RFC 8489 §6.2.1): sent 7 times, waiting 500 ms and each
// time twice as long, after the last 16 times as long as after the first.
const (
	defaultRTO   = 500 * time.Millisecond
	defaultSends = 7  // Rc
	lastWait     = 16 // Rm, in RTOs
)

// Layout of a message (RFC 8489 §5), sizes in bytes.
const (
	headerSize = 20
	cookie     = 0x2112a442
	idSize     = 12

	attributeHeader = 4
	address4        = 8  // the value of an address attribute
	address6        = 20 // likewise
)

// Bits of CHANGE-REQUEST (RFC 5780 §7.2).
const (
	changeIP   = 4
	changePort = 2
)

// understood are the attributes that must be understood and are, or that may be
// passed over since nothing here is protected by a password (RFC 8489 §9).
var understood = map[stun.AttrType]bool{
	stun.AttrMappedAddress:          true,
	stun.AttrXORMappedAddress:       true,
	stun.AttrErrorCode:              true,
	stun.AttrUnknownAttributes:      true,
	stun.AttrChangeRequest:          true,
	stun.AttrResponsePort:           true,
	stun.AttrUsername:               true,
	stun.AttrRealm:                  true,
	stun.AttrNonce:                  true,
	stun.AttrMessageIntegrity:       true,
	stun.AttrMessageIntegritySHA256: true,
	stun.AttrPasswordAlgorithm:      true,
	stun.AttrUserhash:               true,
}

// codeUnknownAttribute refuses a request (RFC 8489 §14.8).
const codeUnknownAttribute = 420

// Discovery.
const (
	// discoverySends is how often a request is sent whose answer may never come, as
	// that is the finding: at a loss of 10 % each way one in 150 findings is wrong,
	// and the budget of a server like ours (limits.go) is not used up.
	discoverySends = 3

	// hairpinSends is how often two sockets behind the NAT knock at one another: each
	// must have knocked before the other gets through.
	hairpinSends = 3

	// maxLifetime is the longest lifetime of a binding that is looked for: what RFC 4787
	// REQ-5 recommends. lifetimeStep is how exactly a shorter one is found out, in seven
	// steps at most; lifetimeSettle is how long a binding is used before.
	maxLifetime    = 5 * time.Minute
	lifetimeStep   = 5 * time.Second
	lifetimeSettle = 3 * time.Second
)
