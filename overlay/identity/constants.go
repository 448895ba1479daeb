package identity

const (
	// guidDomain and checkDomain keep the two digests of a public key apart
	// from each other and from every other use of it. They can never change:
	// every GUID and every peer ID that people wrote down depends on them.
	guidDomain  = "filbert servent GUID 1\x00"
	checkDomain = "filbert peer ID 1\x00"

	// guidModern is the byte at guidModernAt that tells the GUID of a 0.6
	// servent from older ones; the byte at guidReservedAt is zero (Gnutella
	// 0.6, "Message header").
	guidModern     = 0xFF
	guidModernAt   = 8
	guidReservedAt = 15

	// peerIDCheck is how many bytes of a digest follow the key in the text
	// form of a peer ID: 24 bits, so that one wrong ID in 16 million passes,
	// and key and check together fill 56 base32 characters without a rest.
	peerIDCheck = 3

	// pemType is the label of a PKCS#8 private key (RFC 7468 §10).
	pemType = "PRIVATE KEY"

	// peerIDLine begins the line before the PEM block that names the peer ID.
	// PKCS#8 has no checksum: without the line, one changed character would
	// silently be another identity. RFC 7468 §2 lets text stand there.
	peerIDLine = "Peer-ID: "

	// keyDomain and serialDomain keep what a certificate is made of apart from
	// other uses of the key.
	keyDomain    = "filbert TLS key 1\x00"
	serialDomain = "filbert TLS serial 1\x00"

	// keyTries is how many derived numbers are tried; one in 2^32 is no key.
	keyTries = 4

	// serialLen is the length of a serial in bytes; RFC 5280 §4.1.2.2 allows 20.
	serialLen = 16

	// certificateName, certificateFrom and certificateTo are in every
	// certificate: years of its validity that no clock falls out of. The last is
	// within what two digits of a year can say.
	certificateName = "filbert"
	certificateFrom = 1970
	certificateTo   = 2049

	// httpProtocol is that of TLS in which files are fetched from a peer whose ID is known.
	httpProtocol = "filbert-http/1"

	// linkProtocol is the protocol (ALPN, RFC 7301) of TLS in which both ends of a link
	// prove their IDs, so that a proof made for another purpose is none here.
	linkProtocol = "filbert-link/1"

	// safetyDomain keeps the digest of safety numbers apart from other uses of a key.
	// safetyRounds is Signal's count of repetitions, safetyGroups the groups of digits
	// of one key: 30 digits, some 100 bits, and 12 more for the work of each try.
	safetyDomain = "filbert safety number 1\x00"
	safetyRounds = 5200
	safetyGroups = 6
)
