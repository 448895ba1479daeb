package handshake

import "filbert/overlay/identity"

// Values of the headers that are negotiated. LimeWire wants the first alone.
const (
	encoding   = "deflate"
	upgradeTLS = "TLS/1.0"
	upgrade    = "Upgrade"
)

// FeatureRelay is in X-Features of a filbert that relays for others.
const FeatureRelay = "relay"

// FeatureSTUN is in X-Features of a filbert that answers STUN.
const FeatureSTUN = "stun"

// FeatureID is in X-Features of a filbert that proves its ID in TLS to who does the same.
const FeatureID = "id"

// Terms are what two servents agreed on.
//
//	deflate  each side offers to take it (Accept-Encoding) in its first block and
//	         says in its last one whether it will send it (Content-Encoding)
//	TLS      both offer it (Upgrade); the acceptor wants it (Connection: Upgrade),
//	         the initiator confirms; without that all stays plain
//	ID       both promise to prove it (X-Features: id): TLS must follow, and each shows
//	         a certificate of its key
//	role     an ultrapeer may tell another that it needs leaves; who follows says
//	         so in block (3)
type Terms struct {
	Role       Role // ours; an initiator may have followed guidance
	DeflateIn  bool // what we receive is deflated
	DeflateOut bool // what we send is
	TLS        bool // all of it is in TLS
	// ID is the other side's, which it has proven; zero if it has not.
	ID identity.PeerID
}

// add writes what our side promises into its last block.
func (t Terms) add(h *Headers) {
	if t.DeflateOut {
		h.Add("Content-Encoding", encoding)
	}
	if t.TLS {
		h.Add("Connection", upgrade)
	}
}
