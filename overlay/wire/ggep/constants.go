package ggep

// Magic is the first byte of every block.
const Magic = 0xC3

// Bits of the byte in front of each extension.
const (
	flagLast     = 0x80 // no other extension follows in this block
	flagCOBS     = 0x40 // data is COBS encoded
	flagDeflate  = 0x20 // payload is a zlib stream
	flagReserved = 0x10 // must be clear
	flagIDLength = 0x0F
)

// The length bytes of an extension carry six bits each, under two marks of
// which exactly one is set.
const (
	lengthMore = 0x80 // another length byte follows
	lengthLast = 0x40 // this is the last one
	lengthBits = 6
)

// Ids of extensions, with the places where each is found. Integers called vl
// are little endian with their high zero bytes stripped; addresses are IPv4 or
// IPv6 big endian and a port little endian, 6 or 18 bytes.
const (
	SCP           = "SCP"      // ping: byte of wishes; its presence asks for IPP
	IP            = "IP"       // ping: empty, asks for one's own address; pong: that address
	QK            = "QK"       // ping, query, pong: GUESS query key
	VC            = "VC"       // ping, pong: 4 vendor letters, version major<<4|minor
	GUE           = "GUE"      // pong: GUESS version major<<4|minor
	UP            = "UP"       // pong: version, free leaf slots, free ultrapeer slots
	DU            = "DU"       // pong: vl daily uptime in seconds
	LOC           = "LOC"      // pong: language and country
	IPP           = "IPP"      // pong: IPv4 addresses of other hosts
	IPP6          = "IPP6"     // pong: IPv6 addresses of other hosts
	IPPTLS        = "IPP_TLS"  // pong: a bit per address of IPP
	IPP6TLS       = "IPP6_TLS" // pong: a bit per address of IPP6
	PHC           = "PHC"      // pong: lines naming UDP host caches
	UDPHC         = "UDPHC"    // pong: sender is a UDP host cache; its name, if any
	TLS           = "TLS"      // pong, hit, push: TLS is accepted
	IPv6          = "6"        // pong, hit, push, query: 16-byte address
	WantIPv6      = "I6"       // query: empty IPv6 too, 01 IPv6 only
	SecureOOB     = "SO"       // query: empty, asks for OOB v3; hit: the token
	NoProxy       = "NP"       // query: must not be proxied out of band
	Deflate       = "Z"        // query: deflated hits are welcome over UDP
	WhatsNew      = "WH"       // query: 01 asks for the newest files
	Media         = "M"        // query: vl mask of wanted media types
	LongText      = "XQ"       // query: text too long for the text field
	Partials      = "PR"       // query: partial files may answer
	Hash          = "H"        // query, record: kind byte and hash
	URN           = "u"        // query, record: a URN without its "urn:"
	TigerRoot     = "TT"       // record: Tiger tree root, 24 bytes
	Blake3Root    = "B3"       // record: root of the BLAKE3 tree, 32 bytes; of filberts alone
	LargeFile     = "LF"       // record: vl size
	Created       = "CT"       // record: vl Unix seconds
	Partial       = "PRU"      // record: what there is of a partial file
	Alternate     = "ALT"      // record: IPv4 addresses of other sources
	Alternate6    = "ALT6"     // record: IPv6 addresses of other sources
	AlternateTLS  = "ALT_TLS"  // record: a bit for each of ALT that takes TLS
	Alternate6TLS = "ALT6_TLS" // record: likewise of ALT6
	PushProxy     = "PUSH"     // trailer: IPv4 addresses of push proxies
	Relayed       = "FR"       // trailer: peer ID and relays; of filberts alone
	Punched       = "FP"       // trailer: peer ID and push proxies that pass words of a punch on; of filberts alone
	Vouched       = "FS"       // trailer: peer ID and signature of the records; of filberts alone
	Browse        = "BH"       // trailer: browsing this host is welcome
)
