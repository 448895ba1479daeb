package relay

const (
	// protocol begins every first line: "relay" and the one version there is.
	protocol = "RELAY/0.1"

	// hello begins the first lines of all versions.
	hello = "RELAY/"

	// proofDomain keeps a proof apart from everything else the key signs.
	proofDomain = "filbert relay reservation 1\x00"

	// nonceLen and circuitLen are the bytes of a nonce and of the name of a circuit,
	// which is also the right to accept it: nobody guesses either.
	nonceLen   = 32
	circuitLen = 16

	// segmentHeaders is that of a TCP segment over IPv4, without options, in bytes; also
	// all of an acknowledgement.
	segmentHeaders = 40
)

// Names of headers.
const (
	headerNonce     = "Nonce"     // of the relay, hex
	headerRelay     = "Relay"     // where B reached it, address:port
	headerSignature = "Signature" // Ed25519, hex
	headerExpires   = "Expires"   // seconds a reservation has left
	headerKeepalive = "Keepalive" // seconds between pings
	headerBytes     = "Circuit-Bytes"
	headerTime      = "Circuit-Time" // seconds
)
