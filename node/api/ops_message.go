package api

import (
	"context"
	"errors"
	"net/http"
	"net/netip"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"filbert/node/app/messages"
	"filbert/node/board"
	"filbert/overlay/group"
	"filbert/overlay/identity"
	"filbert/transfer"
)

// Message is a text to or from another peer, or in a group.
type Message struct {
	With   string    `json:"with" doc:"peer ID of the other, or ID of the group"`
	Group  bool      `json:"group,omitempty" doc:"it is in a group"`
	Name   string    `json:"name,omitempty" doc:"petname of the other, or name of the group"`
	Known  bool      `json:"known" doc:"the other is in the user's book; of a group: so is the author"`
	Author string    `json:"author" doc:"peer ID of who wrote it"`
	By     string    `json:"by,omitempty" doc:"petname of who wrote it, unless that is the user"`
	Mine   bool      `json:"mine" doc:"the user wrote it"`
	Text   string    `json:"text" doc:"as it was written, but for what changes a terminal"`
	Sent   time.Time `json:"sent" doc:"when it was written, by the clock of its author"`
	State  string    `json:"state" enum:"held,received,received late,waiting,delivered,failed,posted"`
	Reason string    `json:"reason,omitempty" doc:"why it failed, or waits"`
}

// Conversation is what was written to and by another peer, or in a group.
type Conversation struct {
	With     string  `json:"with" doc:"peer ID, or ID of the group"`
	Group    bool    `json:"group,omitempty" doc:"it is that of a group"`
	Name     string  `json:"name,omitempty" doc:"petname, or name of the group"`
	Known    bool    `json:"known" doc:"the peer is in the user's book, or the node in the group"`
	Messages int     `json:"messages"`
	Unread   int     `json:"unread"`
	Waiting  int     `json:"waiting" doc:"not delivered yet"`
	Last     Message `json:"last"`
}

func (s *Server) messageOf(e messages.Entry) Message {
	m := Message{
		Author: e.Author.String(), Mine: e.State.Mine(), Text: transfer.Display(e.Text), Sent: e.Sent().UTC(),
		State: e.State.String(), Reason: transfer.Display(e.Why),
	}
	if !m.Mine {
		c := s.cfg.Node.Contact(e.Author)
		m.By, m.Known = c.Name, !c.Since.IsZero()
	}
	var known bool
	m.With, m.Name, known = s.withOf(e.With)
	if m.Group = e.With.Kind == messages.Group; !m.Group {
		m.Known = known
	}
	return m
}

// withOf is whom a conversation is with: ID, name, and whether the user knows it.
func (s *Server) withOf(c messages.Conversation) (id, name string, known bool) {
	if c.Kind == messages.Peer {
		contact := s.cfg.Node.Contact(c.PeerID())
		return c.PeerID().String(), contact.Name, !contact.Since.IsZero()
	}
	id = group.ID(c.ID).String()
	g, err := s.cfg.Node.Group(id)
	if err != nil {
		return id, "", false
	}
	return id, transfer.Display(g.State().Name()), true
}

func (s *Server) messageOperations(api huma.API) {
	type send struct {
		Body struct {
			To   string `json:"to" maxLength:"300" doc:"peer, as in /v1/contacts/{peer}"`
			Text string `json:"text" maxLength:"4096" doc:"4,096 bytes at most"`
		}
	}
	huma.Post(api, "/v1/messages", func(ctx context.Context, in *send) (*body[Message], error) {
		app, err := s.messages()
		if err != nil {
			return nil, err
		}
		peer, at, err := s.peerAt(ctx, in.Body.To)
		if err != nil {
			return nil, err
		}
		e, err := app.Send(peer, at, in.Body.Text)
		if err != nil {
			return nil, messageFailure(err)
		}
		return answer(s.messageOf(e)), nil
	})
	huma.Register(api, huma.Operation{
		OperationID: "watch-messages", Method: "GET", Path: "/v1/messages/events",
		Summary:   "Watch messages",
		Responses: events("events `message` (Message) for each that comes, is written, is delivered or fails from now on"),
	}, func(context.Context, *struct{}) (*huma.StreamResponse, error) {
		app, err := s.messages()
		if err != nil {
			return nil, err
		}
		news, stop, err := app.Watch()
		if err != nil {
			return nil, messageFailure(err)
		}
		return streaming(func(ctx context.Context, out *stream) {
			defer stop()
			for {
				select {
				case e := <-news:
					out.send("message", s.messageOf(e))
				case <-ctx.Done():
					return
				}
			}
		}), nil
	})
	huma.Get(api, "/v1/conversations", func(context.Context, *struct{}) (*body[[]Conversation], error) {
		app, err := s.messages()
		if err != nil {
			return nil, err
		}
		list, err := app.Conversations()
		if err != nil {
			return nil, messageFailure(err)
		}
		out := []Conversation{}
		for _, c := range list {
			of := Conversation{Group: c.With.Kind == messages.Group, Messages: c.Messages, Unread: c.Unread, Waiting: c.Waiting, Last: s.messageOf(c.Last)}
			of.With, of.Name, of.Known = s.withOf(c.With)
			out = append(out, of)
		}
		return answer(out), nil
	})
	type read struct {
		Peer  string `path:"peer" maxLength:"300" doc:"as in /v1/contacts/{peer}"`
		Limit int    `query:"limit" minimum:"1" maximum:"1000" default:"100" doc:"the last ones, so many"`
	}
	huma.Get(api, "/v1/conversations/{peer}", func(ctx context.Context, in *read) (*body[[]Message], error) {
		out := []Message{}
		err := s.onConversation(ctx, in.Peer, func(app *messages.App, with messages.Conversation) error {
			list, err := app.Messages(with, in.Limit)
			for _, e := range list {
				out = append(out, s.messageOf(e))
			}
			return err
		})
		return answer(out), err
	})
	huma.Post(api, "/v1/conversations/{peer}/read", func(ctx context.Context, in *contactInput) (*struct{}, error) {
		return nil, s.onConversation(ctx, in.Peer, (*messages.App).MarkRead)
	})
	huma.Delete(api, "/v1/conversations/{peer}", func(ctx context.Context, in *contactInput) (*struct{}, error) {
		return nil, s.onConversation(ctx, in.Peer, (*messages.App).Remove)
	})
}

// messages is the application, if it runs.
func (s *Server) messages() (*messages.App, error) {
	if s.cfg.Messages == nil {
		return nil, huma.NewError(http.StatusServiceUnavailable, "this node has no messages")
	}
	return s.cfg.Messages, nil
}

// onConversation does something with the messages of a peer.
func (s *Server) onConversation(ctx context.Context, text string, do func(*messages.App, messages.Conversation) error) error {
	app, err := s.messages()
	if err != nil {
		return err
	}
	peer, err := s.peer(ctx, text)
	if err != nil {
		return err
	}
	return messageFailure(do(app, messages.To(peer)))
}

// peerAt is the peer that is meant, and where it is if the user said so.
func (s *Server) peerAt(ctx context.Context, text string) (identity.PeerID, netip.AddrPort, error) {
	peer, err := s.peer(ctx, text)
	if err != nil || !strings.Contains(text, ":") {
		return peer, netip.AddrPort{}, err
	}
	src, err := s.source(ctx, text)
	return peer, src.Addr, err
}

// messageFailure says why something is not done with messages.
func messageFailure(err error) error {
	status := 0
	switch {
	case err == nil:
		return nil
	case errors.Is(err, messages.ErrNone):
		status = http.StatusNotFound
	case errors.Is(err, messages.ErrText), errors.Is(err, messages.ErrSelf):
		status = http.StatusUnprocessableEntity
	case errors.Is(err, messages.ErrBlocked):
		status = http.StatusForbidden
	case errors.Is(err, messages.ErrWaiting), errors.Is(err, messages.ErrWatchers):
		status = http.StatusTooManyRequests
	case board.ReasonOf(err) == board.NotMember:
		status = http.StatusForbidden
	case board.ReasonOf(err) != board.Fine:
		status = http.StatusTooManyRequests
	default:
		return groupFailure(err)
	}
	return huma.NewError(status, text(err))
}
