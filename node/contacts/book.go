package contacts

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"filbert/node/state"
	"filbert/overlay/identity"
)

// Errors of the book.
var (
	// ErrName: the text is no petname.
	ErrName = errors.New("not a petname")
	// ErrTrust: there is no such level.
	ErrTrust = errors.New("not a level of trust")
	// ErrTaken: another peer has that name.
	ErrTaken = errors.New("another peer has that name")
	// ErrFull: as many peers as may be are in the book.
	ErrFull = fmt.Errorf("the book has %d peers; forget some", maxContacts)
	// ErrSelf: it is the node's own ID.
	ErrSelf = errors.New("that is this node itself")
)

// Contact is a peer in the book.
type Contact struct {
	Peer  identity.PeerID
	Name  string // "" for one that has only a level of trust
	Trust Trust
	Since time.Time // when it came into the book
}

// Book is the book of one node. It may be used by several goroutines.
type Book struct {
	own  identity.PeerID
	kept state.Bucket

	mu     sync.Mutex
	peers  map[identity.PeerID]Contact
	byName map[string]identity.PeerID // by fold
	byGUID map[[16]byte]identity.PeerID
}

// keptContact is a contact as it is kept, under its peer ID.
type keptContact struct {
	Name  string    `json:"name,omitempty"`
	Trust string    `json:"trust"`
	Since time.Time `json:"since"`
}

// Open reads the book that is kept in a bucket. What cannot be read is left out and
// told by the error beside the book, which can be used all the same.
func Open(kept state.Bucket, own identity.PeerID) (*Book, error) {
	b := &Book{
		own: own, kept: kept,
		peers: map[identity.PeerID]Contact{}, byName: map[string]identity.PeerID{}, byGUID: map[[16]byte]identity.PeerID{},
	}
	var lost []error
	err := kept.ForEach(func(key string, value []byte) error {
		c, err := read(key, value)
		if _, taken := b.byName[fold(c.Name)]; err == nil && (taken && c.Name != "" || len(b.peers) == maxContacts) {
			err = ErrTaken
		}
		if err != nil {
			lost = append(lost, fmt.Errorf("contacts: %q: %w", key, err))
			return nil
		}
		b.putLocked(c)
		return nil
	})
	return b, errors.Join(append(lost, err)...)
}

func read(key string, value []byte) (Contact, error) {
	var kept keptContact
	if err := json.Unmarshal(value, &kept); err != nil {
		return Contact{}, err
	}
	peer, err := identity.ParsePeerID(key)
	if err != nil {
		return Contact{}, err
	}
	if kept.Name != "" {
		if err := CheckName(kept.Name); err != nil {
			return Contact{}, err
		}
	}
	trust, err := ParseTrust(kept.Trust)
	return Contact{peer, kept.Name, trust, kept.Since}, err
}

// Change is what is to change of a contact: what is nil stays.
type Change struct {
	Name  *string // "" takes the name away
	Trust *Trust
}

// Set changes a contact, or adds it to the book, and keeps it.
func (b *Book) Set(peer identity.PeerID, change Change, now time.Time) (Contact, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	c, known := b.peers[peer]
	switch {
	case peer == b.own:
		return Contact{}, fmt.Errorf("contacts: %w", ErrSelf)
	case !known && len(b.peers) == maxContacts:
		return Contact{}, fmt.Errorf("contacts: %w", ErrFull)
	case !known:
		c = Contact{Peer: peer, Since: now.UTC().Truncate(time.Second)}
	}
	if change.Name != nil && *change.Name != "" {
		if err := CheckName(*change.Name); err != nil {
			return Contact{}, err
		}
		if other, taken := b.byName[fold(*change.Name)]; taken && other != peer {
			return Contact{}, fmt.Errorf("contacts: %w: %s", ErrTaken, *change.Name)
		}
	}
	old := c
	if change.Name != nil {
		c.Name = *change.Name
	}
	if change.Trust != nil {
		c.Trust = *change.Trust
	}
	value, err := json.Marshal(keptContact{c.Name, c.Trust.String(), c.Since})
	if err != nil {
		return Contact{}, fmt.Errorf("contacts: %w", err)
	}
	if err := b.kept.Put(peer.String(), value); err != nil {
		return Contact{}, fmt.Errorf("contacts: %w", err)
	}
	delete(b.byName, fold(old.Name))
	b.putLocked(c)
	return c, nil
}

func (b *Book) putLocked(c Contact) {
	b.peers[c.Peer] = c
	b.byGUID[c.Peer.GUID()] = c.Peer
	if c.Name != "" {
		b.byName[fold(c.Name)] = c.Peer
	}
}

// Forget takes a peer out of the book, and reports whether it was in.
func (b *Book) Forget(peer identity.PeerID) (bool, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	c, ok := b.peers[peer]
	if !ok {
		return false, nil
	}
	if err := b.kept.Delete(peer.String()); err != nil {
		return true, fmt.Errorf("contacts: %w", err)
	}
	delete(b.peers, peer)
	delete(b.byGUID, peer.GUID())
	delete(b.byName, fold(c.Name))
	return true, nil
}

// Of is the contact with an ID.
func (b *Book) Of(peer identity.PeerID) (Contact, bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	c, ok := b.peers[peer]
	return c, ok
}

// Named is the contact with a petname, letter case aside.
func (b *Book) Named(name string) (Contact, bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	peer, ok := b.byName[fold(name)]
	return b.peers[peer], ok && name != ""
}

// Servent is the contact whose ID a servent GUID is made of. Anybody can tell that GUID:
// this finds a key, and proves none.
func (b *Book) Servent(guid [16]byte) (Contact, bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	peer, ok := b.byGUID[guid]
	return b.peers[peer], ok
}

// Blocks reports whether a servent is one the user does not want, by its own word.
func (b *Book) Blocks(guid [16]byte) bool {
	c, ok := b.Servent(guid)
	return ok && c.Trust == Blocked
}

// List is all contacts, those with a name first, in its order.
func (b *Book) List() []Contact {
	b.mu.Lock()
	defer b.mu.Unlock()
	list := make([]Contact, 0, len(b.peers))
	for _, c := range b.peers {
		list = append(list, c)
	}
	slices.SortFunc(list, func(a, b Contact) int {
		if (a.Name == "") != (b.Name == "") {
			return strings.Compare(b.Name, a.Name) // the empty one last
		}
		if d := strings.Compare(fold(a.Name), fold(b.Name)); d != 0 {
			return d
		}
		return strings.Compare(a.Peer.String(), b.Peer.String())
	})
	return list
}
