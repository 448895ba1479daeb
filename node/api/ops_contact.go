package api

import (
	"context"
	"encoding/hex"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"filbert/node"
	"filbert/node/contacts"
	"filbert/overlay/identity"
	"filbert/transfer"
)

// Identity is who the node is.
type Identity struct {
	Schema int    `json:"schema"`
	PeerID string `json:"peer_id" doc:"its public key, with check characters"`
	GUID   string `json:"guid" doc:"servent GUID that is made of it"`

	Face   string   `json:"face,omitempty" doc:"the ID that the network sees in this run, where it is another one (setting fresh-id)"`
	With   *Contact `json:"with,omitempty" doc:"the other peer, when one was named"`
	Safety string   `json:"safety_number,omitempty" doc:"of both: the same digits at either node, or somebody stands between them"`
}

// IdentityOf is a node by its ID alone.
func IdentityOf(own identity.PeerID) Identity {
	guid := own.GUID()
	return Identity{Schema: Schema, PeerID: own.String(), GUID: hex.EncodeToString(guid[:])}
}

// Contact is a peer by its ID, with what the user's book has of it.
type Contact struct {
	PeerID string    `json:"peer_id"`
	GUID   string    `json:"guid" doc:"servent GUID that is made of it"`
	Name   string    `json:"name,omitempty" doc:"petname, given by the user"`
	Trust  string    `json:"trust" enum:"known,trusted,blocked"`
	Since  time.Time `json:"since,omitzero" doc:"when it came into the book; absent: it is not in it"`
}

func contactOf(c contacts.Contact) Contact {
	guid := c.Peer.GUID()
	return Contact{PeerID: c.Peer.String(), GUID: hex.EncodeToString(guid[:]), Name: c.Name, Trust: c.Trust.String(), Since: c.Since}
}

// contactInput names a peer.
type contactInput struct {
	Peer string `path:"peer" maxLength:"300" doc:"peer ID or petname; also HOST:PORT, a servent GUID, or the number of a result, where its key is known"`
}

// ContactChange is what is to change of a contact; what is absent stays.
type ContactChange struct {
	Name  *string `json:"name,omitempty" doc:"petname; empty: none"`
	Trust *string `json:"trust,omitempty" enum:"known,trusted,blocked"`
}

func (s *Server) contactOperations(api huma.API) {
	type id struct {
		With string `query:"with" maxLength:"300" doc:"peer to make a safety number with, as in /v1/contacts/{peer}"`
	}
	huma.Get(api, "/v1/id", func(ctx context.Context, in *id) (*body[Identity], error) {
		out := IdentityOf(s.cfg.Node.PeerID())
		if face := s.cfg.Node.Face(); face != s.cfg.Node.PeerID() {
			out.Face = face.String()
		}
		if in.With == "" {
			return answer(out), nil
		}
		peer, err := s.peer(ctx, in.With)
		if err != nil {
			return nil, err
		}
		if peer == s.cfg.Node.PeerID() {
			return nil, contactFailure(contacts.ErrSelf)
		}
		with := contactOf(s.cfg.Node.Contact(peer))
		out.With, out.Safety = &with, identity.SafetyNumber(s.cfg.Node.PeerID(), peer)
		return answer(out), nil
	})
	huma.Get(api, "/v1/contacts", func(context.Context, *struct{}) (*body[[]Contact], error) {
		out := []Contact{}
		for _, c := range s.cfg.Node.Contacts().List() {
			out = append(out, contactOf(c))
		}
		return answer(out), nil
	})
	type change struct {
		Peer string `path:"peer" maxLength:"300" doc:"as of DELETE"`
		Body ContactChange
	}
	huma.Put(api, "/v1/contacts/{peer}", func(ctx context.Context, in *change) (*body[Contact], error) {
		peer, err := s.peer(ctx, in.Peer)
		if err != nil {
			return nil, err
		}
		set := contacts.Change{Name: in.Body.Name}
		if in.Body.Trust != nil {
			level, err := contacts.ParseTrust(*in.Body.Trust)
			if err != nil {
				return nil, contactFailure(err)
			}
			set.Trust = &level
		}
		c, err := s.cfg.Node.SetContact(peer, set)
		if err != nil {
			return nil, contactFailure(err)
		}
		if c.Trust == contacts.Blocked {
			if err := s.cfg.Node.Part(ctx, peer); err != nil {
				return nil, failure(err)
			}
		}
		return answer(contactOf(c)), nil
	})
	huma.Delete(api, "/v1/contacts/{peer}", func(ctx context.Context, in *contactInput) (*struct{}, error) {
		peer, err := s.peer(ctx, in.Peer)
		if err != nil {
			return nil, err
		}
		known, err := s.cfg.Node.Contacts().Forget(peer)
		if err == nil && !known {
			return nil, huma.Error404NotFound("that peer is not in the book")
		}
		return nil, contactFailure(err)
	})
}

// peer is the peer ID that is meant.
func (s *Server) peer(ctx context.Context, text string) (identity.PeerID, error) {
	peer, err := s.cfg.Node.FindPeer(text)
	_, servent := node.ParseServent(text)
	_, number := strconv.Atoi(text)
	if err == nil || !servent && number != nil && !strings.Contains(text, ":") {
		return peer, contactFailure(err) // it can be nothing else
	}
	src, err := s.source(ctx, text)
	if err != nil {
		return identity.PeerID{}, err
	}
	peer, err = s.cfg.Node.KeyOf(ctx, src)
	return peer, contactFailure(err)
}

// contactFailure says why a contact is not changed.
func contactFailure(err error) error {
	status := 0
	switch {
	case errors.Is(err, node.ErrNoContact), errors.Is(err, node.ErrNoKey):
		status = http.StatusNotFound
	case errors.Is(err, identity.ErrPeerID), errors.Is(err, contacts.ErrName), errors.Is(err, contacts.ErrTrust), errors.Is(err, contacts.ErrSelf):
		status = http.StatusUnprocessableEntity
	case errors.Is(err, contacts.ErrTaken):
		status = http.StatusConflict
	case errors.Is(err, contacts.ErrFull):
		status = http.StatusInsufficientStorage
	default:
		return failure(err)
	}
	return huma.NewError(status, transfer.Display(err.Error()))
}
