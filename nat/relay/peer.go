package relay

import (
	"crypto/ed25519"
	"encoding/hex"
	"net/netip"
)

// PeerID names a peer: it is its Ed25519 public key, as in overlay/identity.
type PeerID [ed25519.PublicKeySize]byte

// String returns the key in hex, as it is sent.
func (p PeerID) String() string { return hex.EncodeToString(p[:]) }

// CircuitID names a circuit from its offer until it is accepted. Who knows it may
// accept it.
type CircuitID [circuitLen]byte

// String returns the name in hex, as it is sent.
func (c CircuitID) String() string { return hex.EncodeToString(c[:]) }

// Prover is who we are. Its methods do not block and may be called at any time.
type Prover interface {
	Peer() PeerID
	// Prove signs a message with the peer's key.
	Prove(message []byte) []byte
}

// Key is a Prover that has the key at hand.
type Key ed25519.PrivateKey

// Peer implements Prover.
func (k Key) Peer() PeerID { return PeerID(ed25519.PrivateKey(k).Public().(ed25519.PublicKey)) }

// Prove implements Prover.
func (k Key) Prove(message []byte) []byte { return ed25519.Sign(ed25519.PrivateKey(k), message) }

// proofMessage is what the owner of a name signs:
//
//	offset  bytes  what
//	     0     28  proofDomain
//	    28     32  the relay's nonce
//	    60     32  the peer
//	    92     18  where it reached the relay: IPv6, or IPv4 mapped; port, big endian
func proofMessage(nonce [nonceLen]byte, peer PeerID, relay netip.AddrPort) []byte {
	at := relay.Addr().As16()
	b := append([]byte(proofDomain), nonce[:]...)
	b = append(b, peer[:]...)
	b = append(b, at[:]...)
	return append(b, byte(relay.Port()>>8), byte(relay.Port()))
}

// proven reports whether a signature is that of the peer.
func proven(nonce [nonceLen]byte, peer PeerID, relay netip.AddrPort, signature []byte) bool {
	return ed25519.Verify(peer[:], proofMessage(nonce, peer, relay), signature)
}

// parseHex reads exactly len(dst) bytes of lower case hex: one text for each value.
func parseHex(dst []byte, text string) bool {
	if len(text) != 2*len(dst) {
		return false
	}
	for i := range len(text) {
		if c := text[i]; (c < '0' || c > '9') && (c < 'a' || c > 'f') {
			return false
		}
	}
	_, err := hex.Decode(dst, []byte(text))
	return err == nil
}

// unmapped is an address as it is compared and sent: IPv4 as such, no zone.
func unmapped(a netip.AddrPort) netip.AddrPort {
	return netip.AddrPortFrom(a.Addr().Unmap().WithZone(""), a.Port())
}

func hexOf(b []byte) string { return hex.EncodeToString(b) }
