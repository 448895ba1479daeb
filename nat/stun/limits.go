package stun

import "time"

const (
	// maxMessage is the longest message looked at, in bytes: what fits into a packet.
	maxMessage = 1472

	// maxAttributes is the most attributes of a message. Ours have five at most.
	maxAttributes = 32

	// maxUnknown is how many types an error reply lists.
	maxUnknown = 4

	// maxPending is how many transactions a Client has at one time. A discovery has
	// one for each server.
	maxPending = 32

	// maxServers is how many servers a discovery asks: more do not make it surer.
	maxServers = 8
)

// What a server gives to whom it does not know, in bytes on the wire, headers of IP
// and UDP included. Anybody can write anybody's address on a request, so these are
// also what anybody can have sent to a victim (T2: 1 KiB in a minute).
//
// A whole discovery takes ten replies at most, of 92 bytes with IPv4: one to each of
// four addresses of the server, and three to each of two requests whose replies the
// NAT may keep out. That many may come at once; then one a minute, as T2 has it.
const (
	hostBurst = 10 * replyWire
	hostRate  = 100.0 / 60 // bytes/s

	// A /24 (of IPv6 a /48, where a host has a /64) has what four hosts have.
	networkBurst = 4 * hostBurst
	networkRate  = 4 * hostRate

	// All together have a quarter of the 64 kB/s that T2 leaves to unproven addresses:
	// 170 replies a second, a discovery by each of a thousand leaves in a minute.
	totalBurst = 16_000
	totalRate  = 16_000

	// replyWire is a reply with two addresses besides the mapped one and a fingerprint.
	replyWire = headers4 + headerSize + 3*(attributeHeader+address4) + 8

	// replyWire6 is the same over IPv6: six of them are a burst, enough for a
	// discovery with servers of one address.
	replyWire6 = headers6 + headerSize + 3*(attributeHeader+address6) + 8

	headers4 = 20 + 8
	headers6 = 40 + 8

	// lifetimeReplies is what a step of a LifetimeTest takes at most: to two requests of
	// the port, to one for it that comes through, and those that do not.
	lifetimeReplies = 3 + discoverySends

	// leastReply is the least on the wire.
	leastReply = headers4 + headerSize + attributeHeader + address4

	// maxHosts is how many hosts and networks are remembered in each of two
	// generations. Within totalRate a generation takes a minute to fill, so nobody is
	// forgotten sooner, and forgetting gives a victim one burst more a minute at most.
	maxHosts = 16_384
)

// A minute of leastReply at totalRate, and the burst, must not fill a generation.
const _ = uint(maxHosts - (60*totalRate+totalBurst)/leastReply)

// A step of a LifetimeTest must fit into what a host has.
const _ = uint(hostBurst - lifetimeReplies*replyWire6)

// readPause is how long a read loop waits after an error that is not its end.
const readPause = 10 * time.Millisecond
