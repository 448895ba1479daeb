package group

import (
	"crypto/ed25519"
	"encoding/binary"
	"strconv"
	"time"
	"unicode/utf8"

	"filbert/overlay/identity"
)

// Kind is what a record does.
type Kind uint8

// The kinds.
const (
	KindGenesis Kind = 1 + iota
	KindAdd
	KindSetRole
	KindExpel
	KindRotate
	KindOffer
	KindLeave
)

var kindText = map[Kind]string{
	KindGenesis: "genesis", KindAdd: "add", KindSetRole: "set-role", KindExpel: "expel", KindRotate: "rotate",
	KindOffer: "invite", KindLeave: "leave",
}

// String names the kind.
func (k Kind) String() string {
	if text, ok := kindText[k]; ok {
		return text
	}
	return "Kind(" + strconv.Itoa(int(k)) + ")"
}

// Body is what a record says: one of the types of this file.
type Body interface {
	kind() Kind
	appendTo(b []byte) []byte
}

// Genesis founds a group; its issuer is the founder. The nonce makes two groups of one name
// and founder two.
//
//	0   box key of the founder, 32 bytes
//	32  nonce, 16 bytes
//	48  the name, UTF-8
type Genesis struct {
	Box   [boxLen]byte
	Nonce [tokenLen]byte
	Name  string
}

// Card is what a peer says of itself to be a member: the key to which the group's are sealed.
// It is signed over cardDomain, the group and the key.
type Card struct {
	Peer      identity.PeerID
	Box       [boxLen]byte
	Signature [signatureLen]byte
}

// NewCard makes the card of a peer for a group.
func NewCard(s Signer, id ID) Card {
	c := Card{Peer: s.PeerID(), Box: [boxLen]byte(boxKey(s, id).PublicKey().Bytes())}
	copy(c.Signature[:], s.Sign(c.signed(id)))
	return c
}

func (c *Card) signed(id ID) []byte {
	b := append([]byte(cardDomain), id[:]...)
	return append(b, c.Box[:]...)
}

func (c *Card) verify(id ID) bool {
	return validBox(c.Box) && ed25519.Verify(c.Peer[:], c.signed(id), c.Signature[:])
}

func (c *Card) appendTo(b []byte) []byte {
	b = append(b, c.Peer[:]...)
	b = append(b, c.Box[:]...)
	return append(b, c.Signature[:]...)
}

func (c *Card) parse(from *cursor) {
	from.fill(c.Peer[:])
	from.fill(c.Box[:])
	from.fill(c.Signature[:])
}

// Add makes a peer a member.
//
//	0    its card, 128 bytes
//	128  role
//	129  hash of the record of the invite, 32 bytes, or zero
//	161  hash of the record of the rotation whose key follows, 32 bytes, or zero
//	193  the key, sealed for the peer, 80 bytes
type Add struct {
	Card   Card
	Role   Role
	Invite Hash
	Of     Hash
	Sealed [sealedLen]byte
}

// Cut ends the chain of an owner with the last record that counts, of which the number may
// be 0: none does. All zero it is of who was no owner.
//
//	0  1 if it ends a chain
//	1  number
//	5  hash, 32 bytes
type Cut struct {
	Ends   bool
	Number uint32
	Hash   Hash
}

func (c *Cut) appendTo(b []byte) []byte {
	ends := byte(0)
	if c.Ends {
		ends = 1
	}
	b = append(b, ends)
	return append(binary.BigEndian.AppendUint32(b, c.Number), c.Hash[:]...)
}

// parse reads a cut that appendTo can have written.
func (c *Cut) parse(from *cursor) bool {
	ends := from.byte()
	c.Ends = ends == 1
	c.Number = from.uint32()
	from.fill(c.Hash[:])
	return ends <= 1 && (c.Ends || *c == Cut{}) && c.Number <= maxChain && (c.Number > 0 || c.Hash == Hash{})
}

// SetRole gives a member another role: the member, the role, a cut if it was an owner.
type SetRole struct {
	Peer identity.PeerID
	Role Role
	Cut  Cut
}

// Expel removes a member, with a new key for the others: the member, a cut if it was an
// owner, the rotation.
type Expel struct {
	Peer identity.PeerID
	Cut  Cut
	Rotation
}

// Rotate gives all members a new key.
type Rotate struct{ Rotation }

// Rotation is a key, sealed for each member: how many, then for each its ID and the key as
// sealed for it.
type Rotation struct{ Sealed []SealedKey }

// SealedKey is a key that one member can open.
type SealedKey struct {
	Peer identity.PeerID
	Key  [sealedLen]byte
}

// Offer opens an invite: the public half of its key, the role it gives, when it expires in
// milliseconds of Unix. A second one with the same key takes the first back.
type Offer struct {
	Token   [ed25519.PublicKeySize]byte
	Role    Role
	Expires time.Time
}

// Leave says that its issuer is no member any more.
type Leave struct{}

func (*Genesis) kind() Kind { return KindGenesis }
func (*Add) kind() Kind     { return KindAdd }
func (*SetRole) kind() Kind { return KindSetRole }
func (*Expel) kind() Kind   { return KindExpel }
func (*Rotate) kind() Kind  { return KindRotate }
func (*Offer) kind() Kind   { return KindOffer }
func (*Leave) kind() Kind   { return KindLeave }

func (g *Genesis) appendTo(b []byte) []byte {
	b = append(b, g.Box[:]...)
	b = append(b, g.Nonce[:]...)
	return append(b, g.Name...)
}

func (a *Add) appendTo(b []byte) []byte {
	b = a.Card.appendTo(b)
	b = append(b, byte(a.Role))
	b = append(b, a.Invite[:]...)
	b = append(b, a.Of[:]...)
	return append(b, a.Sealed[:]...)
}

func (s *SetRole) appendTo(b []byte) []byte {
	b = append(b, s.Peer[:]...)
	b = append(b, byte(s.Role))
	return s.Cut.appendTo(b)
}

func (e *Expel) appendTo(b []byte) []byte {
	b = append(b, e.Peer[:]...)
	b = e.Cut.appendTo(b)
	return e.Rotation.appendTo(b)
}

func (r *Rotation) appendTo(b []byte) []byte {
	b = binary.BigEndian.AppendUint16(b, uint16(len(r.Sealed)))
	for i := range r.Sealed {
		b = append(b, r.Sealed[i].Peer[:]...)
		b = append(b, r.Sealed[i].Key[:]...)
	}
	return b
}

func (o *Offer) appendTo(b []byte) []byte {
	b = append(b, o.Token[:]...)
	b = append(b, byte(o.Role))
	return binary.BigEndian.AppendUint64(b, uint64(o.Expires.UnixMilli()))
}

func (*Leave) appendTo(b []byte) []byte { return b }

// parseBody reads a body that is all of b.
func parseBody(k Kind, b []byte) (Body, bool) {
	c := cursor{b: b}
	var body Body
	fine := true
	switch k {
	case KindGenesis:
		g := new(Genesis)
		c.fill(g.Box[:])
		c.fill(g.Nonce[:])
		g.Name = string(c.take(len(c.b)))
		body, fine = g, validName(g.Name) && validBox(g.Box)
	case KindAdd:
		a := new(Add)
		a.Card.parse(&c)
		a.Role = Role(c.byte())
		c.fill(a.Invite[:])
		c.fill(a.Of[:])
		c.fill(a.Sealed[:])
		body, fine = a, a.Role == Guest || a.Role == Ordinary
	case KindSetRole:
		s := new(SetRole)
		c.fill(s.Peer[:])
		s.Role = Role(c.byte())
		fine = s.Cut.parse(&c) && s.Role >= Guest && s.Role <= Owner && (s.Role != Owner || !s.Cut.Ends)
		body = s
	case KindExpel:
		e := new(Expel)
		c.fill(e.Peer[:])
		fine = e.Cut.parse(&c) && e.Rotation.parse(&c)
		body = e
	case KindRotate:
		r := new(Rotate)
		fine = r.parse(&c)
		body = r
	case KindOffer:
		o := new(Offer)
		c.fill(o.Token[:])
		o.Role = Role(c.byte())
		o.Expires = time.UnixMilli(int64(c.uint64()))
		body, fine = o, o.Role == Guest || o.Role == Ordinary
	case KindLeave:
		body = new(Leave)
	default:
		return nil, false
	}
	return body, fine && c.done()
}

func (r *Rotation) parse(c *cursor) bool {
	n := c.uint16()
	if n > maxMembers || n*(peerLen+sealedLen) != len(c.b) {
		return false
	}
	r.Sealed = make([]SealedKey, n)
	for i := range r.Sealed {
		c.fill(r.Sealed[i].Peer[:])
		c.fill(r.Sealed[i].Key[:])
	}
	return true
}

// validName tells whether a group may be called so. Names are shown by programs that
// escape them; here only what has no meaning in any is kept out.
func validName(name string) bool {
	if name == "" || len(name) > maxName || !utf8.ValidString(name) {
		return false
	}
	for _, r := range name {
		if r < ' ' || r == 0x7F {
			return false
		}
	}
	return true
}
