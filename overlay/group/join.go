package group

import (
	"crypto/ed25519"
	"time"

	"filbert/overlay/identity"
)

// JoinRequest asks an owner to add a peer, by an invite.
//
//	0    group, 32 bytes
//	32   the newcomer's card, 128 bytes
//	160  public half of the invite's key, 32 bytes
//	192  the owner who is asked, 32 bytes
//	224  proof: signature of proofDomain and all before, by the invite's key, 64 bytes
//	288  signature of joinDomain and all before, by the newcomer, 64 bytes
type JoinRequest struct {
	Group     ID
	Card      Card
	Token     [ed25519.PublicKeySize]byte
	Owner     identity.PeerID
	Proof     [signatureLen]byte
	Signature [signatureLen]byte
}

// NewJoinRequest asks an owner for what an invite promises.
func NewJoinRequest(self Signer, i Invite, owner identity.PeerID) *JoinRequest {
	key := i.Token.key()
	j := &JoinRequest{Group: i.Group, Card: NewCard(self, i.Group), Token: [32]byte(key.Public().(ed25519.PublicKey)), Owner: owner}
	b := j.asked(nil)
	copy(j.Proof[:], ed25519.Sign(key, append([]byte(proofDomain), b...)))
	b = append(b, j.Proof[:]...)
	copy(j.Signature[:], self.Sign(append([]byte(joinDomain), b...)))
	return j
}

// asked is what the proof signs.
func (j *JoinRequest) asked(b []byte) []byte {
	b = append(b, j.Group[:]...)
	b = j.Card.appendTo(b)
	b = append(b, j.Token[:]...)
	return append(b, j.Owner[:]...)
}

// AppendTo writes the request.
func (j *JoinRequest) AppendTo(b []byte) []byte {
	b = j.asked(b)
	b = append(b, j.Proof[:]...)
	return append(b, j.Signature[:]...)
}

// ParseJoinRequest reads a request and verifies its three signatures. Whether there is such an
// invite Admit tells.
func ParseJoinRequest(b []byte) (*JoinRequest, error) {
	j := new(JoinRequest)
	c := cursor{b: b}
	c.fill(j.Group[:])
	j.Card.parse(&c)
	c.fill(j.Token[:])
	c.fill(j.Owner[:])
	asked := b[:len(b)-len(c.b)]
	c.fill(j.Proof[:])
	proven := b[:len(b)-len(c.b)]
	c.fill(j.Signature[:])
	if !c.done() {
		return nil, refused(Malformed)
	}
	if !j.Card.verify(j.Group) ||
		!ed25519.Verify(j.Token[:], append([]byte(proofDomain), asked...), j.Proof[:]) ||
		!ed25519.Verify(j.Card.Peer[:], append([]byte(joinDomain), proven...), j.Signature[:]) {
		return nil, refused(BadSignature)
	}
	return j, nil
}

// Admit adds who asks if its invite is good. The reason of a refusal may be told to who has
// proven that it has an invite, all but UnknownInvite.
func (s *State) Admit(self Signer, j *JoinRequest, now time.Time) (*Record, error) {
	if j.Group != s.id || j.Owner != self.PeerID() {
		return nil, refused(OtherGroup)
	}
	o := s.view.tokens[j.Token]
	if o == nil {
		return nil, refused(UnknownInvite)
	}
	if o.Used == j.Card.Peer && s.view.members[o.Used] != nil {
		return nil, refused(IsMember) // its answer was lost; it may be told all
	}
	if why := o.usable(now); why != Fine {
		return nil, refused(why)
	}
	return s.add(self, j.Card, o.Role, o.Record, now)
}

// offered tells whether there is, or was, an invite with the key of a request.
func (s *State) offered(j *JoinRequest) bool { return s.view.tokens[j.Token] != nil }
