package proxy

const (
	// protocol begins the first line of a talk, and that of its answer.
	protocol = "PUNCH/0.1"

	// sealInfo and answerInfo keep what is sealed here apart from all else that is
	// (RFC 9180 5.1, "info").
	sealInfo   = "filbert punch words 1"
	answerInfo = "filbert punch answer 1"

	encLen   = 32 // of an encapsulated X25519 key
	nonceLen = 16 // of an answer
	keyLen   = 32 // of ChaCha20-Poly1305
)
