package node

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"time"

	"filbert/node/contacts"
	"filbert/overlay/identity"
	"filbert/overlay/wire"
	"filbert/transfer"
)

const stateContacts = "contacts" // bucket of the book, by peer ID

// Errors of finding a peer.
var (
	// ErrNoContact: it is neither an ID nor a petname in the book.
	ErrNoContact = errors.New("no peer of that name in the book")
	// ErrNoKey: the servent is known, its ID is not.
	ErrNoKey = errors.New("it did not tell its peer ID")
)

// openContacts reads the book of peers.
func (n *Node) openContacts() {
	book, err := contacts.Open(n.cfg.State.Bucket(stateContacts), n.cfg.Identity.PeerID())
	if err != nil {
		n.log.Warn().Err(err).Msg("contacts cannot be read")
	}
	n.contacts = book
}

// Contacts is the user's book of peers.
func (n *Node) Contacts() *contacts.Book { return n.contacts }

// PeerID is the node's own ID, which stays.
func (n *Node) PeerID() identity.PeerID { return n.cfg.Identity.PeerID() }

// Face is the ID that the network sees: PeerID, or one of this run if that is wanted.
func (n *Node) Face() identity.PeerID { return n.cfg.face.PeerID() }

// Contact is what the book has of a peer: nothing but its ID if it is not in it.
func (n *Node) Contact(peer identity.PeerID) contacts.Contact {
	if c, ok := n.contacts.Of(peer); ok {
		return c
	}
	return contacts.Contact{Peer: peer}
}

// SetContact changes what the book has of a peer, or adds it.
func (n *Node) SetContact(peer identity.PeerID, change contacts.Change) (contacts.Contact, error) {
	return n.contacts.Set(peer, change, time.Now())
}

// FindPeer is the peer that a text names: its ID, or its petname.
func (n *Node) FindPeer(text string) (identity.PeerID, error) {
	if c, ok := n.contacts.Named(text); ok {
		return c.Peer, nil
	}
	peer, err := identity.ParsePeerID(text)
	if err != nil && contacts.CheckName(text) == nil {
		err = ErrNoContact
	}
	if err != nil {
		return identity.PeerID{}, fmt.Errorf("node: peer %q: %w", text, err)
	}
	return peer, nil
}

// KeyOf is the ID of a servent: of a neighbor the one that it has proven, of others the one
// that their hits told, which must be the one that their GUID is made of. That it is really
// there is not proven by that.
func (n *Node) KeyOf(ctx context.Context, src transfer.Source) (identity.PeerID, error) {
	peer := identity.PeerID(src.Peer)
	if peer == (identity.PeerID{}) {
		s, err := n.overlay.Status(ctx)
		if err != nil {
			return peer, err
		}
		for _, near := range s.Neighbors {
			if near.Terms.ID != peer && (near.Addr == src.Addr || near.Listen == src.Addr && src.Addr.IsValid() || near.GUID == wire.GUID(src.Servent)) {
				return near.Terms.ID, nil
			}
		}
		if c, ok := n.contacts.Servent(src.Servent); ok {
			return c.Peer, nil
		}
		known, _ := n.knownPeer(src.Addr, src.Servent)
		if peer = known.Key; peer == (identity.PeerID{}) {
			return identity.PeerID{}, fmt.Errorf("node: servent %v: %w", wire.GUID(src.Servent), ErrNoKey)
		}
	}
	return peer, nil
}

// SourceOf is where a peer is, as far as is known: how it was found last. Who is there must
// prove to be it, as far as it can be connected to.
func (n *Node) SourceOf(peer identity.PeerID) transfer.Source {
	src := transfer.Source{Servent: peer.GUID(), Peer: peer, Vouched: true}
	if p, ok := n.knownPeer(netip.AddrPort{}, src.Servent); ok {
		src.Addr, src.IPv6, src.Push, src.Proxies, src.Relays = p.Addr, p.IPv6, p.Push, p.Proxies, p.Relays
		src.PunchProxies = p.PunchProxies
	}
	return src
}

// ParseServent reads a servent GUID in hex, as it is or as lists of downloads name it:
// "servent GUID".
func ParseServent(text string) (guid [16]byte, ok bool) {
	b, err := hex.DecodeString(strings.TrimPrefix(text, "servent "))
	if err != nil || len(b) != len(guid) {
		return guid, false
	}
	return [16]byte(b), true
}
