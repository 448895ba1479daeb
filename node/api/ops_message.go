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
	"filbert/overlay/identity"
	"filbert/transfer"
)

// Message is a text to or from another peer.
type Message struct {
	With   string    `json:"with" doc:"peer ID of the other"`
	Name   string    `json:"name,omitempty" doc:"petname of the other"`
	Known  bool      `json:"known" doc:"the other is in the user's book"`
	Mine   bool      `json:"mine" doc:"the user wrote it"`
	Text   string    `json:"text" doc:"as it was written, but for what changes a terminal"`
	Sent   time.Time `json:"sent" doc:"when it was written, by the clock of its author"`
	State  string    `json:"state" enum:"held,received,received late,waiting,delivered,failed"`
	Reason string    `json:"reason,omitempty" doc:"why it failed, or waits"`
}

// Conversation is what was written to and by another peer.
type Conversation struct {
	With     string  `json:"with" doc:"peer ID"`
	Name     string  `json:"name,omitempty" doc:"petname"`
	Known    bool    `json:"known" doc:"the peer is in the user's book"`
	Messages int     `json:"messages"`
	Unread   int     `json:"unread"`
	Waiting  int     `json:"waiting" doc:"not delivered yet"`
	Last     Message `json:"last"`
}

func (s *Server) messageOf(e messages.Entry) Message {
	c := s.cfg.Node.Contact(e.With)
	return Message{
		With: e.With.String(), Name: c.Name, Known: !c.Since.IsZero(), Mine: e.State.Mine(), Text: transfer.Display(e.Text), Sent: e.Sent().UTC(),
		State: e.State.String(), Reason: transfer.Display(e.Why),
	}
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
			last := s.messageOf(c.Last)
			out = append(out, Conversation{
				With: c.With.String(), Name: last.Name, Known: last.Known, Messages: c.Messages, Unread: c.Unread, Waiting: c.Waiting, Last: last,
			})
		}
		return answer(out), nil
	})
	type read struct {
		Peer  string `path:"peer" maxLength:"300" doc:"as in /v1/contacts/{peer}"`
		Limit int    `query:"limit" minimum:"1" maximum:"1000" default:"100" doc:"the last ones, so many"`
	}
	huma.Get(api, "/v1/conversations/{peer}", func(ctx context.Context, in *read) (*body[[]Message], error) {
		out := []Message{}
		err := s.onConversation(ctx, in.Peer, func(app *messages.App, peer identity.PeerID) error {
			list, err := app.Messages(peer, in.Limit)
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
func (s *Server) onConversation(ctx context.Context, text string, do func(*messages.App, identity.PeerID) error) error {
	app, err := s.messages()
	if err != nil {
		return err
	}
	peer, err := s.peer(ctx, text)
	if err != nil {
		return err
	}
	return messageFailure(do(app, peer))
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
	default:
		return failure(err)
	}
	return huma.NewError(status, text(err))
}
