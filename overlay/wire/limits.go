package wire

// What one payload may be, in bytes. The sizes are those at which gtk-gnutella
// stops reading; a longer one cannot be skipped cheaply, so its link ends.
const (
	MaxPayload  = 65536 // of any type: gtk-gnutella and LimeWire close beyond it
	MaxQuery    = 1024  // QUERY; more merits BYE 400
	MaxQueryHit = 65536 // QUERY_HIT
	MaxBye      = 4096  // BYE; more is answered by closing, for a BYE gets no BYE
	MaxOther    = 40960 // every other type; more merits BYE 400
)

// Sizes in bytes above which gtk-gnutella drops a message but keeps the link:
// longer ones are neither worth sending nor forwarding.
const (
	SoftQuery    = 256
	SoftQueryHit = 16384
)

// MaxTail bounds what may follow the fixed part of a PING, PONG or PUSH, in
// bytes; gtk-gnutella drops the message beyond it.
const MaxTail = 1536

// MaxExtensions bounds the blocks looked at in one extension area.
// Gtk-gnutella drops a query with more.
const MaxExtensions = 31

// MaxRecords bounds the records of a QUERY_HIT: their count is one byte.
const MaxRecords = 255

// MaxPackedHosts bounds the addresses taken from one packed list of a pong.
// Gtk-gnutella sends 30, LimeWire 10.
const MaxPackedHosts = 64

// MaxPushProxies bounds the push proxies told and read of one servent, as
// gtk-gnutella does; LimeWire reads the first four.
const MaxPushProxies = 8

// MaxRelays bounds the relays told and read of one servent: it reserves at two, and
// one may be changing.
const MaxRelays = 4

// MaxPunchWord bounds what a vendor message carries of the words of two who open a path,
// in bytes.
const MaxPunchWord = 512

// MaxAlternates bounds the other sources told in one record, spamAlternates those
// read: LimeWire and gtk-gnutella send 10, and more than 16 are spam to the
// latter.
const (
	MaxAlternates  = 10
	spamAlternates = 16
)

// MaxQueryKey bounds a GUESS query key and a token of out-of-band hits, in bytes.
// GUESS 0.2 allows 16; gtk-gnutella returns no more.
const MaxQueryKey = 16

// MaxCrawled bounds the neighbors of one kind that a crawler is told of: their
// count is one byte.
const MaxCrawled = 255

// MaxCapabilities bounds the items of a list of supported messages or features.
// Gtk-gnutella lists 26.
const MaxCapabilities = 256

// Reader buffers, in bytes. A Reader owns two; both start at minBuffer, double
// while reads fill them up to bulkBuffer, and exceed that only to hold the rest
// of one frame, never maxBuffer.
const (
	minBuffer  = 4 << 10
	bulkBuffer = 64 << 10
	maxBuffer  = bulkBuffer + HeaderLen + MaxPayload
)

// shrinkAfter is how many batches a Reader watches before it gives up room that
// none of them used: few enough that pings alone free the buffers of a burst.
const shrinkAfter = 8

// maxEmptyReads is how many reads without bytes or error in a row a Reader
// bears, as package bufio does.
const maxEmptyReads = 100
