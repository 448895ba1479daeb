package group

import (
	"crypto/ed25519"
	"fmt"
	"io"
	"strings"
	"time"

	"filbert/overlay/identity"
)

// Invite is what a peer needs to join a group. Its text is
//
//	filbert-group:ID.TOKEN[.PEER[@ADDRESS]]...
//
// with the ID and token in base32 with check characters, then up to maxAsk owners who may be
// asked, and where each is reached. An owner that is reached in other ways too is named once more,
// with a Via in the place of the address. Who has the text can join once, until it expires.
type Invite struct {
	Group ID
	Token Token
	Ask   []Ask
}

// Ask is a peer that admits who has the invite.
type Ask struct {
	Peer    identity.PeerID
	Address string // host:port, or empty
	Via     Via
}

// parts is how it stands in an invite.
func (a *Ask) parts() (parts []string) {
	peer := a.Peer.String()
	switch {
	case a.Address != "":
		parts = append(parts, peer+"@"+strings.ReplaceAll(a.Address, ".", "_"))
	case a.Via.Empty():
		parts = append(parts, peer)
	}
	if !a.Via.Empty() {
		parts = append(parts, peer+"@"+a.Via.String())
	}
	return parts
}

// Token is the secret of an invite: the seed of an Ed25519 key.
type Token [tokenLen]byte

const inviteScheme = "filbert-group:"

// key is the key pair of the token.
func (t Token) key() ed25519.PrivateKey {
	seed := digest(tokenDomain, t[:])
	return ed25519.NewKeyFromSeed(seed[:])
}

// String is the text of the invite.
func (i Invite) String() string {
	var b strings.Builder
	b.WriteString(inviteScheme + i.Group.String() + "." + checkedText(i.Token[:]))
	for _, a := range i.Ask {
		for _, p := range a.parts() {
			b.WriteString("." + p)
		}
	}
	return b.String()
}

// ParseInvite reads the text of an invite.
func ParseInvite(text string) (Invite, error) {
	bad := func(what string) (Invite, error) {
		return Invite{}, fmt.Errorf("group: invite: %w: %s", refused(Malformed), what)
	}
	text = strings.TrimSpace(text)
	body, ok := strings.CutPrefix(text, inviteScheme)
	if !ok || len(text) > maxInvite {
		return bad("it does not begin with " + inviteScheme + " or is too long")
	}
	parts := strings.Split(body, ".")
	if len(parts) < 2 || len(parts)-2 > maxAsk {
		return bad("it has too few or too many parts")
	}
	var i Invite
	var err error
	if i.Group, err = ParseID(parts[0]); err != nil {
		return bad("its group was mistyped or cut")
	}
	token, ok := parseChecked(parts[1], tokenLen)
	if !ok {
		return bad("its token was mistyped or cut")
	}
	i.Token = Token(token)
	for _, p := range parts[2:] {
		name, address, at := strings.Cut(p, "@")
		a := Ask{Address: strings.ReplaceAll(address, "_", ".")}
		if a.Peer, err = identity.ParsePeerID(name); err != nil || at && !validAddress(a.Address) {
			return bad("a peer was mistyped or cut")
		}
		if strings.HasPrefix(address, viaMark) {
			if a.Via, ok = parseVia(address); !ok {
				return bad("how a peer is reached was mistyped or cut")
			}
			a.Address = ""
			if last := len(i.Ask) - 1; last >= 0 && i.Ask[last].Peer == a.Peer && i.Ask[last].Via.Empty() {
				i.Ask[last].Via = a.Via
				continue
			}
		}
		i.Ask = append(i.Ask, a)
	}
	return i, nil
}

// validAddress tells whether an address can be in an invite: what a dial may take, and
// nothing that would end the text. Who dials checks it again.
func validAddress(a string) bool {
	if a == "" || len(a) > maxAddress {
		return false
	}
	for _, c := range []byte(a) {
		if !(c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || strings.IndexByte(".:[]-", c) >= 0) {
			return false
		}
	}
	return true
}

// Invite opens an invite: the record, and the text to give away. Addresses that cannot be
// written, and peers for whom there is no room, are left out.
func (s *State) Invite(self Signer, role Role, life time.Duration, ask []Ask, rand io.Reader, now time.Time) (Invite, *Record, error) {
	i := Invite{Group: s.id}
	if _, err := io.ReadFull(rand, i.Token[:]); err != nil {
		return Invite{}, nil, fmt.Errorf("group: invite: %w", err)
	}
	parts := 0
	for _, a := range ask {
		if !validAddress(a.Address) {
			a.Address = ""
		}
		if parts += len(a.parts()); parts > maxAsk {
			break
		}
		i.Ask = append(i.Ask, a)
	}
	if role != Guest && role != Ordinary || life <= 0 || life > maxInviteLife {
		return Invite{}, nil, fmt.Errorf("group: invite: %w", refused(Malformed))
	}
	if len(s.Invites(now)) >= maxOpen {
		return Invite{}, nil, fmt.Errorf("group: invite: %w", refused(TooMany))
	}
	r, err := s.issue(self, &Offer{Token: [32]byte(i.Token.key().Public().(ed25519.PublicKey)), Role: role, Expires: now.Add(life)}, now)
	return i, r, err
}
