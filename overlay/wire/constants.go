package wire

// HeaderLen is the length of a frame's header in bytes.
const HeaderLen = 23

// Offsets of the header's fields.
const (
	offType   = 16
	offTTL    = 17
	offHops   = 18
	offLength = 19
)

// Offsets with a meaning inside a GUID (Gnutella 0.6 §2.2.1, LimeWire's OOB
// proposal).
const (
	guidModern  = 8  // FF: made by a modern servent
	guidFlags   = 15 // 00; in a PING bit 0: sender caches pongs
	guidOOBPort = 13 // OOB query: reply port LE16; the IPv4 is at 0
)

// Type is the kind of a message, the 17th byte of its header.
type Type byte

// The types of Gnutella 0.6 and its common extensions.
const (
	TypePing     Type = 0x00
	TypePong     Type = 0x01
	TypeBye      Type = 0x02
	TypeRoute    Type = 0x30 // QRP table update: reset or patch
	TypeVendor   Type = 0x31
	TypeStandard Type = 0x32 // laid out like TypeVendor
	TypePush     Type = 0x40
	TypeRUDP     Type = 0x41 // LimeWire's reliable UDP
	TypeDHT      Type = 0x44 // Mojito Kademlia
	TypeQuery    Type = 0x80
	TypeQueryHit Type = 0x81
	TypeHSEP     Type = 0xCD // horizon size estimation
)

// TTL is how many more links a message may travel.
type TTL uint8

// Marks in the TTL of a datagram (gtk-gnutella, "deflated UDP").
const (
	TTLInflates TTL = 0x08 // of a VENDOR: its sender takes a deflated answer
	TTLDeflated TTL = 0x80 // the payload is one zlib stream
)

// Hops is how many links a message has travelled.
type Hops uint8

// Codes of a BYE. 2xx and 503 are normal ends; after 4xx the other side shall
// not come back soon.
const (
	ByeShutdown    = 200
	ByeRemoved     = 201 // by the user
	ByeMakingRoom  = 202 // or going offline
	ByeRoleChange  = 203 // becoming leaf or ultrapeer
	ByeTooLarge    = 400 // message, or compression refused
	ByeDuplicates  = 401 // too many
	ByeHighTTL     = 403 // relayed messages of too high TTL
	ByeIdle        = 405 // nothing sent, or send queue blocked for too long
	ByeUnanswered  = 406 // keepalive pings
	ByeSecurity    = 412 // violation
	ByeRoute       = 413 // QRP fault
	ByeLeafRelayed = 414
	ByeHostile     = 415 // address
	ByeInternal    = 500
	ByeDesync      = 501 // I/O error or lost framing
	ByeQueueFull   = 502 // send queue
	ByeTooMany     = 503 // connections
	ByeWrongRole   = 504 // role changed during the handshake
	ByeRouteTooNew = 505 // QRP version not supported
)

const (
	separator = 0x1C // between the blocks of an extension area (HUGE 0.94)
	nul       = 0x00
)

// GUESSVersion is GUESS 0.2 as one byte, major<<4 | minor.
const GUESSVersion = 0x02
