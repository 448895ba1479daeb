package handshake

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

// Terms are what two servents agreed on.
//
//	deflate  each side offers to take it (Accept-Encoding) in its first block and
//	         says in its last one whether it will send it (Content-Encoding)
//	TLS      both offer it (Upgrade); the acceptor wants it (Connection: Upgrade),
//	         the initiator confirms; without that all stays plain
//	role     an ultrapeer may tell another that it needs leaves; who follows says
//	         so in block (3)
type Terms struct {
	Role       Role // ours; an initiator may have followed guidance
	DeflateIn  bool // what we receive is deflated
	DeflateOut bool // what we send is
	TLS        bool // all of it is in TLS
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
