package relay

import "time"

// What comes from outside, in bytes.
const (
	// maxLine is the longest line, its end included. The longest of ours is the
	// signature with 141.
	maxLine = 256

	// maxBlock and maxLines bound a header block: ours have four lines.
	maxBlock = 1024
	maxLines = 16

	// maxText cuts the text of an answer.
	maxText = 64
)

// Times.
const (
	// HandshakeTime bounds what comes before the bytes of a circuit or the control
	// lines, on either side, as an absolute deadline; Gnutella's handshake has the
	// same.
	HandshakeTime = 10 * time.Second

	// acceptTime is how long the relay waits for B to accept: a dial over a bad line
	// and a lost packet. It is within what A waits.
	acceptTime = 8 * time.Second

	// dialTime bounds Client.Dial: the dial, both handshakes and TLS, which passes
	// the relay.
	dialTime = 30 * time.Second

	// reservationTime is how long a reservation lasts without renewal, as in
	// go-libp2p.
	reservationTime = time.Hour

	// keepaliveTime is between pings. Home routers forget TCP after five minutes at
	// the soonest that was seen; a ping, its answer and the acknowledgements are 172
	// bytes with IPv4 headers, 10 KB an hour.
	keepaliveTime = time.Minute

	// silenceTime is after how long without a line the other side is given up: two
	// pings may be late.
	silenceTime = 3 * keepaliveTime

	// circuitTime is the longest life of a circuit (THREATS T23, go-libp2p).
	circuitTime = 2 * time.Minute

	// endSlack is by how much an end may see a circuit cut before its time, which
	// began at the relay.
	endSlack = time.Second

	// idleTime is how long nothing may move on a circuit: an upload that waits for
	// its turn is asked again in less.
	idleTime = 30 * time.Second

	// looks is how often in idleTime a direction in which little moves is looked at
	// (count).
	looks = 10

	// lastTime is how long the other direction may go on when one has used up its
	// bytes: for an answer that is on its way.
	lastTime = 2 * time.Second
)

// Counts.
const (
	// maxReservations is what a relay keeps, as go-libp2p: 3 MB, at 25 KB each, with
	// two goroutines and what a simulated connection takes. One host (IPv4 address, IPv6 /64) has 8, for
	// those behind one carrier's NAT, one network (/24, /56) 32, so that four
	// networks fill a relay and not one.
	maxReservations        = 128
	maxHostReservations    = 8
	maxNetworkReservations = 32

	// maxCircuits, and those one host may have a part in, are of THREATS T23. A peer
	// has 4: a source serves a few downloads and does not take the relay alone.
	maxCircuits     = 16
	maxHostCircuits = 8
	maxPeerCircuits = 4

	// maxFriendReservations and maxFriendCircuits are for friends alone, when they find no
	// room among all: an eighth and a half of that. A stranger can ask for the circuits of
	// a friend, of which that has maxPeerCircuits: it takes two friends to have none left.
	maxFriendReservations = 16
	maxFriendCircuits     = 8

	// maxHandshakes are conversations that have not come to a decision, a CONNECT
	// that waits for B among them; each holds a goroutine and 4 KiB. The port itself
	// lets 128 and 8 of one address begin (node/limits.go).
	maxHandshakes     = 64
	maxHostHandshakes = 8

	// maxPeerOffers is how often a minute B is told of a circuit, since it dials for
	// each; it may use a circuit for 4 MiB each time.
	maxPeerOffers = 30

	// maxNetworkAsks is how often a minute a network may ask for circuits, whatever
	// becomes of it. maxAskers is how many networks are counted in a minute, at 60
	// bytes each; those beyond are not, the other caps hold for them.
	maxNetworkAsks = 60
	maxAskers      = 4096

	// maxControlLines is how many lines a minute B may send; it needs 2 and a
	// refusal for each offer.
	maxControlLines = 64

	// maxOutbox are control lines that wait to be written: what a minute brings,
	// halved. A B that does not read them loses its reservation.
	maxOutbox = 32

	// maxArriving is how many circuits a Listener opens at a time or holds for
	// Accept; it refuses others.
	maxArriving = 8
)

// Bytes.
const (
	// circuitBytes is what a circuit carries each way. THREATS T23 says 512 KiB,
	// for a relay that only introduces. Files move over this one, by ranges, and a
	// circuit takes seven round trips to open: 0.56 s at 80 ms. At 1 MiB/s that is
	// half the time with 512 KiB, an eighth with 4 MiB. What a relay gives in all is
	// held by hourBytes instead: any number of small circuits could follow one another.
	circuitBytes = 4 << 20

	// hourBytes is what the relay passes on in an hour, both ways together: 0.3 MB/s
	// on average, a fifteenth of a line of 40 Mbit/s up.
	hourBytes = 1 << 30

	// friendHourBytes is what circuits for friends alone carry in an hour beside that.
	friendHourBytes = hourBytes / 4

	// minCircuitBytes is the least a circuit may be set to: TLS and one range.
	minCircuitBytes = 64 << 10

	// pieceBytes is moved between two looks at the clock. A circuit slower than
	// pieceBytes in idleTime, 2 KiB/s, may be taken for idle.
	pieceBytes = 64 << 10

	// copyBuffer is the buffer of a direction that cannot be spliced.
	copyBuffer = 32 << 10

	// handshakeBytes and recordShare are what TLS takes of a circuit, generously: two
	// certificates, and 1/recordShare for records. Those of a long write take 22 bytes
	// for 1,186 at first, later for 16 KiB.
	handshakeBytes = 8 << 10
	recordShare    = 32
)

// Choice of relays.
const (
	// Wanted is how many relays a peer keeps reservations at: one may leave.
	Wanted = 2

	// Relays are of different networks: IPv4 /16, IPv6 /32, what one owner has.
	chooseBits4, chooseBits6 = 16, 32

	// firstRetry and maxRetry bound the pause before a relay that failed is asked
	// again; it doubles.
	firstRetry = 10 * time.Second
	maxRetry   = 10 * time.Minute
)

// Hosts and networks, as they are counted (bits).
const (
	hostBits4, networkBits4 = 32, 24
	hostBits6, networkBits6 = 64, 56
)
