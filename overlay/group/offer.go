package group

import (
	"cmp"
	"crypto/ed25519"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"time"

	"filbert/overlay/identity"
)

// Opened is an invite as the records have it. A second offer with its token takes it back: that
// is a record which is as old as invites are, so that whoever knows these takes it in. It tells
// owners to admit nobody by it any more. Who was admitted by one that had not heard of it yet
// stays, as the records of both are good.
type Opened struct {
	Record  Hash
	Token   [32]byte
	Role    Role
	Time    time.Time // when it was made, by the watch of who made it
	Expires time.Time
	By      identity.PeerID
	Used    identity.PeerID // who joined by it, or zero
	Joined  time.Time       // when that was added, by the watch of who added it
	Revoked time.Time       // when it was taken back, by the watch of who did; zero if it was not
}

// ID tells the invite from the group's others.
func (o *Opened) ID() string { return hex.EncodeToString(o.Record[:inviteIDLen]) }

// usable is Fine for an invite by which somebody may join.
func (o *Opened) usable(now time.Time) Reason {
	switch {
	case o.Used != identity.PeerID{}:
		return UsedInvite
	case !o.Revoked.IsZero():
		return RevokedInvite
	case now.After(o.Expires):
		return ExpiredInvite
	}
	return Fine
}

// offer notes an invite, or that one was taken back.
func (v *view) offer(r *Record, b *Offer) {
	if o := v.tokens[b.Token]; o != nil {
		if o.Revoked.IsZero() {
			o.Revoked = r.Time
		}
		return
	}
	o := &Opened{Record: r.hash, Token: b.Token, Role: b.Role, Time: r.Time, Expires: b.Expires, By: r.Issuer}
	v.offers[r.hash], v.tokens[b.Token] = o, o
}

// Invites are those that can be used, the one that expires first coming first.
func (s *State) Invites(now time.Time) []Opened {
	return s.invites(func(o *Opened) bool { return o.usable(now) == Fine && now.Before(o.Expires) })
}

// Joins are the invites by which somebody joined, in the same order.
func (s *State) Joins() []Opened {
	return s.invites(func(o *Opened) bool { return o.Used != identity.PeerID{} })
}

func (s *State) invites(which func(*Opened) bool) []Opened {
	var out []Opened
	for _, o := range s.view.offers {
		if which(o) {
			out = append(out, *o)
		}
	}
	slices.SortFunc(out, func(a, b Opened) int {
		return cmp.Or(a.Expires.Compare(b.Expires), slices.Compare(a.Record[:], b.Record[:]))
	})
	return out
}

// FindInvite is the invite that a text names: its own text, or the beginning of its ID.
func (s *State) FindInvite(text string) (Opened, error) {
	text = strings.TrimSpace(text)
	if strings.HasPrefix(text, inviteScheme) {
		i, err := ParseInvite(text)
		if err != nil {
			return Opened{}, err
		}
		if o := s.view.tokens[[32]byte(i.Token.key().Public().(ed25519.PublicKey))]; o != nil && i.Group == s.id {
			return *o, nil
		}
		return Opened{}, fmt.Errorf("group: invite: %w", refused(UnknownInvite))
	}
	found := s.invites(func(o *Opened) bool { return strings.HasPrefix(o.ID(), strings.ToLower(text)) })
	if len(text) < minInviteID || len(found) != 1 {
		return Opened{}, fmt.Errorf("group: invite %.40q: %w", text, refused(UnknownInvite))
	}
	return found[0], nil
}

// Revoke takes an invite back that nobody has used.
func (s *State) Revoke(self Signer, record Hash, now time.Time) (*Record, error) {
	why := UnknownInvite
	o := s.view.offers[record]
	if o != nil {
		why = o.usable(now)
	}
	if why != Fine {
		return nil, fmt.Errorf("group: revoke: %w", refused(why))
	}
	return s.issue(self, &Offer{Token: o.Token, Role: o.Role, Expires: now}, now)
}
