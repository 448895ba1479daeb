package group

import "crypto/ed25519"

// Domains keep what is hashed, signed or derived for one use from any other. They can
// never change.
const (
	recordDomain   = "filbert group record 1\x00"
	cardDomain     = "filbert group card 1\x00"
	boxDomain      = "filbert group box key 1\x00"
	sealDomain     = "filbert group sealed key 1\x00"
	letterDomain   = "filbert group letter 1\x00"
	tokenDomain    = "filbert group token 1\x00"
	joinDomain     = "filbert group join 1\x00"
	proofDomain    = "filbert group join proof 1\x00"
	checkDomain    = "filbert group ID 1\x00"
	tagDomain      = "filbert group tag 1\x00"
	keyIDDomain    = "filbert group key ID 1\x00"
	envelopeDomain = "filbert group envelope 1\x00"
	gossipDomain   = "filbert group gossip 1\x00"
	messageDomain  = "filbert group message 1\x00"
	digestDomain   = "filbert group digest 1\x00"
)

// Sizes in bytes.
const (
	peerLen      = ed25519.PublicKeySize
	hashLen      = 32
	boxLen       = 32 // of an X25519 public key
	keyLen       = 32 // of a group's key
	sealedLen    = 32 + keyLen + 16
	signatureLen = ed25519.SignatureSize
	tokenLen     = 16
	idCheck      = 3 // check bytes of an ID's text, as in a peer ID

	recordVersion = 1
	recordHeader  = 2 + hashLen + peerLen + 4 + hashLen + 8 + 8 + 4
	expelHeader   = peerLen + 1 + 4 + hashLen + 2
)

// For what runs on the network.
const (
	swimDomain    = "filbert group memberlist 1\x00"
	addressDomain = "filbert group address 1\x00"
	helloDomain   = "filbert group hello 1\x00"
	answerDomain  = "filbert group answer 1\x00"
)
